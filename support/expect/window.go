// Windows: the time in which an expectation's events count.
//
// When the last send of the act was accepted is known no better than that it was between its leaving and its return. So
// a window has two readings of each of its ends, the earliest and the latest, and what lies between them may count or
// not.

package expect

import "time"

// Window is the time in which an expectation's events count.
type Window struct {
	Begin    time.Time     // just before the first send of the act
	From     time.Time     // a match that appears before this fails; zero where the window begins with the act
	Accepted time.Time     // by then the last send of the act was accepted
	Slack    time.Duration // ... and so much earlier at the most: then From, Deadline and Horizon are as much earlier, too
	Deadline time.Time     // Accepted and the length of the window
	Horizon  time.Time     // until when surplus matches count, Deadline or later; zero is Deadline
	Cut      time.Time     // when the scenario's next act began, which ends the horizon but no window; zero while none has

	// Lacked is, by channel, when a Sync was called just before the act began: what it lacked and was received after
	// the act began counts as the act's.
	Lacked map[string]time.Time
}

// Length is the window as it was written: from the acceptance to the deadline.
func (w Window) Length() time.Duration { return w.Deadline.Sub(w.Accepted) }

// opens is from when on matches may count, by either reading.
func (w Window) opens() (earliest, latest time.Time) {
	if w.From.IsZero() {
		return w.Begin, w.Begin
	}
	return later(w.Begin, w.From.Add(-w.Slack)), later(w.Begin, w.From)
}

// End is the horizon: nothing that appears later counts.
func (w Window) End() time.Time {
	_, latest := w.ends()
	return latest
}

// audited says whether anything behind the window counts.
func (w Window) audited() bool { return w.End().After(w.Deadline) }

// ends is the horizon by either reading.
func (w Window) ends() (earliest, latest time.Time) {
	earliest, latest = w.Deadline.Add(-w.Slack), w.Deadline
	if w.Horizon.IsZero() {
		return earliest, latest
	}
	cut := func(t time.Time) time.Time {
		if !w.Cut.IsZero() && w.Cut.Before(t) {
			return w.Cut
		}
		return t
	}
	return later(earliest, cut(w.Horizon.Add(-w.Slack))), later(latest, cut(w.Horizon))
}

// parts is a set of times in which a capture may have appeared.
type parts uint8

const (
	before parts = 1 << iota // the act: it is an earlier one's business
	early                    // from the act to where the window begins
	within                   // the window
	extra                    // from the deadline to the horizon
	beyond                   // the horizon

	counted = early | within | extra
)

// parts returns the parts of the window in which something may lie that appeared on a channel after one time and by
// another.
func (w Window) parts(channel string, after, by time.Time) (s parts) {
	if lacked, ok := w.Lacked[channel]; ok && !by.Before(w.Begin) && !after.Before(lacked) {
		after = later(after, w.Begin)
	}
	if by.Before(w.Begin) || after.Before(w.Begin) {
		s |= before
	}
	from, opened := w.opens()
	if !by.Before(w.Begin) && after.Before(opened) && opened.After(w.Begin) {
		s |= early
	}
	if !by.Before(from) && after.Before(w.Deadline) {
		s |= within
	}
	end, ended := w.ends()
	if by.After(w.Deadline.Add(-w.Slack)) && after.Before(ended) && w.audited() {
		s |= extra
	}
	if by.After(end) || !after.Before(end) {
		s |= beyond
	}
	return s
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
