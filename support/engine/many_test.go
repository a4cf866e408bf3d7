package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// outcome returns what became of the expectation of a step.
func (s *stage) outcome(do func() error) expect.Outcome {
	s.t.Helper()
	before := len(s.Checks())
	err := do()
	if len(s.Checks()) == before {
		s.t.Fatalf("nothing was judged: %v", err)
	}
	return s.Checks()[before].Outcome
}

// stages is a system that puts out a shipment for each stage, 100 ms apart.
func (m *medium) stages(names ...string) func(context.Context, string, event.Event) error {
	return func(_ context.Context, _ string, e event.Event) error {
		id, _, _ := pattern.Read(e).Value("orderId", "")
		for i, name := range names {
			m.emit(time.Duration(i+1)*100*time.Millisecond, "shipments",
				event.Event{Body: fmt.Appendf(nil, `{"orderId": %q, "status": %q}`, id, name)})
		}
		return nil
	}
}

func TestATableOfEventsTakesOneForEachRow(t *testing.T) {
	table := [][]string{{"as", "status"}, {"first", "PACKED"}, {"second", "SHIPPED"}}
	for _, c := range []struct {
		why     string
		stages  []string
		inOrder bool
		want    expect.Verdict
	}{
		{"in order", []string{"PACKED", "SHIPPED"}, true, expect.Passed},
		{"out of order", []string{"SHIPPED", "PACKED"}, true, expect.Failed},
		{"in any order", []string{"SHIPPED", "PACKED"}, false, expect.Passed},
		{"one is missing", []string{"PACKED", "LOST"}, false, expect.Failed},
	} {
		d := definitions(t)
		shipments := d.Channels["shipments"]
		shipments.Traits.Ordered = true
		d.Channels["shipments"] = shipments
		playWith(t, d, &medium{}, func(s *stage) {
			s.medium.onSend = s.medium.stages(c.stages...)
			s.order("")
			s.step(false, table...)
			got := s.outcome(func() error {
				return s.ExpectRows(s.ctx, Rows{Event: "order shipped", Window: "within 2s", InOrder: c.inOrder})
			})
			if got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
			if c.want == expect.Passed {
				if text, err := s.expand("${first.status} ${second.status}"); err != nil || text != "PACKED SHIPPED" {
					t.Errorf("%s: the labels are %s, %v", c.why, text, err)
				}
			}
		})
	}
}

// TestOrderAcrossChannelsIsToldByProofsInBetween has two channels whose captures do not tell which came first, except
// by the proofs that are made all the time.
func TestOrderAcrossChannelsIsToldByProofsInBetween(t *testing.T) {
	for _, c := range []struct {
		why   string
		apart time.Duration
		want  expect.Verdict
	}{
		{"far apart", 300 * time.Millisecond, expect.Passed},
		{"close together", 10 * time.Millisecond, expect.Inconclusive},
		{"the other way round", -300 * time.Millisecond, expect.Failed},
	} {
		play(t, func(s *stage) {
			s.PlanWaits([]PlannedWait{
				{Act: 1, Channels: []string{"shipments", "rejections"}, Length: 2 * time.Second, Every: orderEvery},
			})
			s.medium.onSend = func(_ context.Context, _ string, e event.Event) error {
				id, _, _ := pattern.Read(e).Value("orderId", "")
				s.medium.emit(time.Second+time.Millisecond, "shipments", shippedEvent(id))
				s.medium.emit(time.Second+c.apart+time.Millisecond, "rejections", shippedEvent(id))
				return nil
			}
			s.order("")
			s.step(false, []string{"event"}, []string{"order shipped"}, []string{"order rejected"})
			got := s.outcome(func() error { return s.ExpectRows(s.ctx, Rows{Window: "within 2s", InOrder: true}) })
			if got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
			s.Rest()
		})
	}
}

func TestEveryEventLeadsToExactlyOne(t *testing.T) {
	for _, c := range []struct {
		why     string
		lost    int // the so manyth order leads to nothing
		double  int // the so manyth order leads to a second shipment, after the window
		percent string
		want    expect.Verdict
	}{
		{"all", 0, 0, "", expect.Passed},
		{"one is lost", 3, 0, "", expect.Failed},
		{"one is lost, which may be", 3, 0, "80", expect.Passed},
		{"one is lost, which must not be", 3, 0, "90", expect.Failed},
		{"one comes again in the audit", 0, 2, "", expect.Failed},
	} {
		play(t, func(s *stage) {
			n := 0
			s.medium.onSend = func(ctx context.Context, channel string, e event.Event) error {
				n++
				if n == c.double {
					_ = s.medium.ships(5*time.Second)(ctx, channel, e)
				}
				if n == c.lost {
					return nil
				}
				return s.medium.ships(time.Second)(ctx, channel, e)
			}
			s.step(false)
			if err := s.Produce(s.ctx, Send{Event: "order placed", Count: 5}); err != nil {
				t.Fatal(err)
			}
			s.step(false)
			s.outcome(func() error {
				return s.ExpectCauseEffect(s.ctx,
					CauseEffect{Of: "order placed", Event: "order shipped", Least: 1, Most: 1, Percent: c.percent, Window: "within 2s"})
			})
			if v := s.audited(); v.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, v.Verdict, v.Reason)
			}
			wait(time.Minute)
		})
	}
}

func TestTheSameEventAgainIsNoFurtherCause(t *testing.T) {
	play(t, func(s *stage) {
		seen := false
		s.medium.onSend = func(ctx context.Context, channel string, e event.Event) error {
			if seen {
				return nil
			}
			seen = true
			return s.medium.ships(time.Second)(ctx, channel, e)
		}
		s.order("")
		if err := s.ProduceAgain(s.ctx, "", 3); err != nil {
			t.Fatal(err)
		}
		s.step(false)
		got := s.outcome(func() error {
			return s.ExpectCauseEffect(s.ctx,
				CauseEffect{Of: "order placed", Event: "order shipped", Least: 1, Most: 1, Window: "within 2s"})
		})
		if got.Verdict != expect.Passed {
			t.Errorf("got %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestARateIsToldByProofsInBetween(t *testing.T) {
	for _, c := range []struct {
		why   string
		pause time.Duration
		want  expect.Verdict
	}{
		{"slow enough", 400 * time.Millisecond, expect.Passed},
		{"too fast", 100 * time.Millisecond, expect.Failed},
	} {
		play(t, func(s *stage) {
			s.PlanWaits([]PlannedWait{
				{Act: 1, Channels: []string{"shipments"}, Length: 5 * time.Second, Every: 100 * time.Millisecond},
			})
			s.medium.onSend = s.medium.emits(1*c.pause, 2*c.pause, 3*c.pause, 4*c.pause, 5*c.pause, 6*c.pause)
			s.order("")
			s.step(false)
			got := s.outcome(func() error {
				return s.ExpectRate(s.ctx, Rate{Event: "order shipped", Most: 4, Per: "1s", Window: "within 5s"})
			})
			if got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
			s.Rest()
		})
	}
}

func TestASumIsWhatAllOfThemAddUpTo(t *testing.T) {
	for total, want := range map[string]expect.Verdict{"3": expect.Passed, "3.0": expect.Passed, "2": expect.Failed} {
		play(t, func(s *stage) {
			s.medium.onSend = func(_ context.Context, _ string, e event.Event) error {
				id, _, _ := pattern.Read(e).Value("orderId", "")
				s.medium.emit(time.Second, "shipments", event.Event{Body: fmt.Appendf(nil, `{"orderId": %q, "parcels": 1.5}`, id)})
				return nil
			}
			s.order("")
			s.order("")
			s.step(false)
			got := s.outcome(func() error {
				return s.ExpectSum(s.ctx, Sum{Field: "parcels", Event: "order shipped", Total: total, Window: "within 2s"})
			})
			if got.Verdict != want {
				t.Errorf("%s: got %s: %s", total, got.Verdict, got.Reason)
			}
		})
	}
}

// TestAnItemThatIsNobodysIsReadByItsKey has the stock of an item, which carries no id of any scenario.
func TestAnItemThatIsNobodysIsReadByItsKey(t *testing.T) {
	level := func(key, quantity string) event.Event {
		return event.Event{Key: key, Body: []byte(`{"quantity": ` + quantity + `}`)}
	}
	for _, c := range []struct {
		why   string
		looks map[time.Duration]event.Event
		want  expect.Verdict
	}{
		{"it is so, and stays", map[time.Duration]event.Event{10 * time.Millisecond: level("SKU-1", "10")}, expect.Passed},
		{"it is so, and changes", map[time.Duration]event.Event{
			10 * time.Millisecond: level("SKU-1", "10"), time.Second: level("SKU-1", "9"),
		}, expect.Inconclusive},
		{"it never is so", map[time.Duration]event.Event{10 * time.Millisecond: level("SKU-1", "9")}, expect.Failed},
		{"an earlier run made it so", map[time.Duration]event.Event{
			10 * time.Millisecond: {Key: "SKU-1", Body: []byte(`{"quantity": 10, "by": "` + ids.NewSpace(12345).ID(1,
				1) + `"}`)},
		}, expect.Passed},
		{"another item is so", map[time.Duration]event.Event{10 * time.Millisecond: level("SKU-2", "10")}, expect.Failed},
	} {
		for event, channel := range map[string]string{"stock level": "stock", "file": "files"} { // looked up by key, and not
			play(t, func(s *stage) {
				s.order("")
				for after, e := range c.looks {
					s.medium.emit(after, channel, e)
				}
				s.step(false, []string{"quantity", "10"})
				got := s.outcome(func() error { return s.ExpectState(s.ctx, State{Event: event, Key: "SKU-1", Window: "within 2s"}) })
				if got.Verdict != c.want {
					t.Errorf("%s on %s: got %s: %s", c.why, channel, got.Verdict, got.Reason)
				}
			})
		}
	}
}

func TestWhatLooksAtNobodysItemRunsAlone(t *testing.T) {
	for key, alone := range map[string]bool{"SKU-1": true, "${id}": false, "ORDER#${order.orderId}": false} {
		for _, event := range []string{"stock level", "file"} { // looked up by key, and not
			w := DryRun(definitions(t)).DryWorld()
			w.At(Step{})
			if err := w.Produce(t.Context(), Send{Event: "order placed", As: "order"}); err != nil {
				t.Fatal(err)
			}
			w.At(Step{Argument: Argument{Rows: [][]string{{"quantity", "10"}}}})
			if err := w.ExpectState(t.Context(), State{Event: event, Key: key, Window: "within 1s"}); err != nil {
				t.Fatal(err)
			}
			if got := w.Needs().Alone; (got != "") != alone {
				t.Errorf("%q of %s: must be alone: %q", event, key, got)
			}
		}
	}
}

func TestAWindowThatBeginsLateIsProvedAtItsBeginning(t *testing.T) {
	for _, c := range []struct {
		why      string
		appeared time.Duration
		want     expect.Verdict
	}{
		{"too early", 900 * time.Millisecond, expect.Failed},
		{"just in time", 1100 * time.Millisecond, expect.Passed},
		{"too late", 2100 * time.Millisecond, expect.Failed},
	} {
		play(t, func(s *stage) {
			s.medium.onSend = s.medium.ships(c.appeared)
			s.order("")
			if got := s.judged(aShipped("between 1s and 2s")); got.Verdict != c.want {
				t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
			}
		})
	}
}

func TestMistakesInWhatIsAskedOfManyAreNamed(t *testing.T) {
	produced := func(w *World) {
		w.At(Step{})
		_ = w.Produce(context.Background(), Send{Event: "order placed"})
	}
	rows := func(rows ...[]string) Step { return Step{Argument: Argument{Rows: rows}} }
	for _, c := range []struct {
		why  string
		step Step
		do   func(w *World) error
		want string
	}{
		{"a table without events", rows([]string{"status"}, []string{"SHIPPED"}), func(w *World) error { return w.ExpectRows(t.Context(), Rows{}) }, `name the events`},
		{"a table of an unknown event", rows([]string{"event"}, []string{"order shiped"}), func(w *World) error { return w.ExpectRows(t.Context(), Rows{}) }, `did you mean "order shipped"`},
		{"rows on a state without keys", rows([]string{"event"}, []string{"file"}), func(w *World) error { return w.ExpectRows(t.Context(), Rows{}) }, `row 1: which item of "files"`},
		{"rows on a state, one without a key", rows([]string{"event", "key"}, []string{"file", "a"}, []string{"file", ""}), func(w *World) error {
			return w.ExpectRows(t.Context(), Rows{})
		}, `row 2: which item of "files"`},
		{"rows on a state in an order", rows([]string{"event", "key"}, []string{"file", "a"}), func(w *World) error {
			return w.ExpectRows(t.Context(), Rows{InOrder: true})
		}, `have no order`},
		{"rows of one item", rows([]string{"event", "key"}, []string{"file", "a"}, []string{"file", "a"}), func(w *World) error {
			return w.ExpectRows(t.Context(), Rows{})
		}, `row 2: row 1 is about the item "a", too`},
		{"rows of events and of a state", rows([]string{"event", "key"}, []string{"file", "a"}, []string{"order shipped", "a"}), func(w *World) error {
			return w.ExpectRows(t.Context(), Rows{})
		}, "give each a table of its own"},
		{"an item that keeps for less than can be seen", rows([]string{"quantity", "8"}), func(w *World) error {
			return w.ExpectState(t.Context(), State{Event: "stock level", Key: "A", Keeps: "100ms"})
		}, "cannot be told"},
		{"a time to keep that is none", rows([]string{"quantity", "8"}), func(w *World) error {
			return w.ExpectState(t.Context(), State{Event: "stock level", Key: "A", Keeps: "ever"})
		}, "ever"},
		{"something gone that is no state", rows(), func(w *World) error {
			return w.ExpectGone(t.Context(), State{Event: "order shipped", Key: "A"})
		}, "tells what happened, not what is there"},
		{"pairs of what was not produced", rows(), func(w *World) error {
			return w.ExpectCauseEffect(t.Context(), CauseEffect{Of: "order cancelled", Event: "order shipped", Least: 1, Most: 1})
		}, `no "order cancelled" has been produced`},
		{"more than all", rows(), func(w *World) error {
			return w.ExpectCauseEffect(t.Context(),
				CauseEffect{Of: "order placed", Event: "order shipped", Least: 1, Most: 1, Percent: "101"})
		}, "no share of events"},
		{"a rate of nothing", rows(), func(w *World) error {
			return w.ExpectRate(t.Context(), Rate{Event: "order shipped", Per: "1s"})
		}, `write no "order shipped"`},
		{"a rate finer than can be told", rows(), func(w *World) error {
			return w.ExpectRate(t.Context(), Rate{Event: "order shipped", Most: 1, Per: "5ms"})
		}, "cannot be told"},
		{"a sum that is no number", rows(), func(w *World) error {
			return w.ExpectSum(t.Context(), Sum{Field: "amount", Event: "order shipped", Total: "many"})
		}, "no number"},
		{"a state of a channel of events", rows([]string{"status", "SHIPPED"}), func(w *World) error {
			return w.ExpectState(t.Context(), State{Event: "order shipped", Key: "1", Window: ""})
		}, "tells what happened, not what is there"},
		{"a window with one end", rows(), func(w *World) error { return w.Expect(t.Context(), aShipped("between 5s")) }, "has one end"},
		{"a window that ends before it begins", rows(), func(w *World) error {
			return w.Expect(t.Context(), aShipped("between 5s and 3s"))
		}, "no time lies between"},
	} {
		w := DryRun(definitions(t)).DryWorld()
		produced(w)
		w.At(c.step)
		if err := c.do(w); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.why, err, c.want)
		}
	}
}

func TestAnItemThatComesToMatchIsNotWaitedForAnyLonger(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.emit(10*time.Millisecond, "stock", event.Event{Key: "SKU-1", Body: []byte(`{"quantity": 9}`)})
		wait(20 * time.Millisecond)
		s.PlanWaits([]PlannedWait{{Act: 1, Channels: []string{"stock"}, Item: `"SKU-1"`, Length: time.Minute}})
		s.order("")
		s.run.prove(s.ctx, "stock", nil)
		s.medium.emit(time.Second, "stock", event.Event{Key: "SKU-1", Body: []byte(`{"quantity": 10}`)})
		s.step(false, []string{"quantity", "10"})
		got := s.outcome(func() error {
			return s.ExpectState(s.ctx, State{Event: "stock level", Key: "SKU-1", Window: "within 60s"})
		})
		if got.Verdict != expect.Passed || s.took() > 2*time.Second {
			t.Errorf("got %s after %s: %s", got.Verdict, s.took(), got.Reason)
		}
		s.Rest()
	})
}
