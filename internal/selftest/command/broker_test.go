package command

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/support/run"
)

// deadYML has channels on servers that are not there, and a system that fails without them.
const deadYML = `suite: Dead
channels:
  orders:    {url: "nats://ADDRESS/orders"}
  shipments: {url: "nats://ADDRESS/shipments?stream=SHIPMENTS"}
  alarms:    {url: "sqs://alarms?own=true&endpoint=http://ADDRESS&region=eu-central-1"}
events:
  order placed:  {channel: orders}
  order shipped: {channel: shipments}
  alarm:         {channel: alarms}
profiles:
  local: {system: {command: [sh, -c, "echo Traceback; exit 1"], ready: "log: ready"}}
`

func TestADeadBrokerIsToldBeforeTheSystemFailsAtIt(t *testing.T) {
	t.Parallel()
	address := proxy.Refusing(t)
	feature := Written(t, "a.feature", `Feature: F
  Scenario: S
    When an "order placed" event is produced
    Then an "order shipped" event appears within 1s
    And no "alarm" appears within 1s
`)
	config := Written(t, "godog.yml", strings.ReplaceAll(deadYML, "ADDRESS", address))
	report := "json:" + filepath.Join(t.TempDir(), "run.json")
	code, _, errs := Says(t, "run", feature, "--config", config, "--format", report)
	ended(t, code, run.ExitUsage)
	begins(t, errs, "nothing answers at "+address+", where alarms, orders, shipments should be: "+
		"connect: connection refused")
	has(t, errs, "Traceback") // which is the system's
}
