// What came of the trials, and which of their verdicts are wrong.

package lab

import (
	"math"

	"github.com/harken-bdd/harken/support/expect"
)

// result is what the trials of one cell came to.
type result struct {
	Phrase        string `json:"phrase"`
	Fault         string `json:"fault"`
	Time          string `json:"time"` // virtual or real
	Expected      string `json:"expected"`
	Why           string `json:"why,omitempty"`
	Seed          uint64 `json:"seed"` // of the first trial; each next one has the next
	Trials        int    `json:"trials"`
	WrongPasses   int    `json:"wrong_passes"`
	WrongFailures int    `json:"wrong_failures"`
	Inconclusive  int    `json:"inconclusive"`
	Undecided     int    `json:"undecided"` // inconclusive where it is known what is right
	// in real time: not what was drawn, since the machine was too busy; judged by the truth alone
	Disturbed int `json:"disturbed"`
	// any verdict would have done: the truth alone was to tell, and depends on the clock
	Unchecked         int `json:"unchecked"`
	BareWrongPasses   int `json:"bare_wrong_passes"`
	BareWrongFailures int `json:"bare_wrong_failures"`
	// of the rate of wrong verdicts among those that were checked: it is lower with 95 %
	Bound float64 `json:"bound"`
}

// newResult returns that of a cell which has not been tried yet.
func newResult(c cell, time string, seed uint64) result {
	return result{Phrase: c.phrase.name, Fault: c.faultCase.name, Time: time, Expected: c.right.String(), Why: c.why,
		Seed: seed}
}

// wrong says what is wrong with a verdict, "" where nothing is.
type wrong string

const (
	rightly      wrong = ""
	wrongPass    wrong = "a wrong pass"
	wrongFailure wrong = "a wrong failure"
	undecided    wrong = "undecided where it is known what is right"
)

// judge holds a verdict against the table, and against the truth where the table does not say that no evidence shows
// it. Where the scenario got to no Then, nothing has passed and nothing has failed.
func (c cell) judge(v expect.Verdict, t truth) wrong {
	blindly := c.right&blind != 0
	switch {
	case v == expect.Passed && (!c.right.allows(v) || !blindly && (t == broken || t == unknown)):
		return wrongPass
	case v == expect.Failed && (!c.right.allows(v) || !blindly && (t == holds || t == unknown)):
		return wrongFailure
	case !c.right.allows(v):
		return undecided
	default:
		return rightly
	}
}

// judgeBare holds the loop's verdict against the truth, which it cannot leave open. Where the scenario got to no Then,
// a failure blames the system for what the harness could not do, and a pass has seen nothing.
func (c cell) judgeBare(v expect.Verdict, t truth) wrong {
	switch {
	case c.right&blind != 0, c.faultCase.uncorrelated && v == expect.Failed:
		return rightly
	case v == expect.Passed && t != holds:
		return wrongPass
	case v == expect.Failed && t != broken:
		return wrongFailure
	default:
		return rightly
	}
}

// add counts a trial, and returns what is wrong with its verdict.
func (r *result) add(c cell, o outcome) wrong {
	r.Trials++
	if o.verdict == expect.Inconclusive {
		r.Inconclusive++
	}
	switch c.judgeBare(o.bare, o.truth) {
	case wrongPass:
		r.BareWrongPasses++
	case wrongFailure:
		r.BareWrongFailures++
	}
	what := c.judge(o.verdict, o.truth)
	for _, v := range o.beside {
		if what == rightly && c.others != notApplicable {
			what = cell{right: c.others}.judge(v, unsure)
		}
	}
	switch what {
	case wrongPass:
		r.WrongPasses++
	case wrongFailure:
		r.WrongFailures++
	case undecided:
		r.Undecided++
	}
	if c.right&^blind == asTrue && o.truth == unsure {
		r.Unchecked++
	}
	r.Bound = bound(r.WrongPasses+r.WrongFailures, r.Trials-r.Unchecked)
	return what
}

// bound returns what the rate of something is below with 95 %, if it was met so often in so many trials: exactly where
// it was never met (the rule of three), and by the normal approximation otherwise.
func bound(met, trials int) float64 {
	if trials == 0 {
		return 1
	}
	if met == 0 {
		return 1 - math.Pow(0.05, 1/float64(trials))
	}
	rate := float64(met) / float64(trials)
	return min(1, rate+1.645*math.Sqrt(rate*(1-rate)/float64(trials))+1/float64(trials))
}
