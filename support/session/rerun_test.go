package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/rerun"
)

// threeFeatures has scenarios of which some do not pass: those of leftOfThree.
var threeFeatures = map[string]string{
	"features/a.feature": `Feature: A
  Background:
    Given an "order placed" event is produced with:
      | orderId | ${id} |
  Scenario: passes
    Then an "order shipped" event appears
  @slow
  Scenario: fails
    Then an "order rejected" event appears within 1ms
  Scenario Outline: row
    Then an "<event>" event appears within <window>
    Examples:
      | event          | window |
      | order shipped  | 5s     |
      | order rejected | 1ms    |
`,
	"features/deep down/b.feature": `Feature: B
  Scenario: undefined
    When an "order placed" event is produced
    Then all is well
`,
	"features/c.feature": strings.Replace(shippedFeature, "Shipping", "C", 1),
}

const leftOfThree = "features/a.feature:8:15\nfeatures/deep down/b.feature:2\n"

func rerunning(t *testing.T) *bench {
	t.Helper()
	b := lay(t, strings.Replace(ordersYML, "sla: 100ms", "sla: 5s", 1), threeFeatures)
	b.ships()
	b.reporting(t)
	b.Again = "harken run"
	return b
}

// kept returns what is kept for the next run.
func (b *bench) kept(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, "reports", "rerun.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestWhatDidNotPassIsKeptAndCanBeRunAgain(t *testing.T) {
	b := rerunning(t)
	b.run(t, ExitFailed)
	if got := b.kept(t); got != leftOfThree {
		t.Fatalf("kept %q, want %q", got, leftOfThree)
	}
	b.says(t,
		"run again what did not pass:\n  harken run --rerun\n  harken run "+b.dir+"/features/a.feature:8:15 '"+b.dir+"/features/deep down/b.feature:2'\n")
	b.Rerun = true
	b.run(t, ExitFailed)
	b.says(t, "\n3 scenarios, 0 passed, 3 failed  (")
	// The system is mended.
	b.systems["orders"] = func(e event.Event) {
		b.publish("shipments", event.Event{Body: e.Body})
		b.publish("rejections", event.Event{Body: e.Body})
	}
	b.write(t, "features/a.feature", strings.Replace(threeFeatures["features/a.feature"], "1ms", "5s", 2))
	b.run(t, ExitFailed)
	b.says(t, "\n3 scenarios, 2 passed, 1 failed  (")
	if got, want := b.kept(t), "features/deep down/b.feature:2\n"; got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestWhatIsRunAgainCanBeChosenFrom(t *testing.T) {
	for _, c := range []struct {
		name  string
		paths []string
		tags  string
		runs  string
	}{
		{"all", nil, "", "3 scenarios, 0 passed, 3 failed"},
		{"by tag", nil, "@slow", "1 scenario, 0 passed, 1 failed"},
		{"by folder", []string{"features/deep down"}, "", "1 scenario, 0 passed, 1 failed"},
		{"by file", []string{"features/c.feature", "features/a.feature"}, "", "2 scenarios, 0 passed, 2 failed"},
		{"by file and tag", []string{"features/a.feature"}, "not @slow", "1 scenario, 0 passed, 1 failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := rerunning(t)
			b.write(t, rerun.File, leftOfThree)
			b.Rerun, b.Tags = true, c.tags
			for _, path := range c.paths {
				b.Paths = append(b.Paths, filepath.Join(b.dir, path))
			}
			b.run(t, ExitFailed)
			b.says(t, "\n"+c.runs+"  (")
			// What did not run now is not forgotten.
			if got := b.kept(t); got != leftOfThree {
				t.Errorf("kept %q, want %q", got, leftOfThree)
			}
		})
	}
}

func TestARunAgainOfNothingIsNotTakenForAPass(t *testing.T) {
	for _, c := range []struct {
		name, kept string
		paths      []string
		tags       string
		want       string
	}{
		{"the last run left nothing", "", nil, "", "--rerun: the last run left nothing to run again (reports/rerun.txt is empty): run without --rerun"},
		{"it is not known what it left", "-", nil, "", "--rerun: reports/rerun.txt is not there, so what the last run left is not known: run without --rerun"},
		{"nothing in the folder", leftOfThree, []string{"features/c.feature"}, "", "--rerun: the last run left nothing to run again in features/c.feature (reports/rerun.txt)"},
		{"nothing with the tag", leftOfThree, nil, "@fast", "no scenario is chosen, so the run would prove nothing: 2 feature files that the last run left something of, tags @fast"},
		{"a line is asked for", leftOfThree, []string{"features/a.feature:6"}, "",
			"--rerun: features/a.feature:6: give the file without a line: which of its scenarios run is what the last run left"},
		{"a file is gone", "features/a.feature:8\nfeatures/gone.feature:2\n", nil, "",
			"--rerun: features/gone.feature is not there any more: run without --rerun"},
		{"a line has moved", "features/a.feature:7:15\n", nil, "",
			"features/a.feature:7: no scenario begins here any more; it did not pass in the last run: run the file without --rerun"},
		{"a file that cannot be read is told of once", "features/bad.feature:7\n", nil, "", "features/bad.feature:1: expected "},
		{"somebody has written into the file", "features/a.feature\n", nil, "", `reports/rerun.txt:1: "features/a.feature" is not FILE:LINE`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := rerunning(t)
			b.write(t, "features/bad.feature", "Nothing: of that\n")
			if c.kept != "-" {
				b.write(t, rerun.File, c.kept)
			}
			b.Rerun, b.Tags = true, c.tags
			for _, path := range c.paths {
				b.Paths = append(b.Paths, filepath.Join(b.dir, path))
			}
			b.run(t, ExitUsage)
			if got := b.relative(b.err.String()); !strings.HasPrefix(got, c.want) || strings.Count(got, "bad.feature") > 1 || b.out.String() != "" {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if c.kept != "-" && b.kept(t) != c.kept {
				t.Errorf("kept %q, want %q", b.kept(t), c.kept)
			}
		})
	}
}

func TestAFileThatWasWrittenSinceTheLastRunIsRemarkedOn(t *testing.T) {
	b := rerunning(t)
	b.write(t, rerun.File, leftOfThree)
	later := time.Now().Add(time.Minute)
	for _, name := range []string{"a", "c"} {
		if err := os.Chtimes(filepath.Join(b.dir, "features", name+".feature"), later, later); err != nil {
			t.Fatal(err)
		}
	}
	b.Rerun = true
	b.run(t, ExitFailed)
	want := "features/a.feature was written after the last run: its lines may mean other scenarios than those that did not pass\n"
	if got := b.relative(b.err.String()); !strings.HasPrefix(got, want) || strings.Contains(got, "c.feature") {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWhatAnInterruptKeptFromRunningIsRunAgain(t *testing.T) {
	b := lay(t, strings.Replace(ordersYML, "audit: 1ms", "audit: 1ms\nparallel: 1", 1), threeFeatures)
	b.reporting(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	b.systems["orders"] = func(event.Event) { cancel(errors.New("interrupted")) }
	b.runIn(ctx, t, ExitInterrupted)
	if got, want := b.kept(t), "features/a.feature:5:8:14:15\nfeatures/c.feature:2\nfeatures/deep down/b.feature:2\n"; got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestWhatPassedAtALaterAttemptIsRunAgainUnlessThatIsAllowed(t *testing.T) {
	for allowed, want := range map[bool]string{false: "features/a.feature:2\n", true: ""} {
		b := feature(t, shippedFeature)
		b.write(t, "godog.yml", strings.Replace(ordersYML, "sla: 100ms", "sla: 20ms", 1))
		b.reporting(t)
		b.course("FS")
		b.Retry, b.AllowFlaky = 1, allowed
		b.run(t, map[bool]int{false: ExitFailed, true: ExitPassed}[allowed])
		if got := b.kept(t); got != want {
			t.Errorf("allowed: %t: kept %q, want %q", allowed, got, want)
		}
	}
}

func TestARunWithoutReportsKeepsNothing(t *testing.T) {
	b := feature(t, shippedFeature)
	b.run(t, ExitPassed)
	if _, err := os.Stat(filepath.Join(b.dir, rerun.File)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestWhatARunLeavesIsNotKnownBeforeItHasEnded(t *testing.T) {
	t.Parallel()
	b := rerunning(t)
	b.run(t, ExitFailed)
	again := b.Suite
	again.Rerun = true
	var asked int
	b.systems["orders"] = func(event.Event) {
		if asked++; asked > 1 {
			return
		}
		// As after one that was killed here.
		if _, err := os.Stat(filepath.Join(b.dir, rerun.File)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("what the run before left is there: %v", err)
		}
		again.Err = &output{}
		result, err := again.Run(context.Background())
		if result.ExitCode != ExitUsage {
			t.Errorf("got exit code %d, want %d", result.ExitCode, ExitUsage)
		}
		const begins, ends = "--rerun: the run that began at ", " has not ended, so what it left is not known: run without --rerun"
		if got := fmt.Sprint(err); !strings.HasPrefix(got, begins) || !strings.HasSuffix(got, ends) {
			t.Errorf("got %q, want it to begin with %q and to end with %q", got, begins, ends)
		}
	}
	b.write(t, "godog.yml", strings.Replace(ordersYML, "audit: 1ms", "audit: 1ms\nparallel: 1", 1))
	b.run(t, ExitFailed)
	if asked == 0 {
		t.Error("the system was never asked")
	}
	if b.kept(t) == "" {
		t.Error("nothing is kept of a run that ended")
	}
	left, err := os.ReadDir(filepath.Join(b.dir, "reports"))
	if err != nil || len(left) != 2 { // and the folder of the JSON report
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestWhatCouldNotBeginIsRunAgain(t *testing.T) {
	for _, again := range []bool{false, true} {
		b := rerunning(t)
		b.write(t, rerun.File, "features/a.feature:8\n")
		b.write(t, "godog.yml",
			ordersYML+"profiles:\n  local: {system: {command: [/no/such/program], ready: \"log: ready\"}}\n")
		b.Rerun, b.Tags = again, "@slow"
		b.run(t, ExitUsage)
		if got, want := b.kept(t), "features/a.feature:8\n"; got != want {
			t.Errorf("again: %t: kept %q, want %q", again, got, want)
		}
	}
}

func TestARunThatIsWrongTakesNothingAway(t *testing.T) {
	b := rerunning(t)
	b.write(t, rerun.File, leftOfThree)
	b.Paths = []string{filepath.Join(b.dir, "features/none.feature")}
	b.run(t, ExitUsage)
	if got := b.kept(t); got != leftOfThree {
		t.Errorf("kept %q, want %q", got, leftOfThree)
	}
}
