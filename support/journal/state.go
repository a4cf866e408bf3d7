// States: what is there under a key, and what is not there any more. It is looked at, so that what is seen again as it
// was is one look; and who looks is told of what is there, so that what he is not told of is gone.

package journal

import (
	"bytes"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// Gone adds to the journal that what was there under key is not there any more, and wakes whoever it was known to
// belong to.
func (s *Sink) Gone(key string, seen time.Time) { s.journal.gone(s.log, key, seen) }

// Looked says that a Sync of a channel that is looked up by key is about to be told as Synced, and that what is there
// under the key would have been captured again since that time: for whoever began to wait then. What was not is gone.
func (j *Journal) Looked(channel, key string, since time.Time) {
	l := j.channels[channel]
	l.mu.Lock()
	last := l.last[key]
	l.mu.Unlock()
	if last != nil && !last.Gone && last.Seen().Before(since) {
		j.gone(l, key, time.Now())
	}
}

func (j *Journal) gone(l *channelLog, key string, seen time.Time) {
	if seen.IsZero() {
		seen = time.Now()
	}
	c, last := l.receive(&Capture{Gone: true, Doc: pattern.Read(event.Event{Key: key, Seen: seen})})
	j.mu.Lock()
	a := j.attributeGone(l, c, last)
	var executions []*Execution
	if l.add(a, last) {
		j.index.add(a)
		executions = j.numbered(a.owners)
	}
	j.mu.Unlock()
	notify(executions)
}

// attributeGone finds out whose c is, which says that something is gone: whoever's that was or comes to be, and
// whoever's id is in its key. It has no body that could be like one that was sent, and is never uncorrelated. j.mu is
// held.
func (j *Journal) attributeGone(l *channelLog, c, last *Capture) *attribution {
	a := &attribution{log: l, Capture: c, kind: owned}
	if c.IDs, _ = scan(c.Doc, j.run); last != nil {
		c.IDs, c.Values, c.keys = last.IDs, last.Values, last.keys
		*a = j.index.lookUp(last, *a)
	}
	for _, id := range c.IDs {
		c.appearedAfter(j.index.ids[id])
	}
	if c.learnedKeys() == nil {
		for _, id := range j.ofExecutions(c.IDs) {
			a.owners = append(a.owners, id.Execution)
		}
	}
	if last != nil {
		l.mu.Lock()
		a.owners = append(a.owners, last.owners...)
		l.mu.Unlock()
	}
	slices.Sort(a.owners)
	a.owners = slices.Compact(a.owners)
	return a
}

// same says whether two captures are one look at what is there: it has not changed, so that it was only told again, to
// whoever began to wait.
func (c *Capture) same(as *Capture) bool {
	return as != nil && as.Gone == c.Gone && bytes.Equal(as.Event().Body, c.Event().Body)
}
