// The rules beside counting: rows, cause and effect, rates, sums, schemas.
package expect

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

func matching(t testing.TB, rows ...pattern.Row) pattern.Pattern {
	t.Helper()
	p, err := pattern.FromRows(rows, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// step is a row for events whose field "step" has a value; "*" takes any.
func step(t testing.TB, value string) Row {
	if value == "*" {
		value = "(any)"
	}
	return Row{Want: value, Channel: "shipments", Pattern: matching(t, pattern.Row{Path: "step", Cell: value})}
}

func stepped(after, seen float64, value string) *journal.Capture {
	return came(after, seen, fmt.Sprintf(`{"step": %q}`, value))
}

func TestRowsTakeDistinctCaptures(t *testing.T) {
	uncorrelated := func(c *journal.Capture) *journal.Capture { return c }
	for _, c := range []struct {
		why          string
		rows         []string
		inOrder      bool
		ordered      bool // the channel keeps the order
		captures     []*journal.Capture
		uncorrelated *journal.Capture
		proof        Proof
		want         Verdict
	}{
		{"one for each", []string{"a", "b"}, false, false, []*journal.Capture{stepped(0, 1, "b"), stepped(0, 1, "a")}, nil,
			Proof{}, Passed},
		{"one for both", []string{"a", "a"}, false, false, []*journal.Capture{stepped(0, 1, "a")}, nil,
			Proof{Through: at(5)}, Failed},
		{"one for both, so far", []string{"a", "a"}, false, false, []*journal.Capture{stepped(0, 1, "a")}, nil, Proof{},
			Undecided},
		{"the particular one is left to the particular row", []string{"*", "a"}, false, false,
			[]*journal.Capture{stepped(0, 1, "a"), stepped(1, 2, "b")}, nil, Proof{}, Passed},
		{"others do no harm", []string{"a"}, false, false, []*journal.Capture{stepped(0, 1, "x"), stepped(0, 1, "a")}, nil,
			Proof{}, Passed},
		{"one came too late", []string{"a", "b"}, false, false, []*journal.Capture{stepped(0, 1, "a"), stepped(5, 6, "b")},
			nil, Proof{Through: at(5)}, Failed},
		{"one may have come in time", []string{"a", "b"}, false, false,
			[]*journal.Capture{stepped(0, 1, "a"), stepped(4, 6, "b")}, nil, Proof{Through: at(5)}, Inconclusive},
		{"one is uncorrelated", []string{"a", "b"}, false, false, []*journal.Capture{stepped(0, 1, "a")},
			uncorrelated(stepped(0, 1, "b")), Proof{Through: at(5)}, Inconclusive},
		{"one is missing, and nobody knows", []string{"a", "b"}, false, false, []*journal.Capture{stepped(0, 1, "a")}, nil,
			Proof{Err: errRefused}, Inconclusive},

		{"in order by their times", []string{"a", "b"}, true, false,
			[]*journal.Capture{stepped(0, 1, "a"), stepped(1, 2, "b")}, nil, Proof{}, Passed},
		{"in order by their places", []string{"a", "b"}, true, true,
			[]*journal.Capture{stepped(0, 1, "a"), stepped(0, 2, "b")}, nil, Proof{}, Passed},
		{"out of order by their places", []string{"a", "b"}, true, true,
			[]*journal.Capture{stepped(0, 1, "b"), stepped(0, 2, "a")}, nil, Proof{Through: at(5)}, Failed},
		{"out of order by their times", []string{"a", "b"}, true, false,
			[]*journal.Capture{stepped(0, 1, "b"), stepped(1, 2, "a")}, nil, Proof{Through: at(5)}, Failed},
		{"perhaps in order", []string{"a", "b"}, true, false, []*journal.Capture{stepped(0, 1, "a"), stepped(0.5, 2, "b")},
			nil, Proof{Through: at(5)}, Inconclusive},
		{"out of order, but once more in order", []string{"a", "b"}, true, true,
			[]*journal.Capture{stepped(0, 1, "b"), stepped(0, 2, "a"), stepped(0, 3, "b")}, nil, Proof{}, Passed},
		{"in order with others in between", []string{"a", "b", "c"}, true, true,
			[]*journal.Capture{stepped(0, 1, "a"), stepped(0, 1.5, "a"), stepped(0, 2, "b"), stepped(0, 2, "x"),
				stepped(0, 3, "c")}, nil, Proof{}, Passed},
		{"a row twice in order takes two", []string{"a", "a"}, true, true,
			[]*journal.Capture{stepped(0, 1, "a"), stepped(0, 2, "a")}, nil, Proof{}, Passed},
		{"the last is missing", []string{"a", "b"}, true, true, []*journal.Capture{stepped(0, 1, "a")}, nil,
			Proof{Through: at(5)}, Failed},
	} {
		s := newScene()
		for _, one := range c.captures {
			s.own(one)
		}
		if c.uncorrelated != nil {
			s.uncorrelated(c.uncorrelated)
		}
		e := expectation(t, len(c.rows), Unlimited)
		e.Of, e.Rows = nil, &Rows{InOrder: c.inOrder, Ordered: map[string]bool{"shipments": c.ordered}}
		for _, value := range c.rows {
			e.Rows.All = append(e.Rows.All, step(t, value))
		}
		got := judged(e, s.view, c.proof)
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		if got.Verdict == Passed && len(got.Matched) != len(c.rows) {
			t.Errorf("%s: got %d matches, want %d, one a row", c.why, len(got.Matched), len(c.rows))
		}
	}
}

// judged shows the view one capture after the other, as a run does.
func judged(e Expectation, v journal.View, p Proof) (o Outcome) {
	j := Judge(e)
	for n := range v.Own {
		early := v
		early.Own, early.Uncorrelated = v.Own[:n+1], nil
		j.See(early)
		if o = j.Outcome([]journal.View{early}, nil); o.Verdict != Undecided {
			return o
		}
	}
	j.See(v)
	proofs := map[string]Proof{"shipments": p}
	if p.Through.IsZero() && p.Err == nil {
		proofs = nil
	}
	return j.Outcome([]journal.View{v}, proofs)
}

// TestRowsAreGivenOutAsABruteForceWould compares small cases with all ways to give captures to rows.
func TestRowsAreGivenOutAsABruteForceWould(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		letters := []string{"a", "b", "*"}
		e := expectation(t, 0, Unlimited)
		e.Of, e.Rows = nil, &Rows{InOrder: r.IntN(2) == 0, Ordered: map[string]bool{"shipments": true}}
		var rows []string
		for range 1 + r.IntN(3) {
			rows = append(rows, letters[r.IntN(3)])
			e.Rows.All = append(e.Rows.All, step(t, rows[len(rows)-1]))
		}
		e.Least = len(rows)
		s := newScene()
		var came []string
		for n := range r.IntN(5) {
			came = append(came, letters[r.IntN(2)])
			s.own(stepped(float64(n)/10, float64(n+1)/10, came[n]))
		}
		want := Failed
		if fits(rows, came, make([]bool, len(came)), -1, e.Rows.InOrder) {
			want = Passed
		}
		if got := judged(e, s.view, Proof{Through: at(5)}); got.Verdict != want {
			t.Fatalf("seed %d: %v of %v, in order %v: got %s, want %s\n%s", seed, rows, came, e.Rows.InOrder, got.Verdict, want,
				got.Reason)
		}
	}
}

func fits(rows, came []string, used []bool, last int, inOrder bool) bool {
	if len(rows) == 0 {
		return true
	}
	for i, c := range came {
		if used[i] || inOrder && i <= last || rows[0] != "*" && rows[0] != c {
			continue
		}
		used[i] = true
		ok := fits(rows[1:], came, used, i, inOrder)
		used[i] = false
		if ok {
			return true
		}
	}
	return false
}

func TestEffectsGoByTheIDsOfEachCause(t *testing.T) {
	const all = "100"
	result := func(n uint32) *journal.Capture { return with(came(0.5, 1, shipped), aboutA(n)) }
	for _, c := range []struct {
		why          string
		events       int
		percent      string
		most         int
		results      []*journal.Capture
		uncorrelated bool
		want         Verdict
	}{
		{"each has one", 3, all, 1, []*journal.Capture{result(1), result(3), result(2)}, false, Passed},
		{"one is lost", 3, all, 1, []*journal.Capture{result(1), result(3)}, false, Failed},
		{"one has two", 3, all, 1, []*journal.Capture{result(1), result(2), result(3), result(2)}, false, Failed},
		{"one has two, where that is allowed", 3, all, Unlimited,
			[]*journal.Capture{result(1), result(2), result(3), result(2)}, false, Passed},
		{"two of one do not make up for one of another", 2, all, Unlimited, []*journal.Capture{result(1), result(1)},
			false, Failed},
		{"one is lost, and that is allowed", 4, "75", 1, []*journal.Capture{result(1), result(3), result(2)}, false, Passed},
		{"two are lost, and one is allowed", 4, "75", 1, []*journal.Capture{result(1), result(3)}, false, Failed},
		{"a percentage is rounded up", 3, "50", 1, []*journal.Capture{result(1)}, false, Failed},
		{"a percentage is rounded up, and reached", 3, "50", 1, []*journal.Capture{result(1), result(2)}, false, Passed},
		{"the lost one may be there without an id", 2, all, 1, []*journal.Capture{result(1)}, true, Inconclusive},
		{"one that is uncorrelated may be another's second", 2, all, 1, []*journal.Capture{result(1), result(2)}, true,
			Inconclusive},
		{"what tells no event from another helps none", 2, all, 1, []*journal.Capture{result(1), result(9)}, false,
			Inconclusive},
	} {
		s := newScene()
		for _, one := range c.results {
			s.own(one)
		}
		if c.uncorrelated {
			s.uncorrelated(came(0.5, 1, shipped))
		}
		got := judged(causeAndEffect(t, c.events, c.percent, c.most), s.view, Proof{Through: at(5)})
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestASurplusThatNobodyElseCanHaveCausedFailsWhicheverCauseLedToIt(t *testing.T) {
	result := func(n uint32) *journal.Capture { return with(came(0.5, 1, shipped), aboutA(n)) }
	all := []*journal.Capture{result(1), result(2), result(3)}
	for _, c := range []struct {
		why       string
		private   bool
		percent   string
		most      int
		results   []*journal.Capture
		after, by float64 // of what carries no id
		want      Verdict
	}{
		{"each has led to one", true, "100", 1, all, 0.5, 1, Failed},
		{"one has led to none yet", true, "100", 1, all[:2], 0.5, 1, Inconclusive},
		{"others may be there", false, "100", 1, all, 0.5, 1, Inconclusive},
		{"more may come", true, "100", Unlimited, all, 0.5, 1, Passed},
		{"not each needs to hold", true, "60", 1, all, 0.5, 1, Inconclusive},
		{"it may be later than counts", true, "100", 1, all, 4.5, 9, Inconclusive},
	} {
		s := newScene()
		s.view.Private = c.private
		for _, one := range c.results {
			s.own(one)
		}
		s.uncorrelated(came(c.after, c.by, shipped))
		got := judged(causeAndEffect(t, 3, c.percent, c.most), s.view, Proof{Through: at(9)})
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

// causeAndEffect asks that each of some events leads to something. All have the id 9, and each one of its own.
func causeAndEffect(t testing.TB, events int, percent string, most int) Expectation {
	e := expectation(t, 1, most)
	share, ok := decimal.Rational(percent)
	if !ok {
		t.Fatal(percent)
	}
	e.Of, e.CauseEffect = nil, &CauseEffect{Percent: share}
	for n := range events {
		sent := &journal.Sent{
			Doc: pattern.Read(event.Event{Body: fmt.Append(nil, n)}), Began: at(0), Accepted: at(0),
			IDs: []ids.ID{{Run: 1, Number: uint32(n + 1)}, {Run: 1, Number: 9}},
		}
		e.CauseEffect.Causes = append(e.CauseEffect.Causes, Cause{sent, e.Window})
	}
	return e
}

func TestManyCausesCostNoMoreThanTheyAre(t *testing.T) {
	const many = 5000
	e := causeAndEffect(t, many, "100", 1)
	for n, of := range e.CauseEffect.Causes {
		of.Sent.IDs[0].Number = uint32(n + 100)
	}
	e = Expectation{Want: e.Want, Channels: e.Channels, Pattern: e.Pattern, Least: 1, Most: 1, Window: e.Window,
		CauseEffect: e.CauseEffect}
	s := newScene()
	for n := range many {
		s.own(with(came(0.5, 1, shipped), aboutA(uint32(n+100))))
	}
	if got := judged(e, s.view, Proof{Through: at(5)}); got.Verdict != Passed || len(got.Matched) != many {
		t.Errorf("got %s with %d matches, want passed with %d\n%s", got.Verdict, len(got.Matched), many, got.Reason)
	}
}

func TestARateIsJudgedByIntervals(t *testing.T) {
	for _, c := range []struct {
		why   string
		times [][2]float64
		want  Verdict
	}{
		{"two in a second", [][2]float64{{0.9, 1}, {1.4, 1.5}}, Passed},
		{"three in a second", [][2]float64{{0.9, 1}, {1.2, 1.3}, {1.4, 1.5}}, Failed},
		{"three in a little more than a second", [][2]float64{{0.9, 0.9}, {1.2, 1.3}, {2, 2}}, Passed},
		{"perhaps three in a second", [][2]float64{{0.5, 1.5}, {1.2, 1.3}, {1.9, 2.1}}, Inconclusive},
		{"three that overlap for long, but two seconds apart", [][2]float64{{0, 1}, {2.5, 2.6}, {3.7, 4}}, Passed},
		{"a third one after the window", [][2]float64{{4.8, 4.9}, {4.9, 5}, {5.1, 5.2}}, Passed},
		{"a third one around the deadline", [][2]float64{{4.8, 4.9}, {4.9, 5}, {4.9, 5.2}}, Inconclusive},
		{"none", nil, Passed},
	} {
		s := newScene()
		for _, when := range c.times {
			s.own(came(when[0], when[1], shipped))
		}
		e := expectation(t, 0, 2)
		e.Of, e.Rate = nil, &Rate{Per: time.Second}
		if got := judged(e, s.view, Proof{Through: at(5)}); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		// What carries no id counts where nobody else can have caused it, and never helps to pass.
		for private, want := range map[bool]Verdict{true: c.want, false: min(c.want, Inconclusive)} {
			s := newScene()
			s.view.Private = private
			for _, when := range c.times {
				s.uncorrelated(came(when[0], when[1], shipped))
			}
			if got := judged(e, s.view, Proof{Through: at(5)}); got.Verdict != want {
				t.Errorf("%s, uncorrelated, private %v: got %s, want %s\n%s", c.why, private, got.Verdict, want, got.Reason)
			}
		}
	}
}

func TestASumIsJudgedAtTheEnd(t *testing.T) {
	row := func(after, seen float64, amount string) *journal.Capture {
		return came(after, seen, fmt.Sprintf(`{"status": "SHIPPED", "amount": %s}`, amount))
	}
	for _, c := range []struct {
		why          string
		from         float64
		rows         []*journal.Capture
		uncorrelated *journal.Capture
		proof        Proof
		want         Verdict
		open         bool
	}{
		{"it fits, for now", 0, []*journal.Capture{row(0, 1, "1.1"), row(1, 2, "1.9")}, nil, Proof{Through: at(5)},
			Passed, true},
		{"it fits, for good", 0, []*journal.Capture{row(0, 1, "1.1"), row(1, 2, "1.9")}, nil, Proof{Through: at(15)},
			Passed, false},
		{"it fits in between", 0, []*journal.Capture{row(0, 1, "3"), row(1, 2, "1")}, nil, Proof{Through: at(5)},
			Failed, false},
		{"it fits when nobody has looked", 0, []*journal.Capture{row(0, 1, "3")}, nil, Proof{}, Undecided, false},
		{"it is too little", 0, []*journal.Capture{row(0, 1, "2.9")}, nil, Proof{Through: at(5)}, Failed, false},
		{"one more comes in the audit", 0, []*journal.Capture{row(0, 1, "3"), row(6, 7, "1")}, nil, Proof{Through: at(15)},
			Failed, false},
		{"one more comes after the audit", 0, []*journal.Capture{row(0, 1, "3"), row(15, 16, "1")}, nil,
			Proof{Through: at(15)}, Passed, false},
		{"a zero in the audit does no harm", 0, []*journal.Capture{row(0, 1, "3"), row(6, 7, "0")}, nil,
			Proof{Through: at(15)}, Passed, false},
		{"one may have come in time", 0, []*journal.Capture{row(0, 1, "3"), row(4, 6, "1")}, nil, Proof{Through: at(15)},
			Inconclusive, false},
		{"one is uncorrelated", 0, []*journal.Capture{row(0, 1, "3")}, row(0, 1, "1"), Proof{Through: at(15)},
			Inconclusive, false},
		{"one is no number", 0, []*journal.Capture{row(0, 1, `"three"`)}, nil, Proof{Through: at(15)}, Failed, false},
		{"an early one fails, also where the others fit", 2, []*journal.Capture{row(0, 1, "1"), row(2, 3, "3")}, nil,
			Proof{Through: at(15)}, Failed, false},
		{"one may have come early", 2, []*journal.Capture{row(1, 2.5, "1"), row(2.5, 3, "2")}, nil, Proof{Through: at(15)},
			Inconclusive, false},
		{"nobody knows", 0, []*journal.Capture{row(0, 1, "3")}, nil, Proof{Err: errRefused}, Inconclusive, false},
	} {
		s := newScene()
		for _, one := range c.rows {
			s.own(one)
		}
		if c.uncorrelated != nil {
			s.uncorrelated(c.uncorrelated)
		}
		e := expectation(t, 0, Unlimited)
		e.Of, e.One, e.Window.Horizon = nil, false, at(15)
		if c.from > 0 {
			e.Window.From = at(c.from)
		}
		e.Sum = &Sum{Field: "amount", Total: big.NewRat(3, 1), Value: func(d *pattern.Doc) (*big.Rat, error) {
			text, _, err := d.Value("amount", "")
			if n, ok := decimal.Rational(text); ok {
				return n, err
			}
			return nil, errors.New("no number")
		}}
		if got := judged(e, s.view, c.proof); got.Verdict != c.want || got.Open != c.open {
			t.Errorf("%s: got %s (open: %v), want %s (open: %v)\n%s", c.why, got.Verdict, got.Open, c.want, c.open, got.Reason)
		}
	}
}

// breaking is a body that matches and breaks the schema unbroken.
const breaking = `{"status": "SHIPPED", "broken": true}`

func unbroken(d *pattern.Doc) error {
	if _, ok, _ := d.Value("broken", ""); ok {
		return errors.New("broken: want nothing")
	}
	return nil
}

func TestAnItemThatBreaksItsSchemaFails(t *testing.T) {
	for _, c := range []struct {
		why   string
		looks []*journal.Capture
		want  Verdict
	}{
		{"it came to", []*journal.Capture{came(1, 2, breaking)}, Failed},
		{"it did at the act, and stayed so", []*journal.Capture{came(-2, -1, breaking)}, Failed},
		{"it did at the first look, and stayed so", []*journal.Capture{came(-2, 1, breaking)}, Failed},
		{"it did at the act, and was put right", []*journal.Capture{came(-2, -1, breaking), came(1, 2, shipped)}, Passed},
		{"it did at the act or after it, and was put right", []*journal.Capture{came(-2, 1, breaking), came(1, 2, shipped)},
			Inconclusive},
	} {
		s := newScene()
		for _, look := range c.looks {
			s.own(look)
		}
		e := expectation(t, 1, Unlimited)
		e.State, e.Of, e.Valid = true, nil, unbroken
		if got := s.judge(e); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestAMatchThatBreaksItsSchemaFails(t *testing.T) {
	broken := came(0.5, 1, breaking)
	uncertain := came(4, 6, breaking)
	before := came(-1, 0.5, breaking)
	for _, c := range []struct {
		why         string
		least, most int
		captures    []*journal.Capture
		want        Verdict
	}{
		{"an event, the first is broken", 1, Unlimited, []*journal.Capture{broken, came(1, 2, shipped)}, Failed},
		{"an event, the first is sound", 1, Unlimited, []*journal.Capture{came(0, 0.5, shipped), broken}, Passed},
		{"an event, the first is sound, or it came before the act and the second is broken", 1, Unlimited,
			[]*journal.Capture{came(-1, 0.5, shipped), broken}, Inconclusive},
		{"an event, the first is broken, or it came before the act and the second is sound", 1, Unlimited,
			[]*journal.Capture{before, came(1, 2, shipped)}, Inconclusive},
		{"an event, the first is broken, whichever it is", 1, Unlimited, []*journal.Capture{before, broken}, Failed},
		{"an event, and whether a later one is broken does not matter", 1, Unlimited,
			[]*journal.Capture{came(0, 1, shipped), uncertain}, Passed},
		{"at least two, a third is broken", 2, Unlimited,
			[]*journal.Capture{came(0, 1, shipped), broken, came(1, 2, shipped)}, Failed},
		{"exactly one is broken", 1, 1, []*journal.Capture{broken}, Failed},
		{"exactly one, and a broken one around the deadline", 1, 1, []*journal.Capture{came(0, 1, shipped), uncertain},
			Inconclusive},
		{"at most one is broken", 0, 1, []*journal.Capture{broken}, Failed},
		{"what does not match may be broken", 0, 1,
			[]*journal.Capture{came(0, 1, `{"status": "LOST", "broken": true}`)}, Passed},
	} {
		s := newScene()
		for _, one := range c.captures {
			s.own(one)
		}
		e := expectation(t, c.least, c.most)
		e.Of = nil
		e.Valid = unbroken
		for looks, got := range map[string]Outcome{"often": judged(e, s.view, Proof{Through: at(5)}), "once": s.judge(e)} {
			if got.Verdict != c.want {
				t.Errorf("%s, looked at %s: got %s, want %s\n%s", c.why, looks, got.Verdict, c.want, got.Reason)
			}
		}
	}
}

func TestPathsThatNothingHasAreKept(t *testing.T) {
	e := expectation(t, 0, 0)
	e.Of, e.Pattern = nil, matching(t, pattern.Row{Path: "stauts", Cell: "SHIPPED"})
	s := newScene()
	s.own(came(0, 1, shipped))
	j := Judge(e)
	j.See(s.view)
	if got := j.AbsentFields(); len(got) != 1 || got[0] != "stauts" {
		t.Errorf("got %q, want stauts", got)
	}
}
