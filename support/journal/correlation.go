// Whose a capture is: of the executions whose ids, correlation values or bodies it carries.

package journal

import (
	"cmp"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

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
	if c.Echo() {
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
	j.marks.echoed(l, c)
	return owners, k
}

// read fills in what marks c, and says whether it has an id of another run.
func (j *Journal) read(l *channelLog, c *Capture) (otherRun bool) {
	c.IDs, otherRun = scan(c.Doc, j.run)
	if l.Correlate != nil {
		c.Values = l.Correlate(c.Doc)
	}
	return otherRun
}

// whose goes by what marks c, and fills in what follows. j.mu is held.
func (j *Journal) whose(l *channelLog, c *Capture, otherRun bool) ([]uint32, kind) {
	var owners []uint32
	for _, id := range c.IDs {
		c.follows(j.marks.ids[id]) // nobody knew the id before it was sent
		if id.Execution != nobody && int(id.Execution) <= len(j.executions) {
			owners = append(owners, id.Execution)
		}
	}
	contested, unknown := false, false
	for _, v := range c.Values {
		switch value, ok := j.marks.values[v]; {
		case !ok:
			unknown = true
		case value.owner == nobody:
			contested = true
		default:
			owners = append(owners, value.owner)
		}
		c.follows(j.marks.values[v].began)
	}
	switch owner, ok := j.marks.returned(l, c); {
	case !ok:
	case owner == nobody:
		contested = true
	default:
		owners = append(owners, owner)
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
