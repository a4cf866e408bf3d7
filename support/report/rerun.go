// What did not pass, as places to run again.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/harken-bdd/harken/support/expect"
)

// few is how many scenarios are named one by one in a command.
const few = 5

// Unproved returns the scenarios that did not pass, which is also those that did not run. One that was flaky has passed
// where that is allowed.
func (r Run) Unproved(allowFlaky bool) (all []Scenario) {
	for _, s := range r.Scenarios {
		if s.Verdict != expect.Passed && (s.Verdict != expect.Flaky || !allowFlaky) {
			all = append(all, s)
		}
	}
	return all
}

// rerun adds the command that runs the scenarios that did not pass once more.
func (t Text) rerun(p *page, r Run) {
	unproved := r.Unproved(t.AllowFlaky)
	if t.RerunCommand == "" || len(unproved) == 0 {
		return
	}
	p.WriteString("\nrun again what did not pass:\n  " + t.RerunCommand + " --rerun\n")
	if len(unproved) <= few {
		var places []string
		for _, place := range Places(unproved) {
			places = append(places, Quoted(place.String()))
		}
		p.WriteString("  " + t.RerunCommand + " " + strings.Join(places, " ") + "\n")
	}
}

// Place is a feature file with the lines of some of its scenarios.
type Place struct {
	File  string
	Lines []int
}

// String writes a place as Cucumber's rerun files have it: FILE:LINE:LINE.
func (p Place) String() string {
	text := p.File
	for _, line := range p.Lines {
		text += ":" + strconv.Itoa(line)
	}
	return text
}

// Places returns where scenarios stand, by file and line.
func Places(scenarios []Scenario) (all []Place) {
	byFile := make(map[string][]int)
	for _, s := range scenarios {
		byFile[s.File] = append(byFile[s.File], s.Line)
	}
	for file, lines := range byFile {
		slices.Sort(lines)
		all = append(all, Place{file, slices.Compact(lines)})
	}
	slices.SortFunc(all, func(a, b Place) int { return cmp.Compare(a.File, b.File) })
	return all
}

// Quoted writes a word as a shell reads it.
func Quoted(word string) string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-:+,@%=", r)
	}
	if !strings.ContainsFunc(word, special) {
		return word
	}
	return fmt.Sprintf("'%s'", strings.ReplaceAll(word, "'", `'\''`))
}
