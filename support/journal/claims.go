// Whose a capture is: the ids in it, the correlation values that an execution produced, and bodies that come back
// byte for byte.

package journal

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
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
	Fresh   bool     // the value was made by the execution: nothing can have carried it before it was sent

	Began    time.Time // just before the transport was asked
	Accepted time.Time // when the transport had accepted it; zero while it has not
	Receipt  harness.Receipt
	Twice    bool  // it was accepted, perhaps more than once: what is captured twice may be so for this reason
	Err      error // why it was perhaps not accepted
}

// Event returns the event as it was sent.
func (s *Sent) Event() event.Event { return s.Doc.Event() }

// nobody marks what two executions have claimed.
const nobody = 0

// claims are the marks by which a capture is known. What went in with a mark bounds when the mark can have come out.
type claims struct {
	ids    map[ids.ID]time.Time // when it first left the run
	values map[string]claim     // by correlation value
	bodies map[string]*claim    // by body
}

// claim is what is known of a correlation value or a body that was sent.
type claim struct {
	owner   uint32         // the execution, or nobody
	began   time.Time      // when it was first sent; zero where it may be older than that
	awaited map[string]int // of a body, by channel: the sends whose echoes have not been seen
}

func newClaims() claims {
	return claims{ids: make(map[ids.ID]time.Time), values: make(map[string]claim), bodies: make(map[string]*claim)}
}

// sending adds the marks of s, which x produces.
func (c *claims) sending(x uint32, s *Sent) {
	for _, id := range s.IDs {
		c.known(id, s.Began)
	}
	if s.Value != "" {
		value, ok := c.values[s.Value]
		switch {
		case !ok && s.Fresh:
			value = claim{owner: x, began: s.Began}
		case !ok:
			value = claim{owner: x}
		case value.owner != x:
			value.owner = nobody
		}
		c.values[s.Value] = value
	}
	text := string(s.Event().Body)
	body := c.bodies[text]
	if body == nil {
		body = &claim{owner: x, began: s.Began, awaited: make(map[string]int)}
		c.bodies[text] = body
	}
	if body.owner != x {
		body.owner = nobody
	}
	body.awaited[s.Channel]++
}

// known says that an id is known outside the run from t on, if it was not before.
func (c *claims) known(id ids.ID, t time.Time) {
	if _, ok := c.ids[id]; !ok {
		c.ids[id] = t
	}
}

// Sending adds an event that x is about to produce; from then on, captures with its ids, its correlation value or its
// body are x's. Accepted must be called once the transport has answered.
func (j *Journal) Sending(x *Execution, s *Sent) {
	s.IDs, _ = scan(s.Event(), j.run)
	s.Began = time.Now()
	j.mu.Lock()
	j.claims.sending(x.number, s)
	j.mu.Unlock()

	x.mu.Lock()
	defer x.mu.Unlock()
	x.sent = append(x.sent, s)
	x.acts(s.Began)
}

// Disclosing says that x is about to act on the system in another way than by an event, a command say, and that what is
// in texts becomes known by that: what carries an id that is in them may have appeared from now on, whenever an event
// with the id is sent.
func (j *Journal) Disclosing(x *Execution, texts ...string) {
	now := time.Now()
	j.mu.Lock()
	for _, text := range texts {
		ids.Scan(text, func(id ids.ID) { j.claims.known(id, now) })
	}
	j.mu.Unlock()

	x.mu.Lock()
	defer x.mu.Unlock()
	x.acts(now)
}

// Accepted says how the sending ended: that the transport has accepted s, perhaps twice, or why perhaps it has not.
func (j *Journal) Accepted(x *Execution, s *Sent, r harness.Receipt, twice bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s.Accepted, s.Receipt, s.Twice, s.Err = time.Now(), r, twice, err
	x.twice = x.twice || twice
}

type kind int

const (
	owned kind = iota
	loose
	foreign
)

// Owners returns the numbers of the executions that e would belong to if it were captured on the channel now, sorted. It
// is nobody's if the run itself has just sent it there.
func (j *Journal) Owners(channel string, e event.Event) []uint32 {
	l := j.channels[channel]
	c := &Capture{Doc: pattern.Read(e)}
	otherRun := j.read(l, c)
	j.mu.Lock()
	defer j.mu.Unlock()
	owners, _ := j.whose(l, c, otherRun)
	if c.Echo {
		return nil
	}
	return owners
}

// attribute finds out whose c is, and fills in what it finds.
func (j *Journal) attribute(l *channelLog, c *Capture) ([]uint32, kind) {
	otherRun := j.read(l, c)
	j.mu.Lock()
	defer j.mu.Unlock()
	owners, k := j.whose(l, c, otherRun)
	if c.Echo {
		j.claims.bodies[string(c.Event().Body)].awaited[l.Name]--
	}
	return owners, k
}

// read fills in what marks c, and says whether it has an id of another run.
func (j *Journal) read(l *channelLog, c *Capture) (otherRun bool) {
	c.IDs, otherRun = scan(c.Event(), j.run)
	if l.Correlate != nil {
		c.Values = l.Correlate(c.Doc)
	}
	return otherRun
}

// whose goes by what marks c, and fills in what follows. j.mu is held.
func (j *Journal) whose(l *channelLog, c *Capture, otherRun bool) ([]uint32, kind) {
	var owners []uint32
	for _, id := range c.IDs {
		c.follows(j.claims.ids[id]) // nobody knew the id before it was sent
		if id.Execution != nobody && int(id.Execution) <= len(j.executions) {
			owners = append(owners, id.Execution)
		}
	}
	contested, unknown := false, false
	for _, v := range c.Values {
		switch value, ok := j.claims.values[v]; {
		case !ok:
			unknown = true
		case value.owner == nobody:
			contested = true
		default:
			owners = append(owners, value.owner)
		}
		c.follows(j.claims.values[v].began)
	}
	if body := j.claims.bodies[string(c.Event().Body)]; body != nil {
		if body.owner == nobody {
			contested = true
		} else {
			owners = append(owners, body.owner)
		}
		c.After, c.Returned = later(c.After, body.began), true
		c.Echo = !c.Redelivery && body.awaited[l.Name] > 0
	}
	switch {
	case len(owners) > 0:
		slices.Sort(owners)
		return slices.Compact(owners), owned
	case contested:
		return nil, loose
	case otherRun, unknown, l.Foreign:
		return nil, foreign
	default:
		return nil, loose
	}
}

// follows says that something in c was first sent at t, and that nobody else can have made it up: c appeared later.
func (c *Capture) follows(t time.Time) {
	c.After, c.Surely = later(c.After, t), later(c.Surely, t)
}

// Bearing says whether a capture has to do with one of several events that its execution sent.
type Bearing int

// The bearings. Unclear is a capture that carries only what several of the events have in common.
const (
	Unrelated Bearing = iota
	Unclear
	Related
)

// Bearing tells whether c has to do with s rather than with its rivals, other events that the same execution sent: a
// correlation value, a body or an id that only s has tells it; one that a rival has too does not, and counts for nothing
// where c also carries what only rivals have. An answer has to do with what it answers, and nothing else.
func (c *Capture) Bearing(s *Sent, rivals []*Sent) Bearing {
	if c.Answers != nil {
		if c.Answers.Doc == s.Doc { // perhaps one of several times that it was sent
			return Related
		}
		return Unrelated
	}
	best := Unrelated
	marks := c.marks()
	for _, has := range marks {
		switch {
		case !has(s):
		case !slices.ContainsFunc(rivals, has):
			return Related
		default:
			best = Unclear
		}
	}
	if best == Unclear {
		for _, has := range marks {
			if !has(s) && slices.ContainsFunc(rivals, has) {
				return Unrelated
			}
		}
	}
	return best
}

// marks returns a test for each thing in c that an event which was sent may have too.
func (c *Capture) marks() []func(*Sent) bool {
	all := []func(*Sent) bool{func(s *Sent) bool { return bytes.Equal(s.Event().Body, c.Event().Body) }}
	for _, v := range c.Values {
		all = append(all, func(s *Sent) bool { return s.Value == v })
	}
	for _, id := range c.IDs {
		all = append(all, func(s *Sent) bool { return slices.Contains(s.IDs, id) })
	}
	return all
}

// scan returns the ids of a run in an event, each of them once, and whether there are some of another run. It takes a
// batch of thousands of ids in its stride.
func scan(e event.Event, run uint64) (own []ids.ID, others bool) {
	found := func(id ids.ID) {
		if id.Run != run {
			others = true
			return
		}
		own = append(own, id)
	}
	ids.Scan(e.Key, found)
	for _, values := range e.Headers {
		for _, v := range values {
			ids.Scan(v, found)
		}
	}
	ids.Scan(e.Body, found)
	slices.SortFunc(own, func(a, b ids.ID) int {
		return cmp.Or(cmp.Compare(a.Execution, b.Execution), cmp.Compare(a.Number, b.Number))
	})
	return slices.Compact(own), others
}
