package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/vocabulary"
)

func TestAFailureIsToldBesideWhatIsInconclusive(t *testing.T) {
	b := feature(t, `Feature: Shipping
  Scenario: An order is shipped
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then exactly 1 "order shipped" event appears within 20ms
`)
	b.systems["orders"] = func(e event.Event) {
		b.publish("shipments", event.Event{Body: e.Body})
		b.gap("shipments", time.Now().Add(-time.Second), errors.New("reconnected"))
	}
	b.Hooks = func(h Hooks) {
		h.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
			return ctx, errors.New("the database was left dirty")
		})
	}
	files := map[string]string{
		"junit":    `<failure type="failed" message="the database was left dirty">`,
		"cucumber": `"error_message":"the database was left dirty"`,
		"messages": `"exception":{"type":"failed","message":"the database was left dirty"}`,
	}
	for _, f := range formats.All() {
		b.Formats = append(b.Formats, f.Name+":"+filepath.Join(b.dir, f.Name+f.Ends))
	}
	b.run(t, ExitFailed)
	for _, f := range formats.All() {
		text, err := os.ReadFile(filepath.Join(b.dir, f.Name+f.Ends))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), files[f.Name]) {
			t.Errorf("%s does not say %s:\n%s", f.Name, files[f.Name], text)
		}
	}
}

func TestWhatTheSystemSaysIsNoCommandForGitHub(t *testing.T) {
	b := feature(t, shippedFeature)
	b.refuse["orders"] = errors.New("refused:\n::stop-commands::x ##[error]y")
	b.Environ = func(name string) (string, bool) {
		value, ok := map[string]string{"GITHUB_ACTIONS": "true"}[name]
		return value, ok
	}
	b.run(t, ExitInconclusive)
	if strings.Contains(b.out.String(), " ::") || strings.Contains(b.out.String(), "##[") {
		t.Errorf("GitHub would find a command in it:\n%s", b.out)
	}
	if !strings.Contains(b.err.String(), "::warning file=") {
		t.Errorf("it is not annotated any more:\n%s", b.err)
	}
}

func TestARunThatIsInterruptedBeforeItsFirstScenarioWritesReports(t *testing.T) {
	b := lay(t, ordersYML+`profiles:
  local:
    system: {command: [sleep, "60"], ready: "log: never", within: 30s}
`, map[string]string{"features/a.feature": shippedFeature})
	b.Profile = "local"
	for _, f := range formats.All() {
		b.Formats = append(b.Formats, f.Name+":"+filepath.Join(b.dir, f.Name+f.Ends))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	b.runIn(ctx, t, ExitInterrupted)
	b.says(t, "1 scenario: not run")
	for name, want := range map[string]string{
		"json.json": `"not_run":`, "junit.xml": "<skipped", "cucumber.json": `"status":"skipped"`,
		"messages.ndjson":   `"success":false`,
		"reports/rerun.txt": "features/a.feature:2\n",
	} {
		text, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %s: %v\n%s", name, want, err, text)
		}
	}
}

func TestWhatTheLastRunWroteStaysWhereNothingIsLeftToRunAgain(t *testing.T) {
	b := feature(t, shippedFeature)
	read := b.reporting(t)
	b.run(t, ExitPassed)
	b.Rerun = true
	b.run(t, ExitUsage)
	if got := read(); len(got.Scenarios) != 1 {
		t.Errorf("its report is gone: %+v", got)
	}
}

func TestWhatTheSystemWroteAtItsEndDoesNotSteerTheTerminal(t *testing.T) {
	b := lay(t, ordersYML+`profiles:
  local:
    system: {command: [sh, -c, "printf 'ready\\n\\033[2Jgone\\n'; sleep 0.1; exit 7"], ready: "log: ready"}
`, map[string]string{"features/a.feature": shippedFeature + "    And 300ms pass\n"})
	b.Profile = "local"
	b.ships()
	b.run(t, ExitInconclusive)
	if text := b.err.String(); strings.Contains(text, "\x1b") || !strings.Contains(text, "[2Jgone") {
		t.Errorf("got %q", text)
	}
}

func TestWhatHooksSaidIsInTheReportsAndTheWorstOfItIsTheVerdict(t *testing.T) {
	hook := func(err error) func(Hooks) {
		return func(h Hooks) {
			h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) { return ctx, nil })
			h.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) { return ctx, err })
		}
	}
	b := feature(t, shippedFeature)
	b.Hooks = hook(nil)
	s := b.result(t, ExitPassed).Scenarios[0]
	if len(s.Hooks) != 2 || s.Hooks[1].Hook != 1 || s.Hooks[1].Outcome != report.StepPassed {
		t.Fatalf("got the hooks %+v, want two, of which the second passed", s.Hooks)
	}
	if s.Hooks[1].Began.Before(s.Steps[1].Ended) || s.Hooks[0].Ended.After(s.Steps[0].Began) {
		t.Errorf("got %+v of %+v, want one before the first step and one behind the last", s.Hooks, s.Steps)
	}
	b = feature(t, shippedFeature)
	b.Hooks = hook(errors.New("no tidying"))
	if s := b.result(t, ExitFailed).Scenarios[0]; s.Hooks[1].Outcome != report.StepFailed || s.Hooks[1].Reason != "no tidying" || s.Steps[1].Outcome != report.StepPassed {
		t.Errorf("got %+v of %+v", s.Hooks, s.Steps)
	}
	b = feature(t, shippedFeature)
	b.Hooks = func(h Hooks) {
		h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
			return ctx, errors.New("not set up")
		})
	}
	if s := b.result(t, ExitFailed).Scenarios[0]; s.Hooks[0].Outcome != report.StepFailed || len(s.Steps) != 0 || s.Reason != "before scenario hook failed: not set up" {
		t.Errorf("got %+v of %+v", s.Hooks, s)
	}
	b = feature(t, "Feature: F\n  Scenario: skips\n    Given it skips\n")
	b.Steps = func(sc vocabulary.Registrar) { sc.Step(`^it skips$`, func() error { return godog.ErrSkip }) }
	b.Hooks = hook(errors.New("whoops"))
	if s := b.result(t, ExitFailed).Scenarios[0]; s.Reason != "whoops" {
		t.Errorf("got %+v", s)
	}
}
