// Package harnesstest is the suite that every transport passes. What Harken says about a system is only as good as
// what its listeners saw, so the suite asks for each promise of package harness that a verdict rests on, and every
// case says which verdict would be wrong without it.
//
// A transport's own test brings a Subject and calls Run:
//
//	func TestConformance(t *testing.T) {
//		harnesstest.Run(t, harnesstest.Subject{Transport: nats.Transport(), Address: address})
//	}
//
// Which cases are asked follows from the traits of the address and from what the Address offers; what is not asked is
// skipped, with the reason. An address with the trait State is asked the cases of a state in place of those of a stream
// of events.
package harnesstest

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// caseLimit ends a case that hangs. A case of a healthy transport takes a fraction of it.
const caseLimit = time.Minute

// tries is how often a case is asked at the most.
const tries = 5

// Subject is a transport under test.
type Subject struct {
	Transport harness.Transport
	// Address returns an address at which nothing has happened yet. It is called for every case anew, and what it
	// starts it stops by t.Cleanup.
	Address func(t *testing.T) Address
	// SideBySide means that cases may be asked beside one another, as parallel subtests: nothing of an Address is another
	// one's, and what the test has started for all of them it stops by t.Cleanup.
	SideBySide bool
}

// Address is one place to send to and to listen at, as the system under test has it. Its own functions must not go
// through what Cut cuts.
type Address struct {
	URL *url.URL
	// Send makes an event appear at the address, as the system under test would, and returns once it was accepted. It
	// is called concurrently. Nil: the transport's own producer does it.
	//
	// For a state it writes what is under e.Key: e.Body is a JSON object of strings, and what is captured contains them.
	Send func(ctx context.Context, e event.Event) (harness.Receipt, error)
	// Redeliver delivers e, which Send sent before, to listeners once more, as a transport does after a lost
	// acknowledgement. Nil where the transport never does.
	Redeliver func(ctx context.Context, e event.Event) error
	// Delete removes what is under a key, as the system would, from an address that is a state. Nil: nobody can.
	Delete func(ctx context.Context, key string) error
	// Consumer starts the system's own consumer of the address and returns what it gets. Nil where nothing consumes.
	Consumer func(t *testing.T) <-chan event.Event
	// Cut cuts the connection of every listener and keeps new ones from being made until mend is called. Nil where
	// there is no connection.
	Cut func() (mend func())
	// Key is the key of every event here, where the address fixes it (a subject). Empty: events have keys of their own.
	Key string
	// Keyless means that events have no key here.
	Keyless bool
	// Alone means that two listeners at a time would take from each other.
	Alone bool
	// Text means that a body is some text here, at least a character, of those that XML 1.0 has. A producer refuses
	// others.
	Text bool
	// JSON means that a body is a JSON object here, which may be captured in another spelling, nested no deeper than 30
	// levels. A producer refuses others.
	JSON bool
	// Unwrap returns what was sent from the body of a capture, or that body where it cannot. Nil: they are the same.
	Unwrap func(body []byte) []byte
	// Largest is the size of a body, in bytes, that is captured here, while one of twice that size is refused, or lets the
	// listener prove nothing any more. 0: a megabyte is captured, and nobody knows how much is not.
	Largest int
	// MostHeaders is how many headers of a dozen bytes are captured, while 10,000 are refused, or let the listener prove
	// nothing any more. 0: these are captured.
	MostHeaders int
	// NoCanary means that a Sync sends none here: it stands on the channel's own word and a bound, and nothing is known of
	// the clock behind the stamps.
	NoCanary bool
	// Bad are addresses that Check must refuse. An unknown parameter is tried without being listed.
	Bad []string

	// What follows is done to the server by somebody else, and never through what Cut cuts. Each is called many times and
	// returns once it is done. Nil: there is no such thing here, and Without says why.

	// Remake takes away the topic, queue, stream or table that the address names, and makes one of the same name, with
	// nothing in it.
	Remake func(ctx context.Context) error
	// Trim deletes from the server all that was sent up to now, whether somebody has read it or not, as retention does.
	Trim func(ctx context.Context) error
	// Grow adds a partition or shard, and returns what sends to that one.
	Grow func(ctx context.Context) (send func(ctx context.Context, e event.Event) (harness.Receipt, error), err error)
	// Hide sends e in a transaction of another client's, which stays open until end is called once, and commits or rolls
	// back.
	Hide func(ctx context.Context, e event.Event) (end func(ctx context.Context, commit bool) error, err error)
	// Swallow returns e with what has the transport acknowledge a second event with the same without storing it (an id for
	// deduplication), which differs for each e. It is sent by the transport's own producer.
	Swallow func(e event.Event) event.Event
	// SendTyped makes e appear with one header more, whose value is of a type of the transport's own: []string (a list of
	// text), int64 (a number) or []byte (not UTF-8). It returns errors.ErrUnsupported where headers have no such type.
	SendTyped func(ctx context.Context, e event.Event, header string, value any) error
	// Backlog takes all that waits for the system's own consumer, which has a group, a durable queue or a slot since
	// Address returned, and does not run. Where consumers keep no place on the server, it is nil.
	Backlog func(ctx context.Context) ([]event.Event, error)
	// Leftovers returns the names of all that a listener or producer may have made on the server: queues, consumers,
	// groups, slots, subscriptions, connections by their number. They are the same after a listener as before it.
	Leftovers func(ctx context.Context) ([]string, error)

	// Without says of the fields of Address that are nil why there is no such thing here, by their name: "Trim": "core
	// NATS keeps nothing". It is what the report of the suite says of the cases that are not asked.
	// "Boundary" is why a body between Largest and twice that cannot be tried again and again, where it cannot.
	Without map[string]string
}

// Run asks the transport for all that the traits of its address promise.
func Run(t *testing.T, s Subject) {
	t.Helper()
	probe, err := newRoom(s.Transport, s.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases(probe.traits) {
		t.Run(c.name, func(t *testing.T) {
			if c.asked != nil {
				if why := c.asked(probe); why != "" {
					t.Skip(why)
				}
			}
			if s.SideBySide && !c.alone {
				t.Parallel()
			}
			if err := c.ask(t, s); err != nil {
				t.Errorf("%v\n(why this matters: %s)", err, c.why)
			}
		})
	}
}

// ask returns what is wrong. It is asked again where an event was perhaps accepted twice, since what came says nothing
// then.
func (c conformance) ask(t *testing.T, s Subject) error {
	err := c.askOnce(t, s)
	for again := 1; again < tries && errors.Is(err, harness.ErrPerhapsTwice); again++ {
		err = c.askOnce(t, s)
	}
	return err
}

// askOnce returns what is wrong in a room that is made for it.
func (c conformance) askOnce(t *testing.T, s Subject) error {
	r, err := newRoom(s.Transport, s.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), caseLimit)
	defer cancel()
	return c.run(ctx, t, r)
}

// conformance is one thing that is asked of a transport.
type conformance struct {
	name  string
	why   string                        // what would go wrong in a run
	alone bool                          // it looks at the whole process
	asked func(r *room) (whyNot string) // nil: of every address
	check func(ctx context.Context, t *testing.T, r *room) error
}

// run returns what is wrong, and leaves nothing open. It never fails t, which is for cleaning up only.
func (c conformance) run(ctx context.Context, t *testing.T, r *room) error {
	err := c.check(ctx, t, r)
	if closing := r.close(); err == nil {
		err = closing
	}
	return err
}

// has returns why a case is not asked of an address that has not some trait.
func has(trait bool, name string) (whyNot string) {
	return unless(!trait, "the address has not the trait "+name)
}

// unless returns why a case is not asked where that holds.
func unless(holds bool, why string) (whyNot string) {
	if holds {
		return why
	}
	return ""
}

// brings returns why a case is not asked where a field of Address is not set.
func (r *room) brings(set bool, field string) (whyNot string) {
	return unless(!set, cmp.Or(r.Without[field], "the address brings no "+field))
}

// cases returns what is asked of an address with these traits.
func cases(traits harness.Traits) []conformance {
	all := addressCases()
	if !traits.Listen {
		return all
	}
	all = append(all, lifeCases()...)
	if traits.State {
		return append(all, stateCases()...)
	}
	all = append(all, openingCases()...)
	all = append(all, contentCases()...)
	all = append(all, receiptCases()...)
	all = append(all, extremeCases()...)
	all = append(all, proofCases()...)
	return append(all, serverCases()...)
}
