// What marks captures as an execution's: the ids and the correlation values that it has sent.

package journal

import (
	"time"

	"github.com/harken-bdd/harken/support/ids"
)

// nobody marks what two executions have claimed.
const nobody = 0

// marks are that by which a capture is known. What went in with a mark bounds when the mark can have come out.
type marks struct {
	ids      map[ids.ID]time.Time     // when it first left the run
	values   map[string]claim         // by correlation value
	bodies   map[string]*sentBody     // by body
	receipts map[string]*Sent         // by the identity under which listeners see it
	hearers  map[string][]*channelLog // by channel: those whose listeners hear what is sent there, or perhaps do
}

// claim is what is known of a correlation value that was sent.
type claim struct {
	owner uint32    // the execution, or nobody
	began time.Time // when it was first sent; zero where it may be older than that
}

func newMarks() marks {
	return marks{ids: make(map[ids.ID]time.Time), values: make(map[string]claim), bodies: make(map[string]*sentBody),
		receipts: make(map[string]*Sent), hearers: make(map[string][]*channelLog)}
}

// sending adds the marks of s, which x produces.
func (m *marks) sending(x uint32, s *Sent) {
	for _, id := range s.IDs {
		m.known(id, s.Began)
	}
	if s.Value != "" {
		value, ok := m.values[s.Value]
		switch {
		case !ok && s.Fresh:
			value = claim{owner: x, began: s.Began}
		case !ok:
			value = claim{owner: x}
		case value.owner != x:
			value.owner = nobody
		}
		m.values[s.Value] = value
	}
	m.sendingBody(x, s)
}

// known says that an id is known outside the run from t on, if it was not before.
func (m *marks) known(id ids.ID, t time.Time) {
	if _, ok := m.ids[id]; !ok {
		m.ids[id] = t
	}
}
