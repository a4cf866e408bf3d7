// Listening to a stream, which remembers: a listener goes on where it was.

package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
)

const (
	// prefetch is how many messages of a stream are under way to a listener: a server demands that it is said.
	prefetch = 1000
	// offsetHeader is where a server says which place in the stream a message has.
	offsetHeader = "x-stream-offset"
)

var (
	errNoProof = errors.New("a stream does not say where it ends, so that silence proves nothing: add canary=true, where its " +
		"consumers do not mind a message of Harken's, or listen to the exchange that feeds it")
	errTruncated = errors.New("the stream had discarded messages before they were read")
	errUnplaced  = errors.New("the connection was lost before the listener knew its place in the stream")
	errNoStream  = errors.New("it is a queue and no stream: what was delivered has no offset, and was given back")
)

// place is where a listener of a stream is. It is that of all its sources, one after the other.
type place struct {
	mu    sync.Mutex
	known bool
	next  int64 // the offset of what comes next
	at    int   // of how many streams of that name this is the place: 1 for the second one
}

// stream is what a listener reads from a stream by one connection.
type stream struct {
	address    address
	conn       *link
	deliveries <-chan amqp.Delivery
	cancelled  chan string
	closed     chan *amqp.Error
	ask        *asking
	marks      *marks
	place      *place
	from       int64 // what was asked for, -1 for what comes next
	lost       error // found while reading
}

// streamListener is a listener with a place.
type streamListener struct {
	*listener
	place *place
	named string
}

func listenStream(ctx context.Context, a address, g *gate) (harness.Listener, error) {
	at := &place{}
	if p, ok := harness.PositionOf(ctx); ok {
		if err := json.Unmarshal(p.Place, &at.next); err != nil || at.next < 0 {
			return nil, harness.Misconfigured(fmt.Errorf("go on at %s: that is no place in a stream", p.Place))
		}
		at.known = true
	}
	l, err := newListener(ctx, g, func(ctx context.Context, why error) (s source, lost, err error) {
		return openStream(ctx, a, at, g, why)
	})
	if err != nil {
		return nil, err
	}
	sl := &streamListener{listener: l, place: at, named: a.stream}
	if a.canary {
		if err := l.Sync(ctx); err != nil { // from then on the place is known
			return nil, errors.Join(err, l.Close())
		}
	}
	return sl, nil
}

// Position returns the offset of what comes next.
func (l *streamListener) Position() (harness.Position, error) {
	l.place.mu.Lock()
	defer l.place.mu.Unlock()
	if !l.place.known {
		return harness.Position{}, errors.New("nothing was read from the stream yet, and it does not say where it ends " +
			"(canary=true finds that out)")
	}
	return harness.Position{At: time.Now(), Place: json.RawMessage(strconv.FormatInt(l.place.next, 10))}, nil
}

func openStream(ctx context.Context, a address, at *place, g *gate, why error) (_ source, lost, err error) {
	conn, err := connect(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	s := &stream{address: a, conn: conn, marks: newMarks(), place: at, from: -1}
	at.mu.Lock()
	switch {
	case errors.Is(why, errEnded): // another stream, perhaps: its offsets begin anew
		at.known, lost = false, why
		at.at++
	case at.known:
		s.from = at.next
	case why != nil:
		lost = fmt.Errorf("%w: %w", errUnplaced, why)
	}
	at.mu.Unlock()
	if err := conn.during(ctx, s.open); err != nil {
		return nil, nil, errors.Join(err, s.end())
	}
	return s, lost, nil
}

func (s *stream) open() (err error) {
	if s.ask, err = openAsking(s.conn, s.marks); err != nil {
		return err
	}
	if err := s.isStream(); err != nil {
		return err
	}
	ch, err := s.conn.Channel()
	if err != nil {
		return err
	}
	if err := ch.Qos(prefetch, 0, false); err != nil {
		return err
	}
	s.cancelled = ch.NotifyCancel(make(chan string, 1))
	s.closed = ch.NotifyClose(make(chan *amqp.Error, 1))
	var from any = "next"
	if s.from >= 0 {
		from = s.from
	}
	s.deliveries, err = ch.Consume(s.address.stream, "harken", false, false, false, false, amqp.Table{offsetHeader: from})
	if err != nil {
		return s.address.missing(err)
	}
	// The server says that it consumes before it looks where the stream ends, so it is asked something else behind that.
	return ch.Qos(prefetch, 0, false)
}

// isStream refuses a queue that is none as far as the server says it: to consume from it takes its messages. As with
// exchanges, to declare a queue otherwise is refused in words that say what it is, and makes none.
func (s *stream) isStream() error {
	ch, err := s.conn.Channel()
	if err != nil {
		return err
	}
	if err := passiveQueue(ch, s.address.stream); err != nil {
		return s.address.missing(err)
	}
	_, err = ch.QueueDeclare(s.address.stream, true, false, false, false, amqp.Table{
		amqp.QueueTypeArg: amqp.QueueTypeStream, amqp.StreamMaxAgeArg: "harken", // which is no age
	})
	if m := current.FindStringSubmatch(fmt.Sprint(err)); code(err) == amqp.PreconditionFailed && m != nil {
		switch m[1] {
		case amqp.QueueTypeArg, "durable", "auto_delete", "exclusive": // of a stream all of these are as they were said
			return harness.Misconfigured(fmt.Errorf("%s is a queue and no stream, and to consume from it would take its messages "+
				"from the system: name the exchange that feeds it (HOST/EXCHANGE?key=KEY)", s.address.where()))
		}
	}
	return nil
}

// read hands over what was delivered until no more is.
func (s *stream) read(g *gate) error {
	first := true
	for d := range s.deliveries {
		offset, ok := d.Headers[offsetHeader].(int64)
		if !ok {
			_ = d.Nack(true, true) // all that is to be given back
			_ = s.marks.end(errNoStream)
			s.conn.raw.Close()
			continue
		}
		if first && s.from >= 0 && offset > s.from {
			s.lose(errTruncated)
		}
		first = false
		s.take(d, offset, g)
		_ = d.Ack(false) // where it fails, no more is delivered
	}
	return s.marks.end(ending(s.cancelled, s.closed))
}

// take captures a message, unless it was read before, or is a marker.
func (s *stream) take(d amqp.Delivery, offset int64, g *gate) {
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	if s.place.known && offset < s.place.next {
		return
	}
	s.place.known, s.place.next = true, offset+1
	delete(d.Headers, offsetHeader)
	e := captured(d)
	if id := harness.CanaryID(e); id != "" {
		s.marks.read(id)
		return
	}
	e.ID = s.address.stream + ":" + strconv.FormatInt(offset, 10)
	if s.place.at > 0 {
		e.ID = fmt.Sprintf("%s#%d:%d", s.address.stream, s.place.at, offset)
	}
	g.capture(e)
}

func (s *stream) lose(why error) {
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	s.lost = why
}

// prove sends a marker into the stream, where the address allows that: what was stored before is read before it.
func (s *stream) prove(ctx context.Context) (lost, err error) {
	if !s.address.canary {
		return nil, errNoProof
	}
	err = s.marks.await(ctx, func(id string) error {
		canary := harness.Canary(id)
		return s.ask.Publish("", s.address.stream, true, false, amqp.Publishing{
			DeliveryMode: amqp.Persistent, Headers: amqp.Table{harness.CanaryHeader: id}, Body: canary.Body,
		})
	})
	if err != nil {
		return nil, s.conn.why(err)
	}
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	lost, s.lost = s.lost, nil
	return lost, nil
}

func (s *stream) end() error { return s.conn.end() }
