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
	return c.path.single() && c.path.same(other.path) && exclusive(c.test, other.test)
}

func exclusive(a, b test) bool {
	if values, ok := allValues(a); ok {
		return noneMatches(values, b)
	}
	if values, ok := allValues(b); ok {
		return noneMatches(values, a)
	}
	if typesOf(a)&typesOf(b) == 0 {
		return true
	}
	switch a := a.(type) {
	case interval:
		b, ok := b.(interval)
		return ok && a.apart(b)
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

// allValues returns every value that matches t, but for other spellings of a number; ok is false where there is no end of
// them. Places without types cannot be told from strings here: what reads as a number is given as both.
func allValues(t test) (values []value, ok bool) {
	switch t := t.(type) {
	case literal:
		if t.form == encoded {
			return []value{{kind: typed, json: t.json}, {kind: untyped, text: t.text}}, true
		}
		values = []value{{kind: typed, json: t.text}, {kind: untyped, text: t.text}}
		if t.form == numeral {
			values = append(values, value{kind: typed, json: json.Number(t.text)})
		}
		return values, true
	case absent:
		return []value{{}}, true
	case empty:
		return []value{{kind: typed, json: ""}, {kind: untyped}, {kind: typed, json: []any{}}, {kind: typed, json: map[string]any{}}}, true
	case oneOf:
		for _, option := range t {
			more, ok := allValues(option)
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

// types is a set of the kinds of value that a test can match.
type types int

const (
	nothing types = 1 << iota
	text
	textOfNumber
	number
	list
	anyOther
)

// typesOf returns what t can match; it is asked only of tests that allValues has no end of values for.
func typesOf(t test) types {
	switch t := t.(type) {
	case ofType:
		switch t {
		case "number":
			return number | textOfNumber
		case "string":
			return text | textOfNumber
		default:
			return text
		}
	case interval:
		return number | textOfNumber
	case prefix, glob, expression:
		return text | textOfNumber
	case contains:
		return text | textOfNumber | list
	case items:
		return list
	default:
		return text | textOfNumber | number | list | anyOther
	}
}
