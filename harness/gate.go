// A sink that can be closed.

package harness

import (
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// Gate is a Sink that lets through to another one until it is closed, and never captures a canary: whatever a listener
// still reads while it ends is told to nobody.
type Gate struct {
	to Sink

	mu     sync.Mutex
	closed bool
}

// NewGate returns a Gate to a sink.
func NewGate(to Sink) *Gate { return &Gate{to: to} }

// Capture has e captured, unless it is a canary.
func (g *Gate) Capture(e event.Event) {
	if CanaryID(e) == "" {
		g.whileOpen(func() { g.to.Capture(e) })
	}
}

// Gone tells what is not there any more.
func (g *Gate) Gone(key string, seen time.Time) { g.whileOpen(func() { g.to.Gone(key, seen) }) }

// Gap tells of a gap.
func (g *Gate) Gap(from, to time.Time, cause error) {
	g.whileOpen(func() { g.to.Gap(from, to, cause) })
}

// Canary tells what a canary showed.
func (g *Gate) Canary(e event.Event, sent time.Time) { g.whileOpen(func() { g.to.Canary(e, sent) }) }

// Close returns once nothing more is let through. It may be called twice.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *Gate) whileOpen(tell func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		tell()
	}
}
