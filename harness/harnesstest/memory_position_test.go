// The transport in memory, gone on at where a listener was: after so many events.

package harnesstest

import (
	"encoding/json"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// Position returns how many events have been sent and delivered.
func (w memoryWaiter) Position() (harness.Position, error) {
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	place, err := json.Marshal(len(w.memory.sent) - len(w.queue))
	return harness.Position{At: time.Now(), Place: place}, err
}

// goOn queues what was sent since a position. memory.mu is held.
func (l *memoryEar) goOn(at harness.Position) error {
	var delivered int
	if err := json.Unmarshal(at.Place, &delivered); err != nil {
		return err
	}
	m := l.memory
	since := m.sent[delivered:]
	switch m.fault {
	case goesOnFromNow:
		since = nil
	case goesOnTwice:
		l.replay(m.sent[:delivered])
		since = m.sent
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
