package schema

import (
	"os"
	"path/filepath"
	"testing"
)

func TestASchemaNamesItsFields(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "order.json")
	if err := os.WriteFile(file, []byte(`{
		"properties": {"status": {"type": "string"}, "items": {"items": {"$ref": "#/$defs/item"}}, "parent": {"$ref": "#"}},
		"anyOf": [{"properties": {"reason": true}}, {"required": ["colour"]}],
		"$defs": {"item": {"properties": {"sku": {"type": "string"}}}}
	}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(file, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path []string
		want bool
	}{
		{[]string{"status"}, true},
		{[]string{"stauts"}, false},
		{[]string{"items", "", "sku"}, true},
		{[]string{"items", "", "skuu"}, false},
		{[]string{"parent", "parent", "status"}, true},
		{[]string{"parent", "parent", "stauts"}, false},
		{[]string{"reason"}, true},
		{[]string{"colour"}, false},
	} {
		if got := s.Names(c.path); got != c.want {
			t.Errorf("%q: %v, want %v", c.path, got, c.want)
		}
	}
}
