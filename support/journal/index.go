// The correlation index, which tells captures as an execution's: by the ids and the correlation values that it has
// sent, and the values that the system has made for it.

package journal

import (
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/ids"
)

// noOwner is the owner of what two executions have, so that it tells of neither.
const noOwner = 0

// mostCauses is how many events one value may have been made for before it tells none of them from the others. Each
// capture that carries the value is compared with all of them.
const mostCauses = 64

// correlationIndex finds whose a capture is by what it carries. When that was first sent bounds when the capture can
// have appeared.
type correlationIndex struct {
	ids      map[ids.ID]time.Time      // when it first left the run
	sent     map[string]*entry         // the values that executions have sent, whatever they are ids of
	learned  map[learnedValue]*entry   // the values that the system has made
	byValue  map[string][]*attribution // by value, the captures that carry it
	bodies   map[string]*sentBody      // by body
	receipts map[string]*Sent          // by the identity under which listeners see it
	hearers  map[string][]*channelLog  // by channel: those whose listeners hear what is sent there, or perhaps do
}

// learnedValue is a value that the system has made: it counts only among ids of the same.
type learnedValue struct{ of, text string }

// entry is what is known of a value.
type entry struct {
	owner uint32    // the execution, or noOwner
	began time.Time // when it, or what it was made for, was first sent; zero where it may be older than that

	// Of one that was learned: what it was made for, as far as that is known.
	ids     []ids.ID
	answers []*Sent
	common  bool // for too many to tell
}

func newCorrelationIndex() correlationIndex {
	return correlationIndex{
		ids: make(map[ids.ID]time.Time), sent: make(map[string]*entry), learned: make(map[learnedValue]*entry),
		byValue: make(map[string][]*attribution), bodies: make(map[string]*sentBody),
		receipts: make(map[string]*Sent), hearers: make(map[string][]*channelLog),
	}
}

// sending adds what s carries, which x produces, and says whether more is known of its value than before.
func (idx *correlationIndex) sending(x uint32, s *Sent) (more bool) {
	for _, id := range s.IDs {
		idx.known(id, s.Began)
	}
	idx.sendingBody(x, s)
	if s.Value == "" {
		return false
	}
	value := idx.sent[s.Value]
	if value == nil {
		value = &entry{owner: x}
		if s.Fresh {
			value.began = s.Began
		}
		idx.sent[s.Value] = value
		return true
	}
	return value.addOwner(x)
}

// learn says that the system has made a value for x, as a shows, and says whether more is known of it than before.
func (idx *correlationIndex) learn(x uint32, v Value, a *attribution) (more bool) {
	key := learnedValue{v.Of, v.Text}
	value := idx.learned[key]
	if value == nil {
		value = &entry{owner: x, began: idx.madeSince(v, a)}
		idx.learned[key], more = value, true
	} else {
		if since := idx.madeSince(v, a); since.Before(value.began) {
			value.began = since
		}
		more = value.addOwner(x)
	}
	value.madeFor(a)
	return more
}

// madeSince returns when what the system has made a value for was first sent, as a shows: nothing can have carried the
// value before. It is zero where something did.
func (idx *correlationIndex) madeSince(v Value, a *attribution) (since time.Time) {
	if a.Answers != nil {
		since = a.Answers.Began
	} else {
		for i, id := range a.IDs {
			if t := idx.ids[id]; i == 0 || t.Before(since) {
				since = t
			}
		}
	}
	for _, seen := range idx.byValue[v.Text] {
		if seen.Seen().Before(since) {
			return time.Time{}
		}
	}
	return since
}

// addOwner says that x has the value, and whether it is contested by that.
func (e *entry) addOwner(x uint32) (contested bool) {
	if e.owner == x || e.owner == noOwner {
		return false
	}
	e.owner = noOwner
	return true
}

// madeFor notes what the value was made for.
func (e *entry) madeFor(a *attribution) {
	switch {
	case e.common:
	case a.Answers != nil && !slices.Contains(e.answers, a.Answers):
		e.answers = append(e.answers, a.Answers)
	case a.Answers == nil:
		for _, id := range a.IDs {
			if len(e.ids) <= mostCauses && !slices.Contains(e.ids, id) {
				e.ids = append(e.ids, id)
			}
		}
	}
	if len(e.ids)+len(e.answers) > mostCauses {
		e.ids, e.answers, e.common = nil, nil, true
	}
}

// owner returns whose a value is, noOwner where several have it, and what it is related to; ok is false where nobody is
// known to have it.
func (idx *correlationIndex) owner(v Value) (owner uint32, ok bool, keys CorrelationKeys) {
	sent, made := idx.sent[v.Text], idx.learned[learnedValue{v.Of, v.Text}]
	if sent != nil {
		owner, keys.Values = sent.owner, []string{v.Text}
	}
	if made != nil {
		keys.IDs, keys.Answers = slices.Clip(made.ids), slices.Clip(made.answers)
		keys.Common, keys.since = made.common, made.began
		if sent != nil && sent.owner != made.owner {
			return noOwner, true, keys
		}
		owner = made.owner
	}
	return owner, sent != nil || made != nil, keys
}

// add keeps a by its values, of which more may come to be known.
func (idx *correlationIndex) add(a *attribution) {
	if len(a.correlation.Values) == 0 {
		return
	}
	kept := *a
	for _, v := range kept.correlation.Values {
		if seen := idx.byValue[v.Text]; len(seen) == 0 || seen[len(seen)-1] != &kept { // it may carry it twice
			idx.byValue[v.Text] = append(seen, &kept)
		}
	}
}

// lookUp returns a with the values that were found in c.
func (idx *correlationIndex) lookUp(c *Capture, a attribution) attribution {
	for _, v := range c.Values {
		for _, seen := range idx.byValue[v] {
			if seen.Capture == c {
				a.correlation, a.inside, a.otherRuns = seen.correlation, seen.inside, seen.otherRuns
				return a
			}
		}
	}
	return a
}

// known says that an id is known outside the run from t on, if it was not before.
func (idx *correlationIndex) known(id ids.ID, t time.Time) {
	if _, ok := idx.ids[id]; !ok {
		idx.ids[id] = t
	}
}
