package session

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

// A system that is gone produces nothing, neither what it should nor what it should not.
func TestTheSilenceOfASystemThatEndedProvesNothing(t *testing.T) {
	for _, c := range []struct {
		why  string
		ends bool
		code int
		said string
	}{
		{"it lives", false, ExitPassed, "2 scenarios, 2 passed"},
		{"it ends in the window", true, ExitInconclusive, "before the end of its window and audit, so that nothing could appear"},
	} {
		t.Run(c.why, func(t *testing.T) {
			// The system reads from a pipe, and ends when its writer does.
			gate := filepath.Join(t.TempDir(), "gate")
			if err := syscall.Mkfifo(gate, 0o600); err != nil {
				t.Fatal(err)
			}
			b := lay(t,
				ordersYML+"profiles:\n  local: {system: {command: [sh, -c, \"echo it is ready; cat "+gate+"\"], ready: \"log: ready\"}}\n",
				map[string]string{"features/a.feature": `Feature: F
  Scenario: absence
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then no "order rejected" event appears within 300ms
  Scenario: presence
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears within 1s
`})
			end := sync.OnceFunc(func() {
				if f, err := os.OpenFile(gate, os.O_WRONLY, 0); err != nil || f.Close() != nil {
					t.Error("the system was not ended")
				}
			})
			b.systems["orders"] = func(e event.Event) {
				b.publish("shipments", e)
				if c.ends {
					end()
				}
			}
			b.run(t, c.code)
			b.says(t, c.said)
		})
	}
}

// Where all scenarios have passed before it ended, the run says why it has not.
func TestARunWhoseSystemEndedSaysSoInItsReports(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	b := lay(t,
		strings.Replace(ordersYML, "sla: 100ms", "sla: 1m", 1)+"profiles:\n  local: {system: {command: [sh, -c, \"echo it is ready; cat "+gate+"\"], ready: \"log: ready\"}}\n",
		map[string]string{"features/a.feature": shippedFeature})
	b.systems["orders"] = func(e event.Event) {
		if f, err := os.OpenFile(gate, os.O_WRONLY, 0); err != nil || f.Close() != nil {
			t.Error("the system was not ended")
		}
		for !strings.Contains(b.err.String(), "ended by itself") {
			runtime.Gosched()
		}
		b.publish("shipments", e)
	}
	r := b.result(t, ExitInconclusive)
	b.says(t, "inconclusive: the system under test ended by itself, ", "1 scenario, 1 passed")
	if !strings.HasPrefix(r.Trouble, "inconclusive: the system under test ended by itself, ") || r.ExitCode != ExitInconclusive {
		t.Errorf("exit code %d, trouble %q", r.ExitCode, r.Trouble)
	}
}
