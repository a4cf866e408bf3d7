// Listening: the partitions of a topic, read by requests of one's own from where they ended when it was opened.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

// lookEvery is how often the listener looks for partitions that were added, and for a topic that was made.
const lookEvery = time.Second

// listener captures what is committed to a topic.
type listener struct {
	a       address
	client  *client
	gate    *harness.Gate
	unpack  kgo.Decompressor
	syncs   *poll.Shared
	life    context.Context // until Close
	stop    context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	topic   *topic           // nil: there is none
	left    map[topicID]bool // the topics that were there before, of which a broker may still tell
	reading map[int32]bool   // the leaders that are being read
	moved   chan struct{}    // closed when something was read, or is another topic
	proved  time.Time        // what had appeared by then was captured or told to be in a gap
	ends    map[int32]int64  // where the last proof found the partitions to end
	because error            // why the last proof did not succeed yet
}

// topic is one of the topics that were there under the name.
type topic struct {
	id         topicID
	partitions map[int32]*partition
}

// partition is where the listener is in one of them.
type partition struct {
	leadership
	point
	fetched bool  // it has been read, if only to learn that there is nothing
	stable  int64 // what comes from there on is not given out: a transaction is open
	claimed bool  // somebody reads it
	trouble error // why the last attempt to read it failed, nil where it did not
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	if _, limited := ctx.Deadline(); !limited {
		within, cancel := context.WithTimeout(ctx, openWithin)
		defer cancel()
		ctx = within
	}
	c, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	unpack, _ := c.OptValue(kgo.WithDecompressor).(kgo.Decompressor) // which has a bound
	l := &listener{
		a: a, client: c, gate: harness.NewGate(s), unpack: unpack,
		left: make(map[topicID]bool), reading: make(map[int32]bool), moved: make(chan struct{}), proved: time.Now(),
	}
	l.life, l.stop = context.WithCancel(context.Background())
	l.syncs = poll.NewShared(l.prove)
	if err := l.begin(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.workers.Go(l.watch)
	if err := l.started(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// started returns nil once each partition was read, if only to learn that there is nothing: so it is allowed.
func (l *listener) started(ctx context.Context) error {
	read := l.known()
	nothing := make(map[int32]int64, len(read.leaders))
	for n := range read.leaders {
		nothing[n] = 0
	}
	l.mu.Lock()
	l.ends = nothing
	l.mu.Unlock()
	if err := l.reach(ctx, read.of, nothing); err != nil {
		return errors.Join(err, l.why())
	}
	return nil
}

// begin finds out where what is committed ends in the partitions, and begins to read there: a transaction that is open
// appears when it is committed, and with it what was written behind it. What a cluster does not know yet, right behind
// the making of a topic, it is asked again.
func (l *listener) begin(ctx context.Context) error {
	return poll.Until(ctx, func(ctx context.Context) error {
		err := l.beginOnce(ctx)
		if errors.Is(err, harness.ErrMisconfigured) {
			return poll.Permanent(err)
		}
		return err
	})
}

func (l *listener) beginOnce(ctx context.Context) error {
	v, err := l.client.everywhere(ctx, l.a.topic)
	if err != nil {
		return err
	}
	id, partitions, there, err := v.only()
	if err != nil {
		return err
	}
	if err := l.readable(ctx, v, partitions, there); err != nil {
		return err
	}
	at, resumed := harness.PositionOf(ctx)
	if resumed {
		return l.goOn(at, id, partitions, there)
	}
	if !there {
		return nil
	}
	partitions = l.ours(partitions)
	ends, err := l.client.offsets(ctx, l.a.topic, partitions, committed)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.topic = &topic{id: id, partitions: make(map[int32]*partition, len(partitions))}
	for n, p := range partitions {
		l.topic.partitions[n] = &partition{leadership: p}
		l.topic.partitions[n].tell(ends[n], p.epoch)
	}
	l.employ()
	return nil
}

// readable returns nil if what the address names is there, or may be later, and may be read.
func (l *listener) readable(ctx context.Context, v view, of map[int32]leadership, there bool) error {
	_, has := of[l.a.partition]
	switch {
	case there && v.lacks(mayRead):
		return harness.Misconfigured(l.denied())
	case l.a.later:
		return nil
	case !there:
		return l.client.absent(ctx, l.a.topic)
	case l.a.partition != allPartitions && !has:
		return without(l.a.topic, l.a.partition, len(of))
	default:
		return nil
	}
}

func (l *listener) denied() error {
	return fmt.Errorf("no right to read topic %s: allow READ and DESCRIBE on it", l.a.topic)
}

// ours returns the partitions that the address names.
func (l *listener) ours(all map[int32]leadership) map[int32]leadership {
	named := make(map[int32]leadership, len(all))
	for n, p := range all {
		if l.a.covers(n) {
			named[n] = p
		}
	}
	return named
}

// watch looks for what is new, until the listener is closed. What brokers do not answer it asks again.
func (l *listener) watch() {
	for poll.Pause(l.life, lookEvery) == nil {
		l.look(l.life)
	}
}

// look takes in what some broker says of the topic. That it is not there is left to the next proof, since one broker
// may be the last to hear of it.
func (l *listener) look(ctx context.Context) {
	if v, _, err := l.client.anywhere(ctx, l.a.topic); err == nil && len(v.topics) > 0 {
		_ = l.adopt(v) // what brokers do not agree on is asked again
	}
}

// adopt takes in what brokers say. A topic that was not known is another one than was read: the rest of that one may
// have gone unread. What one broker says may be of earlier than what is known already.
func (l *listener) adopt(v view) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var unknown []topicID
	for id := range v.topics {
		if !l.left[id] && (l.topic == nil || id != l.topic.id) {
			unknown = append(unknown, id)
		}
	}
	switch {
	case len(unknown) > 1:
		return errDisagree
	case len(unknown) == 1:
		l.leave(errAnother)
		l.topic = &topic{id: unknown[0], partitions: make(map[int32]*partition)}
		l.wake()
	}
	if l.topic == nil {
		return nil
	}
	for n, p := range l.ours(v.topics[l.topic.id]) {
		known, ok := l.topic.partitions[n]
		switch {
		case !ok: // it is read from its start
			l.topic.partitions[n] = &partition{leadership: p, point: startOf}
		case p.epoch >= known.epoch:
			known.leadership = p
		}
	}
	l.employ()
	return nil
}

// leave is called with the lock held when the topic that was read is not there any more.
func (l *listener) leave(cause error) {
	if l.topic == nil {
		return
	}
	l.left[l.topic.id] = l.topic.id != topicID{}
	l.topic = nil
	l.lose(cause)
	l.wake()
}

// lose tells, with the lock held, that something may have gone unseen since the last proof.
func (l *listener) lose(cause error) {
	l.gate.Gap(l.proved, time.Now(), fmt.Errorf("topic %s: %w", l.a.topic, cause))
}

// wake is called with the lock held.
func (l *listener) wake() {
	close(l.moved)
	l.moved = make(chan struct{})
}

// Close returns once nothing is captured any more.
func (l *listener) Close() error {
	l.gate.Close()
	l.syncs.Close()
	l.stop()
	l.workers.Wait()
	l.client.Close()
	return nil
}
