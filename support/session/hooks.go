// Hooks of the suite's own.

package session

import (
	"context"
	"runtime"
	"time"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
)

// Hooks takes hooks around scenarios and steps. They are godog's in all but two things: a hook that panics leaves
// its scenario inconclusive, where godog would end the process, and is not called for a scenario that does not run.
type Hooks struct {
	sc      *godog.ScenarioContext
	session *session
	number  *int // of the hooks around scenarios so far
}

// around notes a hook that is called before or after each scenario, once for all parts of the suite that godog runs,
// and returns its number.
func (h Hooks) around(hook any, after bool) int {
	n := *h.number
	*h.number++
	h.session.mu.Lock()
	defer h.session.mu.Unlock()
	if n == len(h.session.hooks) {
		file, line := plan.Place(hook)
		h.session.hooks = append(h.session.hooks, report.Hook{After: after, Source: file, Line: line})
	}
	return n
}

// hookRun is one call of a hook around a scenario.
type hookRun struct {
	number       int
	began, ended time.Time
	failure      error
}

// called notes that a hook was called.
func (h Hooks) called(ctx context.Context, number int, began time.Time, err error) {
	if a := attemptOf(ctx); a != nil {
		a.hooks = append(a.hooks, hookRun{number, began, time.Now(), h.session.redact(a.world, err)})
	}
}

// Before has the hook called before each scenario.
func (h Hooks) Before(hook godog.BeforeScenarioHook) {
	number := h.around(hook, false)
	h.sc.Before(func(ctx context.Context, p *godog.Scenario) (_ context.Context, err error) {
		if idle(ctx) {
			return ctx, nil
		}
		began := time.Now()
		defer func() { h.called(ctx, number, began, err) }()
		defer survive("before a scenario", &err)
		return hook(ctx, p)
	})
}

// After has the hook called after each scenario, with the error of the step that failed.
func (h Hooks) After(hook godog.AfterScenarioHook) {
	number := h.around(hook, true)
	h.sc.After(func(ctx context.Context, p *godog.Scenario, failed error) (_ context.Context, err error) {
		if idle(ctx) {
			return ctx, nil
		}
		began := time.Now()
		defer func() { h.called(ctx, number, began, err) }()
		defer survive("after a scenario", &err)
		return hook(ctx, p, failed)
	})
}

// BeforeStep has the hook called before each step.
func (h Hooks) BeforeStep(hook godog.BeforeStepHook) {
	h.sc.StepContext().Before(func(ctx context.Context, step *godog.Step) (_ context.Context, err error) {
		if idle(ctx) {
			return ctx, nil
		}
		defer survive("before a step", &err)
		return hook(ctx, step)
	})
}

// AfterStep has the hook called after each step, also after one that was skipped.
func (h Hooks) AfterStep(hook godog.AfterStepHook) {
	h.sc.StepContext().After(func(ctx context.Context, step *godog.Step, status godog.StepResultStatus,
		failed error) (_ context.Context, err error) {
		if idle(ctx) {
			return ctx, nil
		}
		defer survive("after a step", &err)
		return hook(ctx, step, status, failed)
	})
}

// survive turns a panic into an error. It is to be deferred.
func survive(when string, err *error) {
	if p := recover(); p != nil {
		var callers [64]uintptr
		*err = panicked("the hook "+when, p, "", callers[:runtime.Callers(1, callers[:])])
	}
}
