package session

import (
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// What carries no id fails a step only where nobody else can have caused it, whatever else the run has chosen.
func TestWhatIsNobodysFailsAStepOnlyOnAPrivateChannelOfAScenarioThatRunsAlone(t *testing.T) {
	const plain = `  Scenario: TAG
    When an "order placed" event is produced
    Then no "order rejected" event appears within 50ms
`
	for _, c := range []struct {
		why     string
		channel string // what godog.yml says of it, beside its address
		alone   bool
		others  bool
		code    int
	}{
		{"shared, beside others", "", false, true, ExitInconclusive},
		{"shared, the only one", "", false, false, ExitInconclusive},
		{"shared, marked to run alone", "", true, false, ExitInconclusive},
		{"private, beside others", ", private: true", false, true, ExitInconclusive},
		{"private, the only one", ", private: true", false, false, ExitInconclusive},
		{"private, marked to run alone", ", private: true", true, false, ExitFailed},
		{"private, marked to run alone, others in the run", ", private: true", true, true, ExitFailed},
	} {
		t.Run(c.why, func(t *testing.T) {
			feature := "Feature: Rejections\n"
			if c.alone {
				feature += "  @alone\n"
			}
			feature += strings.Replace(plain, "TAG", "judged", 1)
			if c.others {
				feature += "  Scenario: another\n    When an \"order placed\" event is produced on \"shipments\"\n    Then at least 1 \"order shipped\" event appears\n"
			}
			yml := strings.Replace(ordersYML, `{url: "memory://rejections"}`, `{url: "memory://rejections"`+c.channel+"}", 1)
			yml = strings.Replace(yml, "{channel: orders}", "{channel: orders, template: order.json}", 1)
			b := lay(t, yml, map[string]string{"features/a.feature": feature, "order.json": `{"id": "${id}"}`})
			b.systems["orders"] = func(event.Event) { b.publish("rejections", event.Event{Body: []byte(`{"reason": "whose?"}`)}) }
			b.systems["shipments"] = func(e event.Event) { b.publish("shipments", event.Event{Body: append(e.Body, ' ')}) }
			b.run(t, c.code)
		})
	}
}

// The first scenario is content with one, and the system puts out another for it: that is no answer to the second.
func TestWhatCarriesNoIDAndIsLateIsNotTheNextScenarios(t *testing.T) {
	const twice = `Feature: Rejections
  Scenario: first
    When an "order placed" event is produced
    Then an "order rejected" event appears within 300ms
  Scenario: second
    When an "order placed" event is produced
    Then an "order rejected" event appears within 300ms
`
	yml := strings.Replace(ordersYML, `{url: "memory://rejections"}`, `{url: "memory://rejections", private: true}`, 1)
	yml = strings.Replace(yml, "{channel: orders}", "{channel: orders, template: order.json}", 1)
	yml = strings.Replace(yml, "{channel: rejections}", "{channel: rejections, correlation: none}", 1)
	b := lay(t, yml, map[string]string{"features/a.feature": twice, "order.json": `{"id": "${id}"}`})
	orders := 0
	b.systems["orders"] = func(event.Event) {
		if orders++; orders > 1 {
			return
		}
		b.publish("rejections", event.Event{Body: []byte(`{"reason": "first"}`)})
		time.AfterFunc(100*time.Millisecond, func() { b.publish("rejections", event.Event{Body: []byte(`{"reason": "again"}`)}) })
	}
	b.run(t, ExitFailed)
	b.says(t, "1 passed, 1 failed")
}
