// Attribution: a capture belongs to the executions whose ids, correlation values or bodies it carries. What was an
// unknown value when it came may be known later; then it is attributed anew.

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
	owned        kind = iota
	uncorrelated      // no id tells whose it is: it may be anybody's
	// nobody is known to have its value: it may be anybody's who has no such value yet, and is foreign to all others
	unknown
	foreign
)

// attribution is all of a capture that tells whose it is, and whose it has been found to be.
type attribution struct {
	log *channelLog
	*Capture
	correlation Correlation
	inside      [][]ids.ID // by value: the ids of Harken's in it, of this run; nil where there are none
	otherRuns   []bool     // by value: it is an id of another run
	otherRun    bool       // an id of another run is somewhere in it
	lessons     []Value    // what it teaches whoever it belongs to
	sender      uint32     // who has sent its very body, or noOwner
	returned    bool       // somebody has

	owners   []uint32 // journal's mu is held
	kind     kind
	disputed bool // it was its owners', and by now may be anybody's as well
}

// CorrelationKeys tell which of the events that its execution sent a capture is related to.
type CorrelationKeys struct {
	IDs     []ids.ID
	Values  []string // that events carry as their correlation values
	Answers []*Sent  // what named its value was the answer to these
	Common  bool     // its value is related to too many events to tell one from the other

	owners []uint32
	since  time.Time // when what its value was made for was first sent
}

// Made returns when what the system has made a value of c for was first sent, so that c appeared later; zero where
// nothing is known of that.
func (c *Capture) Made() time.Time {
	if keys := c.learnedKeys(); keys != nil && !keys.since.After(c.Seen()) {
		return keys.since
	}
	return time.Time{}
}

// CorrelationKeys returns what tells which event c is related to: the value in the place of its id where that is known,
// since ids elsewhere may only be mentioned; else all of its ids.
func (c *Capture) CorrelationKeys() CorrelationKeys {
	if keys := c.learnedKeys(); keys != nil {
		return *keys
	}
	return CorrelationKeys{IDs: c.IDs}
}

// learnedKeys returns what the value in the place of its id tells, nil where none is known.
func (c *Capture) learnedKeys() *CorrelationKeys {
	if c.keys == nil {
		return nil
	}
	return c.keys.Load()
}

// Owners returns the numbers of the executions that e would belong to if it were captured on the channel now, sorted:
// none if the run itself has just sent it there.
func (j *Journal) Owners(channel string, e event.Event) []uint32 {
	var all []uint32
	for _, d := range j.channels[channel].docs(e) {
		all = append(all, j.owners(channel, d)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (j *Journal) owners(channel string, d *pattern.Doc) []uint32 {
	read := j.read(j.channels[channel], &Capture{Doc: d})
	a := &read
	j.mu.Lock()
	defer j.mu.Unlock()
	j.boundAppearance(a)
	if a.Echo() {
		return nil
	}
	owners, _, _ := j.attribute(a)
	return owners
}

// capture adds c, which was received, to the journal, and wakes whoever it, or what it teaches, concerns. last is what
// was captured before under its key, of a state.
func (j *Journal) capture(l *channelLog, c, last *Capture) {
	read := j.read(l, c)
	a := &read
	j.mu.Lock()
	j.boundAppearance(a)
	j.index.echoed(l, c)
	var keys *CorrelationKeys
	if a.owners, a.kind, keys = j.attribute(a); keys != nil {
		keys.owners = a.owners
		c.keys.Store(keys)
	}
	if a.kind == unknown {
		for _, v := range a.correlation.Values {
			c.unknown = append(c.unknown, v.Of)
		}
	}
	if !l.add(a, last) {
		j.mu.Unlock()
		return
	}
	j.index.add(a)
	executions := j.numbered(a.owners)
	if !c.Returned && !c.Echo() {
		executions = append(executions, j.numbered(j.teach(a))...)
	}
	j.mu.Unlock()
	notify(executions)
}

// read finds what tells whose c is.
func (j *Journal) read(l *channelLog, c *Capture) attribution {
	a := attribution{log: l, Capture: c}
	c.IDs, a.otherRun = scan(c.Doc, j.run)
	if l.Correlate != nil {
		a.correlation = l.Correlate(c.Doc)
		c.None = a.correlation.None
	}
	if n := len(a.correlation.Values); n > 0 {
		a.inside, a.otherRuns, c.keys = make([][]ids.ID, n), make([]bool, n), new(atomic.Pointer[CorrelationKeys])
	}
	for i, v := range a.correlation.Values {
		a.inside[i], a.otherRuns[i] = inside(v.Text, j.run)
		c.Values = append(c.Values, v.Text)
	}
	if !a.correlation.Named && l.Lessons != nil && len(c.IDs) > 0 {
		a.lessons = l.Lessons(c.Doc)
	}
	return a
}

// boundAppearance fills in since when what is in a can have appeared. j.mu is held.
func (j *Journal) boundAppearance(a *attribution) {
	for _, id := range a.IDs {
		a.appearedAfter(j.index.ids[id]) // nobody knew the id before it was sent
	}
	for _, v := range a.correlation.Values {
		if sent := j.index.sent[v.Text]; sent != nil {
			a.appearedAfter(sent.began)
		}
	}
	a.sender, a.returned = j.index.returned(a.log, a.Capture)
}

// appearedAfter says that something in c was first sent at t, and that nobody else can have made it up: c appeared
// later.
func (c *Capture) appearedAfter(t time.Time) {
	c.After, c.Surely = later(c.After, t), later(c.Surely, t)
}

// attribute returns the executions that a belongs to, or why it belongs to none, and what relates it to their events,
// nil where that are all of its ids. Where the place of its id holds a value that is known, it alone tells; ids
// elsewhere may only be mentioned. j.mu is held.
func (j *Journal) attribute(a *attribution) (owners []uint32, k kind, keys *CorrelationKeys) {
	contested, otherRun := false, false
	if a.returned && !j.carriesOnlyOthers(a.IDs, a.sender) {
		if contested = a.sender == noOwner; !contested {
			owners = append(owners, a.sender)
		}
	}
	known := false
	for i, v := range a.correlation.Values {
		otherRun = otherRun || a.otherRuns[i]
		if own := j.ofExecutions(a.inside[i]); len(own) > 0 || a.otherRuns[i] {
			known = known || len(own) > 0
			keys = keys.with(CorrelationKeys{IDs: own})
			for _, id := range own {
				owners = append(owners, id.Execution)
			}
			continue
		}
		owner, ok, more := j.index.owner(v)
		if !ok {
			continue
		}
		known = true
		keys = keys.with(more)
		if owner == noOwner {
			contested = true
		} else {
			owners = append(owners, owner)
		}
	}
	if !known {
		keys = nil
	}
	if len(a.correlation.Values) == 0 {
		for _, id := range j.ofExecutions(a.IDs) {
			owners = append(owners, id.Execution)
		}
	}
	switch {
	case len(owners) > 0:
		slices.Sort(owners)
		return slices.Compact(owners), owned, keys
	case contested:
		return nil, uncorrelated, keys
	case len(a.correlation.Values) > 0 && len(a.IDs) > 0:
		return nil, uncorrelated, nil
	case otherRun, a.otherRun, a.log.Foreign:
		return nil, foreign, nil
	case len(a.correlation.Values) > 0:
		return nil, unknown, nil
	default:
		return nil, uncorrelated, nil
	}
}

// carriesOnlyOthers says whether ids are executions', and none of them is x's: of two events with one body, which may
// be empty, their headers tell whose they are. j.mu is held.
func (j *Journal) carriesOnlyOthers(all []ids.ID, x uint32) bool {
	own := j.ofExecutions(all)
	return len(own) > 0 && !slices.ContainsFunc(own, func(id ids.ID) bool { return id.Execution == x })
}

// reattribute attributes a anew, since more is known of a value in it, and returns the executions that it belongs to
// now and has not belonged to before. What it was it stays: a scenario may have passed by it. j.mu is held.
func (j *Journal) reattribute(a *attribution) (more []uint32) {
	owners, k, keys := j.attribute(a)
	for _, x := range owners {
		if !slices.Contains(a.owners, x) {
			more = append(more, x)
		}
	}
	a.owners = slices.Concat(a.owners, more)
	if k == owned && keys != nil {
		keys.owners = a.owners
		a.keys.Store(keys)
	}
	a.log.move(a, k, more)
	return more
}

// with adds keys to others.
func (keys *CorrelationKeys) with(more CorrelationKeys) *CorrelationKeys {
	if keys == nil {
		return &more
	}
	return &CorrelationKeys{
		IDs: slices.Concat(keys.IDs, more.IDs), Values: slices.Concat(keys.Values, more.Values),
		Answers: slices.Concat(keys.Answers, more.Answers),
		Common:  keys.Common || more.Common, since: later(keys.since, more.since),
	}
}

// ofExecutions returns the ids that an execution of the run has made. j.mu is held.
func (j *Journal) ofExecutions(all []ids.ID) (own []ids.ID) {
	for _, id := range all {
		if id.Execution != noOwner && int(id.Execution) <= len(j.executions) {
			own = append(own, id)
		}
	}
	return own
}

// inside returns the ids of Harken's in a value that are of the run; otherRun holds for one with none of these, but
// another run's.
func inside(text string, run uint64) (own []ids.ID, otherRun bool) {
	ids.Scan(text, func(id ids.ID) {
		if id.Run == run {
			own = append(own, id)
		} else {
			otherRun = true
		}
	})
	return own, otherRun && own == nil
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
