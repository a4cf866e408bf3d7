// What is left when the scenarios are over: late outputs, reports, the exit code.

package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/formats"
)

// finish waits for what may still explain a failure, writes the reports and returns the exit code. The error says what
// could not be written.
func (s *session) finish(ctx context.Context) (int, error) {
	s.settled(ctx)
	interrupted := ctx.Err() != nil
	s.attempts = append(s.attempts, s.missing(ctx)...)
	r := report.Run{
		ID: s.world.ID(), Suite: s.config.Suite, Profile: s.config.Profile.Name, AllowFlaky: s.AllowFlaky,
	}
	for channel, err := range s.dead {
		if r.Dead == nil {
			r.Dead = make(map[string]string, len(s.dead))
		}
		r.Dead[channel] = s.hide(err.Error())
	}
	executions := make(map[*plan.Scenario][]report.Scenario)
	for _, a := range s.attempts {
		executions[a.scenario] = append(executions[a.scenario], s.final(a))
	}
	for _, attempts := range executions {
		r.Scenarios = append(r.Scenarios, report.Join(attempts))
	}
	slices.SortFunc(r.Scenarios, func(a, b report.Scenario) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	for _, channel := range s.listens {
		all, uncorrelated, foreign := s.world.Journal.Count(channel)
		r.Channels = append(r.Channels, report.Channel{
			Name: channel, Captured: all, Uncorrelated: uncorrelated, Foreign: foreign,
		})
	}
	r.Began, r.Ended = s.began.Round(0), report.OnClock(s.began, time.Now())
	r.ExitCode = exitCode(r, interrupted, s.AllowFlaky)
	if died := s.died.Load(); r.ExitCode == ExitPassed && died != nil {
		r.ExitCode = ExitInconclusive
		r.Trouble = fmt.Sprintf("inconclusive: the system under test ended by itself, %s after the run began",
			span.Format(died.Sub(s.began)))
	}
	suite := s.reported()
	r.Hidden = s.secrets.Names()
	// Reports come first: a terminal that went away must not cost them.
	err := errors.Join(formats.Write(s.Formats, s.Docs, suite, r), s.begun.End(r, s.AllowFlaky, s.left),
		s.reportToGitHub(r))
	if err != nil && r.ExitCode == ExitPassed {
		r.ExitCode = ExitUsage
	}
	s.report = r
	if unread := s.text.Summary(r); unread != nil {
		err = errors.Join(err, fmt.Errorf("write the results: %w", unread))
	}
	return r.ExitCode, s.shown(err)
}

func exitCode(r report.Run, interrupted, allowFlaky bool) int {
	switch {
	case interrupted:
		return ExitInterrupted
	case r.Count(expect.Failed) > 0 || len(r.Scenarios) == 0:
		return ExitFailed
	case r.Count(expect.Flaky) > 0 && !allowFlaky:
		return ExitFailed
	case r.Count(expect.Inconclusive) > 0:
		return ExitInconclusive
	default:
		return ExitPassed
	}
}
