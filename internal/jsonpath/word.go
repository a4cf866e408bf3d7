// Words: paths that are Harken's own, where a field has the same name.

package jsonpath

import (
	"fmt"
	"strings"
)

// WordError says that a path is one of Harken's words, and a field's name too.
type WordError struct {
	Word  string // as it was written
	Field string // how the field is written
	Plain string // how Harken's own is
}

func (e *WordError) Error() string {
	if strings.HasPrefix(e.Plain, attributeWord) {
		return fmt.Sprintf("%s could be the attribute of the CloudEvent or the field of that name: write %s for the field, or "+
			"%s for the attribute", e.Word, e.Field, e.Plain)
	}
	return fmt.Sprintf("%s could be Harken's word or the field of that name: write %s for the field, or %s for Harken's",
		e.Word, e.Field, e.Plain)
}

// Word is a path that is one of Harken's words, and could be meant for a field.
type Word struct {
	Field Path      // of that name
	Err   WordError // what to say where there is such a field
}

// Word returns what p says of a field, where it is one of Harken's words.
func (p Path) Word() (Word, bool) {
	if p.plain == "" {
		return Word{}, false
	}
	field := Path{Steps: p.field, Text: "$" + FormatSteps(p.field)}
	return Word{Field: field, Err: WordError{Word: p.Text, Field: field.Text, Plain: p.plain}}, true
}

// Ambiguous returns a *WordError where d has a field whose name is the word that p is.
func (d *Doc) Ambiguous(p Path) error {
	if p.plain == "" {
		return nil
	}
	in, err := d.JSON()
	if err != nil {
		return nil
	}
	for _, s := range p.field {
		var found bool
		if in, found = d.Child(in, s); !found {
			return nil
		}
	}
	w, _ := p.Word()
	return &w.Err
}
