// Editing: a value is put into a place of a JSON text, or taken out of it.

package jsontext

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Set returns text with what put returns in the place that steps lead to; text itself is not changed. put is given what
// stands there, nil where nothing does. Missing objects, and arrays that grow by one, are created on the way.
// The text must have passed Check.
func Set(text []byte, steps []Step, put func(old []byte) ([]byte, error)) ([]byte, error) {
	return set(text, SkipSpace(text, 0), steps, put)
}

func set(text []byte, at int, steps []Step, put func(old []byte) ([]byte, error)) ([]byte, error) {
	end := skipValue(text, at)
	if len(steps) == 0 {
		value, err := put(text[at:end])
		return splice(text, at, end, value), err
	}
	if string(text[at:end]) == "null" {
		value, err := build(steps, put)
		return splice(text, at, end, value), err
	}
	if err := fits(steps[0], text[at]); err != nil {
		return nil, err
	}
	if steps[0].Index == Inner {
		return inner(text, at, func(inside []byte) ([]byte, error) { return Set(inside, steps[1:], put) })
	}
	children := Children(text, at)
	if i := find(children, steps[0]); i >= 0 {
		return set(text, children[i].Start, steps[1:], put)
	}
	if steps[0].Index > len(children) || steps[0].Index <= Last {
		return nil, fmt.Errorf("there is no item %d: the list has %d, and the next is %[2]d",
			steps[0].Number(), len(children))
	}
	value, err := build(steps[1:], put)
	if err != nil {
		return nil, err
	}
	return add(text, at, children, steps[0], value), nil
}

// build returns the value that holds, under steps, what put returns.
func build(steps []Step, put func(old []byte) ([]byte, error)) ([]byte, error) {
	if len(steps) == 0 {
		return put(nil)
	}
	value, err := build(steps[1:], put)
	if err != nil {
		return nil, err
	}
	switch step := steps[0]; {
	case step.Index == Field:
		return slices.Concat([]byte("{"), Quote(step.Name), []byte(":"), value, []byte("}")), nil
	case step.Index == 0:
		return slices.Concat([]byte("["), value, []byte("]")), nil
	case step.Many():
		return nil, errEach
	case step.Index == Inner:
		return Quote(string(value)), nil
	default:
		return nil, fmt.Errorf("there is no item %d: the list is empty, and the first is 0", step.Number())
	}
}

// Number returns an index as its author wrote it, negative from the end.
func (s Step) Number() int {
	if s.Index <= Last {
		return s.Index - Last - 1
	}
	return s.Index
}

// inner has the JSON changed that stands in the string at text[at].
func inner(text []byte, at int, change func(inside []byte) ([]byte, error)) ([]byte, error) {
	end := skipValue(text, at)
	inside := []byte(Unquote(text[at:end]))
	if err := Check(inside); err != nil {
		return nil, fmt.Errorf("what stands in the string is %w", err)
	}
	changed, err := change(inside)
	if err != nil {
		return nil, err
	}
	return splice(text, at, end, Quote(string(changed))), nil
}

// add puts a new child behind the last one, spaced as that one is.
func add(text []byte, at int, children []Child, step Step, value []byte) []byte {
	place, lead, colon, comma := at+1, "", ":", ""
	if len(children) > 0 {
		last := children[len(children)-1]
		place, lead, comma = last.End, string(text[last.lead:last.key]), ","
		if step.Index == Field {
			colon = string(text[skipString(text, last.key):last.Start])
		}
	}
	var name []byte
	if step.Index == Field {
		name = append(Quote(step.Name), colon...)
	}
	return splice(text, place, place, slices.Concat([]byte(comma+lead), name, value))
}

// Remove returns text without the field or item that steps lead to; text itself is not changed. Where there is no such
// place there is nothing to remove. The text must have passed Check.
func Remove(text []byte, steps []Step) ([]byte, error) {
	if len(steps) == 0 {
		return nil, errors.New("the whole body cannot be removed from itself (write body)")
	}
	at := SkipSpace(text, 0)
	for {
		if steps[0].Many() {
			return nil, errEach
		}
		if steps[0].Index == Inner && text[at] == '"' && len(steps) > 1 {
			return inner(text, at, func(inside []byte) ([]byte, error) { return Remove(inside, steps[1:]) })
		}
		children := Children(text, at)
		i := -1
		if fits(steps[0], text[at]) == nil {
			i = find(children, steps[0])
		}
		switch {
		case i < 0:
			return text, nil
		case len(steps) > 1:
			at, steps = children[i].Start, steps[1:]
		case i > 0:
			return splice(text, children[i-1].End, children[i].End, nil), nil
		case len(children) > 1:
			return splice(text, children[0].key, children[1].key, nil), nil
		default:
			return splice(text, children[0].lead, skipValue(text, at)-1, nil), nil
		}
	}
}

var errEach = errors.New("[*] names no single place to write to")

// fits says whether a value that begins with first has places of the kind that step leads to.
func fits(step Step, first byte) error {
	switch {
	case step.Many():
		return errEach
	case step.Index == Field && first != '{':
		return fmt.Errorf("field %q is asked of %s", step.Name, Kind(first))
	case step.Index == Inner && first != '"':
		return fmt.Errorf("the JSON in a text is asked of %s", Kind(first))
	case (step.Index >= 0 || step.Index <= Last) && first != '[':
		return fmt.Errorf("item %d is asked of %s", step.Number(), Kind(first))
	}
	return nil
}

// Kind names the kind of the value that begins with first.
func Kind(first byte) string {
	switch first {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// find returns which child step leads to, or -1. Of fields with one name the last counts, as it does for decoders.
func find(children []Child, step Step) int {
	if step.Index != Field {
		return step.Item(len(children))
	}
	for i, child := range slices.Backward(children) {
		if child.Name == step.Name {
			return i
		}
	}
	return -1
}

func splice(text []byte, from, to int, with []byte) []byte {
	return bytes.Join([][]byte{text[:from], with, text[to:]}, nil)
}
