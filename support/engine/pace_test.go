package engine

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/journal"
)

// produce has so many orders produced at a rate, and returns what the step returns.
func (s *stage) produce(count int, rate string) error {
	s.step(false)
	return s.Produce(s.ctx, Send{Event: "order placed", Count: count, At: rate})
}

// produceAt does the same at a pace of the test's own.
func (s *stage) produceAt(p pace, count int) error {
	var sends []*journal.Sent
	for range count {
		sent, err := s.build(s.run.Events["order placed"], "", "", true, Argument{})
		if err != nil {
			return err
		}
		sends = append(sends, sent)
	}
	return s.sendAll(s.ctx, Event{}, "", sends, func(ctx context.Context, sends []*journal.Sent) error { return s.sendPaced(ctx, sends, p) })
}

// inconclusive fails the test unless err is an inconclusive verdict that says all of the texts.
func inconclusive(t *testing.T, err error, texts ...string) {
	t.Helper()
	var v *Verdict
	if !errors.As(err, &v) || v.Verdict != expect.Inconclusive {
		t.Errorf("got %v, want it inconclusive", err)
		return
	}
	for _, text := range texts {
		if !strings.Contains(v.Reason, text) {
			t.Errorf("got %s\nwant it to say %q", v.Reason, text)
		}
	}
}

// takes is a transport that accepts the n-th event, from 1, after d(n).
func takes(d func(n int) time.Duration) func(context.Context, string, event.Event) error {
	var n atomic.Int32
	return func(ctx context.Context, _ string, _ event.Event) error {
		select {
		case <-time.After(d(int(n.Add(1)))):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func TestPacedEventsAreSentWhenTheyAreDueHoweverSlowTheSystemIs(t *testing.T) {
	for why, latency := range map[string]time.Duration{"no time": 0, "longer than the interval": 700 * time.Millisecond, "longer than all": 10 * time.Second} {
		play(t, func(s *stage) {
			s.medium.onSend = takes(func(int) time.Duration { return latency })
			if err := s.produce(10, "5 per second"); err != nil {
				t.Errorf("%s: %v", why, err)
			}
			for i, sent := range s.Execution().Sent() {
				if at, due := sent.Began.Sub(s.began), time.Duration(i)*200*time.Millisecond; at != due {
					t.Errorf("%s: event %d was sent at %s, and was due at %s", why, i, at, due)
				}
			}
			if got, want := s.act.accepted.Sub(s.began), 1800*time.Millisecond+latency; got != want {
				t.Errorf("%s: the act is accepted at %s, want %s", why, got, want)
			}
			if got := s.Remarks(); len(got) != 1 || got[0] != `10 "order placed" events were produced at 5 per second (asked: 5)` {
				t.Errorf("%s: remarks %q", why, got)
			}
		})
	}
}

func TestARateMayBeAFractionAndCountPerMinuteOrHour(t *testing.T) {
	for rate, want := range map[string]time.Duration{
		"2.5 per second": 800 * time.Millisecond, "30 per minute": 4 * time.Second, "60 per hour": 2 * time.Minute,
		"100000 per second": 20 * time.Microsecond,
	} {
		play(t, func(s *stage) {
			if err := s.produce(3, rate); err != nil {
				t.Errorf("%s: %v", rate, err)
			}
			if got := s.took(); got != want {
				t.Errorf("%s: took %s, want %s", rate, got, want)
			}
			if got := s.Remarks()[0]; !strings.HasSuffix(got, "(asked: "+strings.Fields(rate)[0]+")") {
				t.Errorf("%s: remark %q", rate, got)
			}
		})
	}
}

func TestARateThatWasNotAchievedIsInconclusive(t *testing.T) {
	for _, c := range []struct {
		why     string
		latency func(n int) time.Duration
		says    []string
	}{
		{"5 % less", func(n int) time.Duration { return time.Duration(n-1) * 10 * time.Millisecond }, nil},
		{"more than 5 % less", func(n int) time.Duration { return time.Duration(n-1) * 12 * time.Millisecond },
			[]string{`21 "order placed" events were to be produced at 5 per second, but were sent at 5 and accepted at 4.73 per second`, "ask for less"}},
		{"the last is late", func(n int) time.Duration { return time.Duration(n/21) * time.Second }, []string{"accepted at 4.04 per second"}},
	} {
		play(t, func(s *stage) {
			s.medium.onSend = takes(c.latency)
			err := s.produce(21, "5 per second")
			if c.says == nil && err != nil {
				t.Errorf("%s: %v", c.why, err)
			} else if c.says != nil {
				inconclusive(t, err, c.says...)
			}
			if len(s.Remarks()) != 1 {
				t.Errorf("%s: remarks %q", c.why, s.Remarks())
			}
		})
	}
}

func TestSoManyWaitForAcceptanceAndNoMore(t *testing.T) {
	play(t, func(s *stage) {
		flying, most := 0, 0
		s.medium.onSend = func(context.Context, string, event.Event) error {
			s.medium.mu.Lock()
			flying++
			most = max(most, flying)
			s.medium.mu.Unlock()
			wait(10 * time.Second)
			s.medium.mu.Lock()
			flying--
			s.medium.mu.Unlock()
			return nil
		}
		p, err := readPace("10 per second")
		if err != nil {
			t.Fatal(err)
		}
		p.room = 10
		s.step(false)
		err = s.produceAt(p, 20)
		inconclusive(t, err, "but were sent at 1.8", "10 at once waited for their acceptance, and no more are sent then")
		if most != p.room {
			t.Errorf("%d were sent at once", most)
		}
	})
}

func TestThatAProducerTakesTimeToOpenIsNoPartOfTheRate(t *testing.T) {
	m := &medium{onOpen: func(context.Context, string) error { wait(20 * time.Second); return nil }}
	playWith(t, definitions(t), m, func(s *stage) {
		if err := s.produce(10, "5 per second"); err != nil {
			t.Error(err)
		}
	})
	m = &medium{onOpen: func(context.Context, string) error { return errLost }}
	playWith(t, definitions(t), m, func(s *stage) {
		inconclusive(t, s.produce(10, "5 per second"), "produce on orders: "+errLost.Error())
		if sent := s.Execution().Sent(); len(sent) != 0 {
			t.Errorf("%d were sent", len(sent))
		}
	})
}

func TestTheFirstPacedEventThatIsNotAcceptedEndsTheOthers(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = func(_ context.Context, _ string, e event.Event) error {
			if len(s.medium.bodies()) == 3 {
				return errLost
			}
			return nil
		}
		inconclusive(t, s.produce(10, "5 per second"), "produce on orders: "+errLost.Error())
		if sent := s.Execution().Sent(); len(sent) != 3 || sent[2].Err == nil {
			t.Errorf("%d were sent", len(sent))
		}
	})
}

func TestAnInterruptionEndsPacedProductionAtOnce(t *testing.T) {
	for why, latency := range map[string]time.Duration{"while it waits for the next": 0, "while one is sent": time.Hour} {
		play(t, func(s *stage) {
			ctx, cancel := context.WithCancelCause(s.ctx)
			s.ctx = ctx
			s.medium.onSend = takes(func(int) time.Duration { return latency })
			time.AfterFunc(time.Second, func() { cancel(errors.New("interrupted")) })
			inconclusive(t, s.produce(100, "30 per minute"), "the run ended before all was produced: interrupted")
			if s.took() != time.Second {
				t.Errorf("%s: it ended after %s", why, s.took())
			}
		})
	}
}

func TestRatesThatMakeNoSenseAreNamed(t *testing.T) {
	for rate, says := range map[string]string{
		"50/s":              `"50/s" is no rate (write at 50 per second, or at 30 per minute)`,
		"50 per sec":        `"50 per sec" is no rate`,
		"fast":              `"fast" is no rate`,
		"0 per second":      `a rate of 0 per second is not between 0 and 100000 per second`,
		"-1 per second":     `is not between 0 and 100000 per second`,
		"NaN per second":    `is not between 0 and 100000 per second`,
		"200000 per second": `is not between 0 and 100000 per second`,
		"1e99 per hour":     `is not between 0 and 100000 per second`,
		"1 per hour":        `25 events at 1 per hour take more than 24h`,
		"1e-300 per hour":   `take more than 24h`,
	} {
		w := DryRun(definitions(t)).DryWorld()
		err := w.Produce(t.Context(), Send{Event: "order placed", Count: 25, At: rate})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v\nwant %s", rate, err, says)
		}
	}
}
