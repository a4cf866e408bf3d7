// Giving godog the files of a run in batches.

package session

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/plan"
)

// batchSize is how many scenarios godog is given at once, or more: files are not divided. It keeps what it has parsed
// and run until its suite ends, about 13 kB a scenario.
const batchSize = 500

// batch is some of the scenarios of a pass, all that are in some files, run as one suite of godog's.
type batch struct {
	scenarios []*plan.Scenario
	slots     chan struct{} // one for each scenario that may run, shared by all batches
	behind    atomic.Int64  // scenarios that have not begun yet
	begun     chan struct{} // closed when all have
}

// batches divides the scenarios, which stand in the order of the plan. At most so many run at once over all batches.
func batches(scenarios []*plan.Scenario, size, atOnce int) (all []*batch) {
	slots := make(chan struct{}, atOnce)
	for i, s := range scenarios {
		if i == 0 || s.File != scenarios[i-1].File && len(all[len(all)-1].scenarios) >= size {
			all = append(all, &batch{slots: slots, begun: make(chan struct{})})
		}
		last := all[len(all)-1]
		last.scenarios = append(last.scenarios, s)
	}
	for _, b := range all {
		b.behind.Store(int64(len(b.scenarios)))
	}
	return all
}

// enter returns when a scenario of the batch may begin.
func (b *batch) enter() {
	b.slots <- struct{}{}
	if b.behind.Add(-1) == 0 {
		close(b.begun)
	}
}

// leave frees its place.
func (b *batch) leave() { <-b.slots }

// pass lets godog run the scenarios once, so many at a time, and returns when all have ended. A batch does not wait for
// the end of the one before: it begins as soon as all scenarios of that one have begun, so that a slow one holds up
// nobody.
func (s *session) pass(ctx context.Context, scenarios []*plan.Scenario, atOnce int) {
	var running sync.WaitGroup
	defer running.Wait()
	for _, b := range batches(scenarios, batchSize, atOnce) {
		if ctx.Err() != nil {
			return
		}
		ended := make(chan struct{})
		running.Go(func() {
			defer close(ended)
			s.runBatch(ctx, b)
		})
		select {
		case <-b.begun:
		case <-ended: // a file that can no longer be read has scenarios that never begin
		}
	}
}

// runBatch returns when the scenarios of b have ended. godog's own verdict is not asked for: what became of each
// scenario is known from the hooks, and what is missing there did not run.
func (s *session) runBatch(ctx context.Context, b *batch) {
	paths, byNode := plan.ForGodog(b.scenarios)
	enter := func(planned *plan.Scenario) {
		b.enter()
		if planned.Alone != "" {
			s.settled(ctx)
		}
	}
	godog.TestSuite{
		Name: s.config.Suite,
		TestSuiteInitializer: func(suite *godog.TestSuiteContext) {
			s.register(suite, byNode, enter, func(*plan.Scenario) { b.leave() })
		},
		Options: &godog.Options{
			Format: silent, Output: io.Discard, NoColors: true, Strict: true, Paths: paths, Concurrency: cap(b.slots),
			DefaultContext: ctx,
		},
	}.Run()
}
