// What a pattern asks, for whoever shows it beside an event.

package pattern

import (
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// Asked is one thing that a pattern asks of an event.
type Asked struct {
	Path string // as it was written
	// Place is where that is in the whole event: "body", "key", "size", "header NAME", or a JSON Pointer (RFC 6901) into the
	// body with "*" for each item of a list or field of an object, "-1" for the last item, and "(json)" for the JSON in a text,
	// such as "/items/*/sku".
	Place string
	Want  string // cut to about 200 bytes
}

// Asked returns what p asks, in the order in which it was written, without what r hides.
func (p Pattern) Asked(r *Redaction) []Asked {
	all := make([]Asked, 0, len(p.checks))
	for _, c := range p.checks {
		want := r.Miss(miss(c.path, nil, c.test)).Want
		all = append(all, Asked{Path: c.path.text, Place: c.path.Place(), Want: want})
	}
	return all
}

// Paths returns the paths that p asks of, in the order in which they were written.
func (p Pattern) Paths() []Path {
	all := make([]Path, 0, len(p.checks))
	for _, c := range p.checks {
		all = append(all, c.path)
	}
	return all
}

// Place returns where the path leads to, as Asked.Place has it.
func (p Path) Place() string {
	switch p.place {
	case inKey:
		return "key"
	case inHeader:
		return "header " + p.header
	case inSize:
		return "size"
	case wholeText:
		return "body"
	}
	if len(p.steps) == 0 {
		return "body"
	}
	var at strings.Builder
	for _, s := range p.steps {
		at.WriteString("/")
		switch s.Index {
		case jsontext.Field:
			at.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(s.Name))
		case jsontext.Each, jsontext.Any:
			at.WriteString("*")
		case jsontext.Inner:
			at.WriteString("(json)")
		default:
			at.WriteString(strconv.Itoa(s.Number()))
		}
	}
	return at.String()
}

// Place returns where what m is about is in the whole event, as Asked.Place has it; "" where that is not known.
func (m Miss) Place() string {
	if m.evidence == nil {
		return ""
	}
	return m.evidence.path.Place()
}
