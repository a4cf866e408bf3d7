// What is asked of a state in place of a stream of events: what is there is seen, and seen again when it changed.

package harnesstest

import (
	"context"
	"fmt"
	"testing"
)

func stateCases() []conformance {
	return []conformance{
		{
			name:  "what comes to be is seen",
			why:   "'the record has' waits for it",
			check: comesToBe,
		},
		{
			name:  "what is there is seen",
			why:   "a Given asks for what an earlier step left, and a state that matches at the act must still match at the end",
			asked: func(r *room) bool { return r.traits.Keyed }, // else it may be all that ever was
			check: isThere,
		},
		{
			name:  "what changes is seen again",
			why:   "a state is read until it matches, so the first look must not be the last",
			check: changes,
		},
		{
			name:  "many states are seen",
			why:   "every scenario waits for keys of its own, all at one listener",
			check: many,
		},
		{
			name:  "large states are seen whole",
			why:   "a system that goes wrong writes more than anybody thought of",
			check: largeStatesAreSeen,
		},
		{
			name:  "sync reads again",
			why:   "that a state did not come to match is said on the word of Sync alone",
			asked: func(r *room) bool { return r.traits.Exact },
			check: syncReadsAgain,
		},
	}
}

func comesToBe(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, e.Key)
	got, err := passOne(ctx, r, l, e)
	if err != nil {
		return err
	}
	if got.Key != e.Key {
		return fmt.Errorf("got the key %q, want %q", got.Key, e.Key)
	}
	return nil
}

func isThere(ctx context.Context, _ *testing.T, r *room) error {
	e := r.event()
	if err := r.send(ctx, e); err != nil {
		return err
	}
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	l.await(ctx, e.Key)
	return heardSoon(ctx, l, e)
}

func changes(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	key := r.event().Key
	l.await(ctx, key)
	for range 3 {
		e := r.event()
		e.Key = key
		if _, err := passOne(ctx, r, l, e); err != nil {
			return err
		}
	}
	return nil
}

func many(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	events := r.eventsOf(300)
	l.awaitAll(ctx, events)
	if err := r.sendAll(ctx, events); err != nil {
		return err
	}
	return heardSoon(ctx, l, events...)
}

func syncReadsAgain(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	key := r.event().Key
	l.await(ctx, key)
	for range 100 {
		e := r.event()
		e.Key = key
		if err := r.send(ctx, e); err != nil {
			return err
		}
		if err := l.Sync(ctx); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		if err := l.heard(e); err != nil {
			return fmt.Errorf("sync returned nil: %w", err)
		}
	}
	return nil
}
