// States: what is there under a key, and what is not there any more. It is looked at, so that what is seen again as it was
// is one look; and who looks is told of what is there, so that what he is not told of is gone.

package journal

import (
	"bytes"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// Gone adds to the journal that what was there under key is not there any more, and wakes whoever it was known to belong to.
func (s *Sink) Gone(key string, seen time.Time) { s.journal.gone(s.log, key, seen) }

// Looked says that a Sync of a channel that is looked up by key is about to be told as Synced, and that what is there under
// the key would have been captured again since that time: for whoever began to wait then. What was not is gone.
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
	owners, k := j.bereaved(l, c, last)
	if !l.add(c, last, owners, k) {
		return
	}
	for _, x := range owners {
		j.execution(x).notify()
	}
}

// bereaved finds out whose c is, which says that something is gone: whoever's that was, and whoever's id is in its key. It
// has no body that could be like one that was sent, and where it is nobody's it is not loose.
func (j *Journal) bereaved(l *channelLog, c, last *Capture) ([]uint32, kind) {
	if c.IDs, _ = scan(c.Doc, j.run); last != nil {
		c.IDs, c.Values = last.IDs, last.Values
	}
	var owners []uint32
	j.mu.Lock()
	for _, id := range c.IDs {
		c.follows(j.marks.ids[id])
		if id.Execution != nobody && int(id.Execution) <= len(j.executions) {
			owners = append(owners, id.Execution)
		}
	}
	j.mu.Unlock()
	if last != nil {
		l.mu.Lock()
		owners = append(owners, last.owners...)
		l.mu.Unlock()
	}
	slices.Sort(owners)
	return slices.Compact(owners), owned
}

// same says whether two captures are one look at what is there: it has not changed, so that it was only told again, to whoever
// began to wait.
func (c *Capture) same(as *Capture) bool {
	return as != nil && as.Gone == c.Gone && bytes.Equal(as.Event().Body, c.Event().Body)
}
