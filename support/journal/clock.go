// When a capture appeared, by the channel's own clock: the stamps of a channel, and what is known of the clock behind
// them.

package journal

import (
	"math"
	"sort"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

const (
	// farthest is how far a channel's clock can be off the runner's. What is stamped with a time beyond it has no
	// stamp.
	farthest = 75 * 365 * 24 * time.Hour
	// unbounded is the bound of what may be anything.
	unbounded = time.Duration(math.MaxInt64)
	// mostCanaries is how many are kept of a channel: what lies between two old ones is read a little less exactly
	// then.
	mostCanaries = 4096
	// enoughCanaries is by how many canaries behind a capture its stamp is read.
	enoughCanaries = 8
)

// clock is what is known of the clock that stamps the events of a channel: how far it is ahead of the runner's, by the
// canaries that it has stamped. A clock is a value: it stays what it is, and a canary makes a new one. The zero clock
// can read no stamp.
//
// The runner's time is monotonic, counted from start; a stamp is counted from the wall reading of start. So it does not
// matter where the runner's wall clock is set to later.
//
// A channel's clock may be set, or drift: once at most between the canaries that show how it went before a capture, and
// those that show how it went behind it. So its stamp is read by both, and tells nothing as long as none was sent since
// its receipt. By less than four times what it shows it is never set: so canaries that were quick, and agree, show that
// it was not.
type clock struct {
	start    time.Time
	canaries []shown // in the order of their receipt; only its newest value is added to
}

// shown is what a canary has shown of a clock. Times are counted from the clock's start.
type shown struct {
	sent, received time.Duration
	alone          interval // how far it was ahead, by this canary
	known          interval // by this and those before it, as far back as they agree
	quick          agreed   // by those of them alone that took no longer than the clock's grain
}

// agreed is how far a clock was ahead all the time from when the first of some canaries was received to when the last
// was sent.
type agreed struct {
	interval
	from, to time.Duration
}

// interval is what lies between two amounts of time, both included.
type interval struct{ least, most time.Duration }

var (
	anything = interval{-unbounded, unbounded}
	none     = agreed{anything, unbounded, -unbounded} // no canary was quick
)

// meet returns what lies in both, if anything does.
func (i interval) meet(other interval) (both interval, ok bool) {
	both = interval{max(i.least, other.least), min(i.most, other.most)}
	return both, both.least <= both.most
}

// span returns what lies in either, or between them.
func (i interval) span(other interval) interval {
	return interval{min(i.least, other.least), max(i.most, other.most)}
}

func newClock(start time.Time) clock { return clock{start: start} }

// learn returns what is known of the clock once a canary has shown it: e, which appeared after sent, and before it was
// received.
func (k clock) learn(sent time.Time, e event.Event) clock {
	stamp, ok := k.read(e)
	s := shown{sent: k.at(sent), received: k.at(e.Seen)}
	if !ok || sent.IsZero() || s.sent > s.received {
		return k
	}
	s.alone = interval{stamp - s.received, stamp + e.Resolution - s.sent}
	quick := s.received-s.sent <= e.Resolution
	last := shown{received: s.received, known: anything, quick: none}
	if n := len(k.canaries); n > 0 {
		last = k.canaries[n-1]
	}
	s.received = max(s.received, last.received)
	if s.known, ok = last.known.meet(s.alone); !ok {
		s.known = s.alone
	}
	s.quick = last.quick
	both, agree := last.quick.meet(s.alone)
	if !agree {
		s.quick, both = none, s.alone // it was set
	}
	if quick {
		s.quick = agreed{both, min(s.quick.from, s.received), s.sent}
	}
	if len(k.canaries) >= mostCanaries {
		k.canaries = thinned(k.canaries)
	}
	k.canaries = append(k.canaries, s)
	return k
}

// thinned returns canaries without every other one of the older half.
func thinned(canaries []shown) []shown {
	kept := make([]shown, 0, mostCanaries)
	for i := 1; i < len(canaries)/2; i += 2 {
		kept = append(kept, canaries[i])
	}
	return append(kept, canaries[len(canaries)/2:]...)
}

// ahead returns between which amounts the clock was ahead when something appeared in that time: as it had been before,
// or as it was behind it.
func (k clock) ahead(after, by time.Duration) interval {
	i := sort.Search(len(k.canaries), func(i int) bool { return k.canaries[i].received > after })
	before := k.canaries[max(i-1, 0)]
	if all := k.canaries[len(k.canaries)-1].quick; all.from <= before.received && by <= all.to {
		return all.interval
	}
	return before.known.span(k.behind(by))
}

// behind returns what the next canaries show that were sent behind a time. One was.
func (k clock) behind(by time.Duration) interval {
	all, n := anything, 0
	from := sort.Search(len(k.canaries), func(i int) bool { return k.canaries[i].received >= by })
	for _, s := range k.canaries[from:] {
		if s.sent < by {
			continue
		}
		both, ok := all.meet(s.alone)
		if n++; !ok || n > enoughCanaries {
			break
		}
		all = both
	}
	return all
}

// reads says whether the stamp of c tells anything: a canary was sent since c was received. later is true where one
// would help.
func (k clock) reads(c *Capture) (now, later bool) {
	_, ok := k.read(c.Event())
	if !ok || c.Redelivery || len(k.canaries) == 0 {
		return false, false
	}
	now = k.canaries[len(k.canaries)-1].sent >= k.at(c.Seen())
	return now, !now
}

// appeared returns between which two times c appeared: what its receipt says, narrowed by its stamp where that can be
// read and does not contradict the receipt, which is surer than any clock.
func (k clock) appeared(c *Capture) (after, by time.Time) {
	if ok, _ := k.reads(c); !ok {
		return c.After, c.Seen()
	}
	stamp, _ := k.read(c.Event())
	ahead := k.ahead(k.at(c.After), k.at(c.Seen()))
	if after, by = k.narrowed(c, stamp, ahead, c.After); !after.After(by) {
		return after, by
	}
	// The stamp contradicts the bound that the last Sync rested on, or else the clock was set: each may be so.
	if after, by = k.narrowed(c, stamp, ahead, c.Surely); !after.After(by) && !after.Before(k.start) {
		return after, c.Seen()
	}
	return c.After, c.Seen()
}

// narrowed returns the time from least to the receipt of c, without what its stamp excludes.
func (k clock) narrowed(c *Capture, stamp time.Duration, ahead interval, least time.Time) (after, by time.Time) {
	after, by = later(least, k.start.Add(stamp-ahead.most)), c.Seen()
	if latest := k.start.Add(stamp + c.Event().Resolution - ahead.least); latest.Before(by) {
		by = latest
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
