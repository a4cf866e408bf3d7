// When a capture appeared, by the channel's own clock: the stamps of a channel, and what is known of the clock behind them.

package journal

import (
	"math"
	"time"

	"github.com/harken-bdd/harken/support/event"
)

const (
	// farthest is how far a channel's clock can be off the runner's. What is stamped with a time beyond it has no stamp.
	farthest = 75 * 365 * 24 * time.Hour
	// unbounded is the bound of what may be anything.
	unbounded = time.Duration(math.MaxInt64)
)

// clock is what is known of the clock that stamps the events of a channel: how far it is ahead of the runner's. Each piece
// of evidence, a canary or a capture, says between which two amounts that is, and what is known is where they all meet.
// A clock is a value: it stays what it is, and evidence makes a new one. The zero clock can read no stamp.
//
// The runner's time is monotonic, counted from start; a stamp is counted from the wall reading of start. So it does not
// matter where the runner's wall clock is set to later.
//
// A channel is taken to have one clock, which goes as fast as the runner's. Where it was set, or has drifted by more than
// the evidence leaves open, the newest piece does not meet what was known before. Then that piece alone is what is known,
// and only what surely appeared after it has a stamp that can be read.
type clock struct {
	start time.Time
	ahead interval
	since time.Duration // from start; stamps of what appeared before are not by this clock
}

// interval is what lies between two amounts of time, both included.
type interval struct{ least, most time.Duration }

func newClock(start time.Time) clock {
	return clock{start: start, ahead: interval{-unbounded, unbounded}, since: -unbounded}
}

// learn returns what is known of the clock once an event has shown it: one with this stamp that appeared after sent,
// which is zero where nothing is known of that, and before it was received.
func (k clock) learn(sent time.Time, e event.Event) clock {
	stamp, ok := k.read(e)
	received := k.at(e.Seen)
	if !ok || k.at(sent) < k.since {
		return k // an event from before what voided all stamps may bear one by either clock
	}
	shown := interval{stamp - received, unbounded}
	if !sent.IsZero() {
		shown.most = stamp + e.Resolution - k.at(sent)
	}
	if shown.least > shown.most {
		return k // it was received before it was sent
	}
	both := interval{max(k.ahead.least, shown.least), min(k.ahead.most, shown.most)}
	if both.least > both.most {
		return clock{start: k.start, ahead: shown, since: received}
	}
	k.ahead = both
	return k
}

// appeared returns between which two times c appeared: what its receipt says, narrowed by its stamp where that can be
// read and does not contradict the receipt, which is surer than any clock.
func (k clock) appeared(c *Capture) (after, by time.Time) {
	stamp, ok := k.read(c.Event())
	if !ok || c.Redelivery || k.at(c.After) < k.since {
		return c.After, c.Seen()
	}
	if after, by = k.narrowed(c, stamp, c.After); !after.After(by) {
		return after, by
	}
	// The stamp contradicts the bound that the last Sync rested on, or else the clock was set: each may be so.
	if after, by = k.narrowed(c, stamp, c.Surely); !after.After(by) && !after.Before(k.start) {
		return after, c.Seen()
	}
	return c.After, c.Seen()
}

// narrowed returns the time from least to the receipt of c, without what its stamp excludes.
func (k clock) narrowed(c *Capture, stamp time.Duration, least time.Time) (after, by time.Time) {
	after, by = least, c.Seen()
	if k.ahead.most < unbounded {
		after = later(after, k.start.Add(stamp-k.ahead.most))
	}
	if k.ahead.least > -unbounded {
		if latest := k.start.Add(stamp + c.Event().Resolution - k.ahead.least); latest.Before(by) {
			by = latest
		}
	}
	return after, by
}

// at returns a time of the runner's, counted from start.
func (k clock) at(t time.Time) time.Duration { return max(t.Sub(k.start), -unbounded) }

// read returns the stamp of an event, counted from the wall reading of start, and whether it has one with which can be
// reckoned: no stamp is the year 1, the zero clock starts then, and both are too far from any other time.
func (k clock) read(e event.Event) (stamp time.Duration, ok bool) {
	stamp = e.Stamp.Sub(k.start)
	for _, d := range []time.Duration{stamp, e.Seen.Sub(k.start), e.Resolution} {
		if d.Abs() > farthest {
			return 0, false
		}
	}
	return stamp, e.Resolution >= 0
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
