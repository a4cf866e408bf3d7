package engine

import (
	"context"
	"fmt"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

func TestASendThatWasPerhapsAcceptedTwiceIsAccepted(t *testing.T) {
	play(t, func(s *stage) {
		s.medium.onSend = func(_ context.Context, channel string, e event.Event) error {
			for range 2 {
				if err := s.medium.ships(0)(s.ctx, channel, e); err != nil {
					return err
				}
			}
			return fmt.Errorf("no acknowledgement of the first attempt: %w", harness.ErrPerhapsTwice)
		}
		s.order("")
		s.passes(aShipped(""), []string{"status", "SHIPPED"})
		if got := s.judged(exactly(1, "order shipped", "within 1s")); got.Verdict != expect.Inconclusive {
			t.Errorf("two came, perhaps of two sends, and exactly 1 is %s: %s", got.Verdict, got.Reason)
		}
	})
}
