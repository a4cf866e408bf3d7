package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// said runs a command line of a suite and returns its exit code and what it wrote.
func said(s run.Suite, args []string, more ...Added) (code int, out, errs string) {
	var o, e strings.Builder
	s.Out, s.Err = &o, &e
	code = execute(s, args, more...)
	return code, o.String(), e.String()
}

// begun is an error with an exit code of its own.
type begun struct{}

func (begun) Error() string   { return "it was begun" }
func (begun) ExitStatus() int { return 7 }

func TestWhatAnAddedCommandReturnsIsSaidAndIsTheExitCode(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		code int
		errs string
	}{
		{"all is well", nil, run.ExitPassed, ""},
		{"any error", errors.New("no"), run.ExitUsage, "harken: no\n"},
		{"a code of its own", fmt.Errorf("up: %w", begun{}), 7, "harken: up: it was begun\n"},
		{"the code of a program", &exec.ExitError{ProcessState: &os.ProcessState{}}, run.ExitUsage,
			"harken: exit status 0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			added := func(*run.Suite) *cobra.Command {
				return &cobra.Command{Use: "more", RunE: func(*cobra.Command, []string) error { return c.err }}
			}
			code, out, errs := said(run.Suite{}, []string{"more"}, added)
			if code != c.code {
				t.Errorf("exit code: got %d, want %d", code, c.code)
			}
			if out != "" || errs != c.errs {
				t.Errorf("got %q and %q, want nothing and %q", out, errs, c.errs)
			}
		})
	}
}

func TestAnErrorAfterAnInterruptIsTheInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, err := range []error{errors.New("no"), begun{}} {
		if code := conclude(ctx, err, t.Output()); code != run.ExitInterrupted {
			t.Errorf("%v: got exit code %d, want %d", err, code, run.ExitInterrupted)
		}
	}
}

func TestAnAddedCommandShowsNoSecretsOfTheEnvironment(t *testing.T) {
	t.Setenv("A_TOKEN", "planted-secret")
	added := func(*run.Suite) *cobra.Command {
		return &cobra.Command{Use: "more", RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(cmd.ErrOrStderr(), "with planted-secret")
			return errors.New("without planted-secret")
		}}
	}
	_, _, errs := said(run.Suite{}, []string{"more"}, added)
	if want := "with [secret]\nharken: without [secret]\n"; errs != want {
		t.Errorf("got %q, want %q", errs, want)
	}
}

func TestAnAddedCommandHasTheSuiteAsFlagsSay(t *testing.T) {
	var config, profile string
	added := func(s *run.Suite) *cobra.Command {
		return &cobra.Command{Use: "more", Run: func(*cobra.Command, []string) { config, profile = s.Config, s.Profile }}
	}
	said(run.Suite{Config: "own.yml"}, []string{"more", "-p", "staging"}, added)
	if config != "own.yml" || profile != "staging" {
		t.Errorf("got %q in the profile %q, want own.yml in staging", config, profile)
	}
}

// What a module says of its suite holds where no flag says else.
func TestWhatTheSuiteSaysIsTheDefault(t *testing.T) {
	for _, c := range []struct {
		name  string
		suite run.Suite
		want  map[string]string // of flags, as COMMAND FLAG
	}{
		{"nothing", run.Suite{}, map[string]string{
			"run config": "godog.yml", "run format": "[json:reports/run.json]", "run docs": "reports", "run retry": "0",
			"docs results": "reports/run.json",
		}},
		{"its own", run.Suite{
			Config: "own.yml", Formats: []string{"junit:a.xml", "json:a.json"}, Docs: "site", Retry: 2, Tags: "@smoke",
		}, map[string]string{
			"run config": "own.yml", "run format": "[junit:a.xml,json:a.json]", "run docs": "site", "run retry": "2",
			"docs results": "a.json", "run tags": "@smoke", "lab tags": "@smoke",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := Command(&c.suite)
			for flag, want := range c.want {
				name, of, _ := strings.Cut(flag, " ")
				cmd, _, err := root.Find([]string{name})
				if err != nil {
					t.Fatal(err)
				}
				found := cmd.Flag(of)
				if found == nil {
					t.Errorf("%s has no flag --%s", name, of)
				} else if got := found.Value.String(); got != want {
					t.Errorf("%s --%s: got %s, want %s", name, of, got, want)
				}
			}
		})
	}
}

// own is the suite of a module with a phrase and a transport of its own.
func own() run.Suite {
	return run.Suite{
		Vocabulary: steps.All(),
		Transports: harness.Table{{
			Scheme: "bus", Example: "bus://readings",
			Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{Produce: true, Listen: true}, nil },
		}},
		Steps: func(sc run.Registrar) {
			sc.Then(`^the heating stays (on|off)$`, func(context.Context, string) error { return nil })
		},
	}
}

func TestCheckKnowsThePhrasesAndTransportsOfTheModule(t *testing.T) {
	folder := t.TempDir()
	yml, feature := filepath.Join(folder, "godog.yml"), filepath.Join(folder, "heating.feature")
	for file, text := range map[string]string{
		yml: "suite: Thermostat\nsla: 1s\nchannels:\n  readings: {url: \"bus://readings\"}\n" +
			"events:\n  reading: {channel: readings}\n",
		feature: "Feature: Heating\n  Scenario: It is warm\n    When a \"reading\" is produced with:\n" +
			"      | room | ${id} |\n    Then the heating stays off\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := said(own(), []string{"check", "-c", yml, feature})
	if code != run.ExitPassed || out != "" || errs != "nothing is wrong\n" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

func TestStepsListsThePhrasesOfTheModuleBehindTheOthers(t *testing.T) {
	const pattern = `^the heating stays (on|off)$`
	const here = "github.com/harken-bdd/harken/support/cli/cli_test.go:"
	for _, c := range []struct{ format, begin, want string }{
		{"text", steps.All().Phrases[0].Text + "\n",
			"\n\nof this module:\n\nThen " + pattern + "\n    " + here},
		{"markdown", "| phrase | meaning |\n",
			"\n\n| of this module | in |\n|---|---|\n| `Then ^the heating stays (on\\|off)$` | `" + here},
	} {
		code, out, errs := said(own(), []string{"steps", "--format", c.format})
		if code != run.ExitPassed || errs != "" {
			t.Errorf("%s: exit code %d\n%s", c.format, code, errs)
		}
		if !strings.HasPrefix(out, c.begin) || strings.Count(out, c.want) != 1 {
			t.Errorf("%s: got\n%s\nwant at its end\n%s", c.format, out, c.want)
		}
	}
	_, out, _ := said(own(), []string{"steps", "--format", "json"})
	var list []map[string]any
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(steps.All().Phrases)+1 {
		t.Fatalf("%d phrases in JSON, want %d and one", len(list), len(steps.All().Phrases))
	}
	if last := list[len(list)-1]; last["pattern"] != pattern || last["keyword"] != "Then" || last["phrase"] != nil {
		t.Errorf("the last one is %v", last)
	}
}

func TestEveryCommandHasADescriptionAndAnExample(t *testing.T) {
	names := []string{"check", "docs", "lab", "listen", "run", "send", "steps"}
	var found []string
	for _, cmd := range Command(&run.Suite{}).Commands() {
		found = append(found, cmd.Name())
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s has no description or no example", cmd.Name())
		}
	}
	if !slices.Equal(found, names) {
		t.Errorf("got the commands %v, want %v", found, names)
	}
}

// A module gets the SDKs of the transports that it imports, and of the commands that it adds.
func TestTheCommandLineBringsNoSDK(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		if strings.HasPrefix(pkg, "github.com/aws/") || strings.HasPrefix(pkg, "github.com/nats-io/") {
			t.Errorf("the command line is built from %s", strings.TrimSpace(pkg))
		}
	}
}
