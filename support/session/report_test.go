package session

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// written is what the JSON report of a run says.
type written struct {
	Run       string
	ExitCode  int               `json:"exit_code"`
	Dead      map[string]string `json:"dead_channels"`
	Scenarios []struct {
		File, Name, Verdict, Step, Reason string
		Line                              int
		Tags                              []string
		Produced, Captured                []writtenEvent
		Attempts                          []struct {
			Verdict, Reason    string
			Began              time.Time
			Seconds            float64
			Produced, Captured []writtenEvent
		}
		Expectations []struct {
			Want, Verdict string
			Window        float64  `json:"window_seconds"`
			Took          *float64 `json:"took_seconds"`
		}
	}
}

type writtenEvent struct {
	Event, Channel, Body, Error string
	Matched                     bool
	At                          time.Time
	Accepted                    time.Time
}

// reporting has the suite write a JSON report, and returns a function that reads it.
func (b *bench) reporting(t *testing.T) func() written {
	t.Helper()
	file := filepath.Join(b.dir, "reports", "deep", "run.json")
	b.Formats = []string{"json:" + file}
	return func() written {
		t.Helper()
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w written
		if err := json.Unmarshal(data, &w); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		return w
	}
}

func TestTheReportTellsWhatWasProducedAndCaptured(t *testing.T) {
	b := feature(t, strings.ReplaceAll(shippedFeature, "  Scenario:", "  @smoke @fast\n  Scenario:")+`
  Scenario: Nobody rejects it
    When an "order placed" event is produced
    Then an "order rejected" event appears within 10ms
`)
	read := b.reporting(t)
	b.run(t, ExitFailed)
	got := read()
	if got.Run == "" || got.ExitCode != 1 || len(got.Scenarios) != 2 {
		t.Fatalf("got %+v", got)
	}
	first, second := got.Scenarios[0], got.Scenarios[1]
	if first.File != filepath.Join(b.dir, "features/a.feature") || first.Line != 3 || first.Name != "An order is shipped" ||
		strings.Join(first.Tags, " ") != "@smoke @fast" || first.Verdict != "passed" || first.Reason != "" || first.Step != "" {
		t.Errorf("got %+v", first)
	}
	if len(first.Produced) != 1 || first.Produced[0].Event != "order placed" || first.Produced[0].Channel != "orders" ||
		first.Produced[0].Accepted.Before(first.Produced[0].At) || first.Produced[0].At.IsZero() {
		t.Errorf("produced %+v", first.Produced)
	}
	if len(first.Captured) != 1 || first.Captured[0].Channel != "shipments" || !first.Captured[0].Matched ||
		first.Captured[0].Body != first.Produced[0].Body || first.Captured[0].At.Before(first.Produced[0].At) {
		t.Errorf("captured %+v", first.Captured)
	}
	if len(first.Expectations) != 1 || first.Expectations[0].Want != `an "order shipped" within its SLA of 100ms` || first.Expectations[0].Took == nil ||
		first.Expectations[0].Window != 0.1 {
		t.Errorf("expected %+v", first.Expectations)
	}
	if second.Verdict != "failed" || second.Step != `an "order rejected" event appears within 10ms` ||
		!strings.HasPrefix(second.Reason,
			`rejections: want an "order rejected" within 10ms, got 0 of 0 captured (listener caught up at +`) {
		t.Errorf("got %+v", second)
	}
}

func TestAnInterruptEndsEverythingAtOnce(t *testing.T) {
	b := lay(t, strings.Replace(ordersYML, "audit: 1ms", "audit: 1h\nparallel: 1", 1)+`profiles:
  local: {embedded: [broker], system: {command: [sh, -c, "echo it is ready; cat"], ready: "log: ready"}}
`, map[string]string{"features/a.feature": `Feature: F
  Scenario: fails, and would be listened on for
    When an "order placed" event is produced on "shipments"
    Then an "order rejected" event appears within 1ms
  Scenario: waits
    When an "order placed" event is produced
    Then an "order shipped" event appears within 1h
  Scenario: comes later
    When an "order placed" event is produced
    Then nothing appears within 1h
`})
	var started, stopped int
	b.Services = []harness.Service{counted("broker", &started, &stopped)}
	ctx, cancel := context.WithCancelCause(context.Background())
	b.systems["orders"] = func(event.Event) { cancel(errors.New("interrupted")) }
	read := b.reporting(t)
	b.runIn(ctx, t, ExitInterrupted)
	if started != 1 || stopped != 1 {
		t.Errorf("%d services were started and %d stopped", started, stopped)
	}
	got := read()
	if got.ExitCode != ExitInterrupted || len(got.Scenarios) != 3 {
		t.Fatalf("got %+v", got)
	}
	for i, want := range []struct{ verdict, reason string }{
		{"failed", "rejections: want an \"order rejected\" within 1ms"},
		{"inconclusive", "the run ended before the window did: interrupted"},
		{"inconclusive", "not run: interrupted"},
	} {
		if s := got.Scenarios[i]; s.Verdict != want.verdict || !strings.HasPrefix(s.Reason, want.reason) {
			t.Errorf("scenario %d: %s, %s", i+1, s.Verdict, s.Reason)
		}
	}
	b.says(t, "3 scenarios, 0 passed, 1 failed, 2 inconclusive")
}

func TestARunThatIsInterruptedBeforeItsFirstScenarioSaysSo(t *testing.T) {
	b := feature(t, shippedFeature)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b.runIn(ctx, t, ExitInterrupted)
}

// closed is an output that nobody reads any more.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAnOutputThatIsClosedCostsNeitherVerdictNorReport(t *testing.T) {
	b := feature(t, shippedFeature)
	read := b.reporting(t)
	b.Out = closed{}
	b.run(t, ExitPassed)
	if got := read(); got.ExitCode != ExitPassed || len(got.Scenarios) != 1 || got.Scenarios[0].Verdict != "passed" {
		t.Errorf("got %+v", got)
	}
	if want := "write the results: io: read/write on closed pipe"; !strings.Contains(b.err.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, b.err)
	}
}

func TestAReportThatCannotBeWrittenIsRefusedBeforeAnythingIsStarted(t *testing.T) {
	b := feature(t, shippedFeature)
	b.write(t, "taken", "")
	b.Formats = []string{"json:" + filepath.Join(b.dir, "taken/run.json")}
	b.run(t, ExitUsage)
	if want := "report: mkdir taken: not a directory"; !strings.Contains(b.relative(b.err.String()), want) || b.out.String() != "" {
		t.Errorf("it does not say %q:\n%s", want, b.relative(b.err.String()))
	}
}

func TestTheReportOfAnEarlierRunDoesNotSurviveOneThatCannotBegin(t *testing.T) {
	b := feature(t, "no feature")
	b.write(t, "run.json", `{"exit_code": 0}`)
	b.Formats = []string{"json:" + filepath.Join(b.dir, "run.json")}
	b.run(t, ExitUsage)
	if left, err := os.ReadFile(filepath.Join(b.dir, "run.json")); err != nil || len(left) > 0 {
		t.Errorf("left are %q, %v", left, err)
	}
}

func TestWhatCannotBeKnownIsInconclusive(t *testing.T) {
	for _, c := range []struct {
		name, then string
		breaks     func(b *bench)
		want       []string
	}{
		{"a channel that cannot be listened to", `an "order shipped" event appears`,
			func(b *bench) { b.broken["shipments"] = errors.New("no access") }, []string{"listen to shipments: no access"}},
		{"a listener that cannot prove that it is caught up", `an "order rejected" event appears`,
			func(b *bench) { b.mute["rejections"] = errors.New("no answer") }, []string{"the listener to rejections could not show that it was caught up: no answer"}},
		{"a listener that cannot prove absence", `no "order rejected" event appears`,
			func(b *bench) { b.mute["rejections"] = errors.New("no answer") }, []string{"the listener to rejections could not show that it was caught up: no answer"}},
		{"a gap in the window", `no "order rejected" event appears`,
			func(b *bench) {
				b.systems["orders"] = func(event.Event) { b.gap("rejections", time.Now(), errors.New("connection lost")) }
			}, []string{"events on rejections may have gone unseen: connection lost"}},
		{"an event that is perhaps not accepted", `no "order rejected" event appears`,
			func(b *bench) { b.refuse["orders"] = errors.New("no acknowledgement") }, []string{"produce on orders: no acknowledgement"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := feature(t, "Feature: F\n  Scenario: S\n    When an \"order placed\" event is produced\n    Then "+c.then+"\n")
			c.breaks(b)
			read := b.reporting(t)
			b.run(t, ExitInconclusive)
			b.says(t, c.want...)
			b.says(t, "1 scenario, 0 passed, 1 inconclusive")
			if got := read(); got.Scenarios[0].Verdict != "inconclusive" || got.ExitCode != ExitInconclusive {
				t.Errorf("got %+v", got)
			}
		})
	}
}
