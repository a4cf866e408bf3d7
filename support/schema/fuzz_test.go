package schema

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzCheck asks that every schema is read or refused, and that a body breaks it in the same words each time.
func FuzzCheck(f *testing.F) {
	f.Add(order, `{"orderId": 1, "items": [{"quantity": 0.5}], "a b": null}`)
	f.Add(`{"oneOf": [{"$ref": "#/$defs/a"}, {"items": false}], "$defs": {"a": {"propertyNames": {"maxLength": 1}}}}`, `{"ab": [[]]}`)
	f.Add(`{"not": {"contains": {"minimum": 1e3}}, "unevaluatedItems": false}`, `[1e3, 1E+1001]`)
	f.Fuzz(func(t *testing.T, text, instance string) {
		dir := t.TempDir()
		file := filepath.Join(dir, "s.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Load(file, dir)
		if (s == nil) == (err == nil) {
			t.Fatalf("got %v and the error %v, want one of them", s, err)
		}
		if err != nil {
			return
		}
		first := message(s.Check(body(instance), nil))
		if again := message(s.Check(body(instance), nil)); again != first {
			t.Errorf("%s | %s: first\n%s\nthen\n%s", text, instance, first, again)
		}
	})
}
