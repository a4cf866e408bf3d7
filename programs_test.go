// No program is run before a command needs it, and none that it does not need.
package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/system"
)

// fakeGo is a program called go that notes what it is called with, and PATH as it sees it, and stands for a system that is ready.
type fakeGo struct{ dir, calls string }

func newFakeGo(t *testing.T) *fakeGo {
	t.Helper()
	dir := t.TempDir()
	f := &fakeGo{dir, filepath.Join(dir, "calls")}
	script := "#!/bin/sh\necho \"go $*\" >>'" + f.calls + "'\necho \"PATH=$PATH\" >>'" + f.calls + "'\n[ \"$1\" = run ] || exit 1\necho ready\nexec sleep 600\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return f
}

// path is a PATH on which it is the first go.
func (f *fakeGo) path() string { return f.dir + string(os.PathListSeparator) + os.Getenv("PATH") }

// env is an environment in which it is the first go, and no account of AWS's is known.
func (f *fakeGo) env() []string {
	return append(os.Environ(), "PATH="+f.path(), "HOME="+f.dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=", "AWS_PROFILE=", "AWS_ENDPOINT_URL=")
}

// called returns the lines that it has noted.
func (f *fakeGo) called(t *testing.T) []string {
	t.Helper()
	noted, err := os.ReadFile(f.calls)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(noted), func(r rune) bool { return r == '\n' })
}

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
	program := newRunner(t, "").program
	config := against(t, fulfilment(t), "", "").Config
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
	code := 0
	root := command(&code, &system.Children{})
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
			f := newFakeGo(t)
			cmd := exec.CommandContext(t.Context(), program, line...)
			cmd.Env = f.env()
			out, _ := cmd.CombinedOutput() // most of them are errors
			if calls := f.called(t); len(calls) > 0 {
				t.Errorf("it has run %s\n%s", strings.Join(calls, ", "), out)
			}
			if slices.Equal(line, template) && !strings.Contains(string(out), "AWSTemplateFormatVersion") {
				t.Errorf("it says\n%s", out)
			}
		})
	}
}

// The system under test may well be started by go, and looks for programs of its own.
func TestTheSystemUnderTestFindsItsProgramsAsHarkenDoes(t *testing.T) {
	t.Parallel()
	program := newRunner(t, "").program
	for _, unset := range []bool{false, true} {
		f := newFakeGo(t)
		config := filepath.Join(f.dir, "godog.yml")
		text := "suite: S\nfeatures: [x.feature]\nsla: 1s\nchannels:\n  here: {url: \"nats://${NATS}/here\"}\nevents:\n  ping: {channel: here}\n" +
			"profiles:\n  local:\n    embedded: [nats]\n    system: {command: [go, run, ./system], ready: \"log: ready\"}\n"
		want := []string{"go run ./system", "PATH=" + f.path()}
		env := f.env()
		if unset {
			text = strings.Replace(text, "[go, run", "["+f.dir+"/go, run", 1)
			env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "PATH=") })
			want = nil // a shell has a PATH of its own then
		}
		for name, text := range map[string]string{config: text, filepath.Join(f.dir, "x.feature"): "Feature: F\n  Scenario: S\n    When a \"ping\" is produced\n    Then nothing appears on \"here\" within 50ms\n"} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), program, "run", "--config", config, "--docs=", "--format", "json:"+filepath.Join(f.dir, "run.json"))
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); err != nil || code != run.ExitPassed {
			t.Errorf("exit code %d\n%s", code, out)
		}
		if calls := f.called(t); want != nil && !slices.Equal(calls, want) || len(calls) != 2 {
			t.Errorf("go was called with %q, want %q", calls, want)
		}
	}
}
