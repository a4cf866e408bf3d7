package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// result runs the suite and returns its report, read back from the file.
func (b *bench) result(t *testing.T, code int) report.Run {
	t.Helper()
	file := filepath.Join(b.dir, "run.json")
	b.Formats = []string{"json:" + file}
	b.run(t, code)
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := report.ReadJSON(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAReportTellsWhatBecameOfEachStep(t *testing.T) {
	b := feature(t, `Feature: F
  Scenario: passes
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
    And no "order rejected" event appears within 10ms
  Scenario: fails in the middle
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order rejected" event appears within 10ms
    And an "order shipped" event appears
  Scenario: is unknown in the middle, and goes on
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then no "order rejected" event appears within 10ms
    And an "order shipped" event appears
  Scenario: is not written
    When the moon is full
    Then an "order shipped" event appears
`)
	r := b.result(t, ExitFailed)
	const passed, failed, undefined = report.StepPassed, report.StepFailed, report.StepUndefined
	for i, want := range [][]report.StepOutcome{
		{passed, passed, passed}, {passed, failed}, {passed, passed, passed}, {undefined},
	} {
		s := r.Scenarios[i]
		var got []report.StepOutcome
		for n, step := range s.Steps {
			got = append(got, step.Outcome)
			if step.Number != n || step.Text == "" || step.Began.Before(s.Began) || step.Ended.Before(step.Began) || step.Ended.After(s.Ended) {
				t.Errorf("%s: got step %+v", s.Name, step)
			}
			if step.Outcome != passed && step.Reason != s.Reason {
				t.Errorf("%s: %q has reason %q, and the scenario %q", s.Name, step.Text, step.Reason, s.Reason)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", s.Name, got, want)
		}
	}
}

func TestAnInconclusiveStepIsOneInReportsAlthoughTheScenarioGoesOn(t *testing.T) {
	b := feature(t, `Feature: F
  Scenario: is unknown in the middle
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then no "order rejected" event appears within 10ms
    And an "order shipped" event appears
`)
	b.mute["rejections"] = os.ErrClosed
	s := b.result(t, ExitInconclusive).Scenarios[0]
	if len(s.Steps) != 3 || s.Steps[1].Outcome != report.StepInconclusive || s.Steps[2].Outcome != report.StepPassed || !strings.Contains(s.Steps[1].Reason, "file already closed") {
		t.Errorf("got %+v", s.Steps)
	}
	if w := s.Waits[0]; w.Step != 1 || w.Verdict != expect.Inconclusive || len(w.Proofs) != 1 || !strings.Contains(w.Proofs[0].Error, "file already closed") {
		t.Errorf("got %+v", w)
	}
}

func TestAReportTellsTheWindowTheProofAndTheNearestMiss(t *testing.T) {
	b := feature(t, `Feature: F
  Scenario: comes near
    When an "order placed" event is produced with:
      | status | LOST |
      | items  | [1]  |
    Then an "order shipped" event appears within 20ms with:
      | status   | SHIPPED |
      | items[*] | 1       |
`)
	s := b.result(t, ExitFailed).Scenarios[0]
	w := s.Waits[0]
	sent := s.Produced[0]
	if w.Begin.After(sent.Began) || w.Accepted.Before(sent.Accepted) ||
		w.Deadline.Sub(w.Accepted) != w.Window || w.Horizon.Before(w.Deadline) {
		t.Errorf("got the window %v, %v, %v, %v of what was produced at %v", w.Begin, w.Accepted, w.Deadline, w.Horizon,
			s.Produced[0].Began)
	}
	if len(w.Proofs) != 1 || w.Proofs[0].Channel != "shipments" || w.Proofs[0].Through.Before(w.Deadline) || w.Proofs[0].Error != "" {
		t.Errorf("got the proofs %+v", w.Proofs)
	}
	want := []report.Asked{
		{Path: "status", Place: "/status", Want: `"SHIPPED"`}, {Path: "items[*]", Place: "/items/*", Want: "1"},
	}
	if !slices.Equal(w.Asked, want) {
		t.Errorf("asked %+v, want %+v", w.Asked, want)
	}
	if len(w.Nearest) != 1 || w.Nearest[0].Ref != (report.Ref{Channel: "shipments", Number: 1}) ||
		!slices.Equal(w.Nearest[0].Misses,
			[]report.Miss{{Path: "status", Place: "/status", Got: `"LOST"`, Want: `"SHIPPED"`}}) {
		t.Errorf("nearest %+v", w.Nearest)
	}
}

func TestAReportTellsWhatWasNobodys(t *testing.T) {
	b := feature(t, `Feature: F
  Scenario: sees something odd
    When this message is produced on "orders":
      """
      {"who": "knows"}
      """
    Then an "order shipped" event appears within 20ms with:
      | status | SHIPPED |
`)
	s := b.result(t, ExitFailed).Scenarios[0]
	if len(s.Uncorrelated)+len(s.Captured) != 1 {
		t.Errorf("captured %+v, nobody's %+v", s.Captured, s.Uncorrelated)
	}
}
