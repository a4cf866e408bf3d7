// A connection that says whether anything has come by it that is not captured yet.

package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// conn is a connection of a caller's. Package net/http reads it and tells what it does with it (http.Server.ConnState).
type conn struct {
	net.Conn
	raw syscall.RawConn

	mu       sync.Mutex
	reading  bool           // its reader waits for more: all that was read before was looked at
	state    http.ConnState // new and idle: nothing of a request has been looked at, or not all of its headers
	captured bool           // the request that is being handled has been captured, or is none
	partial  time.Time      // when the first byte came of what is not captured; zero where there is none
	behind   bool           // something came behind the request that is being handled
	changed  chan struct{}  // closed, and made anew, whenever one of these changes
}

func newConn(c net.Conn) (*conn, error) {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil, errors.New("the connection is not a socket")
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, raw: raw, changed: make(chan struct{})}, nil
}

// Read says that it waits until there is something to read, and takes it only when it has said that it does not wait
// any more. So whoever finds it waiting, and nothing to be read, knows that all which has come was taken before.
func (c *conn) Read(b []byte) (int, error) {
	c.change(func() { c.reading = true })
	came := nothing
	err := c.raw.Read(func(fd uintptr) bool {
		came = pending(fd)
		return came != nothing
	})
	c.change(func() {
		c.reading = false
		switch {
		case err != nil, came != data:
		case c.captured:
			c.behind = true
		case c.partial.IsZero():
			c.partial = time.Now()
		}
	})
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// turn says in which state the connection is. It returns since when there is something that never became a request.
func (c *conn) turn(to http.ConnState) (unread time.Time) {
	c.change(func() {
		if to == http.StateIdle && c.behind {
			c.partial = time.Now()
		}
		if to == http.StateClosed {
			unread = c.partial
		}
		c.state, c.captured, c.behind = to, false, false
	})
	return unread
}

// settle says that the request which is being handled has been captured, or is none.
func (c *conn) settle() {
	c.change(func() {
		if !c.captured {
			c.captured, c.partial = true, time.Time{}
		}
	})
}

func (c *conn) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	close(c.changed)
	c.changed = make(chan struct{})
}

var (
	errReceiving = errors.New("a call is being received")
	errBehind    = errors.New("something was sent behind a call that has no answer yet, on the same connection (HTTP " +
		"pipelining): it is read once that is answered")
)

// quiet returns nil once nothing has come by the connection that is not captured. Its error says what has, when ctx
// ends before that.
func (c *conn) quiet(ctx context.Context) error {
	for {
		changed, err := c.settled()
		if err == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return err
		}
	}
}

// settled returns nil where nothing has come that is not captured, and when to ask again.
func (c *conn) settled() (changed <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == http.StateClosed, c.state == http.StateHijacked:
	case c.state == http.StateActive && !c.captured:
		err = errReceiving
	case c.state == http.StateActive && (c.behind || c.holds() == data):
		err = errBehind
	case c.state != http.StateActive && (!c.reading || c.holds() != nothing):
		err = errReceiving
	}
	return c.changed, err
}

// holds says what there is to be read.
func (c *conn) holds() arrival {
	came := end
	if err := c.raw.Control(func(fd uintptr) { came = pending(fd) }); err != nil {
		return end // closed
	}
	return came
}

// arrival is what there is to be read at a socket.
type arrival int

const (
	nothing arrival = iota
	data
	end // the connection is over, or broken: whoever reads is told
)

// pending looks without taking.
func pending(fd uintptr) arrival {
	var b [1]byte
	for {
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EWOULDBLOCK):
			return nothing
		case err == nil && n > 0:
			return data
		default:
			return end
		}
	}
}
