// What is known about completeness: through when nothing was missed, and why not further.

package expect

import (
	"fmt"
	"time"

	"github.com/harken-bdd/harken/support/journal"
)

// evidence is what an outcome is judged by, apart from what was found.
type evidence struct {
	views  map[string]journal.View
	proofs map[string]Proof
	twice  bool // something that the scenario sent was perhaps accepted twice
}

func newEvidence(views []journal.View, proofs map[string]Proof) evidence {
	ev := evidence{views: make(map[string]journal.View, len(views)), proofs: proofs}
	for _, v := range views {
		ev.views[v.Channel] = v
		ev.twice = ev.twice || v.Twice
	}
	return ev
}

// knowledge says how far a question about completeness can be answered.
type knowledge int

const (
	notYet  knowledge = iota // a later proof may settle it
	proved                   // nothing was missed
	unknown                  // no proof will settle it
)

// complete says whether all was captured that the expectation is about and that appeared on the channels until t, and
// if that cannot be known, why.
func (j *Judgement) complete(ev evidence, t time.Time) (knowledge, string) {
	begin := j.Window.Begin
	if j.sections()&early == 0 {
		begin, _ = j.Window.opens()
	}
	for _, channel := range j.Channels {
		p, ok := ev.proofs[channel]
		if !ok || p.Err == nil && p.Through.Before(t) {
			return notYet, ""
		}
	}
	for _, channel := range j.Channels {
		for _, g := range ev.views[channel].Gaps {
			if !g.To.Before(begin) && !g.From.After(t) {
				return unknown, fmt.Sprintf("between %s and %s events on %s may have gone unseen: %v", j.at(g.From), j.at(g.To),
					channel, g.Cause)
			}
		}
	}
	for _, channel := range j.Channels {
		if p := ev.proofs[channel]; p.Through.Before(t) {
			return unknown, fmt.Sprintf("the listener to %s could not show that it was caught up: %v", channel, p.Err)
		}
		if p := ev.proofs[channel]; p.Since.After(t) {
			return unknown, fmt.Sprintf("nobody looked at the item on %s before %s, so that it is not known what was there "+
				"until %s (let the step come before those that take longer)",
				channel, j.at(p.Since), j.at(t))
		}
	}
	return proved, ""
}

func (ev evidence) bound() (longest time.Duration) {
	for _, p := range ev.proofs {
		longest = max(longest, p.Bound)
	}
	return longest
}
