// The listener: its beginning, its end, and what it proves.

package shards

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/span"
)

// Settings say how a stream is listened to.
type Settings struct {
	Name    string        // of the stream, for errors: "kinesis orders"
	Bound   time.Duration // how long after it was accepted a record can be read at the latest
	Hurried bool          // the stream is read as often as anybody wants, since nobody else reads it: an emulator
	Tacit   bool          // the service does not tell whether a page was the last one

	Identity  string        // tells the stream from one of the same name that was there before
	Retention time.Duration // how long records are kept; 0 where it is not known
	// Canary sends a canary into a shard, and returns the shard that it came into. Nil: none may be sent.
	Canary func(ctx context.Context, shard string, e event.Event) (into string, err error)
	// Release is called once by Close, after the last read.
	Release func() error
}

// Listener captures the records of a stream. It is a harness.Listener, a harness.Waiter, harness.Bounded and
// harness.Positioned.
type Listener struct {
	settings Settings
	reader   *reader
	poller   *poll.Poller
	syncs    *poll.Shared
	close    func() error
}

// Listen returns a live listener, which goes on at the position that ctx has, if it has one. ctx bounds the opening
// only. If there is an error, Release was not called.
func Listen(ctx context.Context, stream Stream, settings Settings, s harness.Sink) (*Listener, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	l := &Listener{settings: settings, reader: newReader(stream, settings.Tacit, s)}
	l.reader.bound = settings.Bound
	if at, goesOn := harness.PositionOf(ctx); goesOn {
		if err := l.reader.goOn(at, settings.Identity, settings.Retention); err != nil {
			return nil, err
		}
	}
	if !settings.Hurried {
		l.reader.pace = newPace()
	}
	l.poller = poll.New(l.reader.look)
	l.syncs = poll.NewShared(l.prove)
	l.close = sync.OnceValue(func() error {
		l.stop()
		return settings.Release()
	})
	if err := l.open(ctx); err != nil {
		l.stop()
		return nil, err
	}
	l.reader.begin()
	return l, nil
}

// open finds the ends of all shards, and has canaries come back if they may be sent.
func (l *Listener) open(ctx context.Context) error {
	if err := l.catchUp(ctx); err != nil || l.settings.Canary == nil {
		return err
	}
	return l.sendCanaries(ctx)
}

func (l *Listener) stop() {
	l.syncs.Close()
	l.poller.Close()
}

// Await makes the reads as frequent as someone who waits needs them, as far as the shards' other readers leave room.
func (l *Listener) Await(w harness.Wait) (release func()) { return l.poller.Await(w.Until) }

// Bound returns how long after it was accepted a record may still come, or after the canaries where some are sent.
func (l *Listener) Bound() time.Duration { return l.settings.Bound }

// Close ends the reads and returns once nothing is captured any more.
func (l *Listener) Close() error { return l.close() }

// Sync returns nil once canaries came back from every shard, if they may be sent, the bound has passed, and all shards
// were read until there was nothing more.
func (l *Listener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	case ctx.Err() != nil:
		err = fmt.Errorf("the bound of %s and the reads after it took longer than there was: %w",
			span.Format(l.settings.Bound), err)
		if last := l.poller.Err(); last != nil {
			err = fmt.Errorf("%w; last error: %w", err, last)
		}
	}
	return fmt.Errorf("%s: %w", l.settings.Name, err)
}

// prove is a Sync that is on its own.
func (l *Listener) prove(ctx context.Context) error {
	if l.settings.Canary != nil {
		if err := l.sendCanaries(ctx); err != nil {
			return err
		}
	}
	if err := poll.Pause(ctx, l.settings.Bound); err != nil {
		return err
	}
	return l.catchUp(ctx)
}

// catchUp returns nil once every shard was read, by reads that began after the call, until there was nothing more. The
// shards are those that there are after the call.
func (l *Listener) catchUp(ctx context.Context) error {
	l.reader.ask()
	return poll.Until(ctx, func(ctx context.Context) error {
		err := l.poller.Look(ctx)
		if final(err) {
			return poll.Permanent(err)
		}
		return err
	})
}

// final holds for the error of a look that the next one would have again.
func final(err error) bool { return err != nil && !errors.Is(err, errBehind) && !account.Passes(err) }

var errOnItsWay = errors.New("a canary was not read yet")

// sendCanaries returns nil once a canary was read from every open shard, and tells the sink of each.
func (l *Listener) sendCanaries(ctx context.Context) error {
	return poll.Until(ctx, func(ctx context.Context) error {
		moved, err := l.canaries(ctx)
		switch {
		case err != nil:
			return poll.Permanent(fmt.Errorf("canary: %w", err))
		case moved != nil: // the shards are others than they were
			l.reader.list()
			return errors.Join(moved, l.poller.Look(ctx))
		}
		return nil
	})
}

// canaries sends a canary into each open shard and waits for it. moved says that one came into another shard than it
// was sent to, so that nothing is known of the latter.
func (l *Listener) canaries(ctx context.Context) (moved, err error) {
	sent := make(map[string]time.Time)
	defer func() { l.reader.forget(sent) }()
	for _, shard := range l.reader.open() {
		id := rand.Text()
		sent[id] = time.Now()
		l.reader.expect(id)
		into, err := l.settings.Canary(ctx, shard, harness.Canary(id))
		switch {
		case err != nil:
			return nil, err
		case into != shard:
			return fmt.Errorf("a canary for shard %s came into %s", shard, into), nil
		}
	}
	err = poll.Until(ctx, func(ctx context.Context) error {
		if err := l.poller.Look(ctx); final(err) {
			return poll.Permanent(err)
		}
		if !l.reader.returned(sent) {
			return errOnItsWay
		}
		return nil
	})
	return nil, err
}
