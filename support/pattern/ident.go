// Values as ids: in the form in which one is told from another.

package pattern

import (
	"encoding/json"
	"strings"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// Ident is a value as an id: two idents with the same text are the same id.
type Ident struct {
	Text string // a string as it stands, a number in plain decimals, anything else as JSON
	Able bool   // it is a string or a number, as ids are
}

// Idents returns all values that a path finds as ids, null and "" excepted; none where the body is no JSON. Numbers are the
// same that are worth the same, and a string is the same as a number where it is that number in plain decimals: without an
// exponent, and without a zero that could be left out.
func Idents(d *Doc, path Path) []Ident {
	if path.place == inHeader {
		var all []Ident
		for _, text := range d.event.Header(path.header) {
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

func (v value) ident() Ident {
	if v.kind != typed {
		return Ident{v.text, true}
	}
	switch j := v.json.(type) {
	case nil:
		return Ident{}
	case string:
		if v.number {
			return Ident{plainNumber(j), true}
		}
		return Ident{j, true}
	case json.Number:
		return Ident{plainNumber(j.String()), true}
	default:
		return Ident{v.plain(), false}
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

// Name returns the last name on a path: of the field, or of the header, which is in lower case since headers' names have none.
// The letter with which DynamoDB says what an attribute is, as in readingId.S, is none.
func (p Path) Name() string {
	if p.place == inHeader {
		return strings.ToLower(p.header)
	}
	name, last := p.text, true
	for i := len(p.steps) - 1; i >= 0; i-- {
		s := p.steps[i]
		if s.Index != jsontext.Field {
			continue
		}
		name = s.Name
		if last && i > 0 && p.steps[i-1].Index == jsontext.Field && (name == "S" || name == "N") {
			last = false
			continue
		}
		break
	}
	return name
}
