// What a pattern asks, for whoever shows it beside an event.

package pattern

import "github.com/harken-bdd/harken/internal/jsonpath"

// Asked is one thing that a pattern asks of an event.
type Asked struct {
	Path  string // as it was written
	Place string // where that is in the whole event, as Path.Place has it
	Want  string // cut to about 200 bytes
}

// Asked returns what p asks, in the order in which it was written, without what r hides.
func (p Pattern) Asked(r *Redaction) []Asked {
	all := make([]Asked, 0, len(p.checks))
	for _, c := range p.checks {
		want := r.Miss(miss(c.path, nil, c.test)).Want
		all = append(all, Asked{Path: c.path.Text, Place: c.path.Place(), Want: want})
	}
	return all
}

// Paths returns the paths that p asks of, in the order in which they were written.
func (p Pattern) Paths() []jsonpath.Path {
	all := make([]jsonpath.Path, 0, len(p.checks))
	for _, c := range p.checks {
		all = append(all, c.path)
	}
	return all
}

// Place returns where what m is about is in the whole event, as Path.Place has it; "" where that is not known.
func (m Miss) Place() string {
	if m.evidence == nil {
		return ""
	}
	return m.evidence.path.Place()
}
