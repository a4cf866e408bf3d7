// One attempt at one scenario, from godog's hooks to its result.

package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cucumber/godog"
	"github.com/cucumber/godog/formatters"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
)

// attempt is what is known of one execution of a scenario.
type attempt struct {
	scenario    *plan.Scenario
	number      int           // from 1
	world       *engine.World // nil if it never began
	began       time.Time
	ended       time.Time
	hooks       []hookRun
	steps       []stepRun
	step        string // the step that settled it
	failure     error  // of that step, which godog forgets if it was ErrSkip
	verdict     expect.Verdict
	reason      string
	expectation bool   // the verdict is an expectation's, which the audit may change
	release     func() // of its context
}

// stepRun is one step of an attempt.
type stepRun struct {
	text         string
	began, ended time.Time
	status       godog.StepResultStatus
	failure      error
}

type attemptKey struct{}

// attemptOf returns the attempt that ctx belongs to. It is nil for a scenario that does not run, and behind a first
// step that panicked.
func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// idle says that ctx belongs to a scenario that godog goes through and that does not run.
func idle(ctx context.Context) bool {
	a, ok := ctx.Value(attemptKey{}).(*attempt)
	return ok && a == nil
}

// register adds the hooks and the phrases, once for a suite of godog's: it compiles patterns anew for each scenario if
// they are registered there. byNode has the scenarios that are to run; enter and leave are called around each of them.
func (s *session) register(suite *godog.TestSuiteContext, byNode plan.ByNode, enter, leave func(*plan.Scenario)) {
	sc := suite.ScenarioContext()
	sc.Before(func(ctx context.Context, p *godog.Scenario) (context.Context, error) {
		planned := byNode.Of(p)
		if planned != nil {
			enter(planned)
		}
		return s.before(ctx, planned)
	})
	sc.StepContext().Before(beforeStep)
	sc.StepContext().After(s.afterStep)
	if s.Hooks != nil {
		s.Hooks(Hooks{sc, s, new(int)})
	}
	sc.After(func(ctx context.Context, p *godog.Scenario, err error) (context.Context, error) {
		planned := byNode.Of(p)
		if planned != nil {
			defer leave(planned)
		}
		return s.after(ctx, planned, err)
	})
	s.Vocabulary.Register(sc)
	if s.Steps != nil {
		s.Steps(sc)
	}
}

func (s *session) before(ctx context.Context, planned *plan.Scenario) (context.Context, error) {
	if planned == nil || s.ctx.Err() != nil {
		return context.WithValue(ctx, attemptKey{}, (*attempt)(nil)), godog.ErrSkip
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })
	listens := planned.Listens
	if planned.Custom {
		listens = append(listens[:len(listens):len(listens)], s.Listen...)
	}
	a := &attempt{
		scenario: planned, number: s.round, world: s.world.New(listens), began: time.Now(),
		release: func() { stop(); cancel(nil) },
	}
	says := s.saidBy(planned)
	s.mu.Lock()
	s.running[planned], s.says[a.world] = a, says
	s.mu.Unlock()
	a.world.PlanWaits(planned.PlannedWaits)
	if planned.Alone != "" {
		a.world.Isolate(ctx)
	}
	ctx = engine.With(context.WithValue(ctx, attemptKey{}, a), a.world)
	return ctx, s.redact(a.world, a.world.Ready())
}

func beforeStep(ctx context.Context, step *godog.Step) (context.Context, error) {
	if a := attemptOf(ctx); a != nil && a.ended.IsZero() {
		plan.Begin(a.world, step)
		a.steps = append(a.steps, stepRun{text: step.Text, began: time.Now()})
	}
	return ctx, nil
}

func (s *session) afterStep(
	ctx context.Context, step *godog.Step, status godog.StepResultStatus, err error,
) (context.Context, error) {
	a := attemptOf(ctx)
	if a == nil || !a.ended.IsZero() || len(a.steps) == 0 {
		return ctx, nil // skipped, behind the step that has ended the scenario
	}
	if status == godog.StepSkipped && err == nil {
		a.steps = a.steps[:len(a.steps)-1] // behind one that has skipped the scenario, which goes on all the same
		return ctx, nil
	}
	if callers, ok := stackOf(err); ok {
		err = panicked("the step", err, s.placeOf(a.scenario, a.numberOf(step.Text)), callers)
	}
	callers, exits := left()
	if exits && err == nil {
		err = broken("the step ended its goroutine, as t.FailNow and t.SkipNow do; it is to return an error",
			s.placeOf(a.scenario, a.numberOf(step.Text)), callers)
	}
	err = s.redact(a.world, err)
	last := &a.steps[len(a.steps)-1]
	last.ended, last.status, last.failure = time.Now(), status, err
	if err != nil && a.failure == nil {
		a.step, a.failure = step.Text, err
	}
	if exits {
		return ctx, err // else godog calls no hook behind the scenario
	}
	return ctx, nil
}

// after settles the attempt. Its error is that of an inconclusive step: these let the scenario go on, so that godog has
// not heard of them.
func (s *session) after(ctx context.Context, planned *plan.Scenario, err error) (context.Context, error) {
	// Not by ctx: a first step that panics costs godog what the hooks before it have put there.
	s.mu.Lock()
	a := s.running[planned]
	delete(s.running, planned)
	s.mu.Unlock()
	if a == nil {
		return ctx, nil
	}
	var unheard error
	if err == nil && a.failure == nil {
		unheard = s.redact(a.world, cmp.Or(a.world.End(), s.unproved(a)))
	}
	a.release()
	a.world.Rest()
	if panics(err) && a.failure != nil {
		err = a.failure // the verdict that afterStep has made of it
	}
	a.settle(cmp.Or(err, a.failure, unheard))
	a.hooked()
	a.ended = time.Now()
	s.mu.Lock()
	s.attempts = append(s.attempts, a)
	s.mu.Unlock()
	s.audit(a)
	return ctx, unheard
}

// hooked has a hook settle the attempt whose error is worse than what did: godog tells of the first one only.
func (a *attempt) hooked() {
	for _, h := range a.hooks {
		said := &attempt{scenario: a.scenario}
		if said.settle(h.failure); said.verdict > a.verdict {
			a.verdict, a.reason, a.step, a.expectation = said.verdict, said.reason, "", false
		}
	}
}

// settle reads the verdict out of the error that ended the scenario.
func (a *attempt) settle(err error) {
	var v *engine.Verdict
	switch {
	case err == nil:
		a.verdict = expect.Passed
	case errors.As(err, &v):
		a.verdict, a.reason, a.expectation = v.Verdict, v.Reason, v.Expectation
	case errors.Is(err, godog.ErrUndefined), errors.Is(err, godog.ErrAmbiguous):
		a.verdict, a.reason = expect.Failed, a.scenario.Problems[a.step]
		if a.reason == "" {
			a.reason = err.Error()
		}
	case errors.Is(err, godog.ErrPending):
		a.verdict, a.reason = expect.Failed, "pending step: its function says that it is not written yet"
	case errors.Is(err, godog.ErrSkip):
		a.verdict, a.reason = expect.Inconclusive, "a step or hook skipped the scenario"
	default:
		a.verdict, a.reason = expect.Failed, err.Error()
	}
}

// missing returns an attempt for each chosen scenario that did not run: nothing passes by not being there.
func (s *session) missing(ctx context.Context) (all []*attempt) {
	ran := make(map[*plan.Scenario]bool)
	for _, a := range s.attempts {
		ran[a.scenario] = true
	}
	now := time.Now()
	for _, planned := range s.plan.Chosen() {
		if ran[planned] {
			continue
		}
		a := &attempt{
			scenario: planned, number: 1, began: now, ended: now, verdict: expect.Failed, reason: "the scenario did not run",
		}
		if ctx.Err() != nil {
			a.verdict, a.reason = expect.Inconclusive, fmt.Sprintf("not run: %v", context.Cause(ctx))
		}
		all = append(all, a)
	}
	return all
}

// silent is the godog formatter of a run that reports by itself.
const silent = "harken"

// godog keeps its formatters in a table of its own, which is written once.
var registerSilent = sync.OnceFunc(func() {
	godog.Format(silent, "nothing: Harken reports by itself",
		func(string, io.Writer) formatters.Formatter { return quiet{} })
})

type quiet struct{}

func (quiet) TestRunStarted()                                                     {}
func (quiet) Feature(*messages.GherkinDocument, string, []byte)                   {}
func (quiet) Pickle(*messages.Pickle)                                             {}
func (quiet) Defined(*messages.Pickle, *messages.PickleStep, *definitionOf)       {}
func (quiet) Failed(*messages.Pickle, *messages.PickleStep, *definitionOf, error) {}
func (quiet) Passed(*messages.Pickle, *messages.PickleStep, *definitionOf)        {}
func (quiet) Skipped(*messages.Pickle, *messages.PickleStep, *definitionOf)       {}
func (quiet) Undefined(*messages.Pickle, *messages.PickleStep, *definitionOf)     {}
func (quiet) Pending(*messages.Pickle, *messages.PickleStep, *definitionOf)       {}
func (quiet) Ambiguous(*messages.Pickle, *messages.PickleStep, *definitionOf, error) {
}
func (quiet) Summary() {}

type definitionOf = formatters.StepDefinition
