package world

import (
	"context"
	"testing"
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
