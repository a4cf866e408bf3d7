// Whose an event is where the system has ids of its own form: verdicts, and not only the journal.
package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
)

// correlated names the place of an event's id.
func correlated(t testing.TB, d Definitions, path string, events ...string) {
	t.Helper()
	for _, name := range events {
		e := d.Events[name]
		p, err := jsonpath.Parse(path, e.Root)
		if err != nil {
			t.Fatal(err)
		}
		e.Correlation = &p
		d.Events[name] = e
	}
}

// shipping answers each order with a shipment that a test writes, %s in which is the order's id as JSON.
func (m *medium) shipping(shipment string) {
	m.onSend = func(_ context.Context, _ string, e event.Event) error {
		path, err := jsonpath.Parse("orderId", "")
		if err != nil {
			return err
		}
		id := pattern.Read(e).Values(path)[0]
		m.emit(time.Second, "shipments", event.Event{Body: []byte(strings.ReplaceAll(shipment, "%s", id))})
		return nil
	}
}

func TestANumberThatTheSystemWritesInAnotherWayIsTheSame(t *testing.T) {
	for _, shipment := range []string{`{"orderId": %s}`, `{"orderId": %s.0}`, `{"orderId": %se0}`, `{"orderId": 0.%se16}`, `{"orderId": "%s"}`} {
		d := definitions(t)
		numbered := d.Events["order placed"]
		numbered.Template = []byte(`{"orderId": ${new number}}`)
		d.Events["order placed"] = numbered
		correlated(t, d, "orderId", "order placed", "order shipped")
		m := &medium{}
		m.shipping(shipment)
		playWith(t, d, m, func(s *stage) {
			// 0.DIGITSe16 is the number only where it has 16 of them, as all of these have.
			s.run.numbers.long.Store(7494541837860865)
			s.order("")
			s.passes(aShipped("within 2s"))
			if got := s.judged(exactly(0, "order shipped", "within 2s")); got.Verdict != expect.Failed {
				t.Errorf("%s: an absence: got %s: %s", shipment, got.Verdict, got.Reason)
			}
		})
	}
}

func TestAnEventThatIsOnlyMentionedHasLedToNothing(t *testing.T) {
	d := definitions(t)
	correlated(t, d, "orderId", "order placed", "order shipped")
	playWith(t, d, &medium{}, func(s *stage) {
		s.order("A")
		s.order("B")
		sent := s.Execution().Sent()
		s.medium.emit(time.Second, "shipments",
			event.Event{Body: fmt.Appendf(nil, `{"orderId": %q, "previous": %q}`, sent[0].Value, sent[1].Value)})
		s.passes(Want{Event: "order shipped", For: "A", Window: "within 2s", Least: 1, Most: 1})
		s.passes(Want{Event: "order shipped", For: "B", Window: "within 2s"})
		if got := s.judged(Want{Event: "order shipped", For: "B", Window: "within 2s", Least: 1, Most: 1}); got.Verdict != expect.Failed {
			t.Errorf("for B: got %s: %s", got.Verdict, got.Reason)
		}
		s.step(false)
		got := s.outcome(func() error {
			return s.ExpectCauseEffect(s.ctx,
				CauseEffect{Of: "order placed", Event: "order shipped", Window: "within 2s", Least: 1, Most: 1})
		})
		if got.Verdict != expect.Failed || !strings.Contains(got.Reason, "it holds for 1 of 2") {
			t.Errorf("every: got %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestADuplicateWithAWrongIDIsNotSomebodyElses(t *testing.T) {
	d := definitions(t)
	correlated(t, d, "orderId", "order placed", "order shipped")
	playWith(t, d, &medium{}, func(s *stage) {
		s.run.New(nil) // another scenario
		s.order("", []string{"trace", "${new id}"})
		trace := s.fields("trace")[0]
		s.medium.emit(time.Second, "shipments",
			event.Event{Body: fmt.Appendf(nil, `{"orderId": %q, "trace": %q}`, s.fields("orderId")[0], trace)})
		s.medium.emit(time.Second, "shipments",
			event.Event{Body: fmt.Appendf(nil, `{"orderId": "none", "trace": %q}`, trace)})
		s.medium.emit(time.Second, "shipments", event.Event{Body: []byte(`{"orderId": "somebody's"}`)})
		got := s.judged(exactly(1, "order shipped", "within 2s"))
		if got.Verdict != expect.Inconclusive || !strings.Contains(got.Reason, "the id in its place tells nothing of whose it is") {
			t.Errorf("got %s: %s", got.Verdict, got.Reason)
		}
	})
}

// workshop is a system that makes the ids of its tasks: it answers a request with one, and says on "shipments" what
// becomes of the tasks.
func workshop(
	t *testing.T, answer func(m *medium) func(event.Event) (string, time.Duration, error), scenario func(s *stage),
) {
	t.Helper()
	d := askable(t)
	correlated(t, d, "taskId", "order shipped")
	answered := d.Events["sign-up answered"]
	answered.Of = "taskId"
	d.Events["sign-up answered"] = answered
	correlated(t, d, "id", "sign-up answered")
	m := &medium{}
	a := &api{answer: answer(m)}
	playAt(t, d, m, harness.Table{a.transport()}, scenario)
}

func TestWhatCarriesOnlyAnIDThatTheSystemMadeIsTheScenarios(t *testing.T) {
	done := func(task int) event.Event { return event.Event{Body: fmt.Appendf(nil, `{"taskId": %d}`, task)} }
	for why, at := range map[string]time.Duration{"after the answer": 1500 * time.Millisecond, "before the answer": 500 * time.Millisecond} {
		task := 0
		workshop(t, func(m *medium) func(event.Event) (string, time.Duration, error) {
			return func(event.Event) (string, time.Duration, error) {
				task++
				m.emit(at, "shipments", done(task))
				m.emit(at, "shipments", done(1000)) // of somebody else
				return fmt.Sprintf(`{"id": "%d"}`, task), time.Second, nil
			}
		}, func(s *stage) {
			s.signedUp("A")
			s.passes(aShipped("within 2s"))
			s.passes(exactly(1, "order shipped", "within 2s"))
			s.passes(Want{Event: "order shipped", For: "A", Window: "within 2s", Least: 1, Most: 1})
			if got := s.judged(exactly(0, "order shipped", "within 2s")); got.Verdict != expect.Failed {
				t.Errorf("%s: an absence: got %s: %s", why, got.Verdict, got.Reason)
			}
		})
	}
}

func TestEveryRequestIsPairedByTheIDThatItsAnswerNames(t *testing.T) {
	for _, lost := range []bool{false, true} {
		task := 0
		workshop(t, func(m *medium) func(event.Event) (string, time.Duration, error) {
			return func(event.Event) (string, time.Duration, error) {
				task++
				if !lost || task == 1 {
					m.emit(100*time.Millisecond, "shipments", event.Event{Body: fmt.Appendf(nil, `{"taskId": %d}`, task)})
				}
				return fmt.Sprintf(`{"id": %d}`, task), 200 * time.Millisecond, nil
			}
		}, func(s *stage) {
			s.signedUp("")
			s.signedUp("")
			s.step(false)
			got := s.outcome(func() error {
				return s.ExpectCauseEffect(s.ctx, CauseEffect{Of: "sign-up", Event: "order shipped", Window: "within 2s", Least: 1, Most: 1})
			})
			if want := map[bool]expect.Verdict{false: expect.Passed, true: expect.Failed}[lost]; got.Verdict != want {
				t.Errorf("the second has led to nothing: %v: got %s: %s", lost, got.Verdict, got.Reason)
			}
		})
	}
}

func TestAnIDIsLearnedFromWhatSaysItBesideTheScenarios(t *testing.T) {
	d := definitions(t)
	correlated(t, d, "taskId", "order shipped")
	rejected := d.Events["order rejected"]
	rejected.Root = "$.data" // where its own fields start
	d.Events["order rejected"] = rejected
	playWith(t, d, &medium{}, func(s *stage) {
		s.order("")
		s.medium.emit(time.Second, "shipments", event.Event{Body: []byte(`{"taskId": "T-1"}`)})
		s.medium.emit(time.Second, "rejections",
			event.Event{Body: fmt.Appendf(nil, `{"data": {"taskId": "T-1"}, "orderId": %q}`, s.scenarioID())})
		s.passes(aShipped("within 2s"))
		if got := s.judged(exactly(0, "order shipped", "within 2s")); got.Verdict != expect.Failed {
			t.Errorf("an absence: got %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestUntilItsOwnIDIsKnownAnUnknownOneMayBeTheScenarios(t *testing.T) {
	workshop(t, func(m *medium) func(event.Event) (string, time.Duration, error) {
		return func(event.Event) (string, time.Duration, error) {
			m.emit(100*time.Millisecond, "shipments", event.Event{Body: []byte(`{"taskId": 7}`)})
			return `{"id": null}`, 200 * time.Millisecond, nil
		}
	}, func(s *stage) {
		s.run.New(nil) // another scenario
		s.signedUp("")
		for _, want := range []Want{aShipped("within 2s"), exactly(0, "order shipped", "within 2s")} {
			got := s.judged(want)
			if got.Verdict != expect.Inconclusive || !strings.Contains(got.Reason, "has an id in taskId that nobody is known to have") {
				t.Errorf("got %s: %s", got.Verdict, got.Reason)
			}
		}
	})
}
