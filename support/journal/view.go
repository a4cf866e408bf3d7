// What one scenario may see of one channel.

package journal

import (
	"slices"
	"time"
)

// View is what one scenario may see of one channel. Its slices are shared and grow only at their ends, Uncorrelated as
// long as Revision stays what it is.
type View struct {
	Channel string
	All     []*Capture // of whomever, in the order of receipt
	Own     []*Capture // belong to the scenario, in the order in which that was known
	// no id tells whose they are: anybody's of this run, unless Excludes says that they are not this scenario's
	Uncorrelated []*Capture
	Revision     int // changes where what was uncorrelated is attributed since
	Gaps         []Gap
	Foreign      int       // how many captures were somebody else's: another system's, or an earlier run's
	Since        time.Time // when the scenario first acted on the system: nothing of its own can have appeared before
	Twice        bool      // something that the scenario sent was perhaps accepted twice
	Private      bool      // nobody else can be there (Isolated): what is uncorrelated can only be the scenario's own

	number   uint32          // of the scenario's execution
	complete map[string]bool // of what it knows its values
	clock    clock           // what was known of the channel's when the view was taken
}

// Excludes says of an uncorrelated capture that it is not the scenario's all the same: it has a value that nobody is
// known to have, and the scenario knows its own; or it is the scenario's already, and in doubt for others only.
func (v View) Excludes(c *Capture) bool {
	if keys := c.learnedKeys(); keys != nil {
		return slices.Contains(keys.owners, v.number)
	}
	return len(c.unknown) > 0 && !slices.ContainsFunc(c.unknown, func(of string) bool { return !v.complete[of] })
}

// Counts returns how many captures were somebody else's, and how many are uncorrelated.
func (v View) Counts() (foreign, uncorrelated int) {
	for _, c := range v.Uncorrelated {
		if v.Excludes(c) {
			foreign++
		}
	}
	return v.Foreign + foreign, len(v.Uncorrelated) - foreign
}

// Appeared returns the narrowest interval of which it is sure that c appeared on its channel in it, by the runner's
// monotonic clock. Of an uncorrelated capture it is what holds if the scenario caused it.
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

// StampsPending says whether one more proof would tell when something that may be the scenario's appeared: by a stamp
// that tells nothing yet, since no canary was sent behind it.
func (v View) StampsPending() bool {
	unread := func(captures []*Capture) bool {
		for _, c := range slices.Backward(captures) {
			if now, later := v.clock.reads(c); now || later {
				return later // as those that were received before it
			}
		}
		return false
	}
	return unread(v.Own) || unread(v.Uncorrelated)
}

func (x *Execution) show(v *View) {
	x.mu.Lock()
	defer x.mu.Unlock()
	v.Twice, v.Since, v.Private = x.twice, x.since, x.private[v.Channel]
	v.complete, v.Revision = x.complete, x.revision
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
	if len(l.attributed) > 0 {
		l.uncorrelated = slices.DeleteFunc(slices.Clone(l.uncorrelated), func(c *Capture) bool { return l.attributed[c] })
		l.revision++
		clear(l.attributed)
	}
	v.Revision += l.revision
	v.All = slices.Clip(l.captures)
	v.Own = slices.Clip(l.own[x.number])
	v.Uncorrelated = slices.Clip(l.uncorrelated)
	v.Gaps = slices.Clip(l.gaps)
	v.Foreign = l.foreign
	v.clock = l.clock
}

// Count returns how many captures the channel has had, of whomever.
func (j *Journal) Count(channel string) (captures, uncorrelated, foreign int) {
	l := j.channels[channel]
	if l == nil {
		return 0, 0, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	uncorrelated = len(l.uncorrelated) - len(l.attributed) - l.unknown
	return len(l.captures), uncorrelated, l.foreign + l.unknown
}

// Unknown returns of what c carries ids that nobody was known to have when it came.
func (c *Capture) Unknown() []string { return c.unknown }
