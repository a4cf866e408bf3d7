package vocabulary

import "strings"

// Phrase is one sentence of a vocabulary.
type Phrase struct {
	Text    string `json:"phrase"`  // [optional parts], (one|or another)
	Means   string `json:"means"`   // a sentence
	Example string `json:"example"` // as it stands in a feature, with what is below it
}

// Forms returns the sentences that the phrase stands for: with and without each optional part, with each alternative.
func (p Phrase) Forms() []string {
	forms := []string{""}
	for rest := p.Text; rest != ""; {
		plain, after, choices := nextChoice(rest)
		var longer []string
		for _, f := range forms {
			for _, c := range choices {
				longer = append(longer, f+plain+c)
			}
		}
		forms, rest = longer, after
	}
	return forms
}

// nextChoice takes the text up to the first group off a phrase, and what may stand in the place of the group. The space
// before an optional part goes with it.
func nextChoice(text string) (plain, rest string, choices []string) {
	open := strings.IndexAny(text, "[(")
	if open < 0 {
		return text, "", []string{""}
	}
	plain, group := text[:open], text[open+1:]
	if text[open] == '(' {
		group, rest, _ = strings.Cut(group, ")")
		return plain, rest, strings.Split(group, "|")
	}
	group, rest, _ = strings.Cut(group, "]")
	plain, found := strings.CutSuffix(plain, " ")
	if found {
		group = " " + group
	}
	return plain, rest, []string{"", group}
}
