// What could be anybody's, until it is known whose it is.
package expect

import (
	"math/big"
	"testing"
	"time"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// amounts asks that the amounts of all matches add up to so much.
func amounts(t testing.TB, sum int64) Expectation {
	e := expectation(t, 0, Unlimited)
	e.Sum = &Sum{Field: "amount", Total: big.NewRat(sum, 1), Value: func(d *pattern.Doc) (*big.Rat, error) {
		text, _, err := d.Value("amount", "")
		n, _ := decimal.Rational(text)
		return n, err
	}}
	return e
}

func TestAnUnattributedCaptureCountsAsWhatItIsFoundToBe(t *testing.T) {
	const body = `{"status": "SHIPPED", "amount": 7, "step": "a"}`
	rate := expectation(t, 0, 0)
	rate.Rate = &Rate{Per: time.Second}
	row := expectation(t, 1, Unlimited)
	row.Rows = &Rows{All: []Row{step(t, "a")}}
	broken := expectation(t, 1, 1)
	broken.Valid = func(*pattern.Doc) error { return errRefused }
	audited := expectation(t, 0, 0)
	audited.Window.Horizon = at(8)
	for _, c := range []struct {
		why             string
		e               Expectation
		own             int     // of this many matches it is known from the beginning that they count
		after, seen     float64 // of the unattributed capture
		own2, elsewhere Verdict // once it is the scenario's, or somebody else's
	}{
		{"a presence", expectation(t, 1, Unlimited), 0, 0, 1, Passed, Failed},
		{"exactly one", expectation(t, 1, 1), 0, 0, 1, Passed, Failed},
		{"exactly one, of which one is there", expectation(t, 1, 1), 1, 0, 1, Failed, Passed},
		{"an absence", expectation(t, 0, 0), 0, 0, 1, Failed, Passed},
		{"an absence, open by its times", expectation(t, 0, 0), 0, 4.9, 5.01, Inconclusive, Passed},
		{"an absence, before its window", expectation(t, 0, 0), 0, -2, -1, Passed, Passed},
		{"an absence with an audit", audited, 0, 0, 1, Failed, Passed},
		{"a rate", rate, 0, 1, 1.1, Failed, Passed},
		{"rows", row, 0, 0, 1, Passed, Failed},
		{"a sum with it", amounts(t, 7), 0, 0, 1, Passed, Failed},
		{"a sum without it", amounts(t, 0), 0, 0, 1, Failed, Passed},
		{"cause and effect", causeAndEffect(t, 1, "100", Unlimited), 0, 0, 1, Passed, Failed},
		{"cause and effect, exactly one, of which one is there", causeAndEffect(t, 1, "100", 1), 1, 0, 1, Failed, Passed},
		{"one that breaks its schema", broken, 0, 0, 1, Failed, Failed},
	} {
		for owned, want := range map[bool]Verdict{true: c.own2, false: c.elsewhere} {
			s := newScene()
			s.proof.Through = at(8.02)
			for range c.own {
				s.own(with(came(0, 0.5, body), aboutA(1)))
			}
			capture := with(came(c.after, c.seen, body), aboutA(1))
			s.uncorrelated(capture)
			j := Judge(c.e)
			j.See(s.view)
			j.Outcome([]journal.View{s.view}, nil)
			s.view.Uncorrelated, s.view.Revision = nil, 1
			if owned {
				s.view.Own = append(s.view.Own, capture)
			}
			j.See(s.view)
			if got := j.Outcome([]journal.View{s.view}, map[string]Proof{"shipments": s.proof}); got.Verdict != want {
				t.Errorf("%s: once it is the scenario's: %v: got %s, want %s\n%s", c.why, owned, got.Verdict, want, got.Reason)
			}
		}
	}
}

func TestOtherUnattributedCapturesStayWhatTheyAre(t *testing.T) {
	for why, e := range map[string]Expectation{
		"a count": expectation(t, 0, 0), "a sum": amounts(t, 0), "cause and effect": causeAndEffect(t, 1, "100", 1),
	} {
		s := newScene()
		if e.CauseEffect != nil {
			s.own(with(came(0, 0.5, `{"status": "SHIPPED"}`), aboutA(1)))
		}
		for range 2 {
			s.uncorrelated(came(0, 1, `{"status": "SHIPPED", "amount": 7}`))
		}
		j := Judge(e)
		j.See(s.view)
		s.view.Uncorrelated, s.view.Revision = s.view.Uncorrelated[1:], 1
		j.See(s.view)
		elsewhere := journal.View{Channel: "rejections", Revision: 1}
		j.See(elsewhere)
		if got := j.Outcome([]journal.View{s.view, elsewhere},
			map[string]Proof{"shipments": s.proof}); got.Verdict != Inconclusive {
			t.Errorf("%s: got %s, want inconclusive\n%s", why, got.Verdict, got.Reason)
		}
		s.view.Uncorrelated, s.view.Revision = nil, 2
		j.See(s.view)
		if got := j.Outcome([]journal.View{s.view, elsewhere},
			map[string]Proof{"shipments": s.proof}); got.Verdict != Passed {
			t.Errorf("%s: got %s, want passed once the other is somebody's, too\n%s", why, got.Verdict, got.Reason)
		}
	}
}

func TestWhatWasTheScenariosByEliminationAndIsFoundToBeSomebodysFailsNothing(t *testing.T) {
	e := expectation(t, 0, 0)
	e.Siblings = nil
	s := newScene()
	s.view.Private = true
	s.uncorrelated(came(0, 1, shipped))
	j := Judge(e)
	j.See(s.view)
	s.view.Uncorrelated, s.view.Revision = nil, 1
	j.See(s.view)
	if got := j.Outcome([]journal.View{s.view}, map[string]Proof{"shipments": s.proof}); got.Verdict != Passed {
		t.Errorf("got %s, want passed\n%s", got.Verdict, got.Reason)
	}
}
