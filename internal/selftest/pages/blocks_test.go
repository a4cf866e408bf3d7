package pages_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/config"
)

// patterns are those of all phrases.
type patterns []*regexp.Regexp

func (p *patterns) Step(pattern, _ any) {
	if text, ok := pattern.(string); ok {
		*p = append(*p, regexp.MustCompile(text))
	}
}
func (p *patterns) Given(pattern, function any) { p.Step(pattern, function) }
func (p *patterns) When(pattern, function any)  { p.Step(pattern, function) }
func (p *patterns) Then(pattern, function any)  { p.Step(pattern, function) }

func TestEveryStepThatIsShownIsOnePhrase(t *testing.T) {
	var known patterns
	steps.All().Register(&known)
	shown := 0
	for _, b := range in(t, "gherkin") {
		if strings.HasPrefix(b.Mark, "from "+module) { // which has phrases of its own, and is run
			continue
		}
		text := b.Text()
		if !strings.HasPrefix(text, "Feature:") {
			text = "Feature: shown\n" + text
		}
		ids := &messages.Incrementing{}
		doc, err := gherkin.ParseGherkinDocument(strings.NewReader(text), ids.NewId)
		if err != nil {
			t.Errorf("%s:%d: %v", b.Page, b.Line, err)
			continue
		}
		for _, scenario := range gherkin.Pickles(*doc, b.Page, ids.NewId) {
			for _, step := range scenario.Steps {
				shown++
				matched := 0
				for _, p := range known {
					if p.MatchString(step.Text) {
						matched++
					}
				}
				if matched != 1 {
					t.Errorf("%s:%d: got %d phrases for %q, want one", b.Page, b.Line, matched, step.Text)
				}
			}
		}
	}
	if shown < 10 {
		t.Errorf("got %d steps, want at least 10: are they found?", shown)
	}
}

// What is shown of a godog.yml may name what only the rest of it has.
func TestEveryGodogYmlThatIsShownIsRead(t *testing.T) {
	for _, b := range in(t, "yaml") {
		file := filepath.Join(t.TempDir(), "godog.yml")
		if err := os.WriteFile(file, []byte(b.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(file, "", os.LookupEnv)
		invalid := (*config.Invalid)(nil)
		if err != nil && !errors.As(err, &invalid) {
			t.Errorf("%s:%d: %v", b.Page, b.Line, err)
			continue
		}
		if invalid == nil {
			continue
		}
		for _, p := range invalid.Problems {
			if !strings.Contains(p.Text, `no channel "`) && !strings.Contains(p.Text, "has no url") {
				t.Errorf("%s:%d: %s", b.Page, b.Line+p.Line-1, p.Text)
			}
		}
	}
}

func TestEveryJSONThatIsShownIsJSON(t *testing.T) {
	for _, b := range in(t, "json") {
		if !json.Valid([]byte(b.Text())) {
			t.Errorf("%s:%d: it is no JSON", b.Page, b.Line)
		}
	}
}

// Go is shown as it stands in a file: in the one that the comment before it names, or else in the module of an
// engineer's own.
func TestTheGoThatIsShownStandsInAFile(t *testing.T) {
	for _, b := range in(t, "go") {
		files := []string{"support/run/testdata/library/*.go", "support/run/testdata/library/*/*.go"}
		if named, ok := strings.CutPrefix(b.Mark, "from "); ok {
			files = []string{named}
		}
		var source strings.Builder
		for _, pattern := range files {
			found, err := filepath.Glob(checkout.Path(t, pattern))
			if err != nil || len(found) == 0 {
				t.Errorf("%s:%d: there is no file %s", b.Page, b.Line, pattern)
			}
			for _, file := range found {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				source.WriteString(strings.Join(strings.Fields(string(text)), " ") + "\n")
			}
		}
		for i, line := range b.Lines {
			if flat := strings.Join(strings.Fields(line), " "); !strings.Contains(source.String(), flat) {
				t.Errorf("%s:%d: %q stands in none of %v", b.Page, b.Line+i, flat, files)
			}
		}
	}
}

// What is said to be from a suite is there as it is shown.
func TestWhatIsShownOfASuiteStandsThere(t *testing.T) {
	for _, language := range []string{"yaml", "gherkin"} {
		for _, b := range in(t, language) {
			named, ok := strings.CutPrefix(b.Mark, "from features/")
			if !ok {
				continue
			}
			text, err := os.ReadFile(checkout.Path(t, "features/"+named))
			if err != nil {
				t.Errorf("%s:%d: %v", b.Page, b.Line, err)
				continue
			}
			for i, line := range b.Lines {
				if !strings.Contains("\n"+string(text), "\n"+line+"\n") {
					t.Errorf("%s:%d: %q does not stand in features/%s", b.Page, b.Line+i, line, named)
				}
			}
		}
	}
}

// What reports.md says of the JSON report is written by package report.
func TestTheKeysOfTheJSONReportThatAreShownAreWritten(t *testing.T) {
	files, err := filepath.Glob(checkout.Path(t, "support/report/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	keys := 0
	for _, line := range strings.Split(open(t, "docs/reports.md").Section("### Harken's JSON"), "\n") {
		for _, span := range codeSpan.FindAllString(line, -1) {
			keys++
			key := strings.TrimPrefix(strings.Trim(span, "`"), "scenarios[].")
			if !regexp.MustCompile(`json:"` + regexp.QuoteMeta(key) + `[",]`).MatchString(source.String()) {
				t.Errorf("docs/reports.md names the key %s, and package report writes none", key)
			}
		}
	}
	if keys < 20 {
		t.Errorf("got %d keys, want at least 20: are they found?", keys)
	}
}
