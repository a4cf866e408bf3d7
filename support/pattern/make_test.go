// Tests of events that are made.
package pattern_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

const template = `{
  "id": "ORD-1",
  "amount": 12.50,
  "paid": false,
  "note": null,
  "tags": ["red"],
  "customer": {"name": "Ann"}
}`

func TestACellTakesTheTypeOfTheTemplate(t *testing.T) {
	for _, c := range []struct{ path, cell, old, new string }{
		{"id", "ORD-2", `"ORD-1"`, `"ORD-2"`},
		{"id", "12", `"ORD-1"`, `"12"`},
		{"id", "true", `"ORD-1"`, `"true"`},
		{"id", "[1]", `"ORD-1"`, `"[1]"`},
		{"id", `"(x)"`, `"ORD-1"`, `"(x)"`},
		{"id", `a "quoted" <text>`, `"ORD-1"`, `"a \"quoted\" <text>"`},
		{"id", "null", `"ORD-1"`, `null`},
		{"amount", "13", "12.50", "13"},
		{"amount", "1234567890123456789.10", "12.50", "1234567890123456789.10"},
		{"amount", `"13"`, "12.50", `"13"`},
		{"amount", "null", "12.50", "null"},
		{"paid", "true", "false", "true"},
		{"note", "13", `"note": null`, `"note": 13`},
		{"note", "text", `"note": null`, `"note": "text"`},
		{"note", "[1, 2]", `"note": null`, `"note": [1, 2]`},
		{"note.deep", "1", `"note": null`, `"note": {"deep":1}`},
		{"tags", "[]", `["red"]`, "[]"},
		{"tags[0]", "blue", `"red"`, `"blue"`},
		{"tags[1]", "7", `["red"]`, `["red",7]`},
		{"customer", `{"name": "Bob", "n": 1.0}`, `{"name": "Ann"}`, `{"name": "Bob", "n": 1.0}`},
		{"customer.name", "Bob", `"Ann"`, `"Bob"`},
		{"customer.age", "030", `"Ann"}`, `"Ann","age": "030"}`},
		{"customer.age", "30", `"Ann"}`, `"Ann","age": 30}`},
		{"$.customer.address.lines[0]", "Here", `"Ann"}`, `"Ann","address": {"lines":["Here"]}}`},
		{`["a b"]`, "1", "Ann\"}\n", "Ann\"},\n  \"a b\": 1\n"},
		{"note", "(absent)", "  \"note\": null,\n", ""},
		{"customer.name", "(absent)", `{"name": "Ann"}`, "{}"},
		{"nosuch", "(absent)", "", ""},
		{"nosuch.deep", "(absent)", "", ""},
		{"$", `{"all": "new"}`, template, `{"all": "new"}`},
		{"body", "not JSON at all", template, "not JSON at all"},
		{"body", "[draft", template, "[draft"},
		{"body", `{"raw" : 1}`, template, `{"raw" : 1}`},
		{"body", "(absent)", template, ""},
	} {
		e, err := pattern.Make([]byte(template), []pattern.Row{{Path: c.path, Cell: c.cell}}, "")
		if err != nil {
			t.Errorf("%s | %s: got %v, want no error", c.path, c.cell, err)
			continue
		}
		if want := strings.Replace(template, c.old, c.new, 1); string(e.Body) != want {
			t.Errorf("%s | %s\n got: %s\nwant: %s", c.path, c.cell, e.Body, want)
		}
	}
}

func TestWhatCannotBeProducedIsRefused(t *testing.T) {
	for _, c := range []struct{ template, path, cell, want string }{
		{template, "amount", "much",
			`amount: the template has a number here, and much is not (to send a text in its place, quote it: "much")`},
		{template, "amount", "+5",
			`amount: the template has a number here, and +5 is not (to send a text in its place, quote it: "+5")`},
		{template, "paid", "1", `paid: the template has true or false here, and 1 is not (to send a text in its place, ` +
			`quote it: "1")`},
		{template, "tags", "{}", `tags: the template has a list here, and {} is not (to send a text in its place, quote ` +
			`it: "{}")`},
		{template, "customer", "Bob",
			`customer: the template has an object here, and Bob is not (to send a text in its place, quote it: "Bob")`},
		{template, "id", "(any)", `id: (any) is a rule, and what is produced needs a value`},
		{template, "key", "(uuid)", `key: (uuid) is a rule, and what is produced needs a value`},
		{template, "id", "", `id: the cell is empty (write (any) for any value, (absent) for none, "" for an empty text)`},
		{template, "size", "5", `size: the size of what is produced follows from its body`},
		{template, "id.x", "1", `id.x: field "x" is asked of a text`},
		{template, "tags[*]", "1", `tags[*]: [*] names no single place to write to`},
		{template, "tags[5]", "1", `tags[5]: there is no item 5: the list has 1, and the next is 1`},
		{template, "$", "(absent)", `$: the whole body cannot be removed from itself (write body)`},
		{template, "a b", "1", `path "a b": at " b": neither . nor [ (names with spaces are quoted: $["a b"])`},
		{"hello", "a", "1", `a: the template is not JSON: line 1: invalid character 'h' looking for beginning of value`},
	} {
		_, err := pattern.Make([]byte(c.template), []pattern.Row{{Path: c.path, Cell: c.cell}}, "")
		if err == nil || err.Error() != c.want {
			t.Errorf("%s | %s\n got: %v\nwant: %s", c.path, c.cell, err, c.want)
		}
	}
}

func TestKeysHeadersAndBodiesAreText(t *testing.T) {
	e, err := pattern.Make(nil, []pattern.Row{
		{Path: "key", Cell: "[k"}, {Path: "header Type", Cell: "12"}, {Path: "header type", Cell: `"13"`},
		{Path: "header gone", Cell: "x"},
		{Path: "header GONE", Cell: "(absent)"}, {Path: "header never", Cell: "(absent)"},
		{Path: "header mark", Cell: `"(x)"`},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := event.Event{
		Key: "[k", Headers: map[string][]string{"Type": {"12"}, "type": {"13"}, "mark": {"(x)"}}, Body: []byte("{}"),
	}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, want %+v", e, want)
	}
	e, err = pattern.Make(nil, []pattern.Row{{Path: "key", Cell: "k"}, {Path: "key", Cell: "(absent)"}}, "")
	if want := (event.Event{Body: []byte("{}")}); err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, %v, want %+v", e, err, want)
	}
}

func TestWithoutRowsTheTemplateGoesOutAsItIs(t *testing.T) {
	for _, text := range []string{template, "not JSON", "{ }\n", ""} {
		body := []byte(text)
		e, err := pattern.Make(body, nil, "$.data")
		if err != nil || string(e.Body) != text {
			t.Errorf("got %q, %v, want %q", e.Body, err, text)
		}
		if len(body) > 0 && &e.Body[0] == &body[0] {
			t.Errorf("%q: got the template's memory, want a copy", text)
		}
	}
	if e, err := pattern.Make(nil, nil, ""); err != nil || e.Body != nil {
		t.Errorf("nothing at all: got %q, %v, want no body", e.Body, err)
	}
}

func TestRowsAreWrittenInTheirOrderAtTheRoot(t *testing.T) {
	e, err := pattern.Make(nil, []pattern.Row{
		{Path: "id", Cell: "1"}, {Path: "id", Cell: "two"}, {Path: "id", Cell: "3"}, {Path: "$.type", Cell: "t"},
		{Path: "list[0].a", Cell: "x"}, {Path: "list[1]", Cell: "y"},
	}, "$.data")
	if err == nil {
		t.Fatalf("a text in the place of a number: got %s, want an error", e.Body)
	}
	e, err = pattern.Make(nil, []pattern.Row{
		{Path: "id", Cell: "1"}, {Path: "id", Cell: "3"}, {Path: "$.type", Cell: "t"}, {Path: "list[0].a", Cell: "x"},
		{Path: "list[1]", Cell: "y"},
	}, "$.data")
	if want := `{"data":{"id":3,"list":[{"a":"x"},"y"]},"type":"t"}`; err != nil || string(e.Body) != want {
		t.Errorf("got %s, %v, want %s", e.Body, err, want)
	}
}

func TestADocStringIsMergedIntoTheTemplate(t *testing.T) {
	for _, c := range []struct{ why, template, doc, root, want string }{
		{"types are the doc string's", `{"a": "1", "b": 2}`, `{"a": 1.50, "b": "2"}`, "", `{"a": 1.50, "b": "2"}`},
		{"objects are merged", `{"a": {"b": 1, "c": 2}}`, `{"a": {"c": 3, "d": 4}}`, "", `{"a": {"b": 1, "c": 3, "d": 4}}`},
		{"lists are replaced", `{"a": [1, 2]}`, `{"a": [ 3 ]}`, "", `{"a": [ 3 ]}`},
		{"an empty object replaces", `{"a": {"b": 1}}`, `{"a": {}}`, "", `{"a": {}}`},
		{"an empty doc string changes nothing", `{"a": 1}`, `{}`, "", `{"a": 1}`},
		{"absent removes", `{"a": 1, "b": 2}`, `{"a": "(absent)", "c": "(absent)"}`, "", `{"b": 2}`},
		{"quoted parentheses", `{}`, `{"a": "\"(x)\"", "b": ["\"(y)\"", {"c": "\"(z)\""}], "d": "\"q\""}`, "",
			`{"a":"(x)","b":["(y)", {"c": "(z)"}],"d":"\"q\""}`},
		{"at the root", `{"id": "1", "data": {"a": 1}}`, `{"a": 2}`, "$.data", `{"id": "1", "data": {"a": 2}}`},
		{"the root is made", `{}`, `{"a": 2}`, "$.data", `{"data":{"a":2}}`},
		{"the whole body", `{"a": 1}`, `[1]`, "", `[1]`},
	} {
		e, err := pattern.MakeDoc([]byte(c.template), c.doc, c.root)
		if err != nil || string(e.Body) != c.want {
			t.Errorf("%s\n got: %s, %v\nwant: %s", c.why, e.Body, err, c.want)
		}
	}
	const want = `{"a":{"b":1}}`
	if e, err := pattern.MakeDoc(nil, ` {"a": {"b": 1}} `, ""); err != nil || string(e.Body) != want {
		t.Errorf("no template: got %s, %v, want %s", e.Body, err, want)
	}
}

func TestADocStringThatCannotBeProducedIsRefused(t *testing.T) {
	for _, c := range []struct{ template, doc, root, want string }{
		{`{}`, `{"a": {"b": "(any)"}}`, "", `a.b: (any) is a rule, and what is produced needs a value`},
		{`{}`, `{"a": [1, "(> 1)"]}`, "", `a: (> 1) is a rule, and what is produced needs a value`},
		{`{}`, `{"a": [{"b": "(absent)"}]}`, "", `a: (absent) removes a field of the template, and nothing from a list`},
		{`{}`, `{"a": "(x"}`, "", `a: (x begins as a rule, and its ) is missing (a text that begins with ( is quoted: "(x")`},
		{`{}`, `"(absent)"`, "", `$: the whole body cannot be removed from itself (write body)`},
		{`{"a": 1}`, `{"a": {"b": 1}}`, "", `a.b: field "b" is asked of a number`},
		{`{}`, `{`, "", `doc string: not JSON: line 1: unexpected end of JSON input`},
		{`x`, `{}`, "", `the template is not JSON: line 1: invalid character 'x' looking for beginning of value`},
		{`{}`, `{}`, "a", `root "a" does not begin with $ (write $ for the whole body, or $.data)`},
	} {
		_, err := pattern.MakeDoc([]byte(c.template), c.doc, c.root)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s\n got: %v\nwant: %s", c.doc, err, c.want)
		}
	}
}

// FuzzWhatIsMadeMatchesWhatItWasMadeOf asks an event for the very rows or doc string that it was made of.
func FuzzWhatIsMadeMatchesWhatItWasMadeOf(f *testing.F) {
	for _, cell := range []string{"x", "12", `"12"`, "null", "true", "[1]", `{"a":[]}`, "(absent)", "(x)", `"(x)"`, "",
		"(any)"} {
		f.Add("a.b", cell, `{"a": {"c": [`+`1, "x", {"d": null}]}}`)
		f.Add("list[0]", cell, `{"list": ["\"(x)\"", "(absent)"], "e": "(absent)"}`)
		f.Add("key", cell, `["x"]`)
	}
	f.Fuzz(func(t *testing.T, path, cell, doc string) {
		if !utf8.ValidString(path + cell) {
			return // a feature file is UTF-8
		}
		row := []pattern.Row{{Path: path, Cell: cell}}
		if e, err := pattern.Make(nil, row, ""); err == nil {
			p, err := pattern.FromRows(row, "")
			if err != nil {
				t.Fatalf("%s | %s is produced: got %v, want that it can be asked for", path, cell, err)
			}
			// A removed key or body is an empty one, and a body is made of a cell's text.
			if got := misses(p, e); got != "nothing" && cell != "(absent)" && path != "body" {
				t.Errorf("%s | %s, made into %s: got %s, want nothing", path, cell, e.Body, got)
			}
		}
		if e, err := pattern.MakeDoc(nil, doc, ""); err == nil {
			p, err := pattern.FromDoc(doc, "")
			if err != nil && !strings.Contains(err.Error(), "listed twice") {
				t.Fatalf("%s is produced: got %v, want that it can be asked for", doc, err)
			}
			if got := misses(p, e); err == nil && got != "nothing" {
				t.Errorf("%s, made into %s: got %s, want nothing", doc, e.Body, got)
			}
		}
	})
}

func TestMakingDoesNotChangeTheTemplate(t *testing.T) {
	body := []byte(template)
	before := slices.Clone(body)
	for _, cell := range []string{"(absent)", "1", "null"} {
		if _, err := pattern.Make(body, []pattern.Row{{Path: "amount", Cell: cell}}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pattern.MakeDoc(body, `{"id": 1, "note": "(absent)"}`, ""); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(body, before) {
		t.Errorf("got the template %s, want %s", body, before)
	}
}
