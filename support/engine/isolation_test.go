// A thousand scenarios side by side, against a system that gives each its own, some of them too much or too little, and
// everybody's channels what is nobody's.
package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestAThousandScenariosSeeOnlyTheirOwn(t *testing.T) {
	const scenarios = 1000
	m := &medium{}
	playWith(t, definitions(t), m, func(s *stage) {
		stranger := ids.NewSpace(12345)
		var mu sync.Mutex
		orders := make(map[string]bool)
		var batch []string
		m.onSend = func(ctx context.Context, channel string, e event.Event) error {
			mu.Lock()
			defer mu.Unlock()
			n := len(orders)
			id, _, _ := pattern.Read(e).Value("orderId", "")
			orders[id] = true
			sku, _, _ := pattern.Read(e).Value("sku", "")
			switch sku {
			case "lost":
			case "twice":
				_ = m.emits(time.Second, 4*time.Second)(ctx, channel, e) // the second in the audit
			case "batched":
				if batch = append(batch, fmt.Sprintf("%q", id)); len(batch)%10 == 0 { // one output for ten orders
					m.emit(time.Second, "shipments",
						event.Event{Body: []byte(`{"orders": [` + strings.Join(batch[len(batch)-10:], ", ") + `]}`)})
				}
			default:
				_ = m.ships(time.Second)(ctx, channel, e)
			}
			// An earlier run's event comes by again, which is nobody's business here.
			m.emit(time.Second, "shipments", shippedEvent(stranger.ID(uint32(n+1), 1)))
			return nil
		}
		// What is nobody's comes by where half of the scenarios look.
		m.emit(1500*time.Millisecond, "rejections", event.Event{Body: []byte(`{"reason": "whose?"}`)})

		kinds := []string{"sound", "lost", "twice", "batched", "watchful"}
		want := map[string]expect.Verdict{
			"sound": expect.Passed, "lost": expect.Failed, "twice": expect.Failed, "batched": expect.Passed,
			"watchful": expect.Inconclusive,
		}
		var running sync.WaitGroup
		verdicts := make([]expect.Verdict, scenarios)
		for i := range scenarios {
			w := s.run.New([]string{"shipments", "rejections"})
			running.Go(func() {
				kind := kinds[i%len(kinds)]
				one := &stage{World: w, t: t, ctx: s.ctx, medium: m, run: s.run, began: s.began}
				one.order("", []string{"sku", kind})
				wants := exactly(1, "order shipped", "within 2s")
				if kind == "watchful" {
					wants = exactly(0, "order rejected", "within 2s")
				}
				one.step(false)
				_ = one.Expect(one.ctx, wants)
				verdicts[i] = one.audited().Verdict
			})
		}
		running.Wait()
		for i, got := range verdicts {
			if kind := kinds[i%len(kinds)]; got != want[kind] {
				t.Errorf("scenario %d, %s: got %s, want %s", i, kind, got, want[kind])
			}
		}
		if _, uncorrelated, foreign := s.run.Journal.Count("shipments"); uncorrelated != 0 || foreign != scenarios {
			t.Errorf("%d are nobody's and %d foreign, want 0 and %d", uncorrelated, foreign, scenarios)
		}
		wait(time.Minute)
	})
}
