// What marks captures as an execution's: the ids and the correlation values that it has sent, and the values that the system
// has made for it.

package journal

import (
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/ids"
)

// nobody marks what two executions have claimed.
const nobody = 0

// mostCauses is how many events one value may have been made for before it tells none of them from the others. Each capture
// that carries the value is compared with all of them.
const mostCauses = 64

// marks are that by which a capture is known. What went in with a mark bounds when the mark can have come out.
type marks struct {
	ids       map[ids.ID]time.Time     // when it first left the run
	sent      map[string]*claim        // the values that executions have sent, whatever they are ids of
	learned   map[learned]*claim       // the values that the system has made
	sightings map[string][]*sighting   // by value, the captures that carry it
	bodies    map[string]*sentBody     // by body
	receipts  map[string]*Sent         // by the identity under which listeners see it
	hearers   map[string][]*channelLog // by channel: those whose listeners hear what is sent there, or perhaps do
}

// learned is a value that counts only among ids of the same.
type learned struct{ of, text string }

// claim is what is known of a value.
type claim struct {
	owner uint32    // the execution, or nobody
	began time.Time // when it, or what it was made for, was first sent; zero where it may be older than that

	// Of one that was learned: what it was made for, as far as that is known.
	ids     []ids.ID
	answers []*Sent
	common  bool // for too many to tell
}

func newMarks() marks {
	return marks{
		ids: make(map[ids.ID]time.Time), sent: make(map[string]*claim), learned: make(map[learned]*claim),
		sightings: make(map[string][]*sighting), bodies: make(map[string]*sentBody),
		receipts: make(map[string]*Sent), hearers: make(map[string][]*channelLog),
	}
}

// sending adds the marks of s, which x produces, and says whether more is known of its value than before.
func (m *marks) sending(x uint32, s *Sent) (more bool) {
	for _, id := range s.IDs {
		m.known(id, s.Began)
	}
	m.sendingBody(x, s)
	if s.Value == "" {
		return false
	}
	value := m.sent[s.Value]
	if value == nil {
		value = &claim{owner: x}
		if s.Fresh {
			value.began = s.Began
		}
		m.sent[s.Value] = value
		return true
	}
	return value.claimed(x)
}

// learn says that the system has made a value for x, as s shows, and says whether more is known of it than before.
func (m *marks) learn(x uint32, v Value, s *sighting) (more bool) {
	key := learned{v.Of, v.Text}
	value := m.learned[key]
	if value == nil {
		value = &claim{owner: x, began: m.madeSince(v, s)}
		m.learned[key], more = value, true
	} else {
		if since := m.madeSince(v, s); since.Before(value.began) {
			value.began = since
		}
		more = value.claimed(x)
	}
	value.madeFor(s)
	return more
}

// madeSince returns when what the system has made a value for was first sent, as s shows: nothing can have carried the value
// before. It is zero where something did.
func (m *marks) madeSince(v Value, s *sighting) (since time.Time) {
	if s.Answers != nil {
		since = s.Answers.Began
	} else {
		for i, id := range s.IDs {
			if t := m.ids[id]; i == 0 || t.Before(since) {
				since = t
			}
		}
	}
	for _, seen := range m.sightings[v.Text] {
		if seen.Seen().Before(since) {
			return time.Time{}
		}
	}
	return since
}

// claimed says that x has the value, and whether that makes it nobody's.
func (c *claim) claimed(x uint32) (contested bool) {
	if c.owner == x || c.owner == nobody {
		return false
	}
	c.owner = nobody
	return true
}

// madeFor notes what the value was made for.
func (c *claim) madeFor(s *sighting) {
	switch {
	case c.common:
	case s.Answers != nil && !slices.Contains(c.answers, s.Answers):
		c.answers = append(c.answers, s.Answers)
	case s.Answers == nil:
		for _, id := range s.IDs {
			if len(c.ids) <= mostCauses && !slices.Contains(c.ids, id) {
				c.ids = append(c.ids, id)
			}
		}
	}
	if len(c.ids)+len(c.answers) > mostCauses {
		c.ids, c.answers, c.common = nil, nil, true
	}
}

// owner returns whose a value is, nobody where several have it, and what it has to do with; ok is false where nobody
// is known to have it.
func (m *marks) owner(v Value) (owner uint32, ok bool, by Told) {
	sent, made := m.sent[v.Text], m.learned[learned{v.Of, v.Text}]
	if sent != nil {
		owner, by.Values = sent.owner, []string{v.Text}
	}
	if made != nil {
		by.IDs, by.Answers, by.Common, by.since = slices.Clip(made.ids), slices.Clip(made.answers), made.common, made.began
		if sent != nil && sent.owner != made.owner {
			return nobody, true, by
		}
		owner = made.owner
	}
	return owner, sent != nil || made != nil, by
}

// sight keeps s by its values, of which more may come to be known.
func (m *marks) sight(s *sighting) {
	if len(s.correlation.Values) == 0 {
		return
	}
	kept := *s
	for _, v := range kept.correlation.Values {
		if seen := m.sightings[v.Text]; len(seen) == 0 || seen[len(seen)-1] != &kept { // it may carry it twice
			m.sightings[v.Text] = append(seen, &kept)
		}
	}
}

// sighted returns s with the values that were found in c.
func (m *marks) sighted(c *Capture, s sighting) sighting {
	for _, v := range c.Values {
		for _, seen := range m.sightings[v] {
			if seen.Capture == c {
				s.correlation, s.inside, s.stranger = seen.correlation, seen.inside, seen.stranger
				return s
			}
		}
	}
	return s
}

// known says that an id is known outside the run from t on, if it was not before.
func (m *marks) known(id ids.ID, t time.Time) {
	if _, ok := m.ids[id]; !ok {
		m.ids[id] = t
	}
}
