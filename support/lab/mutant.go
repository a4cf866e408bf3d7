// A scenario with one fault.

package lab

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"sync"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/session"
)

// mutant is a scenario with one fault, which is made with one of the events of an output.
type mutant struct {
	Fault
	*output
	subject *subject
	doing   fault.Fault
	belongs func(e event.Event) bool // whether an event is one of the output's; may be called concurrently
	nth     int                      // which of these is hit, from 1; every: all of them
	field   string                   // that is corrupted, "" by other faults
	target  string                   // the channel that it is misrouted to, "" by other faults

	mu      sync.Mutex
	numbers map[string]int // of the output's events, by the identity of their delivery
	count   int
	hit     []event.Event

	tried      bool
	why        string // it was not tried
	verdict    expect.Verdict
	suggestion suggestion
}

// fault returns the fault as a plan makes it.
func (m *mutant) fault() fault.Fault {
	return m.doing.On(func(u *url.URL) bool { return u.String() == m.channel.URL.String() }).Of(m.meets)
}

// meets says whether the fault is made with an event. A delivery that comes again is what it was the first time.
func (m *mutant) meets(e event.Event) bool {
	if !m.belongs(e) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.numbers[e.ID]
	if n == 0 || e.ID == "" {
		m.count++
		n = m.count
		m.numbers[e.ID] = n
	}
	if m.nth != every && n != m.nth {
		return false
	}
	m.hit = append(m.hit, e.Clone())
	return true
}

// judge takes over what became of the scenario, and whether the fault was made at all.
func (m *mutant) judge(t session.Trial, deeds []fault.Deed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.verdict = t.Verdict
	m.why = fmt.Sprintf("%d came in this run, and %d in the first", m.count, len(m.seen))
	for _, d := range deeds {
		if !slices.ContainsFunc(m.hit, func(e event.Event) bool {
			return e.ID == d.Event.ID && bytes.Equal(e.Body, d.Event.Body)
		}) {
			continue
		}
		if d.Err == nil {
			m.tried = true
			return
		}
		m.why = d.Err.Error()
	}
}

// judged says whether anything can be said of the fault.
func (m *mutant) judged() bool { return m.tried && m.subject.unjudged == "" }

// letThrough says whether the scenario passed all the same.
func (m *mutant) letThrough() bool { return m.judged() && m.verdict == expect.Passed }

// name is the fault as programs are told of it.
func (m *mutant) name() string {
	if m.field != "" {
		return m.Name + " " + m.plain(m.field)
	}
	return m.Name
}

// says is the fault in words, as the end of a sentence about the event.
func (m *mutant) says() string {
	switch m.Name {
	case corrupt:
		return "has another " + m.plain(m.field)
	case misroute:
		return "comes on " + m.target + " instead"
	default:
		return m.Says
	}
}
