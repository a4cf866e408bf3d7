// Faults of the system's own: what is done to events before they appear.

package fault

import (
	"bytes"
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// renamed stands for an event of an earlier run.
func renamed(e event.Event) event.Event {
	e.Body = bytes.ReplaceAll(e.Body, []byte("a1"), []byte("old"))
	return e
}

func TestWhatIsDoneToAnEventBeforeItAppears(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []Fault
		want   []string // two events appear, after 0s and 1s
		deeds  []string
	}{
		{
			name: "nothing",
			want: []string{`+0s out 1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
		},
		{
			name:   "drop",
			faults: []Fault{Drop().Of(says("a1"))},
			want:   []string{`+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s drop on memory://out: {"id":"a1"}`},
		},
		{
			name:   "on another channel",
			faults: []Fault{Drop().On(channel("elsewhere"))},
			want:   []string{`+0s out 1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
		},
		{
			name:   "duplicate at once",
			faults: []Fault{Duplicate(0).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"a1"}`, `+0s out 1+1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s duplicate on memory://out: {"id":"a1"}`},
		},
		{
			name:   "duplicate late",
			faults: []Fault{Duplicate(3 * time.Second).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`, `+3s out 1+1 {"id":"a1"}`},
			deeds:  []string{`+0s duplicate on memory://out: {"id":"a1"}`},
		},
		{
			name:   "redeliver",
			faults: []Fault{Redeliver(500 * time.Millisecond).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"a1"}`, `+0.5s out 1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s redeliver on memory://out: {"id":"a1"}`},
		},
		{
			name:   "delay",
			faults: []Fault{Delay(3 * time.Second).Of(says("a1"))},
			want:   []string{`+1s out 2 {"id":"a2"}`, `+3s out 1 {"id":"a1"}`},
			deeds:  []string{`+0s delay on memory://out: {"id":"a1"}`},
		},
		{
			name:   "reorder",
			faults: []Fault{Reorder(nil, time.Minute)},
			want:   []string{`+1s out 2 {"id":"a2"}`, `+1.001s out 1 {"id":"a1"}`},
			deeds:  []string{`+0s reorder on memory://out: {"id":"a1"}`},
		},
		{
			name:   "reorder when no next one comes in time",
			faults: []Fault{Reorder(nil, 500*time.Millisecond).Of(says("a1"))},
			want:   []string{`+0.5s out 1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s reorder on memory://out: {"id":"a1"}`},
		},
		{
			name:   "reorder within groups",
			faults: []Fault{Reorder(func(e event.Event) string { return string(e.Body) }, 2*time.Second).Of(says("a1"))},
			want:   []string{`+1s out 2 {"id":"a2"}`, `+2s out 1 {"id":"a1"}`},
			deeds:  []string{`+0s reorder on memory://out: {"id":"a1"}`},
		},
		{
			name:   "corrupt",
			faults: []Fault{Corrupt(nil).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"a1~"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s corrupt on memory://out: {"id":"a1"}`},
		},
		{
			name:   "corrupt a field that is not there",
			faults: []Fault{Corrupt(func(f string) bool { return f == "x" }).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s corrupt on memory://out: {"id":"a1"} (impossible: it has no such field)`},
		},
		{
			name:   "misroute",
			faults: []Fault{Misroute(address("memory://other")).Of(says("a1")).On(channel("out"))},
			want:   []string{`+0s other 1+1 {"id":"a1"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s misroute on memory://out: {"id":"a1"}`},
		},
		{
			name:   "replay",
			faults: []Fault{Replay(0, renamed).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"a1"}`, `+0s out 1+1 {"id":"old"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s replay on memory://out: {"id":"a1"}`},
		},
		{
			name:   "replace",
			faults: []Fault{Replace(renamed).Of(says("a1"))},
			want:   []string{`+0s out 1+1 {"id":"old"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s replace on memory://out: {"id":"a1"}`},
		},
		{
			name:   "strip the id",
			faults: []Fault{StripID(renamed).Of(says("a1"))},
			want:   []string{`+0s out 1 {"id":"old"}`, `+1s out 2 {"id":"a2"}`},
			deeds:  []string{`+0s strip id on memory://out: {"id":"a1"}`},
		},
		{
			name:   "several, one after the other",
			faults: []Fault{Delay(time.Second), Duplicate(3 * time.Second), StripID(renamed)},
			want: []string{
				`+1s out 1 {"id":"old"}`, `+2s out 2 {"id":"a2"}`, `+4s out 1+2 {"id":"old"}`, `+5s out 2+2 {"id":"a2"}`,
			},
			deeds: []string{
				`+0s delay on memory://out: {"id":"a1"}`, `+0s duplicate on memory://out: {"id":"a1"}`,
				`+0s strip id on memory://out: {"id":"a1"}`, `+0s strip id on memory://out: {"id":"a1"}`,
				`+1s delay on memory://out: {"id":"a2"}`, `+1s duplicate on memory://out: {"id":"a2"}`,
				`+1s strip id on memory://out: {"id":"a2"}`, `+1s strip id on memory://out: {"id":"a2"}`,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(s *stage) {
				l := s.listen("memory://out")
				s.listen("memory://other")
				s.put("out", `{"id":"a1"}`, `{"id":"a2"}`)
				wait(10 * time.Second)
				if err := s.sync(l, time.Minute); err != nil {
					t.Error(err)
				}
				s.wants(c.want...)
				s.wantsDeeds(c.deeds...)
				if got := len(s.plan.Truth()); got != len(c.want) {
					t.Errorf("%d events truly appeared, want %d", got, len(c.want))
				}
			}, c.faults...)
		})
	}
}

func says(text string) func(e event.Event) bool {
	return func(e event.Event) bool { return bytes.Contains(e.Body, []byte(text)) }
}

func TestARedeliveryNeedsAnIdentity(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://out?bare=true")
		s.put("out", `{}`)
		s.wants(`+0s out  {}`)
		s.wantsDeeds(`+0s redeliver on memory://out?bare=true: {} (impossible: its deliveries have no identity)`)
	}, Redeliver(0))
}

func TestASyncDoesNotWaitForWhatHasNotAppeared(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{}`)
		if err := s.sync(l, time.Minute); err != nil {
			t.Error(err)
		}
		if took := time.Since(s.began); took != time.Second {
			t.Errorf("the sync ended after %s", took)
		}
		s.wants()
		s.wantsTruth()
		wait(time.Second)
		if err := s.sync(l, time.Minute); err != nil { // at the very moment
			t.Error(err)
		}
		s.wants(`+2s out 1 {}`)
		s.wantsTruth(`+2s out {}`)
	}, Delay(2*time.Second))
}

func TestWhatIsDelayedBeyondCloseNeverAppears(t *testing.T) {
	play(t, func(s *stage) {
		l := s.listen("memory://out")
		s.put("out", `{}`)
		l.Close()
		wait(time.Minute)
		s.wants()
		s.wantsTruth()
	}, Delay(2*time.Second))
}

func TestWhatAListenerIsMadeToReceiveBeforeItIsClosedAppears(t *testing.T) {
	play(t, func(s *stage) {
		s.plan.Closing = func(u *url.URL, inner harness.Listener) {
			s.medium.Put(u.Host, event.Event{Body: []byte(`{"n":1}`)})
			if err := inner.Sync(s.t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := s.listen("memory://out").Close(); err != nil {
			t.Error(err)
		}
		s.plan.Closing = nil
		s.wantsTruth(`+0s out {"n":1}`)
	})
}

func TestStampsAreThoseOfTheChannelsClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault Fault
		want  []string
	}{
		{"right", Drop().Rate(0), []string{
			`+0s out canary stamped +0.25s sent +0s`, `+0s out 1 stamped +0.25s {}`, `+1s out canary stamped +1.25s sent +1s`,
		}},
		{"delayed", Delay(700 * time.Millisecond), []string{
			`+0s out canary stamped +0.25s sent +0s`, `+0.7s out 1 stamped +0.95s {}`, `+1s out canary stamped +1.25s sent +1s`,
		}},
		{"skewed", SkewStamps(-2 * time.Second), []string{
			`+0s out canary stamped -1.75s sent +0s`, `+0s out 1 stamped -1.75s {}`, `+1s out canary stamped -0.75s sent +1s`,
		}},
		{"coarse", CoarsenStamps(time.Second), []string{
			`+0s out canary stamped +0s (1s) sent +0s`, `+0s out 1 stamped +0s (1s) {}`,
			`+1s out canary stamped +1s (1s) sent +1s`,
		}},
		{"late", Late(300 * time.Millisecond), []string{
			`+0.3s out canary stamped +0.25s sent +0s`, `+0.3s out 1 stamped +0.25s {}`,
			`+1.3s out canary stamped +1.25s sent +1s`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(s *stage) {
				l := s.listen("memory://out?clock=250ms&canary=true")
				s.put("out", `{}`)
				if err := s.sync(l, time.Minute); err != nil {
					t.Error(err)
				}
				s.wants(c.want...)
				if truth := s.plan.Truth()[0]; truth.Event.Stamp.Sub(truth.At.Round(0)) != 250*time.Millisecond {
					t.Errorf("appeared %s, stamped %s", s.at(truth.At), s.at(truth.Event.Stamp))
				}
			}, c.fault)
		})
	}
}

func TestAChannelWithoutAClockHasNoStampsToSkew(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://out")
		s.put("out", `{}`)
		s.wants(`+0s out 1 {}`)
		s.wantsDeeds(`+0s skew stamps on memory://out:  (impossible: the channel has no clock)`)
	}, SkewStamps(time.Second))
}

func TestWhatIsMisroutedHasTheTimesOfItsNewChannel(t *testing.T) {
	for _, c := range []struct {
		name, to string
		want     []string
	}{
		{"to a clock of its own", "memory://other?clock=5s",
			[]string{`+0s other 1 stamped +5s {"first":1}`, `+2s other 2+2 stamped +7s {}`}},
		{"to no clock", "memory://other", []string{`+0s other 1 {"first":1}`, `+2s other 2+2 {}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(s *stage) {
				s.listen("memory://out?clock=1s&resolution=1s")
				s.listen(c.to)
				s.put("other", `{"first":1}`)
				s.put("out", `{}`)
				wait(5 * time.Second)
				s.wants(c.want...)
				s.wantsTruth(`+0s other {"first":1}`, `+2s other {}`)
			}, Delay(time.Second).On(channel("out")), Misroute(address(c.to)).On(channel("out")))
		})
	}
}

func TestWhatIsMisroutedToWhereNobodyListensStillAppears(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://out")
		s.put("out", `{}`)
		s.wants()
		s.wantsTruth(`+0s nowhere {}`)
	}, Misroute(address("memory://nowhere")).On(channel("out")))
}

// TestTheSeedDecides compares what becomes of events in whatever order they come.
func TestTheSeedDecides(t *testing.T) {
	dropped := func(seed uint64, rate float64, order []int) map[string]bool {
		gone := make(map[string]bool)
		play(t, func(s *stage) {
			s.plan.Seed = seed
			s.listen("memory://out")
			for _, n := range order {
				s.put("out", fmt.Sprintf(`{"n":%d}`, n))
			}
			for _, d := range s.plan.Deeds() {
				gone[string(d.Event.Body)] = true
			}
		}, Drop().Rate(rate))
		return gone
	}
	var up, down []int
	for n := range 1000 {
		up, down = append(up, n), append([]int{n}, down...)
	}
	first := dropped(1, 0.3, up)
	if n := len(first); n < 250 || n > 350 {
		t.Errorf("%d of 1000 were dropped at a rate of 0.3", n)
	}
	if again := dropped(1, 0.3, down); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Error("the same seed dropped others when the order changed")
	}
	if other := dropped(2, 0.3, up); fmt.Sprint(other) == fmt.Sprint(first) {
		t.Error("another seed dropped the same")
	}
	if n := len(dropped(1, 0, up)); n != 0 {
		t.Errorf("%d were dropped at a rate of 0", n)
	}
}

func TestChanceCountsEventsThatLookTheSame(t *testing.T) {
	for _, identity := range []func(event.Event) string{nil, func(event.Event) string { return "any" }} {
		play(t, func(s *stage) {
			s.plan.Identity = identity
			s.listen("memory://out")
			for range 100 {
				s.put("out", `{}`)
			}
			if n := len(s.plan.Deeds()); n < 30 || n > 70 {
				t.Errorf("%d of 100 were dropped at a rate of 0.5", n)
			}
		}, Drop().Rate(0.5))
	}
}

func TestARedeliveryBearsTheStampOfTheFirstTime(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://out?clock=0s")
		s.put("out", `{}`)
		<-time.After(5 * time.Second)
		synctest.Wait()
		s.wants(`+1s out 1 stamped +1s {}`, `+3s out 1 stamped +1s {}`)
	}, Redeliver(2*time.Second), Delay(time.Second))
}

func TestARedeliveryMeetsTheSameFault(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://out")
		for range 100 {
			s.put("out", `{}`)
		}
		times := make(map[string]int)
		for _, a := range s.plan.Truth() {
			times[a.Event.ID]++
		}
		for id, n := range times {
			if n != 2 {
				t.Errorf("delivery %s came %d times", id, n)
			}
		}
	}, Redeliver(0), Drop().Rate(0.5))
}
