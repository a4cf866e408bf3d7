// Phrases: what steps are matched with, and where that stands.

package plan

import (
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
)

// Phrase is a registered step definition.
type Phrase struct {
	Pattern string // a regular expression
	Source  string // the file that its function is in, behind the path of its package
	Line    int
}

// phrases returns them in the order of registration, which Scenario.Matches counts by.
func (r *DryRun) phrases() []Phrase {
	all := make([]Phrase, len(r.definitions))
	for i, d := range r.definitions {
		all[i].Pattern = d.pattern.String()
		all[i].Source, all[i].Line = place(d.call)
	}
	return all
}

// Place returns where a function stands, as in a Phrase.
func Place(function any) (file string, line int) { return place(reflect.ValueOf(function)) }

// place returns where a function stands.
func place(function reflect.Value) (file string, line int) {
	f := runtime.FuncForPC(function.Pointer())
	if f == nil {
		return "", 0
	}
	file, line = f.FileLine(f.Entry())
	return Source(f.Name(), file), line
}

// Source returns a file behind the path of its package, going by the full name of a function in it. The folder that it
// was compiled in is nobody's business.
func Source(function, file string) string {
	folder, name := path.Split(function)
	pkg, _, _ := strings.Cut(name, ".")
	return folder + pkg + "/" + filepath.Base(file)
}

func numbersOf(of []definition) []int {
	all := make([]int, len(of))
	for i, d := range of {
		all[i] = d.number
	}
	return all
}
