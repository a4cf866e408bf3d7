package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

func TestNothingElse(t *testing.T) {
	for _, c := range []struct {
		why   string
		first Want
		extra int           // shipments beyond the first
		begin time.Duration // of the first step, after the act
		want  expect.Verdict
	}{
		{"a takes one", aShipped("within 1s"), 0, 0, expect.Passed},
		{"a second one is else", aShipped("within 1s"), 1, 0, expect.Failed},
		{"a second one is else, also if the step finds both", aShipped("within 1s"), 1, time.Second, expect.Failed},
		{"exactly 2 takes two", exactly(2, "order shipped", "within 1s"), 1, 0, expect.Passed},
		{"at least 1 takes all that fit, later ones too", Want{
			Event: "order shipped", Window: "within 1s", Least: 1, Most: expect.Unlimited, All: true,
		}, 3, 0, expect.Passed},
	} {
		play(t, func(s *stage) {
			s.order("")
			for n := range c.extra + 1 {
				s.medium.emit(time.Duration(n+1)*100*time.Millisecond, "shipments", shippedEvent(s.scenarioID()))
			}
			wait(c.begin)
			s.passes(c.first)
			if got := s.judged(Want{Else: true, Window: "within 2s"}); got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
		})
	}
}

func TestElseAfterAnInconclusiveStepIsInconclusive(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.medium.onSync = func(context.Context, string) error { return errLost }
		s.medium.emit(1001*time.Millisecond, "shipments", shippedEvent(s.scenarioID()))
		if got := s.judged(aShipped("within 1s")); got.Verdict != expect.Inconclusive {
			t.Fatalf("got %s", got.Verdict)
		}
		s.medium.onSync = nil
		wait(time.Second)
		if got := s.judged(Want{Else: true, Window: "within 2s"}); got.Verdict != expect.Inconclusive {
			t.Errorf("an event that the first step may be about is else: %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestAMatchSaysThatAFieldIsWrittenTwice(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		e := shippedEvent(s.scenarioID())
		e.Body = append([]byte(`{"status": "LOST", `), e.Body[1:]...)
		s.medium.emit(100*time.Millisecond, "shipments", e)
		s.passes(aShipped("within 1s"), []string{"status", "SHIPPED"})
		const want = "shipments #1 matched, but status is written twice in it, and the last one was read"
		if got := s.Remarks(); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
		s.medium.emit(100*time.Millisecond, "shipments", e)
		if got := s.judged(aShipped("within 2s"), []string{"status", "OTHER"}); !strings.Contains(got.Reason, "status is written twice in it, and the last one was read") {
			t.Errorf("a failure does not say so: %s", got.Reason)
		}
	})
}
