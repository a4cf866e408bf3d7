// Scenarios whose output takes a second each: what waiting for many at once costs.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// The trials.
const (
	waitingHarken = "waiting: harken"
	waitingGodog  = "waiting: bare godog, 1,000 at once"
	waitingInARow = "waiting: bare godog, one after the other"
)

const (
	waitingRounds    = 3
	waitingFiles     = 10
	waitingScenarios = 1000 // over all files
	waitingRow       = 20   // of those, how many run where one comes after the other
)

// wallSeconds is what the trials of waiting measure: the time from the first scenario begun to the last one ended.
const wallSeconds = "wall seconds"

// reference is the package of the reference subsystem, and the name of its program.
const reference, program = "github.com/harken-bdd/harken/harness/reference/fulfilment", "fulfilment"

const waitingSuite = `suite: Waiting
features: [features]
channels:
  orders:    {url: "nats://${NATS}/orders.placed?stream=ORDERS"}
  shipments: {url: "dynamodb://captures/shipments"}
events:
  order placed:  {channel: orders, is: {header type: order.placed.v1}, template: order-placed.json}
  order shipped: {channel: shipments, is: {header type: order.shipped.v1}}
profiles:
  local:
    embedded: [nats, dynamodb, recorder]
    recorder: {shipments: "nats://${NATS}/orders.shipped"}
    channels:
      shipments:
        url: "dynamodb://captures/shipments?endpoint=http://${DYNAMODB}&canary=nats://${NATS}/harken.canary.shipments&bound=0s"
    system: {command: [./fulfilment], ready: "log: fulfilment: ready"}
`

const orderPlaced = `{"orderId": "${id}", "customerId": "C-1", "items": [{"sku": "SKU-1", "quantity": 1}], "processingMillis": 0}`

func waiting(ctx context.Context, l *lab) ([]figure, error) {
	dir, err := l.folder("waiting", waitingFeatures())
	if err != nil {
		return nil, err
	}
	if err := build(ctx, dir); err != nil {
		return nil, err
	}
	all, err := l.rounds(ctx, waitingRounds, dir, waitingHarken, waitingGodog)
	if err != nil {
		return nil, err
	}
	row, err := l.rounds(ctx, 1, dir, waitingInARow)
	if err != nil {
		return nil, err
	}
	harken, godog := all[waitingHarken], all[waitingGodog]
	each := median(row[waitingInARow], wallSeconds) / waitingRow
	return []figure{
		told("1,000 scenarios of 1 s, from the first begun to the last ended, beside bare godog with all at once",
			median(harken, wallSeconds), "s").
			atMost(2).beside(median(godog, wallSeconds)),
		told("1,000 scenarios of 1 s, from the first begun to the last ended, beside bare godog with one after the other "+
			"(extrapolated from 20)",
			median(harken, wallSeconds), "s").beside(each * waitingScenarios),
		told("1,000 scenarios of 1 s, whole process with servers and reports, beside bare godog with all at once",
			median(harken, processSeconds), "s").
			beside(median(godog, processSeconds)),
	}, nil
}

// build compiles the reference subsystem into a folder.
func build(ctx context.Context, dir string) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, program),
		reference).CombinedOutput(); err != nil {
		return fmt.Errorf("build the reference subsystem: %w\n%s", err, out)
	}
	return nil
}

func waitingFeatures() map[string]string {
	files := map[string]string{
		"godog.yml": waitingSuite, "order-placed.json": orderPlaced, "row/row.feature": waitingFeature(waitingRow, 1000),
	}
	for f := range waitingFiles {
		files[fmt.Sprintf("features/%03d.feature", f)] = waitingFeature(waitingScenarios/waitingFiles, 1000)
	}
	return files
}

func waitingFeature(scenarios, millis int) string {
	var b strings.Builder
	b.WriteString("Feature: Waiting\n")
	for s := range scenarios {
		fmt.Fprintf(&b, `
  Scenario: Number %d
    When an "order placed" event is produced with:
      | processingMillis | %d |
    Then an "order shipped" event appears within 60s
`, s, millis)
	}
	return b.String()
}

// harkenWaits runs the scenarios below features.
func harkenWaits(ctx context.Context, dir string) (results, error) {
	report := filepath.Join(dir, "harken.json")
	err := toFile(filepath.Join(dir, "harken.txt"), func(out io.Writer) error {
		return hasPassed(run.Suite{
			Config: filepath.Join(dir, "godog.yml"), Formats: []string{"json:" + report},
			Transports: transports.All(), Services: transports.Services(), Vocabulary: steps.All(), Out: out, Err: os.Stderr,
		}.Run(ctx))
	})
	if err != nil {
		return nil, err
	}
	return readReport(report)
}

// readReport returns what a report says of the time that all scenarios took together.
func readReport(file string) (results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var report struct {
		Scenarios []struct {
			Began   time.Time
			Seconds float64
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var w wall
	for _, s := range report.Scenarios {
		w.add(s.Began, s.Began.Add(time.Duration(s.Seconds*float64(time.Second))))
	}
	return w.results(), nil
}

// wall is the time from the first of several beginnings to the last of their ends.
type wall struct {
	first, last time.Time
}

func (w *wall) add(began, ended time.Time) {
	if w.first.IsZero() || began.Before(w.first) {
		w.first = began
	}
	if ended.After(w.last) {
		w.last = ended
	}
}

func (w *wall) results() results { return results{wallSeconds: w.last.Sub(w.first).Seconds()} }
