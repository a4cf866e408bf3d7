// What is asked of Sync, on which every "nothing came" rests.

package harnesstest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func proofCases() []conformance {
	return []conformance{
		{
			name:  "sync proves",
			why:   "absence passes on the word of Sync alone, so what it does not wait for is a wrong pass",
			check: syncProves,
		},
		{
			name:  "concurrent syncs prove",
			why:   "all scenarios of a run share one listener, and their deadlines meet",
			asked: func(r *room) string { return has(r.traits.Exact, "Exact") },
			check: concurrentSyncsProve,
		},
		{
			name:  "what a cut may have lost is told",
			why:   "an event that came while the connection was down would pass as absent",
			asked: func(r *room) string { return r.brings(r.Cut != nil, "Cut") },
			check: cutIsTold,
		},
		{
			name:  "a cut is told even when it was short",
			why:   "a Sync just after the reconnect succeeds, and the event before it is lost",
			asked: func(r *room) string { return r.brings(r.Cut != nil, "Cut") },
			check: shortCutIsTold,
		},
	}
}

// fewest is how often a Sync that is exact is taken at its word at least, also where a busy machine has it take its
// time: a Sync that would need more than the case has left is no fault of the listener.
const fewest = 30

// syncProves takes a Sync that is not exact at its word all the same, but not often, since it waits for its bound. Such
// a one may also say that it can prove nothing.
func syncProves(ctx context.Context, _ *testing.T, r *room) error {
	rounds, began := 300, time.Now()
	if !r.traits.Exact {
		rounds = 3
	}
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for n := range rounds {
		if n >= fewest && time.Since(began) > caseLimit/2 {
			return nil
		}
		burst := r.eventsOf(1 + n%5)
		for _, e := range burst {
			if err := r.send(ctx, e); err != nil {
				return err
			}
		}
		switch err := l.Sync(ctx); {
		case err != nil && !r.traits.Exact:
			return nil
		case err != nil:
			return fmt.Errorf("sync: %w", err)
		}
		if err := l.heard(burst...); err != nil {
			return fmt.Errorf("sync %d returned nil: %w", n+1, err)
		}
	}
	return nil
}

func concurrentSyncsProve(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	const scenarios = 100
	failed := make(chan error, scenarios)
	for range scenarios {
		go func() {
			e := r.event()
			err := r.send(ctx, e)
			if err == nil {
				err = l.Sync(ctx)
			}
			if err == nil {
				err = l.heard(e)
			}
			failed <- err
		}()
	}
	for range scenarios {
		if e := <-failed; err == nil {
			err = e
		}
	}
	return err
}

// sending is an event and the time within which it was accepted.
type sending struct {
	event    event.Event
	from, to time.Time
}

func (r *room) sendTimed(ctx context.Context, n int) ([]sending, error) {
	var all []sending
	for range n {
		s := sending{event: r.event(), from: time.Now()}
		if err := r.send(ctx, s.event); err != nil {
			return nil, err
		}
		s.to = time.Now()
		all = append(all, s)
	}
	return all, nil
}

// told says whether every event was either captured or lies in a gap, as it must once Sync has returned nil.
func (e *ear) told(all []sending) error {
	for _, s := range all {
		if e.heard(s.event) != nil && !e.sink.gapAt(s.from, s.to) {
			return fmt.Errorf("sync returned nil, and %s was neither captured nor reported to be in a gap", s.event.Body)
		}
	}
	return nil
}

func cutIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		if err := throughACut(ctx, r, l); err != nil {
			return err
		}
	}
	return nil
}

func throughACut(ctx context.Context, r *room, l *ear) error {
	before, err := r.sendTimed(ctx, 1)
	if err != nil {
		return err
	}
	if err := heardSoon(ctx, l, before[0].event); err != nil {
		return err
	}
	sent, err := whileCut(ctx, r, 10, func(sent []sending) error { return syncWhileCut(ctx, l, sent) })
	if err != nil {
		return err
	}
	if err := l.recover(ctx); err != nil {
		return err
	}
	if err := l.told(append(before, sent...)); err != nil {
		return err
	}
	return heardAgain(ctx, r, l)
}

// whileCut has some events sent while listeners are cut off, and something done before they are back.
func whileCut(ctx context.Context, r *room, events int, do func(sent []sending) error) ([]sending, error) {
	mend := r.Cut()
	defer mend()
	sent, err := r.sendTimed(ctx, events)
	if err == nil {
		err = do(sent)
	}
	return sent, err
}

func nothing([]sending) error { return nil }

// syncWhileCut gives a Sync that cannot succeed a moment, and takes it at its word if it does.
func syncWhileCut(ctx context.Context, l *ear, sent []sending) error {
	const moment = 100 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, moment)
	defer cancel()
	if l.Sync(ctx) != nil {
		return nil
	}
	return l.told(sent)
}

func shortCutIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 10 {
		sent, err := whileCut(ctx, r, 3, nothing)
		if err != nil {
			return err
		}
		if err := l.recover(ctx); err != nil {
			return err
		}
		if err := l.told(sent); err != nil {
			return err
		}
	}
	return heardAgain(ctx, r, l)
}

// recover asks for a Sync until one succeeds, as the listener must once its connection can be made again.
func (e *ear) recover(ctx context.Context) error {
	patience := time.Second // for a single Sync, which may wait for the connection
	if b, ok := e.Listener.(harness.Bounded); ok {
		patience += b.Bound()
	}
	err := poll.Until(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return e.Sync(ctx)
	})
	if err != nil {
		return fmt.Errorf("no sync after the connection was mended: %w", err)
	}
	return nil
}

// heardAgain proves that the listener is as live as it was.
func heardAgain(ctx context.Context, r *room, l *ear) error {
	e := r.event()
	if err := r.send(ctx, e); err != nil {
		return err
	}
	if err := heardSoon(ctx, l, e); err != nil {
		return errors.Join(errors.New("the listener did not recover"), err)
	}
	return nil
}
