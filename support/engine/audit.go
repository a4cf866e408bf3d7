// The audit: what comes after the steps. A surplus output counts until the horizon, an output that becomes visible late
// may refute what was said, and a failure that says how late the output was is worth more than one that says it was not
// there.

package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

// Auditing says whether the outcomes wait for what may still come. The steps are over.
func (w *World) Auditing() bool { return w.outstanding().After(time.Now()) }

// Audit returns once no outcome can change any more; they are final then, and what was done to links is undone. It
// needs listeners that are open, and may go on beside other scenarios. Where ctx ends before, what was still open is
// inconclusive.
func (w *World) Audit(ctx context.Context) {
	defer w.restoreLinks()
	defer w.hush()
	if until := w.outstanding(); until.After(time.Now()) {
		w.listenOn(ctx, until)
	}
	for i := range w.checks {
		w.conclude(ctx, &w.checks[i])
	}
}

// listenOn returns when nothing is outstanding any more, which is until then at the latest, or when ctx ends.
func (w *World) listenOn(ctx context.Context, until time.Time) {
	release := []func(){
		w.run.waitFor(Waiting{World: w, Channels: w.listens, Want: "the audit", Audit: true, Until: until}),
	}
	for i := range w.checks {
		if c := &w.checks[i]; w.openUntil(c).After(time.Now()) {
			release = append(release, w.listenFor(c, until))
		}
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for over := false; !over; {
		select {
		case <-w.execution.Woken():
			over = !w.outstanding().After(time.Now())
		case <-timer.C:
			over = true
		case <-ctx.Done():
			over = true
		}
	}
	for _, f := range release {
		f()
	}
}

// outstanding returns until when the scenario must be listened for, zero where nothing can change its outcomes. A check
// that a surplus has failed is settled at once.
func (w *World) outstanding() (until time.Time) {
	for i := range w.checks {
		c := &w.checks[i]
		if c.over {
			continue
		}
		proofs := w.run.proved(c.Judged.Channels, c.sight)
		if o := w.judge(c, proofs); o.Verdict == expect.Failed && c.Outcome.Verdict != expect.Failed {
			c.Outcome = o
		}
	}
	for i := range w.checks {
		if end := w.openUntil(&w.checks[i]); end.After(until) {
			until = end
		}
	}
	return until
}

// openUntil returns until when something can change the outcome of a check, or tell more about its failure. Where one
// check has failed, which is the worst that there is, the others are not waited for.
func (w *World) openUntil(c *Check) time.Time {
	failed := slices.ContainsFunc(w.checks, func(c Check) bool { return c.Outcome.Verdict == expect.Failed })
	_, late := c.Judged.Late()
	switch {
	case c.Outcome.Verdict == expect.Failed && c.Judged.Lacking() && !late:
		return c.Judged.Window.Deadline.Add(w.run.Audit)
	case failed, c.over:
		return time.Time{}
	case c.Judged.Audited():
		return c.Judged.Window.End()
	case c.Judged.Anchored() && w.visibleLate(c.Judged.Channels):
		return c.Judged.Window.Deadline.Add(w.run.Audit)
	default:
		return time.Time{}
	}
}

// visibleLate says whether something may be captured on the channels that had appeared before a Sync which lacked it.
func (w *World) visibleLate(channels []string) bool {
	return slices.ContainsFunc(channels, func(c string) bool {
		l, err := w.run.live(c)
		return err == nil && l.bound > 0
	})
}

// conclude judges a check for good. A failure that what came since refutes is inconclusive, since it was right by all
// that could be known; what was inconclusive stays so, unless it has failed since.
func (w *World) conclude(ctx context.Context, c *Check) {
	if c.over {
		w.recognizable(c)
		return
	}
	proofs := w.run.proved(c.Judged.Channels, c.sight)
	if c.Judged.Audited() && c.Outcome.Verdict == expect.Passed {
		proofs = w.run.proveThrough(ctx, c.Judged.Channels, c.sight, c.Judged.Window.End())
	}
	o := w.judgeAtLast(ctx, c, proofs)
	switch {
	case o.Verdict == expect.Undecided, o.Verdict == expect.Passed && o.Open:
		if c.Outcome.Verdict == expect.Passed && (o.Open || c.Judged.Anchored()) {
			c.Outcome.Verdict, c.Outcome.Open = expect.Inconclusive, false
			c.Outcome.Reason = fmt.Sprintf("want %s: the run ended before the audit did", c.Judged.Want)
		}
	case c.Outcome.Verdict == expect.Passed, o.Verdict == expect.Failed:
		c.Outcome = o
	case c.Outcome.Verdict == expect.Failed:
		c.Outcome.Verdict = expect.Inconclusive
		c.Outcome.Reason += "\n  refuted  what was captured since shows that it may have been otherwise"
	}
	w.recognizable(c)
	if c.Outcome.Verdict == expect.Failed || c.Outcome.Verdict == expect.Passed && c.Judged.Anchored() {
		w.excuse(ctx, c)
	}
}

// excuse makes a check inconclusive where the test played a collaborator and may have left a request unanswered: what
// did not come may be its own doing, whether it was wanted or not.
func (w *World) excuse(ctx context.Context, c *Check) {
	if len(w.collaborators) == 0 {
		return
	}
	if c.doubt == nil {
		c.doubt = cmp.Or(w.Doubt(ctx, c.Judged.Window.End()), w.tardy(c))
	}
	if c.doubt != nil {
		if c.Outcome.Verdict == expect.Passed {
			c.Outcome.Reason = fmt.Sprintf("%s: want %s", strings.Join(c.Judged.Channels, ", "), c.Judged.Want)
		}
		c.Outcome.Verdict = expect.Inconclusive
		c.Outcome.Reason += fmt.Sprintf("\n  unsure   %v", c.doubt)
	}
}

// Worst returns the worst outcome of the scenario's expectations, the first of those that are as bad, and its step.
func (w *World) Worst() (v Verdict, step string) {
	v.Verdict, v.Expectation = expect.Passed, true
	for _, c := range w.checks {
		if c.Outcome.Verdict > v.Verdict {
			v.Verdict, v.Reason, step = c.Outcome.Verdict, c.Outcome.Reason, c.Step.Text
			if c.Step.Given {
				v.Reason = "precondition: " + v.Reason
			}
		}
	}
	return v, step
}
