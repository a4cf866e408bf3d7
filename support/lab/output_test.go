package lab

import (
	"slices"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// A step that demands the port of this run would fail in the next one.
func TestWhatClientsOfHTTPSayByThemselvesIsNotChanged(t *testing.T) {
	request := event.Event{Body: []byte(`{"amount": 3}`), Headers: event.Headers(map[string]string{
		"Host": "127.0.0.1:37221", "User-Agent": "Go-http-client/1.1", "Content-Length": "13", "X-Tenant": "acme",
	})}
	for asks, want := range map[bool][]string{
		true: {"amount", "header X-Tenant"},
		false: {
			"amount", "header Content-Length", "header Host", "header User-Agent", "header X-Tenant",
		},
	} {
		o := &output{
			channel: engine.Channel{Traits: harness.Traits{Asks: asks}}, seen: []*journal.Capture{{Doc: pattern.Read(request)}},
		}
		if got := o.fields(1); !slices.Equal(got, want) {
			t.Errorf("of a channel that asks (%t): got %q, want %q", asks, got, want)
		}
	}
}
