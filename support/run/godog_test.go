package run_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

const underGodogYML = `
suite: Under godog
features: [x.feature]
sla: 100ms
audit: 1ms
channels:
  here:    {url: "nats://${NATS}/here"}
  nowhere: {url: "nats://127.0.0.1:1/nowhere"}
commands:
  leak: {run: [sh, -c, "echo the token is $TOKEN; exit 1"], env: {TOKEN: "${LEAKED}"}}
events:
  ping: {channel: here}
  pong: {channel: nowhere}
profiles:
  local: {embedded: [nats]}
`

// godogRun returns the program of testdata/godogrun, by the name that godog run gives to what it builds.
func godogRun(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "godog.test")
	if err := os.Symlink(checkout.Program(t, "./support/run/testdata/godogrun"), program); err != nil {
		t.Fatal(err)
	}
	return program
}

// godog run itself tells 0 from everything else only, and calls a child that was killed a success.
func TestUnderGodogRunNothingFailsUnnoticed(t *testing.T) {
	t.Parallel()
	program := godogRun(t)
	for _, c := range []struct {
		name, steps string
		tag         string
		args        []string
		code        int
		said        string
	}{
		{name: "a scenario that passes", steps: "When a \"ping\" is produced\nThen nothing appears on \"here\" within 50ms", code: 0, said: "1 scenario, 1 passed"},
		{name: "a failed expectation", steps: "When a \"ping\" is produced\nThen a \"ping\" appears", code: 1, said: "got 0 of 0 captured"},
		{name: "an inconclusive expectation", steps: "When a \"ping\" is produced\nThen a \"pong\" appears\nScenario: T\nThen all is well", code: 3, said: "listen to nowhere"},
		{name: "a server that all need and that does not answer", steps: "When a \"ping\" is produced\nThen a \"pong\" appears", code: 2, said: "nothing answers at"},
		{name: "a secret", steps: "When a \"ping\" is produced\nAnd the \"leak\" command is run\nThen nothing appears on \"here\"", code: 3, said: "the token is [secret]"},
		{name: "an undefined step", steps: "Then all is wel", code: 1, said: "undefined"},
		{name: "no scenario", steps: "Then all is well", args: []string{"--tags=@none"}, code: 2, said: "no scenario is chosen"},
		{name: "no scenario by an older tag expression", steps: "Then all is well", args: []string{
			"--tags=~@any && @none",
		}, code: 2, said: "no scenario is chosen"},
		{name: "a wrong feature", steps: "Then exactly 1 \"pin\" appears", code: 2, said: `did you mean "ping"?`},
		{name: "a run that is not strict", steps: "Then all is wel", args: []string{"--strict=false"}, code: 1, said: "undefined"},
		{name: "a process that is killed", steps: "Then all is well\nAnd the process is killed", code: 1, said: "the run was cut short"},
		{name: "a hook that panics", tag: "@panic", steps: "Then all is well", code: 3, said: "the hook after a scenario panicked: no luck (main.go:"},
		{name: "a step that panics", steps: "Then all is well\nAnd a nil map is written", code: 3, said: "the step panicked: assignment to entry in nil map (main.go:"},
		{name: "a scenario with retries", tag: "@retry(2)", steps: "When a \"ping\" is produced\nThen a \"ping\" appears", code: 1, said: "under `godog run` each scenario has one attempt"},
		{name: "a path given by hand", steps: "Then all is well", args: []string{"x.feature:3"}, code: 0, said: "1 scenario, 1 passed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			feature := "Feature: F\n  " + c.tag + "\n  Scenario: S\n    " + strings.ReplaceAll(c.steps, "\n", "\n    ") + "\n"
			for name, text := range map[string]string{"godog.yml": underGodogYML, "x.feature": feature} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), program, append([]string{"--format=progress"}, c.args...)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "LEAKED=t0p-s3cret")
			out, _ := cmd.CombinedOutput() // its exit code is looked at
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(string(out), c.said) {
				t.Errorf("it does not say %q", c.said)
			}
			if strings.Contains(string(out), "t0p-s3cret") {
				t.Error("it gives a secret away")
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}
