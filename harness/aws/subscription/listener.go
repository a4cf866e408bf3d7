// Capturing what comes into a queue of the run's own.

package subscription

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/span"
)

// DefaultBound is how long after its canary an earlier event may still come, where an address says nothing.
const DefaultBound = 2 * time.Second

// finishWithin is how long a Close waits for the last canary.
const finishWithin = 2 * time.Second

// Feed is a queue, and what comes into it.
type Feed struct {
	Client Client
	Queue  string // its URL
	// Read returns the event that a message is, without the time of its receipt, and the id of the canary that it is, or
	// "".
	Read func(m types.Message) (e event.Event, canary string, err error)
	// Canary sends a canary with that id so that it comes into the queue. Nil where Mute says why there can be none.
	Canary func(ctx context.Context, id string) error
	Mute   error
	// Bound is how long after a canary an earlier event may still come.
	Bound time.Duration
	// Outlives says that the queue is there before the listener and after it. What is received at the end must not be
	// taken along, and a canary goes straight into the queue: one that does not come back was taken by somebody else.
	Outlives bool
	// Remove undoes what was made for the listener. It is called once, by Close, or by a Listen that fails.
	Remove func(ctx context.Context) error
}

// Listener captures the events of a Feed.
type Listener struct {
	feed     Feed
	sink     harness.Sink
	receiver *Receiver
	syncs    *poll.Shared
	close    func() error

	mu       sync.Mutex
	since    time.Time // when it was live; before, events are not captured
	seen     map[string]struct{}
	proof    proof
	canaries canaries
	last     string // the canary with which the receiving ends
}

// proof says that all events with a stamp before at were to be captured by now.
type proof struct {
	at   time.Time
	sent time.Time // when its canary was sent, by the runner's clock
}

// Listen returns a listener that is live as far as can be known: canaries have come one after the other, or, where
// there can be none, the bound has passed since the queue was fed. ctx bounds the opening only.
func Listen(ctx context.Context, f Feed, s harness.Sink) (*Listener, error) {
	l := &Listener{feed: f, sink: s, seen: make(map[string]struct{}), canaries: canaries{all: f.Outlives}}
	l.syncs = poll.NewShared(l.prove)
	l.receiver = Receive(f.Client, f.Queue, l)
	l.close = sync.OnceValue(func() error {
		l.syncs.Close()
		if f.Outlives {
			l.finish()
		}
		l.receiver.Close()
		removing, done := account.Removing(context.Background())
		defer done()
		return f.Remove(removing)
	})
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Listener) open(ctx context.Context) error {
	if l.feed.Canary == nil {
		if err := poll.Pause(ctx, l.feed.Bound); err != nil {
			return err
		}
	} else if err := l.sync(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Now()
	return nil
}

// Sync returns nil once a canary has come and the bound has passed.
func (l *Listener) Sync(ctx context.Context) error {
	if l.feed.Canary == nil {
		return l.feed.Mute
	}
	return l.sync(ctx)
}

// sync is a Sync that others share.
func (l *Listener) sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case errors.Is(err, poll.ErrClosed):
		return harness.ErrClosed
	case err != nil && ctx.Err() != nil && l.receiver.Err() != nil:
		return fmt.Errorf("%w; the queue of the run's own: %w", err, l.receiver.Err())
	case err != nil && ctx.Err() != nil && l.overtaken():
		return fmt.Errorf("%w: %w", err, errTaken)
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("the way of a canary and the bound of %s took longer than there was: %w", span.Format(l.feed.Bound),
			err)
	default:
		return err
	}
}

// Bound returns how long after its canary an earlier event may still come.
func (l *Listener) Bound() time.Duration { return l.feed.Bound }

// Close ends the receiving, and returns once nothing is captured any more and what was made for the listener is
// removed.
func (l *Listener) Close() error { return l.close() }

// finish has the request in progress answered, by a last canary, and returns once nothing is received any more. A
// request that is cut short may have received messages all the same, which would be missing to whoever reads the queue
// next.
func (l *Listener) finish() {
	ctx, done := context.WithTimeout(context.Background(), finishWithin)
	defer done()
	id := rand.Text()
	l.mu.Lock()
	l.last = id
	l.mu.Unlock()
	if l.feed.Canary(ctx, id) != nil {
		return // the queue is gone, or cannot be reached
	}
	select {
	case <-l.receiver.Done():
	case <-ctx.Done():
	}
}

// Take captures the event that a message is.
func (l *Listener) Take(m types.Message, seen time.Time) {
	e, canary, err := l.feed.Read(m)
	e.Seen = seen
	if err != nil {
		l.mu.Lock()
		since := l.since
		l.mu.Unlock()
		if !since.IsZero() {
			l.sink.Gap(since, seen, err)
		}
		return
	}
	wanted, broken := l.note(e, canary)
	if !wanted {
		return
	}
	if !broken.IsZero() {
		l.sink.Gap(broken, seen, fmt.Errorf("%s appeared before a canary and came later than the bound of %s after it: "+
			"raise bound=",
			e.ID, span.Format(l.feed.Bound)))
	}
	l.sink.Capture(e)
}

// note says whether the sink is to hear of an event and, where it breaks the bound, since when others may have been
// missed.
func (l *Listener) note(e event.Event, canary string) (wanted bool, broken time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if canary != "" {
		if canary == l.last {
			l.receiver.Finish()
		}
		l.canaries.came(canary, e)
		return false, time.Time{}
	}
	_, known := l.seen[e.ID]
	l.seen[e.ID] = struct{}{}
	if !known && !e.Stamp.IsZero() && e.Stamp.Add(e.Resolution).Before(l.proof.at) {
		broken = l.proof.sent
	}
	return !l.since.IsZero(), broken
}

// Gap tells of messages that may come late only.
func (l *Listener) Gap(from, to time.Time, cause error) {
	l.mu.Lock()
	live := !l.since.IsZero()
	l.canaries.excuse(to)
	l.mu.Unlock()
	if live {
		l.sink.Gap(from, to, fmt.Errorf("the queue of the run's own: %w", cause))
	}
}
