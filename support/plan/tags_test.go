package plan

import (
	"strings"
	"testing"
)

func TestATagExpressionChoosesAsCucumberSays(t *testing.T) {
	for _, c := range []struct {
		expression, tags string
		want             bool
	}{
		{"", "", true},
		{" ", "@a", true},
		{"@a", "@a @b", true},
		{"@a", "@ab", false},
		{"not @a", "", true},
		{"not @a", "@a", false},
		{"not not @a", "@a", true},
		{"@a and @b", "@a", false},
		{"@a and @b", "@b @a", true},
		{"@a or @b", "@b", true},
		{"@a or @b and @c", "@a", true}, // "and" binds closer
		{"@a or @b and @c", "@b", false},
		{"(@a or @b) and @c", "@a", false},
		{"(@a or @b)and(@c)", "@a @c", true},
		{"not @a or @b", "@a @b", true}, // "not" binds closest
		{"not (@a or @b)", "@b", false},
		{"not @a and not @b", "", true},
		{"@a-b.c:1", "@a-b.c:1", true},
	} {
		e, err := parseTags(c.expression)
		if err != nil {
			t.Errorf("%q: got %v, want no error", c.expression, err)
			continue
		}
		if got := e(strings.Fields(c.tags)); got != c.want {
			t.Errorf("%q of %q: got %t, want %t", c.expression, c.tags, got, c.want)
		}
	}
}

func TestAWrongTagExpressionIsExplained(t *testing.T) {
	const hint = " (write @a and not @b, @a or @b)"
	for expression, want := range map[string]string{
		"@a and":                    "a tag is missing at the end",
		"and @a":                    `a tag begins with @, and "and" does not look like one`,
		"(@a":                       "a ) is missing",
		"@a)":                       `")" is not expected there`,
		"@a @b":                     `"@b" is not expected there`,
		"smoke":                     `a tag begins with @, and "smoke" does not look like one`,
		"@":                         `a tag begins with @, and "@" does not look like one`,
		"()":                        `a tag begins with @, and ")" does not look like one`,
		"~@a":                       `a tag begins with @, and "~@a" does not look like one` + hint,
		"@a && @b":                  `"&&" is not expected there` + hint,
		"@a&&@b":                    `a tag begins with @, and "@a&&@b" does not look like one` + hint,
		"@a,@b":                     `a tag begins with @, and "@a,@b" does not look like one` + hint,
		strings.Repeat("(", 4000):   "a tag is missing at the end",
		strings.Repeat("not ", 999): "a tag is missing at the end",
	} {
		_, err := parseTags(expression)
		if want := `tag expression "` + expression + `": ` + want; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, err := parseTags(strings.Repeat("(", 5000))
	if want := "tag expression: longer than 4096 letters"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
