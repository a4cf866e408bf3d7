package engine

import (
	"context"
	"testing"
	"time"
)

func TestWhoRunsAloneIsAloneOnPrivateChannelsThatAreCaughtUp(t *testing.T) {
	d := definitions(t)
	for _, name := range []string{"shipments", "dead-letters"} {
		c := d.Channels[name]
		c.Private = true
		d.Channels[name] = c
	}
	m := &medium{}
	playWith(t, d, m, func(s *stage) {
		m.syncing(func(_ context.Context, channel string) error {
			if channel == "dead-letters" {
				return errLost
			}
			return nil
		})
		s.Isolate(s.ctx)
		for channel, want := range map[string]bool{
			"shipments":    true,
			"rejections":   false, // others may be there
			"dead-letters": false, // what was before may still be seen
		} {
			if got := s.run.Journal.View(s.Execution(), channel).Private; got != want {
				t.Errorf("alone on %s: got %v, want %v", channel, got, want)
			}
		}
	})
}

// The first is content with what comes at once; what is late of it is no other's.
func TestWhoRunsAloneBeginsWhenAllIsOverThatWasAskedForBefore(t *testing.T) {
	d := definitions(t)
	for _, name := range []string{"shipments", "orders", "stock"} {
		c := d.Channels[name]
		c.Private = true
		d.Channels[name] = c
	}
	m := &medium{}
	playWith(t, d, m, func(s *stage) {
		m.onSend = m.ships(0)
		s.order("")
		s.passes(aShipped("within 3s"))
		s.passes(Want{Event: "stock level", Window: "within 20s", Most: 0}, []string{"key", s.scenarioID()})
		wait(time.Second)
		began := time.Now()
		for _, c := range []struct {
			listens string
			want    time.Duration
		}{
			{"orders", 0}, // where nobody has asked for anything
			{"stock", 0},  // what is there is no event
		} {
			s.run.New([]string{c.listens}).Isolate(s.ctx)
			if got := time.Since(began); got != c.want {
				t.Errorf("on %s it begins after %s", c.listens, got)
			}
		}
	})
	m = &medium{}
	playWith(t, d, m, func(s *stage) {
		m.onSend = m.ships(0)
		s.order("")
		s.passes(aShipped("within 3s"))
		second := s.run.New([]string{"shipments", "orders"})
		second.Isolate(s.ctx)
		if s.took() != 13*time.Second { // its window, and the audit
			t.Errorf("it begins after %s", s.took())
		}
		if !s.run.Journal.View(second.Execution(), "shipments").Private {
			t.Error("it is not alone then")
		}
	})
}
