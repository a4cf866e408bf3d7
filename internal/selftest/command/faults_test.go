// The reference subsystem with a fault switched on: the scenario that matches the fault must fail, and say what
// happened.
package command

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/run"
)

// outcome is what the report of a run says of a scenario.
type outcome struct{ Name, Verdict, Step, Reason string }

// outcomes runs the suite and returns its exit code and what became of each scenario, by its name.
func outcomes(t *testing.T, s run.Suite) (int, map[string]outcome) {
	t.Helper()
	var said strings.Builder
	s.Err = &said
	result, err := s.Run(t.Context())
	if err != nil {
		fmt.Fprintln(&said, err)
	}
	_, file, _ := strings.Cut(s.Formats[0], ":")
	all := reported(t, file)
	if len(all) == 0 {
		t.Errorf("exit code %d: %s", result.ExitCode, said.String())
	}
	return result.ExitCode, all
}

// reported returns what a report says became of each scenario, by its name.
func reported(t *testing.T, file string) map[string]outcome {
	t.Helper()
	var report struct{ Scenarios []outcome }
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &report)
	}
	if err != nil {
		t.Error(err)
	}
	all := make(map[string]outcome)
	for _, o := range report.Scenarios {
		all[o.Name] = o
	}
	return all
}

func TestEachFaultFailsTheScenarioThatMatchesItAndIsNamed(t *testing.T) {
	t.Parallel()
	places := strings.NewReplacer("AT", `[+-]\d+(\.\d+)?s`, "LENGTH", `\d+(\.\d+)?s`)
	cases := []struct {
		name, faults, scenario, step string
		reason                       string // as a pattern
	}{
		{"nothing comes out", "drop=1", "An order of known goods is shipped",
			`an "order shipped" event appears within 2s with:`,
			`(?s)^shipments: want an "order shipped" within 2s, got 0 of 0 captured \(listener caught up at AT\)\n` +
				`  nothing of this scenario came by.*SHIPPED after .*\(fault: drop\)`},
		{"it comes out twice", "duplicate=1", "The same order twice ships once",
			`exactly 1 "order shipped" event appears within 2s`,
			`^shipments: want exactly 1 "order shipped" within 2s, got 2 of 2 captured.*\n  matched  #\d+ AT  \{"orderId"`},
		{"it comes out again late in the window", "duplicate=1,duplicate-after=1s",
			"A second shipment in the window is one too many", `exactly 1 "order shipped" event appears within 4s`,
			`^shipments: want exactly 1 "order shipped" within 4s, got 2 of 2 captured.*\n  matched  #1 .*\n  matched  #2 AT`},
		{"what is set aside comes out twice", "duplicate=1", "An order without goods is set aside",
			`nothing else appears within 500ms`,
			`^shipments, rejections, dead letters: want nothing else within 500ms, got 1 of 1 captured.*\n` +
				`  matched  dead letters #\d+ `},
		{"it comes out late", "delay=3s", "An order of known goods is shipped",
			`an "order shipped" event appears within 2s with:`,
			`(?m)^shipments: want an "order shipped" within 2s, got 0 of 1 captured .*\n` +
				`  late     #\d+ AT  would match, LENGTH after the window$`},
		{"it comes out wrong", "corrupt=1", "An order of known goods is shipped",
			`an "order shipped" event appears within 2s with:`,
			`(?m)^shipments: want an "order shipped" within 2s, got 0 of 1 captured .*\n` +
				`  nearest  #\d+ AT  status  got "BACKORDERED", want "SHIPPED"$`},
		{"a rejection comes out wrong", "corrupt=1", "An order of unknown goods is rejected",
			`an "order rejected" event appears with:`,
			`(?m)^  nearest  #\d+ AT  reason  got "BACKORDERED", want "UNKNOWN_SKU"$`},
		{"a dead letter comes out wrong", "corrupt=1", "What is no order is set aside and does not block the next one",
			`the "poison" message appears unchanged on "dead letters" with:`,
			`(?m)^  nearest  #\d+ AT  body  got .*oops!", want unchanged .*oops"$`},
	}
	runs := make(map[string]map[string]outcome) // by the faults
	for _, c := range cases {
		runs[c.faults] = nil
	}
	// They do nothing but wait, so all run at once.
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, faults := range slices.Collect(maps.Keys(runs)) {
		features := checkout.Path(t, "features/fulfilment")
		if strings.Contains(faults, "duplicate-after") {
			features = "testdata/twice.feature"
		}
		suite := Against(t, faults, features)
		running.Go(func() {
			code, all := outcomes(t, suite)
			if code != run.ExitFailed {
				t.Errorf("%s: exit code %d, want %d", faults, code, run.ExitFailed)
			}
			mu.Lock()
			defer mu.Unlock()
			runs[faults] = all
		})
	}
	running.Wait()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := runs[c.faults][c.scenario]
			if got.Verdict != "failed" || got.Step != c.step {
				t.Errorf("got %s at %q, want failed at %q", got.Verdict, got.Step, c.step)
			}
			if !regexp.MustCompile(places.Replace(c.reason)).MatchString(got.Reason) {
				t.Errorf("got the reason\n%s\nwant one like\n%s", got.Reason, c.reason)
			}
		})
	}
}

// What cannot be known any more is not blamed on the subsystem.
func TestWithTheServerStoppedInMidRunNothingIsBlamedOnTheSubsystem(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := Against(t, "", "testdata/outage.feature")
	s.Limits = engine.Limits{Open: 10 * time.Second, Send: time.Second, Sync: 2 * time.Second}
	var stop func() error
	for i, service := range s.Services {
		if service.Name != "nats" {
			continue
		}
		s.Services[i].Start = func(ctx context.Context, settings map[string]string) (harness.Running, error) {
			running, err := service.Start(ctx, settings)
			if err == nil {
				stop = sync.OnceValue(running.Stop)
				running.Stop = stop
			}
			return running, err
		}
	}
	const scenarios = 5
	var arrived atomic.Int32
	stopped := make(chan struct{})
	s.Steps = func(sc run.Registrar) {
		// All have produced before it goes down.
		sc.When(`^the NATS server is stopped$`, func(ctx context.Context) error {
			if arrived.Add(1) == scenarios {
				defer close(stopped)
				return stop()
			}
			select {
			case <-stopped:
			case <-ctx.Done():
			}
			return ctx.Err()
		})
	}
	code, all := outcomes(t, s)
	if code != run.ExitInconclusive {
		t.Errorf("exit code %d, want %d", code, run.ExitInconclusive)
	}
	if len(all) != scenarios {
		t.Errorf("%d scenarios have run, want %d", len(all), scenarios)
	}
	for name, got := range all {
		if got.Verdict != "inconclusive" || !strings.Contains(got.Step, "appear") {
			t.Errorf("%s: got %s at %q, want inconclusive where it expects something", name, got.Verdict, got.Step)
		}
		if !strings.Contains(got.Reason, "the connection is down") {
			t.Errorf("%s: got %q, want the reason that the connection is down", name, got.Reason)
		}
	}
}
