// Tests of editing JSON as text.
package jsontext

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func field(name string) Step { return Step{Name: name, Index: Field} }
func index(i int) Step       { return Step{Index: i} }

func TestSetLeavesAllElseAsItWas(t *testing.T) {
	for _, c := range []struct {
		why, text string
		steps     []Step
		want      string
	}{
		{"a field is replaced", `{"a": 1.50, "b":2}`, []Step{field("b")}, `{"a": 1.50, "b":NEW}`},
		{"white space around stays", " {\"a\" : 1 }\n", []Step{field("a")}, " {\"a\" : NEW }\n"},
		{"a new field is spaced as the last one", "{\n  \"a\": 1,\n  \"b\": 2\n}", []Step{field("c")},
			"{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": NEW\n}"},
		{"a new field in an empty object", `{ }`, []Step{field("a")}, `{"a":NEW }`},
		{"missing objects are made", `{"a":1}`, []Step{field("b"), field("c")}, `{"a":1,"b":{"c":NEW}}`},
		{"missing lists are made", `{}`, []Step{field("b"), index(0), field("c")}, `{"b":[{"c":NEW}]}`},
		{"null gives way", `{"a":null}`, []Step{field("a"), field("b")}, `{"a":{"b":NEW}}`},
		{"an item is replaced", `[1, 2, 3]`, []Step{index(1)}, `[1, NEW, 3]`},
		{"a list grows by one", `[1, 2]`, []Step{index(2)}, `[1, 2, NEW]`},
		{"an empty list grows", `[]`, []Step{index(0)}, `[NEW]`},
		{"brackets and quotes in strings are not structure", `{"a":"}\",{\\","b":"]"}`, []Step{field("b")},
			`{"a":"}\",{\\","b":NEW}`},
		{"escaped names are the same names", `{"\u0061":1}`, []Step{field("a")}, `{"\u0061":NEW}`},
		{"names are escaped", `{}`, []Step{field("a\"<b")}, `{"a\"<b":NEW}`},
		{"of fields with one name the last counts", `{"a":1,"a":2}`, []Step{field("a")}, `{"a":1,"a":NEW}`},
		{"the whole value", ` 7 `, nil, ` NEW `},
		{"a field of a field", `{"a":{"b":{"c":0},"d":1}}`, []Step{field("a"), field("b"), field("c")},
			`{"a":{"b":{"c":NEW},"d":1}}`},
	} {
		before := bytes.Clone([]byte(c.text))
		got, err := Set(before, c.steps, func([]byte) ([]byte, error) { return []byte("NEW"), nil })
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.why, got, err, c.want)
		}
		if string(before) != c.text {
			t.Errorf("%s: the text itself: got %s, want %s", c.why, before, c.text)
		}
	}
}

func TestSetRefusesPlacesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		text  string
		steps []Step
		want  string
	}{
		{`{"a":1}`, []Step{field("a"), field("b")}, `field "b" is asked of a number`},
		{`{"a":"x"}`, []Step{field("a"), index(0)}, `item 0 is asked of a text`},
		{`[true]`, []Step{index(0), field("b")}, `field "b" is asked of true or false`},
		{`[]`, []Step{field("b")}, `field "b" is asked of a list`},
		{`{}`, []Step{index(0)}, `item 0 is asked of an object`},
		{`[1]`, []Step{index(3)}, `there is no item 3: the list has 1, and the next is 1`},
		{`{}`, []Step{field("a"), index(2)}, `there is no item 2: the list is empty, and the first is 0`},
		{`[1]`, []Step{{Index: Each}}, `[*] names no single place to write to`},
		{`{}`, []Step{field("a"), {Index: Each}}, `[*] names no single place to write to`},
	} {
		_, err := Set([]byte(c.text), c.steps, func([]byte) ([]byte, error) { return []byte("0"), nil })
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.text, err, c.want)
		}
	}
}

func TestRemoveTakesOneCommaWithIt(t *testing.T) {
	for _, c := range []struct {
		text  string
		steps []Step
		want  string
	}{
		{`{"a": 1, "b": 2, "c": 3}`, []Step{field("a")}, `{"b": 2, "c": 3}`},
		{`{"a": 1, "b": 2, "c": 3}`, []Step{field("b")}, `{"a": 1, "c": 3}`},
		{`{"a": 1, "b": 2, "c": 3}`, []Step{field("c")}, `{"a": 1, "b": 2}`},
		{"{\n  \"a\": 1\n}", []Step{field("a")}, "{}"},
		{`[1, 2]`, []Step{index(0)}, `[2]`},
		{`[1]`, []Step{index(1)}, `[1]`},
		{`{"a":{"b":1}}`, []Step{field("a"), field("b")}, `{"a":{}}`},
		{`{"a":1}`, []Step{field("a"), field("b")}, `{"a":1}`},
		{`{"a":1}`, []Step{field("z"), field("b")}, `{"a":1}`},
	} {
		got, err := Remove([]byte(c.text), c.steps)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.text, got, err, c.want)
		}
	}
	want := "the whole body cannot be removed from itself (write body)"
	if _, err := Remove([]byte(`{}`), nil); err == nil || err.Error() != want {
		t.Errorf("the whole body: got %v, want %s", err, want)
	}
	want = "[*] names no single place to write to"
	if _, err := Remove([]byte(`[]`), []Step{{Index: Each}}); err == nil || err.Error() != want {
		t.Errorf("every item: got %v, want %s", err, want)
	}
}

func TestCheckNamesTheLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a":1}`, ""},
		{" [1]\n", ""},
		{"", "not JSON: it is empty"},
		{" \n", "not JSON: it is empty"},
		{"{\n  \"a\": 1,\n  b\n}", "not JSON: line 3: invalid character 'b' looking for beginning of object key string"},
		{"{}\n{}", "not JSON: line 2: invalid character '{' after top-level value"},
		{strings.Repeat("[", 100) + `"[{"` + strings.Repeat("]", 100), ""},
		{strings.Repeat("[", 101) + strings.Repeat("]", 101), "nested more than 100 levels deep"},
		{"{", "not JSON: line 1: unexpected end of JSON input"},
	} {
		got := ""
		if err := Check([]byte(c.text)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzWhatIsSetIsFound(f *testing.F) {
	f.Add([]byte(`{"a": [1, {"b":"}"}], "a":2}`), "a", 0)
	f.Add([]byte(` null `), "", 1)
	f.Add([]byte(`[{"\u0061":[]}]`), "b\"", 0)
	f.Add([]byte(`{"":1e400,"0":0}`), "0", 0)
	f.Fuzz(func(t *testing.T, text []byte, name string, i int) {
		if Check(text) != nil || i < 0 {
			return
		}
		name = Unquote(Quote(name)) // bytes that are no UTF-8 cannot be a name
		for _, steps := range [][]Step{{field(name)}, {index(i)}, {field(name), index(i)}, {index(i), field(name)}} {
			set, err := Set(text, steps, func([]byte) ([]byte, error) { return []byte(`"NEW"`), nil })
			if err != nil {
				continue
			}
			if got := look(t, set, steps); got != "NEW" {
				t.Errorf("%s %v: got %v in %s, want NEW", text, steps, got, set)
			}
			removed, err := Remove(set, steps)
			if err != nil || !json.Valid(removed) {
				t.Errorf("%s %v: removed: got %s, %v, want JSON", text, steps, removed, err)
			}
		}
	})
}

func look(t *testing.T, text []byte, steps []Step) any {
	t.Helper()
	var v any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber() // JSON has numbers that no float64 holds
	if err := numbers.Decode(&v); err != nil {
		t.Fatalf("%s: got %v, want JSON", text, err)
	}
	for _, s := range steps {
		fields, isObject := v.(map[string]any)
		items, isList := v.([]any)
		switch {
		case isObject && s.Index == Field:
			v = fields[s.Name]
		case isList && s.Index >= 0 && s.Index < len(items):
			v = items[s.Index]
		default:
			t.Fatalf("%s: got %v, want something at %v", text, v, s)
		}
	}
	return v
}

func TestATextIsQuotedAsTheEncoderDoes(t *testing.T) {
	for _, text := range []string{
		"", "plain", `with "quotes" and \ backslashes`, "<a href=\"b\">&</a>", "line\nbreak\ttab\x00\x1f\x7f", "ü\u2028\u2029\U0001F600",
		"no UTF-8: \xff", `{"a": "b"} ü`,
	} {
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(text); err != nil {
			t.Fatal(err)
		}
		if got := string(AppendQuote([]byte("to "), text)); got+"\n" != "to "+want.String() {
			t.Errorf("got %s, want %s", got, &want)
		}
	}
}
