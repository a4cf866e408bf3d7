// The way out: every output passes here, and meets its fate.

package main

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/reference/faults"
)

// reorderHold is how long a held back output waits for a next one at most.
const reorderHold = 200 * time.Millisecond

// outlet publishes outputs as their fates have it. Its methods may be called concurrently.
type outlet struct {
	publish func(*nats.Msg) error
	late    sync.WaitGroup // second ones of duplicates that are still to come

	mu   sync.Mutex
	held chan struct{} // of the output that is held back, closed when it may go; nil while there is none
}

// send returns once out is published, or dropped. Whatever is still held back when ctx ends goes out at once: a fault
// may delay an output, but only drop loses one.
func (o *outlet) send(ctx context.Context, out *nats.Msg, f faults.Fate) error {
	if f.Drop {
		return nil
	}
	if f.Corrupt {
		wrong := *out
		wrong.Data = faults.Corrupted(out.Data)
		out = &wrong
	}
	wait(ctx, f.Delay)
	waiting, mine := o.enter(f.Reorder)
	if mine != nil {
		o.hold(ctx, mine)
	}
	if waiting != nil {
		defer close(waiting)
	}
	if err := o.publish(out); err != nil {
		return err
	}
	if f.Duplicate && f.DuplicateAfter == 0 {
		return o.publish(out)
	}
	if f.Duplicate {
		o.late.Go(func() {
			wait(ctx, f.DuplicateAfter)
			_ = o.publish(out) // the order is done; a duplicate that gets lost is none
		})
	}
	return nil
}

// enter returns the output that waits for this one to go, if there is one. If there is none and this one is to be
// reordered, it is now the one that waits: were all held back, the first would just be the first to go.
func (o *outlet) enter(reorder bool) (waiting, mine chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	waiting, o.held = o.held, nil
	if reorder && waiting == nil {
		mine = make(chan struct{})
		o.held = mine
	}
	return waiting, mine
}

// hold returns when the output that waits at mine may go.
func (o *outlet) hold(ctx context.Context, mine chan struct{}) {
	limit := time.NewTimer(reorderHold)
	defer limit.Stop()
	select {
	case <-mine:
	case <-limit.C:
	case <-ctx.Done():
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held == mine {
		o.held = nil
	}
}

// drain returns once all second ones are out. It follows the last send.
func (o *outlet) drain() { o.late.Wait() }

// wait returns after d, or when ctx ends; ok tells that it was after d.
func wait(ctx context.Context, d time.Duration) (ok bool) {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
