// What an outcome rests on, for whoever shows it as more than a text.

package expect

import (
	"slices"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// Near is a capture that is not what is wanted, and why not.
type Near struct {
	Capture *journal.Capture
	Misses  []pattern.Miss // without what must not be shown
}

// Nearest returns the captures that came nearest to what is wanted, the nearest first; few, if any.
func (j *Judgement) Nearest() (all []Near) {
	for _, m := range j.misses {
		n := Near{Capture: m.capture}
		for _, f := range m.fields {
			n.Misses = append(n.Misses, j.Redact.Miss(f))
		}
		all = append(all, n)
	}
	return all
}

// TooLate returns captures that match and surely appeared after the window, in the order of receipt: the first of them,
// and all of which their receipt alone shows it.
func (j *Judgement) TooLate() (all []*journal.Capture) {
	for _, m := range slices.Concat(j.matches.extra.sure, j.matches.late) {
		all = append(all, m.capture)
	}
	if j.firstLate != nil && !slices.Contains(all, j.firstLate.capture) {
		all = append(all, j.firstLate.capture)
	}
	slices.SortFunc(all, byTime)
	return all
}

// Asked returns what is asked of an event, without what must not be shown. Of a table it is what its rows ask, one
// after the other.
func (e *Expectation) Asked() []pattern.Asked {
	if e.Rows == nil {
		return e.Pattern.Asked(e.Redact)
	}
	var all []pattern.Asked
	for _, row := range e.Rows.All {
		for _, a := range row.Pattern.Asked(e.Redact) {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}
