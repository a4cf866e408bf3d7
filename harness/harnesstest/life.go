// What is asked of opening and closing, and of a context that ends.

package harnesstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func lifeCases() []conformance {
	return []conformance{
		{
			name:  "a listener obeys its context",
			why:   "every wait has an end, so an interrupted run ends at once",
			check: listenerObeysContext,
		},
		{
			name:  "the opening context bounds the opening only",
			why:   "a listener that dies with it is silent for the rest of the run",
			check: openingContextEnds,
		},
		{
			name:  "a closed listener proves nothing",
			why:   "silence of a listener that is closed would pass as absence",
			check: closedListenerProvesNothing,
		},
		{
			name:  "nothing is captured after close",
			why:   "a capture behind the end of a run would change verdicts that were already reported",
			check: nothingAfterClose,
		},
		{
			name:  "nothing is left behind",
			why:   "harken is used as a library in test processes that open thousands of listeners",
			alone: true,
			check: nothingIsLeft,
		},
		{
			name:  "nothing is left on the server",
			why:   "a slot or queue that stays fills up a server that others need, long after the run",
			asked: func(r *room) string { return r.brings(r.Leftovers != nil, "Leftovers") },
			check: nothingIsLeftOnTheServer,
		},
	}
}

func listenerObeysContext(ctx context.Context, _ *testing.T, r *room) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err := promptly(ctx, "Listen", func() error {
		l, err := r.transport.Listen(ended, r.URL, newSink(r.Unwrap))
		if err == nil {
			return errors.Join(errors.New("opened a listener"), l.Close())
		}
		return nil
	})
	if err != nil {
		return err
	}
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	return promptly(ctx, "Sync", func() error { return mustFail(l.Sync(ended)) })
}

func openingContextEnds(ctx context.Context, _ *testing.T, r *room) error {
	opening, cancel := context.WithCancel(ctx)
	l, err := r.listen(opening)
	cancel()
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, e.Key)
	if err := r.send(ctx, e); err != nil {
		return err
	}
	return heardSoon(ctx, l, e)
}

func closedListenerProvesNothing(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	if err := l.close(); err != nil {
		return err
	}
	err = promptly(ctx, "Sync after Close", func() error { return mustFail(l.Sync(ctx)) })
	if err != nil {
		return err
	}
	return promptly(ctx, "Close", func() error { return closeAgain(l.Close()) })
}

// nothingAfterClose closes a listener in the middle of traffic; a second one tells when the traffic has passed. Where
// there can be but one at a time, the second one tells of what is sent afterwards only.
func nothingAfterClose(ctx context.Context, _ *testing.T, r *room) error {
	events, after := r.eventsOf(300), r.eventsOf(100)
	listen := func() (*ear, error) {
		l, err := r.listen(ctx)
		if err == nil {
			l.awaitAll(ctx, append(after, events...))
		}
		return l, err
	}
	closing, err := listen()
	if err != nil {
		return err
	}
	var witness *ear
	witnessed := after
	if !r.Alone {
		witnessed = append(witnessed, events...)
		if witness, err = listen(); err != nil {
			return err
		}
	}
	sent := make(chan error, 1)
	go func() { sent <- sendAll(ctx, insisting(r.send), events) }()
	if err := heardSoon(ctx, closing, events[0]); err != nil {
		return errors.Join(err, <-sent)
	}
	if err := errors.Join(closing.close(), <-sent); err != nil {
		return err
	}
	if r.Alone {
		if witness, err = listen(); err != nil {
			return err
		}
	}
	if err := r.sendAll(ctx, after); err != nil {
		return err
	}
	if err := heardSoon(ctx, witness, witnessed...); err != nil {
		return err
	}
	return closing.sink.wrong()
}

func (e *ear) awaitAll(ctx context.Context, events []event.Event) {
	if !e.room.traits.Keyed {
		return
	}
	for _, w := range events {
		e.await(ctx, w.Key)
	}
}

func nothingIsLeftOnTheServer(ctx context.Context, _ *testing.T, r *room) error {
	if err := r.send(ctx, r.event()); err != nil { // what the address itself makes on first use stays
		return err
	}
	before, err := r.Leftovers(ctx)
	if err != nil {
		return fmt.Errorf("leftovers: %w", err)
	}
	for range 3 {
		if err := useAll(ctx, r); err != nil {
			return err
		}
	}
	slices.Sort(before)
	ctx, cancel := context.WithTimeout(ctx, soon) // a server may take a moment to tidy up behind a connection
	defer cancel()
	return poll.Until(ctx, func(ctx context.Context) error {
		after, err := r.Leftovers(ctx)
		if err != nil {
			return fmt.Errorf("leftovers: %w", err)
		}
		if slices.Sort(after); !slices.Equal(before, after) {
			return fmt.Errorf("there was %q on the server, and then %q", before, after)
		}
		return nil
	})
}

// useAll opens and closes all that there is, an opening that ends early included.
func useAll(ctx context.Context, r *room) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if l, err := r.transport.Listen(ended, r.URL, newSink(r.Unwrap)); err == nil {
		if err := l.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, e.Key)
	if err := r.send(ctx, e); err != nil {
		return err
	}
	if err := heardSoon(ctx, l, e); err != nil {
		return err
	}
	_ = l.Sync(ctx) // which may make something
	if err := l.close(); err != nil || !r.traits.Produce {
		return err
	}
	return withProducer(ctx, r, func(p harness.Producer) error {
		_, err := p.Send(ctx, r.event())
		return err
	})
}

func nothingIsLeft(ctx context.Context, _ *testing.T, r *room) error {
	if err := r.send(ctx, r.event()); err != nil { // what the address itself starts on first use stays
		return err
	}
	before := goleak.IgnoreCurrent()
	for range 3 {
		l, err := r.listen(ctx)
		if err != nil {
			return err
		}
		e := r.event()
		l.await(ctx, e.Key)
		if err := r.send(ctx, e); err != nil {
			return err
		}
		if err := heardSoon(ctx, l, e); err != nil {
			return err
		}
		if err := l.close(); err != nil {
			return err
		}
	}
	if err := goleak.Find(before); err != nil {
		return fmt.Errorf("goroutines: %w", err)
	}
	return nil
}
