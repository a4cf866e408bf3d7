package pattern

import (
	"slices"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

func TestAPatternSaysWhatItAsksAndWhere(t *testing.T) {
	p, err := FromRows([]Row{{Path: "status", Cell: "SHIPPED"}, {Path: "items[*].sku", Cell: "(any)"},
		{Path: "items[0].a/b", Cell: "1"}, {Path: "header type", Cell: "x"}, {Path: "key", Cell: "k"},
		{Path: "$", Cell: "(any)"}, {Path: "card", Cell: "4111"}}, "$.data")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRedaction([]string{"card"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Asked{
		{"status", "/data/status", `"SHIPPED"`}, {"items[*].sku", "/data/items/*/sku", "(any)"},
		{"items[0].a/b", "/data/items/0/a~1b", "1"},
		{"header type", "header type", `"x"`}, {"key", "key", `"k"`}, {"$", "body", "(any)"},
		{"card", "/data/card", Redacted},
	}
	if got := p.Asked(r); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	misses := p.Match(Read(event.Event{Key: "k", Headers: event.Headers(map[string]string{"type": "x"}),
		Body: []byte(`{"data":{"status":"LOST","items":[{"sku":1,"a/b":1}],"card":4111}}`)}))
	if len(misses) != 1 || misses[0].Place() != "/data/status" {
		t.Errorf("got %v, want one miss at /data/status", misses)
	}
}
