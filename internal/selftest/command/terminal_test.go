// What a person sees who runs harken on a terminal, and what a log has of it.
package command

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/harken-bdd/harken/support/report/live/livetest"
	"github.com/harken-bdd/harken/support/run"
)

// patience bounds how long is waited for what a terminal is to show.
const patience = 30 * time.Second

// onTerminal is the environment of a person's terminal.
var onTerminal = []string{"TERM=xterm", "CI=", "NO_COLOR="}

// terminal is a pseudo terminal, and what has been written to it so far.
type terminal struct {
	tty    *os.File // the process's end
	master *os.File

	mu   sync.Mutex
	said string
	more chan struct{} // closed when more has been said
	over chan struct{} // closed when nobody has the other end any more
}

func newTerminal(t *testing.T, columns, rows uint16) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: columns, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	s := &terminal{tty: tty, master: master, more: make(chan struct{}), over: make(chan struct{})}
	go s.listen()
	t.Cleanup(func() {
		master.Close()
		<-s.over
	})
	return s
}

// listen reads until nobody can write any more.
func (s *terminal) listen() {
	defer close(s.over)
	buffer := make([]byte, 4096)
	for {
		n, err := s.master.Read(buffer)
		s.mu.Lock()
		s.said += string(buffer[:n])
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// beside has a feature beside a godog.yml of the reference subsystem, and returns what makes command lines of
// harken that run there, by default on a terminal that can do all.
func beside(t *testing.T, name, feature string) func(args ...string) *exec.Cmd {
	t.Helper()
	dir := filepath.Dir(Config(t, ""))
	if err := os.WriteFile(filepath.Join(dir, name), []byte(feature), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) *exec.Cmd { return Place{dir, onTerminal}.Command(t, args...) }
}

// start starts a process, which has the terminal's other end for itself then. Control makes it the one that is
// typed to.
func (s *terminal) start(t *testing.T, cmd *exec.Cmd, control bool) {
	t.Helper()
	if control {
		cmd.Stdin = s.tty
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}
	if err := errors.Join(cmd.Start(), s.tty.Close()); err != nil {
		t.Fatal(err)
	}
}

// until returns what has been said once it has a text.
func (s *terminal) until(t *testing.T, text string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		said, more := s.said, s.more
		s.mu.Unlock()
		if strings.Contains(said, text) {
			return said
		}
		select {
		case <-more:
		case <-s.over:
			t.Fatalf("it never said %q:\n%s", text, said)
		case <-timeout:
			t.Fatalf("it has not said %q after %s:\n%s", text, patience, said)
		}
	}
}

// all returns what was said, once nothing more can be.
func (s *terminal) all() string {
	<-s.over
	return s.said
}

// shown has scenarios of which one passes at once, one fails after a while, and many are at it side by side.
const shown = `Feature: On a terminal
  Scenario: A paid order is shipped
    When an "order placed" event is produced
    Then an "order shipped" event appears

  Scenario: An order is rejected for a reason that takes more than a line
    When an "order placed" event is produced
    Then an "order rejected" event appears within 1500ms with:
      | reason | NEVER |

  Scenario Outline: Order <number> of many is shipped
    When an "order placed" event is produced
    Then an "order shipped" event appears
    And nothing else appears within <wait>
    Examples:
      | number | wait  |
      | 1      | 400ms |
      | 2      | 500ms |
      | 3      | 600ms |
      | 4      | 700ms |
      | 5      | 800ms |
      | 6      | 900ms |
      | 7      | 1s    |
      | 8      | 1s    |
`

const scenariosShown = 10

func TestATerminalShowsTheResultsAndMeanwhileWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		env           string
		colours, live bool
	}{
		{"as it is", "", true, true},
		{"without colours", "NO_COLOR=1", false, true},
		{"that cannot be steered", "TERM=dumb", false, false},
		{"of a build server", "CI=true", true, false},
	} {
		const wide = 60
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newTerminal(t, wide, 24)
			cmd := beside(t, "shown.feature", shown)("run", "shown.feature")
			cmd.Env = append(cmd.Env, c.env)
			cmd.Stdout, cmd.Stderr = s.tty, s.tty
			if !c.live {
				errs := newTerminal(t, wide, 24)
				cmd.Stderr = errs.tty
				defer func() {
					errs.tty.Close()
					if told := errs.all(); strings.Contains(told, "\x1b") || strings.Contains(told, "] ") {
						t.Errorf("it is shown what is waited for:\n%q", told)
					}
				}()
			}
			s.start(t, cmd, false)
			said := s.all()
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != run.ExitFailed {
				t.Errorf("%v\n%s", err, said)
			}
			if got := strings.Contains(said, "\x1b[3"); got != c.colours {
				t.Errorf("colours: %t, want %t:\n%q", got, c.colours, said)
			}
			if !c.live && !c.colours && strings.Contains(said, "\x1b") {
				t.Errorf("it is steered:\n%q", said)
			}
			for _, text := range []string{"of 10 done in ", "running", "] rejections: an \"o"} {
				if got := strings.Contains(said, text); got != c.live {
					t.Errorf("that %q was shown meanwhile: %t, want %t:\n%q", text, got, c.live, said)
				}
			}
			screen := livetest.New(wide, 24)
			fmt.Fprint(screen, said)
			results(t, screen)
		})
	}
}

// results checks what is on a terminal in the end: the results of all scenarios of shown, each whole, and nothing else.
func results(t *testing.T, screen *livetest.Screen) {
	t.Helper()
	lines := screen.Lines()
	all := strings.Join(lines, "\n")
	if unknown := screen.Unknown(); len(unknown) > 0 {
		t.Errorf("not every terminal knows %s", unknown)
	}
	for _, rest := range []string{"done in", "[=", "[ ", "running"} {
		if strings.Contains(all, rest) {
			t.Errorf("%q is left on the terminal:\n%s", rest, all)
		}
	}
	if row, column := screen.Cursor(); column != 0 || row != len(lines)-1 {
		t.Errorf("the cursor is in row %d, column %d of %d rows", row, column, len(lines))
	}
	begin := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "✓") || strings.HasPrefix(line, "✗")
	})
	end := slices.Index(lines, "")
	if begin < 0 || end < begin {
		t.Fatalf("there are no results:\n%s", all)
	}
	// The first line of each is all that is not indented.
	blocks := strings.Split(strings.ReplaceAll("\n"+strings.Join(lines[begin:end], "\n"), "\n ", "\r "), "\n")[1:]
	if len(blocks) != scenariosShown {
		t.Errorf("%d scenarios, want %d:\n%s", len(blocks), scenariosShown, all)
	}
	for _, block := range blocks {
		single := strings.Count(block, "\r    produced  ") == 1 && strings.Count(block, "shown.feature:") == 1
		if !single || !strings.Contains(block, "\r    ✓ ") && !strings.Contains(block, "\r    ✗ ") {
			t.Errorf("got\n%s\nwant one scenario with its steps", strings.ReplaceAll(block, "\r", "\n"))
		}
	}
	for _, text := range []string{
		"\nFAILED  ", "\n10 scenarios, 9 passed, 1 failed  (",
		"\nrun again what did not pass:\n  harken run --rerun\n  harken run shown.feature:6\n",
	} {
		if !strings.Contains(all, text) {
			t.Errorf("it does not say %q:\n%s", text, all)
		}
	}
}

func TestALogHasTheResultsAndNoProgress(t *testing.T) {
	t.Parallel()
	cmd := beside(t, "shown.feature", shown)("run", "shown.feature")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != run.ExitFailed {
		t.Errorf("%v\n%s%s", err, out.String(), errs.String())
	}
	for line := range strings.Lines(errs.String()) {
		begun := strings.HasPrefix(line, "starting the system under test: ")
		if !begun && !strings.Contains(line, " over and listened for, up to 2s longer") {
			t.Errorf("progress: %s", line)
		}
	}
	if strings.Contains(out.String()+errs.String(), "\x1b") {
		t.Errorf("got\n%q\nwant nothing that steers a terminal", out.String()+errs.String())
	}
	has(t, out.String(), "\n10 scenarios, 9 passed, 1 failed  (")
}

func TestCtrlCLeavesACleanTerminal(t *testing.T) {
	t.Parallel()
	cmd := beside(t, "endless.feature", endless+`
  Scenario: and another
    When an "order placed" event is produced
    And 5 minutes pass
    Then an "order shipped" event appears within 10m
`)("run", "endless.feature")
	s := newTerminal(t, 80, 24)
	cmd.Stdout, cmd.Stderr = s.tty, s.tty
	s.start(t, cmd, true)
	s.until(t, "] a pause of 5m  and another")
	if _, err := s.master.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	said := s.all()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != run.ExitInterrupted {
		t.Errorf("%v\n%s", err, said)
	}
	screen := livetest.New(80, 24)
	fmt.Fprint(screen, said)
	all := strings.Join(screen.Lines(), "\n")
	if strings.Contains(all, "done in") || strings.Contains(all, "] ") || len(screen.Unknown()) > 0 {
		t.Errorf("left on the terminal (%s):\n%s", screen.Unknown(), all)
	}
	if _, column := screen.Cursor(); column != 0 || !strings.Contains(all, "\n2 scenarios, 0 passed, 2 inconclusive  (") {
		t.Errorf("the cursor is in column %d:\n%s", column, all)
	}
	kept, err := os.ReadFile(filepath.Join(cmd.Dir, "reports", "rerun.txt"))
	if want := "endless.feature:2:8\n"; err != nil || string(kept) != want {
		t.Errorf("to be run again: %v, %q, want %q", err, kept, want)
	}
}
