// Tests of bodies that cannot be read.
package pattern_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestABodyThatCannotBeReadExcludesNothingByItself(t *testing.T) {
	p := rows(t, "", "header type", "done", "key", "K", "status", "SHIPPED", "n", "1")
	e := event.Event{Key: "K", Headers: headers("type", "done"), Body: []byte(`{"status": NaN}`)}
	if err := pattern.Doubt(p.Match(pattern.Read(e))); err == nil {
		t.Error("only the body keeps it from matching, and it cannot be read: got no doubt, want one")
	}
	for why, change := range map[string]func(e *event.Event){
		"its header tells that it is another one": func(e *event.Event) { e.Headers = headers("type", "begun") },
		"its key tells that it is another one":    func(e *event.Event) { e.Key = "L" },
		"it can be read":                          func(e *event.Event) { e.Body = []byte(`{"status": "NEW"}`) },
		"there is nothing to be read":             func(e *event.Event) { e.Body = nil },
		"it matches":                              func(e *event.Event) { e.Body = []byte(`{"status": "SHIPPED", "n": 1}`) },
	} {
		other := e
		change(&other)
		if err := pattern.Doubt(p.Match(pattern.Read(other))); err != nil {
			t.Errorf("%s: got %v, want no doubt", why, err)
		}
	}
}

// headers makes headers of names and values in turn.
func headers(namesAndValues ...string) map[string][]string {
	all := make(map[string][]string)
	for i := 0; i < len(namesAndValues); i += 2 {
		all[namesAndValues[i]] = []string{namesAndValues[i+1]}
	}
	return all
}
