// What is asked of the beginning and of the traffic: nothing is missed, nothing is taken, nothing old comes.

package harnesstest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func openingCases() []conformance {
	return []conformance{
		{
			name:  "live on return",
			why:   "a run produces as soon as its listeners are open; an output that is missed then is a wrong failure",
			check: liveOnReturn,
		},
		{
			name:  "nothing from before",
			why:   "an event of an earlier run that matches lets a broken system pass",
			check: nothingFromBefore,
		},
		{
			name:  "nothing is lost",
			why:   "a run sends as fast as it can, and each capture that is lost is a wrong failure",
			check: nothingIsLost,
		},
		{
			name:  "nothing is stolen",
			why:   "a listener that takes from the system's own consumer breaks the system it tests",
			asked: func(r *room) string { return r.brings(r.Consumer != nil, "Consumer") },
			check: nothingIsStolen,
		},
		{
			name:  "two listeners see the same",
			why:   "someone watches with harken listen while a run goes on",
			asked: func(r *room) string { return unless(r.Alone, "two listeners would take from each other") },
			check: twoListeners,
		},
		{
			name:  "canaries are not captured",
			why:   "a canary in the journal would be counted as an event of the system",
			check: canariesAreNotCaptured,
		},
	}
}

// openings is how many are asked in a row. Where each takes its time, they are fewer after a while.
const openings, fewestOpenings = 100, 20

func liveOnReturn(ctx context.Context, _ *testing.T, r *room) error {
	began := time.Now()
	for n := range openings {
		if n >= fewestOpenings && time.Since(began) > caseLimit/4 {
			return nil
		}
		l, err := r.listen(ctx)
		if err != nil {
			return err
		}
		first := r.event()
		if err := r.send(ctx, first); err != nil {
			return err
		}
		if err := heardSoon(ctx, l, first); err != nil {
			return fmt.Errorf("sent right after Listen %d returned: %w", n+1, err)
		}
		if err := l.close(); err != nil {
			return err
		}
	}
	return nil
}

func nothingFromBefore(ctx context.Context, _ *testing.T, r *room) error {
	for range 5 {
		before, after := r.event(), r.event()
		if err := r.send(ctx, before); err != nil {
			return err
		}
		l, err := r.listen(ctx)
		if err != nil {
			return err
		}
		if err := r.send(ctx, after); err != nil {
			return err
		}
		if err := heardSoon(ctx, l, after); err != nil {
			return err
		}
		if n := len(l.sink.of(before)); n > 0 {
			return fmt.Errorf("%s was captured, and it was sent before Listen was called", before.Body)
		}
		if err := l.close(); err != nil {
			return err
		}
	}
	return nil
}

func nothingIsLost(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	events := r.eventsOf(2000)
	if err := r.sendAll(ctx, events); err != nil {
		return err
	}
	if err := heardSoon(ctx, l, events...); err != nil {
		return err
	}
	for _, e := range events {
		if got := distinct(l.sink.of(e)); len(got) > 1 {
			return fmt.Errorf("%s was sent once and captured %d times", e.Body, len(got))
		}
	}
	return nil
}

func nothingIsStolen(ctx context.Context, t *testing.T, r *room) error {
	consumed := r.Consumer(t)
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	events := r.eventsOf(200)
	if err := r.sendAll(ctx, events); err != nil {
		return err
	}
	if err := heardSoon(ctx, l, events...); err != nil {
		return err
	}
	got := make(map[string]bool)
	for len(got) < len(events) {
		select {
		case e := <-consumed:
			got[markOf(e.Body)] = true
		case <-ctx.Done():
			return fmt.Errorf("the system's own consumer got %d of %d events", len(got), len(events))
		}
	}
	return nil
}

func twoListeners(ctx context.Context, _ *testing.T, r *room) error {
	a, err := r.listen(ctx)
	if err != nil {
		return err
	}
	b, err := r.listen(ctx)
	if err != nil {
		return err
	}
	events := r.eventsOf(100)
	if err := r.sendAll(ctx, events); err != nil {
		return err
	}
	return errors.Join(heardSoon(ctx, a, events...), heardSoon(ctx, b, events...))
}

func canariesAreNotCaptured(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	canary := harness.Canary("conformance")
	byBody := event.Event{Key: canary.Key, Body: canary.Body}
	last := r.event()
	for _, e := range []event.Event{canary, byBody, last} {
		if err := r.send(ctx, e); err != nil {
			return err
		}
	}
	if err := heardSoon(ctx, l, last); err != nil {
		return err
	}
	if err := l.Sync(ctx); err != nil && r.traits.Exact && !r.Alone { // where there can be but one, that was another's
		return fmt.Errorf("sync: %w", err)
	}
	seen, _ := l.sink.look()
	for _, e := range seen {
		if id := harness.CanaryID(e); id != "" {
			return fmt.Errorf("the canary %q was captured", id)
		}
	}
	return nil
}

// soon is how long a capture that must come may take before it counts as lost. A listener that lost something never
// captures it, so the length is a matter of patience and not of speed.
const soon = 10 * time.Second

// heardSoon waits until all events were captured, for as long as some of them still come.
func heardSoon(ctx context.Context, l *ear, events ...event.Event) error {
	for {
		lacking, _ := l.sink.lacking(events)
		patient, cancel := context.WithTimeout(ctx, soon)
		err := l.hear(patient, events...)
		cancel()
		if still, _ := l.sink.lacking(events); err == nil || ctx.Err() != nil || len(still) == len(lacking) {
			return err
		}
	}
}

func (r *room) eventsOf(n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = r.event()
	}
	return events
}

// distinct drops redeliveries: captures with an ID that an earlier one had.
func distinct(captures []event.Event) []event.Event {
	known := make(map[string]bool)
	var kept []event.Event
	for _, e := range captures {
		if e.ID != "" && known[e.ID] {
			continue
		}
		known[e.ID] = true
		kept = append(kept, e)
	}
	return kept
}
