// Doubts: where it cannot be told whether an event has what is asked for.

package pattern

import (
	"errors"
	"fmt"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// doubtful is what a miss wants where the event may have it all the same.
type doubtful interface {
	String() string
	doubt() error
}

// Doubt returns why an event may match all the same, where nothing keeps it from that but what cannot be told: its body
// cannot be read (a *jsonpath.UnreadableError), or a path can be read in two ways (a *jsonpath.WordError). It is nil
// where the event matches, or surely does not. In an empty body there is nothing to be read.
func Doubt(misses []Miss) error {
	var first error
	for _, m := range misses {
		if m.evidence == nil {
			return nil
		}
		want, ok := m.evidence.want.(doubtful)
		if !ok || errors.Is(want.doubt(), jsonpath.ErrEmpty) {
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

// isCloudEvent says whether what is asked for is a CloudEvent.
func (i isJSON) isCloudEvent() bool {
	known, ok := errors.AsType[*jsonpath.UnreadableError](i.err)
	return ok && known.Wanted() != "JSON"
}

func (i isJSON) String() string {
	var known *jsonpath.UnreadableError
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

// needsReading says whether c asks for what only is known of an event that can be read as what it should be.
func (c *check) needsReading() bool {
	return c.path.Part == jsonpath.InBody || c.path.Part == jsonpath.WholeText || c.path.IsAttribute()
}

// unread is the miss of all that would have to be read in d, which cannot be.
func (d *Doc) unread() Miss {
	_, err := d.JSON()
	whole := jsonpath.Path{Part: jsonpath.WholeText, Text: "body"}
	return miss(whole, d.Texts(whole), isJSON{err})
}

// Words returns the paths of p that are Harken's words, or attributes where it is asked of CloudEvents, and could be
// meant for fields.
func (p Pattern) Words(cloudEvents bool) (all []jsonpath.Word) {
	for _, c := range p.checks {
		if w, ok := c.path.On(cloudEvents).Word(); ok {
			all = append(all, w)
		}
	}
	return all
}

// outside appends why c, which asks for no field, does not hold.
func (c *check) outside(misses []Miss, d *Doc) []Miss {
	if err := d.Ambiguous(c.path); err != nil {
		return append(misses, miss(c.path, d.Texts(c.path), twoWays{c.test, err}))
	}
	if c.path.Part == jsonpath.InHeader {
		return c.header(misses, d)
	}
	if got := d.Text(c.path); !c.test.match(got) {
		misses = append(misses, miss(c.path, []jsonpath.Value{got}, c.test))
	}
	return misses
}
