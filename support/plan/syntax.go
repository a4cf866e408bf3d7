// The parser's errors, in words.

package plan

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	messages "github.com/cucumber/messages/go/v21"
)

// maxLine is how long a line of a feature may be, in bytes. The parser reads no longer ones than 64 KiB, and gives up
// on the file there.
const maxLine = 65_000

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
	{"#FeatureLine", "Feature:"}, {"#BackgroundLine", "Background:"}, {"#RuleLine", "Rule:"},
	{"#ScenarioLine", "Scenario:"},
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

// unreadable finds what the parser cannot cope with, and would not say so.
func unreadable(path string, content []byte) (problems []Problem) {
	if bytes.HasPrefix(content, []byte("\xef\xbb\xbf")) {
		return []Problem{{File: path, Line: 1, Text: "the file begins with a byte order mark (save it as UTF-8 without one)"}}
	}
	if !utf8.Valid(content) {
		return []Problem{{File: path, Line: 1, Text: "the file is not UTF-8 (save it as UTF-8)"}}
	}
	for i, line := range bytes.Split(content, []byte("\n")) {
		if len(line) > maxLine {
			problems = append(problems, Problem{File: path, Line: i + 1, Text: fmt.Sprintf("the line is longer than %d bytes "+
				"(put the text into a template)", maxLine)})
		}
	}
	return problems
}

// rowless finds outlines of which no scenario is made: they would vanish without a word.
func rowless(path string, doc *messages.GherkinDocument) (problems []Problem) {
	look := func(s *messages.Scenario) {
		if s == nil {
			return
		}
		rows := 0
		for _, e := range s.Examples {
			rows += len(e.TableBody)
		}
		if rows == 0 && (len(s.Examples) > 0 || strings.HasSuffix(s.Keyword, "Outline") ||
			strings.HasSuffix(s.Keyword, "Template")) {
			problems = append(problems, Problem{File: path, Line: int(s.Location.Line),
				Text: fmt.Sprintf("the Examples of %q have no row, so nothing of it would run", s.Name)})
		}
	}
	for _, child := range doc.Feature.Children {
		look(child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				look(inner.Scenario)
			}
		}
	}
	return problems
}
