// Tests of what a path that leads nowhere was perhaps meant to be.
package pattern_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestAPathThatLeadsNowhereMayBeMeantForAnother(t *testing.T) {
	d := pattern.Read(event.Event{Headers: headers("Content-Type", "x"), Body: []byte(`{"data": {"status": "S", ` +
		`"line1": 1, "items": [{"sku": "A"}, {"sku": "B", "gift": true}],
		"by": {"x": {"n": 1}}, "none": [], "text": "{\"priority\": 1}", "card": null, "plain": "hello"}}`)})
	for _, c := range []struct {
		path, root string
		there      bool
		near       string
	}{
		{"status", "$.data", true, ""},
		{"stauts", "$.data", false, "status"},
		{"$.data.stauts", "", false, "$.data.status"},
		{"card", "$.data", true, ""},
		{"card.number", "$.data", false, ""},
		{"colour", "$.data", false, ""},
		{"line2", "$.data", false, ""},
		{"items.0.sku", "$.data", false, "items[0].sku"},
		{"items.sku", "$.data", false, "items[*].sku"},
		{"items[*].skuu", "$.data", false, "items[*].sku"},
		{"items[*].gift", "$.data", true, "items[*].gift"},
		{"items[*].colour", "$.data", false, ""},
		{"items[7].sku", "$.data", false, ""},
		{"itmes[0].colour", "$.data", false, "items[0].colour"},
		{"none[*].sku", "$.data", false, ""},
		{"by[*].n", "$.data", false, "by.*.n"},
		{"by.*.n", "$.data", true, ""},
		{"text.priority", "$.data", false, "text(json).priority"},
		{"text(json).priority", "$.data", true, ""},
		{"text(json).prioritty", "$.data", false, "text(json).priority"},
		{"plain.x", "$.data", false, ""},
		{"header content-type", "", true, ""},
		{"header content-typ", "", false, "header Content-Type"},
		{"header retries", "", false, ""},
		{"key", "", true, ""},
	} {
		p, err := jsonpath.Parse(c.path, c.root)
		if err != nil {
			t.Fatal(err)
		}
		there, near := d.Near(p, c.root)
		if there != c.there {
			t.Errorf("%s: there is %v, want %v", c.path, there, c.there)
		}
		if !there && near != c.near {
			t.Errorf("%s: near is %q, want %q", c.path, near, c.near)
		}
	}
	p, err := jsonpath.Parse("a", "")
	if err != nil {
		t.Fatal(err)
	}
	if there, near := pattern.Read(event.Event{Body: []byte("x")}).Near(p, ""); there || near != "" {
		t.Errorf("a body that is no JSON: got %v, %q, want that nothing is there or near", there, near)
	}
}

func TestWhatIsTakenNotToBeThereIsKnown(t *testing.T) {
	p := rows(t, "$.data", "a", "(absent)", "b", "(one of (absent), null)", "c", "(not x)",
		"header h", "(absent)", "key", "K")
	doc, err := pattern.FromDoc(`{"l": [{"sku": "A", "x": "(absent)"}], "y": "(absent)"}`, "$.data")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a /data/a", "b /data/b", "header h header h", "l[*].x /data/l/*/x", "y /data/y"}
	got := p.And(doc).Absences()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i, path := range got {
		if said := path.String() + " " + path.Place(); said != want[i] {
			t.Errorf("got %s, want %s", said, want[i])
		}
	}
}
