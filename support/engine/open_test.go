package engine

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"
)

func TestProducersAreOpenedAheadAndASlowOneIsLeftToWhoeverSends(t *testing.T) {
	times := make(map[string]int)
	m := &medium{}
	m.onOpen = func(_ context.Context, channel string) error {
		m.mu.Lock()
		times[channel]++
		m.mu.Unlock()
		switch channel {
		case "orders":
			wait(20 * time.Second)
		case "stock":
			return errLost
		}
		return nil
	}
	d := definitions(t)
	stock := d.Channels["stock"]
	stock.Traits.Produce = true
	d.Channels["stock"] = stock
	playWith(t, d, m, func(s *stage) {
		closed := s.run.Open(s.ctx, []string{"orders", "stock", "stock", "shipments"})
		if took := time.Since(s.began); took != DefaultLimits.Send {
			t.Errorf("it took %s", took)
		}
		if got := slices.Collect(maps.Keys(closed)); !slices.Equal(got, []string{"stock"}) || closed["stock"].Error() != "produce on stock: "+errLost.Error() {
			t.Errorf("cannot be produced on: %v", closed)
		}
		s.order("")
		if took := time.Since(s.began); took != 20*time.Second || times["orders"] != 1 || times["stock"] != 1 || times["shipments"] != 0 {
			t.Errorf("it took %s, and were opened: %v", took, times)
		}
	})
}
