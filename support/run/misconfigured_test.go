package run

import (
	"errors"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

// What is wrong about a channel may show only when it is opened. A scenario that needs it could not even be inconclusive once.
func TestAChannelThatIsMisconfiguredEndsTheRunBeforeItsFirstScenario(t *testing.T) {
	wrong := harness.Misconfigured(errors.New("no captures table"))
	b := feature(t, shippedFeature)
	b.broken["shipments"] = wrong
	b.run(t, ExitUsage)
	const want = "godog.yml:7: listen to shipments: no captures table\n"
	if got := b.relative(b.err.String()); got != want || b.out.String() != "" || b.published > 0 {
		t.Errorf("%d were published, and it says\n%s%s", b.published, got, b.out)
	}
}
