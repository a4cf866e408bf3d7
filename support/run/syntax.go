// The parser's errors, in words.

package run

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	syntaxLine = regexp.MustCompile(`(?m)^\((\d{1,9}):\d+\): (.*)$`)
	unexpected = regexp.MustCompile(`^(.*)expected: (#[^']*?)(?:, got '(.*)')?$`)
)

// syntaxProblems takes the parser's message apart: it tells all errors of a file, each with its place.
func syntaxProblems(path string, err error) []Problem {
	var all []Problem
	for _, m := range syntaxLine.FindAllStringSubmatch(err.Error(), -1) {
		line, _ := strconv.Atoi(m[1]) // digits
		all = append(all, Problem{File: path, Line: line, Text: inWords(m[2])})
	}
	if len(all) == 0 {
		all = []Problem{{File: path, Text: err.Error()}}
	}
	return all
}

// tokens are what the parser may expect, as an author knows it. What is always possible is not among them.
var tokens = []struct{ name, words string }{
	{"#FeatureLine", "Feature:"}, {"#BackgroundLine", "Background:"}, {"#RuleLine", "Rule:"}, {"#ScenarioLine", "Scenario:"},
	{"#ExamplesLine", "Examples:"}, {"#StepLine", "a step"}, {"#TableRow", "a table row"}, {"#DocStringSeparator", `"""`},
	{"#TagLine", "a tag"},
}

// inWords says what the parser expected and got.
func inWords(message string) string {
	m := unexpected.FindStringSubmatch(message)
	if m == nil {
		return message
	}
	var expected []string
	for _, t := range tokens {
		if strings.Contains(m[2], t.name) {
			expected = append(expected, t.words)
		}
	}
	text := m[1] + "expected " + strings.Join(expected, ", ")
	if got := strings.TrimSpace(m[3]); got != "" {
		text += ", got: " + got
	}
	return text
}
