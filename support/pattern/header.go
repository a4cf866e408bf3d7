// Headers: a name has several values, and may be there in several spellings.

package pattern

import (
	"strings"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// header appends why c, which asks for a header, does not hold. Where spellings of the name have different values and
// none is the one that was asked for, it must hold for each of them.
func (c *check) header(misses []Miss, d *Doc) []Miss {
	headers := d.Headers
	values, exact := headers[c.path.Header]
	if exact {
		if !holdsFor(c.test, values) {
			misses = append(misses, miss(c.path, d.Texts(c.path), c.test))
		}
		return misses
	}
	fit, not := 0, 0
	for name, values := range headers {
		switch {
		case !strings.EqualFold(name, c.path.Header):
		case holdsFor(c.test, values):
			fit++
		default:
			not++
		}
	}
	switch {
	case fit+not == 0 && holdsFor(c.test, nil), fit > 0 && not == 0:
		return misses
	case fit > 0:
		return append(misses, miss(c.path, d.Texts(c.path), twoWays{c.test, d.Spelt(c.path.Header)}))
	default:
		return append(misses, miss(c.path, d.Texts(c.path), c.test))
	}
}

// holdsFor says whether a test holds for the values of a header: for one of them, and where something is not to be, for
// none.
func holdsFor(t test, values []string) bool {
	switch t := t.(type) {
	case not:
		return len(values) > 0 && !holdsFor(t.test, values)
	case oneOf:
		for _, option := range t {
			if holdsFor(option, values) {
				return true
			}
		}
		return false
	}
	if len(values) == 0 {
		return t.match(jsonpath.Value{})
	}
	for _, v := range values {
		if t.match(jsonpath.Value{Kind: jsonpath.Untyped, Text: v}) {
			return true
		}
	}
	return false
}

// beside holds for checks of headers that exclude each other by one value, and not by several. Of one spelling and of
// another both may be asked for.
func (c check) beside(other check) bool {
	if c.path.Part != jsonpath.InHeader {
		return false
	}
	return c.path.Header != other.path.Header || !forbids(c.test) && !forbids(other.test)
}

// forbids holds for what asks that something is not there.
func forbids(t test) bool {
	switch t.(type) {
	case absent, not:
		return true
	default:
		return false
	}
}
