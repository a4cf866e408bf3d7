package jsontext

import (
	"fmt"
	"strings"
	"testing"
)

func TestANameThatIsThereTwiceIsFound(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(`"f%d": 1`, i))
	}
	for text, want := range map[string]string{
		`{"a": 1, "b": {"a": 2}, "c": [{"a": 1}, {"a": 1}]}`: "",
		`{"a": 1, "a": 2}`:                          "a",
		`{"a": 1, "b": 2, "\u0061": 3}`:             "a",
		`{"a": {"x": [1, [2, {"y": 1, "y": 2}]]}}`:  "a/x/1/1/y",
		`{"a": "b", "b": "a"}`:                      "",
		`{"a": "\"a\": 1", "b": 1}`:                 "",
		`["a", "a"]`:                                "",
		`"a"`:                                       "",
		` {"" : 1 , "" : 2}`:                        "",
		"{" + strings.Join(many, ",") + "}":         "",
		"{" + strings.Join(many, ",") + `,"f7":2}`:  "f7",
		"{" + strings.Join(many, ",") + `,"f99":2}`: "f99",
		strings.Repeat("[", 5000) + `{"a":1,"a":1}` + strings.Repeat("]", 5000): strings.Repeat("0/", 5000) + "a",
	} {
		got := Twice([]byte(text))
		if text == ` {"" : 1 , "" : 2}` {
			if len(got) != 1 || got[0] != "" {
				t.Errorf("%s: got %q, want the empty name", text, got)
			}
			continue
		}
		if strings.Join(got, "/") != want {
			t.Errorf("%.60s: got %q, want %s", text, got, want)
		}
	}
}

func TestToLookForNamesNeedsNoMemory(t *testing.T) {
	text := []byte(`{"to": {"id": "4711"}, "items": [{"sku": "A"}, {"sku": "B"}], "number": 12345}`)
	if got := testing.AllocsPerRun(100, func() { Twice(text) }); got != 0 {
		t.Errorf("got %v allocations, want none: each event that a step waited for is looked at", got)
	}
}
