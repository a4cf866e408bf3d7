package session

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// What is wrong about a channel may show only when it is opened. Nothing is blamed on scenarios then that cannot be
// tested.
func TestAChannelThatIsMisconfiguredEndsTheRunBeforeItsFirstScenario(t *testing.T) {
	wrong := harness.Misconfigured(errors.New("no captures table"))
	for _, c := range []struct {
		name       string
		deaf, mute map[string]error
		want       string
	}{
		{"a listener", map[string]error{"shipments": wrong}, nil, "godog.yml:7: listen to shipments: no captures table\n"},
		{"a producer", nil, map[string]error{"orders": wrong}, "godog.yml:6: produce on orders: no captures table\n"},
		{"both", map[string]error{"shipments": wrong}, map[string]error{"orders": wrong},
			"godog.yml:6: produce on orders: no captures table\ngodog.yml:7: listen to shipments: no captures table\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := feature(t, shippedFeature)
			b.broken, b.shut = c.deaf, c.mute
			b.run(t, ExitUsage)
			if got := b.relative(b.err.String()); got != c.want || b.out.String() != "" || b.published > 0 {
				t.Errorf("%d were published, and it says\n%s%s", b.published, got, b.out)
			}
		})
	}
}

func TestAChannelThatIsMissingMakesItsScenariosInconclusive(t *testing.T) {
	b := feature(t, shippedFeature)
	b.shut["orders"] = errors.New("there is no such topic")
	b.run(t, ExitInconclusive)
	b.says(t, "produce on orders: there is no such topic")
	if strings.Contains(b.err.String(), "godog.yml:") {
		t.Errorf("it says\n%s", b.err)
	}
}

// A port at which nobody listens is a wrong address, or a server that was not started: no verdict can come of it.
func TestARunInWhichEveryScenarioNeedsAServerThatDoesNotAnswerDoesNotBegin(t *testing.T) {
	const other = "  Scenario: An order goes out\n    When an \"order placed\" event is produced\n" +
		"    Then no \"order rejected\" event appears within 1ms\n"
	server := proxy.Refusing(t)
	for _, c := range []struct {
		name, more string
		code       int
		says       string
	}{
		{"each scenario needs it", "", ExitUsage, "godog.yml:7: nothing answers at " + server + ", where shipments should be: " +
			"connect: connection refused: start it, or mend the address\n"},
		{"one does not", other, ExitInconclusive,
			"shipments cannot be listened to; scenarios that need it are inconclusive: listen to shipments: refused\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := feature(t, shippedFeature+c.more)
			b.broken["shipments"] = errors.New("refused")
			b.Transports[0].Server = func(u *url.URL) string {
				if u.Host == "shipments" {
					return server
				}
				return ""
			}
			b.run(t, c.code)
			if got := b.relative(b.err.String()); got != c.says || (b.published == 0) != (c.code == ExitUsage) {
				t.Errorf("%d were published, and it says\n%swant\n%s", b.published, got, c.says)
			}
		})
	}
}
