package system_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/support/system"
)

// command is the test binary as role, to be run to its end.
func command(t *testing.T, role string, h home) system.Command {
	t.Helper()
	s := spec(t, role, h)
	return system.Command{Run: s.Command, Env: s.Env}
}

func TestACommandIsDoneOnceItHasEnded(t *testing.T) {
	if err := system.Execute(t.Context(), command(t, "environment", home{})); err != nil {
		t.Error(err)
	}
}

func TestACommandThatFailsSaysHowAndItsLastLines(t *testing.T) {
	err := system.Execute(t.Context(), command(t, "broken", home{}))
	if err == nil || !strings.HasPrefix(err.Error(), "exit status 3; its last lines:\n    line 11\n") || !strings.Contains(err.Error(), "cannot bind: xxx") || strings.Contains(err.Error(), "line 10\n") {
		t.Errorf("error is %v", err)
	}
}

func TestACommandThatDoesNotExistIsAnError(t *testing.T) {
	for _, name := range []string{"no-such-program-anywhere", "./no-such-program"} {
		err := system.Execute(t.Context(), system.Command{Run: []string{name, "secret-argument"}})
		if !errors.Is(err, os.ErrNotExist) && (err == nil || !strings.Contains(err.Error(), "not found")) || strings.Contains(err.Error(), "secret-argument") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// Neither a program that does not listen to SIGTERM nor one behind a wrapper outlives the end of its time.
func TestACommandEndsWithItsContextWithAllThatItStarted(t *testing.T) {
	late := errors.New("it is late")
	for _, role := range []string{"server", "stubborn", "wrapper"} {
		h := newHome(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := h.onCall(func() { cancel(late) })
		err := system.Execute(ctx, command(t, role, h))
		if !errors.Is(err, late) {
			t.Errorf("%s: error is %v", role, err)
		}
		<-gone
	}
}

func TestWhatACommandLeavesBehindStays(t *testing.T) {
	h := newHome(t)
	if err := system.Execute(t.Context(), command(t, "parting", h)); err != nil {
		t.Fatal(err)
	}
	left := h.accept(t)
	if err := syscall.Kill(left.pid, syscall.SIGKILL); err != nil {
		t.Errorf("process %d: %v", left.pid, err)
	}
	left.gone()
}

func TestACommandRunsInItsDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := system.Execute(t.Context(), system.Command{Run: []string{"touch", "here"}, Dir: dir, Env: os.Environ()}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + "/here"); err != nil {
		t.Error(err)
	}
}
