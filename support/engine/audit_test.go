package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/schema"
)

// emits lets each order lead to shipments after so long each.
func (m *medium) emits(delays ...time.Duration) func(context.Context, string, event.Event) error {
	return func(ctx context.Context, channel string, e event.Event) error {
		for _, d := range delays {
			if err := m.ships(d)(ctx, channel, e); err != nil {
				return err
			}
		}
		return nil
	}
}

// audited returns what the audit makes of the scenario, whose steps are over.
func (s *stage) audited() Verdict {
	s.Rest()
	s.Audit(s.ctx)
	v, _ := s.Worst()
	return v
}

func TestASurplusIsFoundUntilTheHorizonAndNotBehindIt(t *testing.T) {
	for _, c := range []struct {
		why    string
		second time.Duration
		want   expect.Verdict
		took   time.Duration
	}{
		{"in the window", 1900 * time.Millisecond, expect.Failed, 1900 * time.Millisecond},
		{"after the window", 2100 * time.Millisecond, expect.Failed, 2100 * time.Millisecond},
		{"at the end of the audit", 11900 * time.Millisecond, expect.Failed, 11900 * time.Millisecond},
		{"after the audit", 12100 * time.Millisecond, expect.Passed, 12 * time.Second},
	} {
		play(t, func(s *stage) {
			s.medium.onSend = s.medium.emits(100*time.Millisecond, c.second)
			s.order("")
			first := s.judged(exactly(1, "order shipped", "within 2s"))
			if passed := c.second > 2*time.Second; first.Open != passed {
				t.Errorf("%s: at first it is %s", c.why, first.Verdict)
			}
			if v := s.audited(); v.Verdict != c.want || s.took() != c.took {
				t.Errorf("%s: got %s after %s: %s", c.why, v.Verdict, s.took(), v.Reason)
			} else if c.want == expect.Failed && s.took() > 2*time.Second && !strings.Contains(v.Reason, "within the audit of 10s") {
				t.Errorf("%s: explained as %s", c.why, v.Reason)
			}
			wait(time.Minute)
		})
	}
}

// TestLegalCoursesStayPassed has what a correct system may do, and a strict judge could take for a fault.
func TestLegalCoursesStayPassed(t *testing.T) {
	for _, c := range []struct {
		why   string
		plays func(s *stage)
	}{
		{"no reminder at first, and one later", func(s *stage) {
			s.medium.onSend = s.medium.emits(8 * time.Second)
			s.order("")
			s.passes(exactly(0, "order shipped", "within 5s"))
			s.passes(aShipped("within 30s"))
		}},
		{"exactly one, an amendment, exactly one again", func(s *stage) {
			s.medium.onSend = s.medium.emits(100 * time.Millisecond)
			s.order("")
			s.passes(exactly(1, "order shipped", "within 1s"))
			s.order("amended")
			s.passes(exactly(1, "order shipped", "within 1s"))
		}},
		{"a periodic output", func(s *stage) {
			s.medium.onSend = s.medium.emits(1*time.Second, 2*time.Second, 3*time.Second, 4*time.Second, 5*time.Second,
				6*time.Second)
			s.order("")
			s.passes(Want{Event: "order shipped", Window: "within 4s", Least: 3, Most: expect.Unlimited, All: true})
		}},
		{"an output after the whole audit", func(s *stage) {
			s.medium.onSend = s.medium.emits(time.Second, 13*time.Second)
			s.order("")
			s.passes(exactly(1, "order shipped", "within 2s"))
		}},
	} {
		play(t, func(s *stage) {
			c.plays(s)
			if v := s.audited(); v.Verdict != expect.Passed {
				t.Errorf("%s: got %s: %s", c.why, v.Verdict, v.Reason)
			}
			wait(time.Minute)
		})
	}
}

func TestTheNextActEndsTheAuditOfTheOneBefore(t *testing.T) {
	for _, c := range []struct {
		why  string
		fail bool // the Sync between the acts
		want expect.Verdict
	}{
		{"it was proved", false, expect.Passed},
		{"it could not be proved then, but later that nothing was missed", true, expect.Passed},
	} {
		play(t, func(s *stage) {
			s.medium.onSend = s.medium.ships(100 * time.Millisecond)
			s.order("")
			s.passes(exactly(1, "order shipped", "within 1s"))
			s.medium.onSync = func(context.Context, string) error {
				if c.fail {
					return errLost
				}
				return nil
			}
			s.order("again")
			s.medium.onSync = nil
			wait(500 * time.Millisecond)
			if got := s.judged(exactly(1, "order shipped", "within 1s")); !c.fail && got.Verdict != expect.Passed {
				t.Errorf("%s: the second act: %s: %s", c.why, got.Verdict, got.Reason)
			}
			if s.audited(); s.Checks()[0].Outcome.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, s.Checks()[0].Outcome.Verdict, s.Checks()[0].Outcome.Reason)
			}
		})
	}
}

// TestWhatTheNextActLeadsToDoesNotFailTheOneBefore has a window that is not over when the next act begins, since its
// outcome was certain.
func TestWhatTheNextActLeadsToDoesNotFailTheOneBefore(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "shipped.json"), []byte(`{"properties": {"status": {"const": "SHIPPED"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := schema.Load(filepath.Join(folder, "shipped.json"), folder)
	if err != nil {
		t.Fatal(err)
	}
	d := definitions(t)
	kind := d.Events["order shipped"]
	kind.Schema = loaded
	d.Events["order shipped"] = kind
	playWith(t, d, &medium{}, func(s *stage) {
		s.medium.onSend = s.medium.ships(100 * time.Millisecond)
		s.order("")
		s.passes(Want{Event: "order shipped", Window: "within 30s", Least: 1, Most: expect.Unlimited, All: true})
		s.medium.onSend = nil
		s.order("wrong")
		s.medium.emit(time.Second, "shipments",
			event.Event{Body: []byte(`{"orderId": "` + s.scenarioID() + `", "status": 1}`)})
		s.passes(exactly(0, "order rejected", "within 2s"))
		if v := s.audited(); v.Verdict != expect.Passed {
			t.Errorf("got %s: %s", v.Verdict, v.Reason)
		}
	})
}

func TestAnAuditThatCannotBeProvedIsInconclusive(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(100 * time.Millisecond)
		s.order("")
		s.passes(exactly(1, "order shipped", "within 1s"))
		s.medium.onSync = func(context.Context, string) error { return errLost }
		if v := s.audited(); v.Verdict != expect.Inconclusive || !strings.Contains(v.Reason, "connection lost") {
			t.Errorf("got %s: %s", v.Verdict, v.Reason)
		}
	})
}

func TestAGapInTheAuditIsInconclusive(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(100 * time.Millisecond)
		s.order("")
		s.passes(exactly(1, "order shipped", "within 1s"))
		time.AfterFunc(5*time.Second, func() {
			s.medium.sink("shipments").Gap(time.Now().Add(-time.Second), time.Now(), errLost)
		})
		if v := s.audited(); v.Verdict != expect.Inconclusive {
			t.Errorf("got %s: %s", v.Verdict, v.Reason)
		}
	})
}

func TestARunThatEndsBeforeItsAuditIsInconclusive(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(100 * time.Millisecond)
		s.order("")
		s.passes(exactly(1, "order shipped", "within 1s"))
		ctx, cancel := context.WithTimeoutCause(s.ctx, time.Second, errors.New("Ctrl-C"))
		defer cancel()
		s.Audit(ctx)
		if v, _ := s.Worst(); v.Verdict != expect.Inconclusive || s.took() != 2*time.Second {
			t.Errorf("got %s after %s: %s", v.Verdict, s.took(), v.Reason)
		}
	})
}

func TestWhatComesTooLateIsWaitedForAndExplained(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(3 * time.Second)
		s.order("")
		if got := s.judged(aShipped("within 2s")); got.Verdict != expect.Failed || !s.Auditing() {
			t.Fatalf("got %s", got.Verdict)
		}
		v := s.audited()
		if !strings.Contains(v.Reason, "late     #1 +3.00s  would match, 1.00s after the window") || s.took() != 3*time.Second {
			t.Errorf("after %s, explained as %s", s.took(), v.Reason)
		}
		if n := len(s.run.Waiting()); n != 0 || len(s.medium.waiting()) != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

func TestWhatNeverComesIsWaitedForAsLongAsTheAudit(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.judged(aShipped("within 2s"))
		if v := s.audited(); v.Verdict != expect.Failed || s.took() != 12*time.Second {
			t.Errorf("got %s after %s", v.Verdict, s.took())
		}
	})
}

func TestAnExcessIsNotWaitedFor(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = s.medium.ships(time.Second)
		s.order("")
		s.order("")
		if got := s.judged(exactly(1, "order shipped", "within 2s")); got.Verdict != expect.Failed || s.Auditing() {
			t.Errorf("got %s, auditing: %v", got.Verdict, s.Auditing())
		}
		if s.took() != time.Second {
			t.Errorf("it was certain after 1s, and said after %s", s.took())
		}
	})
}

func TestAnAuditAwaitsAnItemByItsKey(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.judged(Want{Event: "stock level", Window: "within 1s", Least: 1, Most: expect.Unlimited}, []string{"key", "${id}"})
		time.AfterFunc(5*time.Second, func() {
			if told := s.medium.waiting(); len(told) != 1 || told[0].Key != s.scenarioID() {
				t.Errorf("the listener was told %v", told)
			}
		})
		s.audited()
	})
}

// stamped is an event of the order with the channel's own time of appearance.
func stamped(order string, at time.Time) event.Event {
	e := shippedEvent(order)
	e.Stamp = at
	return e
}

// TestWhatBecomesVisibleLateIsJudgedByItsStamp has a recorder that shows an event only long after it appeared, which
// its bound had not allowed.
func TestWhatBecomesVisibleLateIsJudgedByItsStamp(t *testing.T) {
	for _, c := range []struct {
		why      string
		want     Want
		appeared time.Duration
		verdict  expect.Verdict
	}{
		{"absence may have been wrong", exactly(0, "order shipped", "within 2s"), time.Second, expect.Inconclusive},
		{"absence was right", exactly(0, "order shipped", "within 2s"), 3 * time.Second, expect.Passed},
		{"a failure may have been wrong", aShipped("within 2s"), time.Second, expect.Inconclusive},
		{"a failure was right", aShipped("within 2s"), 3 * time.Second, expect.Failed},
		{"a count may have been wrong, as far as it can be proved", exactly(1, "order shipped", "within 2s"), time.Second, expect.Inconclusive},
		{"a count was right", exactly(1, "order shipped", "within 2s"), 3 * time.Second, expect.Failed},
	} {
		m := &medium{bound: 500 * time.Millisecond}
		playWith(t, definitions(t), m, func(s *stage) {
			s.medium.sink("shipments").Canary(event.Event{Stamp: time.Now(), Seen: time.Now()}, time.Now())
			s.medium.syncing(s.medium.canaries())
			s.order("")
			id := s.scenarioID()
			s.medium.emit(5*time.Second, "shipments", stamped(id, s.began.Add(c.appeared)))
			first := s.judged(c.want).Verdict
			if v := s.audited(); v.Verdict != c.verdict {
				t.Errorf("%s: first %s, then %s: %s", c.why, first, v.Verdict, v.Reason)
			}
		})
	}
}

func TestAFieldThatNothingEverHadMakesAPassInconclusive(t *testing.T) {
	for _, c := range []struct {
		why      string
		field    string
		template string
		want     expect.Verdict
	}{
		{"misspelt", "stauts", "", expect.Inconclusive},
		{"spelt right", "status", "", expect.Passed},
		{"never seen, but in the template", "error", `{"error": "none"}`, expect.Passed},
		{"a header that is like none", "header retries", "", expect.Passed},
		{"a field that is like none", "colour", "", expect.Passed},
		{"like one in the template", "eror", `{"error": "none"}`, expect.Inconclusive},
		{"seen in another scenario's event", "reason", "", expect.Passed},
	} {
		d := definitions(t)
		kind := d.Events["order shipped"]
		kind.Template = nil
		if c.template != "" {
			kind.Template = []byte(c.template)
		}
		d.Events["order shipped"] = kind
		playWith(t, d, &medium{}, func(s *stage) {
			s.medium.sink("shipments").Capture(event.Event{Body: []byte(`{"reason": "a parcel of somebody else's"}`)})
			s.medium.onSend = s.medium.ships(time.Second)
			s.order("")
			s.judged(exactly(0, "order shipped", "within 2s"), []string{c.field, "LOST"})
			if v := s.audited(); v.Verdict != c.want || c.field == "stauts" && !strings.Contains(v.Reason, `did you mean status`) {
				t.Errorf("%s: got %s: %s", c.why, v.Verdict, v.Reason)
			}
		})
	}
}
