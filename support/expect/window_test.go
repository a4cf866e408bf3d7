// Windows that begin late, and horizons that end late.
package expect

import (
	"testing"

	"github.com/harken-bdd/harken/support/journal"
)

// TestAWindowHasAnEdgeAndAHorizon goes through where a match may lie: the act at 0s, the window from 2s to 5s, the
// audit until 15s.
func TestAWindowHasAnEdgeAndAHorizon(t *testing.T) {
	one := func(after, seen float64) []*journal.Capture { return []*journal.Capture{came(after, seen, shipped)} }
	two := func(after, seen float64) []*journal.Capture {
		return []*journal.Capture{came(2.5, 3, shipped), came(after, seen, shipped)}
	}
	failed := Proof{Through: at(5.1), Err: errRefused}
	for _, c := range []struct {
		why         string
		least, most int
		from        float64
		captures    []*journal.Capture
		proof       Proof
		want        Verdict
		open        bool
	}{
		{"one in time is one, for now", 1, 1, 0, one(1, 2), Proof{Through: at(5.1)}, Passed, true},
		{"and for good at the horizon", 1, 1, 0, one(1, 2), Proof{Through: at(15)}, Passed, false},
		{"a second one in the audit", 1, 1, 0, two(6, 7), Proof{Through: at(15)}, Failed, false},
		{"a second one in the audit, before it is over", 1, 1, 0, two(6, 7), Proof{Through: at(5.1)}, Failed, false},
		{"a second one after the audit", 1, 1, 0, two(15, 16), Proof{Through: at(15)}, Passed, false},
		{"a second one at the end of the audit or after it", 1, 1, 0, two(14, 16), Proof{Through: at(15)},
			Inconclusive, false},
		{"a second one around the deadline", 1, 1, 0, two(4, 6), Proof{Through: at(15)}, Failed, false},
		{"the only one around the deadline", 1, 1, 0, one(4, 6), Proof{Through: at(15)}, Inconclusive, false},
		{"the only one in the audit", 1, 1, 0, one(6, 7), Proof{Through: at(5.1)}, Failed, false},
		{"the audit could not be proved", 1, 1, 0, one(1, 2), failed, Inconclusive, false},
		{"a surplus needs no proof", 1, 1, 0, two(6, 7), failed, Failed, false},
		{"at most one, none came", 0, 1, 0, nil, Proof{Through: at(5.1)}, Passed, true},
		{"at most one, a second in the audit", 0, 1, 0, two(6, 7), Proof{Through: at(5.1)}, Failed, false},
		{"presence needs no horizon", 1, Unlimited, 0, one(1, 2), Proof{}, Passed, false},

		{"an early one fails", 1, Unlimited, 2, one(0.5, 1), Proof{}, Failed, false},
		{"also where another is in time", 1, Unlimited, 2, two(0.5, 1), Proof{}, Failed, false},
		{"in time, but nobody knows what came before", 1, Unlimited, 2, one(2.5, 3), Proof{}, Undecided, false},
		{"in time, and nothing came before", 1, Unlimited, 2, one(2.5, 3), Proof{Through: at(2)}, Passed, false},
		{"around the edge", 1, Unlimited, 2, one(1.5, 2.5), Proof{Through: at(5.1)}, Inconclusive, false},
		{"around the edge, and another in time", 1, Unlimited, 2, two(1.5, 2.5), Proof{Through: at(5.1)},
			Inconclusive, false},
		{"none at all", 1, Unlimited, 2, nil, Proof{Through: at(5.1)}, Failed, false},
		{"too late", 1, Unlimited, 2, one(5, 6), Proof{Through: at(5.1)}, Failed, false},
		{"exactly one, and an early one", 1, 1, 2, two(0.5, 1), Proof{}, Failed, false},
		{"absence from an edge on cares for nothing before", 0, 0, 2, one(0.5, 1), Proof{Through: at(15)}, Passed, false},
		{"absence from an edge on", 0, 0, 2, one(2.5, 3), Proof{}, Failed, false},
		{"absence from an edge on, and one around it", 0, 0, 2, one(1.5, 2.5), Proof{Through: at(5.1)}, Inconclusive, false},
	} {
		s := newScene()
		s.proof = c.proof
		for _, one := range c.captures {
			s.own(one)
		}
		e := expectation(t, c.least, c.most)
		e.Of = nil
		if c.from > 0 {
			e.Window.From = at(c.from)
		}
		if c.most > 0 {
			e.Window.Horizon = at(15)
		}
		j := Judge(e)
		j.See(s.view)
		proofs := map[string]Proof{"shipments": s.proof}
		if s.proof.Through.IsZero() {
			proofs = nil
		}
		if got := j.Outcome([]journal.View{s.view}, proofs); got.Verdict != c.want || got.Open != c.open {
			t.Errorf("%s: got %s (open: %v), want %s (open: %v)\n%s", c.why, got.Verdict, got.Open, c.want, c.open, got.Reason)
		}
	}
}

// TestAbsenceFromAnEdgeOnCaresForNothingBefore has what would count against absence if it came later.
func TestAbsenceFromAnEdgeOnCaresForNothingBefore(t *testing.T) {
	for _, c := range []struct {
		why   string
		state bool
		add   func(s *scene)
		want  Verdict
	}{
		{"an uncorrelated match", false, func(s *scene) { s.uncorrelated(came(0.5, 1, shipped)) }, Passed},
		{"an uncorrelated match, in the window", false, func(s *scene) { s.uncorrelated(came(2.5, 3, shipped)) }, Failed},
		{"a match that breaks its schema", false, func(s *scene) { s.own(came(0.5, 1, breaking)) }, Passed},
		{"a gap", false, gap(0.5, 1), Passed},
		{"a gap that reaches over the edge", false, gap(0.5, 2.5), Inconclusive},
		{"an item that came to be there, and still is", true, func(s *scene) { s.own(came(0.5, 1, shipped)) }, Failed},
		{"an item that was there, and is no more some time in the window", true,
			func(s *scene) { s.own(came(0.5, 1, shipped)); s.own(came(3, 3.5, backordered)) }, Inconclusive},
		{"an item that was there, and is no more", true,
			func(s *scene) { s.own(came(0.5, 1, shipped)); s.own(came(1, 1.5, backordered)) }, Passed},
	} {
		s := newScene()
		s.view.Private = true
		c.add(&s)
		e := expectation(t, 0, 0)
		e.Of, e.Siblings, e.Window.From, e.Valid, e.State = nil, nil, at(2), unbroken, c.state
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestAnItemThatMatchesBeforeTheWindowIsEarly(t *testing.T) {
	for _, c := range []struct {
		why   string
		looks []*journal.Capture
		lost  bool // something, before the window
		want  Verdict
	}{
		{"it came to match before", []*journal.Capture{came(0.5, 1, shipped)}, false, Failed},
		{"it came to match in the window", []*journal.Capture{came(2.5, 3, shipped)}, false, Passed},
		{"it came to match in the window, and perhaps before", []*journal.Capture{came(2.5, 3, shipped)}, true, Inconclusive},
		{"it came to match around the edge", []*journal.Capture{came(1.5, 2.5, shipped)}, false, Inconclusive},
		{"it came to match around the edge, and again",
			[]*journal.Capture{came(1.5, 2.5, shipped), came(2.5, 3, backordered), came(3, 4, shipped)}, false, Inconclusive},
		{"it matched at the act, and stayed", []*journal.Capture{came(-2, -1, shipped)}, false, Passed},
	} {
		s := newScene()
		for _, look := range c.looks {
			s.own(look)
		}
		if c.lost {
			gap(0.5, 1)(&s)
		}
		e := expectation(t, 1, Unlimited)
		e.Of, e.State, e.Window.From = nil, true, at(2)
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestTheNextActEndsTheHorizon(t *testing.T) {
	s := newScene()
	s.own(came(1, 2, shipped))
	e := expectation(t, 1, 1)
	e.Of, e.Window.Horizon = nil, at(15)
	j := Judge(e)
	j.See(s.view)
	j.Cut(at(7))
	s.own(came(7, 8, shipped)) // what the next act led to
	j.See(s.view)
	if got := j.Outcome([]journal.View{s.view}, map[string]Proof{"shipments": {Through: at(7)}}); got.Verdict != Passed ||
		got.Open {
		t.Errorf("got %s (open: %v)\n%s", got.Verdict, got.Open, got.Reason)
	}
	j.Cut(at(30))
	if got := j.Window.End(); !got.Equal(at(7)) {
		t.Errorf("a later act has moved the horizon to %s", got)
	}
}

func TestWhatWasPerhapsSentTwiceMakesASurplusInconclusive(t *testing.T) {
	for _, c := range []struct {
		why         string
		least, most int
		matches     int
		want        Verdict
	}{
		{"exactly one has two", 1, 1, 2, Inconclusive},
		{"exactly one has one", 1, 1, 1, Passed},
		{"exactly one has none", 1, 1, 0, Failed},
		{"none has one", 0, 0, 1, Inconclusive},
		{"an event has two", 1, Unlimited, 2, Passed},
	} {
		s := newScene()
		s.view.Twice = true
		for range c.matches {
			s.own(came(1, 2, shipped))
		}
		e := expectation(t, c.least, c.most)
		e.Of = nil
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}
