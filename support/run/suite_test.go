package run

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/steps"
)

const yml = `suite: Orders
features: [a.feature]
sla: 100ms
audit: 1ms
channels:
  orders:    {url: "memory://orders"}
  shipments: {url: "memory://shipments"}
events:
  order placed:  {channel: orders}
  order shipped: {channel: shipments}
`

const feature = `Feature: Shipping
  Scenario: An order is shipped
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
`

// flaky is a suite of one scenario, with a system that ships all orders but the first one.
func flaky(t *testing.T) Suite {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"godog.yml": yml, "a.feature": feature} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var orders atomic.Int32
	var shop *memory.Medium
	shop = memory.New(func(channel string, order event.Event) {
		if channel == "orders" && orders.Add(1) > 1 {
			time.AfterFunc(0, func() { shop.Put("shipments", event.Event{Body: order.Body}) })
		}
	})
	return Suite{
		Config: filepath.Join(dir, "godog.yml"), Transports: harness.Table{shop.Transport()}, Vocabulary: steps.All(),
		Retry: 1, Out: io.Discard, Err: io.Discard,
	}
}

func TestAFlakyScenarioIsASubtestThatPassesWhereThatIsAllowed(t *testing.T) {
	suite := flaky(t)
	suite.AllowFlaky = true
	t.Run("suite", suite.Test)
}

func TestTheResultSaysWhatBecameOfEachScenario(t *testing.T) {
	result, err := flaky(t).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != ExitFailed {
		t.Errorf("got exit code %d, want %d", result.ExitCode, ExitFailed)
	}
	if len(result.Scenarios) != 1 {
		t.Fatalf("got %d scenarios, want 1", len(result.Scenarios))
	}
	got := result.Scenarios[0]
	if want := "An order is shipped"; got.Name != want || got.Line != 2 {
		t.Errorf("got %q in line %d, want %q in line 2", got.Name, got.Line, want)
	}
	if want := "flaky"; got.Verdict != want {
		t.Errorf("got verdict %s, want %s", got.Verdict, want)
	}
}

func TestARunThatCannotBeginIsAnError(t *testing.T) {
	suite := flaky(t)
	suite.Tags = "@nobody"
	result, err := suite.Run(t.Context())
	if want := "no scenario is chosen"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want it to begin with %s", err, want)
	}
	if result.ExitCode != ExitUsage {
		t.Errorf("got exit code %d, want %d", result.ExitCode, ExitUsage)
	}
}
