// An honest wait.

package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/span"
)

// Pause waits. What is produced after it is a new act; what is expected after it still belongs to the act before it,
// and listeners prove themselves at deadlines that pass in the meantime.
func (w *World) Pause(ctx context.Context, written string) error {
	d, err := span.Parse(written)
	switch {
	case err != nil:
		return err
	case d <= 0:
		return errors.New("a pause of no time is none; leave the step out")
	case d > longest:
		return fmt.Errorf("a pause of %s is longer than %s", span.Format(d), span.Format(longest))
	}
	w.act.open = false
	w.act.paused += d
	if w.needs != nil {
		return nil
	}
	end := time.Now().Add(d)
	done := w.run.waitFor(Waiting{World: w, Want: "a pause of " + span.Format(d), Until: end})
	defer done()
	var proving sync.WaitGroup
	defer proving.Wait()
	for _, a := range w.planned {
		if deadline := w.act.accepted.Add(a.Length); a.Act == w.acts && time.Now().Before(deadline) && deadline.Before(end) {
			proving.Go(func() { w.run.proveAt(ctx, deadline, a.Channels) })
		}
	}
	if err := poll.Pause(ctx, d); err != nil {
		return Inconclusive(fmt.Errorf("the run ended before the pause did: %w", err))
	}
	return nil
}
