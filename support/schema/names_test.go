package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASchemaNamesItsFields(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "order.json")
	if err := os.WriteFile(file, []byte(`{
		"properties": {"status": {"type": "string"}, "card": false, "items": {"items": {"$ref": "#/$defs/item"}}, "parent": {"$ref": "#"}},
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
		{[]string{"card"}, true},
		{[]string{"card", "number"}, true},
	} {
		if got := s.Names(c.path); got != c.want {
			t.Errorf("%q: %v, want %v", c.path, got, c.want)
		}
	}
}

func TestASchemaTellsTheFieldsOfAPlace(t *testing.T) {
	s := load(t, `{
		"properties": {"status": {}, "items": {"items": {"$ref": "#/$defs/item"}}},
		"anyOf": [{"properties": {"reason": true}}],
		"$defs": {"item": {"properties": {"sku": {}, "parts": {"$ref": "#/properties/items"}}}}
	}`)
	for _, c := range []struct {
		path []string
		want string
	}{
		{nil, "items,reason,status"}, {[]string{"items", ""}, "parts,sku"}, {[]string{"items", "", "parts", ""}, "parts,sku"}, {[]string{"status"}, ""}, {[]string{"nosuch"}, ""},
	} {
		if got := strings.Join(s.Fields(c.path), ","); got != c.want {
			t.Errorf("%q: got %s, want %s", c.path, got, c.want)
		}
	}
	older := load(t, `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": {"properties": {"x": {}}}}, "b": {"items": [{"properties": {"y": {}}}]}}}`)
	for _, path := range [][]string{{"a", "", "x"}, {"b", "", "y"}} {
		if !older.Names(path) {
			t.Errorf("%q of an older draft is not known", path)
		}
	}
}
