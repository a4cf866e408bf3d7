// What cannot be read may be what is asked for, or forbidden.
package expect

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestWhatCannotBeReadMayBeWhatIsAskedFor(t *testing.T) {
	const bad = `{"status": NaN}`
	for _, c := range []struct {
		why         string
		least, most int
		add         func(s *scene)
		also        []pattern.Row
		want        Verdict
	}{
		{"no event, and one that cannot be read", 0, 0, func(s *scene) { s.own(came(0, 1, bad)) }, nil, Inconclusive},
		{"an event, and one that cannot be read", 1, Unlimited, func(s *scene) { s.own(came(0, 1, bad)) }, nil, Inconclusive},
		{"an event is there beside it", 1, Unlimited, func(s *scene) { s.own(came(0, 1, bad)); s.own(came(1, 2, shipped)) },
			nil, Passed},
		{"exactly 1, and one that cannot be read", 1, 1,
			func(s *scene) { s.own(came(0, 1, bad)); s.own(came(1, 2, shipped)) }, nil, Inconclusive},
		{"two are too many whatever it is", 0, 1,
			func(s *scene) { s.own(came(0, 1, bad)); s.own(came(1, 2, shipped)); s.own(came(1, 2, shipped)) }, nil, Failed},
		{"two are too few whatever it is", 3, 3, func(s *scene) { s.own(came(0, 1, bad)); s.own(came(1, 2, shipped)) },
			nil, Failed},
		{"it came after the window", 0, 0, func(s *scene) { s.own(came(5, 6, bad)) }, nil, Passed},
		{"its key tells that it is another one", 0, 0, func(s *scene) { s.own(came(0, 1, bad)) },
			[]pattern.Row{{Path: "key", Cell: "K"}}, Passed},
		{"its size does", 0, 0, func(s *scene) { s.own(came(0, 1, bad)) },
			[]pattern.Row{{Path: "size", Cell: "(> 1000)"}}, Passed},
		{"it is empty", 0, 0, func(s *scene) { s.own(came(0, 1, "")) }, nil, Passed},
		{"it is what the run sent", 0, 0, func(s *scene) {
			s.own(with(came(0, 1, bad), func(c *journal.Capture) { c.Returned = true }))
		}, nil, Passed},
		{"it is uncorrelated", 0, 0, func(s *scene) { s.uncorrelated(came(0, 1, bad)) }, nil, Inconclusive},
		{"it is uncorrelated, and no other scenario ran", 0, 0,
			func(s *scene) { s.uncorrelated(came(0, 1, bad)); s.view.Private = true }, nil, Inconclusive},
		{"it is uncorrelated and never helps", 1, Unlimited, func(s *scene) { s.uncorrelated(came(0, 1, bad)) }, nil,
			Inconclusive},
	} {
		s := newScene()
		c.add(&s)
		e := expectation(t, c.least, c.most)
		e.Of, e.Pattern = nil, statusIs(t, "SHIPPED").And(matching(t, c.also...))
		got := s.judge(e)
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		if said := "NaN, which JSON does not know"; got.Verdict == Inconclusive && !strings.Contains(got.Reason, said) {
			t.Errorf("%s: got\n%s\nwant it to say %s", c.why, got.Reason, said)
		}
	}
}

func TestARowMayHaveWhatCannotBeRead(t *testing.T) {
	s := newScene()
	s.own(came(0, 1, `{"step": NaN}`))
	e := expectation(t, 1, Unlimited)
	e.Of, e.Rows = nil, &Rows{All: []Row{step(t, "a")}}
	if got := s.judge(e); got.Verdict != Inconclusive {
		t.Errorf("got %s, want inconclusive\n%s", got.Verdict, got.Reason)
	}
}

func TestAnEarlierStepPerhapsAccountsForWhatCannotBeRead(t *testing.T) {
	s := newScene()
	s.own(came(0, 1, `{"status": NaN}`))
	before := expectation(t, 1, Unlimited)
	before.Of, before.Pattern = nil, statusIs(t, "SHIPPED")
	e := expectation(t, 0, 0)
	e.Of, e.Pattern, e.Earlier = nil, pattern.Pattern{}, []Earlier{{Expectation: before, Settled: true}}
	if got := s.judge(e); got.Verdict != Inconclusive {
		t.Errorf("got %s, want inconclusive\n%s", got.Verdict, got.Reason)
	}
}

func TestAnItemThatCannotBeReadMayLookAsWanted(t *testing.T) {
	for _, c := range []struct {
		why    string
		before string // how it looked when the act began
		then   []string
		want   Verdict
	}{
		{"it cannot be read at the end", backordered, []string{`{"status": NaN}`}, Inconclusive},
		{"it looked so, and cannot be read at the end", shipped, []string{`{"status": NaN}`}, Inconclusive},
		{"it could not be read, and looks so at the end", `{"status": NaN}`, []string{shipped}, Passed},
		{"it could not be read, and did not stay so", `{"status": NaN}`, []string{shipped, backordered}, Inconclusive},
	} {
		s := newScene()
		s.own(came(-2, -1, c.before))
		for n, then := range c.then {
			s.own(came(float64(n), float64(n)+1, then))
		}
		e := expectation(t, 1, Unlimited)
		e.Of, e.Pattern, e.State, e.One = nil, statusIs(t, "SHIPPED"), true, true
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestASumOfWhatCannotBeReadIsNotKnown(t *testing.T) {
	for _, c := range []struct {
		why    string
		amount string
		want   Verdict
	}{
		{"it may have the rest", "", Inconclusive},
		{"another has no number, whatever it has", `"three"`, Failed},
	} {
		s := newScene()
		s.own(came(0, 1, `{"amount": NaN}`))
		s.own(came(0, 2, `{"amount": 1}`))
		if c.amount != "" {
			s.own(came(0, 3, `{"amount": `+c.amount+`}`))
		}
		e := expectation(t, 0, Unlimited)
		e.Of, e.One, e.Pattern = nil, false, pattern.Pattern{}
		e.Sum = &Sum{Field: "amount", Total: big.NewRat(3, 1), Value: func(d *pattern.Doc) (*big.Rat, error) {
			text, _, err := d.Value("amount", "")
			if err != nil {
				return nil, err
			}
			if n, ok := decimal.Rational(text); ok {
				return n, nil
			}
			return nil, errors.New("no number")
		}}
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}
