// Package fault does to events what faulty systems do, and faulty harnesses, as a decorator of transports. It tries
// whether verdicts can be fooled. It promises nothing to other modules.
//
//	plan := &fault.Plan{Seed: 7, Faults: []fault.Fault{
//		fault.Duplicate(time.Second).On(shipments).Rate(0.5),
//		fault.Cut(0, 500*time.Millisecond).On(shipments),
//	}}
//	table := plan.Table(transports.All())
//
// # Whose fault it is
//
// What is done to an event between the system and its listener, or between a producer and the system, stands for the
// system's own doing. The listener is honest about what is left: an event that is dropped was never put out; one that
// is delayed appeared later, so its times are later too, and a Sync does not wait for it. The harness's own faults are
// those that this package's Cut, Stop, Deny, FailSyncs, Late, Polled, Discard, Unacknowledged, SlowAcknowledgement,
// SlowUpload, Swallow and Resend make. They are as a sound transport has them: what they lose, they tell, by a gap, an
// error of a Sync, an error of a Send or a receipt.
//
// # The truth
//
// A plan writes down what it did, and all that truly appeared where it listened, with the time: an oracle that needs
// nothing else can say what the right verdict is. The times are exact where the transport below captures at once; below
// one that is polled they are late by as much as it is, so a trial in virtual time lets a Polled fault look instead.
//
// # Chance
//
// Whether a fault meets an event is drawn from the plan's seed, the number of the fault, what the event says, and how
// many like it there were before; never from the time or from what else goes on. The same seed and the same events
// give the same faults.
package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// Fault is one thing that goes wrong: with all events on all channels, unless On, Of and Rate say which.
type Fault struct {
	name   string
	number int // its place in the plan, from 1
	on     func(u *url.URL) bool
	of     func(e event.Event) bool
	rate   float64

	// what appears in the place of e, or why nothing can be done to it
	turn    func(r *rand.Rand, e event.Event) ([]put, error)
	restamp func(e event.Event) event.Event          // what the channel's clock says
	reorder func(e event.Event) (group string)       // by which the next one is known
	send    func(s sending) (harness.Receipt, error) // in place of sending
	line    line
	after   time.Duration
	by      time.Duration
}

func (f *Fault) hits(u *url.URL) bool { return f.on == nil || f.on(u) }

// line is what happens to a connection.
type line int

const (
	sound line = iota
	cut        // for the time by, or for good where that is 0
	denied
	failedSyncs
	late
	polled
	discarded
)

// put is something that appears in the place of an event.
type put struct {
	event event.Event
	after time.Duration
	anew  bool      // it is a delivery of its own
	again bool      // it is a delivery that came before
	to    *url.URL  // the channel that it appears on; nil for the event's own
	held  *Fault    // by which it is held back
	asks  *question // that waits for its answer; nil where nobody does
}

func one(e event.Event) []put { return []put{{event: e}} }

// On says on which channels the fault is made. Where nothing is said, it is made on all: on those that the run itself
// sends to and listens to as well. Like the other functions that a fault is given, it may be called concurrently.
func (f Fault) On(channels func(u *url.URL) bool) Fault {
	f.on = channels
	return f
}

// Of says with which events it is made. Where nothing is said, it is made with all. What belongs to a connection and
// not to an event (SkewStamps, CoarsenStamps, Deny, FailSyncs, Polled) does not ask. Late asks it of events only: where
// something is said, canaries are in time.
func (f Fault) Of(events func(e event.Event) bool) Fault {
	f.of = events
	return f
}

// Rate says with how many of these it is made, from 0 to 1. Where nothing is said, it is made with all. Of a listener
// of FailSyncs it is the rate of the Syncs that fail; others that belong to a connection do not ask.
func (f Fault) Rate(rate float64) Fault {
	f.rate = rate
	return f
}

// Name returns the kind of fault, in words.
func (f Fault) Name() string { return f.name }

// What is not possible with an event.
var (
	errNoIdentity = errors.New("its deliveries have no identity")
	errNoStamp    = errors.New("the channel has no clock")
)

// Drop has an event never appear.
func Drop() Fault {
	return turning("drop", func(_ *rand.Rand, _ event.Event) ([]put, error) { return nil, nil })
}

// Duplicate has an event appear a second time, as a delivery of its own, so long after the first.
func Duplicate(after time.Duration) Fault {
	return turning("duplicate", func(_ *rand.Rand, e event.Event) ([]put, error) {
		return []put{{event: e}, {event: e, after: after, anew: true}}, nil
	})
}

// Redeliver has the same delivery come a second time, so long after the first and with the stamp of the first. It is
// impossible where deliveries have no identity.
func Redeliver(after time.Duration) Fault {
	return turning("redeliver", func(_ *rand.Rand, e event.Event) ([]put, error) {
		if e.ID == "" {
			return nil, errNoIdentity
		}
		return []put{{event: e}, {event: e, after: after, again: true}}, nil
	})
}

// Delay has an event appear so much later.
func Delay(by time.Duration) Fault {
	return turning("delay", func(_ *rand.Rand, e event.Event) ([]put, error) { return []put{{event: e, after: by}}, nil })
}

// Reorder holds an event back until the next of its group on the channel has appeared, but no longer than atMost. One
// of a group is held at a time, so the next always gets by. A nil group makes one of all events of a channel.
func Reorder(group func(e event.Event) string, atMost time.Duration) Fault {
	if group == nil {
		group = func(event.Event) string { return "" }
	}
	f := turning("reorder", func(_ *rand.Rand, e event.Event) ([]put, error) { return one(e), nil })
	f.reorder, f.by = group, atMost
	return f
}

// Corrupt changes one field of an event, drawn from those that pick takes; a nil pick takes each field of the body.
// Fields are named by their paths, as items[0].sku, and as "header NAME". Text gets one more character, a number is
// raised by one, and true and false change places. It is impossible where there is no such field.
func Corrupt(pick func(field string) bool) Fault {
	if pick == nil {
		pick = inBody
	}
	return turning("corrupt", func(r *rand.Rand, e event.Event) ([]put, error) {
		corrupted, err := corrupt(r, e, pick)
		return one(corrupted), err
	})
}

// Misroute has an event appear on another channel instead, with its key as it was.
func Misroute(to *url.URL) Fault {
	return turning("misroute", func(_ *rand.Rand, e event.Event) ([]put, error) {
		return []put{{event: e, to: to, anew: true}}, nil
	})
}

// Replay has a stranger appear beside an event, so long after it: what it was in an earlier run.
func Replay(after time.Duration, stranger func(e event.Event) event.Event) Fault {
	return turning("replay", func(_ *rand.Rand, e event.Event) ([]put, error) {
		return []put{{event: e}, {event: stranger(e.Clone()), after: after, anew: true}}, nil
	})
}

// Replace has a stranger appear in the place of an event.
func Replace(stranger func(e event.Event) event.Event) Fault {
	return turning("replace", func(_ *rand.Rand, e event.Event) ([]put, error) {
		return []put{{event: stranger(e.Clone()), anew: true}}, nil
	})
}

// StripID takes out of an event what tells whose it is, by a function that does so.
func StripID(strip func(e event.Event) event.Event) Fault {
	return turning("strip id", func(_ *rand.Rand, e event.Event) ([]put, error) { return one(strip(e.Clone())), nil })
}

// SkewStamps has the channel's clock go wrong by so much, steadily: for canaries as well.
func SkewStamps(by time.Duration) Fault {
	return Fault{name: "skew stamps", rate: 1, restamp: func(e event.Event) event.Event {
		e.Stamp = e.Stamp.Add(by)
		return e
	}}
}

// JumpStamps has the channel's clock be set by so much, once that long has passed since it was first read: for canaries
// as well.
func JumpStamps(by, after time.Duration) Fault {
	var mu sync.Mutex
	var first time.Time
	return Fault{name: "jump stamps", rate: 1, restamp: func(e event.Event) event.Event {
		mu.Lock()
		defer mu.Unlock()
		if first.IsZero() {
			first = e.Seen
		}
		if e.Seen.Sub(first) >= after {
			e.Stamp = e.Stamp.Add(by)
		}
		return e
	}}
}

// CoarsenStamps has the channel's clock show no more than so much: for canaries as well.
func CoarsenStamps(resolution time.Duration) Fault {
	return Fault{name: "coarsen stamps", rate: 1, restamp: func(e event.Event) event.Event {
		e.Stamp, e.Resolution = e.Stamp.Truncate(resolution), max(resolution, e.Resolution)
		return e
	}}
}

func turning(name string, turn func(r *rand.Rand, e event.Event) ([]put, error)) Fault {
	return Fault{name: name, rate: 1, turn: turn}
}

// Deed is a fault that was made.
type Deed struct {
	Fault string
	URL   *url.URL    // the channel
	At    time.Time   // by the runner's clock
	Event event.Event // that it was made with, as it was before; what belongs to a connection has none
	Err   error       // why it could not be made after all
}

func (d Deed) String() string {
	said := fmt.Sprintf("%s on %s: %s", d.Fault, d.URL.Redacted(), d.Event.Body)
	if d.Err != nil {
		said += fmt.Sprintf(" (impossible: %v)", d.Err)
	}
	return said
}

// Sending is an event that the run sent, with the times by the runner's clock.
type Sending struct {
	URL      *url.URL // of the channel
	Event    event.Event
	Began    time.Time
	Accepted time.Time // when the transport had truly accepted it, the last time; zero if it has not
	Returned time.Time
	Err      error // what the run was told
}

// Appearance is an event that truly appeared.
type Appearance struct {
	URL   *url.URL    // of the channel
	Event event.Event // with the stamp that a right clock gave it
	At    time.Time   // when, by the runner's clock
}
