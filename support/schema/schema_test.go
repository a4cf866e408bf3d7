package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// folder writes files and returns the folder that they are in.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, text string) *Schema {
	t.Helper()
	dir := folder(t, map[string]string{"s.json": text})
	s, err := Load(filepath.Join(dir, "s.json"), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func body(text string) *pattern.Doc { return pattern.Read(event.Event{Body: []byte(text)}) }

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestAViolationSaysWhereAndWhatWouldBeRight(t *testing.T) {
	for _, test := range []struct{ name, schema, body, want string }{
		{"what fits is no error", `{"type": "object", "required": ["a"]}`, `{"a": 1}`, ""},
		{"type", `{"properties": {"a": {"type": "string"}}}`, `{"a": 1}`, `a: type: want string, got 1`},
		{"types", `{"type": ["object", "null"]}`, `[]`, `$: type: want null or object, got []`},
		{"a field that is written twice", `{"properties": {"a": {"type": "integer"}}}`, `{"b": [{"a": "x", "a": 1}]}`, `b[0].a: want it once, and not twice, got 1`},
		{"and that is wrong by itself too", `{"properties": {"a": {"type": "integer"}}}`, `{"a": 1, "a": "x"}`, "a: want it once, and not twice, got \"x\"\na: type: want integer, got \"x\""},
		{"an integer may have a fraction of zero", `{"type": "integer"}`, `1.0`, ""},
		{"items", `{"properties": {"items": {"items": {"properties": {"quantity": {"minimum": 1}}}}}}`,
			`{"items": [{"quantity": 0}]}`, `items[0].quantity: minimum: want at least 1, got 0`},
		{"odd names", `{"properties": {"a b": {"properties": {"key": {"maximum": 1}}}}}`, `{"a b": {"key": 2}}`,
			`["a b"].key: maximum: want at most 1, got 2`},
		{"bounds that are no binary fractions", `{"exclusiveMinimum": 0.1, "exclusiveMaximum": 0.1, "multipleOf": 0.03}`, `0.1`,
			"$: exclusiveMaximum: want less than 0.1, got 0.1\n$: exclusiveMinimum: want more than 0.1, got 0.1\n" +
				"$: multipleOf: want a multiple of 0.03, got 0.1"},
		{"big numbers keep all their digits", `{"maximum": 9007199254740992}`, `9007199254740993`,
			"$: maximum: want at most 9007199254740992, got 9007199254740993"},
		{"big constants too", `{"const": 9007199254740993}`, `9007199254740992`,
			"$: const: want 9007199254740993, got 9007199254740992"},
		{"enum", `{"enum": ["A", 1, null]}`, `"B"`, `$: enum: want one of "A", 1, null, got "B"`},
		{"required", `{"items": {"required": ["a", "b"]}}`, `[{"b": 1}, {}]`,
			"[0].a: required: want something, got (absent)\n[1].a: required: want something, got (absent)\n" +
				"[1].b: required: want something, got (absent)"},
		{"dependentRequired", `{"dependentRequired": {"card": ["name"]}}`, `{"card": 1}`,
			`name: dependentRequired: want something, because "card" is there, got (absent)`},
		{"dependencies of an older draft", `{"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"card": ["name"]}}`,
			`{"card": 1}`, `name: dependencies: want something, because "card" is there, got (absent)`},
		{"additionalProperties", `{"properties": {"a": true}, "additionalProperties": false}`, `{"a": 1, "b": 2}`,
			`b: additionalProperties: want no such field, got 2`},
		{"unevaluatedProperties", `{"properties": {"a": true}, "unevaluatedProperties": false}`, `{"a": 1, "b": 2}`,
			`b: unevaluatedProperties: want nothing, got 2`},
		{"a property that is false", `{"properties": {"a": false}}`, `{"a": 1}`, `a: properties: want nothing, got 1`},
		{"false", `false`, `1`, `$: false: want nothing, got 1`},
		{"propertyNames, where a neighbour is wrong too",
			`{"properties": {"a": {"propertyNames": {"maxLength": 1}}, "b": {"properties": {"x": {"type": "null"}}}}}`,
			`{"a": {"foo": 1}, "b": {"x": 1}}`,
			"a.foo: propertyNames: want a field with another name (maxLength: at most 1 character, not 3), got 1\nb.x: type: want null, got 1"},
		{"lengths", `{"items": {"minLength": 2, "maxLength": 1}}`, `["é"]`, `[0]: minLength: want at least 2 characters, not 1, got "é"`},
		{"sizes", `{"minItems": 3, "maxItems": 1, "uniqueItems": true}`, `[1, 1.0]`,
			"$: maxItems: want at most 1 item, not 2, got [1,1.0]\n$: minItems: want at least 3 items, not 2, got [1,1.0]\n" +
				"$: uniqueItems: want items that all differ (numbers 0 and 1 are equal), got [1,1.0]"},
		{"fields", `{"minProperties": 1}`, `{}`, `$: minProperties: want at least 1 field, not 0, got {}`},
		{"contains", `{"contains": {"const": 1}}`, `[2]`, `$: contains: want an item as the schema describes it, got [2]`},
		{"minContains", `{"contains": {"const": 1}, "minContains": 2}`, `[1]`,
			`$: minContains: want at least 2 items, not 1, as the schema describes it, got [1]`},
		{"pattern", `{"pattern": "^[A-Z]+$"}`, `"a"`, `$: pattern: want a text that matches /^[A-Z]+$/, got "a"`},
		{"format is checked", `{"format": "date-time"}`, `"2026-13-01"`, `$: format: want a text in the format date-time, got "2026-13-01"`},
		{"a format that nobody knows is not", `{"format": "iban"}`, `"x"`, ""},
		{"not", `{"not": {"type": "null"}}`, `null`, `$: not: want anything but what the schema excludes, got null`},
		{"allOf", `{"allOf": [{"required": ["a"]}, {"required": ["b"]}]}`, `{}`,
			"a: required: want something, got (absent)\nb: required: want something, got (absent)"},
		{"the nearest alternative says why", `{"oneOf": [{"required": ["a", "b"]}, {"properties": {"c": {"type": "string"}}}]}`, `{"c": 1}`,
			"$: oneOf: want one of 2 alternatives (number 2 is nearest), got {\"c\":1}\nc: type: want string, got 1"},
		{"too many alternatives", `{"oneOf": [{"type": "null"}, {"type": "string"}, {"minLength": 1}]}`, `"x"`,
			`$: oneOf: want only one of the alternatives, and numbers 2 and 3 both fit, got "x"`},
		{"if, then", `{"if": {"required": ["a"]}, "then": {"required": ["b"]}}`, `{"a": 1}`, "b: required: want something, got (absent)"},
		{"items in the order of their numbers, and no more than five", `{"items": {"type": "null"}}`, `[1,1,1,1,1,1,1,1,1,1,1]`,
			"[0]: type: want null, got 1\n[1]: type: want null, got 1\n[2]: type: want null, got 1\n[3]: type: want null, got 1\n" +
				"[4]: type: want null, got 1\nand 6 more"},
		{"no JSON", `{"type": "object"}`, `{oops`, `body: want JSON, got "{oops"`},
		{"nothing at all", `{"type": "object"}`, ``, `body: want JSON, got ""`},
		{"a number that would take a year", `{"minimum": 1}`, `{"a": [1, 1e999999999], "b": 1e-999999999}`,
			`a[1]: want a number of at most 1000 digits and an exponent of at most 1000, got 1e999999999`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := message(load(t, test.schema).Check(body(test.body), nil)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestABodyThatIsNestedTooDeepIsNotLookedThrough(t *testing.T) {
	s := load(t, `{"items": {"$ref": "#"}, "type": "array"}`)
	if err := s.Check(body(strings.Repeat("[", 101)+strings.Repeat("]", 101)), nil); err != nil {
		t.Errorf("101 levels: got %v, want nothing wrong", err)
	}
	err := s.Check(body(strings.Repeat("[", 9000)+strings.Repeat("]", 9000)), nil)
	if got := message(err); !strings.HasPrefix(got, "$: want at most 100 levels, got [[") {
		t.Errorf("9,000 levels: got %s", got)
	}
}

func TestWhatIsRedactedIsNotShown(t *testing.T) {
	s := load(t, `{"properties": {"card": {"type": "null"}, "n": {"const": 1}, "all": {"type": "array"}}}`)
	redact, err := pattern.NewRedaction([]string{"card", "pin"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Check(body(`{"card": "4111", "n": 2, "all": {"pin": 1234, "x": 1}}`), redact)
	want := "all: type: want array, got {\"pin\":\"(redacted)\",\"x\":1}\ncard: type: want (redacted), got (redacted)\nn: const: want 1, got 2"
	if got := message(err); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := message(s.Check(body(`4111 oops`), redact)); got != "body: want JSON, got \"(redacted)\"" {
		t.Errorf("no JSON: got %s", got)
	}
	var broken *Error
	if !errors.As(err, &broken) || len(broken.Violations) != 3 || broken.Violations[2].Keyword != "const" {
		t.Errorf("got the violations %+v", broken)
	}
}

func TestASchemaThatCannotBeReadSaysWhy(t *testing.T) {
	for _, test := range []struct{ name, schema, want string }{
		{"no JSON", "{\n\"type\" \"object\"}", `not JSON: line 2: invalid character '"' after object key`},
		{"too much JSON", "{} {}", `not JSON: invalid character after top-level value`},
		{"empty", "", `not JSON: EOF`},
		{"asks nothing", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Order"}`, `it asks nothing, so any event would fit`},
		{"true", `true`, `it asks nothing, so any event would fit`},
		{"a keyword that cannot be", `{"properties": {"a": {"minimum": "1"}}}`,
			`s.json is no JSON Schema: properties.a.minimum: type: want number, got "1"`},
		{"a lookahead", `{"pattern": "(?=a)"}`,
			`s.json is no JSON Schema: pattern: format: want a regular expression that Go knows (RE2), got "(?=a)"`},
		{"no schema at all", `[]`, `s.json is no JSON Schema: $: type: want boolean or object, got []`},
		{"an absurd number", `{"minimum": 1e9999}`, `/minimum: want a number of at most 1000 digits and an exponent of at most 1000`},
		{"the web", `{"$ref": "https://example.com/a.json"}`, `it refers to https://example.com/a.json: only files are read, and nothing is fetched`},
		{"a draft that nobody knows", `{"$schema": "https://example.com/draft", "type": "null"}`,
			`it refers to https://example.com/draft: only files are read, and nothing is fetched`},
		{"what is not there", `{"$ref": "b.json"}`, `it refers to b.json: no such file or directory`},
		{"what is not in there", `{"$ref": "#/$defs/a"}`, `json-pointer in "s.json#/$defs/a" not found`},
		{"a reference to what is wrong", `{"$ref": "wrong.json"}`, `wrong.json is no JSON Schema: type: anyOf: want one of 2 alternatives (number 1 is nearest), got 1` +
			"\n" + `type: enum: want one of "array", "boolean", "integer", "null", "number", "object", "string", got 1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t, map[string]string{"s.json": test.schema, "wrong.json": `{"type": 1}`})
			if _, err := Load(filepath.Join(dir, "s.json"), dir); message(err) != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "s.json"), "."); !os.IsNotExist(err) {
		t.Errorf("got %v, want an error that says that the file is not there", err)
	}
}

func TestReferencesLeadToFilesOfTheFolderOnly(t *testing.T) {
	dir := folder(t, map[string]string{
		"outside.json":            `{"type": "null"}`,
		"in/common/money.json":    `{"$id": "https://example.com/common/money.json", "type": "integer"}`,
		"in/orders/up.json":       `{"properties": {"total": {"$ref": "../common/money.json"}}}`,
		"in/orders/away.json":     `{"$ref": "../../outside.json"}`,
		"in/orders/web.json":      `{"$id": "https://example.com/orders/web.json", "properties": {"total": {"$ref": "../common/money.json"}, "n": {"$ref": "n.json"}}}`,
		"in/orders/n.json":        `{"type": "integer"}`,
		"in/orders/nextdoor.json": `{"$id": "https://example.com/orders/nextdoor.json", "properties": {"total": {"$ref": "n.json"}}}`,
		"in/a b/space.json":       `{"properties": {"total": {"$ref": "n%20n.json"}}}`,
		"in/a b/n n.json":         `{"type": "integer"}`,
	})
	if err := os.Symlink(filepath.Join(dir, "outside.json"), filepath.Join(dir, "in", "link.json")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ file, within, want string }{
		{"in/orders/up.json", "in", ""},
		{"in/orders/up.json", ".", ""},
		{"in/orders/up.json", "in/orders", "it refers to " + filepath.Join(dir, "in/common/money.json") + ": it is not below " + filepath.Join(dir, "in/orders")},
		{"in/orders/away.json", "in", "it refers to " + filepath.Join(dir, "outside.json") + ": it is not below " + filepath.Join(dir, "in")},
		{"in/orders/nextdoor.json", "in", ""},
		{"in/orders/web.json", "in", ""},
		{"in/orders/web.json", "in/orders", "it refers to https://example.com/common/money.json: only files are read, and nothing is fetched"},
		{"in/a b/space.json", "in", ""},
		{"in/link.json", "in", "path escapes from parent"},
		// A schema that is kept elsewhere has the folder that it is in.
		{"in/orders/nextdoor.json", "elsewhere", ""},
	} {
		t.Run(test.file+" within "+test.within, func(t *testing.T) {
			s, err := Load(filepath.Join(dir, test.file), filepath.Join(dir, test.within))
			if message(err) != test.want {
				t.Fatalf("got\n%v\nwant\n%s", err, test.want)
			}
			if err == nil && message(s.Check(body(`{"total": "x"}`), nil)) != `total: type: want integer, got "x"` {
				t.Errorf("what is referred to is not checked: %v", s.Check(body(`{"total": "x"}`), nil))
			}
		})
	}
}

func TestASchemaMayBeUsedConcurrently(t *testing.T) {
	s := load(t, order)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			d := body(fmt.Sprintf(`{"orderId": %d}`, i))
			for range 50 {
				if err := s.Check(d, nil); err == nil {
					t.Error("a broken body fits")
				}
			}
		})
	}
	wg.Wait()
}

const order = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"required": ["orderId", "customerId", "items", "placedAt"],
	"additionalProperties": false,
	"properties": {
		"orderId": {"type": "string", "format": "uuid"},
		"customerId": {"type": "string", "pattern": "^C-[0-9]+$"},
		"placedAt": {"type": "string", "format": "date-time"},
		"items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}}
	},
	"$defs": {"item": {
		"type": "object",
		"required": ["sku", "quantity"],
		"properties": {
			"sku": {"type": "string", "minLength": 1},
			"quantity": {"type": "integer", "minimum": 1},
			"price": {"type": "number", "multipleOf": 0.01}
		}
	}}
}`

// BenchmarkCheck checks a body of 2 kB that fits, decoded before.
func BenchmarkCheck(b *testing.B) {
	s := load(b, order)
	items := make([]map[string]any, 35)
	for i := range items {
		items[i] = map[string]any{"sku": fmt.Sprintf("SKU-%04d-BLUE", i), "quantity": i + 1, "price": 12.5}
	}
	text, err := json.Marshal(map[string]any{
		"orderId": "f39a1b1d-0f80-46eb-9a60-7339e3e81204", "customerId": "C-1042", "placedAt": "2026-11-22T14:40:29Z", "items": items,
	})
	if err != nil {
		b.Fatal(err)
	}
	d := body(string(text))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := s.Check(d, nil); err != nil {
			b.Fatal(err)
		}
	}
}
