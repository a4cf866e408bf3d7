package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/support/run"
)

// plainFiles has a pipe, which nobody writes into, stand where godog.yml names a file.
func plainFiles(t *testing.T) {
	for _, name := range []string{"order.json", "features/a.feature", "godog.yml"} {
		secured(t, "", "", "", "")
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs strings.Builder
		if code := execute([]string{"check"}, &out, &errs); code != run.ExitUsage {
			t.Errorf("%s: exit code %d", name, code)
		}
		if said := out.String() + errs.String(); !strings.Contains(said, filepath.Base(name)) || !strings.Contains(said, "plain file") {
			t.Errorf("%s: got %s", name, said)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

// replacedReports has a link stand where a report goes.
func replacedReports(t *testing.T) {
	secured(t, "", "", "", "")
	write(t, "elsewhere", "mine")
	if err := os.MkdirAll("reports", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../elsewhere", "reports/run.json"); err != nil {
		t.Fatal(err)
	}
	all := everything(t, "run", "--docs=", "--format", "json:reports/run.json")
	if all["elsewhere"] != "mine" || !strings.Contains(all["reports/run.json"], "an order is lost") {
		t.Errorf("what the link named has %q, and the report %.100q", all["elsewhere"], all["reports/run.json"])
	}
	if at, err := os.Lstat("reports/run.json"); err != nil || !at.Mode().IsRegular() {
		t.Errorf("the report is %v, %v", at, err)
	}
}

// endsWithTheRun looks for the system, and for what it has started, once a run is over. How signals end one is tried by
// TestEverySignalThatAsksARunToEndEndsItInGoodOrder.
func endsWithTheRun(t *testing.T) {
	secured(t, "", "", "", "")
	write(t, "say.sh", "sleep 600 &\necho $$ $! >pids\necho ready\nwait\n")
	pids := strings.Fields(everything(t, "run", "--docs=")["pids"])
	if len(pids) != 2 {
		t.Fatalf("the system has said %q", pids)
	}
	for _, pid := range pids {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		// What was killed is there until somebody has taken notice.
		ctx, cancel := context.WithTimeout(t.Context(), gone)
		err = poll.Until(ctx, func(context.Context) error {
			if syscall.Kill(n, 0) == nil {
				return fmt.Errorf("process %d is there still", n)
			}
			return nil
		})
		if cancel(); err != nil {
			t.Error(err)
		}
	}
}

// noOtherPrograms puts another go in front of PATH. All commands are tried by TestNoCommandRunsGoThatNeedsNone.
func noOtherPrograms(t *testing.T) {
	suite, _ := os.Getwd()
	_, here, _, _ := runtime.Caller(0)
	t.Chdir(filepath.Dir(here))
	program := newRunner(t, "").program
	t.Chdir(suite)
	secured(t, "", "", "", "")
	f := newFakeGo(t)
	for _, args := range [][]string{{"--version"}, {"check"}, {"steps"}} {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = f.env()
		if out, err := cmd.CombinedOutput(); err != nil && args[0] != "check" {
			t.Errorf("%s: %v: %s", args, err, out)
		}
	}
	if called := f.called(t); len(called) > 0 {
		t.Errorf("called: %q", called)
	}
}
