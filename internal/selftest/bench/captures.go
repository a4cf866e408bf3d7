// How much is captured a second: from the first of many sent to the end of the step that waits for all of them.

package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
)

// harkenCaptures has a scenario ask once and wait for very many answers, which the client sends.
func harkenCaptures(ctx context.Context, c bareClient, many int) (_ results, err error) {
	questions, err := nats.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, questions.Close()) }()
	r, err := newRun(questions.URL()+"/questions", c.address())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, err := range r.Listen(ctx, []string{"answers"}) {
		return nil, err
	}
	w := r.New([]string{"answers"})
	w.At(engine.Step{Text: `a "question" is produced`})
	if err := w.Produce(ctx, engine.Send{Event: "question"}); err != nil {
		return nil, err
	}
	bodies := answersTo(w.Execution().Sent()[0].Event().Body, many)
	w.At(engine.Step{Number: 1, Text: fmt.Sprintf(`at least %d "answer" events appear`, many)})
	return rate(ctx, c, bodies, func(ctx context.Context) error {
		err := w.Expect(ctx, engine.Want{Event: "answer", Window: "within 10m", Least: many, Most: expect.Unlimited, All: true})
		return errors.Join(err, w.End())
	})
}

// bareReads has the client read as many as it sends.
func bareReads(ctx context.Context, c bareClient, many int) (results, error) {
	all := make(chan struct{})
	var read atomic.Int64
	err := c.read(ctx, func([]byte) {
		if read.Add(1) == int64(many) {
			close(all)
		}
	})
	if err != nil {
		return nil, err
	}
	return rate(ctx, c, answersTo([]byte(`{"id": "0198c3f1-4b7e-4d3a-9c55-6f1f2a7b8c9d"}`), many),
		func(ctx context.Context) error {
			select {
			case <-all:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("read %d of %d: %w", read.Load(), many, context.Cause(ctx))
			}
		})
}

// answersTo returns events that differ and answer the same question.
func answersTo(question []byte, many int) [][]byte {
	all := make([][]byte, many)
	for i := range all {
		all[i] = fmt.Appendf(nil, `{"to": %s, "number": %d}`, question, i)
	}
	return all
}

// rate has the client send the bodies, and returns how many a second were sent and waited for.
func rate(ctx context.Context, c bareClient, bodies [][]byte, wait func(ctx context.Context) error) (results, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 5*pushedWithin, errors.New("it takes too long"))
	defer cancel()
	flooded := make(chan error, 1)
	begin := time.Now()
	go func() {
		err := c.flood(ctx, bodies)
		if err != nil {
			cancel()
		}
		flooded <- err
	}()
	err := wait(ctx)
	took := time.Since(begin)
	if err := errors.Join(<-flooded, err); err != nil {
		return nil, err
	}
	return results{capturesRate: float64(len(bodies)) / took.Seconds()}, nil
}
