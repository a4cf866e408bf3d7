package session

import (
	"errors"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
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
