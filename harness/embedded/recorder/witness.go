// What a stream does not keep.

package recorder

import (
	"container/list"
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	// maxSeen is how many messages may wait for the witness to take them; what is more would be dropped by the client.
	maxSeen = 1 << 16

	// grace is how long a stream may lag behind the subject before a message counts as one that it does not keep. One that
	// it keeps after all loses its stamp by it, and nothing else.
	grace = 250 * time.Millisecond

	// apart is how far apart the two copies of a message may arrive on one connection at the most. The server puts both
	// into the same buffer, one by the publisher's own goroutine and one by the stream's, so that some milliseconds would
	// do.
	apart = 10 * time.Second
)

// witness sees all that is published to a channel's subjects, and finds what the channel's stream does not keep of it.
// A stream drops in silence what its publisher's headers have it drop: a Nats-Msg-Id that came before, a
// Nats-Expected-Last-... that is another, Nats-Rollup, Nats-TTL, Nats-Schedule and the like where it has no leave for
// them, and what has more headers than it takes. But such an event was published, and the subsystem's consumers on core
// NATS have it.
//
// Copies are told by what is in them, without the headers that are meant for the server, which may take them out. Where
// several are equal it does not matter which is which.
type witness struct {
	seed maphash.Seed
	more chan struct{} // has something whenever something was seen

	mu      sync.Mutex
	waiting list.List              // of sighting, the earliest first: seen on the subject, and not in the stream so far
	bytes   int                    // of their bodies and headers
	ahead   map[uint64][]time.Time // in the stream, and not seen on the subject so far: when they were read
	dropped map[uint64]int         // recorded as what the stream does not keep
}

// sighting is a message as it was published.
type sighting struct {
	event  event.Event
	sum    uint64
	canary string
	size   int
	at     time.Time
}

func newWitness() *witness {
	return &witness{seed: maphash.MakeSeed(), more: make(chan struct{}, 1), ahead: make(map[uint64][]time.Time),
		dropped: make(map[uint64]int)}
}

// watch takes what is published until ctx ends. overflow is called with why where more waits than a stream keeps.
func (w *witness) watch(ctx context.Context, published <-chan *nats.Msg, overflow func(error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-published:
			if err := w.saw(m, time.Now()); err != nil {
				overflow(err)
				return
			}
		}
	}
}

// saw takes one message.
func (w *witness) saw(m *nats.Msg, now time.Time) error {
	e := eventOf(m)
	s := sighting{event: e, sum: w.sum(e), canary: harness.CanaryID(e), size: m.Size(), at: now}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.canary == "" && w.wasAhead(s.sum, now) {
		return nil
	}
	w.waiting.PushBack(s)
	w.bytes += s.size
	select {
	case w.more <- struct{}{}:
	default:
	}
	if n := w.waiting.Len(); n > maxBacklog || w.bytes > maxBacklogBytes {
		return fmt.Errorf("%d events of %d bytes wait to be recorded, and more than %d or %d bytes are not kept: nothing "+
			"is recorded from there on",
			n, w.bytes, maxBacklog, maxBacklogBytes)
	}
	return nil
}

// wasAhead says whether a message that is seen now has been in the stream already, and crosses it out there. w.mu is
// held.
func (w *witness) wasAhead(sum uint64, now time.Time) bool {
	times := w.ahead[sum]
	for len(times) > 0 && now.Sub(times[0]) > apart {
		times = times[1:] // its copy was lost with a connection
	}
	was := len(times) > 0
	if was {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(w.ahead, sum)
	} else {
		w.ahead[sum] = times
	}
	return was
}

// kept says whether an event of the stream is to be recorded: not if it was recorded before, as one that the stream
// does not keep.
func (w *witness) kept(e event.Event, now time.Time) bool {
	sum := w.sum(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	for at := w.waiting.Front(); at != nil; at = at.Next() {
		if s := sightingOf(at.Value); s.sum == sum && s.canary == "" {
			w.remove(at)
			return true
		}
	}
	if w.dropped[sum] > 0 {
		if w.dropped[sum]--; w.dropped[sum] == 0 {
			delete(w.dropped, sum)
		}
		return false
	}
	w.ahead[sum] = append(w.ahead[sum], now)
	return true
}

// before returns what was published before a canary that has come through the stream, and did not; ok is false where
// the canary was not seen so far.
func (w *witness) before(canary string) (lacking []event.Event, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for at := w.waiting.Front(); at != nil; at = at.Next() {
		if sightingOf(at.Value).canary == canary {
			return w.takeUntil(at), true
		}
	}
	return nil, false
}

// overdue returns what was published more than the grace before now and is not in the stream.
func (w *witness) overdue(now time.Time) []event.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var events []event.Event
	for at := w.waiting.Front(); at != nil && now.Sub(sightingOf(at.Value).at) >= grace; {
		next := at.Next()
		if sightingOf(at.Value).canary == "" { // which the stream has, however late
			events = append(events, w.drop(at).event)
		}
		at = next
	}
	return events
}

// due returns when the event that waits longest is overdue, and false where none waits.
func (w *witness) due() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for at := w.waiting.Front(); at != nil; at = at.Next() {
		if s := sightingOf(at.Value); s.canary == "" {
			return s.at.Add(grace), true
		}
	}
	return time.Time{}, false
}

// takeUntil takes what waits as far as last, and returns the events among it. w.mu is held.
func (w *witness) takeUntil(last *list.Element) (events []event.Event) {
	for {
		at := w.waiting.Front()
		if s := w.drop(at); s.canary == "" {
			events = append(events, s.event)
		}
		if at == last {
			return events
		}
	}
}

// drop takes what waits as something that the stream does not keep. w.mu is held.
func (w *witness) drop(at *list.Element) sighting {
	s := w.remove(at)
	if s.canary == "" {
		w.dropped[s.sum]++
	}
	return s
}

func (w *witness) remove(at *list.Element) sighting {
	s := sightingOf(w.waiting.Remove(at))
	w.bytes -= s.size
	return s
}

// sum tells messages apart.
func (w *witness) sum(e event.Event) uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	text := func(s string) {
		_, _ = h.WriteString(s) // which never fails
		_ = h.WriteByte(0)
	}
	var headers uint64 // in any order
	for name, values := range e.Headers {
		if !strings.HasPrefix(name, "Nats-") {
			h.Reset()
			text(name)
			for _, value := range values {
				text(value)
			}
			headers += h.Sum64()
		}
	}
	h.Reset()
	text(e.Key)
	_, _ = h.Write(e.Body)
	return h.Sum64() ^ headers
}

// sightingOf returns what an element of the list waits for. Nothing else is ever put there.
func sightingOf(value any) sighting {
	s, ok := value.(sighting)
	if !ok {
		panic("a witness waits for something else than a sighting")
	}
	return s
}
