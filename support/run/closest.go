// Finding the phrase that the author of an undefined step had in mind.

package run

import (
	"regexp"
	"strings"
)

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	optional = regexp.MustCompile(`\s*\[[^\]]*\]`)
	clause   = regexp.MustCompile(` (?:on "[^"]*"|for "[^"]*"|as "[^"]*"|within (?:its SLA|[0-9.]+ ?[a-z]+)|with:)`)
	numbers  = regexp.MustCompile(`\b\d+\b`)
	noun     = regexp.MustCompile(`\b(?:event|message|file|record|row)s?\b`)
	spaces   = regexp.MustCompile(`\s+`)
)

// plain reduces a step or phrase to the words that make it that phrase.
func plain(text string) string {
	text = clause.ReplaceAllString(text, "")
	text = noun.ReplaceAllString(quoted.ReplaceAllString(text, "X"), "")
	text = numbers.ReplaceAllString(text, "N")
	return strings.TrimSpace(strings.TrimSuffix(spaces.ReplaceAllString(text, " "), ":"))
}

// plainForms returns the forms of a phrase without its optional parts, one for each alternative.
func plainForms(phrase string) []string {
	phrase = optional.ReplaceAllString(phrase, "")
	forms := []string{""}
	for _, word := range strings.Fields(phrase) {
		var next []string
		for _, alternative := range alternatives(word) {
			for _, f := range forms {
				next = append(next, f+" "+alternative)
			}
		}
		forms = next
	}
	for i, f := range forms {
		forms[i] = plain(f)
	}
	return forms
}

// alternatives splits at bars, but not inside of quotes.
func alternatives(word string) []string {
	return strings.Split(word, "|")
}

// order is the order in which the optional parts of a phrase stand.
var order = []string{"on", "for", "within", "as", "with"}

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
