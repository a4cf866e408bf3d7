// Steps that Gherkin takes for prose: what follows a misspelt "Scenario:", or a first step whose keyword is misspelt,
// is a description, and would be passed over without a word.

package plan

import (
	"strings"

	messages "github.com/cucumber/messages/go/v21"
)

// stepsInDescriptions returns a problem for each line of a description that is a step but for its first word.
func (r *DryRun) stepsInDescriptions(path string, content []byte, doc *messages.GherkinDocument) (problems []Problem) {
	source := strings.Split(string(content), "\n")
	eachDescription(doc, func(text string, after *messages.Location) {
		at := int(after.Line) // the line behind, counted from 0
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			for at < len(source) && strings.TrimSpace(source[at]) != line {
				at++
			}
			at++
			_, step, _ := strings.Cut(line, " ")
			if r.known(strings.TrimSpace(step)) {
				problems = append(problems, Problem{File: path, Line: at,
					Text: "this line is taken for a description and not for a step: is its keyword misspelt, or that of the " +
						"scenario it belongs to?\n  " + line})
			}
		}
	})
	return problems
}

// known says whether a phrase matches.
func (r *DryRun) known(step string) bool {
	for _, d := range r.definitions {
		if d.pattern.MatchString(step) {
			return true
		}
	}
	return false
}

// eachDescription calls found with every description and the place of what it describes.
func eachDescription(doc *messages.GherkinDocument, found func(text string, after *messages.Location)) {
	if doc.Feature == nil {
		return
	}
	one := func(b *messages.Background, s *messages.Scenario) {
		if b != nil {
			found(b.Description, b.Location)
		}
		if s == nil {
			return
		}
		found(s.Description, s.Location)
		for _, e := range s.Examples {
			found(e.Description, e.Location)
		}
	}
	found(doc.Feature.Description, doc.Feature.Location)
	for _, child := range doc.Feature.Children {
		one(child.Background, child.Scenario)
		if child.Rule != nil {
			found(child.Rule.Description, child.Rule.Location)
			for _, inner := range child.Rule.Children {
				one(inner.Background, inner.Scenario)
			}
		}
	}
}
