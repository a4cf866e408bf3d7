// Unattributed matches: captures of which it is not known whose they are, until that is known.

package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/support/journal"
)

// forgetter is a rule that keeps what it has taken.
type forgetter interface {
	// forget takes back the unattributed matches of a channel, which the judgement has dropped.
	forget(j *Judgement, channel string)
}

// forget takes back the unattributed matches of a channel: some of them are known by now to be somebody's.
func (j *Judgement) forget(channel string) {
	unattributed := func(m *match) bool { return m.unattributed && m.capture.Channel == channel }
	h := &j.matches
	h.byElimination, h.mayBreak = 0, nil
	for _, s := range []*sorted{&h.early, &h.in, &h.extra} {
		s.perhaps = slices.DeleteFunc(s.perhaps, unattributed)
		for _, m := range s.perhaps {
			if m.byElimination {
				h.byElimination++
			}
			if m.broken != nil {
				h.mayBreak = first(h.mayBreak, m)
			}
		}
	}
	h.open = slices.DeleteFunc(h.open, unattributed)
	if r, ok := j.rule.(forgetter); ok {
		r.forget(j, channel)
	}
}

// whyUnattributed says why it is not known whose a match is.
func whyUnattributed(c *journal.Capture) string {
	if unknown := c.Unknown(); len(unknown) > 0 {
		return fmt.Sprintf("matches, but has an id in %s that nobody is known to have: it may be the scenario's, "+
			"which does not know its own yet (from an answer, or an event with ${id} beside it; "+
			"where it has another name there, say correlation: {path: ..., of: %s})",
			strings.Join(slices.Compact(slices.Sorted(slices.Values(unknown))), " and "), unknown[0])
	}
	if len(c.Values) > 0 {
		return "matches, but the id in its place tells nothing of whose it is: nobody is known to have it, or several are"
	}
	return "matches, but carries no id that tells whose it is: somebody else may have caused it " +
		"(let the event carry ${id}, or name its correlation field in godog.yml; where nobody else is there, " +
		"say private: true at the channel and @alone at the scenario)"
}
