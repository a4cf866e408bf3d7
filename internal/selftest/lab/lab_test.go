package lab

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/support/expect"
)

func TestMain(m *testing.M) {
	redriveIfAsked()
	flag.Parse()
	if err := enoughInReal(*realTrials); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(m)
}

func TestOneTrialOfACellInRealTimeIsRefusedSinceNothingWouldPlayBesideIt(t *testing.T) {
	for _, c := range []struct {
		trials  int
		refused bool
	}{{0, false}, {1, true}, {2, false}, {100, false}} {
		if err := enoughInReal(c.trials); (err != nil) != c.refused {
			t.Errorf("%d trials: got %v, want refused: %v", c.trials, err, c.refused)
		}
	}
}

func TestTheTableNamesPhrasesThatThereAreAndTellsEachItsVerdict(t *testing.T) {
	rows := phrases()
	known := func(name string) bool {
		return slices.ContainsFunc(rows, func(p phrase) bool { return p.name == name })
	}
	for _, c := range table() {
		last := c.rules[len(c.rules)-1]
		if last.phrases != nil {
			t.Errorf("%s: the last rule is not for all that are left", c.faultCase)
		}
		for _, r := range c.rules {
			for _, name := range r.phrases {
				if !known(name) {
					t.Errorf("%s: there is no phrase %q", c.faultCase, name)
				}
			}
			if r.right&blind != 0 && r.why == "" {
				t.Errorf("%s: nothing says why no evidence could show it", c.faultCase)
			}
		}
	}
	if _, err := cells(); err != nil {
		t.Error(err)
	}
}

func TestEachPhraseHasAnAskForEachOfItsThens(t *testing.T) {
	v := newVocabulary()
	for _, p := range phrases() {
		c := cell{phrase: &p, faultCase: &faultCase{name: noFault}}
		s, err := c.scene(v)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, want := len(p.asks), len(s.script.needs.PlannedWaits); got != want {
			t.Errorf("%s: got %d asks, want %d, one a Then", p.name, got, want)
		}
	}
}

// idsIn are what differs from one run to the next, and from one trial to its repetition: ids of Harken's form, of the
// system's own making, and numbers, however spelt.
var idsIn = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|T[0-9a-f]{16}|[0-9][0-9.]{9,}(e\+[0-9]+)?`)

func TestATrialRepeatsForItsSeed(t *testing.T) {
	all, err := cells()
	if err != nil {
		t.Fatal(err)
	}
	v := newVocabulary()
	for i, c := range all {
		if i%7 != 0 { // some of each column will do
			continue
		}
		s, err := c.scene(v)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			var stories []string
			for range 2 {
				o, err := s.try(t, c, 4711)
				if err != nil {
					t.Fatal(err)
				}
				// Of two scenarios that ask for a proof in the same moment, either may be the one that has it made.
				stories = append(stories, idsIn.ReplaceAllString(strings.TrimSuffix(o.story(), o.reason), "ID"))
			}
			if stories[0] != stories[1] {
				t.Errorf("%s: got the second time\n%s\nwant what came the first time\n%s", c, stories[1], stories[0])
			}
		})
	}
}

func TestWhatIsHitIsDrawnFromTheSeed(t *testing.T) {
	rows, faults := phrases(), faultCases()
	three := slices.IndexFunc(rows, func(p phrase) bool { return p.name == exactly3 })
	c := cell{phrase: &rows[three], faultCase: &faults[0]}
	hits, latencies := make(map[int]bool), make(map[string]bool)
	for seed := range uint64(50) {
		one := newTrial(c, seed, inMemory(""))
		hits[one.hit.output] = true
		latencies[one.hitLatency().String()] = true
	}
	if len(hits) != 3 {
		t.Errorf("50 seeds: got the outputs %v hit, want all 3", hits)
	}
	if len(latencies) < 45 {
		t.Errorf("50 seeds: got %d different times, want at least 45", len(latencies))
	}
}

func TestAVerdictIsHeldAgainstTheTableAndAgainstTheTruth(t *testing.T) {
	for _, c := range []struct {
		right   verdicts
		verdict expect.Verdict
		truth   truth
		want    wrong
	}{
		{passed, expect.Passed, holds, rightly},
		{passed, expect.Failed, broken, wrongFailure},
		{passed, expect.Inconclusive, holds, undecided},
		{failed, expect.Failed, broken, rightly},
		{failed, expect.Passed, holds, wrongPass},
		{failed, expect.Failed, holds, wrongFailure},
		{inconclusive, expect.Inconclusive, unknown, rightly},
		{inconclusive, expect.Passed, holds, wrongPass},
		{inconclusive, expect.Failed, broken, wrongFailure},
		{asTrue, expect.Passed, broken, wrongPass},
		{asTrue, expect.Failed, holds, wrongFailure},
		{asTrue, expect.Failed, broken, rightly},
		{asTrue, expect.Inconclusive, broken, rightly},
		{passed | blind, expect.Passed, broken, rightly},
		{failed | blind, expect.Failed, holds, rightly},
		{failed | blind, expect.Passed, holds, wrongPass},
		{passed, expect.Undecided, unknown, undecided},
		{asTrue, expect.Inconclusive, unknown, rightly},
		{asTrue, expect.Passed, unknown, wrongPass},
		{asTrue, expect.Failed, unknown, wrongFailure},
		{asTrue, expect.Passed, unsure, rightly},
		{asTrue, expect.Failed, unsure, rightly},
	} {
		if got := (cell{right: c.right}).judge(c.verdict, c.truth); got != c.want {
			t.Errorf("%s, where %s is right and the truth is that %s: got %q, want %q", c.verdict, c.right, c.truth, got, c.want)
		}
	}
}

func TestTheLoopCannotLeaveOpenWhatItCannotKnow(t *testing.T) {
	for _, c := range []struct {
		right     verdicts
		faultCase faultCase
		verdict   expect.Verdict
		truth     truth
		want      wrong
	}{
		{passed, faultCase{}, expect.Passed, holds, rightly},
		{passed, faultCase{}, expect.Failed, holds, wrongFailure},
		{failed, faultCase{}, expect.Passed, broken, wrongPass},
		{inconclusive, faultCase{}, expect.Failed, broken, rightly},
		{inconclusive, faultCase{}, expect.Failed, unknown, wrongFailure},
		{inconclusive, faultCase{}, expect.Passed, unknown, wrongPass},
		{inconclusive, faultCase{uncorrelated: true}, expect.Failed, holds, rightly},
		{passed | blind, faultCase{}, expect.Passed, broken, rightly},
	} {
		if got := (cell{right: c.right, faultCase: &c.faultCase}).judgeBare(c.verdict, c.truth); got != c.want {
			t.Errorf("%s, where the truth is that %s: got %q, want %q", c.verdict, c.truth, got, c.want)
		}
	}
}

func TestAScenarioBesideAnotherIsHeldAgainstTheTableToo(t *testing.T) {
	var r result
	c := cell{phrase: &phrase{}, faultCase: &faultCase{}, right: failed, others: passed}
	o := outcome{verdict: expect.Failed, truth: broken, bare: expect.Failed,
		beside: []expect.Verdict{expect.Passed, expect.Failed}}
	if got := r.add(c, o); got != wrongFailure {
		t.Errorf("got %q, want %q", got, wrongFailure)
	}
	if r.WrongFailures != 1 || r.Trials != 1 {
		t.Errorf("got %d wrong failures in %d trials, want 1 in 1", r.WrongFailures, r.Trials)
	}
}

func TestTheBoundFollowsFromTheTrials(t *testing.T) {
	for _, c := range []struct {
		met, trials int
		want        string
	}{{0, 3000, "0.100"}, {0, 100, "2.951"}, {0, 1, "95.000"}, {50, 1000, "6.234"}, {10, 10, "100.000"}, {0, 0,
		"100.000"}} {
		if got := fmt.Sprintf("%.3f", 100*bound(c.met, c.trials)); got != c.want {
			t.Errorf("%d in %d: got below %s %%, want %s %%", c.met, c.trials, got, c.want)
		}
	}
}
