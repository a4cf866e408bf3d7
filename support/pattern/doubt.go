// Doubts: where it cannot be told whether an event has what is asked for.

package pattern

import (
	"errors"
	"fmt"
)

// doubtful is what a miss wants where the event may have it all the same.
type doubtful interface {
	String() string
	doubt() error
}

// Doubt returns why an event may match all the same, where nothing keeps it from that but what cannot be told: its body
// cannot be read (an *UnreadableError), or a path can be read in two ways. It is nil where the event matches, or surely does
// not. In an empty body there is nothing to be read.
func Doubt(misses []Miss) error {
	var first error
	for _, m := range misses {
		if m.evidence == nil {
			return nil
		}
		want, ok := m.evidence.want.(doubtful)
		if !ok || errors.Is(want.doubt(), errEmptyBody) {
			return nil
		}
		if _, unreadable := want.(isJSON); unreadable || first == nil {
			first = want.doubt()
		}
	}
	return first
}

// isJSON is what is asked of a text in which fields are looked for, and why it is none.
type isJSON struct{ err error }

func (i isJSON) doubt() error { return i.err }

func (i isJSON) String() string {
	var known *UnreadableError
	if errors.As(i.err, &known) && known.Named {
		return "JSON (" + known.Why + ")"
	}
	return "JSON"
}

// twoWays is what is asked of a path that can be read in two ways.
type twoWays struct {
	test
	err error
}

func (t twoWays) doubt() error { return t.err }

func (t twoWays) String() string { return fmt.Sprintf("%s (%v)", t.test, t.err) }

// WordError says that a path is one of Harken's words, and a field's name too.
type WordError struct {
	Word  string // as it was written
	Field string // how the field is written
	Plain string // how Harken's own is
}

func (e *WordError) Error() string {
	return fmt.Sprintf("%s could be Harken's word or the field of that name: write %s for the field, or %s for Harken's", e.Word, e.Field, e.Plain)
}

// Word is a path of a pattern that is one of Harken's words.
type Word struct {
	Field Path      // of that name
	Err   WordError // what to say where there is such a field
}

// Words returns the paths of p that are Harken's words, and could be meant for fields.
func (p Pattern) Words() (all []Word) {
	for _, c := range p.checks {
		if w, ok := c.path.Word(); ok {
			all = append(all, w)
		}
	}
	return all
}

// Word returns what p says of a field, where it is one of Harken's words.
func (p Path) Word() (Word, bool) {
	if p.plain == "" {
		return Word{}, false
	}
	field := Path{steps: p.field, text: "$" + stepsText(p.field)}
	return Word{Field: field, Err: WordError{Word: p.text, Field: field.text, Plain: p.plain}}, true
}

// ambiguous returns an error where d has a field whose name is the word that p is.
func (d *Doc) ambiguous(p Path) error {
	if p.plain == "" {
		return nil
	}
	in, err := d.JSON()
	if err != nil {
		return nil
	}
	for _, s := range p.field {
		var found bool
		if in, found = d.child(in, s); !found {
			return nil
		}
	}
	w, _ := p.Word()
	return &w.Err
}

// outside appends why c, which asks for no field, does not hold.
func (c *check) outside(misses []Miss, d *Doc) []Miss {
	if err := d.ambiguous(c.path); err != nil {
		return append(misses, miss(c.path, d.text(c.path), twoWays{c.test, err}))
	}
	if c.path.place == inHeader {
		return c.header(misses, d)
	}
	if got := d.one(c.path); !c.test.match(got) {
		misses = append(misses, miss(c.path, []value{got}, c.test))
	}
	return misses
}
