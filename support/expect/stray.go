// Strays: captures of which it is not known whose they are, until that is known.

package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/support/journal"
)

// forgetter is a rule that keeps what it has taken.
type forgetter interface {
	// forget takes back the strays of a channel. The haul has none of them any more.
	forget(j *Judgement, channel string)
}

// forget takes back the strays of a channel: some of them are known by now to be somebody's.
func (j *Judgement) forget(channel string) {
	stray := func(f *find) bool { return f.stray && f.capture.Channel == channel }
	h := &j.haul
	h.orphans, h.mayBreak = 0, nil
	for _, s := range []*sorted{&h.early, &h.in, &h.extra} {
		s.perhaps = slices.DeleteFunc(s.perhaps, stray)
		for _, f := range s.perhaps {
			if f.orphan {
				h.orphans++
			}
			if f.broken != nil {
				h.mayBreak = first(h.mayBreak, f)
			}
		}
	}
	h.open = slices.DeleteFunc(h.open, stray)
	if r, ok := j.rule.(forgetter); ok {
		r.forget(j, channel)
	}
}

// anybodys says why it is not known whose a match is.
func anybodys(c *journal.Capture) string {
	if unknown := c.Unknown(); len(unknown) > 0 {
		return fmt.Sprintf("matches, but has an id in %s that nobody is known to have: it may be the scenario's, which does not know its own yet "+
			"(from an answer, or an event with ${id} beside it; where it has another name there, say correlation: {path: ..., of: %s})",
			strings.Join(slices.Compact(slices.Sorted(slices.Values(unknown))), " and "), unknown[0])
	}
	if len(c.Values) > 0 {
		return "matches, but the id in its place tells nothing of whose it is: nobody is known to have it, or several are"
	}
	return "matches, but carries no id that tells whose it is: somebody else may have caused it " +
		"(let the event carry ${id}, or name its correlation field in godog.yml; where nobody else is there, " +
		"say private: true at the channel and @alone at the scenario)"
}
