// What is asked of a state in place of a stream of events: what is there is seen, and seen again when it changed.

package harnesstest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
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
			asked: func(r *room) string { return has(r.traits.Keyed, "Keyed") }, // else it may be all that ever was
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
			asked: func(r *room) string { return has(r.traits.Exact, "Exact") },
			check: syncReadsAgain,
		},
		{
			name:  "what is deleted is gone",
			why:   "an item that was there at the act and is not any more would be said to have stayed",
			asked: func(r *room) string { return r.brings(r.Delete != nil, "Delete") },
			check: deletedIsGone,
		},
		{
			name: "what was gone when a wait began is told to it",
			why:  "whoever waits for what an earlier step saw would be told that it is still there",
			// else it has been told, to all who ever wait
			asked: func(r *room) string {
				return cmp.Or(r.brings(r.Delete != nil, "Delete"), has(r.traits.Keyed, "Keyed"))
			},
			check: goneBeforeIsTold,
		},
		{
			name:  "what never was is not gone",
			why:   "a step that asks for a deletion would take for one that nothing was ever there",
			asked: func(r *room) string { return r.brings(r.Delete != nil, "Delete") },
			check: neverThereIsNotGone,
		},
		{
			name:  "what is made anew is empty",
			why:   "a table that was dropped and made anew holds nothing of what was there, and would be said to hold it",
			asked: func(r *room) string { return r.brings(r.Remake != nil, "Remake") },
			check: remadeIsEmpty,
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
	proves := []func(context.Context) error{l.Sync}
	if one, ok := l.Listener.(harness.KeySyncer); ok {
		proves = append(proves, func(ctx context.Context) error { return one.SyncKey(ctx, key) })
	}
	for n := range 100 {
		e := r.event()
		e.Key = key
		if err := r.send(ctx, e); err != nil {
			return err
		}
		if err := proves[n%len(proves)](ctx); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		if err := l.heard(e); err != nil {
			return fmt.Errorf("sync returned nil: %w", err)
		}
	}
	return nil
}

func deletedIsGone(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, e.Key)
	var want []string
	for range 2 { // what comes back can go again
		if _, err := passOne(ctx, r, l, e); err != nil {
			return err
		}
		began := time.Now()
		if err := r.remove(ctx, l, e.Key); err != nil {
			return err
		}
		want = append(want, e.Key)
		if err := l.Sync(ctx); err != nil { // looks again at what stays away
			return fmt.Errorf("sync: %w", err)
		}
		gone, seen := l.sink.goneKeys()
		if !slices.Equal(gone, want) {
			return fmt.Errorf("sync returned nil behind the deletion of %q, and gone are %q, want %q", e.Key, gone, want)
		}
		if at := seen[len(seen)-1]; at.Before(began) || at.After(time.Now()) {
			return fmt.Errorf("it was deleted after %s, and seen to be gone at %s", began, at)
		}
		again := r.event()
		again.Key = e.Key
		e = again
	}
	return nil
}

func goneBeforeIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, e.Key)
	if _, err := passOne(ctx, r, l, e); err != nil {
		return err
	}
	l.forget()
	if err := r.remove(ctx, l, e.Key); err != nil { // which nobody waits for
		return err
	}
	before, _ := l.sink.goneKeys()
	l.await(ctx, e.Key)
	if err := l.Sync(ctx); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if gone, _ := l.sink.goneKeys(); len(gone) == len(before) {
		return fmt.Errorf("%q was deleted before somebody waited for it again, and gone are %q", e.Key, gone)
	}
	return nil
}

func neverThereIsNotGone(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, r.event().Key)
	l.await(ctx, e.Key)
	if _, err := passOne(ctx, r, l, e); err != nil {
		return err
	}
	if err := l.Sync(ctx); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if gone, _ := l.sink.goneKeys(); len(gone) > 0 {
		return fmt.Errorf("nothing was deleted, and gone are %q", gone)
	}
	return nil
}

func remadeIsEmpty(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	l.await(ctx, e.Key)
	if _, err := passOne(ctx, r, l, e); err != nil {
		return err
	}
	began := time.Now()
	if err := r.Remake(ctx); err != nil {
		return fmt.Errorf("remake: %w", err)
	}
	if !l.settle(ctx) {
		return nil
	}
	if gone, _ := l.sink.goneKeys(); !slices.Contains(gone, e.Key) && !l.sink.gapAt(began, time.Now()) {
		return fmt.Errorf("sync returned nil behind one that was made anew, %q is not there any more, and gone are %q",
			e.Key, gone)
	}
	again := r.event()
	again.Key = e.Key
	_, err = passOne(ctx, r, l, again)
	return err
}

// remove deletes what is under key, and has the listener look.
func (r *room) remove(ctx context.Context, l *ear, key string) error {
	if err := r.Delete(ctx, key); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if err := l.Sync(ctx); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}
