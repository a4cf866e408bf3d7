// What is wrong with a godog.yml that can be read.

package config

import (
	"fmt"
	"slices"
	"strings"
)

// Invalid is the error of a file that says what it cannot say.
type Invalid struct {
	File     string
	Problems []Problem // in the order of their lines
	// Partial is what could be read all the same, for whoever looks for more that is wrong. Its channels may have no URL,
	// and what it names may not exist. It is nil where so much is missing that features would seem to be wrong throughout.
	Partial *Config
}

// Problem is one thing that is wrong.
type Problem struct {
	Line int // 0: it is about no line in particular
	Text string
}

// Error writes one problem a line.
func (e *Invalid) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		where := e.File
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d", e.File, p.Line)
		}
		lines = append(lines, where+": "+p.Text)
	}
	return strings.Join(lines, "\n")
}

// err returns all problems as one error, or nil.
func (r *reader) err(partial *Config) error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	e := &Invalid{File: r.file, Problems: r.problems, Partial: partial}
	if r.untold > 0 {
		e.Problems = append(e.Problems, Problem{Text: fmt.Sprintf("%d more problems", r.untold)})
	}
	if r.blind {
		e.Partial = nil
	}
	return e
}
