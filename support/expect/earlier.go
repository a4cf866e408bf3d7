// What earlier steps account for, and so is not meant by "else".

package expect

import (
	"slices"

	"github.com/harken-bdd/harken/support/journal"
)

// earlierStep is an earlier expectation that accounts for whatever fits it.
type earlierStep struct {
	Earlier
	causes *causeEffectRule // of cause and effect: each cause has a window of its own
}

func newEarlierStep(e Earlier) earlierStep {
	s := earlierStep{Earlier: e}
	if e.CauseEffect != nil {
		s.causes = newCauseEffectRule(e.Expectation)
	}
	return s
}

// when returns in which parts of its window c may lie, going by its receipt alone: of the windows of the events that
// have led to c, where these are known.
func (s earlierStep) when(c *journal.Capture, v journal.View) (when parts) {
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

// accountedFor says whether earlier steps account for c, and whether they perhaps do.
func (j *Judgement) accountedFor(c *journal.Capture, v journal.View) (taken, perhaps bool) {
	for _, earlier := range j.earlier {
		relation := earlier.relation(c)
		when := earlier.when(c, v)
		if relation == journal.Unrelated || when&within == 0 || !slices.Contains(earlier.Channels, c.Channel) {
			continue
		}
		m, fields := earlier.match(c, v)
		if fields != nil {
			continue
		}
		if earlier.Settled && m.why == "" && when == within && relation == journal.Related {
			return true, false
		}
		perhaps = true
	}
	return false, perhaps
}
