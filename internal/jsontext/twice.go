// Names that an object has twice, which decoders pass over: they take the last one.

package jsontext

import (
	"bytes"
	"strconv"
)

// few is how many names of an object are compared one by one.
const few = 16

// level is an object or list that a text is in the middle of.
type level struct {
	object bool
	item   int    // of a list
	name   string // of the field, in an object
	names  [][]byte
	known  map[string]bool // instead of names, once there are more than few
}

// add says whether the object has had the name before.
func (l *level) add(name []byte) (again bool) {
	if l.known == nil {
		for _, other := range l.names {
			if bytes.Equal(other, name) {
				return true
			}
		}
		if l.names = append(l.names, name); len(l.names) <= few {
			return false
		}
		l.known = make(map[string]bool)
		for _, other := range l.names {
			l.known[string(other)] = true
		}
		return false
	}
	again = l.known[string(name)]
	l.known[string(name)] = true
	return again
}

// Twice returns the way to the first field whose name its object has had before, by the names of fields and the indexes
// of items; nil where there is none. The text must be one valid JSON value, however deep.
func Twice(text []byte) (pointer []string) {
	var in []level
	for at := 0; at < len(text); {
		switch text[at] {
		case '{', '[':
			in = append(in, level{object: text[at] == '{'})
			at++
		case '}', ']':
			in = in[:len(in)-1]
			at++
		case ',':
			if last := &in[len(in)-1]; !last.object {
				last.item++
			}
			at++
		case '"':
			end := skipString(text, at)
			if colon := SkipSpace(text, end); colon < len(text) && text[colon] == ':' {
				last := &in[len(in)-1]
				name := text[at+1 : end-1]
				if bytes.IndexByte(name, '\\') >= 0 {
					name = []byte(Unquote(text[at:end]))
				}
				last.name = string(name)
				if last.add(name) {
					return way(in)
				}
			}
			at = end
		default:
			at++
		}
	}
	return nil
}

// way returns where levels are, each in the one before.
func way(in []level) (pointer []string) {
	for _, l := range in {
		if l.object {
			pointer = append(pointer, l.name)
		} else {
			pointer = append(pointer, strconv.Itoa(l.item))
		}
	}
	return pointer
}
