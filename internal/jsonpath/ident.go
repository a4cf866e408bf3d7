// Values as ids: in the form in which one is told from another.

package jsonpath

import (
	"encoding/json"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/header"
)

// Ident is a value as an id: two idents with the same text are the same id.
type Ident struct {
	Text string // a string as it stands, a number in plain decimals, anything else as JSON
	Able bool   // it is a string or a number, as ids are
}

// Idents returns all values that a path finds as ids, null and "" excepted; none where the body is no JSON. Numbers are
// the same that are worth the same, and a string is the same as a number where it is that number in plain decimals:
// without an exponent, and without a zero that could be left out.
func (d *Doc) Idents(path Path) []Ident {
	path = path.In(d)
	if path.Part == InHeader {
		var all []Ident
		for _, text := range header.Values(d.Headers, path.Header) {
			if text != "" {
				all = append(all, Ident{text, true})
			}
		}
		return all
	}
	found, err := d.find(path)
	if err != nil {
		return nil
	}
	var all []Ident
	for _, v := range found {
		if i := v.ident(); i.Text != "" {
			all = append(all, i)
		}
	}
	return all
}

func (v Value) ident() Ident {
	if v.Kind != Typed {
		return Ident{v.Text, true}
	}
	switch j := v.JSON.(type) {
	case nil:
		return Ident{}
	case string:
		if v.Number {
			return Ident{plainNumber(j), true}
		}
		return Ident{j, true}
	case json.Number:
		return Ident{plainNumber(j.String()), true}
	default:
		return Ident{v.Plain(), false}
	}
}

// plainNumber returns a number in plain decimals; one that would be too long is left as it is.
func plainNumber(text string) string {
	if n, ok := decimal.Parse(text); ok {
		if plain, ok := n.Plain(); ok {
			return plain
		}
	}
	return text
}
