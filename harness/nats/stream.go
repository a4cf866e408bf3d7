// Listening to a stream of JetStream, which remembers: the listener goes on where it was.

package nats

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/poll"
)

const (
	forgetAfter    = 30 * time.Second // how long a server keeps a consumer that the listener has left behind
	heartbeatEvery = time.Second      // a consumer that the server has lost is replaced after two
)

var errDiscarded = errors.New("the stream discarded messages before they were read")

// streamListener captures what a stream stores, by one consumer after the other: a consumer that broke is followed by
// a new one from the first sequence that was not captured.
type streamListener struct {
	conn    *link
	stream  jetstream.Stream
	name    string
	subject string
	created time.Time // of the stream
	stamped bool
	gate    *gate
	syncs   *poll.Shared
	broken  chan struct{} // holds one: the consumer has to be replaced
	stop    context.CancelFunc
	stopped chan struct{}

	mu       sync.Mutex
	consumer int           // counts the consumers; what comes from an earlier one is dropped
	expected uint64        // the delivery that the consumer makes next, counted from 1
	through  uint64        // every sequence up to here was captured, or is of another subject, or lies behind hole
	hole     uint64        // the first sequence that was passed over since the last proof, 0 if none was
	moved    chan struct{} // closed when through moves
	proved   time.Time     // what had appeared by then was captured or told to be in a gap
}

func listenStream(ctx context.Context, a address, g *gate) (harness.Listener, error) {
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
	return l, nil
}

// begin takes the present end of the stream for the beginning and starts the first consumer.
func (l *streamListener) begin(ctx context.Context, conn *link) (consumption, error) {
	js, err := jetstream.New(conn.Conn, jetstream.WithDefaultTimeout(answerWithin))
	if err != nil {
		return consumption{}, err
	}
	l.conn, l.proved = conn, time.Now()
	if l.stream, err = streamOf(ctx, js, l.name); err != nil {
		return consumption{}, err
	}
	info := l.stream.CachedInfo()
	if why := forgetful(info.Config); why != "" {
		return consumption{}, fmt.Errorf("stream %s %s: add tap=true to listen to its subject instead", l.name, why)
	}
	if !fed(info.Config) { // which has no subjects of its own
		if err := takes(ctx, js, l.stream, l.subject); err != nil {
			return consumption{}, err
		}
	}
	l.created, l.through, l.stamped = info.Created, info.State.LastSeq, !fed(info.Config)
	return l.consume(ctx)
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
	l.gate.close()
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
	l.consumer, l.expected = l.consumer+1, 1
	mine, start := l.consumer, l.through+1
	l.mu.Unlock()
	c, err := l.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubject:     l.subject,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       start,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: forgetAfter,
		MemoryStorage:     true,
		Replicas:          1,
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
	return consumption{ConsumeContext: work, name: c.CachedInfo().Name}, nil
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
		err := poll.Until(ctx, func(ctx context.Context) (err error) {
			ctx, cancel := context.WithTimeout(ctx, dialWithin)
			defer cancel()
			c, err = l.consume(ctx)
			return err
		})
		if err != nil {
			return // closed, and without a consumer
		}
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
	e.ID = fmt.Sprintf("%s:%d", meta.Stream, meta.Sequence.Stream)
	if l.stamped {
		e.Stamp, e.Grain = meta.Timestamp, time.Nanosecond
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
	l.gate.capture(e)
	l.expected++
	if l.hole == 0 && meta.Sequence.Stream > l.through+1 {
		l.hole = l.through + 1
	}
	l.advance(meta.Sequence.Stream)
}

// advance is called with the lock held.
func (l *streamListener) advance(through uint64) {
	if through > l.through {
		l.through = through
		close(l.moved)
		l.moved = make(chan struct{})
	}
}

// prove is one Sync: it waits for the last message that there is, and then asks whether any could have been
// discarded before it was read.
func (l *streamListener) prove(ctx context.Context) error {
	begun := time.Now()
	ctx, done := l.conn.whileUp(ctx)
	defer done()
	end, err := l.end(ctx)
	if err != nil {
		return err
	}
	if err := l.reach(ctx, end.message); err != nil {
		return err
	}
	first := l.unread(end.sequence)
	info, err := l.info(ctx)
	if err != nil {
		l.unproved(first)
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if info.State.FirstSeq > first {
		l.gate.gap(l.proved, time.Now(), errDiscarded)
	}
	l.proved = begun
	return nil
}

// streamEnd is where a stream ended: its last sequence, and the last that is a message of the listener's subject.
type streamEnd struct{ sequence, message uint64 }

func (l *streamListener) end(ctx context.Context) (streamEnd, error) {
	info, err := l.info(ctx)
	if err != nil {
		return streamEnd{}, err
	}
	last, err := l.stream.GetLastMsgForSubject(ctx, l.subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return streamEnd{sequence: info.State.LastSeq}, nil
	case err != nil:
		return streamEnd{}, fmt.Errorf("stream %s: %w", l.name, err)
	}
	return streamEnd{sequence: info.State.LastSeq, message: last.Sequence}, nil
}

func (l *streamListener) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	if !l.conn.IsConnected() {
		return nil, errDown
	}
	info, err := l.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", l.name, err)
	}
	if !info.Created.Equal(l.created) {
		return nil, fmt.Errorf("stream %s was deleted and made anew", l.name)
	}
	return info, nil
}

// reach waits until sequence was captured.
func (l *streamListener) reach(ctx context.Context, sequence uint64) error {
	for {
		l.mu.Lock()
		through, moved := l.through, l.moved
		l.mu.Unlock()
		if through >= sequence {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("captured up to %d of %d: %w", through, sequence, context.Cause(ctx))
		}
	}
}

// unread returns the first sequence that was not captured, now that every message up to end was that still could be.
// It takes the hole out, so that one that comes up after this call is left to the next proof.
func (l *streamListener) unread(end uint64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.hole
	if first == 0 {
		first = l.through + 1
	}
	l.hole = 0
	l.advance(end)
	return first
}

// unproved leaves to the next proof what this one could not look into.
func (l *streamListener) unproved(first uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hole = first
}
