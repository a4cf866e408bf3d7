package expect

import (
	"testing"

	"github.com/harken-bdd/harken/support/journal"
)

func TestWhatIsDefinedToCarryNoIDCountsForWhoIsAloneAsItCountsAgainst(t *testing.T) {
	for _, c := range []struct {
		why         string
		none        bool
		private     bool
		of          bool
		least, most int
		want        Verdict
	}{
		{"it is wanted", true, true, false, 2, 2, Passed},
		{"one is too few", true, true, false, 3, 3, Failed},
		{"one is too many", true, true, false, 1, 1, Failed},
		{"none is wanted", true, true, false, 0, 0, Failed},
		{"others may be there", true, false, false, 2, 2, Inconclusive},
		{"it should carry an id", false, true, false, 2, 2, Inconclusive},
		{"one of several events is meant", true, true, true, 2, 2, Inconclusive},
	} {
		s := newScene()
		s.view.Private = c.private
		for _, at := range []float64{1, 2} {
			capture := came(0, at, shipped)
			capture.None = c.none
			s.uncorrelated(capture)
		}
		e := expectation(t, c.least, c.most)
		e.Of, e.Siblings = nil, nil
		if c.of {
			e.Of, e.Siblings = orderA, []*journal.Sent{orderB}
		}
		j := Judge(e)
		j.See(s.view)
		s.view.Revision++ // whatever else was learned meanwhile
		j.See(s.view)
		if got := j.Outcome([]journal.View{s.view}, map[string]Proof{"shipments": s.proof}); got.Verdict != c.want {
			t.Errorf("%s: got %s: %s", c.why, got.Verdict, got.Reason)
		}
	}
}
