// Walking: from a decoded body to what the steps of a path lead to.

package jsonpath

import (
	"maps"
	"slices"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// Some says whether steps find anything in a decoded value of d's, and whether some of it matches. d may be nil where
// no step leads into the JSON in a text. Nothing is allocated else.
func (d *Doc) Some(in any, steps []jsontext.Step, match func(Value) bool) (found, ok bool) {
	number := false
	for i, s := range steps {
		if s.Many() {
			found = false
			switch in := in.(type) {
			case []any:
				for _, item := range in {
					foundHere, okHere := d.Some(item, steps[i+1:], match)
					if okHere {
						return true, true
					}
					found = found || foundHere
				}
			case map[string]any:
				if s.Index == jsontext.Each {
					break
				}
				for _, field := range in {
					foundHere, okHere := d.Some(field, steps[i+1:], match)
					if okHere {
						return true, true
					}
					found = found || foundHere
				}
			}
			return found, false
		}
		number = IsNumber(in, s.Name)
		if in, found = d.Child(in, s); !found {
			return false, false
		}
	}
	return true, match(Value{Kind: Typed, JSON: in, Number: number})
}

// Select returns all values that steps find in a decoded value of d's, those of an object in the order of their names.
// d may be nil as for Some.
func (d *Doc) Select(in any, steps []jsontext.Step) []Value { return d.selected(in, steps, nil) }

func (d *Doc) selected(in any, steps []jsontext.Step, to []Value) []Value {
	number := false
	for i, s := range steps {
		if s.Many() {
			switch in := in.(type) {
			case []any:
				for _, item := range in {
					to = d.selected(item, steps[i+1:], to)
				}
			case map[string]any:
				if s.Index == jsontext.Each {
					break
				}
				for _, name := range slices.Sorted(maps.Keys(in)) {
					to = d.selected(in[name], steps[i+1:], to)
				}
			}
			return to
		}
		number = IsNumber(in, s.Name)
		var found bool
		if in, found = d.Child(in, s); !found {
			return to
		}
	}
	return append(to, Value{Kind: Typed, JSON: in, Number: number})
}

// Child goes one step down; the step leads to one value.
func (d *Doc) Child(in any, s jsontext.Step) (any, bool) {
	switch s.Index {
	case jsontext.Field:
		fields, _ := in.(map[string]any)
		v, found := fields[s.Name]
		return v, found
	case jsontext.Inner:
		text, isText := in.(string)
		if !isText {
			return nil, false
		}
		v, err := d.Inside(text)
		return v, err == nil
	default:
		items, _ := in.([]any)
		i := s.Item(len(items))
		if i < 0 {
			return nil, false
		}
		return items[i], true
	}
}

// inner is what stands in a string of a body, decoded at most once.
type inner struct {
	json any
	err  error
}

// Inside returns the JSON in a string of d's body.
func (d *Doc) Inside(text string) (any, error) {
	r := d.more()
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.inner[text]
	if !ok {
		known.json, known.err = read("the text", []byte(text))
		if r.inner == nil {
			r.inner = make(map[string]inner)
		}
		r.inner[text] = known
	}
	return known.json, known.err
}

// Garbled returns the first string on the way of steps in which there should be JSON, and is none.
func (d *Doc) Garbled(in any, steps []jsontext.Step) (text string, err error) {
	for i, s := range steps {
		if s.Index != jsontext.Inner {
			continue
		}
		for _, v := range d.Select(in, steps[:i]) {
			if text, isText := v.JSON.(string); isText {
				if _, err := d.Inside(text); err != nil {
					return text, err
				}
			}
		}
	}
	return "", nil
}

// IsNumber says whether the field is all that the object holds, and is called as DynamoDB calls a number, which it
// writes as a string.
func IsNumber(in any, field string) bool {
	if field != "N" {
		return false
	}
	fields, _ := in.(map[string]any)
	return len(fields) == 1
}
