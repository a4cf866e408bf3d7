package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

var errLost = errors.New("connection lost")

func TestAPresencePassesAsSoonAsTheEventComes(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(time.Second)
		s.order("")
		s.passes(aShipped("within 5s"))
		if s.took() != time.Second {
			t.Errorf("it took %s", s.took())
		}
		if c := s.Checks()[0]; c.Took != time.Second || !s.Matched(c.Outcome.Matched[0]) {
			t.Errorf("noted %s", c.Took)
		}
	})
}

func TestAbsenceWaitsForItsWholeWindowAndThenForAProof(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSync = func(context.Context, string) error { wait(300 * time.Millisecond); return nil }
		s.order("")
		s.passes(exactly(0, "order rejected", "within 5s"))
		if s.took() != 5300*time.Millisecond {
			t.Errorf("it took %s", s.took())
		}
		if began := s.medium.lastSync().Sub(s.began); began < 5*time.Second {
			t.Errorf("the Sync that proves it began after %s", began)
		}
	})
}

func TestASlowFirstThenDoesNotLengthenTheSecondOnesWindow(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(4 * time.Second)
		s.order("")
		id := s.scenarioID()
		s.medium.emit(3*time.Second, "rejections", shippedEvent(id))
		s.passes(aShipped("within 5s"))
		o := s.judged(Want{Event: "order rejected", Window: "within 2s", Least: 1, Most: expect.Unlimited})
		if o.Verdict == expect.Passed || s.took() != 4*time.Second {
			t.Errorf("got %s after %s, for an event 1s after the window", o.Verdict, s.took())
		}
	})
}

func TestConsecutiveProduceStepsAreOneAct(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = func(ctx context.Context, channel string, e event.Event) error {
			wait(3 * time.Second) // a slow broker
			return s.medium.ships(time.Second)(ctx, channel, e)
		}
		s.medium.left = true
		s.order("")
		s.order("")
		s.passes(exactly(2, "order shipped", "within 2s")) // at 4s and at 7s; accepted at 3s and at 6s
		if s.took() != 8*time.Second {
			t.Errorf("the window ended after %s", s.took())
		}
	})
}

func TestGivensAreTheActOnlyWithoutAWhen(t *testing.T) {
	for _, c := range []struct {
		why  string
		when bool
		want expect.Verdict
	}{
		{"without a When what a Given caused counts", false, expect.Passed},
		{"with a When it does not", true, expect.Failed},
	} {
		play(t, func(s *stage) {
			s.medium.onSend = s.medium.ships(time.Second)
			s.step(true)
			if err := s.Produce(s.ctx, Send{Event: "order placed"}); err != nil {
				t.Fatal(err)
			}
			wait(2 * time.Second)
			if c.when {
				s.medium.onSend = nil
				s.order("")
			}
			if got := s.judged(exactly(1, "order shipped", "within 5s")); got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
		})
	}
}

func TestASecondActCannotTakeWhatTheFirstOneCausedAndWasSeenLate(t *testing.T) {
	play(t, func(s *stage) {
		appeared := shippedEvent(s.scenarioID())
		seen := make(chan struct{})
		s.medium.onSync = func(context.Context, string) error { // a polled listener: it looks when it is asked
			select {
			case <-seen:
			default:
				close(seen)
				s.medium.sink("shipments").Capture(appeared)
			}
			return nil
		}
		s.order("")
		s.passes(exactly(0, "order rejected", "within 1s"))
		s.order("")
		if got := s.judged(aShipped("within 1s")); got.Verdict == expect.Passed {
			t.Error("an event of the first act passed for one of the second")
		}
	})
}

func TestForUsesTheSendOfItsOwnEvent(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(2 * time.Second)
		s.order("first")
		wait(4 * time.Second)
		s.order("second")
		s.judged(Want{Event: "order shipped", For: "first", Window: "within 3s", Least: 1, Most: 1})
		s.passes(Want{Event: "order shipped", For: "second", Window: "within 3s", Least: 1, Most: 1})
		for i, want := range []time.Duration{0, 4 * time.Second} {
			if got := s.Checks()[i].Judged.Window.Begin.Sub(s.began); got != want {
				t.Errorf("the window of event %d begins at %s", i+1, got)
			}
			if got := s.Checks()[i].Outcome; got.Verdict != expect.Passed || len(got.Matched) != 1 {
				t.Errorf("event %d: got %s: %s", i+1, got.Verdict, got.Reason)
			}
		}
	})
}

func TestForAnEventThatWasSentTwiceTakesWhatBothCaused(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(time.Second)
		s.order("A")
		s.step(false)
		if err := s.ProduceAgain(s.ctx, "", 1); err != nil {
			t.Fatal(err)
		}
		if got := s.judged(Want{Event: "order shipped", For: "A", Window: "within 2s"}); got.Verdict != expect.Failed {
			t.Errorf("two shipments for an event that was to have none: %s", got.Verdict)
		}
	})
}

func TestWhatCannotBeKnownIsInconclusiveAndNeverFailed(t *testing.T) {
	for _, c := range []struct {
		why    string
		damage func(s *stage)
	}{
		{"a Sync fails", func(s *stage) { s.medium.onSync = func(context.Context, string) error { return errLost } }},
		{"a Sync never ends", func(s *stage) {
			s.medium.onSync = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
		}},
		{"a gap", func(s *stage) {
			time.AfterFunc(time.Second, func() { s.medium.sink("shipments").Gap(time.Now().Add(-time.Millisecond), time.Now(), errLost) })
		}},
	} {
		for _, want := range []Want{aShipped("within 2s"), exactly(1, "order shipped", "within 2s"), exactly(0, "order shipped", "within 2s"), {
			Event: "order shipped", Window: "within 2s", Most: 1,
		}} {
			play(t, func(s *stage) {
				s.order("")
				c.damage(s)
				got := s.judged(want)
				if got.Verdict != expect.Inconclusive {
					t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
				}
				var v *Verdict
				if err := s.End(); !errors.As(err, &v) || v.Verdict != expect.Inconclusive {
					t.Errorf("%s: the scenario ends with %v", c.why, err)
				}
			})
		}
	}
}

func TestAnEventThatCameInTimePassesWhateverFailsLater(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(time.Second)
		s.medium.onSync = func(context.Context, string) error { return errLost }
		s.order("")
		wait(7 * time.Second)
		s.passes(aShipped("within 2s"))
	})
}

func TestADeadChannelMakesItsScenariosInconclusive(t *testing.T) {
	m := &medium{refused: map[string]error{"shipments": errLost}}
	playWith(t, definitions(t), m, func(s *stage) {
		var v *Verdict
		if err := s.Ready(); !errors.As(err, &v) || v.Verdict != expect.Inconclusive || !strings.Contains(v.Reason, "listen to shipments: connection lost") {
			t.Errorf("got %v", err)
		}
		s.order("")
		if got := s.judged(aShipped("within 1s")); got.Verdict != expect.Inconclusive {
			t.Errorf("got %s", got.Verdict)
		}
		if err := s.run.New([]string{"rejections"}).Ready(); err != nil {
			t.Errorf("a scenario that needs another channel: %v", err)
		}
	})
}

func TestThensAfterAnInconclusiveOneAreJudged(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSync = func(_ context.Context, channel string) error {
			if channel == "shipments" {
				return errLost
			}
			return nil
		}
		s.order("")
		if got := s.judged(aShipped("within 1s")); got.Verdict != expect.Inconclusive {
			t.Errorf("the first: %s", got.Verdict)
		}
		if got := s.judged(Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: 1}); got.Verdict != expect.Failed {
			t.Errorf("the second: %s", got.Verdict)
		}
	})
}

func TestAGivenThatIsNotMetIsAPrecondition(t *testing.T) {
	for _, sync := range []error{nil, errLost} {
		play(t, func(s *stage) {
			s.medium.onSync = func(context.Context, string) error { return sync }
			s.order("")
			s.step(true)
			err := s.Expect(s.ctx, aShipped("within 1s"))
			var v *Verdict
			if !errors.As(err, &v) || !strings.HasPrefix(v.Reason, "precondition: shipments: want an") || (v.Verdict == expect.Failed) != (sync == nil) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCancellingEndsEveryWaitAtOnce(t *testing.T) {
	forever := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for _, c := range []struct {
		why   string
		setUp func(m *medium)
		step  func(s *stage, ctx context.Context) error
	}{
		{"a window", func(*medium) {}, func(s *stage, ctx context.Context) error {
			s.order("")
			return s.Expect(ctx, aShipped("within 1h"))
		}},
		{"a Sync", func(m *medium) { m.onSync = func(ctx context.Context, _ string) error { return forever(ctx) } }, func(s *stage, ctx context.Context) error {
			s.order("")
			return s.Expect(ctx, aShipped("within 500ms"))
		}},
		{"the Sync before a second act", func(m *medium) { m.onSync = func(ctx context.Context, _ string) error { return forever(ctx) } }, func(s *stage, ctx context.Context) error {
			s.order("")
			s.medium.onSend = s.medium.ships(0)
			s.act.open = false
			return s.Produce(ctx, Send{Event: "order placed"})
		}},
		{"a send", func(m *medium) {
			m.onSend = func(ctx context.Context, _ string, _ event.Event) error { return forever(ctx) }
		}, func(s *stage, ctx context.Context) error {
			return s.Produce(ctx, Send{Event: "order placed"})
		}},
		{"the opening of a producer", func(m *medium) { m.onOpen = func(ctx context.Context, _ string) error { return forever(ctx) } }, func(s *stage, ctx context.Context) error {
			return s.Produce(ctx, Send{Event: "order placed"})
		}},
	} {
		m := &medium{}
		c.setUp(m)
		playWith(t, definitions(t), m, func(s *stage) {
			ctx, cancel := context.WithTimeoutCause(s.ctx, time.Second, errors.New("interrupted"))
			defer cancel()
			err := c.step(s, ctx)
			var v *Verdict
			if !errors.As(err, &v) || v.Verdict != expect.Inconclusive || s.took() != time.Second {
				t.Errorf("%s: after %s: %v", c.why, s.took(), err)
			}
		})
	}
}

func TestAFailedSendIsInconclusive(t *testing.T) {
	for _, c := range []struct {
		why string
		m   *medium
	}{
		{"the transport refuses it", &medium{onSend: func(context.Context, string, event.Event) error { return errLost }}},
		{"the producer cannot be opened", &medium{onOpen: func(context.Context, string) error { return errLost }}},
	} {
		playWith(t, definitions(t), c.m, func(s *stage) {
			s.step(false)
			err := s.Produce(s.ctx, Send{Event: "order placed"})
			var v *Verdict
			if !errors.As(err, &v) || v.Verdict != expect.Inconclusive || v.Reason != "produce on orders: connection lost" {
				t.Errorf("%s: got %v", c.why, err)
			}
		})
	}
}

func TestUnchangedIsTheVeryBody(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = func(_ context.Context, _ string, e event.Event) error {
			s.medium.emit(time.Second, "dead-letters", event.Event{Body: e.Body})
			return nil
		}
		s.doc(`{"orderId": "${id}", oops`)
		if err := s.ProduceRaw(s.ctx, "orders", "poison"); err != nil {
			t.Fatal(err)
		}
		s.step(false)
		for _, of := range []string{"", "poison"} {
			if err := s.ExpectUnchanged(s.ctx, of, "dead-letters", "within 2s"); err != nil {
				t.Errorf("of %q: %v", of, err)
			}
		}
		if err := s.ExpectUnchanged(s.ctx, "", "rejections", "within 2s"); err == nil {
			t.Error("it appeared on a channel on which nothing did")
		}
		if v, _ := s.Worst(); v.Verdict != expect.Failed || v.Reason == "" {
			t.Error("nothing is explained")
		}
	})
}

func TestUnchangedOfDifferentEventsMustSayOfWhich(t *testing.T) {
	play(t, func(s *stage) {
		s.step(false)
		if err := s.Produce(s.ctx, Send{Event: "order placed", Count: 2}); err != nil {
			t.Fatal(err)
		}
		if err := s.ExpectUnchanged(s.ctx, "", "dead-letters", "within 1s"); err == nil || !strings.Contains(err.Error(), "2 different events") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAStateIsAwaitedByItsKey(t *testing.T) {
	play(t, func(s *stage) {
		level := Want{Event: "stock level", Window: "within 5s", Least: 1, Most: expect.Unlimited}
		s.order("")
		id := s.scenarioID()
		s.medium.emit(time.Second, "stock", event.Event{Key: id, Body: []byte(`{"level": 1}`)})
		s.medium.emit(2*time.Second, "stock", event.Event{Key: id, Body: []byte(`{"level": 2}`)})
		time.AfterFunc(500*time.Millisecond, func() {
			if told := s.medium.waiting(); len(told) != 1 || told[0].Key != id || told[0].Until != s.began.Add(5*time.Second) {
				t.Errorf("the listener was told %v", told)
			}
		})
		s.passes(level, []string{"key", "${id}"}, []string{"level", "2"})
		if s.took() != 2*time.Second || len(s.medium.waiting()) != 0 {
			t.Errorf("it took %s, and %d wait", s.took(), len(s.medium.waiting()))
		}
		s.order("") // a new act, at which the level is 2
		s.passes(level, []string{"key", id}, []string{"level", "2"})
		if s.took() != 7*time.Second {
			t.Errorf("what matched at the act must do so at the end of the window; it passed after %s", s.took())
		}
		s.medium.emit(time.Second, "stock", event.Event{Key: id, Body: []byte(`{"level": 3}`)})
		s.order("")
		if got := s.judged(level, []string{"key", id}, []string{"level", "2"}); got.Verdict != expect.Failed {
			t.Errorf("what matched at the act and no longer does: %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestTheWindowOfAStepThatNamesNone(t *testing.T) {
	for _, c := range []struct {
		why, subsystem, event, written string
		want                           time.Duration
		said                           string
	}{
		{"what is written", "fulfilment", "order shipped", "within 1m", time.Minute, "within 1m"},
		{"the event's SLA", "fulfilment", "order shipped", "", 3 * time.Second, "within its SLA of 3s"},
		{"the event's SLA by name", "", "order shipped", " within its SLA", 3 * time.Second, "within its SLA of 3s"},
		{"the scope's SLA", "fulfilment", "order placed", "", 2 * time.Second, "within its SLA of 2s"},
		{"the SLA of the subsystem whose output it is", "", "order rejected", "", 2 * time.Second, "within its SLA of 2s"},
		{"the suite's SLA", "", "order placed", "", 9 * time.Second, "within its SLA of 9s"},
	} {
		play(t, func(s *stage) {
			if c.subsystem != "" {
				if err := s.Subsystem(c.subsystem); err != nil {
					t.Fatal(err)
				}
			}
			s.order("")
			s.passes(exactly(0, c.event, c.written))
			check := s.Checks()[0]
			if got := check.Judged.Window.Length(); got != c.want || check.Judged.Want != `no "`+c.event+`" `+c.said {
				t.Errorf("%s: %s, as %q", c.why, got, check.Judged.Want)
			}
		})
	}
}

func TestScenariosSideBySideSeeOnlyTheirOwn(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(time.Second)
		const scenarios = 50
		failed := make(chan error, scenarios)
		for range scenarios {
			go func() {
				w := s.run.New([]string{"shipments"})
				err := w.Produce(s.ctx, Send{Event: "order placed"})
				if err == nil {
					err = w.Expect(s.ctx, exactly(1, "order shipped", "within 2s"))
				}
				failed <- errors.Join(err, w.End())
			}()
		}
		for range scenarios {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		if s.took() != 2*time.Second {
			t.Errorf("they took %s", s.took())
		}
	})
}

func TestClosingTheRunEndsAnOpeningThatNobodyAwaitsAnyMore(t *testing.T) {
	m := &medium{onOpen: func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }}
	playWith(t, definitions(t), m, func(s *stage) {
		ctx, cancel := context.WithTimeout(s.ctx, time.Second)
		defer cancel()
		if err := s.Produce(ctx, Send{Event: "order placed"}); err == nil {
			t.Error("it was produced")
		}
		if err := s.run.Close(); err != nil {
			t.Error(err)
		}
		if s.took() != time.Second {
			t.Errorf("closing took until %s", s.took())
		}
	})
}
