// Passes: who runs when, and how often.
//
// Scenarios that must be alone run when all others are over, retries included: what they do to the system (a restart, a
// redrive) would be done to the others, too. A retry waits for the end of the pass and, where a verdict depends on what
// may still come, for that, so that it is an answer to a verdict and not to a first impression.

package session

import (
	"context"
	"fmt"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report/columns"
)

// scenarios has all run that the plan has chosen. It returns once their verdicts are final.
func (s *session) scenarios(ctx context.Context) {
	registerSilent()
	defer s.showProgress()()
	var together, alone []*plan.Scenario
	for _, planned := range s.plan.Chosen() {
		if planned.Alone == "" {
			together = append(together, planned)
		} else {
			alone = append(alone, planned)
		}
	}
	s.attempt(ctx, together, s.concurrency())
	s.attempt(ctx, alone, 1)
	s.settled(ctx)
}

// attempt runs the scenarios until each has passed, or has had all the attempts that it may have.
func (s *session) attempt(ctx context.Context, scenarios []*plan.Scenario, atOnce int) {
	for s.round = 1; len(scenarios) > 0 && ctx.Err() == nil; s.round++ {
		s.pass(ctx, scenarios, atOnce)
		scenarios = s.again(ctx, scenarios)
	}
}

// again returns those of the scenarios that are to have another attempt, and tells who they are.
func (s *session) again(ctx context.Context, ran []*plan.Scenario) (due []*plan.Scenario) {
	var entitled []*plan.Scenario
	for _, planned := range ran {
		if s.attemptsOf(planned) > s.round {
			entitled = append(entitled, planned)
		}
	}
	if len(entitled) == 0 {
		return nil
	}
	s.settled(ctx)
	if ctx.Err() != nil {
		return nil
	}
	last := make(map[*plan.Scenario]*attempt)
	for _, a := range s.attempts {
		last[a.scenario] = a
	}
	for _, planned := range entitled {
		if a := last[planned]; a != nil && a.verdict != expect.Passed {
			due = append(due, planned)
			name := columns.Visible(s.hide(s.hider(a.world)(planned.Name)))
			fmt.Fprintf(s.Err, "%s:%d %s: %s, attempt %d of %d follows\n", planned.File.Path, planned.Line, name, a.verdict,
				s.round+1, s.attemptsOf(planned))
		}
	}
	return due
}

// attemptsOf returns how many attempts a scenario may have. One with an undefined or ambiguous step has one: it is
// wrong as it is written. So has each under `godog run`, whose count would be of attempts and not of scenarios.
func (s *session) attemptsOf(planned *plan.Scenario) int {
	switch {
	case planned.Problems != nil || s.quiet:
		return 1
	case planned.Retries != plan.Unsaid:
		return 1 + planned.Retries
	default:
		return 1 + s.Retry
	}
}

// concurrency returns how many scenarios run at once.
func (s *session) concurrency() int {
	if s.config.Parallel == config.Unlimited {
		return len(s.plan.Chosen())
	}
	return s.config.Parallel
}
