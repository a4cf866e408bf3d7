// Package lab is mutation testing for acceptance tests of event-driven systems: it runs features against their system
// while its outputs are lost, doubled, delayed, changed, and so on, and tells which scenarios notice and which do not.
// It promises nothing to other modules.
//
// # How it goes about it
//
// The system is started once. A first run without any fault shows which events each scenario causes on the channels
// that it listens to; all scenarios must pass. For each kind of these events there is a list of faults (Faults). Then
// the features are run as often as the longest of these lists asks for: in each run every scenario meets the next fault
// on its list, by its own events only, which are told by the ids in them. So a run costs what a run costs, and there
// are as many as one scenario has faults, however many scenarios there are. Events without an id are the exception:
// they belong to all who wait for such an event, so in runs with the fault "strip-id" one scenario runs at a time. A
// last run without any fault must pass again. Who does not pass in it is not judged: what else it did not pass may have
// had the same cause.
//
// # What is noticed
//
// A fault is noticed by a scenario that does not pass. A scenario that becomes inconclusive has noticed that something
// is wrong, but does not say that it is the system; it is told apart. A fault that could not be made, since the events
// were others than in the first run, is not tried, and says nothing.
//
// What a fault does to an event happens between the system and the listener, and stands for the system's own doing (see
// package fault). The system itself works as ever, and gets the inputs of every run: the lab is for systems that may
// have as many.
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/session"
)

// Lab says what to try.
type Lab struct {
	Suite            session.Suite // its Formats, Retry and AllowFlaky do not count
	Seed             uint64        // says which of several events of a kind is hit
	Faults           []string      // names of those to try; none: all
	Format           string        // the report, as json:FILE; "" for none
	FailOnLetThrough bool          // the exit code is ExitFailed where no scenario noticed some fault
}

// experiment is one run of the lab.
type experiment struct {
	Lab
	series *session.Series
	out    io.Writer
	errs   io.Writer
	tried  []*subject
}

// subject is a scenario on which faults are tried.
type subject struct {
	session.Trial // without a fault
	mutants       []*mutant
	unjudged      string // why nothing is said of it; "" where something is
}

// Run tries the faults, writes results to the suite's Out and progress to its Err, and returns the exit code: that of
// the first run where not all passed, and of the last one where that is so; ExitUsage where nothing was started;
// ExitInterrupted where ctx ended; ExitInconclusive where a run proved nothing.
func (l Lab) Run(ctx context.Context) int {
	e := &experiment{Lab: l, out: l.Suite.Out, errs: l.Suite.Err}
	if e.out == nil {
		e.out = os.Stdout
	}
	if e.errs == nil {
		e.errs = os.Stderr
	}
	code, err := e.run(ctx)
	if err != nil {
		fmt.Fprintln(e.errs, err)
	}
	if ctx.Err() != nil {
		return session.ExitInterrupted
	}
	return code
}

func (e *experiment) run(ctx context.Context) (code int, err error) {
	if err := e.valid(); err != nil {
		return session.ExitUsage, err
	}
	e.Suite.Formats, e.Suite.Retry = nil, 0
	if e.series, err = e.Suite.Series(ctx); err != nil {
		return session.ExitUsage, err
	}
	defer func() { err = errors.Join(err, e.series.Close()) }()
	fmt.Fprintln(e.errs, "a first run, without any fault")
	first, err := e.series.Run(ctx, session.Round{Scenarios: e.series.Scenarios()})
	if err != nil {
		return session.ExitInconclusive, fmt.Errorf("the first run: %w", err)
	}
	if code := e.allPassed(first); code != session.ExitPassed {
		return code, errors.New("not all scenarios pass without any fault, so nothing can be told by adding some")
	}
	rounds := e.design(first)
	if len(rounds) == 0 {
		return session.ExitUsage, errors.New("there is nothing to try: no scenario saw an event to which one of the faults " +
			"could be done")
	}
	if err := e.try(ctx, rounds); err != nil {
		return session.ExitInconclusive, err
	}
	return e.conclude(ctx)
}

// allPassed returns ExitPassed where all trials have passed, and else reports them as a run does, and returns its exit
// code.
func (e *experiment) allPassed(trials []session.Trial) int {
	for _, t := range trials {
		if t.Verdict != expect.Passed {
			return e.series.Report(trials)
		}
	}
	return session.ExitPassed
}

// round is one run with faults, at most one for each scenario.
type round struct {
	mutants  []*mutant
	oneByOne bool
}

// design finds the faults for each scenario, and divides them among runs.
func (e *experiment) design(first []session.Trial) (rounds []round) {
	for _, t := range first {
		s := &subject{Trial: t}
		for _, o := range e.outputs(t) {
			s.mutants = append(s.mutants, e.mutants(s, o)...)
		}
		e.tried = append(e.tried, s)
	}
	return append(e.divide(false), e.divide(true)...)
}

func (e *experiment) divide(oneByOne bool) (rounds []round) {
	for _, s := range e.tried {
		i := 0
		for _, m := range s.mutants {
			if (m.Name == stripID) != oneByOne {
				continue
			}
			if i == len(rounds) {
				rounds = append(rounds, round{oneByOne: oneByOne})
			}
			rounds[i].mutants = append(rounds[i].mutants, m)
			i++
		}
	}
	return rounds
}

// longest returns how long the run takes if each scenario uses up its longest window and its audit.
func (e *experiment) longest(r round) time.Duration {
	audit := e.series.Definitions().Audit
	var alone, together []time.Duration
	for _, m := range r.mutants {
		takes := m.subject.Ended.Sub(m.subject.Began) + audit
		for _, c := range m.subject.Checks {
			takes = max(takes, c.Judged.Window.Length()+audit)
		}
		if r.oneByOne || m.subject.Planned.Alone != "" {
			alone = append(alone, takes)
		} else {
			together = append(together, takes)
		}
	}
	d := time.Duration(0)
	for _, takes := range alone {
		d += takes
	}
	slices.Sort(together)
	for last := len(together) - 1; last >= 0; last -= e.series.AtOnce() {
		d += together[last]
	}
	return d
}

// try runs the features with the faults.
func (e *experiment) try(ctx context.Context, rounds []round) error {
	faults, series, longest := 0, 0, time.Duration(0)
	for _, r := range rounds {
		faults += len(r.mutants)
		longest += e.longest(r)
		if r.oneByOne {
			series++
		}
	}
	cost := fmt.Sprintf("%s to try on %s, in %s", plural(faults, "fault"), plural(len(e.tried), "scenario"),
		plural(len(rounds)+1, "more run"))
	if series > 0 {
		cost += fmt.Sprintf(" (in %d of them one scenario runs at a time)", series)
	}
	fmt.Fprintf(e.errs, "%s: at most about %s\n", cost, span.Format(longest.Round(time.Second)))
	for i, r := range rounds {
		fmt.Fprintf(e.errs, "run %d of %d: %s\n", i+1, len(rounds)+1, plural(len(r.mutants), "fault"))
		if err := e.inject(ctx, r); err != nil {
			return fmt.Errorf("run %d: %w", i+1, err)
		}
	}
	return nil
}

// inject runs scenarios with a fault each.
func (e *experiment) inject(ctx context.Context, r round) error {
	p := &fault.Plan{Seed: e.Seed}
	var scenarios []*plan.Scenario
	for _, m := range r.mutants {
		p.Faults = append(p.Faults, m.fault())
		scenarios = append(scenarios, m.subject.Planned)
	}
	trials, err := e.series.Run(ctx, session.Round{Scenarios: scenarios, Transports: p.Table(e.Suite.Transports),
		OneByOne: r.oneByOne})
	if err != nil {
		return err
	}
	deeds := p.Deeds()
	for i, m := range r.mutants {
		m.judge(trials[i], deeds)
	}
	return nil
}

// conclude runs the features without any fault once more, and tells what came of all.
func (e *experiment) conclude(ctx context.Context) (code int, err error) {
	fmt.Fprintln(e.errs, "a last run, without any fault")
	last, err := e.series.Run(ctx, session.Round{Scenarios: e.series.Scenarios()})
	if err != nil {
		return session.ExitInconclusive, fmt.Errorf("the last run: %w", err)
	}
	code = e.allPassed(last)
	for i, s := range e.tried {
		if last[i].Verdict != expect.Passed {
			s.unjudged = fmt.Sprintf("in the last run, without any fault, it was %s", last[i].Verdict)
		}
		outputs := e.outputs(last[i])
		for _, m := range s.mutants {
			e.suggest(m, outputs)
		}
	}
	if err := e.report(); err != nil {
		return session.ExitUsage, err
	}
	if err := e.text(); err != nil {
		return session.ExitUsage, fmt.Errorf("write the results: %w", err)
	}
	if code == session.ExitPassed && e.FailOnLetThrough && len(e.unnoticed()) > 0 {
		code = session.ExitFailed
	}
	return code, nil
}
