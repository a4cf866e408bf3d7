package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

// shelf is what is under the keys of the stock. A Sync captures what is there under those that are waited for, each
// time anew.
type shelf struct {
	medium *medium
	mu     sync.Mutex
	items  map[string]string
}

func newShelf(m *medium) *shelf {
	f := &shelf{medium: m, items: make(map[string]string)}
	m.onSync = func(_ context.Context, channel string) error {
		if channel == "stock" {
			f.look()
		}
		return nil
	}
	return f
}

func (f *shelf) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.medium.waiting() {
		if body := f.items[w.Key]; body != "" {
			f.medium.sink("stock").Capture(event.Event{Key: w.Key, Body: []byte(body)})
		}
	}
}

// put changes an item after a while.
func (f *shelf) put(after time.Duration, key, body string) {
	time.AfterFunc(after, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.items[key] = body
	})
}

// TestWhoeverHasNoProofOfItsOwnItemIsInconclusive has a step about an item behind one that takes longer, and another
// scenario whose own item of the same table is looked at all the while.
func TestWhoeverHasNoProofOfItsOwnItemIsInconclusive(t *testing.T) {
	there := Want{Event: "stock level", Window: "within 2s", Least: 1, Most: expect.Unlimited}
	never := exactly(0, "stock level", "within 2s")
	for _, c := range []struct {
		why      string
		want     Want
		appeared time.Duration  // 0: not at all
		unseen   expect.Verdict // where nobody looks before the step begins
		seen     expect.Verdict // where it is looked at from the act on
	}{
		{"in time", there, time.Second, expect.Inconclusive, expect.Passed},
		{"late", there, 2500 * time.Millisecond, expect.Inconclusive, expect.Failed},
		{"not at all", there, 0, expect.Inconclusive, expect.Failed},
		{"what must not be there is", never, time.Second, expect.Inconclusive, expect.Failed},
		{"what must not be there is late", never, 2500 * time.Millisecond, expect.Inconclusive, expect.Passed},
		{"what must not be there is not", never, 0, expect.Inconclusive, expect.Passed},
	} {
		for planned, want := range map[bool]expect.Verdict{false: c.unseen, true: c.seen} {
			m := &medium{}
			items := newShelf(m)
			playWith(t, definitions(t), m, func(s *stage) {
				if planned {
					s.PlanWaits([]PlannedWait{
						{Act: 1, Channels: []string{"shipments"}, Length: 3 * time.Second},
						{Act: 1, Channels: []string{"stock"}, Item: "${id}", Length: 2 * time.Second},
					})
				}
				_, release := s.run.awake("stock", harness.Wait{Key: "another's"})
				for _, at := range []time.Duration{
					500 * time.Millisecond, 1500 * time.Millisecond, 2 * time.Second, 2700 * time.Millisecond,
				} {
					time.AfterFunc(at, func() { s.run.prove(s.ctx, "stock", nil) })
				}
				s.order("order")
				if c.appeared > 0 {
					items.put(c.appeared, s.scenarioID(), `{"quantity": 9}`)
				}
				s.medium.emit(0, "shipments", shippedEvent(s.scenarioID()))
				s.passes(exactly(1, "order shipped", "within 3s"))
				got := s.judged(c.want, []string{"key", "${id}"}, []string{"quantity", "9"})
				s.Rest()
				s.Audit(s.ctx)
				release()
				if final := s.Checks()[1].Outcome; got.Verdict != want || final.Verdict != want {
					t.Errorf("%s, planned %t: got %s, want %s: %s\nin the end %s: %s", c.why, planned, got.Verdict, want, got.Reason,
						final.Verdict, final.Reason)
				}
			})
		}
	}
}

func TestASyncProvesWhatWasWaitedForAllTheWhile(t *testing.T) {
	for _, c := range []struct {
		why    string
		meant  func(s *stage) (of *sight, during func())
		proved bool
	}{
		{"it was", func(s *stage) (*sight, func()) {
			of, _ := s.run.awake("stock", harness.Wait{Key: "A"})
			return of, func() {}
		}, true},
		{"somebody else ceased to wait for it, too", func(s *stage) (*sight, func()) {
			of, _ := s.run.awake("stock", harness.Wait{Key: "A"})
			_, release := s.run.awake("stock", harness.Wait{Key: "A"})
			return of, release
		}, true},
		{"the wait ended meanwhile, and the item may not have been looked at", func(s *stage) (*sight, func()) {
			return s.run.awake("stock", harness.Wait{Key: "A"})
		}, false},
		{"the wait ended meanwhile, and another began", func(s *stage) (*sight, func()) {
			of, release := s.run.awake("stock", harness.Wait{Key: "A"})
			return of, func() { release(); s.run.awake("stock", harness.Wait{Key: "A"}) }
		}, false},
		{"another item was", func(s *stage) (*sight, func()) {
			of, release := s.run.awake("stock", harness.Wait{Key: "A"})
			release()
			s.run.awake("stock", harness.Wait{Key: "B"})
			return of, func() {}
		}, false},
	} {
		play(t, func(s *stage) {
			of, during := c.meant(s)
			s.medium.syncing(func(context.Context, string) error { during(); return nil })
			wait(time.Second)
			got := s.run.prove(s.ctx, "stock", of)
			if got.Through.IsZero() == c.proved || !got.Since.Equal(s.began) {
				t.Errorf("%s: got %+v", c.why, got)
			}
		})
	}
	play(t, func(s *stage) {
		var of *sight
		s.medium.syncing(func(context.Context, string) error {
			of, _ = s.run.awake("stock", harness.Wait{Key: "A"})
			return nil
		})
		if s.run.prove(s.ctx, "stock", nil); of.proved != (time.Time{}) {
			t.Error("what began to be waited for during a Sync is proved by it")
		}
	})
}

// TestAnItemIsLookedAtBeforeTheActThatIsToChangeIt has a step pass as soon as the item has changed, since it is known
// what it was at the act.
func TestAnItemIsLookedAtBeforeTheActThatIsToChangeIt(t *testing.T) {
	m := &medium{}
	items := newShelf(m)
	playWith(t, definitions(t), m, func(s *stage) {
		s.PlanWaits([]PlannedWait{{Act: 2, Channels: []string{"stock"}, Item: "${id}", Length: time.Minute}})
		s.order("first")
		items.put(0, s.scenarioID(), `{"quantity": 8}`)
		s.passes(exactly(0, "order rejected", "within 1s"))
		s.order("second")
		items.put(time.Second, s.scenarioID(), `{"quantity": 9}`)
		time.AfterFunc(1100*time.Millisecond, items.look)
		s.passes(Want{Event: "stock level", Window: "within 1m", Least: 1, Most: expect.Unlimited}, []string{"key", "${id}"},
			[]string{"quantity", "9"})
		if s.took() > 3*time.Second {
			t.Errorf("it took %s", s.took())
		}
		s.Rest()
		if told := s.medium.waiting(); len(told) != 0 {
			t.Errorf("at the end %v is waited for", told)
		}
	})
}

func TestTheItemsOfStepsToComeAreWaitedForFromTheActOn(t *testing.T) {
	d := definitions(t)
	level := Want{Event: "stock level", Window: "within 2s", Least: 1, Most: expect.Unlimited}
	named := func(key string) func(*World) error {
		return func(w *World) error {
			w.At(Step{Argument: Argument{Rows: [][]string{{"key", key}, {"quantity", "9"}}}})
			return w.Expect(t.Context(), level)
		}
	}
	for _, c := range []struct {
		why  string
		step func(w *World) error
		want string // "": nothing
	}{
		{"the scenario's id", named("${id}"), "ID"},
		{"a field of what the act produced", named("${order.orderId}/1"), "ID/1"},
		{"a text", named(`"7"`), "7"},
		{"a record by its name", func(w *World) error {
			w.At(Step{Argument: Argument{Rows: [][]string{{"quantity", "9"}}}})
			return w.ExpectState(t.Context(), State{Event: "stock level", Key: "SKU-${id}", Window: "within 2s"})
		}, "SKU-ID"},
		{"each time another one", named("${new id}"), ""},
	} {
		dry := DryRun(d).DryWorld()
		if err := produced(dry, "order"); err != nil {
			t.Fatal(err)
		}
		if err := c.step(dry); err != nil {
			t.Fatal(err)
		}
		play(t, func(s *stage) {
			s.PlanWaits(dry.Needs().PlannedWaits)
			s.order("order")
			var want []harness.Wait
			if c.want != "" {
				key := strings.ReplaceAll(c.want, "ID", s.scenarioID())
				want = []harness.Wait{{Until: s.began.Add(2 * time.Second), Key: key}}
			}
			if got := s.medium.waiting(); !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", c.why, got, want)
			}
			s.Rest()
		})
	}
}

// TestAnItemThatOnlyAnEarlierStepNamesIsWaitedForByItsOwn has a key that no act can tell.
func TestAnItemThatOnlyAnEarlierStepNamesIsWaitedForByItsOwn(t *testing.T) {
	play(t, func(s *stage) {
		s.PlanWaits([]PlannedWait{
			{Act: 1, Channels: []string{"stock"}, Item: "${shipment.orderId}", Length: 2 * time.Second},
		})
		s.medium.onSend = s.medium.ships(100 * time.Millisecond)
		s.order("order")
		if told := s.medium.waiting(); len(told) != 0 {
			t.Errorf("%v is waited for", told)
		}
		s.passes(Want{Event: "order shipped", As: "shipment", Window: "within 1s", Least: 1, Most: expect.Unlimited})
		s.medium.emit(time.Second, "stock", event.Event{Key: s.scenarioID(), Body: []byte(`{"quantity": 9}`)})
		s.passes(Want{Event: "stock level", Window: "within 2s", Least: 1, Most: expect.Unlimited},
			[]string{"key", "${shipment.orderId}"}, []string{"quantity", "9"})
		s.Rest()
	})
}

// oneByOne proves items one at a time.
type oneByOne struct {
	harness.Listener
	asked []string
	err   error
}

func (*oneByOne) Await(harness.Wait) (release func()) { return func() {} }

func (l *oneByOne) SyncKey(_ context.Context, key string) error {
	l.asked = append(l.asked, key)
	return l.err
}

func TestAProofOfOneItemIsOfNoOther(t *testing.T) {
	play(t, func(s *stage) {
		l, err := s.run.live("stock")
		if err != nil {
			t.Fatal(err)
		}
		one := &oneByOne{Listener: l.Listener}
		l.Listener = one
		a, _ := s.run.awake("stock", harness.Wait{Key: "A"})
		b, _ := s.run.awake("stock", harness.Wait{Key: "B"})
		wait(time.Second)
		if got := s.run.prove(s.ctx, "stock", a); got.Err != nil || got.Through.IsZero() {
			t.Errorf("got %+v, want a proof of A", got)
		}
		if !b.proved.IsZero() {
			t.Error("a proof of A proves B")
		}
		one.err = errors.New("unreadable")
		if got := s.run.prove(s.ctx, "stock", b); got.Err == nil || !got.Through.IsZero() {
			t.Errorf("got %+v, want no proof of B", got)
		}
		if !slices.Equal(one.asked, []string{"A", "B"}) {
			t.Errorf("asked for %q, want A and B", one.asked)
		}
		if s.run.prove(s.ctx, "stock", nil); b.proved.IsZero() {
			t.Error("a proof of all proves B not")
		}
		other, err := s.run.live("shipments")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.run.prove(s.ctx, "stock", other.sights[""]); got.Err != nil {
			t.Errorf("got %v, want that what another channel has in sight is no key of this one", got.Err)
		}
	})
}
