// What a case works with: a room of its own, with listeners that remember all they were told.

package harnesstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// room is one address of a transport, for one case.
type room struct {
	Address
	transport harness.Transport
	traits    harness.Traits
	events    atomic.Int64

	mu       sync.Mutex
	producer harness.Producer // for send, where the address brings no Send
	ears     []*ear
}

func newRoom(transport harness.Transport, a Address) (*room, error) {
	traits, err := transport.Check(a.URL)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", a.URL.Redacted(), err)
	}
	return &room{Address: a, transport: transport, traits: traits}, nil
}

// event returns an event that is unlike any other of the room.
func (r *room) event() event.Event {
	n := r.events.Add(1)
	e := event.Event{Key: r.Key, Body: fmt.Appendf(nil, `{"n":%s}`, mark(n))}
	if e.Key == "" && !r.Keyless {
		e.Key = fmt.Sprintf("key-%d", n)
	}
	if r.traits.Headers {
		e.Headers = map[string][]string{"n": {fmt.Sprint(n)}}
	}
	return e
}

// mark is what tells the events of a room apart, even where an item's body was put together anew.
func mark(n int64) string { return fmt.Sprintf(`"event-%d"`, n) }

// markOf returns the mark in a body, or "".
func markOf(body []byte) string {
	start := bytes.Index(body, []byte(`"event-`))
	if start < 0 {
		return ""
	}
	length := bytes.IndexByte(body[start+1:], '"')
	return string(body[start : start+1+length+1])
}

// send makes e appear and returns once it was accepted.
func (r *room) send(ctx context.Context, e event.Event) error {
	send := r.Send
	if send == nil {
		p, err := r.own(ctx)
		if err != nil {
			return err
		}
		send = p.Send
	}
	if _, err := send(ctx, e.Clone()); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

func (r *room) own(ctx context.Context) (harness.Producer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.producer == nil {
		if r.transport.Produce == nil {
			return nil, errors.New("the transport produces nothing, so the address must bring a Send")
		}
		p, err := r.transport.Produce(ctx, r.URL)
		if err != nil {
			return nil, fmt.Errorf("produce: %w", err)
		}
		r.producer = p
	}
	return r.producer, nil
}

// sendAll sends all events, by many senders at once.
func (r *room) sendAll(ctx context.Context, events []event.Event) error {
	return sendAll(ctx, r.send, events)
}

func sendAll(ctx context.Context, send func(context.Context, event.Event) error, events []event.Event) error {
	const senders = 16
	failed := make(chan error, senders)
	for i := range senders {
		go func() {
			var err error
			for n := i; n < len(events) && err == nil; n += senders {
				err = send(ctx, events[n])
			}
			failed <- err
		}()
	}
	var err error
	for range senders {
		err = errors.Join(err, <-failed)
	}
	return err
}

// listen opens a listener, and waits at it where it has to be told.
func (r *room) listen(ctx context.Context) (*ear, error) {
	e := &ear{sink: newSink(r.Unwrap), room: r}
	l, err := r.transport.Listen(ctx, r.URL, e.sink)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	e.Listener = l
	if !r.traits.Keyed {
		e.await(ctx, "")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ears = append(r.ears, e)
	return e, nil
}

// close closes what the case left open, and returns what the sinks found wrong.
func (r *room) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	for _, e := range r.ears {
		if !e.closed {
			err = errors.Join(err, e.close())
		}
		err = errors.Join(err, e.sink.wrong())
	}
	if r.producer != nil {
		err = errors.Join(err, r.producer.Close())
	}
	return err
}

// ear is an open listener with the sink that it fills.
type ear struct {
	harness.Listener
	sink    *sink
	room    *room
	release []func()
	closed  bool
}

// await tells a polled listener that key is waited for, until the ear is closed.
func (e *ear) await(ctx context.Context, key string) {
	if w, ok := e.Listener.(harness.Waiter); ok {
		until, _ := ctx.Deadline()
		e.release = append(e.release, w.Await(harness.Wait{Until: until, Key: key}))
	}
}

// forget ends all waits.
func (e *ear) forget() {
	for _, release := range e.release {
		release()
	}
	e.release = nil
}

func (e *ear) close() error {
	e.forget()
	e.closed = true
	err := e.Close()
	e.sink.shut()
	if err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}

// hear waits until all events were captured.
func (e *ear) hear(ctx context.Context, events ...event.Event) error {
	for {
		lacking, changed := e.sink.lacking(events)
		if len(lacking) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d events were never captured, among them %s", len(lacking), len(events), lacking[0].Body)
		}
	}
}

// heard says whether all events have been captured by now.
func (e *ear) heard(events ...event.Event) error {
	if lacking, _ := e.sink.lacking(events); len(lacking) > 0 {
		return fmt.Errorf("%d of %d events were not captured, among them %s", len(lacking), len(events), lacking[0].Body)
	}
	return nil
}

// sink remembers what a listener saw.
type sink struct {
	unwrap func(body []byte) []byte // nil for as it is

	mu       sync.Mutex
	seen     []event.Event
	byMark   map[string][]event.Event
	gone     []string // keys
	goneAt   []time.Time
	gaps     []gap
	canaries []canary
	changed  chan struct{} // closed at the next change
	closed   bool
	late     error // the first call after Close had returned
}

func newSink(unwrap func(body []byte) []byte) *sink {
	return &sink{unwrap: unwrap, changed: make(chan struct{}), byMark: make(map[string][]event.Event)}
}

type gap struct {
	from, to time.Time
	cause    error
}

// Capture keeps a copy of e and spoils the original, which is the sink's: a listener that shares it shows.
func (s *sink) Capture(e event.Event) {
	kept := e.Clone()
	clear(e.Body)
	for _, values := range e.Headers {
		clear(values)
	}
	clear(e.Headers)
	if s.unwrap != nil {
		kept.Body = s.unwrap(kept.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && s.late == nil {
		s.late = fmt.Errorf("%q was captured after Close had returned", kept.Body)
	}
	s.seen = append(s.seen, kept)
	if m := markOf(kept.Body); m != "" {
		s.byMark[m] = append(s.byMark[m], kept)
	}
	s.tell()
}

// Gone keeps the key of what is not there any more.
func (s *sink) Gone(key string, seen time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && s.late == nil {
		s.late = fmt.Errorf("%q was said to be gone after Close had returned", key)
	}
	s.gone, s.goneAt = append(s.gone, key), append(s.goneAt, seen)
	s.tell()
}

func (s *sink) Gap(from, to time.Time, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && s.late == nil {
		s.late = fmt.Errorf("a gap was reported after Close had returned: %w", cause)
	}
	s.gaps = append(s.gaps, gap{from, to, cause})
	s.tell()
}

// goneKeys returns the keys of what was said to be gone, and when each was.
func (s *sink) goneKeys() (keys []string, seen []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.gone), slices.Clone(s.goneAt)
}

// canary is what was told of one.
type canary struct {
	event event.Event
	sent  time.Time
}

func (s *sink) Canary(e event.Event, sent time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && s.late == nil {
		s.late = errors.New("a canary was reported after Close had returned")
	}
	s.canaries = append(s.canaries, canary{e, sent})
	s.tell()
}

// told returns what was told of canaries up to now.
func (s *sink) told() []canary {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.canaries)
}

func (s *sink) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// lacking returns the events that were not captured yet, and a channel that closes when that may have changed.
func (s *sink) lacking(events []event.Event) ([]event.Event, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lacking []event.Event
	for _, e := range events {
		if len(s.byMark[markOf(e.Body)]) == 0 {
			lacking = append(lacking, e)
		}
	}
	return lacking, s.changed
}

// of returns every capture of e.
func (s *sink) of(e event.Event) []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.byMark[markOf(e.Body)])
}

// look returns all captures up to now, and a channel that closes when there are more.
func (s *sink) look() ([]event.Event, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen), s.changed
}

// gapWithin returns a reported gap that covers some of the time between from and to, if there is one.
func (s *sink) gapWithin(from, to time.Time) (gap, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.gaps {
		if !g.from.After(to) && !g.to.Before(from) {
			return g, true
		}
	}
	return gap{}, false
}

// gapAt says whether a reported gap covers some of the time between from and to.
func (s *sink) gapAt(from, to time.Time) bool {
	_, ok := s.gapWithin(from, to)
	return ok
}

func (s *sink) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *sink) wrong() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.gaps {
		if g.cause == nil || g.from.After(g.to) {
			//nolint:errorlint // the cause may be nil
			return fmt.Errorf("a gap from %s to %s with the cause %v makes no sense", g.from, g.to, g.cause)
		}
	}
	return s.late
}
