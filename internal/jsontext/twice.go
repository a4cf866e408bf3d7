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

// add says whether the object has had the name before. all are the names of the objects that a text is in the middle
// of, each one's behind those of the one that it is in.
func (l *level) add(all [][]byte, name []byte) (more [][]byte, again bool) {
	l.name = name
	if l.known != nil {
		again = l.known[string(name)]
		l.known[string(name)] = true
		return all, again
	}
	for _, other := range all[l.first:] {
		if bytes.Equal(other, name) {
			return all, true
		}
	}
	if all = append(all, name); len(all)-l.first <= few {
		return all, false
	}
	l.known = make(map[string]bool)
	for _, other := range all[l.first:] {
		l.known[string(other)] = true
	}
	return all[:l.first], false
}

// Twice returns the way to the first field whose name its object has had before, by the names of fields and the indexes
// of items; nil where there is none. The text must be one valid JSON value, however deep.
func Twice(text []byte) (pointer []string) {
	var levels [4]level // of most texts, which need no other room
	var room [few][]byte
	in, names := levels[:0], room[:0]
	for at := 0; at < len(text); {
		switch text[at] {
		case '{', '[':
			in = append(in, level{object: text[at] == '{', first: len(names)})
			at++
		case '}', ']':
			names, in = names[:in[len(in)-1].first], in[:len(in)-1]
			at++
		case ',':
			if last := &in[len(in)-1]; !last.object {
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
				var again bool
				if names, again = in[len(in)-1].add(names, name); again {
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
			pointer = append(pointer, string(l.name))
		} else {
			pointer = append(pointer, strconv.Itoa(l.item))
		}
	}
	return pointer
}
