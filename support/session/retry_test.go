package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
)

// course has the system make something of each order, the last of these of all that follow: S ships it, F does not, and
// I does while nobody can tell what was rejected. It returns the orders.
func (b *bench) course(verdicts string) (orders func() []string) {
	var mu sync.Mutex
	var all []string
	b.systems["orders"] = func(e event.Event) {
		mu.Lock()
		all = append(all, string(e.Body))
		what := verdicts[min(len(all), len(verdicts))-1]
		mu.Unlock()
		b.memory.mu.Lock()
		delete(b.mute, "rejections")
		if what == 'I' {
			b.mute["rejections"] = errors.New("cut off")
		}
		b.memory.mu.Unlock()
		if what != 'F' {
			b.publish("shipments", event.Event{Body: e.Body})
		}
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func TestAScenarioThatDoesNotPassIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name, tag  string
		retry      int
		allowFlaky bool
		course     string
		attempts   int
		code       int
		want       string // the count
		progress   string
	}{
		{"nobody asked for it", "", 0, false, "FS", 1, ExitFailed, "1 scenario, 0 passed, 1 failed", ""},
		{"the tag asks", "@retry(2)", 0, false, "FS", 2, ExitFailed, "1 scenario, 0 passed, 1 flaky", "a.feature:3 An order is shipped: failed, attempt 2 of 3 follows\n"},
		{"the command asks", "", 1, false, "FS", 2, ExitFailed, "1 scenario, 0 passed, 1 flaky", "attempt 2 of 2 follows"},
		{"the tag goes before the command", "@retry(0)", 5, false, "FS", 1, ExitFailed, "1 scenario, 0 passed, 1 failed", ""},
		{"it passes at once", "@retry(2)", 2, false, "S", 1, ExitPassed, "1 scenario, 1 passed", ""},
		{"flaky is allowed", "@retry(2)", 0, true, "FS", 2, ExitPassed, "1 scenario, 0 passed, 1 flaky", "attempt 2 of 3 follows"},
		{"the last attempt passes", "@retry(2)", 0, true, "FIS", 3, ExitPassed, "1 scenario, 0 passed, 1 flaky", "inconclusive, attempt 3 of 3 follows"},
		{"it was inconclusive at first", "@retry(2)", 0, false, "IS", 2, ExitFailed, "1 scenario, 0 passed, 1 flaky", "inconclusive, attempt 2 of 3 follows"},
		{"it never passes", "@retry(2)", 0, true, "F", 3, ExitFailed, "1 scenario, 0 passed, 1 failed", "attempt 3 of 3 follows"},
		{"it is never known", "@retry(1)", 0, true, "I", 2, ExitInconclusive, "1 scenario, 0 passed, 1 inconclusive", "attempt 2 of 2 follows"},
		{"what failed once has failed", "@retry(1)", 0, true, "FI", 2, ExitFailed, "1 scenario, 0 passed, 1 failed", "attempt 2 of 2 follows"},
		{"that it failed is known at last", "@retry(1)", 0, true, "IF", 2, ExitFailed, "1 scenario, 0 passed, 1 failed", "attempt 2 of 2 follows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := feature(t,
				strings.Replace(shippedFeature, "  Scenario:", "  "+c.tag+"\n  Scenario:", 1)+"    And no \"order rejected\" event appears within 1ms\n")
			b.write(t, "godog.yml", strings.Replace(ordersYML, "sla: 100ms", "sla: 20ms", 1))
			orders := b.course(c.course)
			b.Retry, b.AllowFlaky = c.retry, c.allowFlaky
			b.run(t, c.code)
			b.says(t, c.want+"  (")
			if n := len(orders()); n != c.attempts {
				t.Errorf("%d attempts, want %d", n, c.attempts)
			}
			if told := b.err.String(); !strings.Contains(told, c.progress) || c.progress == "" && strings.Contains(told, "attempt") {
				t.Errorf("it does not say %q but\n%s", c.progress, told)
			}
		})
	}
}

func TestEveryAttemptHasIDsOfItsOwn(t *testing.T) {
	b := feature(t, shippedFeature)
	orders := b.course("F")
	b.Retry = 3
	b.run(t, ExitFailed)
	seen := make(map[uint32]bool)
	for _, o := range orders() {
		ids.Scan(o, func(id ids.ID) { seen[id.Execution] = true })
	}
	if len(seen) != 4 {
		t.Errorf("4 attempts had ids of %d executions:\n%s", len(seen), strings.Join(orders(), "\n"))
	}
}

func TestAFlakyScenarioShowsWhyItsAttemptsDidNotPass(t *testing.T) {
	b := feature(t, strings.Replace(shippedFeature, "  Scenario:", "  @retry(2)\n  Scenario:", 1))
	orders := b.course("FS")
	read := b.reporting(t)
	b.run(t, ExitFailed)
	b.says(t, "✗ An order is shipped  ", "attempt 1 of 3\n", "✓ An order is shipped  ", "attempt 2 of 3\n",
		"FLAKY  "+b.dir+"/features/a.feature:3  An order is shipped\n"+
			"  attempt 1: failed\n    an \"order shipped\" event appears\n      shipments: want an \"order shipped\" within its SLA of 100ms, got 0 of 0 captured",
		"\n  attempt 2: passed\n")
	s := read().Scenarios[0]
	if s.Verdict != "flaky" || s.Step != `an "order shipped" event appears` || s.Reason == "" || len(s.Attempts) != 2 {
		t.Fatalf("got %+v", s)
	}
	for i, want := range []string{"failed", "passed"} {
		a := s.Attempts[i]
		if a.Verdict != want || (a.Reason == "") != (want == "passed") || len(a.Produced) != 1 || a.Produced[0].Body != orders()[i] || a.Began.IsZero() || a.Seconds <= 0 {
			t.Errorf("attempt %d: got %+v", i+1, a)
		}
	}
	if s.Produced[0].Body != orders()[0] || len(s.Attempts[1].Captured) != 1 {
		t.Errorf("the events of the attempts are mixed: %+v", s)
	}
}

func TestAScenarioOfOneAttemptHasNoListOfThem(t *testing.T) {
	b := feature(t, shippedFeature)
	b.Retry = 2
	read := b.reporting(t)
	b.run(t, ExitPassed)
	if a := read().Scenarios[0].Attempts; a != nil {
		t.Errorf("got %+v", a)
	}
}

// Only what did not pass runs again, in whatever file and batch it is, and hooks are called for what runs.
func TestOnlyWhatDidNotPassIsTriedAgain(t *testing.T) {
	b := lay(t, "suite: Numbered\nfeatures: [features]\n", numbered(3, 4))
	ran := b.count(func(n, times int) error {
		if n%5 == 1 && times <= 2 || n == 7 {
			return errors.New("no luck")
		}
		return nil
	})
	b.Retry = 2
	b.run(t, ExitFailed)
	b.says(t, "12 scenarios, 8 passed, 1 failed, 3 flaky")
	for n, times := range ran() {
		want := 1
		if n%5 == 1 || n == 7 {
			want = 3
		}
		if times != want {
			t.Errorf("number %d ran %d times, want %d", n, times, want)
		}
	}
}

func TestWhatIsWrongAsItIsWrittenIsNotTriedAgain(t *testing.T) {
	b := feature(t, shippedFeature+"    And everybody is happy\n")
	b.Retry = 5
	b.run(t, ExitFailed)
	if strings.Contains(b.err.String(), "attempt") {
		t.Errorf("it was:\n%s", b.err)
	}
}

func TestAnInterruptedRunTriesNothingAgain(t *testing.T) {
	b := feature(t, shippedFeature)
	b.Retry = 5
	ctx, interrupt := contextOf(t)
	b.systems["orders"] = func(event.Event) { interrupt() }
	b.runIn(ctx, t, ExitInterrupted)
	if b.published != 1 {
		t.Errorf("%d orders, want 1", b.published)
	}
}

func TestANumberOfRetriesHasItsBounds(t *testing.T) {
	for _, n := range []int{-1, 101} {
		b := feature(t, shippedFeature)
		b.Retry = n
		b.run(t, ExitUsage)
		if want := fmt.Sprintf("--retry %d: write a number from 0 to 100", n); !strings.Contains(b.err.String(), want) {
			t.Errorf("it does not say %q: %s", want, b.err)
		}
	}
}

func TestAWrongRetryTagIsAProblemWithItsLine(t *testing.T) {
	b := lay(t, ordersYML,
		map[string]string{
			"features/a.feature": "@retry\n" + strings.ReplaceAll(soundFeature, "  Scenario",
				"  @retry(2) @retry(x)\n  Scenario"),
		})
	const said = ": write @retry(2) for two more attempts; the number is from 0 to 100"
	want := "features/a.feature:1: tag @retry" + said + "\nfeatures/a.feature:3: tag @retry(x)" + said + "\nfeatures/a.feature:8: tag @retry(x)" + said
	if got := b.found(t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.run(t, ExitUsage)
}

func TestTheReportIsOneObjectAScenario(t *testing.T) {
	b := lay(t, "suite: Numbered\nfeatures: [features]\n", numbered(1, 3))
	b.count(func(int, int) error { return errors.New("no luck") })
	b.Retry = 1
	read := b.reporting(t)
	b.run(t, ExitFailed)
	var lines []int
	for _, s := range read().Scenarios {
		lines = append(lines, s.Line)
		if s.Verdict != "failed" || len(s.Attempts) != 2 {
			text, _ := json.Marshal(s)
			t.Errorf("got %s", text)
		}
	}
	if !slices.Equal(lines, []int{2, 4, 6}) {
		t.Errorf("scenarios of the lines %d", lines)
	}
}

// The first attempt passes as far as its steps can tell; its second shipment comes while it is audited.
func TestWhatOnlyTheAuditRefutesIsTriedAgain(t *testing.T) {
	b := feature(t,
		strings.Replace(shippedFeature, `an "order shipped" event appears`,
			`exactly 1 "order shipped" event appears within 1ms`, 1))
	b.write(t, "godog.yml", strings.Replace(ordersYML, "audit: 1ms", "audit: 1s", 1))
	var once sync.Once
	b.systems["orders"] = func(e event.Event) {
		b.publish("shipments", event.Event{Body: e.Body})
		once.Do(func() {
			time.AfterFunc(20*time.Millisecond, func() { b.publish("shipments", event.Event{Body: e.Body}) })
		})
	}
	b.Retry = 1
	b.run(t, ExitFailed)
	b.says(t, "1 scenario, 0 passed, 1 flaky", "attempt 1: failed", "attempt 2: passed")
}
