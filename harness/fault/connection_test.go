// Faults of the harness's own: whatever they lose, they tell.

package fault

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestACutLosesWhatAppearsMeanwhileAndTells(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		p := s.produce("memory://in")
		if err := s.send(p, `{}`); err != nil {
			t.Fatal(err)
		}
		s.put("out", `{"n":0}`)
		if err := s.sync(l, time.Minute); !errors.Is(err, errCut) {
			t.Errorf("sync in the cut: %v", err)
		}
		s.put("out", `{"n":1}`, `{"n":2}`) // at +1s, as it breaks, and +2s
		if err := s.sync(l, time.Minute); err != nil {
			t.Errorf("sync as the connection is back: %v", err)
		}
		s.put("out", `{"n":3}`)
		s.wants(`+0s out 3 {"n":0}`, `+3s out gap from +1s to +3s: the connection was lost and made again`,
			`+3s out 6 {"n":3}`)
		s.wantsTruth(`+0s out {"n":0}`, `+1s out {"n":1}`, `+2s out {"n":2}`, `+3s out {"n":3}`)
		s.wantsDeeds(`+0s cut on memory://out: {}`)
	}, Cut(time.Second, 2*time.Second).On(channel("out")))
}

func TestAListenerWhoseBrokerStoppedNeverProvesAnything(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out?clock=0s&canary=true")
		if err := s.send(s.produce("memory://in"), `{}`); err != nil {
			t.Fatal(err)
		}
		s.put("out", `{}`)
		for range 3 {
			if err := s.sync(l, time.Minute); !errors.Is(err, errCut) {
				t.Errorf("sync: %v", err)
			}
			wait(time.Hour)
		}
		s.wants(`+0s out canary stamped +0s sent +0s`)
		s.wantsTruth(`+0s out {}`)
	}, Stop(0).On(channel("out")))
}

func TestASyncThatACutInterruptsFails(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out?canary=true&bound=2s")
		if err := s.send(s.produce("memory://in"), `{}`); err != nil {
			t.Fatal(err)
		}
		if err := s.sync(l, time.Minute); !errors.Is(err, errCut) {
			t.Errorf("sync: %v", err)
		}
	}, Cut(time.Second, time.Hour).On(channel("out")))
}

func TestADeniedChannelIsNotListenedTo(t *testing.T) {
	play(t, func(s *stage) {
		_, err := s.table.Listen(s.t.Context(), address("memory://out"), notes{s, "out"})
		if !errors.Is(err, ErrDenied) {
			t.Errorf("got %v", err)
		}
		s.wantsDeeds(`+0s deny on memory://out: `)
	}, Polled(0), Deny())
}

func TestAListenerWhoseSyncsFailProvesNothing(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{}`)
		failed := 0
		for range 100 {
			if err := s.sync(l, time.Minute); errors.Is(err, errUnproved) {
				failed++
			}
		}
		if failed < 30 || failed > 70 || len(s.plan.Deeds()) != failed {
			t.Errorf("%d of 100 syncs failed at a rate of 0.5, %d deeds", failed, len(s.plan.Deeds()))
		}
		s.wants(`+0s out 1 {}`)
	}, FailSyncs().Rate(0.5))
}

func TestASyncWaitsForWhatIsLate(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{"n":1}`, `{"n":2}`)
		if err := s.sync(l, time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a sync that had no time for it: %v", err)
		}
		if err := s.sync(l, time.Minute); err != nil {
			t.Error(err)
		}
		s.note("%s caught up", s.at(time.Now()))
		s.wants(`+5s out 1 {"n":1}`, `+6s out 2 {"n":2}`, `+8s caught up`)
		s.wantsTruth(`+0s out {"n":1}`, `+1s out {"n":2}`)
	}, Late(5*time.Second))
}

func TestWhereOnlySomeEventsAreLateCanariesAreInTime(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out?clock=0s&canary=true")
		s.put("out", `{"n":1}`, `{"n":2}`)
		if err := s.sync(l, time.Minute); err != nil {
			t.Error(err)
		}
		s.wants(`+0s out canary stamped +0s sent +0s`, `+0s out 1 stamped +0s {"n":1}`, `+2s out canary stamped +2s sent +2s`,
			`+6s out 2 stamped +1s {"n":2}`)
	}, Late(5*time.Second).Of(func(e event.Event) bool { return string(e.Body) == `{"n":2}` }))
}

func TestACloseEndsTheSyncThatWaits(t *testing.T) {
	for _, f := range []Fault{Late(time.Minute), Polled(time.Minute)} {
		play(t, func(s *stage) {
			l := s.listen("memory://out")
			failed := make(chan error)
			go func() { failed <- s.sync(l, time.Hour) }()
			wait(time.Second)
			l.Close()
			if err := <-failed; !errors.Is(err, harness.ErrClosed) {
				t.Errorf("%s: %v", f.Name(), err)
			}
		}, f)
	}
}

func TestAPolledListenerLooksAsOftenAsSomebodyWaits(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{"n":1}`) // looked at after a second, as nobody waits
		release := l.(harness.Waiter).Await(harness.Wait{Until: time.Now().Add(time.Minute)})
		s.medium.Put("out", body(`{"n":2}`)) // the next look is 50ms away
		wait(time.Second)
		release()
		s.medium.Put("out", body(`{"n":3}`))
		if err := s.sync(l, time.Minute); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		seen := append([]string{}, s.told...)
		for i, limit := range []time.Duration{1100 * time.Millisecond, 1200 * time.Millisecond, 2200 * time.Millisecond} {
			if i >= len(seen) {
				t.Fatalf("only %v were captured", seen)
			}
			if at, err := time.ParseDuration(seen[i][1 : len(seen[i])-len(` out 1 {"n":1}`)]); err != nil || at > limit {
				t.Errorf("%s: %v, want by +%s", seen[i], err, limit)
			}
		}
	}, Polled(20*time.Millisecond))
}

func TestFaultsThatSlowAListenerAddUp(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.medium.Put("out", body(`{}`))
		if err := s.sync(l, time.Minute); err != nil {
			t.Error(err)
		}
		s.wants(`+0.6s out 1 {}`)
	}, Late(100*time.Millisecond), Late(200*time.Millisecond), Polled(200*time.Millisecond), Polled(100*time.Millisecond))
}

func TestALookOverABrokenConnectionFails(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{"n":1}`)
		if err := s.send(s.produce("memory://in"), `{}`); err != nil {
			t.Fatal(err)
		}
		s.put("out", `{"n":2}`)
		wait(4 * time.Second)
		if err := s.sync(l, time.Minute); err != nil {
			t.Error(err)
		}
		s.wants(`+1s out 1 {"n":1}`, `+5s out gap from +1s to +5s: the connection was lost and made again`)
	}, Cut(0, 4*time.Second).On(channel("out")), Polled(0))
}

func TestAListenerKeepsTheOptionalMethodsThatItHas(t *testing.T) {
	for _, c := range []struct {
		url            string
		faults         []Fault
		waits, bounded bool
	}{
		{"memory://out", nil, false, false},
		{"memory://out?canary=true&bound=2s", nil, false, true},
		{"memory://out", []Fault{Polled(0)}, true, false},
		{"memory://out?canary=true&bound=2s", []Fault{Polled(0)}, true, true},
	} {
		play(t, func(s *stage) {
			l := s.listen(c.url)
			_, waits := l.(harness.Waiter)
			b, bounded := l.(harness.Bounded)
			if waits != c.waits || bounded != c.bounded {
				t.Errorf("%s: waits %v, bounded %v", c.url, waits, bounded)
			}
			if bounded && b.Bound() != 2*time.Second {
				t.Errorf("%s: a bound of %s", c.url, b.Bound())
			}
		}, c.faults...)
	}
}

// TestAWaitReachesTheTransportsOwnListener decorates a listener that is polled itself.
func TestAWaitReachesTheTransportsOwnListener(t *testing.T) {
	play(t, func(s *stage) {
		s.table = (&Plan{}).Table(s.table)
		l := s.listen("memory://out")
		defer l.(harness.Waiter).Await(harness.Wait{Until: time.Now().Add(time.Minute)})()
		s.medium.Put("out", body(`{}`))
		wait(200 * time.Millisecond)
		if len(s.told) == 0 {
			t.Error("nobody looked")
		}
	}, Polled(0))
}

func TestWhatIsDeletedUnreadIsAGapOnceItIsFoundOut(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{"n":1}`, `{"n":2}`)
		for range 2 {
			if err := s.sync(l, time.Minute); err != nil {
				t.Error(err)
			}
		}
		s.wants(`+1s out 2 {"n":2}`, `+2s out gap from +0s to +2s: something was deleted before it was read`)
		s.wantsTruth(`+0s out {"n":1}`, `+1s out {"n":2}`)
	}, Discard().Of(says(`{"n":1}`)))
}

func TestAClockIsSet(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://out?clock=0s")
		s.put("out", `{"n":1}`, `{"n":2}`, `{"n":3}`)
		s.wants(`+0s out 1 stamped +0s {"n":1}`, `+1s out 2 stamped +1s {"n":2}`, `+2s out 3 stamped -58s {"n":3}`)
	}, JumpStamps(-time.Minute, 2*time.Second))
}
