// The harness's own faults, as a sound transport has them: what they lose, they tell.

package fault

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// ErrDenied is what a Send and a Listen return where access is denied.
var ErrDenied = errors.New("access denied")

var (
	errCut         = errors.New("the connection is down")
	errInterrupted = errors.New("the connection was lost and made again")
	errDiscarded   = errors.New("something was deleted before it was read")
	errUnproved    = errors.New("no answer to the proof")
)

// Cut has the connections of these channels break so long after each event that was sent, on whatever channel, and come
// back after that time: a listener loses what appears meanwhile and reports it as a gap, and Syncs and Sends fail. On
// names the channels, and Of and Rate choose the events.
func Cut(after, lasts time.Duration) Fault {
	return Fault{name: "cut", rate: 1, line: cut, after: after, by: lasts}
}

// Stop has the connections of these channels break as Cut does, and for good.
func Stop(after time.Duration) Fault {
	return Fault{name: "stop", rate: 1, line: cut, after: after}
}

// Deny has every Send and every Listen on these channels fail with ErrDenied.
func Deny() Fault {
	return Fault{name: "deny", rate: 1, line: denied}
}

// FailSyncs has Syncs fail.
func FailSyncs() Fault { return Fault{name: "fail syncs", rate: 1, line: failedSyncs} }

// Late has events, and canaries, received so much after they appeared. Syncs wait for them.
func Late(by time.Duration) Fault { return Fault{name: "late", rate: 1, line: late, by: by} }

// Polled has events, and canaries, received only by looks that take so long each. They are made as package poll makes
// them for all polled listeners: as often as somebody waits, and for each Sync.
func Polled(takes time.Duration) Fault {
	return Fault{name: "polled", rate: 1, line: polled, by: takes}
}

// Discard has an event deleted by its channel before it is read, as streams with limits do. The listener finds out when
// it is asked for a proof, and reports a gap then.
func Discard() Fault { return Fault{name: "discard", rate: 1, line: discarded} }

// Unacknowledged has a Send fail although its event was accepted.
func Unacknowledged() Fault {
	return onSend("unacknowledged", func(s sending) (harness.Receipt, error) {
		if r, err := s.next(); err != nil {
			return r, err
		}
		return harness.Receipt{}, errors.New("perhaps accepted: the acknowledgement was lost")
	})
}

// SlowAcknowledgement has a Send return so long after its event was accepted, which nothing in the receipt tells.
func SlowAcknowledgement(by time.Duration) Fault {
	return onSend("slow acknowledgement", func(s sending) (harness.Receipt, error) {
		r, err := s.next()
		if err != nil {
			return r, err
		}
		return r, s.pause(by)
	})
}

// SlowUpload has an event take so long to leave, which the receipt tells, and has it accepted at once then.
func SlowUpload(takes time.Duration) Fault {
	return onSend("slow upload", func(s sending) (harness.Receipt, error) {
		if err := s.pause(takes); err != nil {
			return harness.Receipt{}, err
		}
		left := time.Now()
		r, err := s.next()
		if err == nil && r.Left.IsZero() {
			r.Left = left
		}
		return r, err
	})
}

// Swallow has an event acknowledged and not stored, for a reason that the receipt tells: it never reaches the system.
func Swallow(why string) Fault {
	return onSend("swallow", func(sending) (harness.Receipt, error) { return harness.Receipt{Swallowed: why}, nil })
}

// Resend has an event accepted twice, since its client sent it again, which Send says.
func Resend() Fault {
	return onSend("resend", func(s sending) (harness.Receipt, error) {
		if r, err := s.next(); err != nil {
			return r, err
		}
		r, err := s.next()
		if err != nil {
			return r, err
		}
		return harness.Receipt{}, fmt.Errorf("an acknowledgement was lost: %w", harness.ErrPerhapsTwice)
	})
}

// connection is up but for some spans of time.
type connection struct {
	mu    sync.Mutex
	spans []span
}

// span includes from and not to, which is zero for a connection that never comes back.
type span struct{ from, to time.Time }

func (c *connection) cut(s span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = append(c.spans, s)
}

// down returns an error if the connection is down at that time.
func (c *connection) down(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to)) {
			return errCut
		}
	}
	return nil
}

// cut breaks the connections of a fault's channels, because of an event that was sent.
func (p *Plan) cut(f *Fault, e event.Event, from time.Time) {
	s := span{from: from}
	if f.by > 0 {
		s.to = from.Add(f.by)
	}
	for _, o := range p.producing(f.hits) {
		o.connection.cut(s)
		p.log(f, o.url, e, nil)
	}
	for _, l := range p.listening(f.hits) {
		l.connection.cut(s)
		p.log(f, l.url, e, nil)
		if f.by > 0 {
			l.agenda.add(s.to, func() { l.sink.Gap(s.from, s.to, errInterrupted) })
		}
	}
}
