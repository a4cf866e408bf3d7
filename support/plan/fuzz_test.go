package plan

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
)

// fuzzed are definitions with all that a feature may name.
func fuzzed() engine.Definitions {
	both := harness.Traits{Produce: true, Listen: true}
	at := func(name string, traits harness.Traits) engine.Channel {
		return engine.Channel{Name: name, URL: &url.URL{Scheme: "memory", Host: name}, Traits: traits}
	}
	return engine.Definitions{
		Channels: map[string]engine.Channel{
			"c":     at("c", both),
			"in":    at("in", harness.Traits{Produce: true}),
			"state": at("state", harness.Traits{Listen: true, State: true, Keyed: true}),
		},
		Events: map[string]engine.Event{
			"x": {Name: "x", Channel: "c", Template: []byte(`{"id": "${id}", "n": 1, "l": [{"a": "b"}]}`)},
			"y": {Name: "y", Channel: "c", Root: "$.data", Is: []pattern.Row{{Path: "key", Cell: "k"}}},
			"s": {Name: "s", Channel: "state"},
		},
		Subsystems: map[string]engine.Subsystem{"s": {Name: "s", Outputs: []string{"c"}}},
		Commands: map[string]engine.Command{"go": {Name: "go", Run: []string{"go", "${n}"}, Names: []string{"n"},
			Expand: func(values map[string]string) (run, env []string, err error) {
				return []string{"go", values["n"]}, nil, nil
			}}},
		SLA: 1,
	}
}

// FuzzAFeatureIsPlannedOrRefused makes a dry run of whatever Gherkin takes: tables, doc strings, outlines, with steps
// that name what there is. What has nothing wrong with it must expect something.
func FuzzAFeatureIsPlannedOrRefused(f *testing.F) {
	for _, text := range manyShapes {
		f.Add(text)
	}
	r := NewDryRun(fuzzed(), steps.All(), nil)
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "a.feature")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Read([]string{file}, "", r)
		if err != nil {
			t.Fatal(err)
		}
		problems := p.Problems()
		for _, problem := range problems {
			if problem.Text == "" || problem.File != file {
				t.Errorf("got %+v, want a text, and the file %s", problem, file)
			}
			if last := p.Files[0].lines; problem.Line > last && last > 0 {
				t.Errorf("got %+v, want a line up to %d", problem, last)
			}
		}
		for _, s := range p.Files[0].Scenarios {
			if len(problems) == 0 && len(s.Listens) == 0 {
				t.Errorf("%s: got no problem, want one: it passes whatever comes", s.Name)
			}
		}
	})
}
