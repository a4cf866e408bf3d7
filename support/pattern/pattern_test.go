// Tests of vertical tables: what each cell matches, and what a miss says.
package pattern_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// shipped is the event that most tests look at.
func shipped() event.Event {
	return event.Event{
		Key:     "ORD-7",
		Headers: event.Headers(map[string]string{"Type": "order.shipped.v2", "Attempt": "3", "Mark": "(x)"}),
		Body: []byte(`{"status":"SHIPPED","amount":199.90,"big":9007199254740993,"exact":12.0,"numeral":"42","word":"true",
			"paid":true,"note":null,"blank":"","none":[],"nobody":{},"odd":"(x)","quote":"\"q\"",
			"id":"7D444840-9dc0-11d1-b245-5ffdce74fad2","at":"2026-03-01T10:00:00.5+01:00",
			"text":"Unexpected, it is","tags":["red","blue",7],
			"items":[{"sku":"SKU-1","qty":2},{"sku":"SKU-2","qty":1,"gift":true}],
			"nearly":"7d444840-9dc0-11d1-b245-5ffdce74fadx","undashed":"7d4448400-9dc0-11d1-b245-5ffdce74fad",` +
			`"a.b":1,"a-b":2,"a b":3,"key":4,"$meta":5,"deep":{"list":[[1,2],[3]]}}`),
	}
}

func TestEveryCellMatchesWhatItSaysAndNothingElse(t *testing.T) {
	const nothing = "(absent)"
	for _, c := range []struct {
		path, cell string
		got, want  string // of the miss; none where it matches
	}{
		// Literals.
		{"status", "SHIPPED", "", ""},
		{"status", `"SHIPPED"`, "", ""},
		{"status", "shipped", `"SHIPPED"`, `"shipped"`},
		{"status", "SHIP", `"SHIPPED"`, `"SHIP"`},
		{"exact", "12", "", ""},
		{"exact", "12.00", "", ""},
		{"exact", "1.2e1", "", ""},
		{"exact", "12.0000000000000000001", "12.0", "12.0000000000000000001"},
		{"exact", `"12.0"`, "12.0", `"12.0"`},
		{"amount", "199.9", "", ""},
		{"big", "9007199254740993", "", ""},
		{"big", "9007199254740992", "9007199254740993", "9007199254740992"},
		{"numeral", "42", "", ""},
		{"numeral", `"42"`, "", ""},
		{"numeral", "42.0", `"42"`, "42.0"},
		{"paid", "true", "", ""},
		{"paid", "false", "true", "false"},
		{"paid", `"true"`, "true", `"true"`},
		{"word", "true", `"true"`, "true"},
		{"word", `"true"`, "", ""},
		{"note", "null", "", ""},
		{"note", `"null"`, "null", `"null"`},
		{"blank", `""`, "", ""},
		{"odd", `"(x)"`, "", ""},
		{"quote", `"\"q\""`, "", ""},
		{"status", "null", `"SHIPPED"`, "null"},
		{"nosuch", "null", nothing, "null"},
		{"nosuch", "x", nothing, `"x"`},
		{"tags", `["red", "blue", 7.0]`, "", ""},
		{"tags", `["blue", "red", 7]`, `["red","blue",7]`, `["blue", "red", 7]`},
		{"tags", `["red"]`, `["red","blue",7]`, `["red"]`},
		{"items[0]", `{"qty": 2.0, "sku": "SKU-1"}`, "", ""},
		{"items[1]", `{"qty": 1, "sku": "SKU-2"}`, `{"gift":true,"qty":1,"sku":"SKU-2"}`, `{"qty": 1, "sku": "SKU-2"}`},
		{"items[0]", `[1]`, `{"qty":2,"sku":"SKU-1"}`, "[1]"},
		{"none", "[]", "", ""},
		{"nobody", "{}", "", ""},

		// Paths.
		{"$.status", "SHIPPED", "", ""},
		{"items[0].sku", "SKU-1", "", ""},
		{"items[1].sku", "SKU-1", `"SKU-2"`, `"SKU-1"`},
		{"items[2].sku", "SKU-1", nothing, `"SKU-1"`},
		{"items[*].sku", "SKU-2", "", ""},
		{"items[*].sku", "SKU-3", `"SKU-1", "SKU-2"`, `"SKU-3"`},
		{"items[*].gift", "true", "", ""},
		{"items[*].nosuch", "1", nothing, "1"},
		{"items[*].nosuch", "(absent)", "", ""},
		{"items[*].gift", "(absent)", "true", "(absent)"},
		{"deep.list[*][*]", "3", "", ""},
		{"deep.list[*][1]", "(not 3)", "", ""},
		{"status.x", "1", nothing, "1"},
		{"status[0]", "1", nothing, "1"},
		{`$["a.b"]`, "1", "", ""},
		{`["a.b"]`, "1", "", ""},
		{"a-b", "2", "", ""},
		{`["a b"]`, "3", "", ""},
		{"$.key", "4", "", ""},
		{"$meta", "5", "", ""},
		{"event key", "ORD-7", "", ""},
		{"event key", "ORD-8", `"ORD-7"`, `"ORD-8"`},
		{"key", "ORD-8", `"ORD-7"`,
			`"ORD-8" (key could be Harken's word or the field of that name: write $.key for the field, or event key for ` +
				`Harken's)`},
		{"header Type", "order.shipped.v2", "", ""},
		{"header type", "(starts with order.)", "", ""},
		{"header nosuch", "x", nothing, `"x"`},
		{"header nosuch", "(absent)", "", ""},
		{"header Attempt", "3.0", "", ""},
		{"header Attempt", "(number)", "", ""},
		{"header Attempt", "(>= 3)", "", ""},
		{"header Attempt", "(string)", "", ""},
		{"header Type", "(number)", `"order.shipped.v2"`, "(number)"},
		{"header Mark", `"(x)"`, "", ""},
		{"header Type", "[draft", `"order.shipped.v2"`, `"[draft"`},
		{"size", "(> 100)", "", ""},
		{"size", "(< 100)", `"574"`, "(< 100)"},
		{"body", `(contains "\"SHIPPED\"")`, "", ""},
		{"$", "(any)", "", ""},

		// Rules.
		{"note", "(any)", "", ""},
		{"nosuch", "(any)", nothing, "(any)"},
		{"nosuch", "(absent)", "", ""},
		{"note", "(absent)", "null", "(absent)"},
		{"blank", "(empty)", "", ""},
		{"none", "(empty)", "", ""},
		{"nobody", "(empty)", "", ""},
		{"note", "(empty)", "null", "(empty)"},
		{"nosuch", "(empty)", nothing, "(empty)"},
		{"tags", "(empty)", `["red","blue",7]`, "(empty)"},
		{"paid", "(empty)", "true", "(empty)"},
		{"status", "(not CANCELLED)", "", ""},
		{"status", "(not SHIPPED)", `"SHIPPED"`, `(not "SHIPPED")`},
		{"nosuch", "(not SHIPPED)", nothing, `(not "SHIPPED")`},
		{"status", "(not (empty))", "", ""},
		{"blank", "(not (empty))", `""`, "(not (empty))"},
		{"status", "(not null)", "", ""},
		{"status", `(not "empty")`, "", ""},
		{"status", "(one of PACKED, SHIPPED)", "", ""},
		{"status", "(one of PACKED, CANCELLED)", `"SHIPPED"`, `(one of "PACKED", "CANCELLED")`},
		{"text", `(one of A, "Unexpected, it is")`, "", ""},
		{"nosuch", "(one of (absent), null)", "", ""},
		{"note", "(one of (absent), null)", "", ""},
		{"exact", "(one of 11, 12)", "", ""},
		{"tags", `(one of [1, 2], ["red","blue",7])`, "", ""},
		{"id", "(uuid)", "", ""},
		{"status", "(uuid)", `"SHIPPED"`, "(uuid)"},
		{"exact", "(uuid)", "12.0", "(uuid)"},
		{"nearly", "(uuid)", `"7d444840-9dc0-11d1-b245-5ffdce74fadx"`, "(uuid)"},
		{"undashed", "(uuid)", `"7d4448400-9dc0-11d1-b245-5ffdce74fad"`, "(uuid)"},
		{"amount", "(number)", "", ""},
		{"numeral", "(number)", `"42"`, "(number)"},
		{"numeral", "(string)", "", ""},
		{"amount", "(string)", "199.90", "(string)"},
		{"at", "(timestamp)", "", ""},
		{"status", "(timestamp)", `"SHIPPED"`, "(timestamp)"},
		{"amount", "(timestamp)", "199.90", "(timestamp)"},
		{"amount", "(> 199.8)", "", ""},
		{"amount", "(> 199.9)", "199.90", "(> 199.9)"},
		{"amount", "(>= 199.9)", "", ""},
		{"amount", "(<199.91)", "", ""},
		{"amount", "(< 199.9)", "199.90", "(< 199.9)"},
		{"amount", "( <= 199.9 )", "", ""},
		{"numeral", "(> 41)", "", ""},
		{"status", "(> 41)", `"SHIPPED"`, "(> 41)"},
		{"paid", "(> 0)", "true", "(> 0)"},
		{"nosuch", "(< 1)", nothing, "(< 1)"},
		{"exact", "(12 to 13)", "", ""},
		{"exact", "(11 to 12)", "", ""},
		{"exact", "(-3 to 11.9)", "12.0", "(-3 to 11.9)"},
		{"amount", "(about 200 +- 0.1)", "", ""},
		{"amount", "(about 200 ± 0.1)", "", ""},
		{"amount", "(about 200 +- 0.09)", "199.90", "(about 200 +- 0.09)"},
		{"text", "(contains it, Unexpected)", "", ""},
		{"text", `(contains "Unexpected, it is")`, "", ""},
		{"text", "(contains it, was)", `"Unexpected, it is"`, `(contains "it", "was")`},
		{"tags", "(contains 7.0, red)", "", ""},
		{"tags", "(contains re)", `["red","blue",7]`, `(contains "re")`},
		{"exact", "(contains 1)", "12.0", "(contains 1)"},
		{"text", "(starts with Unexpected, it)", "", ""},
		{"text", `(starts with "Unexpected, ")`, "", ""},
		{"text", "(starts with it)", `"Unexpected, it is"`, `(starts with "it")`},
		{"text", "(like Un*it*s)", "", ""},
		{"text", "(like *)", "", ""},
		{"text", "(like *ex*)", "", ""},
		{"status", "(like SHIPPED)", "", ""},
		{"status", "(like SHIP)", `"SHIPPED"`, "(like SHIP)"},
		{"status", "(like S*SHIPPED)", `"SHIPPED"`, "(like S*SHIPPED)"},
		{"status", "(like X*)", `"SHIPPED"`, "(like X*)"},
		{"status", "(like S*X*D)", `"SHIPPED"`, "(like S*X*D)"},
		{"exact", "(like 12*)", "12.0", "(like 12*)"},
		{"status", "(matches /^S.*D$/)", "", ""},
		{"status", "(matches /HIP/)", "", ""},
		{"status", "(matches /(?i)ship/)", "", ""},
		{"status", "(matches /^HIP/)", `"SHIPPED"`, "(matches /^HIP/)"},
		{"exact", "(matches /1/)", "12.0", "(matches /1/)"},
	} {
		p, err := pattern.FromRows([]pattern.Row{{Path: c.path, Cell: c.cell}}, "")
		if err != nil {
			t.Errorf("%s | %s: got %v, want no error", c.path, c.cell, err)
			continue
		}
		want := "nothing"
		if c.want != "" {
			want = fmt.Sprintf("%s  got %s, want %s", c.path, c.got, c.want)
		}
		if got := misses(p, shipped()); got != want {
			t.Errorf("%s | %s\n got: %s\nwant: %s", c.path, c.cell, got, want)
		}
	}
}

// misses writes what p misses in e.
func misses(p pattern.Pattern, e event.Event) string {
	var all []string
	for _, m := range p.Match(pattern.Read(e)) {
		all = append(all, m.String())
	}
	if all == nil {
		return "nothing"
	}
	return strings.Join(all, "\n")
}

func TestACellThatCannotBeReadSaysWhatToWrite(t *testing.T) {
	for _, c := range []struct{ cell, want string }{
		{"", `x: the cell is empty (write (any) for any value, (absent) for none, "" for an empty text)`},
		{"(uid)", `x: no rule "uid" (did you mean "uuid"? have uuid, any, like, not, about, empty, number, string, absent, ` +
			`one of, contains, matches and 2 more); a text in parentheses is quoted: "(uid)"`},
		{"(start with A)", `x: no rule "start with" (did you mean "starts with"? have starts with, string, about, absent, ` +
			`contains, matches, any, empty, like, not, one of, timestamp and 2 more); a text in parentheses is quoted: ` +
			`"(start with A)"`},
		{"(contain A)", `x: no rule "contain" (did you mean "contains"? have contains, not, one of, string, about, any, ` +
			`empty, uuid, absent, like, matches, number and 2 more); a text in parentheses is quoted: "(contain A)"`},
		{"(555) 1234", `x: (555) 1234 begins as a rule, and its ) is missing (a text that begins with ( is quoted: "(555) ` +
			`1234")`},
		{"(", `x: ( begins as a rule, and its ) is missing (a text that begins with ( is quoted: "(")`},
		{"(not)", `x: (not): something is missing behind the name of the rule`},
		{"(not empty)", `x: (not empty): it can be read in two ways (write (not (empty)) for the rule, (not "empty") for ` +
			`the text)`},
		{"(not like new)", `x: (not like new): it can be read in two ways (write (not (like new)) for the rule, (not "like ` +
			`new") for the text)`},
		{"(not > 5)", `x: (not > 5): it can be read in two ways (write (not (> 5)) for the rule, (not "> 5") for the text)`},
		{"(one of)", `x: (one of): an item of the list is empty (an empty text is written "")`},
		{"(one of A,, B)", `x: (one of A,, B): an item of the list is empty (an empty text is written "")`},
		{`(one of "A, B)`, `x: (one of "A, B): "A, B is not closed`},
		{"(contains (any))", `x: (contains (any)): (any): only literals can be contained`},
		{`(contains A, "")`, `x: (contains A, ""): an empty text asks nothing`},
		{" (uuid)", `x: " (uuid)": a rule begins with its ( and ends with its ), without spaces around them`},
		{"(contains [1)", `x: (contains [1): [1 is not closed`},
		{"(contains [x])", `x: (contains [x]): [x]: not JSON: line 1: invalid character 'x' looking for beginning of value ` +
			`(a text that begins with [ is quoted)`},
		{"(one of (uid))", `x: (one of (uid)): no rule "uid" (did you mean "uuid"? have uuid, any, like, not, about, ` +
			`empty, number, string, absent, one of, contains, matches and 2 more); a text in parentheses is quoted: "(uid)"`},
		{"(Monday to Friday)", `x: no rule "Monday to Friday" (have one of, contains, starts with, matches, string, about, ` +
			`any, empty, not, number, uuid, absent and 2 more); a text in parentheses is quoted: "(Monday to Friday)"`},
		{"(contains)", `x: (contains): an item of the list is empty (an empty text is written "")`},
		{"(starts with)", `x: (starts with): something is missing behind the name of the rule`},
		{`(starts with "")`, `x: (starts with ""): an empty text asks nothing`},
		{"(> five)", `x: (> five): "five" is neither a number nor a time such as 2026-03-01T10:00:00Z`},
		{"(> )", `x: (> ): "" is neither a number nor a time such as 2026-03-01T10:00:00Z`},
		{"(1 to 2026-03-01T10:00:00Z)",
			`x: (1 to 2026-03-01T10:00:00Z): nothing lies between a number and a time: 1, 2026-03-01T10:00:00Z`},
		{"(2026-03-01T10:00:00Z to 2026-03-01T10:00:01+00:01)",
			`x: (2026-03-01T10:00:00Z to 2026-03-01T10:00:01+00:01): nothing lies between: 2026-03-01T10:00:00Z is more than ` +
				`2026-03-01T10:00:01+00:01`},
		{"(5 to 1)", `x: (5 to 1): nothing lies between: 5 is more than 1`},
		{"(about 5)", `x: (about 5): how far away is not said (write (about 5 +- 0.5))`},
		{"(about 5 +- x)", `x: (about 5 +- x): 5 and x must be numbers, the second not negative`},
		{"(about 5 +- -1)", `x: (about 5 +- -1): 5 and -1 must be numbers, the second not negative`},
		{"(matches abc)", `x: (matches abc): a regular expression stands between slashes: (matches /re/)`},
		{"(matches //)", `x: (matches //): a regular expression stands between slashes: (matches /re/)`},
		{"(matches /(/)", "x: (matches /(/): error parsing regexp: missing closing ): `(`"},
		{"(matches /" + strings.Repeat("a", 1001) + "/)",
			"x: (matches /" + strings.Repeat("a", 190) + ": a regular expression has at most 1000 characters"},
		{`"a" and "b"`, `x: "a" and "b" begins with a quote and is no JSON string (a text with quotes of its own is ` +
			`written "\"a\" and \"b\"")`},
		{`"a`, `x: "a begins with a quote and is no JSON string (a text with quotes of its own is written "\"a")`},
		{"[draft] x", `x: [draft] x: not JSON: line 1: invalid character 'd' looking for beginning of value (a text that ` +
			`begins with [ is quoted)`},
		{"{", `x: {: not JSON: line 1: unexpected end of JSON input (a text that begins with { is quoted)`},
	} {
		_, err := pattern.FromRows([]pattern.Row{{Path: "x", Cell: c.cell}}, "")
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\n got: %v\nwant: %s", c.cell, err, c.want)
		}
	}
}

func TestRowsThatExcludeEachOtherAreRefused(t *testing.T) {
	_, err := pattern.FromRows([]pattern.Row{{Path: "a", Cell: "(> 5)"}, {Path: "$.a", Cell: "4"}}, "")
	if want := "$.a: (> 5) and 4 exclude each other"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := pattern.FromRows([]pattern.Row{{Path: "a", Cell: "(> 5)"}, {Path: "a", Cell: "(< 7)"}}, ""); err != nil {
		t.Errorf("two rows for one field: got %v, want no error", err)
	}
}

func TestAMissIsReportedForEveryRowInOrder(t *testing.T) {
	p := rows(t, "", "status", "BACKORDERED", "exact", "12", "event key", "ORD-8", "nosuch", "(any)")
	want := `status  got "SHIPPED", want "BACKORDERED"
event key  got "ORD-7", want "ORD-8"
nosuch  got (absent), want (any)`
	if got := misses(p, shipped()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestABodyThatIsNoJSONIsOneMissAndOnlyForItsFields(t *testing.T) {
	plain := event.Event{Key: "k", Body: []byte("a < b, plainly")}
	for _, c := range []struct {
		p    pattern.Pattern
		want string
	}{
		{rows(t, "", "a", "1", "b", "(absent)", "key", "k"), `body  got "a < b, plainly", want JSON`},
		{rows(t, "", "key", "k", "body", "a < b, plainly", "size", "14"), "nothing"},
		{rows(t, "", "body", "{}"), `body  got "a < b, plainly", want JSON`},
	} {
		if got := misses(c.p, plain); got != c.want {
			t.Errorf("%s: got %s, want %s", c.p, got, c.want)
		}
	}
	for body, want := range map[string]string{
		"":      `body  got "", want JSON`,
		"{} {}": `body  got "{} {}", want JSON (it holds 2 JSON documents, one behind the other)`,
		"{}":    "nothing",
	} {
		if got := misses(rows(t, "", "a", "(absent)"), event.Event{Body: []byte(body)}); got != want {
			t.Errorf("%q: got %s, want %s", body, got, want)
		}
	}
}

func TestABodyIsComparedAsJSONOnlyWithBrackets(t *testing.T) {
	e := event.Event{Body: []byte(`{"b": 1.0,  "a": [2]}`)}
	for cell, want := range map[string]string{
		`{"a": [2], "b": 1}`:  "nothing",
		`{"a": [3], "b": 1}`:  `body  got {"a":[2],"b":1.0}, want {"a": [3], "b": 1}`,
		`(contains "1.0,  ")`: "nothing",
		`(empty)`:             `body  got "{\"b\": 1.0,  \"a\": [2]}", want (empty)`,
		`{a`:                  `body  got "{\"b\": 1.0,  \"a\": [2]}", want "{a"`,
	} {
		if got := misses(rows(t, "", "body", cell), e); got != want {
			t.Errorf("%s: got %s, want %s", cell, got, want)
		}
	}
}

func TestPlainNamesStartAtTheRoot(t *testing.T) {
	e := event.Event{Body: []byte(`{"id":"1","data":{"id":"2","list":[{"id":"3"}]}}`)}
	for _, c := range []struct{ root, path, value string }{
		{"", "id", "1"}, {"$", "id", "1"}, {"$.data", "id", "2"}, {"$.data", "$.id", "1"}, {"$.data.list[0]", "id", "3"},
	} {
		if got := misses(rows(t, c.root, c.path, c.value), e); got != "nothing" {
			t.Errorf("%s from %q: got %s, want nothing", c.path, c.root, got)
		}
	}
	for root, want := range map[string]string{
		"data":   `root "data" does not begin with $ (write $ for the whole body, or $.data)`,
		"$.a[*]": `root "$.a[*]" names more than one place`,
		"$.a[":   `root: path "$.a[": at "[": a ] is missing`,
	} {
		if _, err := pattern.FromRows([]pattern.Row{{Path: "id", Cell: "1"}}, root); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", root, err, want)
		}
	}
}

func TestALongValueIsCutInAMiss(t *testing.T) {
	e := event.Event{Body: []byte(`{"a":"` + strings.Repeat("é", 500) + `"}`)}
	want := `a  got "` + strings.Repeat("é", 99) + `..., want "x"`
	if got := misses(rows(t, "", "a", "x"), e); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestABodyIsShownInOneLine(t *testing.T) {
	for body, want := range map[string]string{
		"{\n  \"b\": 1.0,\n  \"a\": [ ]\n}":     `{"b":1.0,"a":[]}`,
		"two\nlines":                            `"two\nlines"`,
		"":                                      `""`,
		"[" + strings.Repeat("1, ", 200) + "1]": "[" + strings.Repeat("1,", 99) + "1...",
		strings.Repeat("x", 198) + "€":          `"` + strings.Repeat("x", 198) + `...`,
	} {
		if got := pattern.Brief([]byte(body)); got != want {
			t.Errorf("%q: got %s, want %s", body, got, want)
		}
	}
}

func TestAMissShowsAnyValueAsJSON(t *testing.T) {
	e := event.Event{Body: []byte(`{"a": {"z": null, "f": false, "l": [1e2, "<&>", {}]}, ` +
		`"l": [` + strings.Repeat(`[1, {"a": "b"}], `, 50) + `1]}`)}
	if got, want := misses(rows(t, "", "a", "1"), e),
		`a  got {"f":false,"l":[1e2,"<&>",{}],"z":null}, want 1`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got, want := misses(rows(t, "", "l", "1"), e),
		"l  got ["+strings.Repeat(`[1,{"a":"b"}],`, 14)+"[1,..., want 1"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got, want := misses(rows(t, "", "l[*][1]", "1"), e),
		"l[*][1]  got "+strings.Repeat(`{"a":"b"}, `, 18)+"{\"..., want 1"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPatternsAreWrittenInOneLineAndAddUp(t *testing.T) {
	var none pattern.Pattern
	p := rows(t, "", "header type", "order.v2", "amount", "(> 5)")
	if !none.Empty() {
		t.Errorf("the zero pattern: got %s, want that it asks nothing", none)
	}
	if p.Empty() {
		t.Errorf("%s: got that it asks nothing, want that it asks something", p)
	}
	if got := none.And(none).String(); got != "" {
		t.Errorf("nothing and nothing: got %s, want nothing", got)
	}
	if got := misses(none, shipped()); got != "nothing" {
		t.Errorf("the zero pattern: got %s, want nothing", got)
	}
	if got, want := p.And(rows(t, "", "key", `"7"`)).String(),
		`header type "order.v2", amount (> 5), key "7"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := p.String(), `header type "order.v2", amount (> 5)`; got != want {
		t.Errorf("the receiver of And: got %s, want %s", got, want)
	}
}

func TestTheLiteralOfAPathIsKnown(t *testing.T) {
	p := rows(t, "", "key", "SKU-1", "n", "(> 1)", "q", `"7"`, "j", "[1]")
	for path, want := range map[string]string{"key": "SKU-1", "q": "7", "j": "[1]"} {
		if got, ok := p.Literal(path); !ok || got != want {
			t.Errorf("%s: got %s, %v, want %s", path, got, ok, want)
		}
	}
	for _, path := range []string{"n", "nosuch"} {
		if got, ok := p.Literal(path); ok {
			t.Errorf("%s: got %s, want no literal", path, got)
		}
	}
}

// rows makes a pattern of paths and cells in turn.
func rows(t testing.TB, root string, pathsAndCells ...string) pattern.Pattern {
	t.Helper()
	var all []pattern.Row
	for pair := range slices.Chunk(pathsAndCells, 2) {
		all = append(all, pattern.Row{Path: pair[0], Cell: pair[1]})
	}
	p, err := pattern.FromRows(all, root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADocKeepsTheWholeEvent(t *testing.T) {
	seen := time.Now()
	e := event.Event{
		Refused: "it is not signed", ID: "1", Key: "K", Headers: headers("type", "x"), Body: []byte("{}"), Stamp: seen.Add(-time.Second),
		Resolution: time.Millisecond, Seen: seen,
	}
	for i := range reflect.TypeFor[event.Event]().NumField() {
		if reflect.ValueOf(e).Field(i).IsZero() {
			t.Fatalf("this test has no %s", reflect.TypeFor[event.Event]().Field(i).Name)
		}
	}
	if got := pattern.Read(e).Event(); !reflect.DeepEqual(got, e) {
		t.Errorf("got %+v, want %+v", got, e)
	}
}

func TestOneDocServesManyPatternsAtOnce(t *testing.T) {
	d := pattern.Read(shipped())
	p := rows(t, "", "status", "SHIPPED", "body", `(contains "SHIPPED")`, "event key", "ORD-7")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := p.Match(d); got != nil {
				t.Errorf("got %v, want a match", got)
			}
		})
	}
	all.Wait()
}

func TestAFieldThatIsNotThereMayBeASlip(t *testing.T) {
	d := pattern.Read(event.Event{Headers: event.Headers(map[string]string{"Content-Type": "a"}),
		Body: []byte(`{"status": "S", "items": [{"sku": "1"}]}`)})
	for path, want := range map[string]string{
		"stauts": "status", "items[0].sku": "", "items[0].skuu": "sku", "items[*].sky": "sku", "amount": "",
		"header content-typ": "Content-Type", "items[3]": "",
	} {
		p, err := pattern.FromRows([]pattern.Row{{Path: path, Cell: "SHIPPED"}}, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(d)[0].Slip(d); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
