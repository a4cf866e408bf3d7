// Tests of what compares by what it is worth and not by how it is written: times, DynamoDB's numbers, items by their
// number.
package pattern_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// check says what a cell misses in a body, "nothing" where it matches.
func checkCell(t *testing.T, why, body, path, cell, want string) {
	t.Helper()
	if got := misses(rows(t, "", path, cell), event.Event{Key: "2026-03-01T10:00:00Z", Body: []byte(body)}); got != want {
		t.Errorf("%s: %s | %s\n got: %s\nwant: %s", why, path, cell, got, want)
	}
}

func TestTimesCompareAsInstants(t *testing.T) {
	const body = `{"at": "2026-03-01T11:00:00.50+01:00", "low": "2026-03-01t01:30:00z", "leap": "1998-12-31T23:59:60Z",
		"n": 5, "all": ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"], "date": "2026-03-01"}`
	for _, c := range []struct{ why, path, cell, want string }{
		{"another offset", "at", "2026-03-01T10:00:00.5Z", "nothing"},
		{"the same text", "at", "2026-03-01T11:00:00.50+01:00", "nothing"},
		{"another instant", "at", "2026-03-01T10:00:00.51Z",
			`at  got "2026-03-01T11:00:00.50+01:00", want "2026-03-01T10:00:00.51Z"`},
		{"quotes demand the text", "at", `"2026-03-01T10:00:00.5Z"`,
			`at  got "2026-03-01T11:00:00.50+01:00", want "2026-03-01T10:00:00.5Z"`},
		{"another rule's opposite", "at", "(not 2026-03-01T10:00:00.5Z)",
			`at  got "2026-03-01T11:00:00.50+01:00", want (not "2026-03-01T10:00:00.5Z")`},
		{"one of several", "at", "(one of 2026-03-01T10:00:00.5Z, never)", "nothing"},
		{"among items", "all", "(contains 2026-03-01T11:00:00+01:00)", "nothing"},
		{"later", "at", "(> 2026-03-01T10:00:00Z)", "nothing"},
		{"not later", "at", "(> 2026-03-01T10:00:00.5Z)",
			`at  got "2026-03-01T11:00:00.50+01:00", want (> 2026-03-01T10:00:00.5Z)`},
		{"not earlier", "at", "(>= 2026-03-01T10:00:00.5Z)", "nothing"},
		{"earlier, whatever the digits say", "at", "(< 2026-03-01T10:30:00Z)", "nothing"},
		{"between", "at", "(2026-03-01T09:00:00Z to 2026-03-01T11:00:00Z)", "nothing"},
		{"small letters", "low", "2026-03-01T01:30:00Z", "nothing"},
		{"small letters are a timestamp", "low", "(timestamp)", "nothing"},
		{"a leap second is a timestamp", "leap", "(timestamp)", "nothing"},
		{"a leap second, later than the one before", "leap", "(> 1998-12-31T23:59:59.9Z)", "nothing"},
		{"a number is no time", "n", "(> 2026-03-01T10:00:00Z)", "n  got 5, want (> 2026-03-01T10:00:00Z)"},
		{"a date is no time", "date", "(> 2026-01-01T10:00:00Z)", `date  got "2026-03-01", want (> 2026-01-01T10:00:00Z)`},
		{"a time is no number", "at", "(> 5)", `at  got "2026-03-01T11:00:00.50+01:00", want (> 5)`},
		{"places without types have times too", "key", "2026-03-01T12:00:00+02:00", "nothing"},
	} {
		checkCell(t, c.why, body, c.path, c.cell, c.want)
	}
}

func TestTimesThatExcludeEachOtherAreRefused(t *testing.T) {
	for _, c := range []struct {
		a, b    string
		overlap bool
	}{
		{"2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00", true},
		{"2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", false},
		{"2026-03-01T10:00:00Z", "(> 2026-03-01T10:00:00Z)", false},
		{"2026-03-01T10:00:00Z", "(>= 2026-03-01T11:00:00+01:00)", true},
		{"2026-03-01T10:00:00Z", "(> 5)", false},
		{"2026-03-01T10:00:00Z", "5", false},
		{"2026-03-01T10:00:00Z", "(like *+01:00)", true},
		{"(> 2026-03-01T10:00:00Z)", "(< 2026-03-01T10:00:00Z)", false},
		{"(> 2026-03-01T10:00:00Z)", "(> 5)", false},
		{"(> 2026-03-01T10:00:00Z)", "(timestamp)", true},
		{"(> 2026-03-01T10:00:00Z)", "(number)", false},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := rows(t, "", "at", pair[0]).Overlaps(rows(t, "", "at", pair[1])); got != c.overlap {
				t.Errorf("%s and %s: got %v, want %v", pair[0], pair[1], got, c.overlap)
			}
		}
	}
}

func TestARangeOfWhatIsNotKnownYetIsNotRefused(t *testing.T) {
	for _, cell := range []string{
		"(" + pattern.Unknown + " to 5)", "(" + pattern.Unknown + " to 2026-03-01T10:00:00Z)",
		"(2026-03-01T10:00:00Z to " + pattern.Unknown + ")",
	} {
		if _, err := pattern.FromRows([]pattern.Row{{Path: "at", Cell: cell}}, ""); err != nil {
			t.Errorf("%s: got %v, want no error", cell, err)
		}
	}
}

func TestWhatIsContainedIsCounted(t *testing.T) {
	const body = `{"list": [1, 2, 3], "twice": [2, 3, 2.0], "mixed": ["42", 42], "one": ["42"], "text": "ab ab", ` +
		`"times": ["2026-03-01T10:00:00Z"]}`
	for _, c := range []struct{ why, path, cell, want string }{
		{"an item twice that is there once", "list", "(contains 2, 2, 3)", "list  got [1,2,3], want (contains 2, 2, 3)"},
		{"an item twice that is there twice", "twice", "(contains 2, 2, 3)", "nothing"},
		{"a number and its text, one each", "mixed", `(contains 42, "42")`, "nothing"},
		{"a number and its text, the other way", "mixed", `(contains "42", 42)`, "nothing"},
		{"a number and its text cannot be one item", "one", `(contains 42, "42")`,
			`one  got ["42"], want (contains 42, "42")`},
		{"two spellings of a number", "list", "(contains 2, 2.0)", "list  got [1,2,3], want (contains 2, 2.0)"},
		{"two spellings of a time", "times", "(contains 2026-03-01T10:00:00Z, 2026-03-01T11:00:00+01:00)",
			`times  got ["2026-03-01T10:00:00Z"], want (contains "2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00")`},
		{"a part of a text twice", "text", "(contains ab, ab)", "nothing"},
		{"a part of a text three times", "text", "(contains ab, ab, ab)",
			`text  got "ab ab", want (contains "ab", "ab", "ab")`},
		{"parts that overlap", "text", "(contains ab, b a)", "nothing"},
	} {
		checkCell(t, c.why, body, c.path, c.cell, c.want)
	}
}

func TestNumbersOfDynamoDBCompareAsNumbers(t *testing.T) {
	const body = `{"n": {"N": "1.5"}, "s": {"S": "1.5"}, "both": {"N": "1.5", "M": "2"}, "m": {"M": {"n": {"N": ` +
		`"1e1"}}}, "bad": {"N": "x"}}`
	for _, c := range []struct{ why, path, cell, want string }{
		{"another spelling", "n.N", "1.50", "nothing"},
		{"quotes demand the text", "n.N", `"1.50"`, `n.N  got "1.5", want "1.50"`},
		{"inside of a map", "m.M.n.N", "10", "nothing"},
		{"it is a number", "n.N", "(number)", "nothing"},
		{"and a string", "n.N", "(string)", "nothing"},
		{"what is no number is none", "bad.N", "(number)", `bad.N  got "x", want (number)`},
		{"a text is a text", "s.S", "1.50", `s.S  got "1.5", want 1.50`},
		{"a field that is called so by chance", "both.N", "1.50", `both.N  got "1.5", want 1.50`},
		{"as JSON", "n", `{"N": "1.50"}`, "nothing"},
		{"as JSON, another number", "n", `{"N": "1.51"}`, `n  got {"N":"1.5"}, want {"N": "1.51"}`},
		{"as JSON, a text", "s", `{"S": "1.50"}`, `s  got {"S":"1.5"}, want {"S": "1.50"}`},
	} {
		checkCell(t, c.why, body, c.path, c.cell, c.want)
	}
	for doc, want := range map[string]string{
		`{"n": {"N": "1.50"}, "m": {"M": {"n": {"N": "10"}}}}`: "nothing",
		`{"s": {"S": "1.50"}}`:                                 `s.S  got "1.5", want "1.50"`,
		`{"both": {"N": "1.50", "M": "2"}}`:                    `both.N  got "1.5", want "1.50"`,
		`{"n": {"N": "(> 1)"}}`:                                "nothing",
	} {
		p, err := pattern.FromDoc(doc, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := misses(p, event.Event{Body: []byte(body)}); got != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
}
