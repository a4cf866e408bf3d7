// What one scenario may see of one channel.

package journal

import (
	"slices"
	"time"
)

// View is what one scenario may see of one channel. Its slices are shared and grow only at their ends, Loose as long as Recast
// stays what it is.
type View struct {
	Channel string
	All     []*Capture // of whomever, in the order of receipt
	Own     []*Capture // belong to the scenario, in the order in which that was known
	Loose   []*Capture // could be anybody's of this run, unless Others says that they are not this scenario's
	Recast  int        // changes where what was loose is so no longer
	Gaps    []Gap
	Foreign int       // how many captures were somebody else's: another system's, or an earlier run's
	Since   time.Time // when the scenario first acted on the system: nothing of its own can have appeared before
	Twice   bool      // something that the scenario sent was perhaps accepted twice
	Private bool      // nobody else can be there (Isolated): what is loose can only be the scenario's own

	number   uint32          // of the scenario's execution
	complete map[string]bool // of what it knows its values
	clock    clock           // what was known of the channel's when the view was taken
}

// Others says of a capture that is loose that it is not the scenario's all the same: it has a value that nobody is known to
// have, and the scenario knows its own; or it is the scenario's already, and in doubt for others only.
func (v View) Others(c *Capture) bool {
	if t := c.knownBy(); t != nil {
		return slices.Contains(t.owners, v.number)
	}
	return len(c.unknown) > 0 && !slices.ContainsFunc(c.unknown, func(of string) bool { return !v.complete[of] })
}

// Strangers returns how many captures were somebody else's, and how many anybody's.
func (v View) Strangers() (foreign, loose int) {
	for _, c := range v.Loose {
		if v.Others(c) {
			foreign++
		}
	}
	return v.Foreign + foreign, len(v.Loose) - foreign
}

// Appeared returns the narrowest interval of which it is sure that c appeared on its channel in it, by the runner's
// monotonic clock. Of a capture that is loose it is what holds if the scenario caused it.
func (v View) Appeared(c *Capture) (after, by time.Time) {
	after, by = v.clock.appeared(c)
	if made := c.Made(); !made.After(by) {
		after = later(after, made)
	}
	if !v.Since.After(by) { // or something else than the scenario caused it
		after = later(after, v.Since)
	}
	return after, by
}

// Unread says whether one more proof would tell when something that may be the scenario's appeared: by a stamp that tells
// nothing yet, since no canary was sent behind it.
func (v View) Unread() bool {
	unread := func(captures []*Capture) bool {
		for _, c := range slices.Backward(captures) {
			if now, later := v.clock.reads(c); now || later {
				return later // as those that were received before it
			}
		}
		return false
	}
	return unread(v.Own) || unread(v.Loose)
}

func (x *Execution) show(v *View) {
	x.mu.Lock()
	defer x.mu.Unlock()
	v.Twice, v.Since, v.Private = x.twice, x.since, x.private[v.Channel]
	v.complete, v.Recast = x.complete, x.recast
}

// View returns what x may see of the channel now.
func (j *Journal) View(x *Execution, channel string) View {
	v := View{Channel: channel, number: x.number}
	x.show(&v)
	if l := j.channels[channel]; l != nil {
		l.show(x, &v)
	}
	return v
}

func (l *channelLog) show(x *Execution, v *View) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.settled) > 0 {
		l.loose = slices.DeleteFunc(slices.Clone(l.loose), func(c *Capture) bool { return l.settled[c] })
		l.recast++
		clear(l.settled)
	}
	v.Recast += l.recast
	v.All = slices.Clip(l.captures)
	v.Own = slices.Clip(l.own[x.number])
	v.Loose = slices.Clip(l.loose)
	v.Gaps = slices.Clip(l.gaps)
	v.Foreign = l.foreign
	v.clock = l.clock
}

// Count returns how many captures the channel has had, of whomever.
func (j *Journal) Count(channel string) (captures, loose, foreign int) {
	l := j.channels[channel]
	if l == nil {
		return 0, 0, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	loose = len(l.loose) - len(l.settled) - l.unknown
	return len(l.captures), loose, l.foreign + l.unknown
}

// Unknown returns of what c carries ids that nobody was known to have when it came.
func (c *Capture) Unknown() []string { return c.unknown }
