// Looking ahead: what the steps to come will ask for is known from the rehearsal. A Then that comes late, behind a slow
// one, must find what it could have known in time.

package world

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// Ahead is a window that a step will ask for.
type Ahead struct {
	Act      int      // whose window it is, from 1
	Channels []string // where listening needs no key
	Length   time.Duration
}

// lookout keeps listeners awake, and has them prove themselves at deadlines, while the steps are not there yet.
type lookout struct {
	release []func()
	cancel  context.CancelFunc
	proving sync.WaitGroup
}

// Foresee tells the world what its steps will ask for, before the first of them.
func (w *World) Foresee(ahead []Ahead) { w.ahead = ahead }

// foresees notes a window in a rehearsal.
func (w *World) foresees(channels []string, length time.Duration) {
	channels = slices.DeleteFunc(slices.Clone(channels), func(c string) bool { return w.run.Channels[c].Traits.Keyed })
	w.needs.Ahead = append(w.needs.Ahead, Ahead{w.acts, channels, length})
}

// watch begins to look out for the windows of the act, whose last send so far has just been accepted.
func (w *World) watch(ctx context.Context) {
	w.Rest()
	ctx, cancel := context.WithCancel(ctx)
	w.watched = &lookout{cancel: cancel}
	longest := time.Duration(0)
	for _, a := range w.ahead {
		if a.Act != w.acts || len(a.Channels) == 0 {
			continue
		}
		deadline := w.act.accepted.Add(a.Length)
		for _, c := range a.Channels {
			w.watched.release = append(w.watched.release, w.run.awake(c, harness.Wait{Until: deadline}))
		}
		if a.Length < longest {
			// A longer wait comes first, so that the step may begin after its own deadline.
			w.watched.proving.Go(func() { w.run.proveAt(ctx, deadline, a.Channels) })
		}
		longest = max(longest, a.Length)
	}
}

// proveAt has the listeners prove themselves at the deadline, unless ctx ends before.
func (r *Run) proveAt(ctx context.Context, deadline time.Time, channels []string) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-timer.C:
		r.proveAll(ctx, channels)
	case <-ctx.Done():
	}
}

// Rest ends what goes on beside the steps. It belongs behind the last of them.
func (w *World) Rest() {
	if w.watched == nil {
		return
	}
	w.watched.cancel()
	w.watched.proving.Wait()
	for _, f := range w.watched.release {
		f()
	}
	w.watched = nil
}
