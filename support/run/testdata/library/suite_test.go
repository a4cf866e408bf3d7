// The suite of a module of its own: one more transport, one more phrase, run by `go test`.
package thermostat

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/cucumber/godog"

	"example.com/thermostat/bus"
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/run"
)

func TestFeatures(t *testing.T) {
	b := bus.New()
	defer b.Subscribe("readings", thermostat(b))()
	begun := make(chan struct{}, 10)
	run.Suite{
		Transports: harness.Table{b.Transport()},
		Vocabulary: steps.All(),
		Steps: func(sc run.Registrar) {
			sc.Then(`^the heating stays off for (\S+)$`, staysOff)
		},
		Hooks: func(h run.Hooks) {
			h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
				begun <- struct{}{}
				return ctx, nil
			})
		},
		Listen: []string{"commands"}, // what staysOff expects something on
	}.Test(t)
	if len(begun) != 2 {
		t.Errorf("%d scenarios began, want 2", len(begun))
	}
}

// staysOff is a step of the engineer's own, on the same judge as all others.
func staysOff(ctx context.Context, window string) error {
	w, err := engine.From(ctx)
	if err != nil {
		return err
	}
	return w.Expect(ctx, engine.Want{Event: "heating switched", Window: "within " + window})
}

// thermostat is the system under test.
func thermostat(b *bus.Bus) func(event.Event) {
	return func(e event.Event) {
		var reading struct {
			Room    string  `json:"room"`
			Degrees float64 `json:"degrees"`
		}
		if json.Unmarshal(e.Body, &reading) != nil || reading.Degrees >= 20 {
			return
		}
		body, err := json.Marshal(map[string]any{"room": reading.Room, "on": true})
		if err != nil {
			panic(err)
		}
		go b.Publish("commands", event.Event{Body: body})
	}
}
