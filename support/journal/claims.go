// Whose a capture is: the ids in it, the correlation values that an execution produced, and bodies that come back
// byte for byte.
package journal

import (
	"bytes"
	"hash/maphash"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// Sent is an event that an execution produced.
type Sent struct {
	Name    string // of the event in godog.yml, "" for a raw message
	Label   string
	Channel string
	Doc     *pattern.Doc
	IDs     []ids.ID // Harken's ids in it
	Value   string   // its correlation value, where its event has one

	Began    time.Time // just before the transport was asked
	Accepted time.Time // when the transport had accepted it; zero while it has not
	Err      error     // why it was perhaps not accepted

	owner   uint32
	awaited bool // its echo has not been seen
}

// Event returns the event as it was sent.
func (s *Sent) Event() event.Event { return s.Doc.Event() }

// nobody marks what two executions have claimed.
const nobody = 0

type claims struct {
	seed   maphash.Seed
	ids    map[ids.ID]time.Time // when an id was first sent
	values map[string]claim     // by correlation value
	bodies map[uint64][]*Sent   // hash of the body -> what was sent with it
}

// claim says whose a correlation value is, and when it was first sent.
type claim struct {
	owner uint32 // or nobody
	since time.Time
}

func newClaims() claims {
	return claims{seed: maphash.MakeSeed(), ids: make(map[ids.ID]time.Time), values: make(map[string]claim), bodies: make(map[uint64][]*Sent)}
}

// Sending adds an event that x is about to produce; from then on, captures with its ids, its correlation value or its
// body are x's. Accepted must be called once the transport has answered.
func (j *Journal) Sending(x *Execution, s *Sent) {
	s.owner = x.number
	s.IDs = scan(s.Event(), j.run)
	s.awaited = true
	s.Began = time.Now()
	j.mu.Lock()
	for _, id := range s.IDs {
		if _, sent := j.claims.ids[id]; !sent {
			j.claims.ids[id] = s.Began
		}
	}
	if s.Value != "" {
		c, ok := j.claims.values[s.Value]
		switch {
		case !ok:
			c = claim{x.number, s.Began}
		case c.owner != x.number:
			c.owner = nobody
		}
		j.claims.values[s.Value] = c
	}
	h := maphash.Bytes(j.claims.seed, s.Event().Body)
	j.claims.bodies[h] = append(j.claims.bodies[h], s)
	j.mu.Unlock()

	if l := j.channels[s.Channel]; l != nil {
		l.mu.Lock()
		l.sent = true
		l.mu.Unlock()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sent = append(x.sent, s)
}

// Accepted says how the sending ended: when the transport had accepted s, or why perhaps it has not.
func (j *Journal) Accepted(x *Execution, s *Sent, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.Accepted, s.Err = time.Now(), err
}

type kind int

const (
	owned kind = iota
	loose
	foreign
)

// attribute finds out whose c is, and fills in what it finds.
func (j *Journal) attribute(l *channelLog, c *Capture) ([]uint32, kind) {
	e := c.Event()
	var owners []uint32
	own := func(x uint32) {
		if !slices.Contains(owners, x) {
			owners = append(owners, x)
		}
	}
	otherRun := false
	eachID(e, func(id ids.ID) {
		if id.Run != j.run {
			otherRun = true
		} else if !slices.Contains(c.IDs, id) {
			c.IDs = append(c.IDs, id)
		}
	})
	if l.Correlate != nil {
		c.Values = l.Correlate(c.Doc)
	}
	l.mu.Lock()
	sent := l.sent
	l.mu.Unlock()

	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range c.IDs {
		c.notBefore(j.claims.ids[id]) // nobody knew the id before it was sent
		if id.Execution != nobody && int(id.Execution) <= len(j.executions) {
			own(id.Execution)
		}
	}
	contested, unknown := false, false
	for _, v := range c.Values {
		claimed, ok := j.claims.values[v]
		c.notBefore(claimed.since)
		switch {
		case !ok:
			unknown = true
		case claimed.owner == nobody:
			contested = true
		default:
			own(claimed.owner)
		}
	}
	if len(owners) == 0 || sent {
		var byBody []uint32
		for _, s := range j.claims.bodies[maphash.Bytes(j.claims.seed, e.Body)] {
			if !bytes.Equal(s.Event().Body, e.Body) {
				continue
			}
			if !slices.Contains(byBody, s.owner) {
				byBody = append(byBody, s.owner)
			}
			if s.awaited && s.Channel == l.Name && !c.Echo {
				c.Echo, s.awaited = true, false
			}
		}
		switch {
		case len(byBody) == 1:
			own(byBody[0])
		case len(byBody) > 1 && len(owners) == 0:
			contested = true
		}
	}
	switch {
	case len(owners) > 0:
		return owners, owned
	case contested:
		return nil, loose
	case otherRun, unknown, l.Foreign:
		return nil, foreign
	default:
		return nil, loose
	}
}

// notBefore moves the time after which c appeared up to t.
func (c *Capture) notBefore(t time.Time) {
	if t.After(c.After) {
		c.After = t
	}
}

// Carries says whether c has to do with s rather than with another event that the same execution sent: it has an id
// that only s has among rivals, or the correlation value of s.
func (c *Capture) Carries(s *Sent, rivals []*Sent) bool {
	if s.Value != "" && slices.Contains(c.Values, s.Value) {
		return true
	}
	if bytes.Equal(c.Event().Body, s.Event().Body) {
		return true
	}
	for _, id := range s.IDs {
		if !slices.Contains(c.IDs, id) {
			continue
		}
		shared := slices.ContainsFunc(rivals, func(r *Sent) bool { return r != s && slices.Contains(r.IDs, id) })
		if !shared {
			return true
		}
	}
	return false
}

// eachID calls found with every id of Harken's in the event: in its key, its headers and its body.
func eachID(e event.Event, found func(ids.ID)) {
	ids.Scan(e.Key, found)
	for _, v := range e.Headers {
		ids.Scan(v, found)
	}
	ids.Scan(e.Body, found)
}

func scan(e event.Event, run uint64) (all []ids.ID) {
	eachID(e, func(id ids.ID) {
		if id.Run == run && !slices.Contains(all, id) {
			all = append(all, id)
		}
	})
	return all
}
