// Reading a document node by node, so that every problem has a line and all of them are found in one go.

package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
)

// Limits that keep a broken file from costing more than a moment.
const (
	maxName     = 100 // bytes of a key or a name
	maxProblems = 20  // problems that are told; others are counted
)

// reader collects what is wrong with a document while the document is read.
type reader struct {
	file     string
	known    map[string][]string // the keys of each mapping; see knownKeys
	problems []Problem
	untold   int
	refs     []reference
	sound    []string // the channels that were read without a problem
	blind    bool     // names that features use were not read
}

// reference is the name of a channel, which must exist.
type reference struct {
	at      place
	line    int
	channel string
}

// place says where in the document something stands, from the outside in: channel "orders", url.
type place []string

func (p place) in(inner string) place { return append(slices.Clip(p), inner) }

func (p place) String() string { return strings.Join(p, ": ") }

// split returns what is around the innermost part, and that part.
func (p place) split() (around place, inner string) { return p[:len(p)-1], p[len(p)-1] }

// read takes the value of the key at a place into whatever the read was made for.
type read func(at place, n *yaml.Node)

func (r *reader) problem(at place, line int, format string, args ...any) {
	if r.full() {
		r.untold++
		return
	}
	r.problems = append(r.problems, Problem{line, at.in(fmt.Sprintf(format, args...)).String()})
}

func (r *reader) full() bool { return len(r.problems) >= maxProblems }

// mismatch is the problem of a value that has the wrong type.
func (r *reader) mismatch(at place, n *yaml.Node, want string) {
	around, key := at.split()
	r.problem(around, n.Line, "%s must be %s, got %s", key, want, kind(n))
}

// unknown is the problem of a name that does not exist.
func (r *reader) unknown(at place, line int, noun, got string, known []string) {
	switch {
	case r.full():
		r.untold++ // looking for the nearest name is what costs
	case len(got) > maxName:
		r.problem(at, line, "no %s has a name that long", noun)
	default:
		r.problem(at, line, "%v", name.Unknown(noun, got, known))
	}
}

// refuse tells of what YAML has and godog.yml does not: it would be read as something that the author did not mean.
func (r *reader) refuse(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.problem(nil, n.Line, "an alias (*%s) cannot be used here: write the value out", n.Value)
	case n.Anchor != "":
		r.problem(nil, n.Line, "an anchor (&%s) cannot be used here", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(nil, n.Line, "a tag (%s) cannot be used here", n.Tag)
	}
	for _, inner := range n.Content {
		r.refuse(inner)
	}
}

// pairs calls each for every key of a mapping that can be one, with its value.
func (r *reader) pairs(at place, n *yaml.Node, each func(key, value *yaml.Node)) {
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch line, twice := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.problem(at, key.Line, "a key must be text, got %s", kind(key))
		case key.Value == "":
			r.problem(at, key.Line, "a key is empty")
		case len(key.Value) > maxName:
			r.problem(at, key.Line, "a key is longer than %d bytes", maxName)
		case twice:
			r.problem(at, key.Line, "key %q stands twice (first in line %d)", key.Value, line)
		default:
			first[key.Value] = key.Line
			each(key, value)
		}
	}
}

// fields reads a mapping that has the keys which Keys says.
func (r *reader) fields(mapping string, reads map[string]read) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.mismatch(at, n, "a mapping")
			return
		}
		r.keys(at, n, mapping, reads)
	}
}

// keys reads what stands below the keys of a mapping. One that Keys does not have is unknown, whatever reads it.
func (r *reader) keys(at place, n *yaml.Node, mapping string, reads map[string]read) {
	r.pairs(at, n, func(key, value *yaml.Node) {
		take, ok := reads[key.Value]
		if !ok || !slices.Contains(r.known[mapping], key.Value) {
			r.unknownKey(at, key, r.known[mapping])
			return
		}
		take(at.in(key.Value), value)
	})
}

func (r *reader) unknownKey(at place, key *yaml.Node, known []string) {
	if r.full() {
		r.untold++
		return
	}
	hint := "have " + strings.Join(known, ", ")
	if nearest := name.Nearest(key.Value, known); nearest != "" {
		hint = fmt.Sprintf("did you mean %q?", nearest)
		blinding := []string{"channels", "subsystems", "events", "commands", "links"}
		r.blind = r.blind || len(at) == 0 && slices.Contains(blinding, nearest)
	}
	r.problem(at, key.Line, "unknown key %q (%s)", key.Value, hint)
}

// named reads a mapping whose keys are names that the author made. each returns the read for the entry of a name.
func (r *reader) named(noun string, each func(name string, line int) read) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.mismatch(at, n, "a mapping of names")
			r.blind = true
			return
		}
		around, _ := at.split()
		r.pairs(at, n, func(key, value *yaml.Node) {
			inner := around.in(fmt.Sprintf("%s %q", noun, key.Value))
			if wrong := wrongName(key.Value); wrong != "" {
				r.problem(inner, key.Line, "a name %s", wrong)
			}
			each(key.Value, key.Line)(inner, value)
		})
	}
}

// wrongName says why a feature could not use a name.
func wrongName(name string) string {
	switch {
	case strings.Contains(name, `"`):
		return "cannot contain a double quote, which ends it in a feature"
	case strings.TrimSpace(name) != name:
		return "cannot begin or end with a space"
	case strings.ContainsAny(name, "\n\r\t"):
		return "must be on one line"
	default:
		return ""
	}
}

// scalar returns the text of a node that is one. A number is the text that it was written as.
func (r *reader) scalar(at place, n *yaml.Node, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode || empty(n) {
		r.mismatch(at, n, want)
		return "", false
	}
	return n.Value, true
}

func (r *reader) text(into *string) read {
	return func(at place, n *yaml.Node) {
		*into, _ = r.scalar(at, n, "text")
	}
}

// list calls each for every text of a list.
func (r *reader) list(each func(text string, line int)) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			r.mismatch(at, n, "a list")
			return
		}
		around, key := at.split()
		for i, item := range n.Content {
			if text, ok := r.scalar(around.in(fmt.Sprintf("%s[%d]", key, i)), item, "text"); ok {
				each(text, item.Line)
			}
		}
	}
}

func (r *reader) texts(into *[]string) read {
	return func(at place, n *yaml.Node) {
		*into = nil
		r.list(func(text string, _ int) { *into = append(*into, text) })(at, n)
	}
}

// channels reads a list of names of channels, which must exist.
func (r *reader) channels(into *[]string) read {
	return func(at place, n *yaml.Node) {
		r.list(func(text string, line int) {
			*into = append(*into, text)
			r.refs = append(r.refs, reference{at, line, text})
		})(at, n)
	}
}

// channel reads the name of a channel, which must exist.
func (r *reader) channel(into *string) read {
	return func(at place, n *yaml.Node) {
		text, ok := r.scalar(at, n, "the name of a channel")
		if ok {
			*into = text
			r.refs = append(r.refs, reference{at, n.Line, text})
		}
	}
}

// settings calls each for every key of a mapping of texts.
func (r *reader) settings(each func(key *yaml.Node, text string)) read {
	return func(at place, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.mismatch(at, n, "a mapping")
			return
		}
		r.pairs(at, n, func(key, value *yaml.Node) {
			if text, ok := r.scalar(at.in(key.Value), value, "text"); ok {
				each(key, text)
			}
		})
	}
}

// span reads a length of time of at least least.
func (r *reader) span(into *time.Duration, least time.Duration) read {
	return func(at place, n *yaml.Node) {
		text, ok := r.scalar(at, n, "a length of time")
		if !ok {
			return
		}
		d, err := span.Parse(text)
		switch {
		case err != nil:
			r.problem(at, n.Line, "%v", err)
		case d < least:
			r.problem(at, n.Line, "%q is too short (at least %s)", text, span.Format(least))
		default:
			*into = d
		}
	}
}
