// What is else: what no earlier step accounts for.

package expect

import (
	"slices"

	"github.com/harken-bdd/harken/support/journal"
)

// spare is an earlier expectation that accounts for whatever fits it.
type spare struct {
	Earlier
	causes *pairing // of pairs: each has a window of its own
}

func newSpare(e Earlier) spare {
	s := spare{Earlier: e}
	if e.Pairs != nil {
		s.causes = newPairing(e.Expectation)
	}
	return s
}

// when returns in which parts of its window c may lie, going by its receipt alone: of the windows of the events that have
// led to c, where these are known.
func (s spare) when(c *journal.Capture, v journal.View) (when parts) {
	if s.causes != nil {
		for _, one := range s.causes.owners(c) {
			when |= one.received(c, v)
		}
	}
	if when == 0 {
		return s.received(c, v)
	}
	return when
}

// taken says whether earlier steps account for c, and whether they perhaps do.
func (j *Judgement) taken(c *journal.Capture, v journal.View) (taken, perhaps bool) {
	for _, earlier := range j.spare {
		bearing := earlier.bearing(c)
		when := earlier.when(c, v)
		if bearing == journal.Unrelated || when&within == 0 || !slices.Contains(earlier.Channels, c.Channel) {
			continue
		}
		f, fields := earlier.match(c, v)
		if fields != nil {
			continue
		}
		if earlier.Settled && f.why == "" && when == within && bearing == journal.Related {
			return true, false
		}
		perhaps = true
	}
	return false, perhaps
}
