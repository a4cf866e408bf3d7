package world

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/expect"
)

// stockroom is what is under the keys of the stock. It is looked at all the while somebody waits, as transports do that poll, and
// who begins to wait is told what is there.
type stockroom struct {
	medium *medium
	quiet  bool // it never tells that something is gone

	mu    sync.Mutex
	items map[string]string
	told  map[string]string // what all who wait were told last
	known map[string]bool   // somebody was told that it is there, and nobody that it is gone
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

// TestAnItemThatTheFirstActTakesAwayOrChanges has an item that is everybody's, and that was so before the scenario began.
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
				s.Foresee([]Ahead{{Act: 1, Channels: []string{"stock"}, Item: "SKU-1", Shared: true, Length: 2 * time.Second}})
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

// TestWhatIsGoneWhileNobodyLookedIsGone has an item that an act takes away of which no step asks for it, so that the listener does
// not look, and one that asks behind the next act.
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
			s.Foresee([]Ahead{
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
