//go:build conformance

package conformance

// The samples of Cucumber's compatibility kit: their features, run by Harken, and the messages that they have to give.

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// sample is one of the kit's.
type sample struct {
	// unfit says why Harken cannot be asked for what it shows. It is not run then.
	unfit string
	retry int
	code  int // the run's exit code
	// unproved says that Harken does not call the run a success where Cucumber does: nothing was proved.
	unproved bool
	// but is a scenario that ends otherwise: behind a step that has skipped the scenario, one that is undefined fails
	// it.
	but string
}

const (
	events     = "a step attaches nothing by itself: what is attached are the events that were produced and captured"
	tagged     = "a hook is called for each scenario, whatever its tags"
	wholeHooks = "there are no hooks around a run"
	parameters = "phrases are regular expressions, which have no parameter types"
)

func samples() map[string]sample {
	return map[string]sample{
		"all-statuses":                       {code: run.ExitFailed},
		"ambiguous":                          {code: run.ExitFailed},
		"attachments":                        {unfit: events},
		"backgrounds":                        {},
		"cdata":                              {},
		"data-tables":                        {},
		"doc-strings":                        {},
		"empty":                              {unfit: "a scenario without steps would prove nothing: the run is refused"},
		"examples-tables":                    {code: run.ExitFailed},
		"examples-tables-attachment":         {unfit: events},
		"examples-tables-undefined":          {code: run.ExitFailed},
		"examples-tables-undefined-multiple": {code: run.ExitFailed},
		"failedish-combinations":             {code: run.ExitFailed, but: "Step marks itself skipped"},
		"global-hooks":                       {unfit: wholeHooks},
		"global-hooks-afterall-error":        {unfit: wholeHooks},
		"global-hooks-attachments":           {unfit: wholeHooks},
		"global-hooks-beforeall-error":       {unfit: wholeHooks},
		"hooks":                              {code: run.ExitFailed},
		"hooks-attachment":                   {unfit: events},
		"hooks-conditional":                  {unfit: tagged},
		"hooks-named":                        {unfit: "a hook has no name but that of its function"},
		"hooks-skipped":                      {unfit: tagged},
		"hooks-undefined":                    {code: run.ExitFailed},
		"markdown":                           {unfit: "features are read that end in .feature"},
		"minimal":                            {},
		"multiple-features":                  {},
		"multiple-features-reversed":         {unfit: "nothing reverses the order: scenarios run side by side"},
		"parameter-types":                    {unfit: parameters},
		"pending":                            {code: run.ExitFailed},
		"pending-exception":                  {code: run.ExitFailed},
		"regular-expression":                 {},
		"retry":                              {retry: 2, code: run.ExitFailed},
		"retry-ambiguous":                    {retry: 2, code: run.ExitFailed},
		"retry-pending":                      {unfit: "whatever has not passed is tried again, and not only what has failed"},
		"retry-undefined":                    {retry: 2, code: run.ExitFailed},
		"rules":                              {},
		"rules-backgrounds":                  {},
		"skipped":                            {code: run.ExitInconclusive, unproved: true},
		"skipped-exception":                  {code: run.ExitInconclusive, unproved: true},
		"skipped-failing-hook":               {code: run.ExitFailed},
		"stack-traces":                       {unfit: "an error of Go has no stack trace"},
		"test-run-exception":                 {unfit: "a run that cannot begin writes no reports"},
		"undefined":                          {code: run.ExitFailed},
		"undefined-multiple":                 {code: run.ExitFailed},
		"unknown-parameter-type":             {unfit: parameters},
		"unused-steps":                       {},
	}
}

func TestSamplesOfTheCompatibilityKitGiveTheMessagesThatTheyShould(t *testing.T) {
	known := samples()
	folders, err := os.ReadDir(filepath.Join(module(t, "compatibility-kit"), "features"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		name := folder.Name()
		s, ok := known[name]
		delete(known, name)
		switch {
		case !ok:
			t.Errorf("%s: the kit has a sample that nobody has looked at", name)
		case s.unfit == "":
			t.Run(name, func(t *testing.T) { s.compare(t, name) })
		}
	}
	for name := range known {
		t.Errorf("%s: the kit has no such sample any more", name)
	}
}

func (s sample) compare(t *testing.T, name string) {
	folder := filepath.Join(module(t, "compatibility-kit"), "features", name)
	text, err := os.ReadFile(filepath.Join(folder, name+".ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	ndjson := s.run(t, name, folder)
	validate(t, ndjson)
	got, want := normal(t, ndjson, s.but), normal(t, text, s.but)
	if s.unproved {
		last := &want[len(want)-1]
		*last = strings.Replace(*last, `"success":true`, `"success":false`, 1)
	}
	for i := range max(len(got), len(want)) {
		g, w := at(got, i), at(want, i)
		if g != w {
			t.Fatalf("message %d\n  got  %s\n  want %s", i+1, g, w)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// run runs the features of a folder and returns the messages.
func (s sample) run(t *testing.T, name, folder string) []byte {
	t.Helper()
	features, err := filepath.Glob(filepath.Join(folder, "*.feature"))
	if err != nil || len(features) == 0 {
		t.Fatalf("no feature: %v", err)
	}
	slices.Sort(features)
	dir := t.TempDir()
	file := filepath.Join(dir, "run.ndjson")
	yml := filepath.Join(dir, "godog.yml")
	if err := os.WriteFile(yml, []byte("suite: "+strconv.Quote(name)+"\nfeatures: [.]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	suite := run.Suite{
		Config: yml, Paths: features, Formats: []string{"messages:" + file}, Retry: s.retry,
		Vocabulary: steps.All(), Steps: definitions(name), Hooks: hooks(name), Out: &out, Err: &out,
		Environ: func(string) (string, bool) { return "", false },
	}
	if result, err := suite.Run(t.Context()); result.ExitCode != s.code {
		t.Fatalf("exit code %d, want %d: %v\n%s", result.ExitCode, s.code, err, out.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
