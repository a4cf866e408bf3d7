package session

import (
	"strings"
	"testing"
)

const soundFeature = "Feature: F\n  Scenario: s\n    When an \"order placed\" event is produced\n    Then nothing appears\n" + used

// What the parser gives up on without a word, or would leave out without one.
func TestAFileThatCannotBeReadAsItIsMeantIsSaid(t *testing.T) {
	const outline = "  Scenario Outline: o\n    When an \"order placed\" event is produced with:\n      | sku | <sku> |\n    Then nothing appears\n"
	for _, c := range []struct{ name, content, want string }{
		{"nothing is wrong", soundFeature, ""},
		{"a byte order mark", "\ufeff" + soundFeature, "features/a.feature:1: the file begins with a byte order mark (save it as UTF-8 without one)"},
		{"UTF-16", "\xff\xfeF\x00e\x00", "features/a.feature:1: the file is not UTF-8 (save it as UTF-8)"},
		{"a line that the parser cannot take", soundFeature + "  # " + strings.Repeat("x", 70_000) + "\n",
			"features/a.feature:10: the line is longer than 65000 bytes (put the text into a template)"},
		{"the longest line that it can", soundFeature + "  # " + strings.Repeat("x", 65_000-4) + "\n", ""},
		{"Examples without a row", soundFeature + outline + "\n    Examples:\n      | sku |\n",
			`features/a.feature:10: the Examples of "o" have no row, so nothing of it would run`},
		{"an outline without Examples", soundFeature + strings.ReplaceAll(outline, "<sku>", "SKU-1"),
			`features/a.feature:10: the Examples of "o" have no row, so nothing of it would run`},
		{"the same in a rule", soundFeature + "\n  Rule: r\n" + outline + "    Examples:\n      | sku |\n",
			`features/a.feature:12: the Examples of "o" have no row, so nothing of it would run`},
		{"one of two Examples without a row", soundFeature + outline + "    Examples:\n      | sku |\n    Examples:\n      | sku |\n      | SKU-1 |\n", ""},
		{"no scenario", "Feature: F\n", "features/a.feature: no scenario is in the file"},
		{"nothing at all", "", "features/a.feature: no scenario is in the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"features/a.feature": c.content, "features/b.feature": soundFeature}
			if got := lay(t, ordersYML, files).found(t); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestALineBehindTheEndOfAFileChoosesNothing(t *testing.T) {
	b := lay(t, ordersYML, map[string]string{"features/a.feature": soundFeature})
	b.Paths = []string{b.dir + "/features/a.feature:999"}
	b.run(t, ExitUsage)
	if want := "no scenario is chosen"; !strings.Contains(b.err.String(), want) {
		t.Errorf("it does not say %q: %s", want, b.err)
	}
}
