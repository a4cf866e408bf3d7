// A connection that says whether anything has come by it that is not captured yet.

package webhook

import (
	"context"
	"errors"
	"io"
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
	first    time.Time      // when the first byte came of the request that is being handled, once it is captured
	behind   time.Time      // when something came behind that request; zero where nothing did
	cut      bool           // that request was not read whole, so that what comes is a part of it
	length   int64          // of its body, in bytes, as its headers say; -1 where they do not
	given    int64          // the bytes that Read has returned behind its headers
	blank    bool           // what Read returned ends within a line that is empty so far
	changed  chan struct{}  // closed when one of these changes; nil where nobody waits for that
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
	return &conn{Conn: c, raw: raw}, nil
}

// Read says that it waits until there is something to read, and takes it only when it has said that it does not wait
// any more. So whoever finds it waiting, and nothing to be read, knows that all which has come was taken before. It
// returns nothing from behind the headers of a request, or from behind its body, together with what stands before:
// net/http would keep it, where nobody sees it.
func (c *conn) Read(b []byte) (int, error) {
	c.change(func() { c.reading = true })
	came, n := nothing, 0
	err := c.raw.Read(func(fd uintptr) bool {
		came, n = pending(fd, b)
		return came != nothing
	})
	c.change(func() {
		c.reading = false
		if err != nil || came != data {
			return
		}
		n = c.share(b[:n])
		switch {
		case !c.captured && c.partial.IsZero():
			c.partial = time.Now()
		case c.captured && c.behind.IsZero() && !c.cut:
			c.behind = time.Now()
		}
	})
	switch {
	case err != nil:
		return 0, err
	case came != data:
		return c.Conn.Read(b)
	}
	n, err = io.ReadFull(c.Conn, b[:n]) // which is there
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given += int64(n)
	return n, err
}

// share returns how many bytes there are through the end of a body whose length is known, or else through the first
// empty line, with which headers end, and a body in chunks. Blanks do not fill one: so it is with net/http.
func (c *conn) share(b []byte) int {
	if rest := c.length - c.given; rest > 0 {
		c.blank = false
		return int(min(rest, int64(len(b))))
	}
	for i, char := range b {
		switch char {
		case '\n':
			if c.blank {
				return i + 1
			}
			c.blank = true
		case '\r', ' ', '\t':
		default:
			c.blank = false
		}
	}
	return len(b)
}

// turn says in which state the connection is. It returns since when there is something that never became a request.
func (c *conn) turn(to http.ConnState) (unread time.Time) {
	c.change(func() {
		if c.partial.IsZero() && (to == http.StateIdle || to == http.StateClosed) {
			c.partial = c.behind
		}
		if to == http.StateClosed {
			unread = c.partial
		}
		// It is active once net/http has the headers of a request, and nothing behind them.
		c.state, c.captured, c.cut, c.given, c.length = to, false, false, 0, 0
		c.first, c.behind = time.Time{}, time.Time{}
	})
	return unread
}

// handle says how long the body of the request is that is handled from now on.
func (c *conn) handle(length int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.length = length
}

// settle says that the request which is being handled has been captured, or is none; and whether all of it was read.
func (c *conn) settle(whole bool) {
	c.change(func() {
		if c.captured {
			return
		}
		c.captured, c.cut, c.first, c.partial = true, !whole, c.partial, time.Time{}
	})
}

// Close notes whether there is something that nobody has read.
func (c *conn) Close() error {
	c.mu.Lock()
	if !c.cut && c.partial.IsZero() && c.behind.IsZero() && c.holds() == data {
		if c.behind = c.first; c.first.IsZero() {
			c.behind = time.Now()
		}
	}
	c.mu.Unlock()
	return c.Conn.Close()
}

func (c *conn) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
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
	case c.state == http.StateActive && (!c.behind.IsZero() || c.holds() == data):
		err = errBehind
	case c.state != http.StateActive && (!c.reading || c.holds() != nothing):
		err = errReceiving
	}
	if c.changed == nil && err != nil {
		c.changed = make(chan struct{})
	}
	return c.changed, err
}

// holds says what there is to be read.
func (c *conn) holds() arrival {
	came := end
	var b [1]byte
	if err := c.raw.Control(func(fd uintptr) { came, _ = pending(fd, b[:]) }); err != nil {
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

// pending looks without taking, and says how many of the bytes are there.
func pending(fd uintptr, b []byte) (arrival, int) {
	for {
		n, _, err := syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EWOULDBLOCK):
			return nothing, 0
		case err == nil && n > 0:
			return data, n
		default:
			return end, 0
		}
	}
}
