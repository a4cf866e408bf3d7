// Waiting for the outcome of an expectation.

package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/journal"
)

// anybodys is how often captures are looked at that could be anybody's: of an item that anybody could have changed, or
// of what carries no id.
const anybodys = 100 * time.Millisecond

// await waits until the check is settled: by what is captured, or at the deadline by a proof. A window that begins late
// is proved at its beginning too, so that it is known what came before and what after.
func (w *World) await(ctx context.Context, c *Check) error {
	settled := func() bool {
		c.Outcome = w.judge(c, w.run.proved(c.Judged.Channels, c.sight))
		return c.Outcome.Verdict != expect.Undecided
	}
	end := c.Judged.Until()
	if settled() {
		if !time.Now().Before(end) {
			c.Outcome = w.judgeAtLast(ctx, c, w.run.proved(c.Judged.Channels, c.sight))
		}
		return nil
	}
	defer w.run.waitFor(Waiting{World: w, Channels: c.Judged.Channels, Want: c.Judged.Want, Until: c.wait.Until})()
	defer w.listenFor(c, c.wait.Until)()
	edge := time.NewTimer(time.Until(c.Judged.Window.From))
	if c.Judged.Window.From.IsZero() || c.Judged.Window.From.Before(time.Now()) {
		edge.Stop()
	}
	defer edge.Stop()
	deadline := time.NewTimer(time.Until(end))
	defer deadline.Stop()
	// Nobody is woken for what is nobody's, or somebody else's, nor when something has kept as it was.
	look := time.NewTicker(anybodys)
	defer look.Stop()
	if c.Judged.Item == "" && c.Judged.Keeps == 0 && !w.nameless {
		look.Stop()
	}
	for !settled() {
		select {
		case <-w.execution.Woken():
		case <-look.C:
		case <-edge.C:
			w.run.proveAll(ctx, c.Judged.Channels, nil)
		case <-deadline.C:
			proofs := w.run.proveThrough(ctx, c.Judged.Channels, c.sight, end)
			if ctx.Err() != nil {
				return interrupted(ctx)
			}
			if c.Judged.Keeps > 0 {
				w.looks.last(proofs)
			}
			c.Outcome = w.judgeAtLast(ctx, c, proofs)
			return nil
		case <-ctx.Done():
			return interrupted(ctx)
		}
	}
	return nil
}

// listenFor has the listeners look for what a check is about. release must be called once.
func (w *World) listenFor(c *Check, until time.Time) (release func()) {
	wait := c.wait
	wait.Until = until
	var all []func()
	for _, channel := range c.Judged.Channels {
		s, release := w.run.awake(channel, wait)
		if c.sight == nil {
			c.sight = s
		}
		all = append(all, release)
	}
	return func() {
		for _, release := range slices.Backward(all) {
			release()
		}
	}
}

func interrupted(ctx context.Context) error {
	return Inconclusive(fmt.Errorf("the run ended before the window did: %w", context.Cause(ctx)))
}

// judge returns the outcome of a check by what has been captured and proved. The proofs must have been asked for
// before.
func (w *World) judge(c *Check, proofs map[string]expect.Proof) expect.Outcome {
	w.keeping(c.Judged, proofs)
	if len(proofs) > 0 {
		c.Proofs = proofs
	}
	return c.Judged.Outcome(w.look(c.Judged), proofs)
}

// judgeAtLast returns the outcome of a check as judge does, once a canary was sent behind all whose stamps it goes by.
// What passes whatever those say, as most does, waits for no canary.
func (w *World) judgeAtLast(ctx context.Context, c *Check, proofs map[string]expect.Proof) expect.Outcome {
	if c.Judged.ByReceipt() {
		if o := w.judge(c, proofs); o.Verdict == expect.Passed {
			return o
		}
	}
	w.readStamps(ctx, c.Judged.Channels, c.sight)
	return w.judge(c, proofs)
}

// readStamps has those channels proved on which another canary tells when something of the scenario's appeared.
func (w *World) readStamps(ctx context.Context, channels []string, of *sight) {
	read := func(channel string) bool { return !w.run.Journal.View(w.execution, channel).StampsPending() }
	if unread := slices.DeleteFunc(slices.Clone(channels), read); len(unread) > 0 {
		w.run.proveAll(ctx, unread, of)
	}
}

// look shows the judgement what has been captured, and returns what it saw.
func (w *World) look(j *expect.Judgement) []journal.View {
	views := make([]journal.View, len(j.Channels))
	for i, c := range j.Channels {
		views[i] = w.run.Journal.View(w.execution, c)
		j.See(views[i])
	}
	return views
}
