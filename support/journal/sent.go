// What a run sends: each event with what it carries, when its sending began, and how it ended.

package journal

import (
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
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
	Value   string   // its correlation value, where its event has one, as ids are compared
	Of      string   // what that is an id of
	Fresh   bool     // the value was made by the execution: nothing can have carried it before it was sent

	Again    bool      // the execution has sent it before
	Asked    bool      // its transport answers it: it returns long after it was accepted
	Began    time.Time // just before the transport was asked
	Accepted time.Time // by then the transport had accepted it; zero while it has not
	Receipt  harness.Receipt
	Twice    bool  // it was accepted, perhaps more than once: what is captured twice may be so for this reason
	Err      error // why it was perhaps not accepted

	by    uint32                    // the execution that has sent it
	heard atomic.Pointer[time.Time] // when its first echo was received
}

// heardBy says that an echo of s was received at t: s was accepted before.
func (s *Sent) heardBy(t time.Time) {
	if first := s.heard.Load(); first == nil || t.Before(*first) {
		s.heard.Store(&t)
	}
}

// Event returns the event as it was sent.
func (s *Sent) Event() event.Event { return s.Doc.Event() }

// Acceptance returns between which two times the transport accepted s, which has returned: after it had left, and
// before it returned or its echo was heard. Of a request, whose return is that of its answer, it is when it had left.
func (s *Sent) Acceptance() (earliest, latest time.Time) {
	earliest, latest = later(s.Began, s.Receipt.Left), s.Accepted
	if heard := s.heard.Load(); heard != nil && heard.Before(latest) {
		latest = *heard
	}
	if s.Asked || latest.Before(earliest) {
		return earliest, earliest
	}
	return earliest, latest
}

// Sending adds an event that x is about to produce; from then on, captures with its ids, its correlation value or its
// body are x's. Accepted must be called once the transport has answered.
func (j *Journal) Sending(x *Execution, s *Sent) {
	s.IDs, _ = scan(s.Doc, j.run)
	s.Began, s.by = time.Now(), x.number
	j.mu.Lock()
	if j.learns {
		had := j.index.learned[learnedValue{s.Of, s.Value}]
		x.learning.sending(s, s.Value != "" && (had == nil || had.owner != x.number))
		x.completes()
	}
	var wake []*Execution
	if j.index.sending(x.number, s) {
		wake = j.numbered(j.reattributeAll(s.Value))
	}
	j.mu.Unlock()
	notify(wake)

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
		ids.Scan(text, func(id ids.ID) { j.index.known(id, now) })
	}
	j.mu.Unlock()

	x.mu.Lock()
	defer x.mu.Unlock()
	x.acts(now)
}

// Accepted says how the sending ended: that the transport has accepted s, perhaps twice, or why perhaps it has not.
func (j *Journal) Accepted(x *Execution, s *Sent, r harness.Receipt, twice bool, err error) {
	if err == nil {
		j.accepted(s, r, twice)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.Accepted, s.Receipt, s.Twice, s.Err = time.Now(), r, twice, err
	x.twice = x.twice || twice
}
