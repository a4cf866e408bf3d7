// Sending: each event in a batch of its own.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// mostLanes is how many events are under way at once. The others wait.
	mostLanes = 8
	// largestBatch is what the client lets through. What the topic does not allow, the broker refuses.
	largestBatch = 64 << 20
)

// producer sends to one topic, by lanes: a client takes together into a batch what it is given at once.
type producer struct {
	a address

	idle    chan *lane
	freed   chan struct{} // told when there is one lane less
	closed  chan struct{}
	closing sync.WaitGroup

	mu    sync.Mutex
	lanes map[*lane]struct{}
	open  int // lanes, and those that are being opened
	shut  bool
}

// lane is a client that sends one event at a time.
type lane struct {
	*client
	topic topicID
	sure  bool // that this is the topic it sends to
}

// errRefused is of an event that no broker has taken, since the topic, or what it knows of the client, is not what the
// client was opened for: another client may send the same event.
var errRefused = errors.New("refused")

func produce(ctx context.Context, a address) (harness.Producer, error) {
	p := &producer{
		a: a, idle: make(chan *lane, mostLanes), freed: make(chan struct{}, 1), closed: make(chan struct{}),
		lanes: make(map[*lane]struct{}),
	}
	first, err := p.openLane(ctx)
	if err != nil {
		return nil, err
	}
	p.open++
	p.lanes[first] = struct{}{}
	if err := p.ready(ctx, first); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.idle <- first
	return p, nil
}

// ready finds out whether the topic is there and may be written to, and makes the first lane know it.
func (p *producer) ready(ctx context.Context, l *lane) error {
	v, err := l.everywhere(ctx, p.a.topic)
	if err != nil {
		return err
	}
	_, partitions, there, err := v.only()
	switch {
	case err != nil:
		return err
	case !there && p.a.later:
		return nil
	case !there:
		return l.absent(ctx, p.a.topic)
	case v.lacks(mayWrite):
		return harness.Misconfigured(fmt.Errorf("no right to send to topic %s: allow WRITE on it", p.a.topic))
	}
	if _, ok := partitions[p.a.partition]; !ok && p.a.partition != allPartitions && !p.a.later {
		return without(p.a.topic, p.a.partition, len(partitions))
	}
	if _, _, err := l.ProducerID(ctx); err != nil {
		return fmt.Errorf("a producer's id: %w", err)
	}
	return nil
}

// openLane opens a client, and finds out which topic it is going to send to.
func (p *producer) openLane(ctx context.Context) (*lane, error) {
	options := []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.StopProducerOnDataLossDetected(),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchCompression(kgo.NoCompression()), // so that what is too large does not depend on what is in it
		kgo.ProducerBatchMaxBytes(largestBatch),
	}
	if p.a.partition != allPartitions {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	c, err := connect(ctx, p.a, options...)
	if err != nil {
		return nil, err
	}
	l := &lane{client: c}
	if err := l.identify(ctx, p.a.topic); err != nil {
		c.Close()
		return nil, err
	}
	return l, nil
}

// identify asks which topic there is.
func (l *lane) identify(ctx context.Context, topic string) error {
	v, _, err := l.anywhere(ctx, topic)
	if err == nil {
		l.topic, _, _, err = v.only()
	}
	return err
}

// Send returns nil once all replicas that are in sync have e.
func (p *producer) Send(ctx context.Context, e event.Event) (r harness.Receipt, err error) {
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	if _, limited := ctx.Deadline(); !limited {
		within, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		ctx = within
	}
	err = poll.Until(ctx, func(ctx context.Context) error {
		r, err = p.sendOnce(ctx, e)
		if err != nil && !errors.Is(err, errRefused) {
			return poll.Permanent(err)
		}
		return err
	})
	return r, err
}

func (p *producer) sendOnce(ctx context.Context, e event.Event) (r harness.Receipt, err error) {
	record, err := p.a.record(e)
	if err != nil {
		return r, err
	}
	l, err := p.take(ctx)
	if err != nil {
		return r, err
	}
	r, err = l.send(ctx, record)
	if err != nil {
		p.discard(l)
		if strange(err) {
			p.discardIdle() // which know what this one knew
		}
		if p.isClosed() {
			return r, harness.ErrClosed
		}
		return r, p.failed(e, err)
	}
	p.idle <- l
	return r, nil
}

// failed says what can be done about it.
func (p *producer) failed(e event.Event, err error) error {
	switch {
	case errors.Is(err, kerr.MessageTooLarge):
		return fmt.Errorf("%d bytes are more than topic %s takes (max.message.bytes): %w", len(e.Body), p.a.topic, err)
	case errors.Is(err, kerr.InvalidRecord):
		return fmt.Errorf("topic %s refuses it (a compacted topic takes no event without a key): %w", p.a.topic, err)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Errorf("no right to send to topic %s: allow WRITE on it: %w", p.a.topic, err)
	}
	return err
}

// take returns a lane that nobody uses, a new one where there is none and may be more.
func (p *producer) take(ctx context.Context) (*lane, error) {
	for {
		select {
		case l := <-p.idle:
			return l, nil
		default:
		}
		if p.mayOpen() {
			l, err := p.openLane(ctx)
			return l, p.opened(l, err)
		}
		select {
		case l := <-p.idle:
			return l, nil
		case <-p.freed:
		case <-p.closed:
			return nil, harness.ErrClosed
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// mayOpen says whether one more lane is opened.
func (p *producer) mayOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut || p.open == mostLanes {
		return false
	}
	p.open++
	return true
}

// opened takes in a new lane, unless that failed or came too late.
func (p *producer) opened(l *lane, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.free()
		return err
	case p.shut:
		l.Close()
		return harness.ErrClosed
	}
	p.lanes[l] = struct{}{}
	return nil
}

// discard closes a lane that failed: of what it still has under way nobody knows what becomes.
func (p *producer) discard(l *lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ours := p.lanes[l]; !ours {
		return
	}
	delete(p.lanes, l)
	p.free()
	p.closing.Go(l.Close)
}

// free makes room for a lane, with the lock held, and has one who waits look again.
func (p *producer) free() {
	p.open--
	select {
	case p.freed <- struct{}{}:
	default:
	}
}

func (p *producer) discardIdle() {
	for {
		select {
		case l := <-p.idle:
			p.discard(l)
		default:
			return
		}
	}
}

func (p *producer) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shut
}

// Close ends what is under way.
func (p *producer) Close() error {
	p.mu.Lock()
	if !p.shut {
		p.shut = true
		close(p.closed)
	}
	for l := range p.lanes {
		delete(p.lanes, l)
		p.closing.Go(l.Close)
	}
	p.mu.Unlock()
	p.closing.Wait()
	return nil
}

// send returns once the record was accepted.
func (l *lane) send(ctx context.Context, record *kgo.Record) (r harness.Receipt, err error) {
	l.dialer.out.clear()
	done := make(chan error, 1)
	l.Produce(ctx, record, func(_ *kgo.Record, err error) { done <- err })
	select {
	case err = <-done:
	case <-ctx.Done():
		return harness.Receipt{Left: l.dialer.out.left()}, fmt.Errorf("perhaps accepted: it was not acknowledged: %w%s",
			context.Cause(ctx), l.dialer.lastFailure())
	}
	r.Left = l.dialer.out.left()
	switch {
	case err == nil:
		r.ID = l.name(ctx, record)
	case !strange(err):
	case l.dialer.out.answered():
		err = fmt.Errorf("%w: %w", errRefused, err)
	default: // the topic that was there before may have taken it
		err = fmt.Errorf("perhaps accepted: %w, and not every attempt was answered", err)
	}
	return r, err
}

// strange says whether the topic, or what a broker knows of the client there, is not what the client takes it for: it
// was made anew, or is what it was at an earlier time.
func strange(err error) bool {
	return errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.OutOfOrderSequenceNumber) ||
		errors.Is(err, kerr.UnknownProducerID)
}

// name returns the identity under which listeners see a record that was accepted, "" where that is not certain. A
// client that names the topic by its id sends to one topic for all its life, and may have learned of it a moment later
// than the lane has.
func (l *lane) name(ctx context.Context, record *kgo.Record) string {
	if !l.sure || l.dialer.out.named() {
		before := l.topic
		if err := l.identify(ctx, record.Topic); err != nil || l.topic != before && before != (topicID{}) {
			return ""
		}
		l.sure = true
	}
	if record.Offset < 0 { // a broker does not tell where it has what it had been sent before
		return ""
	}
	return identitiesOf(record.Topic, l.topic, record.Partition).at(record.Offset)
}
