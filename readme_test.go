package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/steps"
)

const (
	phrasesBegin = "<!-- phrases: written by `harken steps --format markdown` -->\n"
	phrasesEnd   = "<!-- end of phrases -->"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReadmeListsThePhrasesThatThereAre(t *testing.T) {
	var want strings.Builder
	if err := steps.All().Markdown(&want); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(readme(t), phrasesBegin)
	got, _, found := strings.Cut(rest, phrasesEnd)
	if !found || got != want.String() {
		t.Errorf("README.md: between the marks stands\n%s\nput there what `go run . steps --format markdown` prints:\n%s", got, want.String())
	}
}

func TestTheReadmeShowsCommandsAndFlagsThatThereAre(t *testing.T) {
	lines := regexp.MustCompile("(?m)^ *(?:\\$ )?go run \\. ([^#\n]+)").FindAllStringSubmatch(readme(t), -1)
	if len(lines) < 5 {
		t.Fatalf("found %d command lines in README.md, want at least 5", len(lines))
	}
	for _, line := range lines {
		tryCommand(t, strings.TrimSpace(line[1]))
	}
}

func TestEveryCommandHasHelpWithAnExampleThatWorks(t *testing.T) {
	all := command(new(int), nil).Commands()
	for i := 0; i < len(all); i++ {
		cmd := all[i]
		all = append(all, cmd.Commands()...)
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s: has no description or no example", cmd.CommandPath())
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			tryCommand(t, strings.TrimPrefix(strings.TrimSpace(line), "harken "))
		}
	}
}

// tryCommand parses a command line without running it.
func tryCommand(t *testing.T, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " > ")
	var args []string
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		args = append(args, strings.Trim(word, `"`))
	}
	var cmd *cobra.Command
	cmd, rest, err := command(new(int), nil).Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("harken %s: %v", line, err)
	}
}

func TestTheReadmeNamesMakeTargetsThatThereAre(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("(?m)^    make ([a-z]+)").FindAllStringSubmatch(readme(t), -1)
	if len(named) < 4 {
		t.Fatalf("found %d make targets in README.md, want at least 4", len(named))
	}
	for _, m := range named {
		if !strings.Contains(string(makefile), "\n"+m[1]+":") {
			t.Errorf("README.md names `make %s`, and the Makefile has no such target", m[1])
		}
	}
	ci, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	const all = "make check test conformance browser aws lab mutants fuzz"
	if !strings.Contains(readme(t), all) || !strings.Contains(string(ci), all) {
		t.Errorf("README.md and .ci/run do not both say %q", all)
	}
}

// The module of its own is shown in README as it stands.
func TestTheReadmeShowsTheLibrarysOwnCode(t *testing.T) {
	source, err := os.ReadFile("support/run/testdata/library/suite_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) != 2 {
		t.Fatalf("README.md has %d blocks of Go, want 2", len(blocks))
	}
	flat := strings.Join(strings.Fields(string(source)), " ")
	for _, b := range blocks {
		for _, line := range strings.Split(b[1], "\n") {
			if line = strings.Join(strings.Fields(line), " "); !strings.Contains(flat, line) {
				t.Errorf("README.md shows a line that the module does not have: %s", line)
			}
		}
	}
}

func TestTheReadmeNamesFoldersThatThereAre(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("README.md links to %s: %v", m[1], err)
		}
	}
}
