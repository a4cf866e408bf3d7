// Whether a stream is still the one that was read: it may have been made anew, or restored to an earlier state, and
// gives sequences then that were read before.

package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

var (
	errAnother = errors.New("the stream was made anew, or restored to an earlier state")
	errUnknown = errors.New("the last message that was read is not in the stream any more, so that nobody can tell " +
		"whether it was restored to an earlier state")
)

// identity is what a stream is known by.
type identity struct {
	number  int // counts the streams that the listener has read
	created time.Time
	last    storedMessage // the last that is known to have been there
}

func identify(info *jetstream.StreamInfo) identity {
	return identity{created: info.Created, last: storedMessage{Sequence: info.State.LastSeq, Time: info.State.LastTime}}
}

// of returns the identity of a message. Another stream of the name has the same sequences, for other messages.
func (known identity) of(meta *jetstream.MsgMetadata) string {
	if known.number == 0 {
		return identityOf(meta.Stream, meta.Sequence.Stream)
	}
	return identityOf(fmt.Sprintf("%s#%d", meta.Stream, known.number), meta.Sequence.Stream)
}

// identity returns what the stream is known by, up to where it was read, and by which consumer.
func (l *streamListener) identity() (known identity, through uint64, consumer int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known, l.through, l.consumer
}

// another holds if info, asked for afterwards, can only be of another stream than the one that is known and was read.
func (known identity) another(through uint64, info *jetstream.StreamInfo) bool {
	return !info.Created.Equal(known.created) || info.State.LastSeq < through
}

// recognise looks, before a consumer goes on where the one of that name was, whether the stream is still the same. Of
// another one nothing was read, and what it stores from now on will be.
func (l *streamListener) recognise(ctx context.Context, consumer string) error {
	begun := time.Now()
	known, through, _ := l.identity()
	info, err := l.info(ctx)
	if err != nil {
		return err
	}
	cause := errAnother
	if !known.another(through, info) {
		if cause, err = l.changed(ctx, known.last, consumer); cause == nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate.Gap(l.proved, time.Now(), fmt.Errorf("stream %s: %w", l.name, cause))
	l.proved = begun
	if errors.Is(cause, errAnother) {
		l.known = identify(info)
		l.known.number = known.number + 1
		l.consumer++
		l.through, l.passed = info.State.LastSeq, nil
		l.wake()
	}
	return nil
}

// changed says, where nothing else does, whether the last message that was read is still what it was. Where it is gone,
// the consumer that was there tells: a stream that is restored has none, unless they were stored with it.
func (l *streamListener) changed(ctx context.Context, last storedMessage, consumer string) (cause, err error) {
	if last.Sequence == 0 {
		return nil, nil
	}
	now, err := askLeader(ctx, l.conn.Conn, l.name, lookup{Sequence: last.Sequence})
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound) && consumer == "":
		return errUnknown, nil
	case errors.Is(err, jetstream.ErrMsgNotFound):
		err = insist(ctx, func(ctx context.Context) error {
			_, err := l.stream.Consumer(ctx, consumer)
			return err
		})
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return errUnknown, nil
		}
		return nil, err
	case err != nil:
		return nil, err
	case !now.Time.Equal(last.Time):
		return errAnother, nil
	}
	return nil, nil
}
