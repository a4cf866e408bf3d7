// Listening to a stream of JetStream, which remembers: the listener goes on where it was.

package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	forgetAfter    = 30 * time.Second // how long a server keeps a consumer that the listener has left behind
	heartbeatEvery = time.Second      // a consumer that the server has lost is replaced after two
)

// streamListener captures what a stream stores, by one consumer after the other: a consumer that broke is followed by
// a new one from the first sequence that was not captured.
type streamListener struct {
	conn    *link
	stream  jetstream.Stream
	js      jetstream.JetStream
	name    string
	subject string
	stamped bool
	whole   bool // all that the stream stores is of the subject, so that whatever is passed over was one of its messages
	gate    gate
	syncs   *poll.Shared
	broken  chan struct{} // holds one: the consumer has to be replaced
	stop    context.CancelFunc
	stopped chan struct{}

	mu       sync.Mutex
	known    identity // of the stream
	consumer int      // counts the consumers; what comes from an earlier one is dropped
	count    uint64   // of the connections that were made before the consumer
	expected uint64   // the delivery that the consumer makes next, counted from 1
	through  uint64   // every sequence up to here was captured, or is of another subject, or was passed over
	// messages of the subject may wait behind through, so that one that is missing may have been discarded
	waiting bool
	passed  spans         // what was passed over since the last proof, and may have been of the subject
	moved   chan struct{} // closed when through moves, or a consumer follows another one
	proved  time.Time     // what had appeared by then was captured or told to be in a gap
}

func listenStream(ctx context.Context, a address, g gate) (harness.Listener, error) {
	l := &streamListener{
		name: a.stream, subject: a.subject, gate: g,
		broken: make(chan struct{}, 1), stopped: make(chan struct{}), moved: make(chan struct{}),
	}
	conn, err := connect(ctx, a, nats.ReconnectHandler(func(*nats.Conn) { l.replace() }))
	if err != nil {
		return nil, err
	}
	consumer, err := l.begin(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	var life context.Context
	life, l.stop = context.WithCancel(context.Background())
	l.syncs = poll.NewShared(l.prove)
	go l.follow(life, consumer)
	if err := l.Sync(ctx); err != nil { // from here on it keeps up with the stream
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// begin takes the present end of the stream for the beginning and starts the first consumer.
func (l *streamListener) begin(ctx context.Context, conn *link) (consumption, error) {
	js, err := jetstream.New(conn.Conn, jetstream.WithDefaultTimeout(answerWithin))
	if err != nil {
		return consumption{}, err
	}
	l.conn, l.js, l.proved = conn, js, time.Now()
	if l.stream, err = streamOf(ctx, js, l.name); err != nil {
		return consumption{}, err
	}
	info, err := infoOf(ctx, conn, l.stream)
	if err != nil {
		return consumption{}, err
	}
	if err := readable(info.Config); err != nil {
		return consumption{}, err
	}
	subjects, err := mayCome(ctx, js, info.Config, l.subject)
	if err != nil {
		return consumption{}, err
	}
	l.stamped = !fed(info.Config)
	// A mirror has no messages of its own where its origin's were filtered out, or discarded before they were copied.
	l.whole = info.Config.Mirror == nil && !slices.ContainsFunc(subjects,
		func(s string) bool { return !covers(l.subject, s) })
	l.known, l.through = identify(info), info.State.LastSeq
	if at, ok := harness.PositionOf(ctx); ok {
		if err := l.goOn(ctx, at); err != nil {
			return consumption{}, err
		}
	}
	return l.consume(ctx)
}

// readable returns nil if a bystander gets to read all messages of a stream.
func readable(c jetstream.StreamConfig) error {
	why := forgetful(c)
	switch {
	case why == "":
		return nil
	case unheard(c) != "":
		return neither(c)
	default:
		return harness.Misconfigured(fmt.Errorf("stream %s %s: add tap=true to listen to its subject instead", c.Name, why))
	}
}

// forgetful says why a bystander may not get to read all messages of a stream, or "".
func forgetful(c jetstream.StreamConfig) string {
	switch {
	case c.Retention != jetstream.LimitsPolicy:
		return "drops messages as they are consumed"
	case c.MaxMsgsPerSubject > 0:
		return "keeps only so many messages a subject"
	default:
		return ""
	}
}

// fed holds for streams that are filled from others, and take their times over.
func fed(c jetstream.StreamConfig) bool { return c.Mirror != nil || len(c.Sources) > 0 }

// Sync returns nil once everything that the stream held before the call was captured or is in a reported gap.
func (l *streamListener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	if err != nil && l.conn.IsClosed() {
		return harness.ErrClosed
	}
	return err
}

func (l *streamListener) Close() error {
	l.gate.Close()
	l.syncs.Close()
	l.stop()
	<-l.stopped
	l.conn.Close()
	return nil
}

// consumption is a consumer at work.
type consumption struct {
	jetstream.ConsumeContext
	name string
}

// consume starts a consumer at the first sequence that was not captured.
func (l *streamListener) consume(ctx context.Context) (consumption, error) {
	l.mu.Lock()
	l.consumer, l.expected, l.waiting = l.consumer+1, 1, true
	l.count = l.conn.Stats().Reconnects
	l.wake()
	mine, start := l.consumer, l.through+1
	l.mu.Unlock()
	config := jetstream.ConsumerConfig{
		Name:              strings.TrimPrefix(nats.NewInbox(), nats.InboxPrefix), // so that it may be asked for twice
		FilterSubject:     l.subject,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       start,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: forgetAfter,
		MemoryStorage:     true,
		Replicas:          1,
	}
	var c jetstream.Consumer
	err := insist(ctx, func(ctx context.Context) (err error) {
		c, err = l.stream.CreateConsumer(ctx, config)
		return err
	})
	if err != nil {
		return consumption{}, fmt.Errorf("consume stream %s: %w", l.name, err)
	}
	work, err := c.Consume(
		func(m jetstream.Msg) { l.take(mine, m) },
		jetstream.PullHeartbeat(heartbeatEvery),
		jetstream.ConsumeErrHandler(func(jetstream.ConsumeContext, error) { l.replace() }))
	if err != nil {
		return consumption{}, fmt.Errorf("consume stream %s: %w", l.name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.expected == 1 {
		l.waiting = true // though a proof may have found meanwhile that nothing did
	}
	return consumption{ConsumeContext: work, name: config.Name}, nil
}

// replace asks for a new consumer. It does not wait for it.
func (l *streamListener) replace() {
	select {
	case l.broken <- struct{}{}:
	default: // asked for already
	}
}

// follow replaces the consumer whenever it broke, until the listener is closed.
func (l *streamListener) follow(ctx context.Context, c consumption) {
	defer close(l.stopped)
	for {
		select {
		case <-l.broken:
		case <-ctx.Done():
			l.leave(c)
			return
		}
		c.Stop()
		last := c
		err := poll.Until(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, dialWithin)
			defer cancel()
			if err := l.recognise(ctx, c.name); err != nil {
				return err
			}
			next, err := l.consume(ctx)
			if err == nil {
				c = next
			}
			return err
		})
		if err != nil {
			return // closed, and without a consumer
		}
		l.leave(last)
	}
}

// leave takes the consumer off the server, which would do so itself a while later.
func (l *streamListener) leave(c consumption) {
	c.Stop()
	if !l.conn.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialWithin)
	defer cancel()
	_ = l.stream.DeleteConsumer(ctx, c.name)
}

// take captures a message. One that a lost connection has swallowed shows in the count of deliveries.
func (l *streamListener) take(consumer int, m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		l.replace()
		return
	}
	e := captured(m.Subject(), m.Headers(), m.Data())
	if l.stamped {
		e.Stamp, e.Resolution = meta.Timestamp, time.Nanosecond
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if consumer != l.consumer {
		return
	}
	if meta.Sequence.Consumer != l.expected {
		l.replace()
		return
	}
	e.ID = l.known.of(meta)
	l.gate.Capture(e)
	l.expected++
	l.read(meta)
}

// read notes that the message with meta was read, and is called with the lock held. What lies between it and the one
// before is of other subjects, unless something of this one may have waited there and was discarded.
func (l *streamListener) read(meta *jetstream.MsgMetadata) {
	here := meta.Sequence.Stream
	if here > l.through+1 && (l.whole || l.waiting || meta.NumPending > 0 || l.cut()) {
		l.passed = l.passed.add(l.through+1, here-1)
	}
	l.waiting = meta.NumPending > 0
	l.known.last = storedMessage{Sequence: here, Time: meta.Timestamp}
	l.advance(here)
}

// cut holds, with the lock held, if the connection was lost since the consumer was made.
func (l *streamListener) cut() bool { return l.conn.Stats().Reconnects != l.count }

// advance is called with the lock held.
func (l *streamListener) advance(through uint64) {
	if through > l.through {
		l.through = through
		l.wake()
	}
}

// wake is called with the lock held.
func (l *streamListener) wake() {
	close(l.moved)
	l.moved = make(chan struct{})
}
