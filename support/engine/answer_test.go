package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// In these tests the subsystem asks by "order shipped" on shipments, and the test answers with "order cancelled" on
// orders.
var cancelling = Answers{Event: "order shipped", With: "order cancelled"}

// answers has requests answered.
func (s *stage) answers(a Answers, table ...[]string) {
	s.t.Helper()
	s.step(true, table...)
	if err := s.Answer(a); err != nil {
		s.t.Fatal(err)
	}
}

// requested lets a request appear, with so much else in it, and returns once it has been dealt with as far as can be at
// once.
func (s *stage) requested(order, more string) {
	s.medium.sink("shipments").Capture(event.Event{Body: []byte(`{"orderId": "` + order + `"` + more + `}`)})
	synctest.Wait()
}

func TestEachRequestIsAnsweredOnceWithItsOwnIDAndFields(t *testing.T) {
	play(t, func(s *stage) {
		s.step(true, []string{"reason", "sold out"})
		if err := s.Values(); err != nil {
			t.Fatal(err)
		}
		s.answers(cancelling, []string{"amount", "${request.amount}"}, []string{"note", "${reason}: ${request.orderId}"})
		s.order("")
		first, second := s.scenarioID(), s.newID()
		s.requested(first, `, "amount": 12.50`)
		s.requested(strings.ToUpper(second), `, "amount": 7`)
		want := []string{
			fmt.Sprintf(`{"orderId": "%s", "cancel": true, "amount": 12.50, "note": "sold out: %[1]s"}`, first),
			fmt.Sprintf(`{"orderId": "%s", "cancel": true, "amount": 7, "note": "sold out: %s"}`, second,
				strings.ToUpper(second)),
		}
		if got := s.medium.bodies()[1:]; !slices.Equal(got, want) {
			t.Errorf("answers are %q\nwant        %q", got, want)
		}
		if sent := s.Execution().Sent(); len(sent) != 3 || sent[1].Name != "order cancelled" || sent[1].Accepted.IsZero() {
			t.Errorf("the journal has %d sends", len(sent))
		}
		if got := s.Remarks(); !slices.Equal(got, []string{`2 "order shipped" events were answered with an "order cancelled"`}) {
			t.Errorf("remarks %q", got)
		}
		s.hush()
	})
}

func TestWhatIsNoRequestOfTheScenarioIsNotAnswered(t *testing.T) {
	d := definitions(t)
	shipped := d.Events["order shipped"]
	var err error
	if shipped.Kind, err = pattern.FromRows([]pattern.Row{{Path: "ask", Cell: "true"}}, ""); err != nil {
		t.Fatal(err)
	}
	d.Events["order shipped"] = shipped
	playWith(t, d, &medium{}, func(s *stage) {
		s.order("")
		id := s.scenarioID()
		s.requested(id, `, "ask": true`)
		s.answers(cancelling)
		other := s.run.New(nil)
		s.requested(id, `, "ask": false`)
		s.requested(other.scenarioID(), `, "ask": true`)
		s.requested("4711", `, "ask": true`)
		s.medium.sink("shipments").Capture(event.Event{ID: "1", Body: []byte(`{"orderId": "` + id + `", "ask": true}`)})
		s.medium.sink("shipments").Capture(event.Event{ID: "1", Body: []byte(`{"orderId": "` + id + `", "ask": true}`)})
		synctest.Wait()
		if got := len(s.medium.bodies()) - 1; got != 1 {
			t.Errorf("%d answers, want one: to the request that is the scenario's, was captured after the step, and not for its redelivery", got)
		}
		s.hush()
	})
}

func TestAnAnswerComesAfterItsTimeAndHoldsUpNothing(t *testing.T) {
	play(t, func(s *stage) {
		late := cancelling
		late.After = "2s"
		s.answers(late)
		s.order("")
		accepted := s.act.accepted
		s.requested(s.scenarioID(), "")
		wait(time.Second)
		s.requested(s.scenarioID(), "")
		s.passes(exactly(2, "order shipped", "within 10s"))
		sent := s.Execution().Sent()
		if len(sent) != 3 || sent[1].Began.Sub(s.began) != 2*time.Second || sent[2].Began.Sub(s.began) != 3*time.Second {
			t.Errorf("%d sends", len(sent)-1)
		}
		if s.act.accepted != accepted || s.acts != 1 || !slices.Equal(s.last, sent[:1]) {
			t.Error("an answer is an act")
		}
		if _, err := s.produced(""); err != nil {
			t.Error(err)
		}
		s.hush()
	})
}

func TestAnAnswerIsNoOutput(t *testing.T) {
	m := &medium{}
	m.onSend = func(_ context.Context, channel string, e event.Event) error {
		m.emit(0, channel, e) // a listener sees what is sent
		return nil
	}
	playWith(t, definitions(t), m, func(s *stage) {
		s.answers(Answers{Event: "order cancelled", With: "order cancelled"})
		s.order("")
		s.medium.emit(time.Second, "orders", event.Event{Body: []byte(`{"orderId": "` + s.scenarioID() + `"}`)})
		s.passes(exactly(1, "order cancelled", "within 5s"))
		if got := len(m.bodies()); got != 2 {
			t.Errorf("%d were sent: an answer has been answered", got)
		}
		s.hush()
	})
}

func TestTheCorrelationValueOfARequestIsTheAnswers(t *testing.T) {
	d := definitions(t)
	path, err := jsonpath.Parse("orderId", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"order placed", "order shipped", "order cancelled"} {
		e := d.Events[name]
		e.Correlation = &path
		d.Events[name] = e
	}
	placed := d.Events["order placed"]
	placed.Template = []byte(`{"orderId": "A-${new number}"}`)
	d.Events["order placed"] = placed
	playWith(t, d, &medium{}, func(s *stage) {
		s.answers(cancelling)
		s.order("")
		number := s.fields("orderId")[0]
		s.requested(number, `, "trace": "`+s.newID()+`"`)
		if got := s.fields("orderId"); len(got) != 2 || got[1] != number {
			t.Errorf("the answer is for %q, want %s", got[1:], number)
		}
		s.hush()
	})
}

func TestTheFirstIDOfTheScenarioInARequestIsTheAnswers(t *testing.T) {
	play(t, func(s *stage) {
		s.answers(cancelling)
		s.order("")
		other, foreign := s.newID(), ids.NewSpace(ids.NewRun()).ID(1, 1)
		s.medium.sink("shipments").Capture(event.Event{
			Key: s.newID(), Headers: event.Headers(map[string]string{"a": s.newID()}),
			Body: []byte(foreign + " " + s.run.New(nil).newID() + " " + other + " " + s.scenarioID()),
		})
		synctest.Wait()
		if got := s.fields("orderId"); len(got) != 2 || got[1] != other {
			t.Errorf("the answer is for %q, want %s", got[1:], other)
		}
		s.hush()
	})
}

func TestNothingIsAnsweredBehindTheEnd(t *testing.T) {
	play(t, func(s *stage) {
		late := cancelling
		late.After = "1h"
		s.answers(late)
		s.order("")
		if waits := s.medium.waiting(); len(waits) != 1 {
			t.Errorf("the listener is told %v, want it awake for the requests", waits)
		}
		s.requested(s.scenarioID(), "")
		s.Rest()
		if waits := s.medium.waiting(); len(waits) != 1 {
			t.Errorf("behind the steps the listener is told %v: what comes in the audit is answered too", waits)
		}
		s.Audit(s.ctx)
		if s.took() != 0 {
			t.Errorf("the end took %s", s.took())
		}
		s.requested(s.scenarioID(), "")
		if got := len(s.medium.bodies()) - 1; got != 0 || len(s.medium.waiting()) != 0 {
			t.Errorf("%d answers, and the listener is told %v", got, s.medium.waiting())
		}
		if err := s.End(); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAnswerThatCannotBeGivenIsInconclusiveAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		why  string
		more string // in the request
		send error
		says string
	}{
		{"it was given", `, "amount": 1`, nil, ""},
		{"it cannot be made", "", nil, `shipments #1 could not be answered with an "order cancelled": event "order cancelled": ${request.amount}: "request" has no field "amount"`},
		{"it cannot be sent", `, "amount": 1`, errLost, `shipments #1 could not be answered with an "order cancelled": produce on orders: ` + errLost.Error()},
	} {
		play(t, func(s *stage) {
			s.answers(cancelling, []string{"amount", "${request.amount}"})
			s.order("")
			s.medium.onSend = func(context.Context, string, event.Event) error { return c.send }
			s.requested(s.scenarioID(), c.more)
			s.hush()
			if c.says == "" {
				if err := errors.Join(s.End(), s.Doubt(s.ctx, time.Now())); err != nil {
					t.Errorf("%s: %v", c.why, err)
				}
				return
			}
			inconclusive(t, s.End(), c.says)
			if err := s.Doubt(s.ctx, time.Now()); err == nil || !strings.Contains(err.Error(), `perhaps not every "order shipped" was answered: `+c.says) {
				t.Errorf("%s: doubt: %v", c.why, err)
			}
		})
	}
}

func TestThereIsDoubtWhereARequestMayHaveGoneUnseen(t *testing.T) {
	for _, c := range []struct {
		why    string
		happen func(s *stage)
		says   string // of the doubt; "" for none
	}{
		{"nothing", func(*stage) {}, ""},
		{"a request, answered", func(s *stage) { s.requested(s.scenarioID(), "") }, ""},
		{"a gap", func(s *stage) { s.medium.sink("shipments").Gap(s.began, time.Now(), errLost) }, "shipments: not everything was seen from "},
		{"a gap that was over before", func(s *stage) { s.medium.sink("shipments").Gap(s.began.Add(-time.Hour), s.began, errLost) }, ""},
		{"a gap behind what failed", func(s *stage) {
			s.medium.sink("shipments").Gap(s.began.Add(time.Minute+time.Second), s.began.Add(2*time.Minute), errLost)
		}, ""},
		{"a gap elsewhere", func(s *stage) { s.medium.sink("rejections").Gap(s.began, time.Now(), errLost) }, ""},
		{"no proof", func(s *stage) { s.medium.syncing(func(context.Context, string) error { return errLost }) }, "shipments: " + errLost.Error()},
		{"one that only the proof shows", func(s *stage) {
			s.medium.syncing(func(context.Context, string) error { s.requested(s.scenarioID(), ""); return nil })
		}, "shipments: one was seen only when the listener was asked to catch up"},
		{"one that is nobody's", func(s *stage) { s.requested("4711", "") }, "shipments: one carries no id that tells whose it is"},
	} {
		play(t, func(s *stage) {
			s.order("")
			s.answers(cancelling)
			wait(time.Second)
			synctest.Wait() // for the listener that is about to prove itself: what it does may change now
			c.happen(s)
			err := s.Doubt(s.ctx, time.Now())
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%s: got %v\nwant %s", c.why, err, c.says)
			}
			s.hush()
		})
	}
}

func TestRequestsAreAnsweredUntilTheAuditIsOver(t *testing.T) {
	d := definitions(t)
	d.Audit = 5 * time.Second
	playWith(t, d, &medium{}, func(s *stage) {
		s.answers(cancelling)
		s.order("")
		s.medium.emit(500*time.Millisecond, "rejections", event.Event{Body: []byte(s.scenarioID())})
		for _, at := range []time.Duration{3 * time.Second, 7 * time.Second} { // within the audit and behind it
			s.medium.emit(at, "shipments", shippedEvent(s.scenarioID()))
		}
		s.passes(exactly(1, "order rejected", "within 1s"))
		s.Rest()
		s.Audit(s.ctx)
		wait(time.Minute)
		if got := len(s.medium.bodies()) - 1; got != 1 {
			t.Errorf("%d answers, want one: to what was asked within the audit", got)
		}
	})
}

// TestWhatMayBeTheTestsOwnDoingIsInconclusive has a gap in the requests: what did not come may have come, had all of
// them been answered.
func TestWhatMayBeTheTestsOwnDoingIsInconclusive(t *testing.T) {
	appears := Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: expect.Unlimited}
	for _, c := range []struct {
		why  string
		want Want
		came bool
		lost bool
		then expect.Verdict
	}{
		{"it did not come", appears, false, false, expect.Failed},
		{"it did not come, perhaps for want of an answer", appears, false, true, expect.Inconclusive},
		{"it came", appears, true, true, expect.Passed},
		{"it was not to come", exactly(0, "order rejected", "within 1s"), false, false, expect.Passed},
		{"it was not to come, and did not perhaps for want of an answer", exactly(0, "order rejected", "within 1s"), false, true, expect.Inconclusive},
		{"one came, and a second one did not perhaps for want of an answer", exactly(1, "order rejected", "within 1s"), true, true, expect.Inconclusive},
	} {
		play(t, func(s *stage) {
			s.answers(cancelling)
			s.order("")
			if c.lost {
				wait(time.Millisecond)
				s.medium.sink("shipments").Gap(s.began, time.Now(), errLost)
			}
			if c.came {
				s.medium.emit(500*time.Millisecond, "rejections", event.Event{Body: []byte(s.scenarioID())})
			}
			s.judged(c.want)
			s.Rest()
			s.Audit(s.ctx)
			v, _ := s.Worst()
			if v.Verdict != c.then || v.Verdict == expect.Inconclusive && !strings.Contains(v.Reason, `perhaps not every "order shipped" was answered`) {
				t.Errorf("%s: %s: %s", c.why, v.Verdict, v.Reason)
			}
		})
	}
}

func TestAnExcuseDoesNotGoAwayInTheAudit(t *testing.T) {
	play(t, func(s *stage) {
		s.answers(cancelling)
		s.order("")
		s.medium.syncing(func(_ context.Context, channel string) error {
			if channel == "shipments" && time.Since(s.began) < 3*time.Second {
				s.requested(s.scenarioID(), "") // seen only now, and answered too late
				s.medium.emit(time.Second, "rejections", event.Event{Body: []byte(s.scenarioID())})
			}
			return nil
		})
		s.judged(Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: expect.Unlimited})
		s.Rest()
		s.Audit(s.ctx)
		if worst, _ := s.Worst(); worst.Verdict != expect.Inconclusive {
			t.Errorf("%s: %s", worst.Verdict, worst.Reason)
		}
	})
}

// TestARequestThatWasSeenOnlyAfterTheWindowExcusesAFailure has the proof of the outputs take so long that a request is
// seen, and answered, meanwhile: it may have been there in time, and what it asked for then came too late.
func TestARequestThatWasSeenOnlyAfterTheWindowExcusesAFailure(t *testing.T) {
	for _, c := range []struct {
		why  string
		seen time.Duration
		send time.Duration // the answer takes so long
		then expect.Verdict
	}{
		{"it was seen in the window", 500 * time.Millisecond, 0, expect.Failed},
		{"it was seen after it, and nothing shows that it was not there before", 1500 * time.Millisecond, 0, expect.Inconclusive},
		{"it was seen in the window, and its answer accepted after it", 950 * time.Millisecond, 100 * time.Millisecond, expect.Inconclusive},
		{"it was seen after the listener had shown that there was none", 4 * time.Second, 0, expect.Failed},
	} {
		play(t, func(s *stage) {
			s.answers(cancelling)
			s.order("")
			s.medium.onSend = func(context.Context, string, event.Event) error { wait(c.send); return nil }
			s.medium.syncing(func(_ context.Context, channel string) error {
				if busy := s.took() > 800*time.Millisecond && s.took() < 2*time.Second; channel == "rejections" || busy {
					wait(time.Second)
				}
				return nil
			})
			s.medium.emit(c.seen, "shipments", shippedEvent(s.scenarioID()))
			s.medium.emit(c.seen+2*time.Second, "rejections", event.Event{Body: []byte(s.scenarioID())})
			s.judged(Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: expect.Unlimited})
			s.Rest()
			s.Audit(s.ctx)
			if worst, _ := s.Worst(); worst.Verdict != c.then {
				t.Errorf("%s: %s: %s", c.why, worst.Verdict, worst.Reason)
			}
		})
	}
}

// TestAnAnswerThatWasGivenLateExcusesAFailure has the test itself be late with an answer: its listener shows the
// request late, or its send takes long.
func TestAnAnswerThatWasGivenLateExcusesAFailure(t *testing.T) {
	const no = 0
	for _, c := range []struct {
		why  string
		late time.Duration // the request is seen so long after it appeared
		send time.Duration // the answer takes so long to be sent
		came time.Duration // what the check wants comes so long after its window; 0: never
		then expect.Verdict
	}{
		{"it was given at once", no, no, 300 * time.Millisecond, expect.Failed},
		{"it was given at once, and nothing came", no, no, no, expect.Failed},
		{"the request was seen so late that what is lacking would have come in time", 400 * time.Millisecond, no, 300 * time.Millisecond, expect.Inconclusive},
		{"the request was seen late, and what is lacking came much later", 200 * time.Millisecond, no, 1500 * time.Millisecond, expect.Failed},
		{"the request was seen too late for a collaborator", time.Second, no, 1500 * time.Millisecond, expect.Inconclusive},
		{"the send was so slow that what is lacking would have come in time", no, 400 * time.Millisecond, 300 * time.Millisecond, expect.Inconclusive},
		{"the send was slow, and what is lacking came much later", no, 200 * time.Millisecond, 1500 * time.Millisecond, expect.Failed},
		{"the send was slow, and nothing came", no, 200 * time.Millisecond, no, expect.Failed},
		{"the send was too slow for a collaborator", no, time.Second, no, expect.Inconclusive},
		{"the send was over only after the window", no, 3 * time.Second, no, expect.Inconclusive},
		{"the send never came to an end", no, time.Hour, no, expect.Inconclusive},
	} {
		for _, stamped := range []bool{true, false} {
			play(t, func(s *stage) {
				s.answers(cancelling)
				s.order("")
				s.medium.onSend = func(ctx context.Context, _ string, _ event.Event) error {
					select {
					case <-time.After(c.send):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				sink, now := s.medium.sink("shipments"), time.Now()
				request := shippedEvent(s.scenarioID())
				if stamped {
					sink.Canary(event.Event{Stamp: now, Seen: now}, now)
					request.Stamp = now.Add(500 * time.Millisecond)
				}
				s.medium.syncing(func(_ context.Context, channel string) error {
					// A Sync that ends shows all that had appeared before it began.
					if at := time.Until(now.Add(500*time.Millisecond + c.late)); channel == "shipments" && s.took() > 400*time.Millisecond && at > 0 {
						wait(at)
					}
					return nil
				})
				s.medium.emit(500*time.Millisecond+c.late, "shipments", request)
				if c.came > 0 {
					s.medium.emit(2*time.Second+c.came, "rejections", event.Event{Body: []byte(s.scenarioID())})
				}
				s.judged(Want{Event: "order rejected", Window: "within 2s", Least: 1, Most: expect.Unlimited})
				s.Rest()
				s.Audit(s.ctx)
				if worst, _ := s.Worst(); worst.Verdict != c.then {
					t.Errorf("%s (stamped: %t): %s: %s", c.why, stamped, worst.Verdict, worst.Reason)
				}
			})
		}
	}
}

// TestAnAnswerAfterAWhileCountsFromWhenItsRequestAppeared has a recorder show a request a second late.
func TestAnAnswerAfterAWhileCountsFromWhenItsRequestAppeared(t *testing.T) {
	playWith(t, definitions(t), &medium{bound: 2 * time.Second}, func(s *stage) {
		soon := cancelling
		soon.After = "3s"
		s.answers(soon)
		s.order("")
		sink, now := s.medium.sink("shipments"), time.Now()
		sink.Canary(event.Event{Stamp: now, Seen: now}, now)
		wait(2 * time.Second)
		request := shippedEvent(s.scenarioID())
		request.Stamp = now.Add(time.Second)
		s.medium.syncing(s.medium.canaries())
		sink.Capture(request)
		wait(time.Minute)
		if sent := s.Execution().Sent(); len(sent) != 2 || sent[1].Began.Sub(now) != 4*time.Second {
			t.Errorf("%d answers, want one 4s after the order", len(sent)-1)
		}
		s.hush()
	})
}

func TestMistakesInAnAnswerAreNamedBeforeAnythingIsAsked(t *testing.T) {
	d := definitions(t)
	answering := func(w *World, a Answers, rows ...[]string) error {
		table(w, rows...)
		return w.Answer(a)
	}
	for _, c := range []struct {
		why  string
		step func(w *World) error
		says string
	}{
		{"nothing is wrong", func(w *World) error { return answering(w, cancelling, []string{"amount", "${request.amount}"}) }, ""},
		{"an unknown request", func(w *World) error { return answering(w, Answers{Event: "order sipped", With: "order cancelled"}) }, `no event "order sipped" (did you mean "order shipped"?`},
		{"an unknown answer", func(w *World) error { return answering(w, Answers{Event: "order shipped", With: "order canceled"}) }, `no event "order canceled" (did you mean "order cancelled"?`},
		{"an answer that cannot be produced", func(w *World) error {
			return answering(w, Answers{Event: "order shipped", With: "order rejected"})
		}, `nothing can be produced on "rejections"`},
		{"a state", func(w *World) error { return answering(w, Answers{Event: "stock level", With: "order cancelled"}) }, `"stock" tells what is there, not what happened`},
		{"no length of time", func(w *World) error { a := cancelling; a.After = "2 sec"; return answering(w, a) }, "did you mean 2s?"},
		{"an unknown value", func(w *World) error { return answering(w, cancelling, []string{"amount", "${price}"}) }, `no value "price"`},
		{"a misspelt request", func(w *World) error { return answering(w, cancelling, []string{"amount", "${reqest.amount}"}) }, `no value "reqest.amount" (did you mean "request.amount"?`},
		{"a rule", func(w *World) error { return answering(w, cancelling, []string{"amount", "(> 1)"}) }, `is a rule, and what is produced needs a value`},
		{"two answers", func(w *World) error {
			if err := answering(w, cancelling); err != nil {
				return err
			}
			return answering(w, Answers{Event: "order shipped", With: "order placed"})
		}, `every "order shipped" is answered already`},
	} {
		dry := DryRun(d).DryWorld()
		err := c.step(dry)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: a dry run says %v\nwant %s", c.why, err, c.says)
		}
		if needs := dry.Needs(); c.says == "" && (!slices.Equal(needs.Listen, []string{"shipments"}) || !slices.Equal(needs.Produce, []string{"orders"}) || needs.Nameless) {
			t.Errorf("%s: needs %+v", c.why, needs)
		}
		play(t, func(s *stage) {
			if got := c.step(s.World); hideIDs(fmt.Sprint(got)) != hideIDs(fmt.Sprint(err)) {
				t.Errorf("%s: a run says %v", c.why, got)
			}
			s.hush()
		})
	}
}

func TestManyRequestsAreAnsweredSideBySide(t *testing.T) {
	play(t, func(s *stage) {
		s.answers(cancelling)
		s.order("")
		s.medium.onSend = func(context.Context, string, event.Event) error { wait(time.Second); return nil }
		sink := s.medium.sink("shipments")
		for range 50 {
			go sink.Capture(shippedEvent(s.scenarioID()))
		}
		wait(time.Second + time.Millisecond)
		if err := errors.Join(s.End(), s.Doubt(s.ctx, time.Now())); err != nil {
			t.Error(err)
		}
		answered := func(a *call) bool { return !a.answered.IsZero() }
		if got := len(slices.DeleteFunc(s.collaborators[0].calls, func(a *call) bool { return !answered(a) })); got != 50 {
			t.Errorf("%d were answered within a second, want 50", got)
		}
		s.hush()
	})
}

func TestARequestThatCannotBeReadIsADoubt(t *testing.T) {
	d := definitions(t)
	kind := d.Events["order shipped"]
	var err error
	if kind.Kind, err = pattern.FromRows([]pattern.Row{{Path: "type", Cell: "request"}}, ""); err != nil {
		t.Fatal(err)
	}
	d.Events["order shipped"] = kind
	for more, says := range map[string]string{
		`, "type": NaN`:     "shipments #1 may be one: the body is not JSON: line 1 has NaN, which JSON does not know",
		`, "type": "other"`: "",
	} {
		playWith(t, d, &medium{}, func(s *stage) {
			s.order("")
			s.answers(cancelling)
			wait(time.Second)
			s.requested(s.scenarioID(), more)
			wait(time.Second)
			got := ""
			if err := s.Doubt(s.ctx, time.Now()); err != nil {
				got = err.Error()
			}
			if !strings.HasSuffix(got, says) || says == "" && got != "" {
				t.Errorf("%s: got %q, want %q", more, got, says)
			}
			s.hush()
		})
	}
}
