// Whose a capture is: of the executions whose ids, correlation values or bodies it carries. What was an unknown value when it
// came may be known later; then it is attributed anew.

package journal

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// Correlation is what is defined of the ids of an event.
type Correlation struct {
	Named  bool    // there is a place for its id, whether or not something is there
	None   bool    // it carries no id at all
	Values []Value // what is in that place, null and "" excepted
}

// Value is an id of the system's own form in an event.
type Value struct {
	Of string // what it is an id of, such as taskId: what was learned counts only where it is the same
	jsonpath.Ident
}

// kind says what became of a capture.
type kind int

const (
	owned   kind = iota
	loose        // anybody's
	unknown      // its value is nobody's: anybody's who has no such value yet, and foreign to all others
	foreign
)

// sighting is all of a capture that tells whose it is, and whose it has been found to be.
type sighting struct {
	log *channelLog
	*Capture
	correlation Correlation
	inside      [][]ids.ID // by value: the ids of Harken's in it, of this run; nil where there are none
	stranger    []bool     // by value: it is an id of another run
	otherRun    bool       // an id of another run is somewhere in it
	lessons     []Value    // what it teaches whoever it belongs to
	sender      uint32     // who has sent its very body, or nobody
	returned    bool       // somebody has

	owners   []uint32 // journal's mu is held
	kind     kind
	disputed bool // it was its owners', and by now may be anybody's as well
}

// Told is what tells which of the events that its execution sent a capture has to do with.
type Told struct {
	IDs     []ids.ID
	Values  []string // that events carry as their correlation values
	Answers []*Sent  // what named its value was the answer to these
	Common  bool     // its value has to do with too many events to tell one from the other

	owners []uint32
	since  time.Time // when what its value was made for was first sent
}

// Made returns when what the system has made a value of c for was first sent, so that c appeared later; zero where nothing is
// known of that.
func (c *Capture) Made() time.Time {
	if t := c.knownBy(); t != nil && !t.since.After(c.Seen()) {
		return t.since
	}
	return time.Time{}
}

// Told returns what tells which event c has to do with: the value in the place of its id where that is known, since ids elsewhere
// may only be mentioned; else all of its ids.
func (c *Capture) Told() Told {
	if t := c.knownBy(); t != nil {
		return *t
	}
	return Told{IDs: c.IDs}
}

// knownBy returns what the value in the place of its id tells, nil where none is known.
func (c *Capture) knownBy() *Told {
	if c.told == nil {
		return nil
	}
	return c.told.Load()
}

// Owners returns the numbers of the executions that e would belong to if it were captured on the channel now, sorted. It
// is nobody's if the run itself has just sent it there.
func (j *Journal) Owners(channel string, e event.Event) []uint32 {
	read := j.read(j.channels[channel], &Capture{Doc: pattern.Read(e)})
	s := &read
	j.mu.Lock()
	defer j.mu.Unlock()
	j.bound(s)
	if s.Echo() {
		return nil
	}
	owners, _, _ := j.whose(s)
	return owners
}

// capture adds c, which was received, to the journal, and wakes whoever it, or what it teaches, concerns. last is what was
// captured before under its key, of a state.
func (j *Journal) capture(l *channelLog, c, last *Capture) {
	read := j.read(l, c)
	s := &read
	j.mu.Lock()
	j.bound(s)
	j.marks.echoed(l, c)
	var by *Told
	if s.owners, s.kind, by = j.whose(s); by != nil {
		by.owners = s.owners
		c.told.Store(by)
	}
	if s.kind == unknown {
		for _, v := range s.correlation.Values {
			c.unknown = append(c.unknown, v.Of)
		}
	}
	if !l.add(s, last) {
		j.mu.Unlock()
		return
	}
	j.marks.sight(s)
	executions := j.numbered(s.owners)
	if !c.Returned && !c.Echo() {
		executions = append(executions, j.numbered(j.teach(s))...)
	}
	j.mu.Unlock()
	notify(executions)
}

// read finds what tells whose c is.
func (j *Journal) read(l *channelLog, c *Capture) sighting {
	s := sighting{log: l, Capture: c}
	c.IDs, s.otherRun = scan(c.Doc, j.run)
	if l.Correlate != nil {
		s.correlation = l.Correlate(c.Doc)
		c.None = s.correlation.None
	}
	if n := len(s.correlation.Values); n > 0 {
		s.inside, s.stranger, c.told = make([][]ids.ID, n), make([]bool, n), new(atomic.Pointer[Told])
	}
	for i, v := range s.correlation.Values {
		s.inside[i], s.stranger[i] = inside(v.Text, j.run)
		c.Values = append(c.Values, v.Text)
	}
	if !s.correlation.Named && l.Lessons != nil && len(c.IDs) > 0 {
		s.lessons = l.Lessons(c.Doc)
	}
	return s
}

// bound fills in since when what marks s can have appeared. j.mu is held.
func (j *Journal) bound(s *sighting) {
	for _, id := range s.IDs {
		s.follows(j.marks.ids[id]) // nobody knew the id before it was sent
	}
	for _, v := range s.correlation.Values {
		if sent := j.marks.sent[v.Text]; sent != nil {
			s.follows(sent.began)
		}
	}
	s.sender, s.returned = j.marks.returned(s.log, s.Capture)
}

// follows says that something in c was first sent at t, and that nobody else can have made it up: c appeared later.
func (c *Capture) follows(t time.Time) {
	c.After, c.Surely = later(c.After, t), later(c.Surely, t)
}

// whose returns the executions that s belongs to, or why it belongs to none, and what it has to do with them, nil where
// that are all of its ids. Where the place of its id holds a value that is known, it alone tells; ids elsewhere may only be
// mentioned. j.mu is held.
func (j *Journal) whose(s *sighting) (owners []uint32, k kind, by *Told) {
	contested, strange := false, false
	if s.returned {
		if contested = s.sender == nobody; !contested {
			owners = append(owners, s.sender)
		}
	}
	known := false
	for i, v := range s.correlation.Values {
		strange = strange || s.stranger[i]
		if own := j.ofExecutions(s.inside[i]); len(own) > 0 || s.stranger[i] {
			known = known || len(own) > 0
			by = by.with(Told{IDs: own})
			for _, id := range own {
				owners = append(owners, id.Execution)
			}
			continue
		}
		owner, ok, mark := j.marks.owner(v)
		if !ok {
			continue
		}
		known = true
		by = by.with(mark)
		if owner == nobody {
			contested = true
		} else {
			owners = append(owners, owner)
		}
	}
	if !known {
		by = nil
	}
	if len(s.correlation.Values) == 0 {
		for _, id := range j.ofExecutions(s.IDs) {
			owners = append(owners, id.Execution)
		}
	}
	switch {
	case len(owners) > 0:
		slices.Sort(owners)
		return slices.Compact(owners), owned, by
	case contested:
		return nil, loose, by
	case len(s.correlation.Values) > 0 && len(s.IDs) > 0:
		return nil, loose, nil
	case strange, s.otherRun, s.log.Foreign:
		return nil, foreign, nil
	case len(s.correlation.Values) > 0:
		return nil, unknown, nil
	default:
		return nil, loose, nil
	}
}

// again attributes s anew, since more is known of a value in it, and returns the executions that it belongs to now and has not
// belonged to before. What it was it stays: a scenario may have passed by it. j.mu is held.
func (j *Journal) again(s *sighting) (more []uint32) {
	owners, k, by := j.whose(s)
	for _, x := range owners {
		if !slices.Contains(s.owners, x) {
			more = append(more, x)
		}
	}
	s.owners = slices.Concat(s.owners, more)
	if k == owned && by != nil {
		by.owners = s.owners
		s.told.Store(by)
	}
	s.log.move(s, k, more)
	return more
}

// with adds marks to others.
func (t *Told) with(more Told) *Told {
	if t == nil {
		return &more
	}
	return &Told{
		IDs: slices.Concat(t.IDs, more.IDs), Values: slices.Concat(t.Values, more.Values), Answers: slices.Concat(t.Answers, more.Answers),
		Common: t.Common || more.Common, since: later(t.since, more.since),
	}
}

// ofExecutions returns the ids that an execution of the run has made. j.mu is held.
func (j *Journal) ofExecutions(all []ids.ID) (own []ids.ID) {
	for _, id := range all {
		if id.Execution != nobody && int(id.Execution) <= len(j.executions) {
			own = append(own, id)
		}
	}
	return own
}

// inside returns the ids of Harken's in a value that are of the run; stranger holds for one with none of these, but another
// run's.
func inside(text string, run uint64) (own []ids.ID, stranger bool) {
	ids.Scan(text, func(id ids.ID) {
		if id.Run == run {
			own = append(own, id)
		} else {
			stranger = true
		}
	})
	return own, stranger && own == nil
}

// scan returns the ids of a run in an event, each of them once, and whether there are some of another run. It takes a
// batch of thousands of ids in its stride.
func scan(d *pattern.Doc, run uint64) (own []ids.ID, others bool) {
	found := func(id ids.ID) {
		if id.Run != run {
			others = true
			return
		}
		own = append(own, id)
	}
	e := d.Event()
	ids.Scan(e.Key, found)
	for _, values := range e.Headers {
		for _, v := range values {
			ids.Scan(v, found)
		}
	}
	ids.Scan(d.Plain(), found) // packed, nobody would find them
	slices.SortFunc(own, func(a, b ids.ID) int {
		return cmp.Or(cmp.Compare(a.Execution, b.Execution), cmp.Compare(a.Number, b.Number))
	})
	return slices.Compact(own), others
}
