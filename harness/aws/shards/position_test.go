package shards

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// goingOn runs a test in a bubble, which is given what opens a listener behind the one whose position is taken after
// first.
func goingOn(
	t *testing.T, r *river, settings Settings, first func(t *testing.T, l *Listener),
	test func(t *testing.T, open func(Settings) *Listener, h *heard),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, err := Listen(t.Context(), r, settings, &heard{})
		if err != nil {
			t.Fatal(err)
		}
		first(t, l)
		at, err := l.Position()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		kept, err := json.Marshal(at) // it outlives the process
		if err != nil {
			t.Fatal(err)
		}
		h := &heard{}
		test(t, func(settings Settings) *Listener {
			var at harness.Position
			if err := json.Unmarshal(kept, &at); err != nil {
				t.Fatal(err)
			}
			again, err := Listen(harness.WithPosition(t.Context(), at), r, settings, h)
			if err != nil {
				t.Fatal(err)
			}
			return again
		}, h)
	})
}

func TestAnotherListenerGoesOnWhereOneWas(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(r *river, s *Settings)
	}{
		{"as the service tells its time", func(*river, *Settings) {}},
		{"by a clock that is an hour ahead", func(r *river, _ *Settings) { r.ahead = time.Hour }},
		{"by a clock that is an hour behind", func(r *river, _ *Settings) { r.ahead = -time.Hour }},
		{"by a clock that nothing is known of", func(r *river, _ *Settings) { r.mute, r.ahead = true, 4*time.Minute }},
		{"where pages do not say that they are the last", func(r *river, s *Settings) { r.tacit, s.Tacit = true, true }},
		{"by canaries", func(r *river, s *Settings) { s.Canary = r.canary }},
		{"in small pages", func(r *river, _ *Settings) { r.page = 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, settings := newRiver("a", "b", "c"), bounded()
			c.set(r, &settings)
			goingOn(t, r, settings, func(t *testing.T, l *Listener) {
				r.put("a", "read")
				proved(t, l)
			}, func(t *testing.T, open func(Settings) *Listener, h *heard) {
				r.put("a", "a meanwhile")
				r.put("b", "b meanwhile") // in which nothing had been read
				r.follow([]string{"c"}, "d")
				r.put("d", "d meanwhile")
				pass(t, time.Hour)
				l := open(settings)
				defer l.Close()
				r.put("a", "later")
				proved(t, l)
				h.want(t, "a meanwhile", "b meanwhile", "d meanwhile", "later")
			})
		})
	}
}

func TestWhatWasThereLongBeforeTheFirstListenerIsNotReadByAnother(t *testing.T) {
	r := newRiver("a", "b")
	r.page = 2
	r.put("a", "old 1", "old 2", "old 3", "old 4", "old 5")
	r.put("b", "old 6")
	r.follow([]string{"b"}, "c")
	synctest.Test(t, func(t *testing.T) {
		for _, b := range r.shards { // put them into the bubble's time
			for i := range b.records {
				b.records[i].at, b.records[i].event.Stamp = time.Now(), time.Now()
			}
		}
		pass(t, time.Hour)
		first, err := Listen(t.Context(), r, bounded(), &heard{})
		if err != nil {
			t.Fatal(err)
		}
		pass(t, time.Minute)
		at, err := first.Position()
		if err != nil {
			t.Fatal(err)
		}
		first.Close()
		r.put("a", "meanwhile")
		h := &heard{}
		second, err := Listen(harness.WithPosition(t.Context(), at), r, bounded(), h)
		if err != nil {
			t.Fatal(err)
		}
		if at, err = second.Position(); err != nil { // also a third one knows
			t.Fatal(err)
		}
		second.Close()
		h.want(t, "meanwhile")
		third, err := Listen(harness.WithPosition(t.Context(), at), r, bounded(), h)
		if err != nil {
			t.Fatal(err)
		}
		defer third.Close()
		proved(t, third)
		h.want(t)
	})
}

func TestWhatCameRightBeforeThePositionAndCouldNotBeReadIsReadByAnother(t *testing.T) {
	r, settings := newRiver("a", "b"), bounded()
	r.visible = settings.Bound - time.Millisecond
	goingOn(t, r, settings, func(t *testing.T, l *Listener) {
		pass(t, time.Minute)
		r.put("b", "on its way")
		pass(t, settings.Bound/2)
		if err := l.poller.Look(t.Context()); err != nil { // which finds nothing
			t.Fatal(err)
		}
	}, func(t *testing.T, open func(Settings) *Listener, h *heard) {
		l := open(settings)
		defer l.Close()
		proved(t, l)
		h.want(t, "on its way")
	})
}

func TestWhatIsLostBetweenTwoListenersIsAGap(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(t *testing.T, r *river, s *Settings)
		want string
		then []string
		why  string
	}{
		{"records that were discarded", func(t *testing.T, r *river, _ *Settings) {
			r.put("a", "lost", "kept")
			r.change("a", func(b *bed) { b.trimmed = 2 })
		}, "records were discarded before they were read", []string{"kept"}, "what is left is read"},
		{"a shard that is gone", func(t *testing.T, r *river, _ *Settings) {
			r.put("a", "lost")
			r.follow([]string{"a"}, "b")
			r.put("b", "kept")
			r.change("a", func(b *bed) { b.gone = true })
		}, "shard a: the shard is gone", []string{"kept"}, "its records went with it"},
		{"more time than records are kept", func(t *testing.T, r *river, _ *Settings) {
			r.put("a", "kept")
			pass(t, 25*time.Hour)
		}, "the stream keeps them for 24h0m0s", []string{"kept"}, "Kinesis does not say that it begins later"},
		{"a stream that was made anew", func(t *testing.T, r *river, s *Settings) {
			s.Identity = "another"
			r.change("a", func(b *bed) { b.records = nil })
			r.put("a", "kept")
		}, "the stream is another one than before", []string{"kept"}, "its numbers mean nothing here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, settings := newRiver("a"), bounded()
			settings.Identity, settings.Retention = "one", 24*time.Hour
			var lost time.Time
			goingOn(t, r, settings, func(t *testing.T, l *Listener) {
				r.put("a", "read")
				proved(t, l)
				lost = time.Now()
			}, func(t *testing.T, open func(Settings) *Listener, h *heard) {
				again := settings
				c.lose(t, r, &again)
				l := open(again)
				defer l.Close()
				proved(t, l)
				captures, gaps := h.take()
				if !slices.Equal(captures, c.then) {
					t.Errorf("captured %q, want %q (%s)", captures, c.then, c.why)
				}
				if len(gaps) != 1 || gaps[0].from.After(lost) || gaps[0].to.Before(lost) ||
					!strings.Contains(gaps[0].cause.Error(), c.want) {
					t.Errorf("got the gaps %v, want one since %s: %s", gaps, lost, c.want)
				}
			})
		})
	}
}

func TestAPositionOfSomethingElseIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, place := range []string{``, `{}`, `7`} {
			ctx := harness.WithPosition(t.Context(), harness.Position{At: time.Now(), Place: json.RawMessage(place)})
			if _, err := Listen(ctx, newRiver("a"), bounded(), &heard{}); err == nil ||
				!strings.HasPrefix(err.Error(), "the position is none of a stream") {
				t.Errorf("%q: got %v", place, err)
			}
		}
	})
}
