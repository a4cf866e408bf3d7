// How a listener proves that it has captured all that there was.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

// inSyncSetting is how many replicas must have what was written before consumers see it.
const inSyncSetting = "min.insync.replicas"

// Sync returns nil once everything that consumers could see before the call was captured or is in a reported gap.
func (l *listener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed) || l.life.Err() != nil:
		return harness.ErrClosed
	case ctx.Err() != nil:
		if why := l.why(); why != nil {
			return fmt.Errorf("%w; %w", err, why)
		}
	}
	return err
}

// prove is one Sync: it is tried again for as long as somebody waits.
func (l *listener) prove(ctx context.Context) error {
	l.note(nil)
	return poll.Until(ctx, func(ctx context.Context) error {
		err := l.proveOnce(ctx)
		if ctx.Err() == nil {
			l.note(err)
		}
		if errors.Is(err, harness.ErrMisconfigured) {
			return poll.Permanent(err)
		}
		return err
	})
}

func (l *listener) note(because error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.because = because
}

func (l *listener) proveOnce(ctx context.Context) error {
	began := time.Now()
	v, err := l.client.everywhere(ctx, l.a.topic)
	if err != nil {
		return err
	}
	if err := l.adopt(v); err != nil {
		return err
	}
	read := l.known()
	if len(v.topics) == 0 || read.of == nil {
		return l.proveNone(began)
	}
	if err := l.visible(ctx, read.leaders); err != nil {
		return err
	}
	ends, err := l.client.offsets(ctx, l.a.topic, read.leaders, atEnd)
	if err != nil {
		return err
	}
	starts, err := l.client.offsets(ctx, l.a.topic, read.leaders, atStart)
	if err != nil {
		return err
	}
	if err := l.expect(read, starts, ends); err != nil {
		return err
	}
	if err := l.reach(ctx, read.of, ends); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proved = began
	return nil
}

// proveNone is the proof where no broker knows the topic: nothing can be there.
func (l *listener) proveNone(began time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave(errGone)
	if !l.a.later {
		return fmt.Errorf("topic %s: %w", l.a.topic, errGone)
	}
	l.proved = began
	return nil
}

// reading is how far a listener is at a time.
type reading struct {
	of      *topic
	leaders map[int32]leadership
	next    map[int32]int64
}

func (l *listener) known() reading {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := reading{of: l.topic, leaders: make(map[int32]leadership), next: make(map[int32]int64)}
	if l.topic != nil {
		for n, p := range l.topic.partitions {
			r.leaders[n], r.next[n] = p.leadership, p.Next
		}
	}
	return r
}

// visible returns nil where all that was acknowledged can be seen. While too few replicas are in sync, what a producer
// was acknowledged by the leader alone is seen by nobody, and the end does not move.
func (l *listener) visible(ctx context.Context, leaders map[int32]leadership) error {
	least, told, err := l.client.setting(ctx, l.a.topic, inSyncSetting)
	if err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(leaders)) {
		p := leaders[n]
		need := min(least, p.replicas)
		if !told {
			need = p.replicas
		}
		if p.inSync >= need {
			continue
		}
		err := fmt.Errorf("partition %d has %d replicas in sync and needs %d (%s), so that what was acknowledged may not be "+
			"visible yet", n, p.inSync, need, inSyncSetting)
		if !told {
			err = fmt.Errorf("%w; DESCRIBE_CONFIGS on topic %s would tell how many it needs", err, l.a.topic)
		}
		return err
	}
	return nil
}

// expect takes in where the partitions begin and end. A beginning that is behind what is read next is a gap, and so is
// an end that is before what had been read when it was asked for. It is gone on there.
func (l *listener) expect(had reading, starts, ends map[int32]int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.topic != had.of {
		return errAnother
	}
	for n, end := range ends {
		p := had.of.partitions[n]
		switch {
		case starts[n] > p.Next:
			l.restart(n, p, starts[n], errDeleted)
		case end < had.next[n]:
			l.restart(n, p, end, errTruncated)
		}
	}
	l.ends = ends
	l.wake()
	return nil
}

// reach waits until each partition was captured up to where it ended.
func (l *listener) reach(ctx context.Context, of *topic, ends map[int32]int64) error {
	for {
		l.mu.Lock()
		done, err := l.through(of, ends)
		moved := l.moved
		l.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// through says, with the lock held, whether all was captured up to the ends, or why it never will be.
func (l *listener) through(of *topic, ends map[int32]int64) (bool, error) {
	if l.topic != of {
		return false, errAnother
	}
	done := true
	for n, end := range ends {
		p := of.partitions[n]
		if errors.Is(p.trouble, harness.ErrMisconfigured) {
			return false, p.trouble
		}
		done = done && p.fetched && p.Next >= end
	}
	return done, nil
}

// why returns what the last proof is waiting for.
func (l *listener) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.because != nil {
		return l.because
	}
	if l.topic == nil {
		return nil
	}
	for _, n := range slices.Sorted(maps.Keys(l.ends)) {
		p, ok := l.topic.partitions[n]
		switch end := l.ends[n]; {
		case !ok || p.fetched && p.Next >= end:
			continue
		case p.trouble != nil:
			return p.trouble
		case !p.fetched:
			return fmt.Errorf("partition %d: broker %d, which leads it, has not answered yet", n, p.leader)
		case p.fetched && p.stable < end && p.Next >= p.stable:
			return fmt.Errorf("partition %d: a transaction is open since offset %d and hides all up to %d, whoever wrote it",
				n, p.stable, end)
		default:
			return fmt.Errorf("partition %d: captured up to offset %d of %d", n, p.Next, end)
		}
	}
	return nil
}
