package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documented writes the documentation and returns its overview.
func (b *bench) documented(t *testing.T, results string, missing bool, code int) string {
	t.Helper()
	dir := filepath.Join(b.dir, "public")
	if got := b.Document(dir, results, missing); got != code {
		t.Errorf("exit code %d, want %d\n%s", got, code, b.err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil && code == ExitPassed {
		t.Error(err)
	}
	return string(page)
}

func TestDocumentationShowsTheResultsOfARunWhereTheyAreThisSuites(t *testing.T) {
	b := feature(t, shippedFeature)
	results := filepath.Join(b.dir, "run.json")
	if page := b.documented(t, results, true, ExitPassed); !strings.Contains(page, "nothing is proved yet") {
		t.Errorf("without a run it says\n%s", page)
	}
	b.documented(t, results, false, ExitUsage)
	b.result(t, ExitPassed)
	if page := b.documented(t, results, false, ExitPassed); !strings.Contains(page, "The one scenario is proved") {
		t.Errorf("after a run it says\n%s", page)
	}
	b.write(t, "godog.yml", strings.Replace(ordersYML, "suite: Orders", "suite: Others", 1))
	if page := b.documented(t, results, false, ExitPassed); !strings.Contains(page, "nothing is proved yet") || !strings.Contains(b.err.String(), `those of the suite "Orders", and not of "Others"`) {
		t.Errorf("with another suite's results it says\n%s\n%s", page, b.err)
	}
	b.write(t, "godog.yml", ordersYML)
	b.write(t, "features/a.feature", strings.Replace(shippedFeature, "is shipped", "is sent", 1))
	if page := b.documented(t, results, false, ExitPassed); strings.Contains(page, "The one scenario is proved") || !strings.Contains(b.err.String(), "results left out: 1; ") {
		t.Errorf("of a scenario that was renamed it says\n%s\n%s", page, b.err)
	}
}

func TestAFeatureThatIsWrongIsDocumentedAsFarAsItGoes(t *testing.T) {
	b := feature(t, shippedFeature+"\n  Scenario: not written\n    When the moon is full\n")
	if page := b.documented(t, "none", true, ExitPassed); !strings.Contains(page, "2 scenarios") {
		t.Errorf("it says\n%s", page)
	}
	b.write(t, "features/b.feature", "Feature: B\n  Scenario: s\n    Given all\n    oops\n")
	b.documented(t, "none", true, ExitUsage)
	if !strings.Contains(b.err.String(), "features/b.feature:4") {
		t.Errorf("it says %s", b.err)
	}
}
