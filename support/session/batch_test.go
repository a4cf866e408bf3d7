package session

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// numbered returns so many features of so many scenarios, whose steps count from 0 over all of them.
func numbered(files, scenarios int) map[string]string {
	all := make(map[string]string)
	for f := range files {
		var text strings.Builder
		text.WriteString("Feature: Numbered\n")
		for s := range scenarios {
			fmt.Fprintf(&text, "  Scenario: Number %d\n    Given number %d\n", s, f*scenarios+s)
		}
		all[fmt.Sprintf("features/%03d.feature", f)] = text.String()
	}
	return all
}

func TestABatchHasWholeFilesAndEnoughScenarios(t *testing.T) {
	for _, c := range []struct {
		size int
		want []int
		why  string
	}{
		{1, []int{3, 3, 3, 3}, "each file is enough"},
		{3, []int{3, 3, 3, 3}, "each file is just enough"},
		{4, []int{6, 6}, "one file is too few"},
		{7, []int{9, 3}, "the last one gets what is left"},
		{100, []int{12}, "all are too few"},
	} {
		suite, err := lay(t, ordersYML, numbered(4, 3)).prepare()
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		var paths []string
		for _, b := range batches(suite.plan.Chosen(), c.size, 1) {
			got = append(got, len(b.scenarios))
			files, _ := plan.ForGodog(b.scenarios)
			paths = append(paths, files...)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("batches of %d have %d scenarios, want %d: %s", c.size, got, c.want, c.why)
		}
		if !slices.IsSorted(paths) || len(paths) != 4 {
			t.Errorf("batches of %d have the files %q", c.size, paths)
		}
	}
}

// One scenario of the first batch ends only when all others have, those of the other batches included.
func TestASlowScenarioHoldsUpNoOtherBatch(t *testing.T) {
	const files, scenarios, parallel = 3, batchSize, 4
	b := lay(t, "suite: Numbered\nfeatures: [features]\nparallel: 4\n", numbered(files, scenarios))
	others := make(chan struct{})
	var mu sync.Mutex
	running, most, ended := 0, 0, 0
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^number (\d+)$`, func(_ context.Context, n int) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			if n == 0 {
				<-others
			}
			mu.Lock()
			defer mu.Unlock()
			running--
			if ended++; ended == files*scenarios-1 {
				close(others)
			}
			return nil
		})
	}
	b.run(t, ExitPassed)
	b.says(t, "1500 scenarios, 1500 passed")
	if most > parallel {
		t.Errorf("%d scenarios ran at once, want at most %d", most, parallel)
	}
}

func TestScenariosThatAreNotChosenHoldUpNoBatch(t *testing.T) {
	files := numbered(2, batchSize)
	files["features/000.feature"] = strings.Replace(files["features/000.feature"], "  Scenario: Number 0\n",
		"  @slow\n  Scenario: Number 0\n", 1) +
		"  @slow\n  Scenario: without a step\n"
	b := lay(t, "suite: Numbered\nfeatures: [features]\nparallel: 1\ntags: not @slow\n", files)
	var ran []int
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^number (\d+)$`, func(_ context.Context, n int) error {
			ran = append(ran, n)
			return nil
		})
	}
	b.run(t, ExitPassed)
	if len(ran) != 2*batchSize-1 || !slices.IsSorted(ran) {
		t.Errorf("%d scenarios ran, want %d, one after the other in their order", len(ran), 2*batchSize-1)
	}
}

func TestNoBatchBeginsAfterAnInterruption(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	b := lay(t, "suite: Numbered\nfeatures: [features]\nparallel: 1\n", numbered(2, batchSize))
	ran := 0
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^number (\d+)$`, func(context.Context, int) error {
			ran++
			interrupt()
			return nil
		})
	}
	b.runIn(ctx, t, ExitInterrupted)
	b.says(t, "1000 scenarios, 1 passed, 999 inconclusive")
	if ran != 1 {
		t.Errorf("%d scenarios ran, want 1", ran)
	}
}

func TestWhatIsWrittenToNeedNotTakeConcurrentWrites(t *testing.T) {
	b := lay(t, "suite: Numbered\nfeatures: [features]\n", numbered(1, 50))
	var out bytes.Buffer // which the race detector watches
	b.Suite.Out = &out
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^number (\d+)$`, func(context.Context, int) error { return nil })
	}
	b.run(t, ExitPassed)
	if got := strings.Count(out.String(), "✓ Number"); got != 50 {
		t.Errorf("%d scenarios are told, want 50:\n%s", got, out.String())
	}
}
