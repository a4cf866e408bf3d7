// Tests of values in what authors write.
package pattern_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// values is a Lookup of a few values.
func values(name string) (string, error) {
	known := map[string]string{"id": "42", "rule": "(any)", "spaced": " (any)", "quote": `say "hi"`, "brace": "${id}",
		"blank": "", "list": "[1]", "draft": "[draft]", "new id": "7",
		"order.lines[0].sku": "SKU-1"}
	if value, ok := known[name]; ok {
		return value, nil
	}
	return "", fmt.Errorf("no value %q", name)
}

func TestValuesReplaceTheirNames(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"plain $ } { $x":             "plain $ } { $x",
		"${id}":                      "42",
		"a ${ id } b ${new id}${id}": "a 42 b 742",
		"$${id}":                     "${id}",
		"$$${id}":                    "$${id}",
		"${brace}":                   "${id}",
		"${order.lines[0].sku}":      "SKU-1",
		`"${quote}"`:                 `"say "hi""`,
	} {
		if got, err := pattern.Expand(text, values); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"${":         `"${": a } is missing (for the characters ${ themselves write $${)`,
		"a ${id":     `"${id": a } is missing (for the characters ${ themselves write $${)`,
		"${id ${id}": `"${id ${id}": a } is missing (for the characters ${ themselves write $${)`,
		"${id\n}":    `"${id\n}": a } is missing (for the characters ${ themselves write $${)`,
		"${}":        `${} names no value`,
		"${ }":       `${} names no value`,
		"${nosuch}":  `${nosuch}: no value "nosuch"`,
		"${" + strings.Repeat("x", 99): `"${` + strings.Repeat("x", 28) +
			`": a } is missing (for the characters ${ themselves write $${)`,
	} {
		if got, err := pattern.Expand(text, values); err == nil || err.Error() != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestValuesInATemplateAreEscapedInsideOfStrings(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": "${quote}", "b": ${id}}`:     `{"a": "say \"hi\"", "b": 42}`,
		`{"a": "\"${quote}\\", "b": ${id}}`: `{"a": "\"say \"hi\"\\", "b": 42}`,
		`{"a": "$${id}"}`:                   `{"a": "${id}"}`,
		`${quote}`:                          `say "hi"`,
		`{"a": "\`:                          `{"a": "\`,
	} {
		if got, err := pattern.ExpandTemplate([]byte(text), values); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	_, err := pattern.ExpandTemplate([]byte(`{"a": "${id", "b": "}"}`), values)
	want := `"${id\", \"b\": \"}\"}": a } is missing (for the characters ${ themselves write $${)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAValueDoesNotChangeHowItsCellIsRead(t *testing.T) {
	for cell, want := range map[string]string{
		"${id}":              "42",
		"${rule}":            `"(any)"`,
		"${rule} and more":   `"(any) and more"`,
		"no ${rule}":         "no (any)",
		"${blank}":           `""`,
		"${quote}":           `say "hi"`,
		`"${quote}"`:         `"say \"hi\""`,
		`["${quote}",${id}]`: `["say \"hi\"",42]`,
		"${list}":            "[1]",
		"${draft}":           `"[draft]"`,
		"(> ${id})":          "(> 42)",
		"${spaced}":          `" (any)"`,
		"":                   "",
	} {
		if got, err := pattern.ExpandCell(cell, values); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", cell, got, err, want)
		}
	}
	for _, cell := range []string{"${nosuch}", `"${nosuch}"`, "x ${", `["(uuid)"]`, `{"a": ["(uid)", "${id}"]}`} {
		if got, err := pattern.ExpandCell(cell, values); err == nil {
			t.Errorf("%s: got %s, want an error", cell, got)
		}
	}
}

func TestAValueDoesNotMakeARuleOfADocString(t *testing.T) {
	for doc, want := range map[string]string{
		`{"a": "${rule}"}`:                 `{"a": "\"(any)\""}`,
		`{"a": "${spaced}", "b": ${id}}`:   `{"a": "\" (any)\"", "b": 42}`,
		`{"a": "${rule} \"${quote}\" \n"}`: `{"a": "\"(any) \\\"say \\\"hi\\\"\\\" \\n\""}`,
		`{"a": "no ${rule}"}`:              `{"a": "no (any)"}`,
		`{"a": "(> ${id})"}`:               `{"a": "(> 42)"}`,
		`{"${rule}": ["(any)", "${id}"]}`:  `{"(any)": ["(any)", "42"]}`,
	} {
		if got, err := pattern.ExpandDoc(doc, values); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", doc, got, err, want)
		}
	}
}

func TestTimesAreToldFromTheClock(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 123_456_789, time.FixedZone("", 3600))
	for name, want := range map[string]string{
		"now":              "2026-03-01T09:00:00.123Z",
		"now - 2h":         "2026-03-01T07:00:00.123Z",
		"now + 30 seconds": "2026-03-01T09:00:30.123Z",
		"now-1h30m":        "2026-03-01T07:30:00.123Z",
	} {
		if got, ok, err := pattern.Time(name, now); got != want || !ok || err != nil {
			t.Errorf("%s: got %s, %v, %v, want %s", name, got, ok, err, want)
		}
	}
	for name, want := range map[string]string{
		"now - 2":     `"2" is not a length of time: it has no unit (did you mean 2s?)`,
		"now 2h":      `behind now stands + or - and a length of time, not "2h"`,
		"now - 5 sec": `"5 sec" is not a length of time (did you mean 5s?)`,
	} {
		if got, ok, err := pattern.Time(name, now); !ok || err == nil || err.Error() != want {
			t.Errorf("%s: got %s, %v, %v, want %s", name, got, ok, err, want)
		}
	}
	for _, name := range []string{"nowhere", "now.x", "id", "", "nowadays - 2h"} {
		if got, ok, err := pattern.Time(name, now); ok || err != nil {
			t.Errorf("%s: got %s, %v, %v, want that it is no time", name, got, ok, err)
		}
	}
}

func TestAPlaceholderThatSurvivedIsAnError(t *testing.T) {
	for text, placeholder := range map[string]string{
		"(> <limit>)": "<limit>", "<a b-c_1>": "<a b-c_1>", "<<limit>>": "<limit>", "<b>bold</b> <limit>": "<limit>",
		"<br>": "<br>",
	} {
		want := "the placeholder " + placeholder + " was not filled: no column of the Examples has this name"
		if err := pattern.Survived(text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"", "(< 5)", "(< 5) and (> 7)", "x <y", "<b>bold</b>", "<br/>", "Ann <ann@example.com>",
		"<>", "a <= b > c"} {
		if err := pattern.Survived(text); err != nil {
			t.Errorf("%s: got %v, want no error", text, err)
		}
	}
}

func FuzzAnExpandedTemplateStaysJSON(f *testing.F) {
	f.Add(`{"a": "${x}", "b": ["$${y}", "\"${z}\\"]}`, `"`)
	f.Add(`"${"`, "\n\\")
	f.Fuzz(func(t *testing.T, template, value string) {
		lookup := func(string) (string, error) { return value, nil }
		got, err := pattern.ExpandTemplate([]byte(template), lookup)
		if err == nil && json.Valid([]byte(template)) && !json.Valid(got) {
			t.Errorf("%s: got %s, want JSON", template, got)
		}
		if cell, err := pattern.ExpandCell("${x}", lookup); err == nil {
			p, err := pattern.FromRows([]pattern.Row{{Path: "a", Cell: cell}}, "")
			if err != nil {
				t.Fatalf("%q in a cell: got %s and %v, want a cell that can be read", value, cell, err)
			}
			e := event.Event{Body: []byte(`{"a": null}`)}
			if got := misses(p, e); got == "nothing" && value != "null" {
				t.Errorf("%q in a cell: got the rule %s, want a text", value, cell)
			}
		}
		if doc, err := pattern.ExpandDoc(`{"a": "${x}"}`, lookup); err == nil {
			e, err := pattern.MakeDoc(nil, doc, "")
			if err != nil {
				t.Fatalf("%q in a doc string: got %s and %v, want one that can be read", value, doc, err)
			}
			if got, _, err := pattern.Read(e).Value("a", ""); err != nil || got != value && utf8.ValidString(value) {
				t.Errorf("by way of %s: got %q, %v, want %q", doc, got, err, value)
			}
		}
		unfilled := strings.Contains(template, "<limit>") && !strings.Contains(template, "</limit>")
		if _, err := pattern.Expand(template, lookup); err == nil && unfilled && pattern.Survived(template) == nil {
			t.Errorf("%s: got no error, want one of the placeholder in it", template)
		}
	})
}
