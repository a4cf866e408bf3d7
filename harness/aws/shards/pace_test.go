package shards

import (
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
)

func TestAShardIsReadLittleMoreThanOnceASecondInTheLongRun(t *testing.T) {
	for _, c := range []struct {
		name string
		wait bool
	}{{"while nobody waits", false}, {"while somebody begins to wait all the time", true}} {
		t.Run(c.name, func(t *testing.T) {
			r := newRiver("a")
			listening(t, r, bounded(), func(t *testing.T, l *Listener, _ *heard) {
				for range 1000 {
					if c.wait {
						defer l.Await(harness.Wait{Until: time.Now().Add(time.Hour)})()
					}
					pass(t, 100*time.Millisecond)
				}
				reads := r.taken()
				if n := len(reads); n > 100+reserve+100/5+1 || n < 95 {
					t.Errorf("read %d times in 100s", n)
				}
				for i := 1; i < len(reads); i++ {
					if d := reads[i].Sub(reads[i-1]); d < quick {
						t.Fatalf("read twice within %s", d)
					}
				}
			})
		})
	}
}

func TestWhoBeginsToWaitIsServedSooner(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, _ *heard) {
		for range 3 { // what was used up is saved up again
			pass(t, time.Minute)
			r.taken()
			release := l.Await(harness.Wait{Until: time.Now().Add(time.Minute)})
			pass(t, 4*time.Second)
			release()
			if n := len(r.taken()); n < 9 || n > 11 {
				t.Errorf("read %d times in the first 4s, want 10", n)
			}
		}
	})
}

func TestAfterARefusalAShardIsLeftInPeace(t *testing.T) {
	r := newRiver("a")
	listening(t, r, bounded(), func(t *testing.T, l *Listener, h *heard) {
		pass(t, time.Minute)
		defer l.Await(harness.Wait{Until: time.Now().Add(time.Minute)})()
		r.fail("a", ErrThrottled)
		pass(t, 500*time.Millisecond)
		r.taken()
		pass(t, 4*time.Second)
		if n := len(r.taken()); n != 0 {
			t.Errorf("read %d times in the 4s after a refusal", n)
		}
		r.put("a", "1")
		pass(t, 2*time.Second)
		h.want(t, "1")
	})
}

func TestAnEmulatorIsReadAsOftenAsAnybodyWants(t *testing.T) {
	r := newRiver("a")
	settings := bounded()
	settings.Bound, settings.Hurried = 0, true
	listening(t, r, settings, func(t *testing.T, l *Listener, _ *heard) {
		began := time.Now()
		for range 100 {
			proved(t, l)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("100 Syncs took %s", took)
		}
	})
}
