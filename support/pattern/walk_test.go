// Tests of where paths lead.
package pattern_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

const nested = `{"items": [{"sku": "A"}, {"sku": "B"}], "by": {"x": {"sku": "C"}, "w": {"sku": "D"}}, "a b": 1,
	"it's": 2, "body": "{\"priority\": 3, \"deep\": \"[{\\\"x\\\": \\\"y\\\"}]\"}",
	"plain": "hello", "size": 5, "key": "abc", "none": []}`

func TestEachWayToWriteAPathIsRead(t *testing.T) {
	for _, c := range []struct{ path, cell, want string }{
		{"items[-1].sku", "B", "nothing"},
		{"items[-2].sku", "A", "nothing"},
		{"items[-3].sku", "(any)", "items[-3].sku  got (absent), want (any)"},
		{"none[-1]", "(absent)", "nothing"},
		{"items.*.sku", "B", "nothing"},
		{"by.*.sku", "C", "nothing"},
		{"by[*].sku", "C", `by[*].sku  got (absent), want "C"`},
		{"by.*.sku", "E", `by.*.sku  got "D", "C", want "E"`},
		{"by.*.sku", "(absent)", `by.*.sku  got "D", "C", want (absent)`},
		{"['a b']", "1", "nothing"},
		{`$['it\'s']`, "2", "nothing"},
		{`items[0]['sku']`, "A", "nothing"},
		{"$.body(json).priority", "3", "nothing"},
		{"body(json).priority", "(> 2)", "nothing"},
		{"$.body(json).deep(json)[0].x", "y", "nothing"},
		{"$.body(json).priority", "4", "$.body(json).priority  got 3, want 4"},
		{"$.body(json)", "(any)", "nothing"},
		{"$.nosuch(json).x", "(absent)", "nothing"},
		{"event size", "(> 100)", "nothing"},
		{"$.size", "5", "nothing"},
		{"event key", "K", "nothing"},
		{"$.key", "abc", "nothing"},
		{"event body", "(contains priority)", "nothing"},
		{"answer status", "201", "nothing"},
	} {
		e := event.Event{Key: "K", Headers: headers("status", "201"), Body: []byte(nested)}
		if got := misses(rows(t, "", c.path, c.cell), e); got != c.want {
			t.Errorf("%s | %s\n got: %s\nwant: %s", c.path, c.cell, got, c.want)
		}
	}
}

func TestFieldsMayStartInATextOfJSON(t *testing.T) {
	e := event.Event{Body: []byte(`{"Records": [{"body": "{\"detail\": {\"status\": \"SHIPPED\"}}"}]}`)}
	const root = "$.Records[0].body(json).detail"
	if got := misses(rows(t, root, "status", "SHIPPED"), e); got != "nothing" {
		t.Errorf("a row: got %s, want nothing", got)
	}
	p, err := pattern.FromDoc(`{"status": "SHIPPED"}`, root)
	if err != nil {
		t.Fatal(err)
	}
	if got := misses(p, e); got != "nothing" {
		t.Errorf("a doc string: got %s, want nothing", got)
	}
	twice := event.Event{Body: []byte(`"{\"a\": 1}"`)}
	if got := misses(rows(t, "$(json)", "a", "1"), twice); got != "nothing" {
		t.Errorf("a body that is a text of JSON: got %s, want nothing", got)
	}
}

func TestATextThatIsNoJSONCannotBeRead(t *testing.T) {
	for _, cell := range []string{"3", "(absent)"} {
		p := rows(t, "", "plain(json).x", cell, "plain(json).y", "1")
		got := p.Match(pattern.Read(event.Event{Body: []byte(nested)}))
		err := pattern.Doubt(got)
		if err == nil {
			t.Errorf("%s: got %v without a doubt, want one", cell, got)
			continue
		}
		if want := "the text is not JSON: invalid character 'h' looking for beginning of value"; err.Error() != want {
			t.Errorf("%s: got %v, want %s", cell, err, want)
		}
	}
}

func TestJSONInATextIsWritten(t *testing.T) {
	for _, c := range []struct{ template, path, cell, want string }{
		{`{"body": "{\"a\": 1, \"b\": 2}"}`, "$.body(json).a", "7", `{"body": "{\"a\": 7, \"b\": 2}"}`},
		{`{"body": "{\"a\": 1, \"b\": 2}"}`, "$.body(json).a", "(absent)", `{"body": "{\"b\": 2}"}`},
		{`{}`, "$.body(json).a", "7", `{"body":"{\"a\":7}"}`},
		{`{"l": [1, 2]}`, "l[-1]", "7", `{"l": [1, 7]}`},
		{`{"l": [1, 2]}`, "l[-2]", "(absent)", `{"l": [2]}`},
	} {
		e, err := pattern.Make([]byte(c.template), []pattern.Row{{Path: c.path, Cell: c.cell}}, "")
		if err != nil {
			t.Errorf("%s | %s: got %v, want no error", c.path, c.cell, err)
			continue
		}
		if string(e.Body) != c.want {
			t.Errorf("%s | %s: got %s, want %s", c.path, c.cell, e.Body, c.want)
		}
	}
	for _, c := range []struct{ template, path, want string }{
		{`{"body": "x"}`, "$.body(json).a",
			"$.body(json).a: what stands in the string is not JSON: line 1: " +
				"invalid character 'x' looking for beginning of value"},
		{`{"body": 1}`, "$.body(json).a", "$.body(json).a: the JSON in a text is asked of a number"},
		{`{"l": [1]}`, "l[-2]", "l[-2]: there is no item -2: the list has 1, and the next is 1"},
		{`{}`, "l[-1]", "l[-1]: there is no item -1: the list is empty, and the first is 0"},
	} {
		_, err := pattern.Make([]byte(c.template), []pattern.Row{{Path: c.path, Cell: "7"}}, "")
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.path, err, c.want)
		}
	}
}
