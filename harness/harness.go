// Package harness is the contract between Harken and the systems that it tests: a transport sends events to an
// address, listens at an address, or both. One package below this one implements one URL scheme; package harnesstest
// is the suite that each of them passes, and package transports is the table of all of them.
//
// The URL is the whole configuration of a channel. A transport refuses a parameter that it does not know, prints
// addresses only as u.Redacted(), neither logs nor retries beyond its SDK, and keeps no state of its own outside what
// it returned.
package harness

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// Transport serves one URL scheme. A nil Produce or Listen means that it goes one way only.
type Transport struct {
	Scheme  string
	Example string // an address as an author would write it, for messages and documentation

	// Check says, without connecting to anything, whether an address makes sense, and what can be expected of it.
	Check func(u *url.URL) (Traits, error)
	// Produce opens a producer. ctx bounds the opening only. An error that is ErrMisconfigured would come again, always.
	Produce func(ctx context.Context, u *url.URL) (Producer, error)
	// Listen opens a listener and returns it live: what is accepted after the return reaches s. ctx bounds the opening
	// only. An error is as one of Produce.
	Listen func(ctx context.Context, u *url.URL, s Sink) (Listener, error)
	// Hears says, without connecting to anything, whether a listener at an address of this scheme hears what is sent to
	// another one of any scheme, as a wildcard does, or a queue that a topic feeds. Nil: only at the same address.
	Hears func(listen, produce *url.URL) Hearing
	// Key says, without connecting to anything, why nothing can ever be under a key of an address that is Keyed. Nil: any
	// key will do, as far as its address shows.
	Key func(u *url.URL, key string) error
	// Remarks returns what the author of an address that Check has nothing against may not know, and what to do about it.
	// Nil where there is nothing of the kind.
	Remarks func(u *url.URL) []string
	// Server returns as HOST:PORT where the server of an address is, without connecting to anything. It is "" where nobody
	// can know that, or where there is not one. Nil: always "".
	Server func(u *url.URL) string
	// Permissions returns what must be allowed to whoever produces and listens at an address that Check has nothing
	// against. Nil where nobody is asked.
	Permissions func(u *url.URL) []Permission
	// CloudEvents is how the protocol carries CloudEvents. The zero one: as JSON in the body, and in no other way.
	CloudEvents CloudEvents
	// Configure says, without connecting to anything, what is wrong with what is said of a channel beside its address.
	// Produce and Listen find that by SettingsOf. Nil: a channel of the scheme has an address and nothing else.
	Configure func(u *url.URL, s Settings) error
}

// CloudEvents is what the binding of a protocol (https://github.com/cloudevents/spec) says of how its messages carry
// CloudEvents. The transport itself neither reads nor writes them.
type CloudEvents struct {
	// Prefixes are what the headers begin with that are attributes: the first is written, each is read. None: the protocol
	// has no binary mode.
	Prefixes []string
	// ContentType is the header that says of what media type the body is; "" where there is no such place.
	ContentType string
	// DataContentType says that in binary mode that header is the attribute datacontenttype, as well.
	DataContentType bool
	// Percent says that the values of such headers are percent-encoded, as HTTP's are.
	Percent bool
	// Batches says that one message may carry several events.
	Batches bool
	// None is why an address of the transport cannot carry them at all; "" where it can.
	None string
}

// Hearing says whether a listener hears what is sent to an address. The zero Hearing says no.
type Hearing struct {
	Hears   bool
	Perhaps bool   // only the servers know whether it does: whether two names are of one of them, say. Hears is set, too
	Key     string // the key under which it sees that, "" where it may be any
}

// Permission is an action that must be allowed, as AWS's IAM has them.
type Permission struct {
	Action string // "sqs:SendMessage"
	// its ARN, in which ${Partition}, ${Region} and ${Account} may stand; "*" where the action knows no resources
	Resource string
}

// Traits say what can be expected of an address. The conformance suite asks for exactly these.
type Traits struct {
	Ordered bool // captures come in the order in which the events appeared
	Stamped bool // Event.Stamp is set, by the channel's clock
	Replay  bool // a lost connection loses nothing: the listener goes on where it was
	Resume  bool // a listener is Positioned, and another one can go on where it was
	Headers bool // headers that were sent are captured
	Exact   bool // Sync proves by itself that nothing is missing; otherwise it stands on a canary and a stated bound
	State   bool // what is there, not what happened: an item, a row, an object. Counts and order cannot be told
	Keyed   bool // a state that is looked up by key: every Wait must name one
	Answers bool // what is sent is answered: the producer is an Asker, and its Send waits for the answer, too
	Asks    bool // what is captured waits for an answer: the listener asks its sink for it, where that is a Responder
	Serves  bool // the listener is a server of Harken's own, which the system calls: it is a Receiver
	Produce bool // this address can be produced to
	Listen  bool // this address can be listened to

	// ListenReason is why it cannot be listened to, and what to write instead, where that is not plain.
	ListenReason string
}

// Producer sends to the one address that it was opened for.
type Producer interface {
	// Send returns nil once the transport has accepted e. After an error, e may or may not have been accepted; after one
	// that is ErrPerhapsTwice it was.
	Send(ctx context.Context, e event.Event) (Receipt, error)
	// Close ends the producer. It may be called twice; a Send behind it is ErrClosed.
	Close() error
}

// Receipt is what a transport says of an event that it has accepted. The zero Receipt says nothing.
type Receipt struct {
	// ID is the identity under which listeners see the event (Event.ID), or "" where they do not know it by one. The run's
	// own send is told by it from what the system publishes.
	ID string
	// Left is when the last byte of the event had left the runner, on its clock: it cannot have been accepted earlier. It
	// is zero where that is not known; the beginning of the send stands in for it then.
	Left time.Time
	// Swallowed is why the event was acknowledged and not stored, a duplicate say; "" if it was stored.
	Swallowed string
}

// Asker is a producer whose transport answers each event that it is sent.
type Asker interface {
	Producer
	// Ask sends e and returns at once when it was answered, and with what. That the system refuses e, or fails at it, is
	// an answer like any other. An error is as one of Send, and beside ErrPerhapsTwice the answer is the last one. Nothing
	// but ctx bounds how long an answer may take.
	Ask(ctx context.Context, e event.Event) (answer event.Event, r Receipt, err error)
}

// Sink takes what a listener sees. All methods may be called concurrently, never block, and are not called after
// Listener.Close has returned.
type Sink interface {
	// Capture takes e and owns e.Body and e.Headers from then on.
	Capture(e event.Event)
	// Gone says that what was there under key is not there any more, of an address that is a State, as was found at seen.
	Gone(key string, seen time.Time)
	// Gap says that between from and to events may have gone unseen, and why.
	Gap(from, to time.Time, cause error)
	// Canary says what a canary of the listener's own showed of the channel's clock. sent is just before it was sent for
	// the first time, and e the canary as it was received, of which Stamp, Resolution and Seen count; or a question was
	// sent, and e is what the clock showed in the answer. Whoever sends canaries where captures are stamped tells of each;
	// e is never captured. A stamp counts only if a canary was told that was sent behind the receipt of what bears it.
	Canary(e event.Event, sent time.Time)
}

// Responder is a Sink that may know how requests are answered, for an address that Asks: whoever has sent one waits.
type Responder interface {
	Sink
	// Respond captures e as Capture does. A request that its transport knows to have been sent again is told by Capture.
	Respond(e event.Event) Question
}

// Question is a request that waits for its answer.
type Question interface {
	// Answer returns the answer once the time has come for that; nil where nobody but the address says how the request is
	// answered. The header "status" of an answer is its code. An error says that there is no answer, ever: the listener
	// closes the connection without one. ctx ends when whoever has sent the request has given up, or when the listener is
	// closed; until then Answer may take its time.
	Answer(ctx context.Context) (answer *event.Event, err error)
	// Answered is called once behind an Answer that returned one: it has left, or err is why it has not.
	Answered(err error)
}

// Receiver is a listener that the system calls, at an address that Serves. It is opened before the system is started,
// which hears of it by its environment.
type Receiver interface {
	Listener
	// Reached returns the address by which the system calls it: "http://127.0.0.1:41234/payments".
	Reached() string
}

// Listener captures from one address without taking anything from the subsystem's own consumers.
type Listener interface {
	// Sync returns nil once everything that had appeared on the channel before the call was captured, and so proves
	// that the listener was alive and caught up. An error means that silence proves nothing. Concurrent Syncs are one.
	Sync(ctx context.Context) error
	// Close ends the listener, and returns once nothing is captured any more. It may be called twice; a Sync behind it
	// fails.
	Close() error
}

// Waiter is a listener that looks only as often as somebody needs it: a polled one.
type Waiter interface {
	// Await tells the listener that somebody waits from now on. It does not block. release must be called once.
	Await(w Wait) (release func())
}

// KeySyncer is a Waiter, of an address that is Keyed, that can prove one item alone: it costs less, or is not concerned
// by what is wrong with the others.
type KeySyncer interface {
	Waiter
	// SyncKey is as Sync, and is about what is under a key alone, for which somebody waits.
	SyncKey(ctx context.Context, key string) error
}

// Wait is what a Waiter is told.
type Wait struct {
	Until time.Time // the deadline: the last look before it is to be answered by then
	Key   string    // which item, for an address that is Keyed
}

// Positioned is a listener that another one can go on behind, in another process: an address with the trait Resume.
type Positioned interface {
	// Position returns where the listener is: all that came before was captured, and nothing behind it need have been.
	Position() (Position, error)
}

// Position is where a listener was. It outlives the process.
type Position struct {
	At    time.Time       `json:"at"`    // when it was asked for, by the runner's clock
	Place json.RawMessage `json:"place"` // what the transport makes of it
}

// Bounded is a listener whose Sync stands on a canary and on a stated bound: how long after its canary an earlier
// event may still come. Verdicts that rest on it print it.
type Bounded interface {
	Bound() time.Duration // 0 where a canary alone is the proof
}

// Service is something that Harken starts itself for the time of a run: an embedded server.
type Service struct {
	Name     string
	Provides []string // the environment variables that Start returns, so that addresses can be checked without a start
	// Start returns once the service can be used. settings come from the profile in godog.yml, by the service's name.
	Start func(ctx context.Context, settings map[string]string) (Running, error)
}

// Running is a started Service.
type Running struct {
	Env  map[string]string // for addresses (${NATS}) and for the process of the system under test
	Stop func() error
}
