package run_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

// library copies the module of an engineer's own that docs/extending.md shows, with some of the text of its phrases
// replaced, and returns what the go command says there, line by line.
func library(t *testing.T, lines []string, replaced ...string) (said string, err error) {
	t.Helper()
	dir := checkout.Module(t, "testdata/library")
	phrases := filepath.Join(dir, "phrases.go")
	text, err := os.ReadFile(phrases)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(phrases, []byte(strings.NewReplacer(replaced...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		cmd := exec.CommandContext(t.Context(), "go", strings.Fields(line)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if said += string(out); err != nil {
			return said, fmt.Errorf("go %s: %w", line, err)
		}
	}
	return said, nil
}

// docs/extending.md shows how an engineer's own module adds phrases and a transport. This is that module, compiled and
// run.
func TestAModuleOfItsOwnAddsPhrasesAndATransport(t *testing.T) {
	t.Parallel()
	out, err := library(t, []string{"test -mod=mod ./...", "run -mod=mod . check", "run -mod=mod . run"})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"nothing is wrong\n", "2 scenarios, 2 passed"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %s\nwant it to say %q", out, want)
		}
	}
}

// stable are the packages that promise something to other modules, apart from those of transports and of embedded
// servers.
var stable = []string{
	"harness", "harness/event", "harness/poll", "harness/harnesstest", "steps", "support/run", "support/cli",
	"support/world",
}

// ofOne matches the package of a transport and that of an embedded server.
var ofOne = regexp.MustCompile(`^harness/(embedded/)?(dynamodb|eventbridge|kinesis|lambda|nats|recorder|s3|sns|sqs|stepfunctions)$`)

// What a stranger's module imports of Harken is what Harken promises not to break.
func TestTheModuleOfItsOwnUsesOnlyWhatIsPromised(t *testing.T) {
	const module = "github.com/harken-bdd/harken/"
	used := make(map[string]bool)
	err := filepath.WalkDir("testdata/library", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			if name, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module); ok {
				used[name] = true
				if !slices.Contains(stable, name) && !ofOne.MatchString(name) {
					t.Errorf("%s imports %s, which promises nothing", path, name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"harness", "harness/event", "harness/harnesstest", "steps", "support/cli", "support/run", "support/world"} {
		if !used[name] {
			t.Errorf("the module does not use %s, so that nobody shows how", name)
		}
	}
}

// A mistake in a step of one's own says nothing of the system: it is inconclusive, and the stack says where it was
// made.
func TestUnderGoTestAStepThatPanicsIsInconclusive(t *testing.T) {
	t.Parallel()
	const expects = "\treturn w.Expect(ctx, "
	out, err := library(t, []string{"test -mod=mod ./..."}, expects,
		"\tvar heatings map[string]bool\n\theatings[room] = true\n"+expects)
	if err == nil {
		t.Error("the test passed")
	}
	for _, want := range []string{
		"--- FAIL: TestFeatures/",
		": inconclusive: the heating of \"bath\" stays off for ",
		"the step panicked: assignment to entry in nil map (phrases.go:37)\n",
		"which says nothing of the system under test\n",
		"function example.com/thermostat/phrases.go:27\n",
		"stack    example.com/thermostat/phrases.go:37  thermostat.staysOff\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}
