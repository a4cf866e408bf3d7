package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// count has the steps of numbered features do something, and counts how often each has been run.
func (b *bench) count(do func(n, times int) error) (ran func() map[int]int) {
	var mu sync.Mutex
	times := make(map[int]int)
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^number (\d+)$`, func(_ context.Context, n int) error {
			mu.Lock()
			times[n]++
			now := times[n]
			mu.Unlock()
			return do(n, now)
		})
	}
	return func() map[int]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(times)
	}
}

// contextOf returns a context that the test may end early.
func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

// runAlone runs the suite, in which some scenarios must be alone.
func (b *bench) runAlone(t *testing.T, code int, names ...string) {
	t.Helper()
	p, err := b.ready()
	if err != nil {
		t.Fatal(err)
	}
	for _, planned := range p.plan.Chosen() {
		if slices.Contains(names, planned.Name) {
			planned.Alone = "it restarts the system"
		}
	}
	if got, err := newSession(t.Context(), p).all(t.Context()); got != code || err != nil {
		t.Errorf("exit code %d, want %d, and error %v\n%s\n%s", got, code, err, b.out, b.err)
	}
}

// In every file the first and the third of four scenarios must be alone.
func TestScenariosThatMustBeAloneRunOneByOneBehindAllOthers(t *testing.T) {
	const files = 3
	b := lay(t, "suite: Numbered\nfeatures: [features]\n", numbered(files, 4))
	var mu sync.Mutex
	var order []int
	running, together := 0, make(chan struct{})
	b.count(func(n, times int) error {
		mu.Lock()
		running++
		if n%2 == 0 && running > 1 {
			t.Errorf("number %d runs beside another one", n)
		}
		order = append(order, n)
		if running == 2*files {
			close(together) // all others run side by side
		}
		mu.Unlock()
		if n%2 == 1 && times == 1 {
			<-together
		}
		mu.Lock()
		defer mu.Unlock()
		running--
		if (n == 3 || n == 2) && times == 1 {
			return errors.New("no luck")
		}
		return nil
	})
	b.Retry, b.AllowFlaky = 1, true
	b.runAlone(t, ExitPassed, "Number 0", "Number 2")
	b.says(t, "12 scenarios, 10 passed, 2 flaky")
	if behind := order[2*files:]; !slices.Equal(behind, []int{3, 0, 2, 4, 6, 8, 10, 2}) {
		t.Errorf("behind those that run together came %d; want the retry of 3, the others in their order, and the retry of 2",
			behind)
	}
}

func TestUnderGodogRunScenariosTakeTurns(t *testing.T) {
	var turns turns
	others, alone := &plan.Scenario{}, &plan.Scenario{Alone: "it restarts the system"}
	turns.enter(others)
	turns.enter(others) // beside the first
	for range 2 {
		if turns.TryLock() {
			t.Error("a scenario that must be alone begins beside another one")
		}
		turns.leave(others)
	}
	turns.enter(alone)
	if turns.TryRLock() {
		t.Error("a scenario begins beside one that must be alone")
	}
	turns.leave(alone)
	turns.enter(others)
	turns.leave(others)
}

func TestAScenarioThatRunsACommandIsTheLast(t *testing.T) {
	redrive := strings.NewReplacer("An order is shipped", "Redriven", "    Then",
		"    And the \"redrive\" command is run\n    Then").Replace(shippedFeature)
	b := lay(t, ordersYML+"parallel: 1\ncommands:\n  redrive: {run: [\"true\"]}\n",
		map[string]string{"features/a.feature": redrive, "features/b.feature": shippedFeature})
	b.ships()
	b.run(t, ExitPassed)
	first, last := strings.Index(b.out.String(), "✓ An order is shipped"), strings.Index(b.out.String(), "✓ Redriven")
	if first < 0 || last < first {
		t.Errorf("it is not the last:\n%s", b.out)
	}
}
