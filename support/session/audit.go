// The audit of a run: scenarios that are over are listened for as long as anything could change their verdicts, beside
// those that still run.

package session

import (
	"context"
	"fmt"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
)

// audit has the verdict of an attempt made final: at once, or in the background where something may still change it.
func (s *session) audit(a *attempt) {
	if a.world == nil || !a.world.Auditing() {
		s.conclude(a)
		return
	}
	s.auditing.Add(1)
	s.audits.Go(func() {
		defer s.auditing.Add(-1)
		s.conclude(a)
	})
}

// conclude settles the verdict of an attempt for good, and tells it.
func (s *session) conclude(a *attempt) {
	if a.world != nil {
		a.world.Audit(s.ctx)
		a.conclude()
		if a.verdict == expect.Passed {
			if err := s.unproved(a); err != nil {
				a.settle(err)
			}
		}
	}
	s.tally.add(a.scenario, a.verdict)
	// A full disk or a closed pipe must not change a verdict.
	if !s.quiet {
		_ = s.text.Scenario(s.result(a))
	}
}

// conclude takes over what the audit has made of the expectations. What else settled the attempt stays, unless an
// expectation is worse.
func (a *attempt) conclude() {
	worst, step := a.world.Worst()
	if a.verdict == expect.Passed || a.expectation || worst.Verdict > a.verdict {
		a.verdict, a.reason, a.step = worst.Verdict, worst.Reason, step
	}
}

// settled returns once nothing that is still to come can change the verdicts of the attempts that have ended, or ctx
// has ended.
func (s *session) settled(context.Context) {
	if n := s.auditing.Load(); n > 0 && s.display == nil {
		are := fmt.Sprintf("%d scenarios are", n)
		if n == 1 {
			are = "1 scenario is"
		}
		fmt.Fprintf(s.Err, "%s over and listened for, up to %s longer, for what comes too late or too often\n", are,
			span.Format(s.config.Audit))
	}
	s.audits.Wait() // which end with the context of the run
}
