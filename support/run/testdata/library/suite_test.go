// The suite of a module of its own: one more transport, two more phrases, run by `go test`.
package thermostat

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"example.com/thermostat/bus"
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/world"
)

func TestFeatures(t *testing.T) {
	b := bus.New()
	defer b.Subscribe("readings", thermostat(b))()
	begun := make(chan struct{}, 10)
	run.Suite{
		Transports: harness.Table{b.Transport()},
		Vocabulary: steps.All(),
		Steps: func(sc run.Registrar) {
			sc.When(`^these temperatures are measured:$`, measured)
			sc.Then(`^the heating of "([^"]+)" stays off for (\S+)$`, staysOff)
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

// measured is a phrase with a table: the degrees in each of some rooms, which later steps know by their names.
func measured(ctx context.Context) error {
	w, err := world.From(ctx)
	if err != nil {
		return err
	}
	for _, row := range w.Table() {
		reading := world.Event("temperature measured").With("room", row[0]+" ${new id}").With("degrees", row[1])
		if err := w.Produce(ctx, reading.As(row[0])); err != nil {
			return err
		}
	}
	return nil
}

// staysOff is judged as any phrase of Harken's is.
func staysOff(ctx context.Context, room, window string) error {
	length, err := time.ParseDuration(window)
	if err != nil {
		return err
	}
	w, err := world.From(ctx)
	if err != nil {
		return err
	}
	return w.Expect(ctx, world.None("heating switched").For(room).Within(length))
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
