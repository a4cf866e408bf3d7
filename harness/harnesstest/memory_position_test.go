// The transport in memory, gone on at where a listener was: after so many events.

package harnesstest

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// memoryPlace is a position.
type memoryPlace struct {
	Made int // which of those that were made anew
	Next int // how many events have been sent there and delivered
}

// Position returns how many events have been sent and delivered.
func (w memoryWaiter) Position() (harness.Position, error) {
	m := w.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	place, err := json.Marshal(memoryPlace{m.server.remade, m.trimmed + len(m.sent) - len(w.queue)})
	return harness.Position{At: time.Now(), Place: place}, err
}

// goOn queues what was sent since a position. memory.mu is held.
func (l *memoryEar) goOn(at harness.Position) error {
	var place memoryPlace
	if err := json.Unmarshal(at.Place, &place); err != nil {
		return err
	}
	m := l.memory
	next := place.Next - m.trimmed
	if place.Made != m.server.remade || next < 0 {
		if m.fault != goesOnAnywhere {
			l.sink.Gap(at.At, time.Now(), errors.New("what came since is not there any more"))
			next = 0
		}
		next = min(max(next, 0), len(m.sent))
	}
	since := m.sent[next:]
	switch m.fault {
	case goesOnFromNow:
		since = nil
	case goesOnTwice:
		since = m.sent
		l.replay(m.sent[:next])
	}
	l.replay(since)
	return nil
}

// replay queues events that were sent before. memory.mu is held.
func (l *memoryEar) replay(sent []event.Event) {
	for _, e := range sent {
		l.offer(e.Clone(), 0)
	}
}
