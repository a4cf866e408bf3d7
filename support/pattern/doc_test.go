// Tests of doc strings.
package pattern_test

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestADocStringAsksForWhatItListsAndLeavesTheRestFree(t *testing.T) {
	for _, c := range []struct{ why, doc, body, want string }{
		{"others are free", `{"a": 1}`, `{"a":1,"b":2}`, "nothing"},
		{"nothing listed, nothing asked", `{ }`, `[]`, "nothing"},
		{"a number is a number", `{"a": 1}`, `{"a":"1"}`, `a  got "1", want 1`},
		{"numbers are equal by worth", `{"a": 1.0, "b": 1e2}`, `{"a":1,"b":100}`, "nothing"},
		{"a string is a string", `{"a": "1"}`, `{"a":1}`, `a  got 1, want "1"`},
		{"words of JSON are JSON", `{"a": true, "b": null}`, `{"a":"true"}`,
			"a  got \"true\", want true\nb  got (absent), want null"},
		{"paths are whole", `{"a": {"b": {"c": 1}}}`, `{"a":{"b":{"c":2}}}`, `a.b.c  got 2, want 1`},
		{"a missing object", `{"a": {"b": 1, "c": "(absent)"}}`, `{}`, `a.b  got (absent), want 1`},
		{"rules are strings", `{"a": "(> 5)", "b": "(uuid)"}`, `{"a":6,"b":"x"}`, `b  got "x", want (uuid)`},
		{"a quoted parenthesis is text", `{"a": "\"(x)\""}`, `{"a":"(x)"}`, "nothing"},
		{"other quotes are text as they stand", `{"a": "\"x\""}`, `{"a":"x"}`, `a  got "x", want "\"x\""`},
		{"brackets in strings are text", `{"a": "[1]"}`, `{"a":[1]}`, `a  got [1], want "[1]"`},
		{"an empty list is empty", `{"a": []}`, `{"a":[1]}`, `a  got [1], want []`},
		{"an empty object is empty", `{"a": { }}`, `{"a":{"b":1}}`, `a  got {"b":1}, want { }`},
		{"unusual names are quoted", `{"a b": {"c.d": 1}}`, `{}`, `["a b"]["c.d"]  got (absent), want 1`},
		{"reserved names start at the whole body", `{"key": 1, "header": 2}`, `{}`,
			"$.key  got (absent), want 1\n$.header  got (absent), want 2"},
		{"names are not paths", `{"a.b": 1, "c[0]": 2}`, `{"a.b":1,"c[0]":2,"a":{"b":3}}`, "nothing"},
		{"the whole body may be a list", `[{"a": 1}]`, `[{"a":2}]`, `$[0].a  got 2, want 1`},
		{"the whole body may be a rule", `"(uuid)"`, `7`, `$  got 7, want (uuid)`},
		{"no JSON", `{"a": 1}`, `hello`, `body  got "hello", want JSON`},

		{"items in any order", `{"l": [2, 1]}`, `{"l":[1,3,2]}`, "nothing"},
		{"items are different ones", `{"l": [1, 1]}`, `{"l":[1,2]}`, `l  got [1,2], want an item 1`},
		{"twice when it is there twice", `{"l": [1, 1]}`, `{"l":[1,2,1]}`, "nothing"},
		{"a greedy choice would fail", `{"l": ["(number)", 1, "(any)"]}`, `{"l":["x",2,1]}`, "nothing"},
		{"a choice is taken back", `{"l": ["(any)", "(number)", 1]}`, `{"l":[1,2,"x"]}`, "nothing"},
		{"no list", `{"l": [1]}`, `{"l":{"a":1}}`, `l  got {"a":1}, want [1]`},
		{"no list at all", `{"l": [1]}`, `{}`, `l  got (absent), want [1]`},
		{"fields of items are free", `{"l": [{"a": 1}]}`, `{"l":[{"b":1},{"a":1,"c":2}]}`, "nothing"},
		{"the nearest item says why", `{"l": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}`,
			`{"l":[{"a":9,"b":9},{"a":3,"b":5},{"a":1,"b":2}]}`,
			`l[1].b  got 5, want 4`},
		{"an item that was taken is not the nearest", `{"l": [{"a": 1}, {"a": 1}]}`, `{"l":[{"a":1}]}`,
			`l  got [{"a":1}], want an item {"a":1}`},
		{"two missing items have two nearest ones", `{"l": [{"a": 1}, {"a": 2}]}`, `{"l":[{"a":3},{"a":4}]}`,
			"l[0].a  got 3, want 1\nl[1].a  got 4, want 2"},
		{"lists in lists", `{"l": [[1, 2], [3]]}`, `{"l":[[3,4],[2,1]]}`, "nothing"},
		{"lists in lists that miss", `{"l": [[1, 2]]}`, `{"l":[[1],[2]]}`, `l  got [[1],[2]], want an item [1,2]`},
		{"lists in items", `{"l": [{"m": [{"a": 1}]}]}`, `{"l":[{"m":[{"a":2}]}]}`, `l[0].m[0].a  got 2, want 1`},
		{"items by rule", `{"l": [{"a": "(> 1)"}, {"a": "(absent)"}]}`, `{"l":[{"a":2},{"b":1}]}`, "nothing"},
	} {
		p, err := pattern.FromDoc(c.doc, "")
		if err != nil {
			t.Errorf("%s: got %v, want no error", c.why, err)
			continue
		}
		if got := misses(p, event.Event{Body: []byte(c.body)}); got != c.want {
			t.Errorf("%s\n got: %s\nwant: %s", c.why, got, c.want)
		}
	}
}

func TestADocStringStartsAtTheRoot(t *testing.T) {
	p, err := pattern.FromDoc(`{"id": "1", "key": "2", "list": [{"a": 1}]}`, "$.data")
	if err != nil {
		t.Fatal(err)
	}
	want := "id  got \"9\", want \"1\"\n$.data.key  got (absent), want \"2\"\nlist  got [], want an item {\"a\":1}"
	if got := misses(p, event.Event{Body: []byte(`{"data":{"id":"9","list":[]}}`)}); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got, want := p.String(), `id "1", $.data.key "2", list [{"a":1}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	list, err := pattern.FromDoc(`[1]`, "$.data")
	if err != nil {
		t.Fatal(err)
	}
	want = `$.data  got [2], want an item 1`
	if got := misses(list, event.Event{Body: []byte(`{"data":[2]}`)}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestADocStringThatCannotBeReadSaysWhere(t *testing.T) {
	for doc, want := range map[string]string{
		"": "doc string: not JSON: it is empty",
		"{\n  \"a\": 1,\n}": "doc string: not JSON: line 3: invalid character '}' looking for beginning of " +
			"object key string",
		`{"a": 1} x`:                   "doc string: not JSON: line 1: invalid character 'x' after top-level value",
		`{"a": {"b": 1, "b": 2}}`:      "a.b: it is listed twice",
		`{"l": [1, {"m": ["(> x)"]}]}`: `l[1].m[0]: (> x): "x" is neither a number nor a time such as 2026-03-01T10:00:00Z`,
		`{"a": [{"b": " (uuid)"}]}`: `a[0].b: " (uuid)": a rule begins with its ( and ends with its ), without spaces ` +
			`around them`,
		`{"a": "(x"}`: `a: (x begins as a rule, and its ) is missing (a text that begins with ( is ` +
			`quoted: "(x")`,
		`{"a": "\"(x"}`: `a: "(x begins with a quote and is no JSON string (a text with quotes of its own ` +
			`is written "\"(x")`,
		strings.Repeat("[", 101) + strings.Repeat("]", 101): "doc string: nested more than 100 levels deep",
	} {
		if _, err := pattern.FromDoc(doc, ""); err == nil || err.Error() != want {
			t.Errorf("%.40s\n got: %v\nwant: %s", doc, err, want)
		}
	}
	if p, err := pattern.FromDoc("{}", "data"); err == nil {
		t.Errorf("a root without $: got %v, want an error", p)
	}
}

func TestPatternsOfOneChannelAreToldApart(t *testing.T) {
	for _, c := range []struct {
		path, a, b string
		overlap    bool
	}{
		{"t", "A", "B", false},
		{"t", "A", "A", true},
		{"t", "12", "12.0", true},
		{"t", "12", `"12"`, true},
		{"t", "12", `"13"`, false},
		{"t", "12", "13", false},
		{"t", `"12"`, "(number)", false},
		{"header t", `"12"`, "(number)", true},
		{"t", "true", `"true"`, false},
		{"header t", "true", `"true"`, true},
		{"t", "A", "(not A)", false},
		{"t", "(not A)", "A", false},
		{"t", "(not A)", "(not B)", true},
		{"t", "(absent)", "(any)", false},
		{"t", "(absent)", "(absent)", true},
		{"t", "(one of A, B)", "(one of C, D)", false},
		{"t", "(one of A, B)", "(one of B, C)", true},
		{"t", "(one of A, (uuid))", "(one of C, D)", false},
		{"t", "(one of A, (uuid))", "(one of (any), D)", true},
		{"t", "(empty)", "(any)", true},
		{"t", "(empty)", "(uuid)", false},
		{"header t", "(empty)", `(matches /./)`, false},
		{"t", "(uuid)", "(number)", false},
		{"t", "(string)", "(number)", false},
		{"header t", "(string)", "(number)", true},
		{"t", "(> 5)", "(< 5)", false},
		{"t", "(> 5)", "(<= 5)", false},
		{"t", "(>= 5)", "(<= 5)", true},
		{"t", "(1 to 3)", "(2 to 4)", true},
		{"t", "(1 to 3)", "(about 10 +- 2)", false},
		{"t", "(> 5)", "(matches /x/)", true},
		{"t", "(starts with order.)", "(starts with shipment.)", false},
		{"t", "(starts with order.)", "(starts with order.placed)", true},
		{"t", "(starts with order.)", "shipment.sent", false},
		{"t", "(like a*)", "(like b*)", true},
		{"t", "(contains A)", "(number)", false},
		{"header t", "(contains 1)", "(number)", true},
		{"t", "[1]", "[2]", false},
		{"t", "[1]", "(contains 2)", false},
		{"t[*]", "A", "B", true},
		{"t[*]", "A", "(absent)", true},
	} {
		a, b := rows(t, "", c.path, c.a), rows(t, "", c.path, c.b)
		if got := a.Overlaps(b); got != c.overlap {
			t.Errorf("%s: %s and %s: got overlap %v, want %v", c.path, c.a, c.b, got, c.overlap)
		}
		if got := b.Overlaps(a); got != c.overlap {
			t.Errorf("%s: %s and %s: got overlap %v, want %v", c.path, c.b, c.a, got, c.overlap)
		}
	}
	for _, c := range []struct {
		a, b    pattern.Pattern
		overlap bool
	}{
		{rows(t, "", "header Type", "A"), rows(t, "", "header type", "B"), false},
		{rows(t, "$.data", "id", "A"), rows(t, "", "data.id", "B"), false},
		{rows(t, "", "a", "A"), rows(t, "", "b", "B"), true},
		{rows(t, "", "a", "A", "b", "B"), rows(t, "", "a", "A", "b", "C"), false},
		{pattern.Pattern{}, rows(t, "", "a", "A"), true},
	} {
		if got := c.a.Overlaps(c.b); got != c.overlap {
			t.Errorf("%s and %s: got overlap %v, want %v", c.a, c.b, got, c.overlap)
		}
	}
	lists, err := pattern.FromDoc(`{"a": [1]}`, "")
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]bool{"(number)": false, "(contains 2)": true} {
		if got := lists.Overlaps(rows(t, "", "a", cell)); got != want {
			t.Errorf("a listed item and %s: got overlap %v, want %v", cell, got, want)
		}
	}
}

// FuzzAnyPatternMeetsAnyBody finds what panics, and misses that say nothing or too much.
func FuzzAnyPatternMeetsAnyBody(f *testing.F) {
	for _, cell := range []string{"(one of A, (not (empty)))", "(like a*b*)", "(about 1 +- 1e3)", "(contains [1], x)",
		"(matches /a|b/)", "[1, {}]", "1e9"} {
		f.Add(cell, `{"a": [{"b": "(> 1)"}, [1, "(any)"]], "c": {}}`, `{"a": [[1, 2], {"b": 2}], "c": "ab"}`)
	}
	f.Fuzz(func(t *testing.T, cell, doc, body string) {
		d := pattern.Read(event.Event{Key: body, Body: []byte(body)})
		var asked pattern.Pattern
		for _, path := range []string{"a", "key", "body", "a[*].b", "size"} {
			p, err := pattern.FromRows([]pattern.Row{{Path: path, Cell: cell}}, "")
			if err != nil {
				continue
			}
			asked = asked.And(p)
		}
		if p, err := pattern.FromDoc(doc, ""); err == nil {
			asked = asked.And(p)
		}
		var r pattern.Redaction
		for _, m := range asked.Match(d) {
			if m.Path == "" {
				t.Errorf("%s | %s: got the miss %s, want it to name a path", cell, doc, m)
			}
			for _, text := range []string{m.Got, m.Want} {
				if text == "" || len(text) > 250 {
					t.Errorf("%s | %s: got %d bytes in %s, want 1 to 250", cell, doc, len(text), m)
				}
			}
			if again := r.Miss(m).String(); again != m.String() {
				t.Errorf("with nothing hidden\n got: %s\nwant: %s", again, m)
			}
		}
		if !asked.Overlaps(asked) && len(asked.Match(d)) == 0 {
			t.Errorf("%s matches %s: got that it excludes itself, want that it overlaps", asked, body)
		}
	})
}
