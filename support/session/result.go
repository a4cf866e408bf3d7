// What reports tell of an attempt.

package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/report"
)

// How much a scenario that did not pass shows beside its own events.
const (
	logged           = 8   // lines of the system's log, in the reason of a failure
	kept             = 200 // lines of it in reports
	mostUncorrelated = 20  // captures that could be anybody's
)

// final returns what reports show of an attempt when the run is over, with the system's log of a failure.
func (s *session) final(a *attempt) report.Scenario {
	sc := s.result(a)
	if a.verdict != expect.Passed && a.world != nil {
		sc.Log = s.log(a)
		if a.verdict == expect.Failed {
			sc.Reason += s.exitNote(a) + lastLines(sc.Log)
		}
		s.redactAll(a.world, &sc)
	}
	sc.Clock(s.began)
	return sc
}

// result returns what reports show of an attempt. It holds nothing that must not be shown.
func (s *session) result(a *attempt) report.Scenario {
	sc := report.Scenario{
		File: a.scenario.File.Path, Line: a.scenario.Line, Feature: a.scenario.File.Feature, Name: a.scenario.Name,
		Tags:    a.scenario.Tags,
		Verdict: a.verdict, Step: a.step, Reason: a.reason, Began: a.began, Ended: a.ended, Attempt: a.number,
		Of:   s.attemptsOf(a.scenario),
		Idle: a.world == nil,
	}
	if a.world == nil {
		sc.Redact(s.hide)
		return sc
	}
	sc.Remarks, sc.Caveats = a.world.Remarks(), a.world.Caveats()
	for _, l := range a.world.LinkChanges() {
		sc.Links = append(sc.Links, report.LinkChange(l))
	}
	redact := s.world.Redact
	for _, sent := range a.world.Execution().Sent() {
		p := report.Produced{
			Event: sent.Name, Channel: sent.Channel, Sent: redact.Event(sent.Doc), Began: sent.Began, Accepted: sent.Accepted,
		}
		if sent.Err != nil {
			p.Error = sent.Err.Error()
		}
		sc.Produced = append(sc.Produced, p)
	}
	for _, channel := range a.world.Listens() {
		view := s.world.Journal.View(a.world.Execution(), channel)
		for _, c := range view.Own {
			sc.Captured = append(sc.Captured, s.captured(a, c))
		}
		if a.verdict != expect.Passed {
			sc.Uncorrelated = append(sc.Uncorrelated, s.uncorrelated(a, view)...)
		}
	}
	byReceipt := func(x, y report.Captured) int { return x.Seen.Seen.Compare(y.Seen.Seen) }
	slices.SortStableFunc(sc.Captured, byReceipt)
	slices.SortStableFunc(sc.Uncorrelated, byReceipt)
	for _, c := range a.world.Checks() {
		sc.Waits = append(sc.Waits, waited(c))
	}
	sc.Hooks, sc.Steps = a.called(), a.outcomes()
	s.redactAll(a.world, &sc)
	return sc
}

func (s *session) captured(a *attempt, c *journal.Capture) report.Captured {
	return report.Captured{
		Channel: c.Channel, Number: c.Number, Seen: s.world.Redact.Event(c.Doc), Matched: a.world.Matched(c),
		Redelivery: c.Redelivery, Echo: c.Echo(), Gone: c.Gone,
	}
}

// uncorrelated returns the first captures of a view that came while the attempt went on and could be anybody's.
func (s *session) uncorrelated(a *attempt, view journal.View) (all []report.Captured) {
	until := a.ended.Add(s.config.Audit)
	for _, c := range view.Uncorrelated {
		if !view.Excludes(c) && c.Seen().After(a.began) && c.Seen().Before(until) && len(all) < mostUncorrelated {
			all = append(all, s.captured(a, c))
		}
	}
	return all
}

func waited(c engine.Check) report.Wait {
	j := c.Judged
	w := report.Wait{
		Step: c.Step.Number, Want: j.Want, Event: j.Event, Channel: strings.Join(j.Channels, ", "),
		Verdict: c.Outcome.Verdict, Reason: c.Outcome.Reason,
		Window: j.Window.Length(), Took: c.Took, Bound: c.Outcome.Bound, Looked: c.Outcome.Looked,
		Measure: c.Outcome.Verdict == expect.Passed && j.Least > 0 && len(c.Outcome.Matched) > 0,
		Begin:   j.Window.Begin, Accepted: j.Window.Accepted, Deadline: j.Window.Deadline, Horizon: j.Window.Deadline,
	}
	if j.Audited() {
		w.Horizon = j.Window.End()
	}
	for _, asked := range j.Asked() {
		w.Asked = append(w.Asked, report.Asked(asked))
	}
	w.Matched = refs(c.Outcome.Matched)
	if c.Outcome.Verdict != expect.Passed {
		w.Late = refs(j.TooLate())
		for _, n := range j.Nearest() {
			near := report.Near{Ref: ref(n.Capture)}
			for _, m := range n.Misses {
				near.Misses = append(near.Misses, report.Miss{Path: m.Path, Place: m.Place(), Got: m.Got, Want: m.Want})
			}
			w.Nearest = append(w.Nearest, near)
		}
	}
	for _, channel := range j.Channels {
		if p, ok := c.Proofs[channel]; ok {
			proof := report.Proof{Channel: channel, Through: p.Through}
			if p.Err != nil {
				proof.Error = p.Err.Error()
			}
			w.Proofs = append(w.Proofs, proof)
		}
	}
	return w
}

func ref(c *journal.Capture) report.Ref { return report.Ref{Channel: c.Channel, Number: c.Number} }

func refs(captures []*journal.Capture) (all []report.Ref) {
	for _, c := range captures {
		all = append(all, ref(c))
	}
	return all
}

// outcomes returns what became of the steps that ran. An expectation's verdict is its step's, also where the audit has
// changed it since.
func (a *attempt) outcomes() []report.Step {
	if a.prevented() {
		return nil // godog tells the first step what the hook has said
	}
	all := make([]report.Step, len(a.steps))
	for i, ran := range a.steps {
		all[i] = report.Step{Number: i, Text: ran.text, Began: ran.began, Ended: ran.ended}
		if ran.ended.IsZero() {
			all[i].Ended = a.ended // it panicked
		}
		all[i].Outcome, all[i].Reason = ran.outcome(a)
	}
	worst := make(map[int]expect.Verdict)
	for _, c := range a.world.Checks() {
		i := c.Step.Number
		if i >= len(all) || c.Outcome.Verdict <= expect.Passed || c.Outcome.Verdict <= worst[i] {
			continue
		}
		worst[i] = c.Outcome.Verdict
		all[i].Outcome, all[i].Reason = report.StepInconclusive, c.Outcome.Reason
		if c.Outcome.Verdict == expect.Failed {
			all[i].Outcome = report.StepFailed
		}
	}
	// What an expectation's step has said at first is not its verdict where the audit has refuted it.
	for _, c := range a.world.Checks() {
		if i := c.Step.Number; i < len(all) && worst[i] == 0 && c.Outcome.Verdict == expect.Passed {
			all[i].Outcome, all[i].Reason = report.StepPassed, ""
		}
	}
	return all
}

// called returns what became of the hooks that were called.
func (a *attempt) called() (all []report.HookRun) {
	for _, h := range a.hooks {
		run := report.HookRun{Hook: h.number, Began: h.began, Ended: h.ended}
		run.Outcome, run.Reason = stepRun{ended: h.ended, failure: h.failure, status: statusOf(h.failure)}.outcome(a)
		all = append(all, run)
	}
	return all
}

// statusOf returns the status that godog gives a step with the error that a hook has returned.
func statusOf(err error) godog.StepResultStatus {
	switch {
	case errors.Is(err, godog.ErrSkip):
		return godog.StepSkipped
	case errors.Is(err, godog.ErrPending):
		return godog.StepPending
	case err != nil:
		return godog.StepFailed
	default:
		return godog.StepPassed
	}
}

// prevented says whether a hook before the scenario has kept its steps from running.
func (a *attempt) prevented() bool {
	return len(a.steps) > 0 && slices.ContainsFunc(a.hooks,
		func(h hookRun) bool { return h.failure != nil && !h.ended.After(a.steps[0].began) })
}

// outcome returns what became of a step, going by what it has returned.
func (r stepRun) outcome(a *attempt) (report.StepOutcome, string) {
	if r.failure == nil {
		if r.ended.IsZero() {
			return report.StepInconclusive, "the step panicked" // godog calls no hook behind a hook that did
		}
		return report.StepPassed, ""
	}
	verdict := &attempt{scenario: a.scenario, step: r.text}
	verdict.settle(r.failure)
	switch {
	case r.status == godog.StepUndefined:
		return report.StepUndefined, verdict.reason
	case r.status == godog.StepAmbiguous:
		return report.StepAmbiguous, verdict.reason
	case r.status == godog.StepPending:
		return report.StepPending, verdict.reason
	case r.status == godog.StepSkipped:
		return report.StepSkipped, verdict.reason
	case verdict.verdict == expect.Inconclusive:
		return report.StepInconclusive, verdict.reason
	default:
		return report.StepFailed, verdict.reason
	}
}

// exitNote says that the system had ended when the scenario failed.
func (s *session) exitNote(a *attempt) string {
	died := s.died.Load()
	if died == nil || died.After(a.ended) {
		return ""
	}
	return fmt.Sprintf("\n  the system under test had ended by itself, %s after the scenario began",
		span.Format(died.Sub(a.began)))
}

// log returns what the system wrote of the scenario: the lines with one of its ids; all lines, where it ran alone. Of
// many it is the last.
func (s *session) log(a *attempt) (all []report.Line) {
	if s.system == nil {
		return nil
	}
	alone := s.world.Journal.Alone(a.world.Execution())
	for _, line := range s.system.Log(a.began, time.Now()) {
		mine := alone
		ids.Scan(line.Text, func(id ids.ID) { mine = mine || id.Execution == a.world.Execution().Number() })
		if mine {
			all = append(all, report.Line{At: line.At, Text: line.Text})
		}
	}
	return all[max(0, len(all)-kept):]
}

// lastLines shows the end of the system's log.
func lastLines(log []report.Line) string {
	if len(log) == 0 {
		return ""
	}
	said := "\nlog of the system under test:"
	for _, line := range log[max(0, len(log)-logged):] {
		said += "\n  " + line.Text
	}
	return said
}
