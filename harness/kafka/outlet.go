// What became of the requests that carry an event: when the last byte had left, and whether each was answered.

package kafka

import (
	"encoding/binary"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// piece is how much is written at once, so that the beginning of the last piece is near its end.
const piece = 64 << 10

const (
	// produceKey is the number of the request that produces, which stands behind the size of a request, and before its
	// version.
	produceKey = 0
	// byTopicID is the first version of it that names a topic by its id. Older ones name it by its name, and reach
	// whichever topic has that.
	byTopicID = 13
)

// outlet notes the requests to produce that were made since it was cleared. It is a hook of the client. What the client
// sends again afterwards cannot have been accepted earlier than the first left.
type outlet struct {
	mu      sync.Mutex
	at      time.Time
	byName  bool // one of them named the topic by its name
	pending int  // of how many the answer is not there
}

// clear begins anew.
func (o *outlet) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at, o.byName, o.pending = time.Time{}, false, 0
}

// left returns when the last piece of the first request began to be written, the zero time where none has been.
func (o *outlet) left() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

// named says whether a request may have gone to another topic than the client knows by the name.
func (o *outlet) named() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.byName
}

// answered says whether the broker has said of each request what became of it.
func (o *outlet) answered() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pending == 0
}

func (o *outlet) note(at time.Time, version uint16) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at.IsZero() {
		o.at = at
	}
	o.byName = o.byName || version < byTopicID
}

// OnBrokerWrite counts a request, of which part may have left where there is an error.
func (o *outlet) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	if key == produceKey {
		o.await(1)
	}
}

// OnBrokerRead counts an answer that is there whole.
func (o *outlet) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if key == produceKey && err == nil {
		o.await(-1)
	}
}

func (o *outlet) await(more int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending += more
}

// watched is a connection of which the outlet is told. The client writes a request at once.
type watched struct {
	net.Conn
	out *outlet
}

// Write writes p in pieces.
func (w *watched) Write(p []byte) (n int, err error) {
	const keyAt, versionAt, head = 4, 6, 8
	produces := len(p) >= head && binary.BigEndian.Uint16(p[keyAt:]) == produceKey
	for {
		next := p[n:min(n+piece, len(p))]
		if produces && n+len(next) == len(p) {
			w.out.note(time.Now(), binary.BigEndian.Uint16(p[versionAt:])) // before it is answered
		}
		wrote, err := w.Conn.Write(next)
		n += wrote
		if err != nil || n == len(p) {
			return n, err
		}
	}
}
