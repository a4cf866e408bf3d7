// Running a suite several times over against one started system, each time over other transports: what package lab
// does.

package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
)

// Series is a suite whose services and system under test have been started, and which can be run again and again. Each
// round is a run of its own, with a number, a journal and listeners of its own; its scenarios have one attempt each,
// and it writes no reports.
type Series struct {
	session *session
	used    bool // what is open has seen a round

	mu        sync.Mutex
	journal   *journal.Journal          // of the round
	executing map[uint32]*plan.Scenario // by the number of the execution in the round
}

// Round says how a suite is run once.
type Round struct {
	Scenarios  []*plan.Scenario // in the order of the plan
	Transports harness.Table    // in place of the suite's own; nil: these
	OneByOne   bool             // no two scenarios, their audits included, go on at the same time
}

// Trial is what became of one scenario in one round.
type Trial struct {
	report.Scenario
	Planned  *plan.Scenario
	Sent     []*journal.Sent
	Captures []*journal.Capture // its own, in the order of receipt on each of its channels
	Checks   []engine.Check
}

// Series starts what the suite needs. Its error says what is wrong with the suite, or what could not be started;
// nothing is left behind then. Without an error Close must be called.
func (s Suite) Series(ctx context.Context) (*Series, error) {
	x := &Series{}
	own := s.Hooks
	s.Hooks = func(h Hooks) {
		h.Before(x.begins)
		if own != nil {
			own(h)
		}
	}
	p, err := s.ready()
	if err != nil {
		return nil, err
	}
	p.quiet = true
	x.session = newSession(ctx, p)
	x.session.ctx = ctx
	registerSilent()
	if err := x.session.open(ctx); err != nil {
		err = errors.Join(err, x.session.close())
		return nil, errors.New(x.session.hide(err.Error()))
	}
	// What rounds have to say they return.
	x.session.Err = io.Discard
	x.begin()
	return x, nil
}

// Scenarios returns those that are chosen, in the order of the plan.
func (x *Series) Scenarios() []*plan.Scenario { return x.session.plan.Chosen() }

// Definitions returns what the names in the features stand for.
func (x *Series) Definitions() engine.Definitions { return x.session.world.Definitions }

// AtOnce returns how many scenarios run at once.
func (x *Series) AtOnce() int { return x.session.concurrency() }

// Hide takes secrets out of a text.
func (x *Series) Hide(text string) string { return x.session.hide(text) }

// Close stops all that Series started.
func (x *Series) Close() error {
	if err := x.session.close(); err != nil {
		return errors.New(x.session.hide(err.Error()))
	}
	return nil
}

// Run runs the scenarios once, and returns what became of each, in their order, once nothing can change it any more.
// Its error says why the round proves nothing: it was interrupted, a channel could not be listened to, or the system is
// gone.
func (x *Series) Run(ctx context.Context, r Round) ([]Trial, error) {
	s := x.session
	if x.used || r.Transports != nil {
		if err := x.reopen(ctx, r.Transports); err != nil {
			return nil, errors.New(s.hide(err.Error()))
		}
	}
	x.used = true
	for _, channel := range s.listens {
		if err := s.dead[channel]; err != nil {
			return nil, errors.New(s.hide(err.Error()))
		}
	}
	switch {
	case r.OneByOne:
		for _, planned := range r.Scenarios {
			s.attempt(ctx, []*plan.Scenario{planned}, 1)
			s.settled(ctx)
		}
	default:
		alone := func(planned *plan.Scenario) bool { return planned.Alone != "" }
		together := slices.DeleteFunc(slices.Clone(r.Scenarios), alone)
		s.attempt(ctx, together, s.concurrency())
		s.attempt(ctx,
			slices.DeleteFunc(slices.Clone(r.Scenarios), func(planned *plan.Scenario) bool { return !alone(planned) }), 1)
		s.settled(ctx)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.died.Load() != nil {
		return nil, errors.New(s.hide(s.system.Err().Error()))
	}
	return x.trials(r.Scenarios)
}

// reopen closes what the round before has used, and opens the same anew.
func (x *Series) reopen(ctx context.Context, table harness.Table) error {
	s := x.session
	definitions := s.world.Definitions
	if err := s.world.Close(); err != nil {
		return err
	}
	if table == nil {
		table = s.Transports
	}
	s.world = s.newRun(definitions, table)
	s.attempts = nil
	x.begin()
	if _, dead := s.world.Receive(ctx); len(dead) > 0 {
		return errors.Join(slices.Collect(maps.Values(dead))...)
	}
	s.dead = s.world.Listen(ctx, s.listens)
	return ctx.Err()
}

// begin prepares for the scenarios of a round.
func (x *Series) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.journal, x.executing = x.session.world.Journal, make(map[uint32]*plan.Scenario)
}

// begins is called before each scenario.
func (x *Series) begins(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
	if a := attemptOf(ctx); a != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.executing[a.world.Execution().Number()] = a.scenario
	}
	return ctx, nil
}

// Owner returns the scenario that an event on a channel belongs to, by what is known before it is captured. It is false
// of what belongs to none or to several, and of what the round itself has sent there. It may be called concurrently.
func (x *Series) Owner(channel string, e event.Event) (*plan.Scenario, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	owners := x.journal.Owners(channel, e)
	if len(owners) != 1 {
		return nil, false
	}
	planned, ok := x.executing[owners[0]]
	return planned, ok
}

func (x *Series) trials(scenarios []*plan.Scenario) (all []Trial, err error) {
	s := x.session
	attempts := make(map[*plan.Scenario]*attempt)
	for _, a := range s.attempts {
		attempts[a.scenario] = a
	}
	for _, planned := range scenarios {
		a := attempts[planned]
		if a == nil || a.world == nil {
			return nil, fmt.Errorf("%s:%d %s: the scenario did not run", planned.File.Path, planned.Line, planned.Name)
		}
		t := Trial{Scenario: s.result(a), Planned: planned, Sent: a.world.Execution().Sent(), Checks: a.world.Checks()}
		for _, channel := range a.world.Listens() {
			t.Captures = append(t.Captures, s.world.Journal.View(a.world.Execution(), channel).Own...)
		}
		all = append(all, t)
	}
	return all, nil
}

// Report writes the results of a round as those of a run, and returns the exit code that such a run has.
func (x *Series) Report(trials []Trial) int {
	s := x.session
	r := report.Run{ID: s.world.ID(), Suite: s.config.Suite, Profile: s.config.Profile.Name}
	for _, t := range trials {
		r.Scenarios = append(r.Scenarios, t.Scenario)
		if r.Began.IsZero() || t.Began.Before(r.Began) {
			r.Began = t.Began
		}
		if t.Ended.After(r.Ended) {
			r.Ended = t.Ended
		}
	}
	// A closed pipe must not change the code.
	_ = s.text.Summary(r)
	return exitCode(r, false, false)
}
