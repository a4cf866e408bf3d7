// Acts: when one begins and the one before ends, and when what was sent was accepted.
package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

func TestWhatIsReceivedBeforeASendBelongsToTheActBefore(t *testing.T) {
	for _, c := range []struct {
		want Want
		is   expect.Verdict
	}{
		{aShipped("within 500ms"), expect.Failed},
		{exactly(0, "order shipped", "within 500ms"), expect.Passed},
	} {
		m := &medium{slow: map[string]time.Duration{"shipments": 1500 * time.Millisecond}}
		playWith(t, definitions(t), m, func(s *stage) {
			m.emit(3*time.Second, "shipments", shippedEvent(s.scenarioID())) // late, while the Sync before the second act lasts
			s.order("")
			s.passes(exactly(0, "order shipped", "within 500ms"))
			if s.took() != 2*time.Second {
				t.Fatalf("the first act took %s", s.took())
			}
			s.order("")
			if s.took() != 3500*time.Millisecond {
				t.Fatalf("the second act began after %s", s.took())
			}
			if got := s.judged(c.want); got.Verdict != c.is {
				t.Errorf("%s: got %s: %s", c.want.Window, got.Verdict, got.Reason)
			}
		})
	}
}

func TestTheAuditOfAnActEndsWithTheNextSendAndNotWithTheSyncBeforeIt(t *testing.T) {
	m := &medium{slow: map[string]time.Duration{"shipments": 1500 * time.Millisecond}}
	playWith(t, definitions(t), m, func(s *stage) {
		for _, after := range []time.Duration{
			100 * time.Millisecond, 3 * time.Second, 3100 * time.Millisecond, 3200 * time.Millisecond,
		} {
			m.emit(after, "shipments", shippedEvent(s.scenarioID()))
		}
		s.order("")
		s.passes(exactly(1, "order shipped", "within 500ms"))
		s.order("")
		s.Audit(s.ctx)
		if got := s.Checks()[0].Outcome; got.Verdict != expect.Failed {
			t.Errorf("four came for the first act, where one was wanted: got %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestASlowListenerLeavesThoseBesideItAsExactAsTheyAre(t *testing.T) {
	m := &medium{slow: map[string]time.Duration{"rejections": 3 * time.Second}}
	playWith(t, definitions(t), m, func(s *stage) {
		m.onSend = m.ships(100 * time.Millisecond)
		s.order("")
		s.passes(exactly(1, "order shipped", "within 1s"))
		s.step(false)
		if err := s.ProduceAgain(s.ctx, "", 1); err != nil {
			t.Fatal(err)
		}
		s.passes(exactly(1, "order shipped", "within 1s"))
	})
}

func TestWhatCameAfterASlowSyncIsOpen(t *testing.T) {
	for _, c := range []struct {
		takes time.Duration
		is    expect.Verdict
	}{{tolerance, expect.Passed}, {tolerance + time.Millisecond, expect.Inconclusive}} {
		m := &medium{}
		playWith(t, definitions(t), m, func(s *stage) {
			m.onSend = m.ships(100 * time.Millisecond)
			s.order("")
			s.passes(aShipped("within 1s"))
			m.syncing(func(context.Context, string) error { wait(c.takes); return nil })
			s.step(false)
			if err := s.ProduceAgain(s.ctx, "", 1); err != nil { // with the id of the first act, so that only the Sync tells
				t.Fatal(err)
			}
			if got := s.judged(aShipped("within 1s")); got.Verdict != c.is {
				t.Errorf("a Sync of %s: got %s: %s", c.takes, got.Verdict, got.Reason)
			}
		})
	}
}

// slowly has a send return so long after the system got the event, which ships it after shipped.
func (m *medium) slowly(returns, shipped time.Duration) {
	m.onSend = func(ctx context.Context, channel string, e event.Event) error {
		err := m.ships(shipped)(ctx, channel, e)
		wait(returns)
		return err
	}
}

func TestAnAcknowledgementThatIsHandledLateLeavesOpenWhatItDecides(t *testing.T) {
	pairs := func(s *stage) expect.Outcome {
		return s.outcome(func() error {
			s.step(false)
			return s.ExpectCauseEffect(s.ctx,
				CauseEffect{Of: "order placed", Event: "order shipped", Least: 1, Most: 1, Window: "within 1s"})
		})
	}
	judged := func(want Want) func(s *stage) expect.Outcome {
		return func(s *stage) expect.Outcome { return s.judged(want) }
	}
	asks := map[string]func(s *stage) expect.Outcome{
		"an event appears":   judged(aShipped("within 1s")),
		"exactly 1":          judged(exactly(1, "order shipped", "within 1s")),
		"no event":           judged(exactly(0, "order shipped", "within 1s")),
		"between":            judged(aShipped("between 2s and 4s")),
		"every one leads to": pairs,
	}
	for _, c := range []struct {
		why     string
		shipped time.Duration
		left    bool
		want    map[string]expect.Verdict // what is not inconclusive
	}{
		{why: "it may have been accepted early or late", shipped: 2500 * time.Millisecond},
		{"it left late", 2500 * time.Millisecond, true, map[string]expect.Verdict{
			"an event appears": expect.Passed, "exactly 1": expect.Passed, "no event": expect.Failed, "between": expect.Failed,
			"every one leads to": expect.Passed,
		}},
		{"by both readings it is in time", 900 * time.Millisecond, false, map[string]expect.Verdict{
			"an event appears": expect.Passed, "exactly 1": expect.Passed, "no event": expect.Failed, "between": expect.Failed,
			"every one leads to": expect.Passed,
		}},
		{"by both readings it is late", 5 * time.Second, false, map[string]expect.Verdict{
			"an event appears": expect.Failed, "exactly 1": expect.Failed, "no event": expect.Passed,
			"every one leads to": expect.Failed,
		}},
	} {
		for what, ask := range asks {
			play(t, func(s *stage) {
				s.medium.left = c.left
				s.medium.slowly(3*time.Second, c.shipped)
				s.order("")
				want := c.want[what]
				if want == expect.Undecided {
					want = expect.Inconclusive
				}
				got := ask(s)
				if got.Verdict != want {
					t.Errorf("%s, %s: got %s, want %s: %s", c.why, what, got.Verdict, want, got.Reason)
				}
				if said := "acknowledgement came up to 3.00s later"; c.want == nil && what != "between" && !strings.Contains(got.Reason, said) && what != "every one leads to" {
					t.Errorf("%s, %s: it does not say %q: %s", c.why, what, said, got.Reason)
				}
			})
		}
	}
}

func TestAnActBeginsAnewForEachChannelThatProvedItself(t *testing.T) {
	m := &medium{}
	playWith(t, definitions(t), m, func(s *stage) {
		m.syncing(func(_ context.Context, channel string) error {
			if channel == "rejections" {
				return errLost
			}
			return nil
		})
		s.order("")
		s.passes(exactly(0, "order shipped", "within 1s"))
		s.order("")
		if _, ok := s.act.lacked["rejections"]; ok || !slices.Contains(s.listens, "rejections") {
			t.Error("a Sync that failed shows nothing of what came before the act")
		}
		if _, ok := s.act.lacked["shipments"]; !ok {
			t.Error("a Sync beside one that failed shows what came before the act")
		}
	})
}
