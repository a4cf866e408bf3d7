package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

// stockroom is what is under the keys of the stock. It is looked at all the while somebody waits, as transports do that
// poll, and who begins to wait is told what is there.
type stockroom struct {
	medium *medium
	quiet  bool // it never tells that something is gone

	mu       sync.Mutex
	slowness time.Duration // how much longer a Sync takes
	items    map[string]string
	told     map[string]string // what all who wait were told last
	known    map[string]bool   // somebody was told that it is there, and nobody that it is gone
}

func newStockroom(m *medium) *stockroom {
	f := &stockroom{medium: m, items: make(map[string]string), told: make(map[string]string), known: make(map[string]bool)}
	m.onAwait = func(w harness.Wait) {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.told, w.Key)
	}
	m.onSync = func(_ context.Context, channel string) error {
		wait(2 * time.Millisecond)
		if channel == "stock" {
			f.look()
		}
		f.mu.Lock()
		slow := f.slowness
		f.mu.Unlock()
		wait(slow)
		wait(2 * time.Millisecond)
		return nil
	}
	return f
}

func (f *stockroom) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	waits := make(map[string]bool)
	for _, w := range f.medium.waiting() {
		waits[w.Key] = true
	}
	for key := range waits {
		switch body, told := f.items[key], f.told[key]; {
		case body == told && (body != "" || !f.known[key]):
		case body != "":
			f.told[key], f.known[key] = body, true
			f.medium.sink("stock").Capture(event.Event{Key: key, Body: []byte(body)})
		case !f.quiet:
			delete(f.told, key)
			delete(f.known, key)
			f.medium.sink("stock").Gone(key, time.Now())
		}
	}
}

// poll looks again and again for as long as the scenario is to last.
func (f *stockroom) poll(lasts time.Duration) {
	for at := 30 * time.Millisecond; at < lasts; at += 30 * time.Millisecond {
		time.AfterFunc(at, f.look)
	}
}

// slow makes each Sync take so much longer from now on.
func (f *stockroom) slow(by time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slowness = by
}

// put changes an item after a while; "" takes it away.
func (f *stockroom) put(after time.Duration, key, body string) {
	time.AfterFunc(after, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.items[key] = body; body == "" {
			delete(f.items, key)
		}
	})
}

var level9 = [][]string{{"key", "SKU-1"}, {"quantity", "9"}}

// TestAnItemThatTheFirstActTakesAwayOrChanges has an item that is everybody's, and that was so before the scenario
// began.
func TestAnItemThatTheFirstActTakesAwayOrChanges(t *testing.T) {
	there := Want{Event: "stock level", Window: "within 2s", Least: 1, Most: expect.Unlimited}
	absent := exactly(0, "stock level", "within 2s")
	for _, c := range []struct {
		why     string
		before  string
		after   time.Duration // 0: it stays
		becomes string        // "": nothing
		there   expect.Verdict
		absent  expect.Verdict
	}{
		{"it stays", `{"quantity": 9}`, 0, "", expect.Passed, expect.Failed},
		{"it is deleted at once", `{"quantity": 9}`, time.Microsecond, "", expect.Failed, expect.Passed},
		{"it is deleted", `{"quantity": 9}`, 300 * time.Millisecond, "", expect.Failed, expect.Passed},
		{"it is changed at once", `{"quantity": 9}`, time.Microsecond, `{"quantity": 8}`, expect.Failed, expect.Passed},
		{"it is changed", `{"quantity": 9}`, 40 * time.Millisecond, `{"quantity": 8}`, expect.Failed, expect.Passed},
		{"it is changed later", `{"quantity": 9}`, 500 * time.Millisecond, `{"quantity": 8}`, expect.Failed, expect.Passed},
		{"it is deleted after the window", `{"quantity": 9}`, 3 * time.Second, "", expect.Passed, expect.Failed},
		{"it comes to be so", `{"quantity": 8}`, 300 * time.Millisecond, `{"quantity": 9}`, expect.Passed, expect.Failed},
	} {
		for name, want := range map[string]struct {
			Want
			verdict expect.Verdict
		}{"there": {there, c.there}, "absent": {absent, c.absent}} {
			m := &medium{}
			items := newStockroom(m)
			playWith(t, definitions(t), m, func(s *stage) {
				items.items["SKU-1"] = c.before
				items.poll(5 * time.Second)
				wait(10 * time.Millisecond)
				s.PlanWaits([]PlannedWait{
					{Act: 1, Channels: []string{"stock"}, Item: "SKU-1", Shared: true, Length: 2 * time.Second},
				})
				m.onSend = func(context.Context, string, event.Event) error {
					if c.after > 0 {
						items.put(c.after, "SKU-1", c.becomes)
					}
					return nil
				}
				s.order("order")
				if got := s.judged(want.Want, level9...); got.Verdict != want.verdict {
					t.Errorf("%s: %s: got %s, want %s: %s", c.why, name, got.Verdict, want.verdict, got.Reason)
				}
				s.Rest()
			})
		}
	}
}

// TestWhatIsGoneWhileNobodyLookedIsGone has an item that an act takes away of which no step asks for it, so that the
// listener does not look, and one that asks behind the next act.
func TestWhatIsGoneWhileNobodyLookedIsGone(t *testing.T) {
	for _, c := range []struct {
		why     string
		becomes string
		want    expect.Verdict
	}{
		{"it is gone", "", expect.Failed},
		{"it has changed", `{"quantity": 8}`, expect.Failed},
		{"it is there", `{"quantity": 9}`, expect.Passed},
	} {
		m := &medium{}
		items := newStockroom(m)
		items.quiet = true
		playWith(t, definitions(t), m, func(s *stage) {
			items.items["SKU-1"] = `{"quantity": 9}`
			wait(time.Second)
			s.PlanWaits([]PlannedWait{
				{Act: 1, Channels: []string{"stock"}, Item: "SKU-1", Shared: true, Length: time.Second},
				{Act: 3, Channels: []string{"stock"}, Item: "SKU-1", Shared: true, Length: time.Second},
			})
			there := Want{Event: "stock level", Window: "within 1s", Least: 1, Most: expect.Unlimited}
			s.order("first")
			if got := s.judged(there, level9...); got.Verdict != expect.Passed {
				t.Errorf("%s: at first: %s: %s", c.why, got.Verdict, got.Reason)
			}
			s.order("second")
			items.put(100*time.Millisecond, "SKU-1", c.becomes)
			s.passes(exactly(0, "order rejected", "within 1s"))
			s.order("third")
			if got := s.judged(there, level9...); got.Verdict != c.want {
				t.Errorf("%s: got %s, want %s: %s", c.why, got.Verdict, c.want, got.Reason)
			}
			s.Rest()
		})
	}
}

// TestAStateHasNoEcho has one folder in which the scenario puts what the system is to find there, and finds.
func TestAStateHasNoEcho(t *testing.T) {
	d := definitions(t)
	files := d.Channels["files"]
	files.Traits.Produce = true
	d.Channels["files"] = files
	d.Events["file"] = Event{Name: "file", Channel: "files", Template: []byte(`{"id": "${id}"}`)}
	m := &medium{}
	m.onSend = func(_ context.Context, channel string, e event.Event) error {
		m.emit(time.Millisecond, channel, e)
		return nil
	}
	playWith(t, d, m, func(s *stage) {
		s.step(false)
		if err := s.Produce(s.ctx, Send{Event: "file"}); err != nil {
			t.Fatal(err)
		}
		s.passes(Want{Event: "file", Window: "within 1s", Least: 1, Most: expect.Unlimited})
	})
}

// TestAnItemIsToBeGone has the same item, of which a step says that it is gone.
func TestAnItemIsToBeGone(t *testing.T) {
	for _, c := range []struct {
		why     string
		before  string
		after   time.Duration // 0: it stays
		becomes string
		want    expect.Verdict
		remark  string // that there is one, "" for none
	}{
		{"it is deleted", `{"quantity": 9}`, 300 * time.Millisecond, "", expect.Passed, ""},
		{"it stays", `{"quantity": 9}`, 0, "", expect.Failed, ""},
		{"it is deleted too late", `{"quantity": 9}`, 3 * time.Second, "", expect.Failed, ""},
		{"it is changed", `{"quantity": 9}`, 300 * time.Millisecond, `{"quantity": 8}`, expect.Failed, ""},
		{"it never was there", "", 0, "", expect.Passed, "ever seen"},
		{"it comes", "", 300 * time.Millisecond, `{"quantity": 8}`, expect.Failed, ""},
	} {
		m := &medium{}
		items := newStockroom(m)
		playWith(t, definitions(t), m, func(s *stage) {
			if c.before != "" {
				items.items["SKU-1"] = c.before
			}
			items.poll(5 * time.Second)
			wait(10 * time.Millisecond)
			s.PlanWaits([]PlannedWait{
				{Act: 1, Channels: []string{"stock"}, Item: "SKU-1", Shared: true, Length: 2 * time.Second},
			})
			m.onSend = func(context.Context, string, event.Event) error {
				if c.after > 0 {
					items.put(c.after, "SKU-1", c.becomes)
				}
				return nil
			}
			s.order("order")
			s.step(false)
			got := s.outcome(func() error {
				return s.ExpectGone(s.ctx, State{Event: "stock level", Key: "SKU-1", Window: "within 2s"})
			})
			if got.Verdict != c.want {
				t.Errorf("%s: got %s, want %s: %s", c.why, got.Verdict, c.want, got.Reason)
			}
			remarks := strings.Join(s.Remarks(), "\n")
			if !strings.Contains(remarks, c.remark) || (remarks == "") != (c.remark == "") {
				t.Errorf("%s: remarks %q, want %q", c.why, remarks, c.remark)
			}
			s.Rest()
		})
	}
}

// change is what becomes of an item, some time after the act.
type change struct {
	after   time.Duration
	becomes string
}

// TestAnItemIsToKeepAsItIs has an item that is to be 9 within two seconds, and to keep so for one.
func TestAnItemIsToKeepAsItIs(t *testing.T) {
	const nine, eight = `{"quantity": 9}`, `{"quantity": 8}`
	const ms = time.Millisecond
	for _, c := range []struct {
		why     string
		before  string
		changes []change
		slow    time.Duration // how long a look takes
		want    expect.Verdict
		took    time.Duration // at the most
	}{
		{"it comes, and keeps", eight, []change{{300 * ms, nine}}, 0, expect.Passed, 1600 * ms},
		{"it comes late, and keeps", eight, []change{{1900 * ms, nine}}, 0, expect.Passed, 3200 * ms},
		{"it comes, and keeps until it is too late to matter", eight, []change{{300 * ms, nine}, {1800 * ms, eight}}, 0, expect.Passed, 1600 * ms},
		{"it comes, and changes soon", eight, []change{{300 * ms, nine}, {700 * ms, eight}}, 0, expect.Failed, 2100 * ms},
		{"it comes, and is soon gone", eight, []change{{300 * ms, nine}, {700 * ms, ""}}, 0, expect.Failed, 2100 * ms},
		{"it comes, changes, comes again, and keeps", eight, []change{
			{300 * ms, nine}, {700 * ms, eight}, {1200 * ms, nine},
		}, 0, expect.Passed, 2500 * ms},
		{"it comes again too late", eight, []change{{300 * ms, nine}, {700 * ms, eight}, {2300 * ms, nine}}, 0, expect.Failed, 3100 * ms},
		{"it comes late, and changes behind the window", eight, []change{{1900 * ms, nine}, {2400 * ms, eight}}, 0, expect.Failed, 3100 * ms},
		{"it never comes", eight, nil, 0, expect.Failed, 2100 * ms},
		{"it was so, and stays", nine, nil, 0, expect.Passed, 2300 * ms},
		{"it was so, and changes later in the window", nine, []change{{1500 * ms, eight}}, 0, expect.Failed, 2100 * ms},
		{"it was so, and changes soon", nine, []change{{300 * ms, eight}}, 0, expect.Failed, 2100 * ms},
		{"it was so, changes, comes again, and keeps", nine, []change{{300 * ms, eight}, {800 * ms, nine}}, 0, expect.Passed, 2500 * ms},
		{"looks take too long", eight, []change{{300 * ms, nine}}, 400 * ms, expect.Inconclusive, 4 * time.Second},
	} {
		m := &medium{}
		items := newStockroom(m)
		playWith(t, definitions(t), m, func(s *stage) {
			items.items["SKU-1"] = c.before
			items.poll(5 * time.Second)
			wait(10 * time.Millisecond)
			s.PlanWaits([]PlannedWait{{
				Act: 1, Channels: []string{"stock"}, Item: "SKU-1", Shared: true, Length: 2 * time.Second, Keeps: time.Second,
				Every: lookEvery,
			}})
			m.onSend = func(context.Context, string, event.Event) error {
				items.slow(c.slow)
				for _, one := range c.changes {
					items.put(one.after, "SKU-1", one.becomes)
				}
				return nil
			}
			s.order("order")
			s.step(false, []string{"quantity", "9"})
			began := time.Now()
			got := s.outcome(func() error {
				return s.ExpectState(s.ctx, State{Event: "stock level", Key: "SKU-1", Window: "within 2s", Keeps: "1s"})
			})
			if got.Verdict != c.want {
				t.Errorf("%s: got %s, want %s: %s", c.why, got.Verdict, c.want, got.Reason)
			}
			if took := time.Since(began); took > c.took {
				t.Errorf("%s: it took %s, want %s at the most", c.why, took, c.took)
			}
			if passed := got.Verdict == expect.Passed; passed && (got.Looked == 0 || got.Looked > expect.LookWithin) {
				t.Errorf("%s: looks were %s apart, want more than nothing and %s at the most", c.why, got.Looked, expect.LookWithin)
			}
			s.Rest()
			s.Audit(s.ctx)
			if final := s.Checks()[0].Outcome; final.Verdict != c.want {
				t.Errorf("%s: in the end %s, want %s: %s", c.why, final.Verdict, c.want, final.Reason)
			}
		})
	}
}

// TestRowsOfAStateAreEachAnItem has a table whose items are looked at side by side.
func TestRowsOfAStateAreEachAnItem(t *testing.T) {
	for _, c := range []struct {
		why  string
		b    string // what is under the second key, a second after the act
		want []expect.Verdict
	}{
		{"each is as its row says", `{"quantity": 9}`, []expect.Verdict{expect.Passed, expect.Passed}},
		{"the second is another", `{"quantity": 8}`, []expect.Verdict{expect.Passed, expect.Failed}},
		{"the second is gone", "", []expect.Verdict{expect.Passed, expect.Failed}},
	} {
		m := &medium{}
		items := newStockroom(m)
		playWith(t, definitions(t), m, func(s *stage) {
			items.poll(5 * time.Second)
			items.items["B"] = `{"quantity": 7}`
			s.order("order")
			items.put(1900*time.Millisecond, "A", `{"quantity": 8}`)
			items.put(time.Second, "B", c.b)
			s.step(false, []string{"key", "quantity", "as"}, []string{"A", "8", "first"}, []string{"B", "9", ""})
			err := s.ExpectRows(s.ctx, Rows{Event: "stock level", Window: "within 2s"})
			var got []expect.Verdict
			for _, check := range s.Checks() {
				got = append(got, check.Outcome.Verdict)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %s, want %s: %v", c.why, got, c.want, err)
			}
			if failed := slices.Contains(c.want, expect.Failed); failed != (err != nil) {
				t.Errorf("%s: the step's error is %v", c.why, err)
			}
			if text, err := s.expand("${first.quantity}"); err != nil || text != "8" {
				t.Errorf("%s: the label of a row: got %q, %v", c.why, text, err)
			}
			s.Rest()
		})
	}
}

func TestTheWaitsForTheItemsOfRowsArePlanned(t *testing.T) {
	w := DryRun(definitions(t)).DryWorld()
	if err := produced(w, "order"); err != nil {
		t.Fatal(err)
	}
	w.At(Step{Argument: Argument{Rows: [][]string{{"quantity", "key"}, {"8", "A"}, {"9", "B-${id}"}}}})
	if err := w.ExpectRows(t.Context(), Rows{Event: "stock level", Window: "within 2s"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range w.Needs().PlannedWaits {
		got = append(got, a.Item)
	}
	if want := []string{"A", "B-${id}"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if w.Needs().Alone == "" {
		t.Error("anybody could change one of the items, and others may run beside")
	}
}
