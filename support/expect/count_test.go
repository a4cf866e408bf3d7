// The verdicts, from the one rule: a count that the evidence bounds, against the count that is asked for.
package expect

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// The act of these tests begins at 0s and is accepted at 0s; its window ends at 5s.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }

const shipped, backordered = `{"status": "SHIPPED"}`, `{"status": "BACKORDERED"}`

// came returns a capture that appeared between two times.
func came(after, seen float64, body string) *journal.Capture {
	return &journal.Capture{Channel: "shipments", After: at(after), Surely: at(after),
		Doc: pattern.Read(event.Event{Body: []byte(body), Seen: at(seen)})}
}

func with(c *journal.Capture, change func(c *journal.Capture)) *journal.Capture {
	change(c)
	return c
}

func statusIs(t testing.TB, want string) pattern.Pattern {
	t.Helper()
	p, err := pattern.FromRows([]pattern.Row{{Path: "status", Cell: want}}, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// scene is what a judgement is shown.
type scene struct {
	view  journal.View
	proof Proof
}

func newScene() scene {
	return scene{view: journal.View{Channel: "shipments"}, proof: Proof{Through: at(5.02)}}
}

func (s *scene) own(c *journal.Capture) {
	c.Number = len(s.view.Own) + len(s.view.Uncorrelated) + 1
	s.view.Own = append(s.view.Own, c)
}

func (s *scene) uncorrelated(c *journal.Capture) {
	c.Number = len(s.view.Own) + len(s.view.Uncorrelated) + 1
	s.view.Uncorrelated = append(s.view.Uncorrelated, c)
}

func (s scene) judge(e Expectation) Outcome {
	j := Judge(e)
	j.See(s.view)
	return j.Outcome([]journal.View{s.view}, map[string]Proof{"shipments": s.proof})
}

// most stands for any number of further events.
const most = math.MaxInt32

var (
	orderA = &journal.Sent{Name: "order placed", IDs: []ids.ID{{Run: 1, Number: 1}, {Run: 1, Number: 9}},
		Doc: pattern.Read(event.Event{Body: []byte(`A`)})}
	orderB = &journal.Sent{Name: "order placed", IDs: []ids.ID{{Run: 1, Number: 2}, {Run: 1, Number: 9}},
		Doc: pattern.Read(event.Event{Body: []byte(`B`)})}

	taken      = came(0.1, 1, shipped)
	errRefused = errors.New("connection lost")
)

// known is a piece of evidence, and how many events at least and at most it stands for.
type known struct {
	name          string
	low, up       int
	byElimination int // how many it surely stands for if the scenario ran alone and sent one event
	add           func(s *scene)
	siblings      bool // it is about another event of the scenario
}

func aboutA(number uint32) func(*journal.Capture) {
	return func(c *journal.Capture) { c.IDs = []ids.ID{{Run: 1, Number: number}} }
}

func everyEvidence() []known {
	own := func(after, seen float64, change func(*journal.Capture)) func(*scene) {
		return func(s *scene) {
			s.own(with(with(came(after, seen, shipped), aboutA(1)), change))
		}
	}
	plain := func(*journal.Capture) {}
	return []known{
		{"a match in time", 1, 1, 0, own(0, 1, plain), false},
		{"a second match, late in the window", 1, 1, 0, own(4, 5, plain), false},
		{"a match after the window", 0, 0, 0, own(5, 5.5, plain), false},
		{"a match received after the window that may have appeared in it", 0, 1, 0, own(4.9, 5.01, plain), false},
		{"a match before the act", 0, 0, 0, own(-2, -1, plain), false},
		{"a match that may have appeared before the act", 0, 1, 0, own(-1, 1, plain), false},
		{"a redelivery", 0, 0, 0, own(0, 2, func(c *journal.Capture) { c.Redelivery = true }), false},
		{"the echo of what the run sent", 0, 0, 0,
			own(0, 0.1, func(c *journal.Capture) { c.ComesBack(&journal.Sent{}) }), false},
		{"what another event of the scenario caused", 0, 0, 0, own(0, 1, aboutA(2)), true},
		{"what cannot be told from what another event caused", 0, 1, 0, own(0, 1, aboutA(9)), true},
		{"what an earlier step accounts for", 0, 0, 0, func(s *scene) { s.own(taken) }, false},
		{"an event that does not match", 0, 0, 0, func(s *scene) { s.own(with(came(0, 1, backordered), aboutA(1))) }, false},
		{"an uncorrelated match", 0, 1, 1, func(s *scene) { s.uncorrelated(came(0, 1, shipped)) }, false},
		{"an uncorrelated match after the window", 0, 0, 0, func(s *scene) { s.uncorrelated(came(5, 6, shipped)) }, false},
		{"an uncorrelated match across the deadline", 0, 1, 0, func(s *scene) { s.uncorrelated(came(4, 6, shipped)) }, false},
		{"an uncorrelated event that does not match", 0, 0, 0,
			func(s *scene) { s.uncorrelated(came(0, 1, backordered)) }, false},
		{"a gap in the window", 0, most, 0, gap(1, 2), false},
		{"a gap that reaches into the window", 0, most, 0, gap(-1, 0), false},
		{"a gap before the window", 0, 0, 0, gap(-2, -1), false},
		{"a gap after the window", 0, 0, 0, gap(5.001, 6), false},
		{"a failed Sync", 0, most, 0, func(s *scene) { s.proof = Proof{Err: errRefused} }, false},
		{"a Sync that began too early, and none after it", 0, most, 0,
			func(s *scene) { s.proof = Proof{Through: at(4.9), Err: errRefused} }, false},
	}
}

func gap(from, to float64) func(*scene) {
	return func(s *scene) {
		s.view.Gaps = append(s.view.Gaps, journal.Gap{From: at(from), To: at(to), Cause: errRefused})
	}
}

var kinds = []struct {
	name        string
	least, most int
}{
	{"an event", 1, Unlimited},
	{"at least 2", 2, Unlimited},
	{"exactly 1", 1, 1},
	{"exactly 2", 2, 2},
	{"at most 1", 0, 1},
	{"no event", 0, 0},
}

// byTheRule is the rule, as DESIGN says it: passed or failed only if it would be so in every course of events.
func byTheRule(least, limit, low, up int) Verdict {
	if limit == Unlimited {
		limit = most
	}
	switch {
	case low >= least && (up <= limit || limit == most):
		return Passed
	case up < least || low > limit:
		return Failed
	default:
		return Inconclusive
	}
}

func TestEveryVerdictFollowsFromTheGeneralRule(t *testing.T) {
	all := everyEvidence()
	for _, kind := range kinds {
		for i, first := range all {
			for _, second := range all[i:] {
				for _, mine := range []struct{ alone, siblings bool }{{true, true}, {false, true}, {true, false}, {false, false}} {
					if !mine.siblings && (first.siblings || second.siblings) {
						continue
					}
					s := newScene()
					s.view.Private = mine.alone
					first.add(&s)
					low, up := first.low, first.up
					byElimination := first.byElimination
					if second.name != first.name {
						second.add(&s)
						low, up, byElimination = low+second.low, min(up+second.up, most), byElimination+second.byElimination
					}
					want := byTheRule(kind.least, kind.most, low, up)
					if mine.alone && !mine.siblings && kind.most != Unlimited && low+byElimination > kind.most {
						want = Failed
					}
					e := expectation(t, kind.least, kind.most)
					if !mine.siblings {
						e.Of, e.Siblings = nil, nil
					}
					if got := s.judge(e); got.Verdict != want {
						t.Errorf("%s, given %s and %s (%+v): got %s, want %s\n%s",
							kind.name, first.name, second.name, mine, got.Verdict, want, got.Reason)
					}
				}
			}
		}
	}
}

func expectation(t testing.TB, least, most int) Expectation {
	return Expectation{
		Want: `exactly 1 "order shipped" within 5s`, Event: "order shipped", Channels: []string{"shipments"}, Pattern: statusIs(t, "SHIPPED"),
		Least: least, Most: most, One: least == 1 && most == Unlimited, Of: orderA, Siblings: []*journal.Sent{orderB},
		Except: map[*journal.Capture]bool{taken: true}, Window: Window{Begin: at(0), Accepted: at(0), Deadline: at(5)},
	}
}

func TestWithoutAProofOnlyWhatNothingCanChangeIsDecided(t *testing.T) {
	for _, c := range []struct {
		why         string
		least, most int
		matches     int
		want        Verdict
	}{
		{"a presence passes at once", 1, Unlimited, 1, Passed},
		{"at least 2 has one to go", 2, Unlimited, 1, Undecided},
		{"exactly 1 may get another", 1, 1, 1, Undecided},
		{"exactly 1 has got another", 1, 1, 2, Failed},
		{"at most 1 may get another", 0, 1, 0, Undecided},
		{"absence is not proved by nothing so far", 0, 0, 0, Undecided},
		{"absence is refuted by one", 0, 0, 1, Failed},
	} {
		s := newScene()
		for range c.matches {
			s.own(with(came(0, 1, shipped), aboutA(1)))
		}
		j := Judge(expectation(t, c.least, c.most))
		j.See(s.view)
		if got := j.Outcome([]journal.View{s.view}, nil).Verdict; got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}

func TestADuplicateThatComesLateInTheWindowFailsExactlyOne(t *testing.T) {
	s := newScene()
	s.own(with(came(0, 0.2, shipped), aboutA(1)))
	j := Judge(expectation(t, 1, 1))
	j.See(s.view)
	if got := j.Outcome([]journal.View{s.view}, nil); got.Verdict != Undecided {
		t.Fatalf("after the first: %s", got.Verdict)
	}
	s.own(with(came(0, 4.99, shipped), aboutA(1)))
	j.See(s.view)
	if got := j.Outcome([]journal.View{s.view}, nil); got.Verdict != Failed {
		t.Errorf("after the second: %s", got.Verdict)
	}
}

func TestOneProofOfSeveralChannelsDecidesNothing(t *testing.T) {
	e := expectation(t, 0, 0)
	e.Channels = []string{"shipments", "rejections"}
	s := newScene()
	views := []journal.View{s.view, {Channel: "rejections"}}
	j := Judge(e)
	if got := j.Outcome(views, map[string]Proof{"shipments": s.proof}).Verdict; got != Undecided {
		t.Errorf("with one proof: %s", got)
	}
	if got := j.Outcome(views,
		map[string]Proof{"shipments": s.proof, "rejections": {Through: at(4)}}).Verdict; got != Undecided {
		t.Errorf("with a proof that began too early: %s", got)
	}
	if got := j.Outcome(views,
		map[string]Proof{"shipments": s.proof,
			"rejections": {Through: at(4), Err: errRefused}}).Verdict; got != Inconclusive {
		t.Errorf("with a proof that began too early, and none after it: %s", got)
	}
	if got := j.Outcome(views, map[string]Proof{"shipments": s.proof, "rejections": s.proof}).Verdict; got != Passed {
		t.Errorf("with both: %s", got)
	}
}

func TestNothingOfAScenarioIsOlderThanAllThatItSent(t *testing.T) {
	for since, want := range map[float64]Verdict{0: Passed, -1: Inconclusive} {
		s := newScene()
		s.view.Since = at(since)
		s.own(came(-2, 1, shipped))
		e := expectation(t, 1, 1)
		e.Of = nil
		if got := s.judge(e); got.Verdict != want {
			t.Errorf("the first was sent at %vs: got %s, want %s", since, got.Verdict, want)
		}
	}
}

func TestUnchangedComparesBodiesOnly(t *testing.T) {
	for body, want := range map[string]Verdict{"A": Passed, "a": Failed, "": Failed} {
		s := newScene()
		s.own(with(came(0, 1, body), func(c *journal.Capture) {
			c.Doc = pattern.Read(event.Event{Key: "other", Body: []byte(body), Seen: at(1)})
		}))
		e := expectation(t, 1, Unlimited)
		e.Pattern, e.Of, e.Unchanged = pattern.Pattern{}, nil, orderA
		if got := s.judge(e).Verdict; got != want {
			t.Errorf("the body %q: got %s, want %s", body, got, want)
		}
	}
}

func TestWhatIsElseIsWhatNoEarlierStepAccountsFor(t *testing.T) {
	earlier := Expectation{Channels: []string{"shipments"}, Pattern: statusIs(t, "SHIPPED"),
		Window: Window{Begin: at(0), Accepted: at(0), Deadline: at(2)}}
	for _, c := range []struct {
		why     string
		settled bool
		capture *journal.Capture
		want    Verdict
	}{
		{"at least takes all that fit, also later ones", true, came(0, 1.9, shipped), Passed},
		{"what does not fit is else", true, came(0, 1, backordered), Failed},
		{"what fits after its window is else", true, came(2, 3, shipped), Failed},
		{"what fits at its deadline may be else", true, came(1, 3, shipped), Inconclusive},
		{"what fits a step that is inconclusive may be else", false, came(0, 1, shipped), Inconclusive},
		{"what does not fit it is else", false, came(0, 1, backordered), Failed},
	} {
		s := newScene()
		s.own(c.capture)
		got := s.judge(Expectation{
			Want: "nothing else within 5s", Channels: []string{"shipments"}, Earlier: []Earlier{{earlier, c.settled}},
			Window: Window{Begin: at(0), Accepted: at(0), Deadline: at(5)},
		})
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

// TestWhatCameBeforeAnotherScenarioBeganStaysTheOnlyOnes has an audit beside which another scenario begins.
func TestWhatCameBeforeAnotherScenarioBeganStaysTheOnlyOnes(t *testing.T) {
	for _, c := range []struct {
		why  string
		came bool // while no other scenario had begun
		want Verdict
	}{
		{"it came before another began", true, Failed},
		{"it came when another had begun", false, Inconclusive},
	} {
		s := newScene()
		s.view.Private = true
		e := expectation(t, 0, 0)
		e.Of, e.Siblings = nil, nil
		j := Judge(e)
		j.See(s.view)
		s.uncorrelated(came(0, 1, shipped))
		if c.came {
			j.See(s.view)
		}
		s.view.Private = false
		j.See(s.view)
		if got := j.Outcome([]journal.View{s.view}, map[string]Proof{"shipments": s.proof}); got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestWhatPairsAreAboutIsNotElse(t *testing.T) {
	pairs := causeAndEffect(t, 2, "100", Unlimited)
	pairs.CauseEffect.Causes[0].Window.Deadline = at(2)
	for _, c := range []struct {
		why     string
		capture *journal.Capture
		want    Verdict
	}{
		{"what an event led to", with(came(3, 4, shipped), aboutA(2)), Passed},
		{"what an event led to after its own window", with(came(3, 4, shipped), aboutA(1)), Failed},
		{"what an event led to around the end of its own window", with(came(1, 4, shipped), aboutA(1)), Inconclusive},
		{"what does not tell which of the events led to it", with(came(3, 4, shipped), aboutA(9)), Passed},
		{"what does not fit", with(came(0, 1, backordered), aboutA(1)), Failed},
	} {
		s := newScene()
		s.own(c.capture)
		got := s.judge(Expectation{
			Want: "nothing else within 5s", Channels: []string{"shipments"}, Earlier: []Earlier{{pairs, true}},
			Window: Window{Begin: at(0), Accepted: at(0), Deadline: at(5)},
		})
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestWhatIsNobodysMayBeWhatAnEarlierStepIsAbout(t *testing.T) {
	earlier := Expectation{Channels: []string{"shipments"}, Pattern: statusIs(t, "SHIPPED"),
		Window: Window{Begin: at(0), Accepted: at(0), Deadline: at(2)}}
	for _, c := range []struct {
		why     string
		spare   []Earlier
		capture *journal.Capture
		want    Verdict
	}{
		{"no step before is about it", nil, came(0, 1, shipped), Failed},
		{"an inconclusive one may be", []Earlier{{earlier, false}}, came(0, 1, shipped), Inconclusive},
		{"an inconclusive one cannot be: it does not fit", []Earlier{{earlier, false}}, came(0, 1, backordered), Failed},
		{"one that takes all that fit is, whoever caused it", []Earlier{{earlier, true}}, came(0, 1, shipped), Passed},
	} {
		s := newScene()
		s.view.Private = true
		s.uncorrelated(c.capture)
		got := s.judge(Expectation{
			Want: "nothing else within 5s", Channels: []string{"shipments"}, Earlier: c.spare,
			Window: Window{Begin: at(0), Accepted: at(0), Deadline: at(5)},
		})
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
	}
}

func TestAVerdictSaysWhichBoundItRestsOn(t *testing.T) {
	s := newScene()
	s.proof.Bound = 2 * time.Second
	if got := s.judge(expectation(t, 0, 0)); got.Verdict != Passed || got.Bound != 2*time.Second {
		t.Errorf("got %s with a bound of %s", got.Verdict, got.Bound)
	}
}

func ExampleVerdict() {
	fmt.Println(Undecided, Passed, Flaky, Inconclusive, Failed)
	// Output: undecided passed flaky inconclusive failed
}
