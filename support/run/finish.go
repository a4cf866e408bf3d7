// What is left when the scenarios are over: late outputs, reports, the exit code.

package run

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/span"
)

// logged is how many lines of the system's log a failed scenario shows.
const logged = 8

// finish waits for what may still explain a failure, writes the reports and returns the exit code.
func (s *session) finish(ctx context.Context) int {
	s.settled(ctx)
	interrupted := ctx.Err() != nil
	s.attempts = append(s.attempts, s.missing(ctx)...)
	r := report.Run{
		ID: s.world.ID(), Suite: s.config.Suite, Profile: s.config.Profile.Name, Began: s.began, Dead: s.dead,
	}
	executions := make(map[*plan.Scenario][]report.Scenario)
	for _, a := range s.attempts {
		sc := s.result(a)
		if a.verdict == expect.Failed && a.world != nil {
			sc.Reason += s.obituary(a) + s.log(a)
			s.concealAll(a.world, &sc)
		}
		executions[a.scenario] = append(executions[a.scenario], sc)
	}
	for _, attempts := range executions {
		r.Scenarios = append(r.Scenarios, report.Join(attempts))
	}
	slices.SortFunc(r.Scenarios, func(a, b report.Scenario) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	for _, channel := range s.listens {
		all, nobodys, foreign := s.world.Journal.Count(channel)
		r.Channels = append(r.Channels, report.Channel{Name: channel, Captured: all, Nobodys: nobodys, Foreign: foreign})
	}
	r.Ended = time.Now()
	r.ExitCode = exitCode(r, interrupted, s.AllowFlaky)
	if r.ExitCode == ExitPassed && s.died.Load() != nil {
		r.ExitCode = ExitInconclusive
	}
	// Reports come first: a terminal that went away must not cost them.
	if err := s.write(r); err != nil {
		fmt.Fprintln(s.Err, err)
		if r.ExitCode == ExitPassed {
			r.ExitCode = ExitUsage
		}
	}
	s.report = r
	if err := s.text.Summary(r); err != nil {
		fmt.Fprintln(s.Err, "write the results:", err)
	}
	return r.ExitCode
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

// result turns an attempt into what reports show of it.
func (s *session) result(a *attempt) report.Scenario {
	sc := report.Scenario{
		File: a.scenario.File.Path, Line: a.scenario.Line, Feature: a.scenario.File.Feature, Name: a.scenario.Name, Tags: a.scenario.Tags,
		Verdict: a.verdict, Step: a.step, Reason: a.reason, Began: a.began, Ended: a.ended, Attempt: a.number, Of: s.attemptsOf(a.scenario),
	}
	if a.world == nil {
		return sc
	}
	sc.Remarks = a.world.Remarks()
	redact := s.world.Redact
	for _, sent := range a.world.Execution().Sent() {
		sc.Produced = append(sc.Produced, report.Produced{
			Event: sent.Name, Channel: sent.Channel, Sent: redact.Event(sent.Doc), Began: sent.Began, Accepted: sent.Accepted, Err: sent.Err,
		})
	}
	for _, channel := range a.world.Listens() {
		for _, c := range s.world.Journal.View(a.world.Execution(), channel).Own {
			sc.Captured = append(sc.Captured, report.Captured{
				Channel: channel, Number: c.Number, Seen: redact.Event(c.Doc), Matched: a.world.Matched(c), Redelivery: c.Redelivery, Echo: c.Echo,
			})
		}
	}
	slices.SortStableFunc(sc.Captured, func(x, y report.Captured) int { return x.Seen.Seen.Compare(y.Seen.Seen) })
	for _, c := range a.world.Checks() {
		sc.Waits = append(sc.Waits, report.Wait{
			Want: c.Judged.Want, Event: c.Judged.Event, Channel: strings.Join(c.Judged.Channels, ", "), Verdict: c.Outcome.Verdict,
			Window: c.Judged.Window.Length(), Took: c.Took, Bound: c.Outcome.Bound,
			Measure: c.Outcome.Verdict == expect.Passed && c.Judged.Least > 0 && len(c.Outcome.Matched) > 0,
		})
	}
	s.concealAll(a.world, &sc)
	return sc
}

// obituary says that the system had ended when the scenario failed.
func (s *session) obituary(a *attempt) string {
	died := s.died.Load()
	if died == nil || died.After(a.ended) {
		return ""
	}
	return fmt.Sprintf("\n  the system under test had ended by itself, %s after the scenario began", span.Format(died.Sub(a.began)))
}

// log returns what the system wrote of the scenario: the lines with one of its ids; all lines, where it ran alone.
func (s *session) log(a *attempt) string {
	if s.system == nil {
		return ""
	}
	alone := s.world.Journal.Alone(a.world.Execution())
	var lines []string
	for _, line := range s.system.Log(a.began, time.Now()) {
		mine := alone
		ids.Scan(line.Text, func(id ids.ID) { mine = mine || id.Execution == a.world.Execution().Number() })
		if mine {
			lines = append(lines, line.Text)
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "\nlog of the system under test:\n  " + strings.Join(lines[max(0, len(lines)-logged):], "\n  ")
}

// write writes the reports that were asked for.
func (s *session) write(r report.Run) error {
	var errs []error
	for _, format := range s.Formats {
		_, file, _ := strings.Cut(format, ":")
		if err := s.writeJSON(r, file); err != nil {
			errs = append(errs, fmt.Errorf("write the report %s: %w", file, err))
		}
	}
	return errors.Join(errs...)
}

func (s *session) writeJSON(r report.Run, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	return errors.Join(report.JSON(out, r, s.hide), out.Flush(), f.Close())
}

// clearReports makes room for the reports, so that nobody takes those of an earlier run for this one's.
func clearReports(formats []string) error {
	for _, f := range formats {
		_, file, _ := strings.Cut(f, ":")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// checkFormats says what is wrong with the reports that are asked for.
func checkFormats(formats []string) error {
	for _, f := range formats {
		name, file, _ := strings.Cut(f, ":")
		if name != "json" || filepath.Ext(file) != ".json" {
			return fmt.Errorf("--format %q: write json:FILE, such as json:reports/run.json", f)
		}
	}
	return nil
}
