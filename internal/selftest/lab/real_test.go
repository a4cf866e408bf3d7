// The trials in real time.

package lab

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

var (
	realTrials = flag.Int("real-trials", 0, "how many trials a cell in real time, of all cells; 0: a sample")
	atOnce     = flag.Int("real-cells", 24, "how many cells are tried at once in real time")
)

// apart is how far apart cells begin: all of a cell's scenarios begin at once, which is load enough.
const apart = 100 * time.Millisecond

// leastInReal is how many trials a cell must have in real time: they are what the table's "side by side" is about, so
// that one alone is another cell. Played alone, at most 1 and a rate pass rightly where an id is stripped, and the
// table calls it wrong.
const leastInReal = 2

// enoughInReal refuses a number of trials a cell, 0 for a sample, in which no trial would have another beside it.
func enoughInReal(trials int) error {
	if trials > 0 && trials < leastInReal {
		return fmt.Errorf("%d trial a cell in real time (REAL=%d): the trials of a cell play side by side, and one that "+
			"has none beside it is another cell than "+
			"the table's; take %d or more, or 0 for a sample", trials, trials, leastInReal)
	}
	return nil
}

// sample is how many trials a cell the tests have, of one phrase a fault.
const sample = 5

// redriveIfAsked is the whole of a process that is the command redrive.
func redriveIfAsked() {
	done, err := redrive()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case done:
		os.Exit(0)
	}
}

// chosenInReal returns the cells that are to be tried, and how many trials each has.
func chosenInReal(t *testing.T) (all []realCell, trials int) {
	t.Helper()
	all, err := realCells()
	if err != nil {
		t.Fatal(err)
	}
	if *only != "" {
		mustKnow(t, *only)
		return slices.DeleteFunc(all, func(c realCell) bool { return !c.is(*only) }), max(*realTrials, leastInReal)
	}
	if *realTrials > 0 {
		return all, *realTrials
	}
	number, of := 0, ""
	sampled := make(map[string]bool)
	return slices.DeleteFunc(all, func(c realCell) bool {
		if c.faultCase.name != of {
			number, of = number+1, c.faultCase.name
		}
		keep := !sampled[of] && (c.phrase.name == phrases()[number%len(phrases())].name)
		sampled[of] = sampled[of] || keep
		return !keep
	}), sample
}

func TestLabFindsNoWrongVerdictInRealTime(t *testing.T) {
	all, n := chosenInReal(t)
	g, err := newGround(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.close(); err != nil {
			t.Error(err)
		}
	}()
	results := make([]result, len(all))
	var wg sync.WaitGroup
	// Those whose trials wait for one another come first, since they take longest, and those that need the machine to keep
	// a pace last, by few at once.
	for _, wave := range []struct {
		atOnce int
		has    func(c realCell) bool
	}{
		{*atOnce, func(c realCell) bool { return c.phrase.name == commanded }},
		{*atOnce, func(c realCell) bool { return c.phrase.name != commanded && c.phrase.name != paced }},
		{max(*atOnce/8, 1), func(c realCell) bool { return c.phrase.name == paced }},
	} {
		free := make(chan struct{}, wave.atOnce)
		for i, c := range all {
			if !wave.has(c) {
				continue
			}
			free <- struct{}{}
			calm(t)
			wg.Go(func() {
				defer func() { <-free }()
				results[i], _ = c.tryAllReal(t, g, i, c.trialsOf(n))
			})
		}
	}
	wg.Wait()
	for i, c := range all {
		if results[i].hardlyTried() {
			results[i] = c.again(t, g, len(all)+retries*i, c.trialsOf(n), results[i])
		}
	}
	if *reports != "" {
		if err := save(*reports, real, results); err != nil {
			t.Error(err)
		}
	}
}

// calm returns when another cell can begin: soon, or on a machine that is so busy that it cannot keep a short pause,
// once it can again, or some seconds later.
func calm(t *testing.T) {
	t.Helper()
	for range 50 {
		began := time.Now()
		if err := poll.Pause(t.Context(), apart); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) < 3*apart/2 {
			return
		}
	}
}

// tryAllReal plays all trials of a cell, and says of one that was disturbed why. A wrong verdict fails the test. An
// inconclusive one is counted: a machine that is busy enough makes any.
func (c realCell) tryAllReal(t *testing.T, g *ground, number, n int) (r result, why string) {
	r = newResult(c.cell, real, *seed)
	outcomes, err := g.tryReal(t.Context(), c, number, n, *seed, t.TempDir())
	if err != nil {
		t.Errorf("%s, by %s: %v", c, c.medium, err)
	}
	complaint := ""
	for _, o := range outcomes {
		if o.disturbed != "" {
			r.Disturbed++
			why = o.disturbed
		}
		what := r.add(c.asCameAbout(o), o.outcome)
		if what != rightly && (complaint == "" || what != undecided) {
			complaint = fmt.Sprintf("%s, by %s: %s\nrepeat it: go test ./internal/selftest/lab -run RealTime -real-trials=%d "+
				"-seed=%d -cell=%q\n%s", c, c.medium, what, max(len(outcomes), leastInReal), *seed, c, o.story())
		}
	}
	switch {
	case r.WrongPasses+r.WrongFailures > 0:
		t.Error(complaint)
	case r.Undecided > 0:
		t.Logf("%d of %d undecided, %d disturbed: %s", r.Undecided, r.Trials, r.Disturbed, complaint)
	}
	return r, why
}

// hardlyTried says whether so many trials of a cell were disturbed, or undecided where it is known what is right, that
// it was hardly tried: all, or of ten or more more than a tenth.
func (r result) hardlyTried() bool {
	vain := r.Disturbed + r.Undecided
	return vain == r.Trials || r.Trials >= 10 && 10*vain > r.Trials
}

// retries is how often a cell that was hardly tried is played once more.
const retries = 3

// again plays a cell once more that was hardly tried, with nothing beside it, and again where the machine was too busy
// for that as well. Then it must be tried. What was wrong before stays wrong.
func (c realCell) again(t *testing.T, g *ground, number, n int, first result) (r result) {
	var why string
	for round := range retries {
		calm(t)
		r, why = c.tryAllReal(t, g, number+round, n)
		r.WrongPasses += first.WrongPasses
		r.WrongFailures += first.WrongFailures
		if first = r; !r.hardlyTried() {
			break
		}
	}
	if r.hardlyTried() {
		t.Errorf("%s, by %s: %d of %d trials were disturbed (%s) and %d undecided, also with nothing beside them: not tried",
			c, c.medium, r.Disturbed, r.Trials, why, r.Undecided)
	}
	r.Bound = bound(r.WrongPasses+r.WrongFailures, r.Trials-r.Unchecked)
	return r
}
