// Finding the phrase that the author of an undefined step had in mind.

package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/vocabulary"
)

var (
	quoted  = regexp.MustCompile(`"[^"]*"`)
	clause  = regexp.MustCompile(` (?:on "[^"]*"|for "[^"]*"|as "[^"]*"|at [0-9.]+ per [a-z]+|in this order|after [0-9.]+ ?[a-z]+|within (?:its SLA|[0-9.]+ ?[a-z]+)|between [0-9.]+ ?[a-z]+ and [0-9.]+ ?[a-z]+|with:)`)
	numbers = regexp.MustCompile(`\b\d+\b`)
	noun    = regexp.MustCompile(`\b(?:event|message|file|record|row)s?\b`)
	spaces  = regexp.MustCompile(`\s+`)
)

// plain reduces a step or phrase to the words that make it that phrase.
func plain(text string) string {
	text = clause.ReplaceAllString(text, "")
	text = noun.ReplaceAllString(quoted.ReplaceAllString(text, "X"), "")
	text = numbers.ReplaceAllString(text, "N")
	return strings.TrimSpace(strings.TrimSuffix(spaces.ReplaceAllString(text, " "), ":"))
}

// plainForms returns the phrases by what their forms are reduced to.
func plainForms(phrases []vocabulary.Phrase) map[string]string {
	forms := make(map[string]string)
	for _, p := range phrases {
		for _, f := range p.Forms() {
			forms[plain(f)] = p.Text
		}
	}
	return forms
}

// nearest returns the form that was probably meant, or "": one that is a slip of the hand away, else the one that
// shares the most words, if these are at least half.
func nearest(text string, forms []string) string {
	if near := name.Nearest(text, forms); near != "" {
		return near
	}
	slices.Sort(forms)
	best, most := "", 0.5
	for _, f := range forms {
		if o := overlap(strings.Fields(text), strings.Fields(f)); o > most || o == most && best == "" {
			best, most = f, o
		}
	}
	return best
}

// overlap returns which part of all the words of a and b are in both.
func overlap(a, b []string) float64 {
	shared := 0
	for _, word := range a {
		if slices.Contains(b, word) {
			shared++
		}
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}

// order is the order in which the optional parts of a phrase stand.
var order = []string{"on", "for", "at", "in", "after", "within", "between", "as", "with"}

// rightOrder returns the step with its optional parts in the order in which some phrase takes them, or "".
func rightOrder(text string, definitions []definition) string {
	parts := clause.FindAllString(text, -1)
	if len(parts) < 2 {
		return ""
	}
	right := clause.ReplaceAllString(text, "")
	colon := strings.HasSuffix(right, ":")
	right = strings.TrimSuffix(right, ":")
	for _, o := range order {
		for _, p := range parts {
			if word := strings.TrimSuffix(strings.Fields(p)[0], ":"); word == o {
				right += p
			}
		}
	}
	if colon {
		right += ":"
	}
	for _, d := range definitions {
		if right != text && d.pattern.MatchString(right) {
			return right
		}
	}
	return ""
}
