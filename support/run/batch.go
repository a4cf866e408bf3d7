// Giving godog the files of a run in batches.

package run

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/plan"
)

// batchSize is how many scenarios godog is given at once, or more: files are not divided. It keeps what it has parsed and
// run until its suite ends, about 13 kB a scenario.
const batchSize = 500

// batch is some of the files of a plan, run as one suite of godog's.
type batch struct {
	*plan.Plan
	slots  chan struct{} // one for each scenario that may run, shared by all batches
	behind atomic.Int64  // chosen scenarios that have not begun yet
	begun  chan struct{} // closed when all have
}

// batches divides the plan. At most so many scenarios run at once over all batches.
func batches(p *plan.Plan, size, atOnce int) (all []*batch) {
	slots := make(chan struct{}, atOnce)
	for _, f := range p.Files {
		if len(all) == 0 || all[len(all)-1].Chosen() >= size {
			all = append(all, &batch{Plan: &plan.Plan{}, slots: slots, begun: make(chan struct{})})
		}
		last := all[len(all)-1]
		last.Files = append(last.Files, f)
	}
	for _, b := range all {
		b.behind.Store(int64(b.Chosen()))
	}
	return all
}

// enter returns when s may begin. Scenarios that are not chosen take no place.
func (b *batch) enter(s *plan.Scenario) {
	if s == nil || !s.Chosen {
		return
	}
	b.slots <- struct{}{}
	if b.behind.Add(-1) == 0 {
		close(b.begun)
	}
}

// leave frees the place of s.
func (b *batch) leave(s *plan.Scenario) {
	if s != nil && s.Chosen {
		<-b.slots
	}
}

// scenarios lets godog run what the plan has chosen. A batch does not wait for the end of the one before: it begins as
// soon as all scenarios of that one have begun, so that a slow one holds up nobody.
func (s *session) scenarios(ctx context.Context) {
	registerSilent()
	stop := s.showProgress(ctx)
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	for _, b := range batches(s.plan, batchSize, s.concurrency()) {
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

// runBatch returns when the scenarios of b have ended. godog's own verdict is not asked for: what became of each scenario
// is known from the hooks, and what is missing there did not run.
func (s *session) runBatch(ctx context.Context, b *batch) {
	paths := make([]string, len(b.Files))
	for i, f := range b.Files {
		paths[i] = f.Path
	}
	byNode := b.Index()
	godog.TestSuite{
		Name: s.config.Suite,
		TestSuiteInitializer: func(suite *godog.TestSuiteContext) {
			sc := suite.ScenarioContext()
			sc.Before(func(ctx context.Context, p *godog.Scenario) (context.Context, error) {
				b.enter(byNode.Of(p))
				return ctx, nil
			})
			s.register(suite, byNode)
			sc.After(func(ctx context.Context, p *godog.Scenario, _ error) (context.Context, error) {
				b.leave(byNode.Of(p))
				return ctx, nil
			})
		},
		Options: &godog.Options{
			Format: silent, Output: io.Discard, NoColors: true, Strict: true, Paths: paths, Concurrency: s.concurrency(), DefaultContext: ctx,
		},
	}.Run()
}
