// Overlap: whether one event could be what two patterns ask for.

package pattern

import (
	"encoding/json"
	"strings"
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

// excludes holds for checks that no event can pass both.
func (c check) excludes(other check) bool {
	if !c.path.single() || !c.path.same(other.path) {
		return false
	}
	a, b := c.test, other.test
	of := c.path.valueKind()
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
			return !a.match(value{kind: untyped, text: b.text})
		}
	case literal:
		switch b := b.(type) {
		case interval:
			return !b.match(value{kind: untyped, text: a.text})
		case literal:
			return !sameTime(b.text, a.time)
		}
	case prefix:
		b, ok := b.(prefix)
		return ok && !strings.HasPrefix(string(a), string(b)) && !strings.HasPrefix(string(b), string(a))
	}
	return false
}

func noneMatches(values []value, t test) bool {
	for _, v := range values {
		if t.match(v) {
			return false
		}
	}
	return true
}

// valueKind returns the kind of the values that the path finds.
func (p Path) valueKind() kind {
	if p.place == inBody {
		return typed
	}
	return untyped
}

// allValues returns every value of a kind that matches t, but for other spellings of a number; ok is false where there is
// no end of them, as of the spellings of a time.
func allValues(t test, of kind) (values []value, ok bool) {
	switch t := t.(type) {
	case absent:
		return []value{{}}, true
	case literal:
		return t.values(of), t.form != moment
	case empty:
		if of == untyped {
			return []value{{kind: untyped}}, true
		}
		return []value{{kind: typed, json: ""}, {kind: typed, json: []any{}}, {kind: typed, json: map[string]any{}}}, true
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
func (l literal) values(of kind) []value {
	switch {
	case of == untyped:
		return []value{{kind: untyped, text: l.text}}
	case l.form == encoded:
		return []value{{kind: typed, json: l.json}}
	case l.form == numeral:
		return []value{{kind: typed, json: l.text}, {kind: typed, json: json.Number(l.text)}}
	default:
		return []value{{kind: typed, json: l.text}}
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
func typesOf(t test, of kind) types {
	switch t := t.(type) {
	case ofType:
		switch {
		case t == "number" && of == untyped:
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
