// No program is run before a command needs it, and none that it does not need.
package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/run"
)

// helps returns a line that asks each command for its help.
func helps(cmd *cobra.Command) (lines []string) {
	for _, sub := range cmd.Commands() {
		lines = append(lines, helps(sub)...)
	}
	return append(lines, strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), "harken")+" --help"))
}

// With a go.mod that asks for a newer Go, `go env` alone sends a request to a module proxy, and waits for it.
func TestNoCommandRunsGoThatNeedsNone(t *testing.T) {
	t.Parallel()
	program, config := Harken(t), Config(t, "")
	bad := filepath.Join(t.TempDir(), "godog.yml")
	if err := os.WriteFile(bad, []byte("suite: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	template := []string{"harness", "up", "--template"}
	lines := [][]string{
		{"--version"}, {"nonsense"}, {"steps"}, {"steps", "--format", "json"}, {"steps", "--format", "nonsense"}, template,
		{"check"}, {"check", "--config", bad}, {"docs", filepath.Join(t.TempDir(), "docs")}, {"docs"},
		{"run", "--config", bad}, {"run", "nowhere.feature"}, {"run", "features/fulfilment/shipping.feature:7", "--config", config, "--docs=", "--format", "json:" + filepath.Join(t.TempDir(), "run.json")},
		{"listen", "nobody"}, {"listen", "orders", "--for", "10ms", "--config", config}, {"listen", "orders", "--config", bad},
		{"send", "nothing"}, {"send", "order placed", "--config", config}, {"send", "order placed", "--config", bad},
		{"lab", "nowhere.feature"}, {"lab", "--faults", "nonsense"}, {"lab", "--config", bad},
		{"harness", "up", "--parameter", "nonsense"}, {"harness", "up", "--binary", program}, {"harness", "status"}, {"harness", "down", "--yes"},
		{"harness", "policy"}, {"harness", "sweep", "--dry-run"},
	}
	root := Tree()
	for _, line := range helps(root) {
		lines = append(lines, strings.Fields(line))
	}
	for _, sub := range root.Commands() {
		if !slices.ContainsFunc(lines, func(l []string) bool { return l[0] == sub.Name() && !slices.Contains(l, "--help") }) {
			t.Errorf("harken %s is not tried", sub.Name())
		}
	}
	for _, line := range lines {
		t.Run(strings.Join(line, " "), func(t *testing.T) {
			t.Parallel()
			f := NewFakeGo(t)
			_, out, errs := Place{Env: f.Env()}.Run(t, line...) // most of them are errors
			if calls := f.Calls(t); len(calls) > 0 {
				t.Errorf("it has run %s\n%s%s", strings.Join(calls, ", "), out, errs)
			}
			if slices.Equal(line, template) && !strings.Contains(out, "AWSTemplateFormatVersion") {
				t.Errorf("it says\n%s", out)
			}
		})
	}
}

// The system under test may well be started by go, and looks for programs of its own.
func TestTheSystemUnderTestFindsItsProgramsAsHarkenDoes(t *testing.T) {
	t.Parallel()
	for _, unset := range []bool{false, true} {
		f := NewFakeGo(t)
		config := filepath.Join(f.Dir, "godog.yml")
		text := "suite: S\nfeatures: [x.feature]\nsla: 1s\nchannels:\n  here: {url: \"nats://${NATS}/here\"}\nevents:\n  ping: {channel: here}\n" +
			"profiles:\n  local:\n    embedded: [nats]\n    system: {command: [go, run, ./system], ready: \"log: ready\"}\n"
		want := []string{"go run ./system", "PATH=" + f.Path()}
		cmd := Place{Env: f.Env()}.Command(t, "run", "--config", config, "--docs=", "--format", "json:"+filepath.Join(f.Dir, "run.json"))
		if unset {
			text = strings.Replace(text, "[go, run", "["+f.Dir+"/go, run", 1)
			cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "PATH=") })
			want = nil // a shell has a PATH of its own then
		}
		for name, text := range map[string]string{config: text, filepath.Join(f.Dir, "x.feature"): "Feature: F\n  Scenario: S\n    When a \"ping\" is produced\n    Then nothing appears on \"here\" within 50ms\n"} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); err != nil || code != run.ExitPassed {
			t.Errorf("exit code %d\n%s", code, out)
		}
		if calls := f.Calls(t); want != nil && !slices.Equal(calls, want) || len(calls) != 2 {
			t.Errorf("go was called with %q, want %q", calls, want)
		}
	}
}
