// A connection that is opened under a context, comes back by itself, and can be asked whether it is alive.

package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/internal/disk"
)

const (
	dialWithin   = 3 * time.Second        // one attempt to connect, handshake included
	answerWithin = 10 * time.Second       // one answer of a server, where the caller's context says nothing
	retryEvery   = 200 * time.Millisecond // after a lost connection, for as long as it is not closed
	retryJitter  = 50 * time.Millisecond
	pingEvery    = 2 * time.Second // a connection that is dead without saying so is given up after three
)

var (
	errDown        = errors.New("the connection is down")
	errInterrupted = errors.New("the connection was lost and made again")
)

// link is a connection that says when it is lost.
type link struct {
	*nats.Conn

	out     atomic.Pointer[outlet]
	leaving sync.Mutex // one large event at a time

	mu   sync.Mutex
	up   context.Context // until the connection is lost
	lose context.CancelCauseFunc
}

// credentials returns an error where they cannot be read: nats.go would wait for whoever writes into a pipe.
func credentials(file string) error {
	f, err := disk.Open(file)
	if err != nil {
		return err
	}
	return f.Close()
}

// connect returns a live connection. ctx bounds the opening only.
func connect(ctx context.Context, a address, more ...nats.Option) (*link, error) {
	l := &link{}
	l.up, l.lose = context.WithCancelCause(context.Background())
	d := &dialer{opening: ctx, dialled: l.out.Store}
	options := []nats.Option{
		nats.Name("harken"),
		nats.SetCustomDialer(d),
		nats.SkipHostLookup(), // the dialer looks hosts up itself, under the context
		nats.Timeout(dialWithin),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(retryEvery),
		nats.ReconnectJitter(retryJitter, retryJitter),
		nats.PingInterval(pingEvery),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { l.lost() }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // or nats.go prints to standard error
	}
	if a.tls {
		options = append(options, nats.Secure())
	}
	if a.creds != "" {
		if err := credentials(a.creds); err != nil {
			return nil, err
		}
		options = append(options, nats.UserCredentials(a.creds))
	}
	if password, ok := a.user.Password(); ok {
		options = append(options, nats.UserInfo(a.user.Username(), password))
	} else if a.user != nil {
		options = append(options, nats.Token(a.user.Username()))
	}
	conn, err := nats.Connect(a.server, append(options, more...)...)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, nats.ErrNoServers) && d.failed != nil:
		err = d.failed // which says what it was
	}
	if !d.opened() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if conn != nil {
			conn.Close()
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	l.Conn = conn
	return l, nil
}

func (l *link) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose(errInterrupted)
	l.up, l.lose = context.WithCancelCause(context.Background())
}

// whileUp returns a context that ends with ctx, or as soon as the connection is lost: what was asked is not answered
// then. nats.go tells of a loss a moment late, so a connection made right after one may be given up with it.
func (l *link) whileUp(ctx context.Context) (context.Context, context.CancelFunc) {
	l.mu.Lock()
	up := l.up
	l.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(up, func() { cancel(errInterrupted) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// dialer ties the first connection to the context of the opening, which nats.Connect does not take.
type dialer struct {
	opening context.Context // nil once opened
	dialled func(o *outlet)
	release func() bool
	failed  error
}

// Dial is called by nats.go, one call at a time.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	ctx := d.opening
	if ctx == nil {
		ctx = context.Background()
	}
	conn, err := (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, network, address)
	if d.opening != nil {
		d.failed = err
	}
	if err != nil {
		return nil, err
	}
	if d.opening != nil {
		d.release = context.AfterFunc(ctx, func() { conn.Close() })
	}
	o := &outlet{Conn: conn}
	d.dialled(o)
	return o, nil
}

// opened unties the connection from the opening, unless the context has closed it already.
func (d *dialer) opened() bool {
	d.opening = nil
	return d.release == nil || d.release()
}

// roundTrip returns nil once the server has answered to everything that was written before. The count tells which of
// the connections that were made one after the other it was proved for: it grows with each.
func roundTrip(ctx context.Context, conn *link) (count uint64, err error) {
	if !conn.IsConnected() {
		return 0, errDown
	}
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		ctx = limited
	}
	count = conn.Stats().Reconnects
	if err := conn.FlushWithContext(ctx); err != nil {
		return 0, fmt.Errorf("no answer of the server: %w", err)
	}
	if conn.Stats().Reconnects != count {
		return 0, errInterrupted
	}
	return count, denied(conn)
}

// denied returns what the server said where it did not allow the one thing that this connection is for. The server says
// so before it answers to a round trip.
func denied(conn *link) error {
	if err := conn.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		return err
	}
	return nil
}
