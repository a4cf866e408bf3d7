// When the last byte of an event had left.

package kafka

import (
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// piece is how much is written at once, so that the beginning of the last piece is near its end.
const piece = 64 << 10

// produceKey is the number of the request that produces, which stands behind the size of a request.
const produceKey = 0

// outlet notes when the first request to produce left that was made since it was cleared. What the client sends again
// afterwards cannot have been accepted earlier than that either.
type outlet struct {
	mu sync.Mutex
	at time.Time
}

// clear begins anew.
func (o *outlet) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at = time.Time{}
}

// left returns when the last piece of the first request began to be written, the zero time where none has been.
func (o *outlet) left() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *outlet) note(at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at.IsZero() {
		o.at = at
	}
}

// watched is a connection of which the outlet is told. The client writes a request at once.
type watched struct {
	net.Conn
	out *outlet
}

// Write writes p in pieces.
func (w *watched) Write(p []byte) (n int, err error) {
	const head = 6
	produces := len(p) >= head && binary.BigEndian.Uint16(p[4:]) == produceKey
	for {
		next := p[n:min(n+piece, len(p))]
		if produces && n+len(next) == len(p) {
			w.out.note(time.Now()) // before it is answered
		}
		wrote, err := w.Conn.Write(next)
		n += wrote
		if err != nil || n == len(p) {
			return n, err
		}
	}
}
