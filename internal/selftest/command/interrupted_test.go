// How a run ends that somebody wants to end: by hand, by a signal, behind a reader that has stopped reading.
package command

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/support/run"
)

// heeds has signals reach the processes that this one starts, also where this one was started by nohup, say.
func heeds(t *testing.T, signals ...os.Signal) {
	t.Helper()
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, signals...)
	t.Cleanup(func() { signal.Stop(heard) })
}

// ends waits for the end of a run, which must be that of one that was interrupted.
func (s started) ends(t *testing.T) {
	t.Helper()
	late := time.AfterFunc(patience, func() { _ = s.Process.Kill() }) // which is an error below
	defer late.Stop()
	_ = s.Wait() // it says that it was interrupted
	if code := s.ProcessState.ExitCode(); code != run.ExitInterrupted {
		t.Errorf("%s, want the exit code %d\n%s", s.ProcessState, run.ExitInterrupted, s.told.all())
	}
}

// nothingIn fails the test where something is in a folder.
func nothingIn(t *testing.T, folder string) {
	t.Helper()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestEverySignalThatAsksARunToEndEndsItInGoodOrder(t *testing.T) {
	t.Parallel()
	signals := []os.Signal{syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGINT}
	heeds(t, signals...)
	feature := Written(t, "endless.feature", endless)
	for _, sent := range signals {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()
			temporary := t.TempDir()
			r := newRunner(Config(t, ""), "TMPDIR="+temporary)
			s := r.starts(t, r.command(t, feature), `an "order shipped" within 5m`)
			if err := s.Process.Signal(sent); err != nil {
				t.Fatal(err)
			}
			s.ends(t)
			s.gone(t)
			nothingIn(t, temporary)
			for _, name := range []string{"run.json", "reports/rerun.txt"} {
				text, err := os.ReadFile(filepath.Join(filepath.Dir(r.config), name))
				if err != nil || !strings.Contains(string(text), "endless.feature") {
					t.Errorf("%s: %v, %q", name, err, text)
				}
			}
		})
	}
}

// stubbornYML has a system that no signal but SIGKILL ends, and that ends by itself when the test does.
const stubbornYML = `suite: Stubborn
audit: 1s
channels:
  orders: {url: "nats://${NATS}/orders"}
events:
  order placed: {channel: orders}
profiles:
  local:
    embedded: [nats]
    system:
      command: [sh, -c, "trap '' HUP INT QUIT TERM; echo it is ready; while [ -d FOLDER ]; do sleep 0.1; done"]
      ready: "log: ready"
`

// stubborn returns a runner of such a system, and the folder for its temporary files.
func stubborn(t *testing.T) (r *runner, temporary string) {
	t.Helper()
	temporary = t.TempDir()
	config := Written(t, "godog.yml", strings.Replace(stubbornYML, "FOLDER", t.TempDir(), 1))
	return newRunner(config, "TMPDIR="+temporary), temporary
}

// pausing waits, and needs nothing of the system.
const pausing = `Feature: F
  Scenario: S
    When an "order placed" event is produced
    And 5 minutes pass
    Then nothing appears on "orders" within 10m
`

func TestASecondCtrlCKillsTheSystemThatHeedsNoSignal(t *testing.T) {
	t.Parallel()
	r, temporary := stubborn(t)
	s := r.starts(t, r.command(t, Written(t, "pausing.feature", pausing)), "] a pause of 5m")
	// Two that follow each other within a quarter of a second count as one, which was passed on, and a third one would
	// end it at once.
	press := func() {
		if err := s.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	press()
	s.told.until(t, "a second Ctrl-C kills")
	if err := poll.Pause(t.Context(), 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	press()
	s.ends(t)
	s.gone(t)
	nothingIn(t, temporary)
}

// full returns a pipe that nobody reads and that is full.
func full(t *testing.T) *os.File {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		read.Close()
		write.Close()
	})
	end := int(write.Fd())
	if err := syscall.SetNonblock(end, true); err != nil {
		t.Fatal(err)
	}
	for text := make([]byte, 4096); ; {
		_, err := syscall.Write(end, text)
		if errors.Is(err, syscall.EAGAIN) && len(text) == 1 {
			break
		}
		if errors.Is(err, syscall.EAGAIN) {
			text = text[:1]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.SetNonblock(end, false); err != nil {
		t.Fatal(err)
	}
	return write
}

func TestOneCtrlCEndsARunWhoseResultsNobodyReads(t *testing.T) {
	t.Parallel()
	r := newRunner(Config(t, ""))
	cmd := r.command(t, Written(t, "endless.feature", endless))
	cmd.Stdout = full(t)
	s := r.starts(t, cmd, `an "order shipped" within 5m`)
	if err := s.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.ends(t)
	s.gone(t)
	report, err := os.ReadFile(filepath.Join(filepath.Dir(r.config), "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(report), "endless.feature")
}
