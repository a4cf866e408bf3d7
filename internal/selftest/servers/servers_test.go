package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// shell returns a server that a shell plays.
func shell(t *testing.T, script string) Server {
	t.Helper()
	program := Program(t, "a shell", "/bin/sh")
	folder := Folder(t, "")
	return Server{Name: "shell", Command: []string{program, "-c", script}, Folder: folder,
		Ready: func(context.Context) error {
			_, err := os.Stat(filepath.Join(folder, "ready"))
			return err
		}}
}

func TestAServerIsReadyOnReturnAndEndsWithItsTest(t *testing.T) {
	var p *Process
	var folder string
	t.Run("server", func(t *testing.T) {
		s := shell(t, "echo hello; echo $VALUE; touch ready; while :; do sleep 1; done")
		s.Env = []string{"VALUE=of the environment"}
		p, folder = Start(t, s), s.Folder
		if got, want := p.Log(), "hello\nof the environment\n"; got != want {
			t.Errorf("got the log %q, want %q", got, want)
		}
	})
	select {
	case <-p.exited:
	default:
		t.Error("the server outlives its test")
	}
	if err := syscall.Kill(p.command.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("got %v of its process, want that there is none any more", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v of its folder, want that it is gone", err)
	}
}

func TestAServerThatEndsBeforeItIsReadyIsToldWithItsLog(t *testing.T) {
	s := shell(t, "echo no such port >&2; exit 3")
	told := attempt(t, func(t testing.TB) { Start(t, s) })
	for _, want := range []string{"start shell: it has ended", "the log of shell ends with:\nno such port"} {
		if !strings.Contains(told, want) {
			t.Errorf("got %q, want %q in it", told, want)
		}
	}
}

func TestAServerThatIsStoppedBySIGSTOPEndsAllTheSame(t *testing.T) {
	p := Start(t, shell(t, "touch ready; while :; do sleep 1; done"))
	p.Signal(t, syscall.SIGSTOP)
	p.Stop()
	p.Stop()
}

func TestPortsAreFreeAndDiffer(t *testing.T) {
	seen := make(map[int]bool)
	for _, port := range Ports(t, 20) {
		if seen[port] {
			t.Errorf("got port %d twice", port)
		}
		seen[port] = true
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Errorf("got %v, want a free port", err)
			continue
		}
		_ = l.Close()
	}
}

func TestTheFirstProgramThatIsThereIsTaken(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"server-14", "server-15"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got := Program(t, "x", "harken-has-no-such-program", filepath.Join(folder, "server-*"), "/bin/sh")
	if want := filepath.Join(folder, "server-15"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsNotInstalledIsNamedAndFailsInContinuousIntegration(t *testing.T) {
	const want = "not installed: harken-has-no-such-program (install it by: apt-get install harken-none)"
	missing := func(t testing.TB) { Program(t, "apt-get install harken-none", "harken-has-no-such-program") }
	for _, c := range []struct{ ci, how string }{{"true", "failed: "}, {"", "skipped: "}} {
		t.Setenv("CI", c.ci)
		if got := attempt(t, missing); !strings.HasPrefix(got, c.how+want) {
			t.Errorf("CI=%s: got %q, want %q", c.ci, got, c.how+want)
		}
	}
}

func TestAnotherUserRunsTheServerWhereRootRunsTheTest(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can act for another user")
	}
	s := shell(t, "id -un; touch ready; while :; do sleep 1; done")
	s.User, s.Folder = "nobody", Folder(t, "nobody")
	s.Ready = func(context.Context) error {
		_, err := os.Stat(filepath.Join(s.Folder, "ready"))
		return err
	}
	if got := Start(t, s).Log(); got != "nobody\n" {
		t.Errorf("got the server run by %q, want by nobody", got)
	}
	once := exec.Command("id", "-un")
	As(t, "nobody", once)
	if got, err := once.Output(); err != nil || string(got) != "nobody\n" {
		t.Errorf("got the command run by %q, %v, want by nobody", got, err)
	}
}

// attempt returns what a test that does this is told, how it ended first.
func attempt(t *testing.T, do func(t testing.TB)) string {
	t.Helper()
	tried := &trial{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(tried)
	}()
	<-done
	for i := len(tried.cleanups) - 1; i >= 0; i-- {
		tried.cleanups[i]()
	}
	return tried.end + strings.Join(tried.told, "\n")
}

// trial is a test that may fail.
type trial struct {
	testing.TB
	end      string
	told     []string
	cleanups []func()
}

func (t *trial) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *trial) Failed() bool     { return t.end == "failed: " }
func (t *trial) Logf(format string, args ...any) {
	t.told = append(t.told, fmt.Sprintf(format, args...))
}
func (t *trial) Fatalf(format string, args ...any) { t.Fatal(fmt.Sprintf(format, args...)) }

func (t *trial) Fatal(args ...any) {
	t.end, t.told = "failed: ", append(t.told, fmt.Sprint(args...))
	runtime.Goexit()
}

func (t *trial) Skip(args ...any) {
	t.end, t.told = "skipped: ", append(t.told, fmt.Sprint(args...))
	runtime.Goexit()
}
