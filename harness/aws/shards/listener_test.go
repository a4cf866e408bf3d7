package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestOnlyWhatComesAfterTheOpeningIsCaptured(t *testing.T) {
	r := newRiver("a", "b")
	r.put("a", "before")
	r.follow([]string{"b"}, "c") // closed long ago
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		r.put("a", "one")
		r.put("c", "two")
		proved(t, l)
		h.want(t, "one", "two")
	})
}

func TestASyncWaitsForItsBound(t *testing.T) {
	r := newRiver("a")
	r.visible = 1900 * time.Millisecond
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		r.put("a", "late")
		began := time.Now()
		proved(t, l)
		h.want(t, "late")
		if took := time.Since(began); took < 2*time.Second || l.Bound() != 2*time.Second {
			t.Errorf("returned after %s, and the bound is said to be %s", took, l.Bound())
		}
	})
}

func TestASyncReadsUntilThereIsNothingMore(t *testing.T) {
	r := newRiver("a")
	r.page = 2
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		var all []string
		for i := range 2 * pages * 3 {
			all = append(all, fmt.Sprintf("%02d", i))
		}
		r.put("a", all...)
		proved(t, l)
		h.want(t, all...)
	})
}

func TestAPageWithoutRecordsIsNotTheEndWhereTheServiceIsTacit(t *testing.T) {
	for _, c := range []struct {
		name, why string
		hollow    int
		put       func(r *river)
	}{
		{"between two records", "an iterator crosses what is empty", 2, func(r *river) { r.put("a", "1", "2") }},
		{"before the first record of a shard that is new", "its iterator comes from the beginning", 9, func(r *river) {
			r.follow([]string{"a"}, "b")
			r.put("b", "1", "2")
		}},
		{"in a shard that is closed", "it ends, and until then there may be more", 30, func(r *river) {
			r.put("a", "1", "2")
			r.follow([]string{"a"}, "b")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRiver("a")
			r.tacit, r.page, r.hollow = true, 1, c.hollow
			settings := bounded()
			settings.Bound, settings.Tacit = 0, true // so that only the Sync's own reads cross anything
			listening(t, r, settings, func(t *testing.T, l *Listener, h *heard) {
				if c.hollow < far {
					pass(t, far*time.Second) // the first iterator is at the end
				}
				c.put(r)
				proved(t, l)
				captures, gaps := h.take()
				if strings.Join(captures, " ") != "1 2" || len(gaps) > 0 {
					t.Errorf("captured %q with the gaps %v (%s)", captures, gaps, c.why)
				}
			})
		})
	}
}

func TestAnIteratorThatWasSetToARecordOfLongAgoComesFromFar(t *testing.T) {
	r := newRiver("a")
	r.tacit = true
	settings := bounded()
	settings.Bound, settings.Tacit = 0, true
	listening(t, r, settings, func(t *testing.T, l *Listener, h *heard) {
		r.put("a", "1")
		proved(t, l)
		r.hollow = 9
		r.put("a", "2")
		r.fail("a", ErrExpired)
		proved(t, l)
		h.want(t, "1", "2")
	})
}

func TestWhereTheServiceIsTacitOnlyASyncReadsMorePages(t *testing.T) {
	r := newRiver("a")
	r.tacit = true
	settings := bounded()
	settings.Bound, settings.Tacit = 0, true
	listening(t, r, settings, func(t *testing.T, l *Listener, _ *heard) {
		r.taken()
		proved(t, l)
		if n := len(r.taken()); n != near {
			t.Errorf("a Sync read %d pages, want %d", n, near)
		}
		pass(t, 10*time.Second)
		if n := len(r.taken()); n > 11 {
			t.Errorf("read %d pages within 10s in which nobody asked", n)
		}
	})
}

func TestAPageThatWasAskedForBeforeASyncProvesNothing(t *testing.T) {
	r := newReader(newRiver("a"), true, &heard{})
	now := time.Now()
	c := &cursor{owed: near}
	r.asked = now
	if r.last(c, Page{}, now.Add(-time.Millisecond)); c.owed != near {
		t.Error("it counts")
	}
	if r.last(c, Page{}, now); c.owed != near-1 {
		t.Error("one that was asked for later does not count")
	}
}

func TestShardsThatFollowAreReadFromTheirBeginnings(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		r.put("a", "1")
		r.follow([]string{"a"}, "b", "c")
		r.put("b", "2")
		r.put("c", "3")
		proved(t, l)
		h.want(t, "1", "2", "3")
		r.follow([]string{"b", "c"}, "d")
		r.put("d", "4")
		proved(t, l)
		h.want(t, "4")
		r.follow([]string{"d"}, "e") // and the next ones at once
		r.follow([]string{"e"}, "f")
		r.put("f", "5")
		proved(t, l)
		h.want(t, "5")
	})
}

func TestAShardThatNoneFollowsYetProvesNothing(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		r.follow([]string{"a"})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := l.Sync(ctx)
		if err == nil || !strings.Contains(err.Error(), "shard a has ended, and none follows it yet") {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(time.Second, func() {
			r.follow([]string{"a"}, "b")
			r.put("b", "1")
		})
		pass(t, 2*time.Second)
		proved(t, l)
		h.want(t, "1")
	})
}

func TestAStreamWithoutAnOpenShardIsRefused(t *testing.T) {
	r := newRiver("a")
	r.follow([]string{"a"})
	synctest.Test(t, func(t *testing.T) {
		_, err := Listen(t.Context(), r, bounded(), &heard{})
		if err == nil || err.Error() != "no shard is open: the stream was disabled or deleted" {
			t.Errorf("got %v", err)
		}
	})
}

func TestAReadThatFailsLosesNothing(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		r.put("a", "1")
		proved(t, l)
		h.want(t, "1")
		for _, err := range []error{errCut, ErrExpired, ErrThrottled} {
			r.put("a", err.Error())
			r.fail("a", err)
			pass(t, 10*time.Second)
			proved(t, l)
			h.want(t, err.Error())
		}
	})
}

func TestASyncFailsWithTheReadThatFails(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, _ *heard) {
		r.fail("list", errCut)
		if err := l.Sync(t.Context()); err == nil || err.Error() != "river: connection cut" {
			t.Errorf("got %v", err)
		}
		r.fail("list", nil)
		proved(t, l)
	})
}

func TestASyncReadsAgainWhereTheNextReadMaySucceed(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		r.fail("list", &smithy.DeserializationError{Err: errCut})
		time.AfterFunc(10*time.Second, func() {
			r.fail("list", nil)
			r.put("a", "1")
		})
		proved(t, l)
		h.want(t, "1")
	})
}

func TestWhatMayBeLostIsAGap(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(r *river)
		want string
		then []string
		why  string
	}{
		{"an iterator that expired before anything was read", func(r *river) {
			r.put("a", "lost")
			r.fail("a", ErrExpired)
		}, "the iterator has expired", []string{"after"}, "nothing says where the end was at the opening"},
		{"records that were discarded", func(r *river) {
			r.put("a", "lost", "kept")
			r.change("a", func(b *bed) { b.trimmed = 1 })
		}, "records were discarded before they were read", []string{"after",
			"kept"}, "what is left is read from the oldest on"},
		{"a shard that is gone", func(r *river) {
			r.put("a", "lost")
			r.follow([]string{"a"}, "b")
			r.change("a", func(b *bed) { b.gone = true })
		}, "the shard is gone", []string{"after"}, "its records went with it, and another one follows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRiver("a")
			listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
				began := time.Now()
				c.lose(r)
				pass(t, 3*time.Second)
				r.put(r.shards[len(r.shards)-1].ID, "after")
				proved(t, l)
				captures, gaps := h.take()
				if strings.Join(captures, " ") != strings.Join(c.then, " ") {
					t.Errorf("captured %q, want %q (%s)", captures, c.then, c.why)
				}
				if len(gaps) != 1 || gaps[0].from.After(began) || gaps[0].to.Before(began) ||
					!strings.Contains(gaps[0].cause.Error(), c.want) {
					t.Errorf("got the gaps %v, want one from before %s: %s", gaps, began, c.want)
				}
			})
		})
	}
}

func TestARecordThatCannotBeReadIsAGapSinceItMayHaveCome(t *testing.T) {
	for _, c := range []struct {
		name string
		come func(r *river)
		why  string
	}{
		{"at once", func(r *river) { r.put("a", "broken") }, "it lay there before the read that found it began"},
		{"behind others", func(r *river) {
			r.page = 1
			r.put("a", slices.Repeat([]string{"x"}, 2*pages)...)
			r.put("a",
				"broken")
		}, "reads that left something did not find it"},
		{"in a shard that is found late", func(r *river) {
			r.follow([]string{"a"}, "b")
			r.put("b", "broken")
			r.fail("list", errCut)
			time.AfterFunc(10*time.Second, func() { r.fail("list", nil) })
		}, "it came as soon as the other one was closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRiver("a")
			r.visible = 1500 * time.Millisecond // less than the bound
			listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
				proved(t, l)
				pass(t, time.Minute)
				came := time.Now()
				c.come(r)
				pass(t, time.Minute)
				proved(t, l)
				_, gaps := h.take()
				if len(gaps) != 1 || gaps[0].from.After(came) || gaps[0].to.Before(came) || gaps[0].cause.Error() != "broken" {
					t.Errorf("got the gaps %v, want one from before %s (%s)", gaps, came, c.why)
				}
			})
		})
	}
}

func TestACanaryGoesIntoEveryOpenShard(t *testing.T) {
	r := newRiver("a", "b")
	settings := bounded()
	settings.Canary = r.canary
	listening(t, r, settings, func(t *testing.T, l *Listener, h *heard) {
		if h.canaries != 2 {
			t.Errorf("the sink was told of %d canaries at the opening, want 2", h.canaries)
		}
		r.follow([]string{"a"}, "c", "d") // so that a canary for a comes into another shard
		r.put("c", "1")
		proved(t, l)
		h.want(t, "1")
		if h.canaries != 2+3 {
			t.Errorf("the sink was told of %d canaries after a Sync, want one more for b, c and d", h.canaries)
		}
	})
}

func TestACanaryThatDoesNotComeBackProvesNothing(t *testing.T) {
	r := newRiver("a")
	settings := bounded()
	lost := false
	settings.Canary = func(ctx context.Context, shard string, e event.Event) (string, error) {
		if lost {
			return shard, nil
		}
		return r.canary(ctx, shard, e)
	}
	listening(t, r, settings, func(t *testing.T, l *Listener, _ *heard) {
		lost = true
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := l.Sync(ctx); err == nil || !strings.Contains(err.Error(), "took longer than there was") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAClosedListenerSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := 0
		settings := bounded()
		settings.Release = func() error { released++; return nil }
		l, err := Listen(t.Context(), newRiver("a"), settings, &heard{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := l.Sync(t.Context()); !errors.Is(err, harness.ErrClosed) || released != 1 {
			t.Errorf("got %v, and released %d times", err, released)
		}
	})
}
