// Listening: the server, from the port that it finds to the last connection that is closed.

package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http logs what is wrong with a call, unless it is given where: nowhere
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/harness"
)

const (
	// headersWithin is how long the headers of a request may take from their first byte on.
	headersWithin = 10 * time.Second
	// idleWithin is how long a connection is kept for the caller's next request.
	idleWithin = 2 * time.Minute
	// mostHeaders bounds the headers of a request, in bytes.
	mostHeaders = 1_000_000
	// mostConnections is how many there may be at once: each request that waits for its answer holds one.
	mostConnections = 4000
)

// listener is a server that captures what it is sent.
type listener struct {
	address
	sink    harness.Sink
	socket  net.Listener
	server  *http.Server
	replies replies
	probes  probes

	ending  context.Context // of all requests
	end     context.CancelFunc
	running sync.WaitGroup // the server and its connections

	taking sync.RWMutex // held while something is captured; to be closed it is locked
	closed bool

	mu    sync.Mutex
	conns map[*conn]struct{}
}

func listen(ctx context.Context, a address, s harness.Sink) (*listener, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(a.host, a.port))
	if err != nil {
		return nil, notOpened(a, err)
	}
	l := &listener{address: a, sink: s, socket: socket, conns: make(map[*conn]struct{})}
	l.ending, l.end = context.WithCancel(context.Background())
	l.server = &http.Server{
		Handler:                      l,
		ReadHeaderTimeout:            headersWithin,
		IdleTimeout:                  idleWithin,
		MaxHeaderBytes:               mostHeaders,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(io.Discard, "", 0), // what is wrong with a call is an answer, or a gap
		BaseContext:                  func(net.Listener) context.Context { return l.ending },
		ConnContext:                  withConn,
		ConnState:                    l.turn,
	}
	l.running.Go(func() { _ = l.server.Serve(door{socket, l}) }) // the error of a server that is closed
	return l, nil
}

// notOpened says what to do where there can be no listener.
func notOpened(a address, err error) error {
	var resolve *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return harness.Misconfigured(fmt.Errorf("the port is in use: end what listens there, write the port 0 for one that is free, "+
			"or let one channel take all paths of it: %w", err))
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &resolve) && resolve.IsNotFound:
		return harness.Misconfigured(fmt.Errorf("%s is no host of this machine (write 127.0.0.1, or 0.0.0.0 for all of its "+
			"addresses, and as=HOST for the name by which the system reaches it): %w", a.host, err))
	case errors.Is(err, syscall.EACCES):
		return harness.Misconfigured(fmt.Errorf("the port is not to be had without more rights (write one from 1024 on, or 0 for one "+
			"that is free): %w", err))
	}
	return err
}

// Reached returns what the system is to call.
func (l *listener) Reached() string {
	port := 0
	if at, ok := l.socket.Addr().(*net.TCPAddr); ok {
		port = at.Port
	}
	return l.reachedAt(port)
}

// Close ends the server, and with it all requests that wait for an answer.
func (l *listener) Close() error {
	l.taking.Lock()
	again := l.closed
	l.closed = true
	l.taking.Unlock()
	l.end()
	err := l.server.Close()
	l.mu.Lock()
	for c := range l.conns { // one that was accepted a moment ago is not known to the server yet
		c.Conn.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
	if again {
		return nil
	}
	return err
}

// whileOpen has something captured, unless the listener is closed.
func (l *listener) whileOpen(capture func()) {
	l.taking.RLock()
	defer l.taking.RUnlock()
	if !l.closed {
		capture()
	}
}

// missed tells that something came since then that was not captured.
func (l *listener) missed(since time.Time, cause error) {
	l.whileOpen(func() { l.sink.Gap(since, time.Now(), cause) })
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection of a request. The door makes no others.
func connOf(ctx context.Context) *conn { return ctx.Value(connKey{}).(*conn) } //nolint:errcheck // as is said

// turn follows a connection.
func (l *listener) turn(c net.Conn, to http.ConnState) {
	own, ok := c.(*conn)
	if !ok {
		return
	}
	unread := own.turn(to)
	if to != http.StateClosed {
		return
	}
	if !unread.IsZero() {
		l.missed(unread, fmt.Errorf("something came from %s that was no request of HTTP/1.1, or had headers of more than %d bytes, "+
			"or broke off, or stood behind a call that got no answer (TLS, where the system calls https://?)", c.RemoteAddr(),
			mostHeaders))
	}
	l.leave(own)
}

func (l *listener) leave(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	l.running.Done()
}

// enter takes in a connection, unless there are too many or the listener is closed.
func (l *listener) enter(c *conn) error {
	l.taking.RLock()
	defer l.taking.RUnlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return harness.ErrClosed
	case len(l.conns) >= mostConnections:
		return fmt.Errorf("more than %d calls were under way at once: one was answered with 503", mostConnections)
	}
	l.conns[c] = struct{}{}
	l.running.Add(1)
	return nil
}

// present returns the connections that there are.
func (l *listener) present() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		all = append(all, c)
	}
	return all
}

// door hands the server what comes in, and keeps from it what is the listener's own.
type door struct {
	net.Listener
	*listener
}

// Accept returns the next connection of a caller's.
func (d door) Accept() (net.Conn, error) {
	for {
		came, err := d.socket.Accept()
		if err != nil {
			return nil, err
		}
		if d.probes.came(came, d.present) {
			continue
		}
		c, err := newConn(came)
		if err == nil {
			err = d.enter(c)
		}
		if err == nil {
			return c, nil
		}
		d.turnAway(came, err)
	}
}

// Close closes the socket.
func (d door) Close() error { return d.socket.Close() }

// Addr returns where it listens.
func (d door) Addr() net.Addr { return d.socket.Addr() }

// turnAway answers a call that cannot be taken in, and tells of it.
func (d door) turnAway(c net.Conn, why error) {
	now := time.Now()
	if !errors.Is(why, harness.ErrClosed) {
		_ = c.SetWriteDeadline(now.Add(time.Second)) // the connection is closed either way
		_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		d.missed(now, why)
	}
	c.Close()
}
