package session

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report/live/livetest"
)

// watched calls back once a text was written.
type watched struct {
	io.Writer
	text string
	once sync.Once
	then func()
}

func (w *watched) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		w.once.Do(w.then)
	}
	return w.Writer.Write(p)
}

func TestWhatIsWaitedForIsShownOnATerminalWithoutWhatMustNotBe(t *testing.T) {
	b := lay(t, strings.NewReplacer("audit: 1ms", "audit: 1ms\nredact: [card]", "memory://shipments", "memory://shop:${PASSWORD}@shipments").Replace(ordersYML), map[string]string{"features/a.feature": `Feature: F
  Scenario: with hunter2-and-more and 4111111111111111
    When an "order placed" event is produced with:
      | card | "4111111111111111" |
    Then an "order shipped" event appears within 1h
  Scenario: at once
    When an "order placed" event is produced
    Then no "order rejected" event appears within 1ms
`})
	b.Environ = func(string) (string, bool) { return "hunter2-and-more", true }
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	screen := livetest.New(140, 24)
	var said output
	b.systems["orders"] = func(event.Event) {}
	terminal := &watched{
		Writer: io.MultiWriter(screen, &said), text: `shipments: an "order shipped" within 1h  with [secret] and (redacted)`,
		then: cancel,
	}
	b.Out, b.Err, b.Live = terminal, terminal, screen.Size
	b.runIn(ctx, t, ExitInterrupted)
	if !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("what is waited for was not shown:\n%q", said.String())
	}
	for _, secret := range []string{"hunter2", "4111"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("it shows %s:\n%q", secret, said.String())
		}
	}
	if all := strings.Join(screen.Lines(), "\n"); strings.Contains(all, "[ ") || strings.Contains(all, "done in") || !strings.Contains(all, "\n2 scenarios, ") {
		t.Errorf("left on the terminal:\n%s", all)
	}
}

func TestAScenarioCountsOnceHoweverManyAttemptsItHas(t *testing.T) {
	const passed, failed, inconclusive = expect.Passed, expect.Failed, expect.Inconclusive
	tally := newTally()
	for _, attempts := range [][]expect.Verdict{
		{passed}, {passed}, {failed}, {failed, passed}, {inconclusive, passed}, {inconclusive, failed},
		{failed, inconclusive}, {inconclusive},
	} {
		planned := &plan.Scenario{}
		for _, v := range attempts {
			tally.add(planned, v)
		}
	}
	want := map[expect.Verdict]int{passed: 2, failed: 3, inconclusive: 1, expect.Flaky: 2}
	if got := tally.count(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
