package pages_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/command"
	"github.com/harken-bdd/harken/support/run"
)

// gone bounds how long what belonged to a run may take to go with it.
const gone = 20 * time.Second

// plainFiles has a pipe, which nobody writes into, stand where godog.yml names a file.
func plainFiles(t *suite) {
	for _, name := range []string{"order.json", "features/a.feature", "godog.yml"} {
		secured(t, "", "", "", "")
		if err := os.Remove(t.path(name)); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(t.path(name), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := t.run("check")
		if code != run.ExitUsage {
			t.Errorf("%s: exit code %d", name, code)
		}
		if said := out + errs; !strings.Contains(said, filepath.Base(name)) || !strings.Contains(said, "plain file") {
			t.Errorf("%s: got %s", name, said)
		}
		if err := os.Remove(t.path(name)); err != nil {
			t.Fatal(err)
		}
	}
}

// replacedReports has a link stand where a report goes.
func replacedReports(t *suite) {
	secured(t, "", "", "", "")
	t.write("elsewhere", "mine")
	if err := os.MkdirAll(t.path("reports"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../elsewhere", t.path("reports/run.json")); err != nil {
		t.Fatal(err)
	}
	all := everything(t, "run", "--docs=", "--format", "json:reports/run.json")
	if all["elsewhere"] != "mine" || !strings.Contains(all["reports/run.json"], "an order is lost") {
		t.Errorf("what the link named has %q, and the report %.100q", all["elsewhere"], all["reports/run.json"])
	}
	if at, err := os.Lstat(t.path("reports/run.json")); err != nil || !at.Mode().IsRegular() {
		t.Errorf("the report is %v, %v", at, err)
	}
}

// endsWithTheRun looks for the system, and for what it has started, once a run is over. How signals end one is tried by
// TestEverySignalThatAsksARunToEndEndsItInGoodOrder.
func endsWithTheRun(t *suite) {
	secured(t, "", "", "", "")
	t.write("say.sh", "sleep 600 &\necho $$ $! >pids\necho ready\nwait\n")
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
func noOtherPrograms(t *suite) {
	secured(t, "", "", "", "")
	f := command.NewFakeGo(t)
	t.env = append(t.env, f.Env()...)
	for _, args := range [][]string{{"--version"}, {"check"}, {"steps"}} {
		if code, out, errs := t.run(args...); code != run.ExitPassed && args[0] != "check" {
			t.Errorf("%s: exit code %d: %s%s", args, code, out, errs)
		}
	}
	if called := f.Calls(t); len(called) > 0 {
		t.Errorf("called: %q", called)
	}
}
