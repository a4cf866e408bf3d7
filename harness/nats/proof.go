// How a listener of a stream proves that it has captured all that there was, and tells what was discarded unread.

package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

var errDiscarded = errors.New("the stream discarded messages before they were read")

// prove is one Sync. Where the stream turns out to be another one than was read, it is of that one.
func (l *streamListener) prove(ctx context.Context) error {
	for {
		known, through, consumer := l.identity()
		err := l.proveOf(ctx, known, through)
		if !errors.Is(err, errAnother) {
			return err
		}
		// Whoever replaces the consumer looks again: a leader that is new may not have had all yet.
		l.replace()
		if err := l.until(ctx, func() bool { return l.consumer != consumer }); err != nil {
			return fmt.Errorf("%w: %w", errAnother, err)
		}
	}
}

// proveOf is a proof of the stream that is known: it waits for the last message that there is, and then asks whether
// any could have been discarded before it was read. Its error is errAnother where the stream is not the one that is
// known.
func (l *streamListener) proveOf(ctx context.Context, known identity, through uint64) error {
	begun := time.Now()
	ctx, done := l.conn.whileUp(ctx)
	defer done()
	info, err := l.info(ctx)
	if err != nil {
		return err
	}
	if l.stamped {
		l.gate.clock(info.TimeStamp, begun) // of the server that stamps what is stored
	}
	if known.another(through, info) {
		return errAnother
	}
	last, err := askLeader(ctx, l.conn.Conn, l.name, lookup{LastOf: l.subject})
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return err
	}
	if err := l.reach(ctx, known, last.Sequence); err != nil {
		return err
	}
	passed := l.passOver(info)
	lost, err := l.lost(ctx, passed)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.known.number != known.number:
		return errAnother
	case err != nil:
		l.passed = append(passed, l.passed...) // left to the next proof
		return err
	case lost:
		l.gate.Gap(l.proved, time.Now(), errDiscarded)
	}
	l.proved = begun
	return nil
}

func (l *streamListener) info(ctx context.Context, more ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	if !l.conn.IsConnected() {
		return nil, errDown
	}
	return infoOf(ctx, l.conn, l.stream, more...)
}

// reach waits until sequence was captured.
func (l *streamListener) reach(ctx context.Context, known identity, sequence uint64) error {
	err := l.until(ctx, func() bool { return l.through >= sequence || l.known.number != known.number })
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		return fmt.Errorf("captured up to %d of %d: %w", l.through, sequence, err)
	}
	return nil
}

// until waits for what is looked at with the lock held.
func (l *streamListener) until(ctx context.Context, done func() bool) error {
	for {
		l.mu.Lock()
		yes, moved := done(), l.moved
		l.mu.Unlock()
		if yes {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// passOver returns what was passed over since the last proof, now that every message up to the end that info tells of
// was read that still could be.
func (l *streamListener) passOver(info *jetstream.StreamInfo) spans {
	l.mu.Lock()
	defer l.mu.Unlock()
	if end := info.State.LastSeq; end >= l.through {
		cut := l.cut()
		if end > l.through && (l.whole || l.waiting || cut) {
			l.passed = l.passed.add(l.through+1, end)
		}
		l.waiting = cut
		if info.Config.Mirror == nil { // whose last sequence may be that of a message that was filtered out
			l.known.last = storedMessage{Sequence: end, Time: info.State.LastTime}
		}
		l.advance(end)
	}
	passed := l.passed
	l.passed = nil
	return passed
}

// lost says whether something of the subject may have been discarded among the sequences that were passed over.
func (l *streamListener) lost(ctx context.Context, passed spans) (bool, error) {
	if len(passed) == 0 || l.whole {
		return len(passed) > 0, nil
	}
	info, err := l.info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return false, err
	}
	gone := passed.gone(info.State)
	if m := info.Config.Mirror; len(gone) > 0 && m != nil && m.External == nil && m.Domain == "" {
		// What the origin still has was filtered out on the way. Both count alike.
		of, err := streamOf(ctx, l.js, m.Name)
		if err != nil {
			return false, err
		}
		if info, err = infoOf(ctx, l.conn, of, jetstream.WithDeletedDetails(true)); err != nil {
			return false, err
		}
		gone = gone.gone(info.State)
	}
	return len(gone) > 0, nil
}
