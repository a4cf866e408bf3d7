// Progress on standard error while scenarios wait.

package run

import (
	"context"
	"fmt"
	"time"

	"github.com/harken-bdd/harken/support/span"
)

// showEvery is how often the progress is told.
const showEvery = time.Second

// showProgress tells, while scenarios wait, how many do and what the nearest deadline is. stop returns once it is silent.
func (s *session) showProgress(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(showEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.tellProgress()
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func (s *session) tellProgress() {
	waiting, nearest := s.world.Waiting()
	if waiting == 0 {
		return
	}
	s.mu.Lock()
	ended := 0
	for _, a := range s.attempts {
		if a.number == 1 {
			ended++
		}
	}
	s.mu.Unlock()
	left := max(time.Until(nearest), 0)
	fmt.Fprintf(s.Err, "%d of %d scenarios done, %d wait, the nearest deadline in %s\n", ended, len(s.plan.Chosen()), waiting, span.Format(left.Round(100*time.Millisecond)))
}
