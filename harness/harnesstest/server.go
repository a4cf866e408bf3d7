// What is asked where somebody does something to the server under a listener, as retention, a clean-up, an operator or
// another client do.

package harnesstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func serverCases() []conformance {
	return []conformance{
		{
			name: "what is made anew under the listener is told",
			why: "a clean-up makes a topic anew, and a listener that waits at its old place there is silent for the rest " +
				"of the run",
			asked: func(r *room) string { return r.brings(r.Remake != nil, "Remake") },
			check: remadeIsTold,
		},
		{
			name: "going on in what was made anew is told",
			why:  "a parked scenario would be judged by what stands at its old place in another topic of the same name",
			asked: func(r *room) string {
				return cmp.Or(has(r.traits.Resume, "Resume"), r.brings(r.Remake != nil, "Remake"))
			},
			check: goingOnInAnotherIsTold,
		},
		{
			name:  "what was deleted before it was read is told",
			why:   "retention takes what a listener has not read yet, and no client tells of it",
			asked: func(r *room) string { return r.brings(r.Trim != nil, "Trim") },
			check: trimmedIsTold,
		},
		{
			name:  "what was deleted after it was read is no gap",
			why:   "a topic that keeps little would be one long gap, and no absence could be proved there",
			asked: func(r *room) string { return r.brings(r.Trim != nil, "Trim") },
			check: trimmedAfterwardsIsNoGap,
		},
		{
			name: "going on behind what was deleted is told",
			why:  "what came and went while a scenario was parked would pass as absent",
			asked: func(r *room) string {
				return cmp.Or(has(r.traits.Resume, "Resume"), r.brings(r.Trim != nil, "Trim"))
			},
			check: goingOnBehindTrimmedIsTold,
		},
		{
			name: "a reconnect within what the server keeps loses nothing",
			why:  "a connection that was lost for a moment would leave open every absence of that time",
			asked: func(r *room) string {
				return cmp.Or(has(r.traits.Replay, "Replay"), r.brings(r.Cut != nil, "Cut"))
			},
			check: reconnectLosesNothing,
		},
		{
			name: "a reconnect beyond what the server keeps is told",
			why:  "what came and went while the connection was down would pass as absent",
			asked: func(r *room) string {
				return cmp.Or(r.brings(r.Cut != nil, "Cut"), r.brings(r.Trim != nil, "Trim"))
			},
			check: reconnectBeyondIsTold,
		},
		{
			name:  "what is added is heard from its first event on",
			why:   "a client learns late of a partition that was added, and begins at its end",
			asked: func(r *room) string { return r.brings(r.Grow != nil, "Grow") },
			check: addedIsHeard,
		},
		{
			name:  "what a transaction hides is not proved absent",
			why:   "one that somebody else leaves open may hide what was acknowledged behind it, and it comes after all",
			asked: func(r *room) string { return r.brings(r.Hide != nil, "Hide") },
			check: hiddenIsNotAbsent,
		},
		{
			name:  "what was rolled back never came",
			why:   "what the system took back would be counted as its output",
			asked: func(r *room) string { return r.brings(r.Hide != nil, "Hide") },
			check: rolledBackNeverCame,
		},
		{
			name:  "a transaction older than the listener is heard when it commits",
			why:   "it appears when it commits, which may be behind the act, wherever its records stand",
			asked: func(r *room) string { return r.brings(r.Hide != nil, "Hide") },
			check: olderTransactionIsHeard,
		},
		{
			name:  "what waits for the system is left to it",
			why:   "a listener that reads in the system's own group, queue or slot takes from it for good",
			asked: func(r *room) string { return r.brings(r.Backlog != nil, "Backlog") },
			check: backlogIsLeft,
		},
	}
}

// insisting sends an event until it is accepted: a producer may be refused at first by what was made anew or added a
// moment ago, and once by a queue that is deleted just then.
func insisting(
	send func(ctx context.Context, e event.Event) error,
) func(ctx context.Context, e event.Event) error {
	return func(ctx context.Context, e event.Event) error {
		return poll.Until(ctx, func(ctx context.Context) error {
			err := send(ctx, e)
			if errors.Is(err, harness.ErrPerhapsTwice) {
				return poll.Permanent(err)
			}
			return err
		})
	}
}

// insist sends events one after the other, each until it is accepted.
func insist(
	ctx context.Context, send func(ctx context.Context, e event.Event) error, events ...event.Event,
) ([]sending, error) {
	var all []sending
	for _, e := range events {
		s := sending{event: e, from: time.Now()}
		if err := insisting(send)(ctx, e); err != nil {
			return nil, err
		}
		s.to = time.Now()
		all = append(all, s)
	}
	return all, nil
}

// settle asks for a Sync until one succeeds. One that never does is honest: the listener cannot go on, and says so.
func (e *ear) settle(ctx context.Context) bool {
	patience := soon
	if b, ok := e.Listener.(harness.Bounded); ok {
		patience += 2 * b.Bound()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return e.recover(ctx) == nil
}

// toldOf says whether each event was captured or lies in a gap, once the listener has an answer; and if it has one, it
// goes on, and must be as live as it was.
func toldOf(ctx context.Context, r *room, l *ear, sent []sending) (goesOn bool, err error) {
	if !l.settle(ctx) {
		return false, nil
	}
	if err := l.told(sent); err != nil {
		return true, err
	}
	if err := heardAgain(ctx, r, l); err != nil {
		return true, err
	}
	return true, l.sink.identities()
}

// identities returns an error if two events have one identity: the second would be taken for the first, delivered
// again.
func (s *sink) identities() error {
	seen, _ := s.look()
	known := make(map[string]string)
	for _, e := range seen {
		if e.ID == "" {
			continue
		}
		mark := markOf(e.Body)
		if was, ok := known[e.ID]; ok && was != mark {
			return fmt.Errorf("two events have the identity %q: %s is taken for a redelivery", e.ID, e.Body)
		}
		known[e.ID] = mark
	}
	return nil
}

// read sends some events and waits until they were captured.
func read(ctx context.Context, r *room, l *ear, n int) error {
	events := r.eventsOf(n)
	for _, e := range events {
		if err := r.send(ctx, e); err != nil {
			return err
		}
	}
	return heardSoon(ctx, l, events...)
}

const someRead = 5

func remadeIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for _, n := range []int{1, 4 * someRead} { // up to a place that was read, and beyond it
		if err := read(ctx, r, l, someRead); err != nil {
			return err
		}
		if err := r.Remake(ctx); err != nil {
			return fmt.Errorf("remake: %w", err)
		}
		sent, err := insist(ctx, r.send, r.eventsOf(n)...)
		if err != nil {
			return err
		}
		switch goesOn, err := toldOf(ctx, r, l, sent); {
		case err != nil:
			return fmt.Errorf("with %d events in it: %w", n, err)
		case !goesOn:
			return nil
		}
	}
	return nil
}

// leave reads some events, and returns where a listener was that is closed.
func leave(ctx context.Context, r *room) (harness.Position, error) {
	l, err := r.listen(ctx)
	if err != nil {
		return harness.Position{}, err
	}
	if err := read(ctx, r, l, someRead); err != nil {
		return harness.Position{}, err
	}
	positioned, ok := l.Listener.(harness.Positioned)
	if !ok {
		return harness.Position{}, errors.New("the listener has no position")
	}
	at, err := positioned.Position()
	if err != nil {
		return harness.Position{}, fmt.Errorf("position: %w", err)
	}
	return at, l.close()
}

// goOn opens a listener at a position, and says whether it told of what was sent since. It may refuse.
func goOn(ctx context.Context, r *room, at harness.Position, sent []sending) error {
	l, err := r.listen(harness.WithPosition(ctx, at))
	if err != nil {
		return nil // an honest answer: the scenario is inconclusive
	}
	if _, err = toldOf(ctx, r, l, sent); err != nil {
		return err
	}
	return l.close()
}

func goingOnInAnotherIsTold(ctx context.Context, _ *testing.T, r *room) error {
	for _, n := range []int{1, 4 * someRead} {
		at, err := leave(ctx, r)
		if err != nil {
			return err
		}
		if err := r.Remake(ctx); err != nil {
			return fmt.Errorf("remake: %w", err)
		}
		sent, err := insist(ctx, r.send, r.eventsOf(n)...)
		if err != nil {
			return err
		}
		if err := goOn(ctx, r, at, sent); err != nil {
			return fmt.Errorf("with %d events in it: %w", n, err)
		}
	}
	return nil
}

func goingOnBehindTrimmedIsTold(ctx context.Context, _ *testing.T, r *room) error {
	at, err := leave(ctx, r)
	if err != nil {
		return err
	}
	sent, err := r.sendTimed(ctx, someRead)
	if err != nil {
		return err
	}
	if err := r.Trim(ctx); err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	return goOn(ctx, r, at, sent)
}

func trimmedIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 20 {
		sent, err := r.sendTimed(ctx, 3)
		if err != nil {
			return err
		}
		if err := r.Trim(ctx); err != nil {
			return fmt.Errorf("trim: %w", err)
		}
		if !l.settle(ctx) {
			return nil
		}
		if err := l.told(sent); err != nil {
			return err
		}
	}
	return heardAgain(ctx, r, l)
}

func trimmedAfterwardsIsNoGap(ctx context.Context, _ *testing.T, r *room) error {
	began := time.Now()
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		if err := read(ctx, r, l, someRead); err != nil {
			return err
		}
		if err := l.Sync(ctx); err != nil {
			return nil // it proves nothing in any case
		}
		if err := r.Trim(ctx); err != nil {
			return fmt.Errorf("trim: %w", err)
		}
		if err := l.Sync(ctx); err != nil {
			return fmt.Errorf("all had been read that was deleted, and sync: %w", err)
		}
	}
	if g, ok := l.sink.gapWithin(began, time.Now()); ok {
		return fmt.Errorf("all had been read that was deleted, and a gap was told: %w", g.cause)
	}
	return nil
}

func reconnectLosesNothing(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		if err := read(ctx, r, l, someRead); err != nil {
			return err
		}
		began := time.Now()
		sent, err := whileCut(ctx, r, 10, nothing)
		if err != nil {
			return err
		}
		if err := l.recover(ctx); err != nil {
			return err
		}
		for _, s := range sent {
			if err := l.heard(s.event); err != nil {
				if g, ok := l.sink.gapWithin(began, time.Now()); ok {
					err = fmt.Errorf("%w, and a gap was told: %w", err, g.cause)
				}
				return fmt.Errorf("the server kept it while the connection was down: %w", err)
			}
		}
		if g, ok := l.sink.gapWithin(began, time.Now()); ok {
			return fmt.Errorf("the server kept all, and a gap was told: %w", g.cause)
		}
	}
	return nil
}

func reconnectBeyondIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		if err := read(ctx, r, l, someRead); err != nil {
			return err
		}
		sent, err := whileCut(ctx, r, 10, func([]sending) error { return r.Trim(ctx) })
		if err != nil {
			return err
		}
		if goesOn, err := toldOf(ctx, r, l, sent); err != nil || !goesOn {
			return err
		}
	}
	return nil
}

func addedIsHeard(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 2 {
		if err := read(ctx, r, l, 1); err != nil {
			return err
		}
		to, err := r.Grow(ctx)
		if err != nil {
			return fmt.Errorf("grow: %w", err)
		}
		send := func(ctx context.Context, e event.Event) error {
			_, err := to(ctx, e.Clone())
			return err
		}
		first, second := r.event(), r.event()
		sent, err := insist(ctx, send, first)
		if err != nil {
			return err
		}
		if goesOn, err := toldOf(ctx, r, l, sent); err != nil || !goesOn {
			return err
		}
		if err := send(ctx, second); err != nil {
			return err
		}
		if err := heardSoon(ctx, l, second); err != nil {
			return fmt.Errorf("the second event there: %w", err)
		}
	}
	return nil
}

func hiddenIsNotAbsent(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	hidden := r.event()
	from := time.Now()
	end, err := r.Hide(ctx, hidden.Clone())
	if err != nil {
		return fmt.Errorf("hide: %w", err)
	}
	plain, err := r.sendTimed(ctx, 10) // so that some stand behind it, whichever partition it has
	if err == nil {
		err = whileOpen(ctx, l, hidden, plain)
	}
	if err := errors.Join(err, end(ctx, true)); err != nil {
		return err
	}
	all := append(plain, sending{event: hidden, from: from, to: time.Now()})
	if err := l.recover(ctx); err != nil {
		return fmt.Errorf("the transaction is over: %w", err)
	}
	if err := l.told(all); err != nil {
		return err
	}
	return heardAgain(ctx, r, l)
}

// whileOpen takes a Sync at its word while a transaction is open, if it has one to give.
func whileOpen(ctx context.Context, l *ear, hidden event.Event, plain []sending) error {
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	if l.Sync(ctx) == nil {
		if err := l.told(plain); err != nil {
			return fmt.Errorf("a transaction is open: %w", err)
		}
	}
	if l.heard(hidden) == nil {
		return fmt.Errorf("%s was captured while its transaction was open", hidden.Body)
	}
	return nil
}

func rolledBackNeverCame(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	hidden := r.event()
	end, err := r.Hide(ctx, hidden.Clone())
	if err != nil {
		return fmt.Errorf("hide: %w", err)
	}
	if err := end(ctx, false); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	if err := read(ctx, r, l, someRead); err != nil {
		return err
	}
	if err := l.recover(ctx); err != nil {
		return err
	}
	if l.heard(hidden) == nil {
		return fmt.Errorf("%s was captured, and its transaction was rolled back", hidden.Body)
	}
	return nil
}

// olderTransactionIsHeard opens a listener beside an open transaction. It may refuse, or wait for the transaction.
func olderTransactionIsHeard(ctx context.Context, _ *testing.T, r *room) error {
	hidden := r.event()
	end, err := r.Hide(ctx, hidden.Clone())
	if err != nil {
		return fmt.Errorf("hide: %w", err)
	}
	opening, cancel := context.WithTimeout(ctx, telling)
	l, refused := r.listen(opening)
	cancel()
	from := time.Now()
	if err := end(ctx, true); err != nil || refused != nil {
		return err
	}
	_, err = toldOf(ctx, r, l, []sending{{event: hidden, from: from, to: time.Now()}})
	return err
}

func backlogIsLeft(ctx context.Context, _ *testing.T, r *room) error {
	events := r.eventsOf(100)
	for part := range 2 { // and what a second listener finds there is left, too
		l, err := r.listen(ctx)
		if err != nil {
			return err
		}
		mine := events[50*part : 50*(part+1)]
		if err := r.sendAll(ctx, mine); err != nil {
			return err
		}
		if err := heardSoon(ctx, l, mine...); err != nil {
			return err
		}
		_ = l.Sync(ctx) // which may send a canary
		if err := l.close(); err != nil {
			return err
		}
	}
	waiting, err := r.Backlog(ctx)
	if err != nil {
		return fmt.Errorf("backlog: %w", err)
	}
	left := make(map[string]bool)
	for _, e := range waiting {
		if id := harness.CanaryID(e); id != "" {
			return fmt.Errorf("the canary %q waits for the system's own consumer", id)
		}
		left[markOf(e.Body)] = true
	}
	for i, e := range events {
		if !left[markOf(e.Body)] {
			return fmt.Errorf("%d events wait for the system's own consumer, want %d: event %d is not there",
				len(waiting), len(events), i+1)
		}
	}
	return nil
}
