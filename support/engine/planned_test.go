package engine

import (
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

// A step that comes late, behind one that waits for longer, is judged as if it had come at once.
func TestAThenBehindASlowOneIsJudgedByWhenTheEventAppeared(t *testing.T) {
	waits := []PlannedWait{
		{Act: 1, Channels: []string{"rejections"}, Length: 3 * time.Second},
		{Act: 1, Channels: []string{"shipments"}, Length: 300 * time.Millisecond},
	}
	for _, c := range []struct {
		why      string
		appeared time.Duration
		want     expect.Verdict
	}{
		{"in time", 290 * time.Millisecond, expect.Passed},
		{"late", 310 * time.Millisecond, expect.Failed},
		{"long after the Sync at its deadline", 2 * time.Second, expect.Failed},
	} {
		play(t, func(s *stage) {
			s.PlanWaits(waits)
			s.medium.onSend = s.medium.ships(c.appeared)
			s.order("")
			s.passes(exactly(0, "order rejected", "within 3s"))
			if got := s.judged(aShipped("within 300ms")); got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
			s.Rest()
		})
	}
}

func TestListenersAreAwakeForStepsToComeFromTheActOn(t *testing.T) {
	play(t, func(s *stage) {
		s.PlanWaits([]PlannedWait{
			{Act: 1, Channels: []string{"rejections"}, Length: 3 * time.Second},
			{Act: 1, Channels: []string{"shipments"}, Length: 5 * time.Second},
			{Act: 2, Channels: []string{"stock"}, Length: time.Second},
		})
		s.order("")
		if waits := s.medium.waiting(); len(waits) != 2 || waits[1].Until != s.began.Add(5*time.Second) {
			t.Errorf("after the first act they are told %v", waits)
		}
		s.passes(exactly(0, "order rejected", "within 3s"))
		s.order("")
		if waits := s.medium.waiting(); len(waits) != 1 || waits[0].Until != s.began.Add(4*time.Second) {
			t.Errorf("after the second act they are told %v", waits)
		}
		s.Rest()
		s.Rest()
		if waits := s.medium.waiting(); len(waits) != 0 {
			t.Errorf("at the end they are told %v", waits)
		}
	})
}

func TestARehearsalPlansTheWaits(t *testing.T) {
	w := DryRun(definitions(t)).DryWorld()
	for _, step := range []func() error{
		func() error { return w.Produce(t.Context(), Send{Event: "order placed"}) },
		func() error { return w.Expect(t.Context(), aShipped("within 2s")) },
		func() error { return w.Produce(t.Context(), Send{Event: "order placed"}) },
		func() error { return w.Produce(t.Context(), Send{Event: "order placed"}) },
		func() error { return w.Expect(t.Context(), exactly(0, "order rejected", "within 1s")) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	got := w.Needs().PlannedWaits
	if len(got) != 2 || got[0].Act != 1 || got[0].Length != 2*time.Second || got[1].Act != 2 || got[1].Channels[0] != "rejections" {
		t.Errorf("got %+v", got)
	}
}
