package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

func (s *stage) pause(written string) {
	s.t.Helper()
	s.step(false)
	if err := s.Pause(s.ctx, written); err != nil {
		s.t.Fatal(err)
	}
}

func TestAPauseIsAsLongAsItSays(t *testing.T) {
	play(t, func(s *stage) {
		for _, written := range []string{"10 minutes", "1h", "0.5 seconds"} {
			s.pause(written)
		}
		if got, want := s.took(), 70*time.Minute+500*time.Millisecond; got != want {
			t.Errorf("three pauses took %s, want %s", got, want)
		}
		if waiting := s.run.Waiting(); len(waiting) != 0 {
			t.Error("it still waits")
		}
	})
}

func TestWhatIsProducedAfterAPauseIsANewAct(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.pause("1 minute")
		s.medium.onSend = s.medium.ships(time.Second)
		s.order("")
		s.passes(exactly(1, "order shipped", "within 2s"))
		if got := s.took(); got != time.Minute+2*time.Second {
			t.Errorf("the window ended after %s: it does not begin after the pause", got)
		}
	})
}

// What a Then behind a pause asks for has been over for long, and is judged as if nothing had come between.
func TestAThenBehindAPauseIsJudgedByWhenTheEventAppeared(t *testing.T) {
	for _, c := range []struct {
		why      string
		appeared time.Duration
		asked    Want
		verdict  expect.Verdict
	}{
		{"in time", 1900 * time.Millisecond, aShipped("within 2s"), expect.Passed},
		{"late", 2100 * time.Millisecond, aShipped("within 2s"), expect.Failed},
		{"late, in a window that the pause does not end", 11 * time.Second, aShipped("within 12s"), expect.Passed},
		{"none in the window", 2100 * time.Millisecond, exactly(0, "order shipped", "within 2s"), expect.Passed},
		{"one in the window", 1900 * time.Millisecond, exactly(0, "order shipped", "within 2s"), expect.Failed},
	} {
		play(t, func(s *stage) {
			f, err := s.frame(c.asked.Window, Event{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			s.PlanWaits([]PlannedWait{{Act: 1, Channels: []string{"shipments"}, Length: f.length}})
			s.medium.onSend = s.medium.ships(c.appeared)
			s.order("")
			s.pause("10s")
			if got := s.judged(c.asked); got.Verdict != c.verdict {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
			wait(time.Minute)
			s.Rest()
		})
	}
}

func TestListenersProveThemselvesAtTheDeadlinesThatAPausePasses(t *testing.T) {
	play(t, func(s *stage) {
		s.PlanWaits([]PlannedWait{
			{Act: 1, Channels: []string{"shipments"}, Length: 3 * time.Second},
			{Act: 1, Channels: []string{"rejections"}, Length: 20 * time.Second},
			{Act: 2, Channels: []string{"shipments"}, Length: 4 * time.Second},
		})
		s.order("")
		s.pause("10s")
		if want := []time.Time{s.began.Add(3 * time.Second)}; !slices.Equal(s.medium.syncs, want) {
			t.Errorf("they did at %v, want %v", s.medium.syncs, want)
		}
		s.Rest()
	})
}

func TestARehearsalFindsTheWindowsThatAreOverBehindAPause(t *testing.T) {
	w := DryRun(definitions(t)).DryWorld()
	var want []string
	expecting := func(window string, over bool) {
		t.Helper()
		w.At(Step{Text: "no order shipped " + window})
		if err := w.Expect(t.Context(), exactly(0, "order shipped", window)); err != nil {
			t.Fatal(err)
		}
		if over {
			want = append(want, "no order shipped "+window)
		}
	}
	for range 2 {
		if err := produced(w, ""); err != nil {
			t.Fatal(err)
		}
		expecting("within 1s", false)
		for range 2 {
			if err := w.Pause(t.Context(), "5s"); err != nil {
				t.Fatal(err)
			}
		}
		expecting("within 11s", false)
		expecting("within 10s", true)
		expecting("between 9s and 10s", true)
	}
	if got := w.Needs().Over; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAnInterruptionEndsAPauseAtOnce(t *testing.T) {
	play(t, func(s *stage) {
		ctx, cancel := context.WithCancelCause(s.ctx)
		s.PlanWaits([]PlannedWait{{Act: 1, Channels: []string{"shipments"}, Length: 3 * time.Minute}})
		s.order("")
		time.AfterFunc(time.Second, func() { cancel(errors.New("interrupted")) })
		inconclusive(t, s.Pause(ctx, "10 minutes"), "the run ended before the pause did: interrupted")
		if s.took() != time.Second {
			t.Errorf("it ended after %s", s.took())
		}
		s.Rest()
	})
}

func TestPausesThatMakeNoSenseAreNamedAndARehearsalWaitsForNone(t *testing.T) {
	w := DryRun(definitions(t)).DryWorld()
	for written, says := range map[string]string{
		"10 mins": `did you mean 10m?`, "10": `it has no unit`, "0s": `a pause of no time is none`,
		"2 days": `a pause of 48h is longer than 24h`, "24h": "",
	} {
		err := w.Pause(t.Context(), written)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: got %v\nwant %s", written, err, says)
		}
	}
}
