// What is shown live on a terminal while scenarios run and wait. In a pipe nothing is: a log says what came of a run.

package session

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report/live"
)

// redrawn is how often the display is drawn.
const redrawn = 200 * time.Millisecond

// tally knows what has become of the scenarios so far.
type tally struct {
	mu       sync.Mutex
	verdicts map[*plan.Scenario]expect.Verdict
	counts   map[expect.Verdict]int
}

func newTally() *tally {
	return &tally{verdicts: make(map[*plan.Scenario]expect.Verdict), counts: make(map[expect.Verdict]int)}
}

// add takes in what has become of an attempt.
func (t *tally) add(planned *plan.Scenario, v expect.Verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before, again := t.verdicts[planned]; again {
		t.counts[before]--
		if v == expect.Passed && before > expect.Passed {
			v = expect.Flaky
		} else {
			v = max(v, before)
		}
	}
	t.verdicts[planned] = v
	t.counts[v]++
}

// count returns how many scenarios there are of each verdict.
func (t *tally) count() map[expect.Verdict]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}

// showProgress shows how far the run has come, where there is a terminal. stop returns once it is off the terminal.
func (s *session) showProgress() (stop func()) { return s.shows(s.progress) }

// shows shows lines from now on, where there is a terminal. stop returns once they are off the terminal.
func (s *session) shows(lines func() []string) (stop func()) {
	if s.display == nil {
		return func() {}
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer s.display.Show()
		tick := time.NewTicker(redrawn)
		defer tick.Stop()
		for {
			s.display.Show(lines()...)
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

// progress returns the lines that say how far the run has come.
func (s *session) progress() []string {
	width, lines := s.display.Size()
	now := time.Now()
	state := live.State{
		Of: len(s.plan.Chosen()), Verdicts: s.tally.count(), Audited: int(s.auditing.Load()), Elapsed: now.Sub(s.began),
	}
	s.mu.Lock()
	state.Running = len(s.running)
	s.mu.Unlock()
	waits := s.world.Waiting()
	slices.SortFunc(waits, func(a, b engine.Waiting) int { return a.Until.Compare(b.Until) })
	nearest := waits[:min(len(waits), live.Waits(lines))]
	for _, w := range nearest {
		state.Waits = append(state.Waits, s.waits(w, now))
	}
	state.More = len(waits) - len(nearest)
	return state.Lines(width)
}

// waits says what a scenario waits for, without what must not be shown.
func (s *session) waits(w engine.Waiting, now time.Time) live.Wait {
	hidden := s.hider(w.World)
	shown := func(text string) string { return s.hide(hidden(text)) }
	what := w.Want
	if len(w.Channels) > 0 {
		what = strings.Join(w.Channels, ", ") + ": " + what
	}
	return live.Wait{
		For: shown(what), Scenario: shown(s.scenarioOf(w.World)),
		Left: max(w.Until.Sub(now), 0), Length: w.Until.Sub(w.Began),
	}
}

// scenarioOf returns the name of the scenario that a world is of.
func (s *session) scenarioOf(w *engine.World) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for planned, a := range s.running {
		if a.world == w {
			return planned.Name
		}
	}
	for _, a := range slices.Backward(s.attempts) {
		if a.world == w {
			return a.scenario.Name
		}
	}
	return ""
}
