package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/support/session"
)

const cloudEventsWeak = `Feature: Shipping
  Scenario: The order is shipped
    When an "order placed" event is produced as "order" with:
      | orderId | ${id} |
    Then an "order shipped" event appears with:
      | attribute causation | ${order.orderId} |
`

func TestFaultsAreMadeWithWhatAMessageCarries(t *testing.T) {
	for mode, ship := range map[string]func(id string) event.Event{
		"structured": func(id string) event.Event {
			return event.Event{Body: fmt.Appendf(nil, `{"specversion":"1.0","type":"shipped","source":"/s","id":"1","causation":%q,`+
				`"data":{"weight":12,"boxes":[{"size":"L"}]}}`, id)}
		},
		"binary": func(id string) event.Event {
			return event.Event{Headers: event.Headers(map[string]string{
				"x_specversion": "1.0", "x_type": "shipped", "x_source": "/s", "x_id": "1", "x_causation": id,
			}), Body: []byte(`{"weight":12,"boxes":[{"size":"L"}]}`)}
		},
	} {
		b := lay(t, cloudEventsWeak)
		yml := strings.NewReplacer(`"memory://shipments"`, `"memory://shipments", format: cloudevents`, "header type", "type").
			Replace(godogYML)
		if err := os.WriteFile(filepath.Join(b.dir, "godog.yml"), []byte(yml), 0o600); err != nil {
			t.Fatal(err)
		}
		b.medium = memory.New(func(channel string, e event.Event) {
			var placed struct{ OrderID string }
			if channel == "orders" && json.Unmarshal(e.Body, &placed) == nil {
				b.medium.Put("shipments", ship(placed.OrderID))
			}
		})
		b.Suite.Transports = harness.Table{b.medium.Transport()}
		b.Suite.Transports[0].CloudEvents = harness.CloudEvents{Prefixes: []string{"x_"}}
		b.run(t, session.ExitPassed)
		for _, want := range []string{
			"is lost; comes after the window; comes on rejections instead; comes without its id; has another attribute causation\n",
			"| weight ", "| boxes[0].size    | L  |", "| attribute source | /s |", "11 faults: 5 noticed, 6 let through",
		} {
			if !strings.Contains(b.out.String(), want) {
				t.Errorf("%s: it does not say %q:\n%s\n%s", mode, want, b.out.String(), b.err.String())
			}
		}
	}
}
