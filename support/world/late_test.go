package world

import (
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

func TestWhatComesTooLateIsWaitedForAndExplained(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(3 * time.Second)
		s.order("")
		if got := s.judged(aShipped("within 2s")); got.Verdict != expect.Failed || !s.Outstanding() {
			t.Fatalf("got %s", got.Verdict)
		}
		if got := s.Latest().Sub(s.began); got != 2*time.Second {
			t.Errorf("the latest deadline is %s", got)
		}
		done := s.AwaitLate(s.began.Add(5 * time.Second))
		if n, nearest := s.run.Waiting(); n != 1 || nearest.Sub(s.began) != 5*time.Second || len(s.medium.waiting()) != 1 {
			t.Errorf("%d wait, until %s", n, nearest)
		}
		wait(1500 * time.Millisecond)
		done()
		reason, ok := s.Explain()
		if s.Outstanding() || !ok || !strings.Contains(reason, "late     #1 +3.00s  would match, 1.00s after the window") {
			t.Errorf("explained as %s", reason)
		}
		if n, _ := s.run.Waiting(); n != 0 || len(s.medium.waiting()) != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

func TestAnExcessIsNotWaitedFor(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(time.Second)
		s.order("")
		s.order("")
		if got := s.judged(exactly(1, "order shipped", "within 2s")); got.Verdict != expect.Failed || s.Outstanding() {
			t.Errorf("got %s, outstanding: %v", got.Verdict, s.Outstanding())
		}
	})
}

func TestWhatIsAwaitedLateIsAwaitedByItsKey(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.judged(Want{Event: "stock level", Window: "within 1s", Least: 1, Most: expect.Unlimited}, []string{"key", "${id}"})
		defer s.AwaitLate(s.began.Add(time.Minute))()
		if told := s.medium.waiting(); len(told) != 1 || told[0].Key != s.scenarioID() || told[0].Until != s.began.Add(time.Minute) {
			t.Errorf("the listener was told %v", told)
		}
	})
}
