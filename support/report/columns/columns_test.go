package columns_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/harken-bdd/harken/support/report/columns"
)

func TestALineIsAsWideAsATerminalShowsItAtMost(t *testing.T) {
	for _, c := range []struct {
		line string
		want int
		why  string
	}{
		{"", 0, "nothing"},
		{"abc", 3, "a column a letter"},
		{"größe", 5, "letters, not bytes"},
		{"e\u0301", 1, "an accent goes onto its letter"},
		{"注文", 4, "wide letters"},
		{"🙂", 2, "an emoji"},
		{"❤\ufe0f", 2, "a letter shown as a picture"},
		{"👩\u200d🚀", 4, "two signs that a terminal may show as one"},
		{"שלום", 4, "right to left"},
		{"\x1b[31mno\x1b[0m", 2, "colours take no room"},
		{"\xff", 1, "a byte that is no text"},
	} {
		if got := columns.Width(c.line); got != c.want {
			t.Errorf("%q: got %d, want %d: %s", c.line, got, c.want, c.why)
		}
	}
}

func TestALineIsCutToItsColumns(t *testing.T) {
	for _, c := range []struct {
		line    string
		columns int
		want    string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "abcd…"},
		{"abcdef", 1, "…"},
		{"abcdef", 0, ""},
		{"abcdef", -1, ""},
		{"größe", 5, "größe"},
		{"注文注文", 8, "注文注文"},
		{"注文注文", 7, "注文注…"},
		{"注文注文", 6, "注文…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"\xff\xff\xff", 2, "\xff…"},
	} {
		if got := columns.Cut(c.line, c.columns); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.line, c.columns, got, c.want)
		}
	}
}

func TestALineIsWrappedBetweenWords(t *testing.T) {
	for _, c := range []struct {
		line    string
		columns int
		want    string
		why     string
	}{
		{"one two three four five", 24, "one two three four five", "it goes in"},
		{"one two three four fives", 23, "one two three four\n  fives", "one letter too many"},
		{"one two three four   five six", 23, "one two three four\n  five six",
			"no line begins or ends with the space between words"},
		{"  one two three four five", 22, "  one two three four\n  five",
			"what a line begins with is not where it is broken"},
		{"one " + strings.Repeat("x", 25) + " two", 22, "one " + strings.Repeat("x", 18) + "\n  xxxxxxx two",
			"a word that is too long for any line is begun at once"},
		{"one two three four y  " + strings.Repeat("x", 25), 22,
			"one two three four y\n  " + strings.Repeat("x", 20) + "\n  xxxxx", "... but not behind the last column"},
		{"one two three " + strings.Repeat("x", 19), 22, "one two three\n  " + strings.Repeat("x", 19),
			"another one gets a line of its own"},
		{strings.Repeat("注", 15), 22, strings.Repeat("注", 11) + "\n  " + strings.Repeat("注", 4), "wide letters"},
		{"\x1b[31mone\x1b[0m two three four five", 23, "\x1b[31mone\x1b[0m two three four five", "colours take no room"},
		{"one two three four five", 21, "one two three four five", "too few columns"},
	} {
		if got := columns.Wrap(c.line, c.columns, "  "); got != c.want {
			t.Errorf("%q to %d: got\n%s\nwant\n%s\n%s", c.line, c.columns, got, c.want, c.why)
		}
	}
}

func FuzzWhatIsFittedTakesNoMoreColumnsThanThereAre(f *testing.F) {
	f.Add("produced  +0.01s  order placed {\"name\":\"注文\"}  e\u0301", 40)
	f.Add("\x1b[31m✗\x1b[0m a word-that-is-longer-than-any-line-of-the-terminal could be", 22)
	f.Add("\xff\xfe \xff", 3)
	f.Fuzz(func(t *testing.T, line string, n int) {
		line = strings.ReplaceAll(line, "\n", " ")
		n = min(max(n, 0), 200)
		if got := columns.Width(columns.Cut(line, n)); got > n {
			t.Errorf("cut: got %d columns, want at most %d", got, n)
		}
		if n < 22 {
			return
		}
		for _, part := range strings.Split(columns.Wrap(line, n, "  "), "\n") {
			if got := columns.Width(part); got > n && !strings.Contains(line, "\x1b") {
				t.Errorf("wrapped: got a line of %d columns, want at most %d: %q", got, n, part)
			}
		}
		squeeze := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if utf8.ValidString(line) && squeeze(columns.Wrap(line, n, "  ")) != squeeze(line) {
			t.Errorf("wrapped to %d: got something lost, want all of %q", n, line)
		}
	})
}
