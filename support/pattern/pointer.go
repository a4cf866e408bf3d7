// Pointers: how whoever else finds fault with a body, such as a schema, tells of it as cells do.

package pattern

import (
	"slices"
	"strconv"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// Miss returns what d has in one place of its body as a Miss, which a Redaction can hide. pointer leads there from the
// whole body on, by the names of fields and by the indexes of items, as in a JSON pointer; its path is written for an
// event whose fields start at the whole body. Where nothing is, (absent) is shown, and for a body that is no JSON its
// text.
func (d *Doc) Miss(pointer []string, want string) Miss {
	in, err := d.JSON()
	if err != nil {
		whole := jsonpath.Path{Part: jsonpath.WholeText, Text: "body"}
		return miss(whole, d.Texts(whole), wanted(want))
	}
	steps := make([]jsontext.Step, 0, len(pointer))
	found := true
	for _, token := range pointer {
		step := jsontext.Step{Name: token, Index: jsontext.Field}
		if _, isList := in.([]any); isList {
			if i, err := strconv.Atoi(token); err == nil && i >= 0 {
				step = jsontext.Step{Index: i}
			}
		}
		if found {
			in, found = d.Child(in, step)
		}
		steps = append(steps, step)
	}
	path := jsonpath.Path{Steps: slices.Clip(steps), Text: jsonpath.Format(steps, 0)}
	if !found {
		return miss(path, nil, wanted(want))
	}
	return miss(path, []jsonpath.Value{{Kind: jsonpath.Typed, JSON: in}}, wanted(want))
}

// SaysTwice tells of a field of the body that is written twice, "" where none is.
func (d *Doc) SaysTwice() string {
	pointer := d.Twice()
	if pointer == nil {
		return ""
	}
	return d.Miss(pointer, "").Path + " is written twice in it, and the last one was read"
}

// wanted is what is asked in words.
type wanted string

func (w wanted) String() string { return string(w) }
