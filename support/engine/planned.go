// Planned waits: what the steps to come will ask for is known from the dry run. A Then that comes late, behind a slow
// one, must find what it could have known in time.

package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
)

// PlannedWait is a window that a step will ask for.
type PlannedWait struct {
	Act      int           // whose window it is, from 1
	Channels []string      // where listening needs no key, or that of
	Item     string        // ... as its step names it
	Shared   bool          // the item is nobody's: what it was before the scenario must be seen before it acts
	From     time.Duration // where the window begins late
	Length   time.Duration
	Every    time.Duration // how often the listeners must prove themselves in the act and the window; 0: at its edges only
	Keeps    time.Duration // for how long what appears is to keep as it is: the proofs are looks at it
}

// background is what goes on beside the steps.
type background struct {
	release []func()
	cancel  context.CancelFunc
	proving sync.WaitGroup
}

func (l *background) rest() {
	if l == nil {
		return
	}
	l.cancel()
	l.proving.Wait()
	for _, f := range l.release {
		f()
	}
}

// PlanWaits tells the world what its steps will ask for, before the first of them.
func (w *World) PlanWaits(waits []PlannedWait) { w.planned = waits }

// planWait notes a window in a dry run.
func (w *World) planWait(e *expect.Expectation, f frame, a asked) {
	channels := e.Channels
	wait := PlannedWait{
		Act: w.acts, Channels: channels, Shared: e.Item != "", From: f.from, Length: f.length, Every: a.every, Keeps: e.Keeps,
	}
	if slices.ContainsFunc(channels, func(c string) bool { return w.run.Channels[c].Traits.Keyed }) {
		if wait.Item = w.item(a); wait.Item == "" {
			wait.Channels = nil
		}
	}
	w.needs.PlannedWaits = append(w.needs.PlannedWaits, wait)
	if f.length <= w.act.paused {
		w.needs.Over = append(w.needs.Over, w.step.Text)
	}
}

// item returns the cell that names the item which a step is about, "" where no act can tell what it will say.
func (w *World) item(a asked) string {
	cell := a.item
	if cell == "" {
		for _, row := range a.below.Rows {
			if isKey(row[0]) {
				cell = row[1]
			}
		}
	}
	if strings.Contains(cell, "${new ") {
		return "" // each time another one
	}
	return cell
}

// told returns what the listeners are told of a planned wait, and whether it is known yet: an item may be named by what
// only comes after the act.
func (w *World) told(a PlannedWait, until time.Time) (harness.Wait, bool) {
	wait := harness.Wait{Until: until}
	if a.Item == "" {
		return wait, len(a.Channels) > 0
	}
	rows, err := w.rows([][]string{{itsKey, a.Item}}, "")
	if err != nil {
		return wait, false
	}
	p, err := pattern.FromRows(rows, "")
	if err != nil {
		return wait, false
	}
	var known bool
	wait.Key, known = p.Key()
	return wait, known
}

// heartbeat has listeners prove themselves from now on, where steps to come ask when exactly something appeared.
func (w *World) heartbeat(ctx context.Context) {
	w.heartbeats.rest()
	w.heartbeats = nil
	for _, a := range w.planned {
		if a.Act != w.acts || a.Every == 0 || len(a.Channels) == 0 {
			continue
		}
		if w.heartbeats == nil {
			w.heartbeats = &background{}
			ctx, w.heartbeats.cancel = context.WithCancel(ctx)
		}
		w.heartbeats.proving.Go(func() {
			w.run.proveEvery(ctx, a.Every, a.Channels, func(channel string, l expect.Look) {
				if a.Keeps > 0 {
					w.looks.add(channel, l)
				}
			})
		})
	}
}

// watch begins to look out for the windows of the act, which is about to begin, or whose last send so far has just been
// accepted, or which asks and waits for the answer. What was looked at already goes on to be, without a break.
func (w *World) watch(ctx context.Context, asking bool) {
	defer w.waiting.rest()
	ctx, cancel := context.WithCancel(ctx)
	w.waiting = &background{cancel: cancel}
	longest := time.Duration(0)
	for _, a := range w.planned {
		if a.Act != w.acts {
			continue
		}
		deadline := w.act.accepted.Add(a.Length)
		wait, known := w.told(a, deadline.Add(a.Keeps))
		if !known {
			continue
		}
		for _, c := range a.Channels {
			_, release := w.run.awake(c, wait)
			w.waiting.release = append(w.waiting.release, release)
		}
		prove := func(at time.Time) { w.waiting.proving.Go(func() { w.run.proveAt(ctx, at, a.Channels) }) }
		if a.From > 0 {
			prove(w.act.accepted.Add(a.From))
		}
		switch {
		case asking:
			// The step begins when there is an answer. When exactly the request leaves is not known yet.
			prove(deadline)
			prove(deadline.Add(tolerance))
		case a.Length < longest:
			// A longer wait comes first, so that the step may begin after its own deadline.
			prove(deadline)
		}
		longest = max(longest, a.Length)
	}
}

// lookFirst has a look at the items that are nobody's and that the steps of the first act will ask for: what they were
// before it is known then, and what they are behind it is what it made of them.
func (w *World) lookFirst(ctx context.Context) error {
	var channels []string
	for _, a := range w.planned {
		if a.Act == w.acts && a.Shared {
			for _, c := range a.Channels {
				add(&channels, c)
			}
		}
	}
	if channels == nil {
		return nil
	}
	w.watch(ctx, false)
	w.run.proveAll(ctx, channels, nil)
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return nil
}

// Rest ends what goes on beside the steps. It belongs behind the last of them.
func (w *World) Rest() {
	w.waiting.rest()
	w.heartbeats.rest()
	w.waiting, w.heartbeats = nil, nil
}
