// Overlap: whether one event could be what two patterns ask for.

package pattern

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// Overlaps says whether one event could match both patterns, as far as can be told: it is false only where they ask
// things of the same path that exclude each other.
func (p Pattern) Overlaps(q Pattern) bool {
	for _, c := range p.checks {
		for _, other := range q.checks {
			if c.excludes(other) {
				return false
			}
		}
	}
	return true
}

// On returns p as it is meant in CloudEvents, or in other events: there a plain type is an attribute, and here a field.
func (p Pattern) On(cloudEvents bool) Pattern {
	if !cloudEvents {
		return p
	}
	all := slices.Clone(p.checks)
	for i := range all {
		all[i].path = all[i].path.On(true)
	}
	return Pattern{checks: all}
}

// excludes holds for checks that no event can pass both.
func (c check) excludes(other check) bool {
	if !c.path.Single() || !c.path.Same(other.path) {
		return false
	}
	a, b := c.test, other.test
	of := valueKind(c.path)
	if values, ok := allValues(a, of); ok {
		return noneMatches(values, b)
	}
	if values, ok := allValues(b, of); ok {
		return noneMatches(values, a)
	}
	if typesOf(a, of)&typesOf(b, of) == 0 {
		return true
	}
	switch a := a.(type) {
	case interval:
		switch b := b.(type) {
		case interval:
			return a.apart(b)
		case literal:
			return !a.match(jsonpath.Value{Kind: jsonpath.Untyped, Text: b.text})
		}
	case literal:
		switch b := b.(type) {
		case interval:
			return !b.match(jsonpath.Value{Kind: jsonpath.Untyped, Text: a.text})
		case literal:
			return !sameTime(b.text, a.time)
		}
	case prefix:
		b, ok := b.(prefix)
		return ok && !strings.HasPrefix(string(a), string(b)) && !strings.HasPrefix(string(b), string(a))
	}
	return false
}

func noneMatches(values []jsonpath.Value, t test) bool {
	for _, v := range values {
		if t.match(v) {
			return false
		}
	}
	return true
}

// valueKind returns the kind of the values that a path finds.
func valueKind(p jsonpath.Path) jsonpath.Kind {
	if p.Part == jsonpath.InBody {
		return jsonpath.Typed
	}
	return jsonpath.Untyped
}

// allValues returns every value of a kind that matches t, but for other spellings of a number; ok is false where there
// is no end of them, as of the spellings of a time.
func allValues(t test, of jsonpath.Kind) (values []jsonpath.Value, ok bool) {
	switch t := t.(type) {
	case absent:
		return []jsonpath.Value{{}}, true
	case literal:
		return t.values(of), t.form != moment
	case empty:
		if of == jsonpath.Untyped {
			return []jsonpath.Value{{Kind: jsonpath.Untyped}}, true
		}
		for _, nothing := range []any{"", []any{}, map[string]any{}} {
			values = append(values, jsonpath.Value{Kind: jsonpath.Typed, JSON: nothing})
		}
		return values, true
	case oneOf:
		for _, option := range t {
			more, ok := allValues(option, of)
			if !ok {
				return nil, false
			}
			values = append(values, more...)
		}
		return values, true
	default:
		return nil, false
	}
}

// values returns what l matches.
func (l literal) values(of jsonpath.Kind) []jsonpath.Value {
	switch {
	case of == jsonpath.Untyped:
		return []jsonpath.Value{{Kind: jsonpath.Untyped, Text: l.text}}
	case l.form == encoded:
		return []jsonpath.Value{{Kind: jsonpath.Typed, JSON: l.json}}
	case l.form == numeral:
		return []jsonpath.Value{{Kind: jsonpath.Typed, JSON: l.text}, {Kind: jsonpath.Typed, JSON: json.Number(l.text)}}
	default:
		return []jsonpath.Value{{Kind: jsonpath.Typed, JSON: l.text}}
	}
}

// types is a set of the kinds of value that a test can match.
type types int

const (
	aWord    types = 1 << iota // a string
	aNumeral                   // a string that reads as a number
	aNumber
	aList
	another
)

// typesOf returns what t can match; it is asked only of tests that allValues finds no end for.
func typesOf(t test, of jsonpath.Kind) types {
	switch t := t.(type) {
	case ofType:
		switch {
		case t == "number" && of == jsonpath.Untyped:
			return aNumeral
		case t == "number":
			return aNumber
		case t == "string":
			return aWord | aNumeral
		default:
			return aWord
		}
	case interval:
		if t.isTime() {
			return aWord
		}
		return aNumber | aNumeral
	case literal: // a time
		return aWord
	case prefix, glob, expression:
		return aWord | aNumeral
	case contains:
		return aWord | aNumeral | aList
	case items:
		return aList
	default:
		return aWord | aNumeral | aNumber | aList | another
	}
}
