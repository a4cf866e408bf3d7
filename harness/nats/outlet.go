// When the last byte of an event had left, of one that takes a while to write.

package nats

import (
	"net"
	"sync"
	"time"
)

const (
	// large is the size in bytes from which on nats.go writes a message while it is published, and not a moment later
	// together with others: that of its buffer.
	large = 32 << 10
	// piece is how much is written at once, so that the beginning of the last piece is near its end.
	piece = 64 << 10
)

// outlet is a connection that notes when it began to write the last piece of what is watched.
type outlet struct {
	net.Conn

	mu   sync.Mutex
	left int // bytes of what is watched that were not written yet
	at   time.Time
}

// watch begins to watch the next size bytes.
func (o *outlet) watch(size int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left, o.at = size, time.Time{}
}

// began returns when the last piece of what was watched began to be written, as far as it was.
func (o *outlet) began() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *outlet) note(size int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left > 0 {
		o.left, o.at = o.left-size, time.Now()
	}
}

// Write writes p in pieces.
func (o *outlet) Write(p []byte) (n int, err error) {
	for {
		next := p[n:min(n+piece, len(p))]
		o.note(len(next))
		wrote, err := o.Conn.Write(next)
		n += wrote
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// leave publishes an event of that size, and returns a time at which its last byte had not left yet. It is the
// beginning of the last write, or for what is small that of publish: what the process did not get around to after a
// write is no part of it.
func (l *link) leave(size int, publish func() error) (time.Time, error) {
	before := time.Now()
	if size < large {
		return before, publish()
	}
	l.leaving.Lock()
	defer l.leaving.Unlock()
	o := l.out.Load()
	o.watch(size)
	err := publish()
	if at := o.began(); at.After(before) {
		return at, err
	}
	return before, err
}
