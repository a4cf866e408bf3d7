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
	item   int             // of a list
	name   []byte          // of the field, in an object
	first  int             // of the object's names
	known  map[string]bool // instead of names, once there are more than few
}

// nesting is where in a text one is. Most texts need no more room than it has.
type nesting struct {
	in    []level
	names [][]byte // of all objects in it, each one's behind those of the one that it is in

	levels [4]level
	room   [2 * few][]byte
}

func (n *nesting) begin(object bool) {
	n.in = append(n.in, level{object: object, first: len(n.names)})
}

func (n *nesting) end() {
	last := len(n.in) - 1
	n.names, n.in = n.names[:n.in[last].first], n.in[:last]
}

// last is the innermost level.
func (n *nesting) last() *level { return &n.in[len(n.in)-1] }

// add says whether the object has had the name before.
func (n *nesting) add(name []byte) (again bool) {
	l := n.last()
	l.name = name
	if l.known != nil {
		again = l.known[string(name)]
		l.known[string(name)] = true
		return again
	}
	for _, other := range n.names[l.first:] {
		if bytes.Equal(other, name) {
			return true
		}
	}
	if n.names = append(n.names, name); len(n.names)-l.first <= few {
		return false
	}
	l.known = make(map[string]bool)
	for _, other := range n.names[l.first:] {
		l.known[string(other)] = true
	}
	n.names = n.names[:l.first]
	return false
}

// Twice returns the way to the first field whose name its object has had before, by the names of fields and the indexes
// of items; nil where there is none. The text must be one valid JSON value, however deep.
func Twice(text []byte) (pointer []string) {
	var n nesting
	n.in, n.names = n.levels[:0], n.room[:0]
	for at := 0; at < len(text); {
		switch text[at] {
		case '{', '[':
			n.begin(text[at] == '{')
			at++
		case '}', ']':
			n.end()
			at++
		case ',':
			if last := n.last(); !last.object {
				last.item++
			}
			at++
		case '"':
			end := skipString(text, at)
			if colon := SkipSpace(text, end); colon < len(text) && text[colon] == ':' {
				name := text[at+1 : end-1]
				if bytes.IndexByte(name, '\\') >= 0 {
					name = []byte(Unquote(text[at:end]))
				}
				if n.add(name) {
					return way(n.in)
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
			pointer = append(pointer, string(l.name))
		} else {
			pointer = append(pointer, strconv.Itoa(l.item))
		}
	}
	return pointer
}
