package session

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestAllSyntaxErrorsOfAllFilesAreTold(t *testing.T) {
	b := lay(t, ordersYML, map[string]string{
		"features/a.feature": "Feature: A\n  Scenario: s\n    Given x\n    Whenever it rains\n  Scenari: t\n",
		"features/b.feature": "Feature: B\n  Scenario: s\n    Given a table:\n      | a | b |\n      | a |\n",
		"features/c.feature": "Feature: C\n  Scenario: s\n    Given a text:\n      \"\"\"\n      never closed\n",
		"features/d.feature": "No feature\n",
		"features/e.feature": "# language: xx\nFeature: E\n",
	})
	b.run(t, ExitUsage)
	for _, want := range []string{
		"features/a.feature:4: expected Rule:, Scenario:, Examples:, a step, a table row, \"\"\", a tag, got: Whenever it rains\n",
		"features/a.feature:5: expected Rule:, Scenario:, Examples:, a step, a table row, \"\"\", a tag, got: Scenari: t\n",
		"features/b.feature:5: inconsistent cell count within the table\n",
		"features/c.feature:6: unexpected end of file, expected \"\"\"\n",
		"features/d.feature:1: expected Feature:, a tag, got: No feature\n",
		"features/e.feature:1: Language not supported: xx\n",
	} {
		if !strings.Contains("\n"+b.relative(b.err.String()), "\n"+want) {
			t.Errorf("it does not say %q:\n%s", want, b.relative(b.err.String()))
		}
	}
}

func TestAPathThatIsNotThereIsAnError(t *testing.T) {
	b := feature(t, shippedFeature)
	b.Paths = []string{filepath.Join(b.dir, "features/b.feature")}
	b.run(t, ExitUsage)
	if got, want := b.relative(b.err.String()), "no feature file or folder \"features/b.feature\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Gherkin reads what does not begin with a keyword as prose where prose may stand.
func TestAStepThatIsTakenForProseIsTold(t *testing.T) {
	b := lay(t, ordersYML, map[string]string{"features/a.feature": `Feature: Shipping
  When goods are ordered, they are shipped.

  Scenaro: misspelt
    When an "order placed" event is produced

  Background:
    Givn the subsystem "fulfilment"

  Scenario: s
    Wen an "order placed" event is produced
    Then nothing appears on "orders"

  Rule: r
    The same event is produced again
    Scenario Outline: o
      When an "order placed" event is produced
      Examples:
        As nothing appears
        | a |
        | 1 |
`})
	const said = "this line is taken for a description and not for a step: is its keyword misspelt, or that of the scenario it belongs to?"
	var want []string
	for _, line := range []string{
		`5: ` + said + "\n" + `  When an "order placed" event is produced`,
		`8: ` + said + "\n" + `  Givn the subsystem "fulfilment"`,
		`11: ` + said + "\n" + `  Wen an "order placed" event is produced`,
		`19: ` + said + "\n" + `  As nothing appears`,
	} {
		want = append(want, "features/a.feature:"+line)
	}
	b.run(t, ExitUsage)
	for _, w := range want {
		if !strings.Contains(b.relative(b.err.String()), w) {
			t.Errorf("it does not say %q", w)
		}
	}
	if n := strings.Count(b.err.String(), said); n != len(want) {
		t.Errorf("%d lines are told, want %d:\n%s", n, len(want), b.relative(b.err.String()))
	}
}

func TestTagsOfTheSuiteAndOfTheCommandBothHold(t *testing.T) {
	for _, c := range [][3]string{{"", "", ""}, {"@a", "", "@a"}, {" ", "@b", " @b"}, {"@a or @b", "@c", "(@a or @b) and (@c)"}} {
		if got := both(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q: got %q", c[0], c[1], got)
		}
	}
}
