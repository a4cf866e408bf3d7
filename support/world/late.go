// What comes after the verdicts: a failure that says how late the output was is worth more than one that says it was not
// there.

package world

import (
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

// Outstanding says whether an expectation has failed for want of events, and none has come late yet.
func (w *World) Outstanding() bool {
	for _, c := range w.checks {
		if c.Outcome.Verdict == expect.Failed && c.Judged.Lacking() {
			w.look(c.Judged)
			if _, late := c.Judged.Late(); !late {
				return true
			}
		}
	}
	return false
}

// Latest returns the latest deadline of the expectations that have failed.
func (w *World) Latest() (latest time.Time) {
	for _, c := range w.checks {
		if d := c.Judged.Window.Deadline; c.Outcome.Verdict == expect.Failed && d.After(latest) {
			latest = d
		}
	}
	return latest
}

// AwaitLate keeps the listeners awake for what may still come. done must be called once.
func (w *World) AwaitLate(until time.Time) (done func()) {
	var release []func()
	for _, c := range w.checks {
		wait := c.wait
		wait.Until = until
		release = append(release, w.run.waitFor(w, c.Judged.Channels, wait))
	}
	return func() {
		for _, f := range release {
			f()
		}
	}
}

// Explain returns the reasons of a failed expectation anew, with what has come since. The verdict stays.
func (w *World) Explain() (reason string, ok bool) {
	for _, c := range w.checks {
		if c.Outcome.Verdict != expect.Failed {
			continue
		}
		if o := c.Judged.Outcome(w.look(c.Judged), c.proofs); o.Verdict == expect.Failed {
			if c.Step.Given {
				return "precondition: " + o.Reason, true
			}
			return o.Reason, true
		}
	}
	return "", false
}
