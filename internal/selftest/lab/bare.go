// What most suites do: a loop that looks every 100 ms, with a fixed time-out.

package lab

import (
	"bytes"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/journal"
)

// every is the pause between two looks of the loop.
const every = 100 * time.Millisecond

// bare returns the verdict of a loop on what Harken's own listeners captured: it passes at the first look at which what
// is asked for holds, of events that carry an id of the scenario, and fails at the time-out, which is the window. That
// nothing comes holds if nothing has come by the time-out. It knows of no gap, no proof and no audit.
func (t *trial) bare(w *engine.World, j *journal.Journal, all []sent) expect.Verdict {
	reached := len(w.Checks())
	switch {
	case slices.ContainsFunc(w.Execution().Sent(), func(s *journal.Sent) bool { return s.Err != nil }):
		return expect.Failed
	case reached == 0 && len(all) == 0 && t.phrase.asks[0].waits: // the channel gives nothing
		return expect.Passed
	case reached == 0:
		return expect.Failed
	}
	all = slices.Clone(all)
	for i := range all { // it knows when a send returned, and nothing of when it was accepted
		if !all[i].accepted.IsZero() {
			all[i].accepted = all[i].returned
		}
	}
	for i, tl := range t.timelines(all, t.captured(w, j), t.commanded, audit) {
		if i < reached && !seen(t.phrase.asks[i], tl) {
			return expect.Failed
		}
	}
	return expect.Passed
}

// seen says whether the loop sees what is asked for.
func seen(a ask, tl timeline) bool {
	deadline := tl.window.deadline
	if a.waits {
		return a.holds(tl.until(deadline))
	}
	for at := tl.window.accepted; !at.After(deadline); at = at.Add(every) {
		if a.holds(tl.until(at)) {
			return true
		}
	}
	return false
}

// until returns what is seen of the timeline at a time, as if the window ended there.
func (tl timeline) until(at time.Time) timeline {
	tl.window.deadline, tl.window.horizon = at, at
	tl.moments = slices.DeleteFunc(slices.Clone(tl.moments), func(m moment) bool { return m.at.After(at) })
	return tl
}

// captured returns what carries an id that the scenario sent, by when it was captured.
func (t *trial) captured(w *engine.World, j *journal.Journal) (all []moment) {
	sent := w.Execution().Sent()
	for _, channel := range w.Listens() {
		for _, capture := range j.View(w.Execution(), channel).All {
			e := capture.Event()
			for order, s := range sent {
				if id, ok := firstID(s.Event()); ok && bytes.Contains(e.Body, []byte(id.String())) {
					all = append(all, newMoment(channel, e, e.Seen, order))
					break
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}
