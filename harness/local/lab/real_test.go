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

	"github.com/harken-bdd/harken/support/poll"
)

var (
	realTrials = flag.Int("real-trials", 0, "how many trials a cell in real time, of all cells; 0: a sample")
	atOnce     = flag.Int("real-cells", 24, "how many cells are tried at once in real time")
)

// apart is how far apart cells begin: all of a cell's scenarios begin at once, which is load enough.
const apart = 100 * time.Millisecond

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
		return slices.DeleteFunc(all, func(c realCell) bool {
			return c.String() != *only && c.trouble.name != *only && c.phrase.name != *only
		}), max(*realTrials, 1)
	}
	if *realTrials > 0 {
		return all, *realTrials
	}
	number, of := 0, ""
	sampled := make(map[string]bool)
	return slices.DeleteFunc(all, func(c realCell) bool {
		if c.trouble.name != of {
			number, of = number+1, c.trouble.name
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
	free := make(chan struct{}, *atOnce)
	var wg sync.WaitGroup
	for i, c := range all {
		free <- struct{}{}
		if err := poll.Pause(t.Context(), apart); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer func() { <-free }()
			results[i] = c.tryAllReal(t, g, i, c.trialsOf(n))
		})
	}
	wg.Wait()
	if *reports != "" {
		if err := save(*reports, real, results); err != nil {
			t.Error(err)
		}
	}
}

// tryAllReal plays all trials of a cell. A wrong verdict fails the test. An inconclusive one is counted: a machine that is
// busy enough makes any.
func (c realCell) tryAllReal(t *testing.T, g *ground, number, n int) result {
	r := newResult(c.cell, real)
	outcomes, err := g.tryReal(t.Context(), c, number, n, *seed, t.TempDir())
	if err != nil {
		t.Errorf("%s, by %s: %v", c, c.medium, err)
	}
	complaint := ""
	for _, o := range outcomes {
		what := r.add(c.asCameAbout(o.truth), o)
		if what != rightly && (complaint == "" || what != undecided) {
			complaint = fmt.Sprintf("%s, by %s: %s\nrepeat it: make lab TRIALS=%d SEED=%d CELL=%q\n%s", c, c.medium, what, n, *seed, c, o.story())
		}
	}
	switch {
	case r.WrongPasses+r.WrongFailures > 0:
		t.Error(complaint)
	case r.Undecided > 0:
		t.Logf("%d of %d undecided: %s", r.Undecided, r.Trials, complaint)
	}
	return r
}
