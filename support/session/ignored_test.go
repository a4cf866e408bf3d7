package session

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
)

func TestWhatWasIgnoredIsCounted(t *testing.T) {
	for _, c := range []struct{ why, foreign, said string }{
		{"others' events are expected", ", foreign: expected", "shipments: 3 captured, of these 2 somebody else's (ignored) and 0 nobody's"},
		{"they are not", "", "shipments: 3 captured, of these 1 somebody else's (ignored) and 1 nobody's"},
	} {
		t.Run(c.why, func(t *testing.T) {
			yml := strings.Replace(ordersYML, `"memory://shipments"`, `"memory://shipments"`+c.foreign, 1)
			b := lay(t, yml, map[string]string{"features/a.feature": shippedFeature})
			b.systems["orders"] = func(e event.Event) {
				b.publish("shipments", event.Event{Body: []byte(`{"note": "no id"}`)})
				b.publish("shipments", event.Event{Body: []byte(ids.NewSpace(ids.NewRun()).ID(1, 1))}) // an earlier run's
				b.publish("shipments", e)
			}
			b.run(t, ExitPassed)
			b.says(t, c.said)
		})
	}
}
