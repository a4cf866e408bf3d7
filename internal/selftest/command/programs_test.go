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
	report := "json:" + filepath.Join(t.TempDir(), "run.json")
	template := []string{"harness", "up", "--template"}
	lines := [][]string{
		{"--version"}, {"nonsense"}, {"steps"}, {"steps", "--format", "json"}, {"steps", "--format", "nonsense"}, template,
		{"check"}, {"check", "--config", bad}, {"docs", filepath.Join(t.TempDir(), "docs")}, {"docs"},
		{"run", "--config", bad}, {"run", "nowhere.feature"},
		{"run", "features/fulfilment/shipping.feature:7", "--config", config, "--docs=", "--format", report},
		{"listen", "nobody"}, {"listen", "orders", "--for", "10ms", "--config", config},
		{"listen", "orders", "--config", bad},
		{"send", "nothing"}, {"send", "order placed", "--config", config}, {"send", "order placed", "--config", bad},
		{"lab", "nowhere.feature"}, {"lab", "--faults", "nonsense"}, {"lab", "--config", bad},
		{"harness", "up", "--parameter", "nonsense"}, {"harness", "up", "--binary", program},
		{"harness", "status"}, {"harness", "down", "--yes"}, {"harness", "policy"}, {"harness", "sweep", "--dry-run"},
	}
	root := Tree()
	for _, line := range helps(root) {
		lines = append(lines, strings.Fields(line))
	}
	for _, sub := range root.Commands() {
		tries := func(line []string) bool { return line[0] == sub.Name() && !slices.Contains(line, "--help") }
		if !slices.ContainsFunc(lines, tries) {
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

// ownGo has a system that is started by go.
const ownGo = `suite: S
features: [x.feature]
sla: 1s
channels:
  here: {url: "nats://${NATS}/here"}
events:
  ping: {channel: here}
profiles:
  local:
    embedded: [nats]
    system: {command: [go, run, ./system], ready: "log: ready"}
`

const ping = `Feature: F
  Scenario: S
    When a "ping" is produced
    Then nothing appears on "here" within 50ms
`

// The system under test may well be started by go, and looks for programs of its own.
func TestTheSystemUnderTestFindsItsProgramsAsHarkenDoes(t *testing.T) {
	t.Parallel()
	for _, unset := range []bool{false, true} {
		f := NewFakeGo(t)
		config := filepath.Join(f.Dir, "godog.yml")
		yml := ownGo
		want := []string{"go run ./system", "PATH=" + f.Path()}
		report := "json:" + filepath.Join(f.Dir, "run.json")
		cmd := Place{Env: f.Env()}.Command(t, "run", "--config", config, "--docs=", "--format", report)
		if unset {
			yml = strings.Replace(yml, "[go, run", "["+f.Dir+"/go, run", 1)
			cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "PATH=") })
			want = nil // a shell has a PATH of its own then
		}
		for name, text := range map[string]string{config: yml, filepath.Join(f.Dir, "x.feature"): ping} {
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
