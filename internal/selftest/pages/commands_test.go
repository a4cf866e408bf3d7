package pages_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/pages"
)

func commands(t *testing.T) (found []pages.Command) {
	t.Helper()
	for _, p := range all(t) {
		found = append(found, p.Commands()...)
	}
	return found
}

func TestEveryTargetOfMakeThatIsShownIsThere(t *testing.T) {
	makefile := checkout.Text(t, "Makefile")
	targets := 0
	for _, c := range commands(t) {
		if !strings.HasPrefix(c.Text, "make ") {
			continue
		}
		for _, word := range c.Words()[1:] {
			variable, _, set := strings.Cut(word, "=")
			targets++
			switch {
			case set && !strings.Contains(makefile, "$("+variable+")"):
				t.Errorf("%s:%d: %s: the Makefile knows no %s", c.Page, c.Line, c.Text, variable)
			case !set && !strings.Contains(makefile, "\n"+word+":"):
				t.Errorf("%s:%d: %s: the Makefile has no target %s", c.Page, c.Line, c.Text, word)
			}
		}
	}
	if targets < 5 {
		t.Errorf("got %d targets, want at least 5: are they found?", targets)
	}
}

// What continuous integration runs stands in a page as it is.
func TestThePagesSayWhatContinuousIntegrationRuns(t *testing.T) {
	ci := checkout.Text(t, ".ci/run")
	what := regexp.MustCompile("`(make check [a-z ]+)`").FindStringSubmatch(ci)
	if what == nil {
		t.Fatal(".ci/run does not say what it runs")
	}
	for _, c := range commands(t) {
		if c.Text == what[1] {
			return
		}
	}
	t.Errorf("no page says that .ci/run runs `%s`", what[1])
}

// A feature that a command line names is there.
func TestEveryFeatureThatACommandLineNamesIsThere(t *testing.T) {
	line := regexp.MustCompile(`:\d+$`)
	for _, c := range commands(t) {
		for _, word := range c.Words() {
			if !strings.HasPrefix(word, "features/") {
				continue
			}
			if _, err := os.Stat(checkout.Path(t, line.ReplaceAllString(word, ""))); err != nil {
				t.Errorf("%s:%d: %s: %v", c.Page, c.Line, c.Text, err)
			}
		}
	}
}

// A folder that a command line of go names is there.
func TestEveryFolderThatACommandLineOfGoNamesIsThere(t *testing.T) {
	folders := 0
	for _, c := range commands(t) {
		if !strings.HasPrefix(c.Text, "go ") {
			continue
		}
		for _, word := range c.Words() {
			if !strings.HasPrefix(word, "./") {
				continue
			}
			folders++
			if _, err := os.Stat(checkout.Path(t, strings.TrimSuffix(word, "..."))); err != nil {
				t.Errorf("%s:%d: %s: %v", c.Page, c.Line, c.Text, err)
			}
		}
	}
	if folders == 0 {
		t.Error("got no folder, want some: are they found?")
	}
}
