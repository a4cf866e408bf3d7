package expect

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/journal"
)

// gone is what tells that the item is not there any more.
func gone(after, seen float64) *journal.Capture {
	return with(came(after, seen, ""), func(c *journal.Capture) { c.Gone = true })
}

// again is a look that shows the item as the one before did.
func again(c *journal.Capture) *journal.Capture {
	return with(c, func(c *journal.Capture) { c.Again = true })
}

func TestAStateIsJudgedByHowItEnds(t *testing.T) {
	for _, c := range []struct {
		why    string
		looks  []*journal.Capture
		proof  Proof
		first  Verdict // before the deadline
		want   Verdict
		absent Verdict // of "no record"
	}{
		{"it never was there", nil, Proof{Through: at(5)}, Undecided, Failed, Passed},
		{"it came to match", []*journal.Capture{came(0, 1, shipped)}, Proof{}, Passed, Passed, Failed},
		{"it came to match, and ceased to", []*journal.Capture{came(0, 1, shipped), came(1, 2, backordered)}, Proof{}, Passed,
			Passed, Failed},
		{"it came to match too late", []*journal.Capture{came(0, 1, backordered), came(5, 6, shipped)}, Proof{Through: at(5)},
			Undecided, Failed, Passed},
		{"it may have come to match in time", []*journal.Capture{came(4, 6, shipped)}, Proof{Through: at(5)}, Undecided,
			Inconclusive, Inconclusive},
		{"it matched at the act and stayed", []*journal.Capture{came(-2, -1, shipped)}, Proof{Through: at(5)}, Undecided,
			Passed, Failed},
		{"it matched at the act and ceased to", []*journal.Capture{came(-2, -1, shipped), came(1, 2, backordered)},
			Proof{Through: at(5)}, Undecided, Failed, Passed},
		{"it ceased to only after the window", []*journal.Capture{came(-2, -1, shipped), came(5, 6, backordered)},
			Proof{Through: at(5)}, Undecided, Passed, Failed},
		{"it may have ceased to in time", []*journal.Capture{came(-2, -1, shipped), came(4, 6, backordered)},
			Proof{Through: at(5)}, Undecided, Inconclusive, Inconclusive},
		{"it matched at the act, and again, and ceased to",
			[]*journal.Capture{came(-2, -1, shipped), came(1, 2, shipped), came(2, 3, backordered)},
			Proof{Through: at(5)}, Undecided, Failed, Failed},
		{"it matched at the act, went and came back",
			[]*journal.Capture{came(-2, -1, shipped), came(1, 2, backordered), came(2, 3, shipped)},
			Proof{Through: at(5)}, Undecided, Passed, Failed},
		{"it was first looked at after the act, and stayed", []*journal.Capture{came(-2, 1, shipped)}, Proof{Through: at(5)},
			Undecided, Passed, Failed},
		{"it was first looked at after the act, and ceased to",
			[]*journal.Capture{came(-2, 1, shipped), came(1, 2, backordered)},
			Proof{Through: at(5)}, Undecided, Inconclusive, Inconclusive},
		{"it may have matched at the act, ceased to, came back and ceased again", []*journal.Capture{
			came(-2, 1, shipped), came(1, 2, backordered), came(2, 3, shipped), came(3, 4, backordered),
		}, Proof{Through: at(5)}, Undecided, Inconclusive, Failed},
		{"it stayed, but nobody could look", []*journal.Capture{came(-2, -1, shipped)}, Proof{Err: errRefused}, Undecided,
			Inconclusive, Inconclusive},
		{"it matched at the act and is gone", []*journal.Capture{came(-2, -1, shipped), gone(1, 2)}, Proof{Through: at(5)},
			Undecided, Failed, Passed},
		{"it matched at the act, and was gone before the first look after it",
			[]*journal.Capture{came(-2, -1, shipped), gone(-1, 0.5)}, Proof{Through: at(5)}, Undecided, Failed, Passed},
		{"it is gone only after the window", []*journal.Capture{came(-2, -1, shipped), gone(5, 6)}, Proof{Through: at(5)},
			Undecided, Passed, Failed},
		{"it may be gone in time", []*journal.Capture{came(-2, -1, shipped), gone(4, 6)}, Proof{Through: at(5)}, Undecided,
			Inconclusive, Inconclusive},
		{"it was gone and came back", []*journal.Capture{came(-2, -1, shipped), gone(1, 2), came(2, 3, shipped)},
			Proof{Through: at(5)}, Undecided, Passed, Failed},
		{"it was gone before the act", []*journal.Capture{came(-3, -2, shipped), gone(-2, -1)}, Proof{Through: at(5)},
			Undecided, Failed, Passed},
		{"it was gone before the act, and came", []*journal.Capture{came(-3, -2, shipped), gone(-2, -1), came(1, 2, shipped)},
			Proof{Through: at(5)}, Passed, Passed, Failed},
		{"it came to match, and is gone", []*journal.Capture{came(0, 1, shipped), gone(1, 2)}, Proof{}, Passed,
			Passed, Failed},
		{"it may have been gone before the act; it came, and ceased to", []*journal.Capture{
			came(-2, -1, shipped), gone(-1, 0.5), came(1, 2, shipped), came(2, 3, backordered),
		}, Proof{Through: at(5)}, Undecided, Inconclusive, Failed},
		{"it is told again as it was, and ceased to",
			[]*journal.Capture{came(-2, -1, shipped), again(came(-2, 0.5, shipped)), came(1, 2, backordered)},
			Proof{Through: at(5)}, Undecided, Failed, Passed},
		{"it is told again as it was, and stayed", []*journal.Capture{came(-2, -1, shipped), again(came(-2, 0.5, shipped))},
			Proof{Through: at(5)}, Undecided, Passed, Failed},
		{"somebody else's is told again, and is this one's, too", []*journal.Capture{again(came(-2, 0.5, shipped))},
			Proof{Through: at(5)}, Undecided, Passed, Failed},
		{"it ceased to before the act", []*journal.Capture{came(-3, -2, shipped), came(-2, -1, backordered)},
			Proof{Through: at(5)}, Undecided, Failed, Passed},
	} {
		s := newScene()
		s.proof = c.proof
		for _, look := range c.looks {
			s.own(look)
		}
		e := expectation(t, 1, Unlimited)
		e.State, e.Of = true, nil
		j := Judge(e)
		j.See(s.view)
		if got := j.Outcome([]journal.View{s.view}, nil).Verdict; got != c.first {
			t.Errorf("%s: before the deadline: got %s, want %s", c.why, got, c.first)
		}
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		e.Least, e.Most = 0, 0
		if got := s.judge(e); got.Verdict != c.absent {
			t.Errorf("%s: no record: got %s, want %s\n%s", c.why, got.Verdict, c.absent, got.Reason)
		}
	}
}

func TestAnItemIsGoneAtTheEndOfTheWindow(t *testing.T) {
	for _, c := range []struct {
		why   string
		from  float64 // where the window begins late
		looks []*journal.Capture
		proof Proof
		first Verdict // before the deadline
		want  Verdict
		met   bool // it was ever seen
		atAct bool
	}{
		{"it never was there", 0, nil, Proof{Through: at(5)}, Undecided, Passed, false, false},
		{"it is gone", 0, []*journal.Capture{came(-2, -1, shipped), gone(1, 2)}, Proof{Through: at(5)}, Undecided, Passed,
			true, true},
		{"it was gone before the act", 0, []*journal.Capture{came(-3, -2, shipped), gone(-2, -1)}, Proof{Through: at(5)},
			Undecided, Passed, true, false},
		{"it stayed", 0, []*journal.Capture{came(-2, -1, shipped)}, Proof{Through: at(5)}, Undecided, Failed, true, true},
		{"it is another kind of item now", 0, []*journal.Capture{came(-2, -1, shipped), came(1, 2, backordered)},
			Proof{Through: at(5)}, Undecided, Passed, true, true},
		{"it was gone and came back", 0, []*journal.Capture{came(-2, -1, shipped), gone(1, 2), came(3, 4, shipped)},
			Proof{Through: at(5)}, Undecided, Failed, true, true},
		{"it came back too late", 0, []*journal.Capture{came(-2, -1, shipped), gone(1, 2), came(5, 6, shipped)},
			Proof{Through: at(5)}, Undecided, Passed, true, true},
		{"it is gone too late", 0, []*journal.Capture{came(-2, -1, shipped), gone(5, 6)}, Proof{Through: at(5)}, Undecided,
			Failed, true, true},
		{"it may be gone in time", 0, []*journal.Capture{came(-2, -1, shipped), gone(4, 6)}, Proof{Through: at(5)}, Undecided,
			Inconclusive, true, true},
		{"it came and went", 0, []*journal.Capture{came(0, 1, shipped), gone(1, 2)}, Proof{Through: at(5)}, Undecided, Passed,
			true, false},
		{"nobody could look", 0, []*journal.Capture{came(-2, -1, shipped), gone(1, 2)}, Proof{Err: errRefused}, Undecided,
			Inconclusive, true, true},
		{"it is gone in a window that begins late", 2, []*journal.Capture{came(-2, -1, shipped), gone(3, 4)},
			Proof{Through: at(5)}, Undecided, Passed, true, true},
		{"it was gone before", 2, []*journal.Capture{came(-2, -1, shipped), gone(0.5, 1)}, Proof{Through: at(5)}, Failed,
			Failed, true, true},
		{"it may have been gone before", 2, []*journal.Capture{came(-2, -1, shipped), gone(1.5, 2.5)}, Proof{Through: at(5)},
			Undecided, Inconclusive, true, true},
	} {
		s := newScene()
		s.proof = c.proof
		for _, look := range c.looks {
			s.own(look)
		}
		e := expectation(t, 0, Unlimited)
		e.State, e.Gone, e.Of = true, true, nil
		if c.from > 0 {
			e.Window.From = at(c.from)
		}
		j := Judge(e)
		j.See(s.view)
		if got := j.Outcome([]journal.View{s.view}, nil).Verdict; got != c.first {
			t.Errorf("%s: before the deadline: got %s, want %s", c.why, got, c.first)
		}
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		if met, atAct := j.Met(); met != c.met || atAct != c.atAct {
			t.Errorf("%s: seen: got %t, want %t; at the act: got %t, want %t", c.why, met, c.met, atAct, c.atAct)
		}
	}
}

func TestAVerdictTellsOfWhatIsGone(t *testing.T) {
	s := newScene()
	s.own(came(-2, -1, shipped))
	s.own(gone(1, 2))
	e := expectation(t, 1, Unlimited)
	e.State, e.Of = true, nil
	if got, want := s.judge(e).Reason, "gone     #2 +2.00s  was found not to be there any more"; !strings.Contains(got, want) {
		t.Errorf("got %s, want it to say %q", got, want)
	}
}
