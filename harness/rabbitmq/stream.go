// Listening to a stream, which remembers: a listener goes on where it was.

package rabbitmq

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	errAnother   = errors.New("the stream is another one than before: at the place of the last message that was read stands " +
		"something else")
	errUnplaced = errors.New("the connection was lost before the listener knew its place in the stream")
	errNoStream = errors.New("it is a queue and no stream: what was delivered has no offset, and was given back")
)

// place is where a listener of a stream is. It is that of all its sources, one after the other.
type place struct {
	mu   sync.Mutex
	last *last // nil: nothing was read yet
	at   int   // of how many streams of that name this is the place: 1 for the second one
}

// last is the last message that was read. A stream of the same name that was made anew has none like it there.
type last struct {
	Offset int64  `json:"offset"`
	Digest string `json:"digest"`
}

// stream is what a listener reads from a stream by one connection.
type stream struct {
	address address
	conn    *link
	consumer
	ask   *asking
	marks *marks
	place *place
	from  *last // what is read again, nil: what comes next is read
}

// streamListener is a listener with a place.
type streamListener struct {
	*listener
	place *place
}

func listenStream(ctx context.Context, a address, g *harness.Gate) (harness.Listener, error) {
	at := &place{}
	if p, ok := harness.PositionOf(ctx); ok {
		if err := json.Unmarshal(p.Place, &at.last); err != nil || at.last == nil {
			return nil, harness.Misconfigured(fmt.Errorf("go on at %s: that is no place in a stream", p.Place))
		}
	}
	l, err := newListener(ctx, g, func(ctx context.Context, why error) (source, error, error) {
		return openStream(ctx, a, at, why)
	})
	if err != nil {
		return nil, err
	}
	if a.canary {
		if err := l.Sync(ctx); err != nil { // from then on the place is known
			return nil, errors.Join(err, l.Close())
		}
	}
	return &streamListener{listener: l, place: at}, nil
}

// Position returns the last message that was read.
func (l *streamListener) Position() (harness.Position, error) {
	l.place.mu.Lock()
	defer l.place.mu.Unlock()
	if l.place.last == nil {
		return harness.Position{}, errors.New("nothing was read from the stream yet, and it does not say where it ends " +
			"(canary=true finds that out)")
	}
	text, err := json.Marshal(l.place.last)
	return harness.Position{At: time.Now(), Place: text}, err
}

func openStream(ctx context.Context, a address, at *place, why error) (_ source, lost, err error) {
	if errors.Is(why, errNoStream) { // what it would take again is the system's
		return nil, nil, errNoStream
	}
	conn, err := connect(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	s := &stream{address: a, conn: conn, marks: newMarks(), place: at}
	at.mu.Lock()
	switch {
	case errors.Is(why, errEnded): // another stream, perhaps: its offsets begin anew
		at.last, lost = nil, why
		at.at++
	case why != nil && at.last == nil:
		lost = fmt.Errorf("%w: %w", errUnplaced, why)
	}
	s.from = at.last
	at.mu.Unlock()
	if err := conn.during(ctx, s.open); err != nil {
		return nil, nil, errors.Join(err, s.end())
	}
	return s, lost, nil
}

func (s *stream) open() (err error) {
	sure, err := s.isStream()
	if err != nil {
		return err
	}
	ahead := 1 // of a queue no more is taken before it shows that it is none
	if sure {
		ahead = prefetch
	}
	ch, err := s.conn.Channel()
	if err != nil {
		return err
	}
	if err := ch.Qos(ahead, 0, false); err != nil {
		return err
	}
	var from any = "next"
	if s.from != nil {
		from = s.from.Offset
	}
	if s.consumer, err = consume(ch, s.address.stream, false, amqp.Table{offsetHeader: from}); err != nil {
		return s.address.missing(err)
	}
	// The server says that it consumes before it looks where the stream ends, so it is asked something else behind that.
	if err := ch.Qos(ahead, 0, false); err != nil {
		return err
	}
	asks, err := s.conn.Channel()
	if err != nil {
		return err
	}
	s.ask = askBy(s.conn, asks, s.marks)
	return nil
}

// isStream refuses a queue that is none, and says whether the server was sure: to consume from a queue takes its
// messages. As with exchanges, to declare a queue otherwise is refused in words that say what it is, and makes none.
func (s *stream) isStream() (sure bool, err error) {
	ch, err := s.conn.Channel()
	if err != nil {
		return false, err
	}
	if err := passiveQueue(ch, s.address.stream); err != nil {
		return false, s.address.missing(err)
	}
	_, err = ch.QueueDeclare(s.address.stream, true, false, false, false, amqp.Table{
		amqp.QueueTypeArg: amqp.QueueTypeStream, amqp.StreamMaxAgeArg: "harken", // which is no age
	})
	if code(err) != amqp.PreconditionFailed {
		return false, nil // somebody else may be allowed to ask
	}
	m := current.FindStringSubmatch(err.Error())
	if m == nil {
		return false, nil
	}
	switch m[1] {
	case amqp.QueueTypeArg, "durable", "auto_delete", "exclusive": // of a stream all of these are as they were said
		return false, harness.Misconfigured(fmt.Errorf("%s is a queue and no stream, and to consume from it would take its "+
			"messages from the system: name the exchange that feeds it (HOST/EXCHANGE?key=KEY)", s.address.where()))
	}
	return m[1] == amqp.StreamMaxAgeArg, nil // the server compares it last
}

// read hands over what was delivered until no more is.
func (s *stream) read(g *harness.Gate, lose func(why error)) error {
	again := s.from
	for d := range s.deliveries {
		offset, ok := d.Headers[offsetHeader].(int64)
		if !ok {
			_ = d.Nack(true, true) // all that is to be given back
			_ = s.marks.end(errNoStream)
			s.conn.raw.Close()
			continue
		}
		delete(d.Headers, offsetHeader)
		found := last{Offset: offset, Digest: digest(d)}
		s.take(d, found, again, g, lose)
		again = nil
		_ = d.Ack(false) // where it fails, no more is delivered
	}
	return s.marks.end(s.ended())
}

// take captures a message, unless it is the one that is read again, or a marker.
func (s *stream) take(d amqp.Delivery, found last, again *last, g *harness.Gate, lose func(why error)) {
	s.place.mu.Lock()
	defer s.place.mu.Unlock()
	switch {
	case again == nil:
	case found == *again:
		return
	case found.Offset <= again.Offset:
		lose(errAnother)
		s.place.at++
	case found.Offset > again.Offset+1:
		lose(errTruncated)
	}
	s.place.last = &found
	e := captured(d)
	if id := harness.CanaryID(e); id != "" {
		s.marks.read(id)
		return
	}
	e.ID = fmt.Sprintf("%s:%d", s.address.stream, found.Offset)
	if s.place.at > 0 {
		e.ID = fmt.Sprintf("%s#%d:%d", s.address.stream, s.place.at, found.Offset)
	}
	g.Capture(e)
}

// digest tells messages apart.
func digest(d amqp.Delivery) string {
	all := fmt.Appendf(nil, "%q %q %v %q", d.RoutingKey, d.MessageId, d.Headers, d.Body) // a map is printed in order
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:8])
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
	return nil, s.conn.why(err)
}

func (s *stream) end() error { return s.conn.end() }
