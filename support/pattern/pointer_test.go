package pattern

import (
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

func TestWhoeverFindsFaultWithABodyTellsOfItAsCellsDo(t *testing.T) {
	redact, err := NewRedaction([]string{"pin"})
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"items": [{"sku": "A"}], "a b": {"0": 1}, "card": {"pin": 1234, "n": 1}}`
	for _, test := range []struct {
		name, body string
		pointer    []string
		want       string
	}{
		{"a field of an item", body, []string{"items", "0", "sku"}, `items[0].sku  got "A", want this`},
		{"a field that is named like an index", body, []string{"a b", "0"}, `["a b"].0  got 1, want this`},
		{"nothing there", body, []string{"items", "1", "sku"}, `items[1].sku  got (absent), want this`},
		{"nothing in there", body, []string{"items", "0", "sku", "x"}, `items[0].sku.x  got (absent), want this`},
		{"all of it", `[1]`, nil, `$  got [1], want this`},
		{"no JSON", `oops`, []string{"a"}, `body  got "(redacted)", want this`},
		{"something hidden in it", body, []string{"card"}, `card  got {"n":1,"pin":"(redacted)"}, want this`},
		{"what is hidden", body, []string{"card", "pin"}, `card.pin  got (redacted), want (redacted)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := Read(event.Event{Body: []byte(test.body)})
			if got := redact.Miss(d.Miss(test.pointer, "this")).String(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
