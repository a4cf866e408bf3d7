package messages

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden file anew")

// fixed is who makes the messages of tests.
var fixed = meta{
	ProtocolVersion: protocol, Implementation: messages.Product{Name: "harken", Version: "v1.2.3"},
	Runtime: messages.Product{Name: "go", Version: "go1.26"},
	OS:      messages.Product{Name: "linux"}, CPU: messages.Product{Name: "amd64"},
}

func written(t *testing.T, suite report.Suite, run report.Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, suite, run, fixed); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheExampleIsWrittenAsBefore(t *testing.T) {
	const file, wide = "testdata/example.ndjson", 600
	suite := reporttest.Suite()
	lines := strings.Split(written(t, suite, reporttest.Run(suite)), "\n")
	for i, line := range lines {
		if len(line) > wide {
			lines[i] = strings.ToValidUTF8(line[:wide], "") + " ..."
		}
	}
	got := strings.Join(lines, "\n")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(lines) || lines[i] != line {
			t.Fatalf("line %d\n  got  %s\n  want %s", i+1, append(lines, "nothing")[min(i, len(lines))], line)
		}
	}
	if got != string(want) {
		t.Errorf("got %d lines, want %d", strings.Count(got, "\n"), strings.Count(string(want), "\n"))
	}
}

// read returns the envelopes of a run of one scenario, of which only the fields are read that tests look at.
func read(t *testing.T, text string) (all []lineRead) {
	t.Helper()
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var l lineRead
		if err := decoder.Decode(&l); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
}

// lineRead is what tests look at of an envelope.
type lineRead struct {
	Hook     *struct{ ID, Name, Type string }
	TestCase *struct {
		ID        string
		TestSteps []struct{ HookID string }
	}
	TestCaseStarted  *struct{ Attempt int }
	TestStepFinished *struct {
		TestStepID     string
		TestStepResult struct {
			Status, Message string
			Exception       struct{ Type, Message string }
		}
	}
	TestCaseFinished *struct{ WillBeRetried bool }
	TestRunFinished  *struct {
		Success bool
		Message string
	}
	Attachment *struct{ TestStepID, MediaType, FileName, Body string }
}

// scenario returns the suite and the run of one scenario of three steps.
func scenario(change func(*report.Plan, *report.Scenario)) (report.Suite, report.Run) {
	suite := reporttest.Suite()
	f := suite.Features[0]
	f.Scenarios = f.Scenarios[:1]
	suite.Features = suite.Features[:1]
	run := reporttest.Run(suite)
	s := &run.Scenarios[0]
	s.Captured, s.Produced, s.Waits = nil, nil, nil
	change(f.Scenarios[0], s)
	return suite, run
}

// statuses returns what the steps of a run ended with.
func statuses(all []lineRead) string {
	var s []string
	for _, l := range all {
		if l.TestStepFinished != nil {
			s = append(s, l.TestStepFinished.TestStepResult.Status)
		}
	}
	return strings.Join(s, " ")
}

func TestStepsEndAsCucumberWouldHaveThem(t *testing.T) {
	outcomes := func(all ...report.StepOutcome) func(*report.Plan, *report.Scenario) {
		return func(_ *report.Plan, s *report.Scenario) {
			s.Steps, s.Verdict = s.Steps[:len(all)], expect.Failed
			for i, o := range all {
				s.Steps[i].Outcome = o
			}
		}
	}
	for _, c := range []struct {
		name, want string
		change     func(*report.Plan, *report.Scenario)
	}{
		{"what lies behind a failed step was skipped", "FAILED SKIPPED SKIPPED", outcomes(report.StepFailed)},
		{"an inconclusive step lets those behind it run", "FAILED PASSED PASSED", func(p *report.Plan, s *report.Scenario) {
			outcomes(report.StepInconclusive, report.StepPassed, report.StepPassed)(p, s)
			s.Verdict = expect.Inconclusive
		}},
		{"a failure that only an inconclusive step is beside is told behind the last", "FAILED PASSED PASSED FAILED",
			outcomes(report.StepInconclusive, report.StepPassed, report.StepPassed)},
		{"a pending step", "PASSED PENDING SKIPPED", outcomes(report.StepPassed, report.StepPending)},
		{"an ambiguous step", "AMBIGUOUS SKIPPED SKIPPED", outcomes(report.StepAmbiguous)},
		{"an undefined step stays so behind another one", "UNDEFINED UNDEFINED AMBIGUOUS",
			func(p *report.Plan, s *report.Scenario) {
				outcomes(report.StepUndefined)(p, s)
				p.Matches = [][]int{nil, nil, {0, 1}}
			}},
		{"nothing is asked of steps behind one that skips", "SKIPPED SKIPPED SKIPPED",
			func(p *report.Plan, s *report.Scenario) {
				outcomes(report.StepSkipped)(p, s)
				s.Verdict, p.Matches = expect.Inconclusive, [][]int{{0}, nil, {0, 1}}
			}},
		{"nor of those of a scenario that did not run", "SKIPPED SKIPPED SKIPPED", func(p *report.Plan, s *report.Scenario) {
			s.Steps, s.Idle, s.Verdict, p.Matches = nil, true, expect.Inconclusive, [][]int{{0}, nil, {0, 1}}
		}},
		{"a failure that neither a step nor a hook shows is told behind the last", "SKIPPED SKIPPED SKIPPED FAILED",
			outcomes()},
		{"a verdict that no step explains is told behind the last", "PASSED PASSED PASSED FAILED",
			outcomes(report.StepPassed, report.StepPassed, report.StepPassed)},
		{"an outcome of tomorrow", "UNKNOWN SKIPPED SKIPPED", outcomes("odd")},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := read(t, one(t, c.change))
			if got := statuses(all); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func one(t *testing.T, change func(*report.Plan, *report.Scenario)) string {
	t.Helper()
	suite, run := scenario(change)
	return written(t, suite, run)
}
