// Reading: one request after the other to each broker that leads a partition, by positions of one's own.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	waitAtMost    = 500 * time.Millisecond // a broker for something new
	answerSize    = 64 << 20               // what a broker gives out at once, unless one batch alone is larger
	partitionSize = 8 << 20
	// The wait behind a request that failed: twice as long each time.
	firstPause, longestPause = 20 * time.Millisecond, time.Second
)

var (
	errAnother   = errors.New("it was made anew, or another one has taken its name")
	errGone      = errors.New("it is not there any more")
	errDeleted   = errors.New("records were deleted before they were read")
	errTruncated = errors.New("records were taken back: a leader took over that did not have them, or the topic was " +
		"restored to an earlier state")
	errCompacted = errors.New("records were removed by compaction before they were read")
	errHistory   = errors.New("the leader does not know what was read last, so that nobody can tell whether records " +
		"were taken back")
	errAhead = errors.New("the broker gives out nothing from where was read")
)

// ask is what a broker is asked for.
type ask struct {
	partition int32
	of        *topic
	at        *partition
	leadership
	point
	first bool
}

// employ begins to read, with the lock held, from every leader that is not read from yet.
func (l *listener) employ() {
	if l.life.Err() != nil {
		return
	}
	for _, p := range l.topic.partitions {
		if leader := p.leader; leader >= 0 && !l.reading[leader] {
			l.reading[leader] = true
			l.workers.Go(func() { l.read(leader) })
		}
	}
}

// read reads from a broker for as long as it leads something.
func (l *listener) read(leader int32) {
	pause := firstPause
	for {
		asks, leads := l.claim(leader)
		if !leads {
			return
		}
		began := time.Now()
		read, fine := l.readOnce(leader, asks)
		switch {
		case fine && (read || time.Since(began) > firstPause):
			pause = firstPause
			continue
		case fine: // a broker may answer at once that there is nothing, while a transaction is open
			pause = firstPause
		}
		if poll.Pause(l.life, pause) != nil {
			continue // claim says that it is over
		}
		if !fine {
			pause = min(2*pause, longestPause)
			l.look(l.life)
		}
	}
}

// claim returns what is to be read from a broker, and whether it is to be read from at all. Nobody else reads a
// partition until it is released.
func (l *listener) claim(leader int32) (asks []ask, leads bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.topic != nil && l.life.Err() == nil {
		for n, p := range l.topic.partitions {
			if p.leader != leader {
				continue
			}
			leads = true
			if !p.claimed {
				p.claimed = true
				asks = append(asks, ask{
					partition: n, of: l.topic, at: p, leadership: p.leadership, point: p.point, first: !p.fetched,
				})
			}
		}
	}
	if !leads {
		delete(l.reading, leader)
	}
	return asks, leads
}

// release ends a claim. What went wrong is kept for whoever waits for the partition.
func (l *listener) release(a ask, trouble error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.at.claimed, a.at.trouble = false, trouble
	if trouble != nil {
		l.wake()
	}
}

// readOnce makes one request, and says whether something was read and all was well.
func (l *listener) readOnce(leader int32, asks []ask) (read, fine bool) {
	said, err := l.fetch(leader, asks)
	seen := time.Now()
	fine = err == nil && len(asks) > 0
	for _, a := range asks {
		trouble := err
		if err == nil {
			var some bool
			some, trouble = l.take(a, said[a.partition], seen)
			read = read || some
		}
		fine = fine && trouble == nil
		l.release(a, trouble)
	}
	return read, fine
}

// fetch asks a broker for what is next, and returns its answer for each partition.
func (l *listener) fetch(leader int32, asks []ask) (map[int32]*kmsg.FetchResponseTopicPartition, error) {
	if len(asks) == 0 {
		return nil, nil
	}
	answer, err := l.client.Broker(int(leader)).Request(l.life, l.request(asks))
	if err != nil {
		return nil, fmt.Errorf("broker %d: %w", leader, err)
	}
	said, ok := answer.(*kmsg.FetchResponse)
	if !ok {
		return nil, fmt.Errorf("broker %d: an answer of the kind %T", leader, answer)
	}
	if err := kerr.ErrorForCode(said.ErrorCode); err != nil {
		return nil, fmt.Errorf("broker %d: %w", leader, err)
	}
	of := make(map[int32]*kmsg.FetchResponseTopicPartition, len(asks))
	for _, t := range said.Topics {
		for i := range t.Partitions {
			of[t.Partitions[i].Partition] = &t.Partitions[i]
		}
	}
	return of, nil
}

// request is for what was committed, and belongs to no session that a broker keeps.
func (l *listener) request(asks []ask) *kmsg.FetchRequest {
	const committed = 1
	r := kmsg.NewPtrFetchRequest()
	r.MaxWaitMillis, r.MinBytes, r.MaxBytes, r.IsolationLevel = int32(waitAtMost.Milliseconds()), 1, answerSize, committed
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = l.a.topic, asks[0].of.id
	for _, a := range asks {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = a.partition, a.Next, partitionSize
		p.CurrentLeaderEpoch, p.LastFetchedEpoch = a.epoch, a.Written
		t.Partitions = append(t.Partitions, p)
		if a.first {
			r.MaxWaitMillis = 0
		}
	}
	r.Topics = append(r.Topics, t)
	return r
}

// take captures what a broker has given out of a partition.
func (l *listener) take(a ask, said *kmsg.FetchResponseTopicPartition, seen time.Time) (read bool, err error) {
	if said == nil {
		return false, fmt.Errorf("partition %d: no answer", a.partition)
	}
	switch err := kerr.ErrorForCode(said.ErrorCode); {
	case errors.Is(err, kerr.OffsetOutOfRange):
		return false, l.outOfRange(a)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return false, harness.Misconfigured(l.denied())
	case err != nil:
		return false, fmt.Errorf("partition %d: %w", a.partition, err)
	}
	if end := said.DivergingEpoch.EndOffset; end >= 0 {
		return l.diverged(a, said.DivergingEpoch.Epoch, end), nil
	}
	options := kgo.ProcessFetchPartitionOpts{
		Offset: a.Next, IsolationLevel: kgo.ReadCommitted(), Topic: l.a.topic, Partition: a.partition,
	}
	records, next := kgo.ProcessFetchPartition(options, said, l.unpack, nil)
	if records.Err != nil { // the client passes over some that it cannot read
		return false, fmt.Errorf("partition %d: what is at offset %d, or behind it, cannot be read: %w", a.partition, a.Next,
			records.Err)
	}
	if !l.current(a, holed(said.RecordBatches, a.Next)) {
		return false, nil
	}
	l.capture(a, records.Records, seen)
	l.advance(a, next, said)
	return next > a.Next, nil
}

// capture has records captured. One that takes the place of another that was taken back has its offset, and is not it.
func (l *listener) capture(a ask, records []*kgo.Record, seen time.Time) {
	known := identitiesOf(l.a.topic, a.of.id, a.partition)
	for _, r := range records {
		if l.a.key != "" && string(r.Key) != l.a.key {
			continue
		}
		e := captured(known, r, seen)
		if r.Offset < a.Again {
			e.ID = fmt.Sprintf("%s#%d", e.ID, a.Taken)
		}
		l.gate.Capture(e)
	}
}

// stands says, with the lock held, whether a partition is still where it was when it was asked for.
func (l *listener) stands(a ask) bool { return l.topic == a.of && a.at.point == a.point }

// current says whether an answer is still what is wanted, and tells of records that are missing in it.
func (l *listener) current(a ask, holed bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stands(a) {
		return false
	}
	if holed {
		l.lose(errCompacted)
	}
	return true
}

// advance notes up to where was captured.
func (l *listener) advance(a ask, next int64, said *kmsg.FetchResponseTopicPartition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stands(a) {
		return
	}
	a.at.Next, a.at.stable = next, said.LastStableOffset
	if epoch := lastEpoch(said.RecordBatches, next); epoch >= 0 {
		a.at.Written, a.at.Told = epoch, false
	}
	if next > a.Next || !a.at.fetched {
		a.at.fetched = true
		l.wake()
	}
}

// reset goes on elsewhere, since what was to be read is gone.
func (l *listener) reset(a ask, next int64, cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stands(a) {
		return
	}
	l.restart(a.partition, a.at, next, cause)
	l.wake()
}

// restart goes on elsewhere in a partition, with the lock held, and tells of a gap.
func (l *listener) restart(n int32, p *partition, next int64, cause error) {
	l.lose(fmt.Errorf("partition %d, offset %d: %w", n, p.Next, cause))
	if errors.Is(cause, errTruncated) {
		p.back()
	}
	p.tell(next, p.epoch)
}

// diverged goes on where the history of a leader parts from what was read, and says whether that is elsewhere. Where
// nothing was read, and the leader has all up to the place of which an earlier one told, it is only that nothing had
// been written in that one's epoch.
func (l *listener) diverged(a ask, epoch int32, end int64) bool {
	if !a.Told || end < a.Next {
		l.reset(a, min(end, a.Next), errTruncated)
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stands(a) {
		a.at.Written = epoch
	}
	return false
}

// outOfRange finds out why a broker has nothing at a position.
func (l *listener) outOfRange(a ask) error {
	ctx, cancel := context.WithTimeout(l.life, answerWithin)
	defer cancel()
	of := map[int32]leadership{a.partition: a.leadership}
	starts, err := l.client.offsets(ctx, l.a.topic, of, atStart)
	if err != nil {
		return err
	}
	ends, err := l.client.offsets(ctx, l.a.topic, of, atEnd)
	if err != nil {
		return err
	}
	switch start, end := starts[a.partition], ends[a.partition]; {
	case start > a.Next:
		l.reset(a, start, errDeleted)
	case end < a.Next:
		l.reset(a, end, errTruncated)
	case a.Written >= 0 && a.Told:
		l.diverged(a, -1, a.Next) // the leader knows nothing of epochs
	case a.Written >= 0:
		l.reset(a, a.Next, errHistory)
	default:
		return fmt.Errorf("partition %d, offset %d: %w", a.partition, a.Next, errAhead)
	}
	return nil
}
