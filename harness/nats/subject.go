// Listening to a subject of core NATS, which forgets: whatever may have been missed has to be told.

package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

// What a subscription holds for a sink that is slow. Beyond it messages are dropped, which is a gap.
const (
	pendingMessages = 500_000
	pendingBytes    = 64 << 20
)

// subjectListener captures what a subscription of its own gets.
type subjectListener struct {
	conn  *link
	live  atomic.Bool // what comes before it is live may have been sent before it was asked for
	sub   *nats.Subscription
	all   *cluster
	gate  gate
	syncs *poll.Shared

	mu      sync.Mutex
	proved  time.Time // what had appeared by then was captured or told to be in a gap
	count   uint64    // of the connection for which proved holds
	dropped int       // of the subscription, told already
}

func listenSubject(ctx context.Context, a address, g gate) (harness.Listener, error) {
	l := &subjectListener{gate: g}
	l.syncs = poll.NewShared(l.prove)

	// A gap is told as soon as the connection is back, and not only when somebody asks. Once l is open, that is.
	opened := make(chan struct{})
	defer close(opened)
	tell := func() {
		<-opened
		ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
		defer cancel()
		_ = l.syncs.Do(ctx) // where it fails, the next reconnect or the next Sync tells
	}
	conn, err := connect(ctx, a,
		nats.ReconnectHandler(func(*nats.Conn) { tell() }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) { tell() }))
	if err != nil {
		l.syncs.Close()
		return nil, err
	}
	l.conn, l.all, l.proved = conn, newCluster(a, conn), time.Now()
	if a.bySubject {
		err := heardOnSubject(ctx, conn, a)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	if err := l.subscribe(ctx, a.subject); err != nil {
		return nil, errors.Join(fmt.Errorf("subscribe: %w", err), l.Close())
	}
	return l, nil
}

func (l *subjectListener) subscribe(ctx context.Context, subject string) error {
	var err error
	l.sub, err = l.conn.Subscribe(subject, func(m *nats.Msg) {
		if l.live.Load() && !delivered(m, subject) {
			l.gate.Capture(captured(m.Subject, m.Header, m.Data))
		}
	})
	if err != nil {
		return err
	}
	if err := l.sub.SetPendingLimits(pendingMessages, pendingBytes); err != nil {
		return err
	}
	if l.count, err = roundTrip(ctx, l.conn); err != nil {
		return err
	}
	if err := l.all.reach(ctx, l.count); err != nil {
		return err
	}
	l.all.told() // of what was sent before this listener was there
	return l.handedOver(ctx, func() { l.live.Store(true) })
}

// acks begins the reply subject of what JetStream delivers to a consumer.
const acks = "$JS.ACK."

// delivered says whether m is no message of its own, but a delivery of a stream to one of its consumers: a wildcard
// that takes the inboxes of consumers as well hears those, under the subject on which the message was published, and
// has heard it by then (findings/nats-wildcard-hears-deliveries.sh).
func delivered(m *nats.Msg, subject string) bool {
	return strings.HasPrefix(m.Reply, acks) && covers(subject, m.Subject)
}

// Sync returns nil once everything that had reached a server of the cluster before the call was captured or is in a
// reported gap.
func (l *subjectListener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	if err != nil && l.conn.IsClosed() {
		return harness.ErrClosed
	}
	return err
}

func (l *subjectListener) Close() error {
	l.gate.Close()
	l.syncs.Close()
	if l.all != nil {
		l.all.close()
	}
	l.conn.Close()
	return nil
}

// prove is one Sync. The server sends what it has for the subscription before it answers, so do the others of its
// cluster, and nats.go hands messages over in a goroutine of its own; so after the answers a mark goes through the
// queue of that goroutine.
func (l *subjectListener) prove(ctx context.Context) error {
	begun := time.Now()
	count, err := roundTrip(ctx, l.conn)
	if err != nil {
		return err
	}
	if err := l.all.reach(ctx, count); err != nil {
		return err
	}
	if err := l.handedOver(ctx, func() {}); err != nil {
		return err
	}
	return l.account(begun, count)
}

// handedOver calls then, and returns, once all that the connection has read was taken.
func (l *subjectListener) handedOver(ctx context.Context, then func()) error {
	handed := make(chan struct{})
	err := l.conn.Barrier(func() {
		then()
		close(handed)
	})
	if err != nil {
		return err
	}
	select {
	case <-handed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// account tells of what may have been missed since the last proof, and notes the one that began at begun.
func (l *subjectListener) account(begun time.Time, count uint64) error {
	dropped, err := l.sub.Dropped()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if count != l.count {
		l.gate.Gap(l.proved, time.Now(), errInterrupted)
	}
	if l.all.told() {
		l.gate.Gap(l.proved, time.Now(), errServers)
	}
	if n := dropped - l.dropped; n > 0 {
		l.gate.Gap(l.proved, time.Now(), fmt.Errorf("%d messages came faster than they could be taken", n))
	}
	l.proved, l.count, l.dropped = begun, count, dropped
	return nil
}
