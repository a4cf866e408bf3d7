// Headers: a name has several values, and may be there in several spellings.

package pattern

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// header appends why c, which asks for a header, does not hold. Where spellings of the name have different values and none is
// the one that was asked for, it must hold for each of them.
func (c *check) header(misses []Miss, d *Doc) []Miss {
	headers := d.event.Headers
	values, exact := headers[c.path.header]
	if exact {
		if !holdsFor(c.test, values) {
			misses = append(misses, miss(c.path, d.text(c.path), c.test))
		}
		return misses
	}
	fit, not := 0, 0
	for name, values := range headers {
		switch {
		case !strings.EqualFold(name, c.path.header):
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
		return append(misses, miss(c.path, d.text(c.path), twoWays{c.test, d.spelt(c.path.header)}))
	default:
		return append(misses, miss(c.path, d.text(c.path), c.test))
	}
}

// spelt says in which spellings a header is there.
func (d *Doc) spelt(header string) error {
	return fmt.Errorf("header %s is there as %s, with different values: write the name as one of them", header, strings.Join(d.spellings(header), " and "))
}

// spellings returns the names that are the same but for their case, sorted.
func (d *Doc) spellings(header string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(d.event.Headers)) {
		if strings.EqualFold(name, header) {
			all = append(all, name)
		}
	}
	return all
}

// values returns the values of a header: of exactly this name, or else of all names that are the same but for their case.
func (d *Doc) values(header string) []string {
	if values, ok := d.event.Headers[header]; ok {
		return values
	}
	var all []string
	for _, name := range d.spellings(header) {
		for _, v := range d.event.Headers[name] {
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
	}
	return all
}

// holdsFor says whether a test holds for the values of a header: for one of them, and where something is not to be, for none.
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
		return t.match(value{})
	}
	for _, v := range values {
		if t.match(value{kind: untyped, text: v}) {
			return true
		}
	}
	return false
}

// beside holds for checks of headers that exclude each other by one value, and not by several. Of one spelling and of another
// both may be asked for.
func (c check) beside(other check) bool {
	return c.path.place == inHeader && (c.path.header != other.path.header || !forbids(c.test) && !forbids(other.test))
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
