// The transport in memory as a state: what is there under a key, and what is not there any more.

package harnesstest

import (
	"context"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// memoryItem is what was put under a key last.
type memoryItem struct {
	event event.Event
	there bool // it was not deleted since
}

// remove deletes what is under key.
func (m *memory) remove(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[key] = memoryItem{}
	for _, l := range m.ears {
		if l.watched[key] && m.fault != hidesDeletions {
			l.lose(key)
		}
	}
	return nil
}

// lose tells that what was under key is gone. memory.mu is held.
func (l *memoryEar) lose(key string) {
	if l.memory.cut || l.closed {
		return
	}
	l.queue = append(l.queue, delivery{Event: event.Event{Key: key}, gone: true})
	l.arrived.Broadcast()
}

// repeatDeletions tells again what is gone. memory.mu is held.
func (l *memoryEar) repeatDeletions() {
	for key, i := range l.memory.items {
		if !i.there && l.watched[key] {
			l.lose(key)
		}
	}
}

// tellOf tells what was seen just now. memory.mu is not held.
func (l *memoryEar) tellOf(d delivery) {
	switch {
	case !d.gone:
		l.sink.Capture(d.Event)
	case l.memory.fault == datesDeletionsOff:
		l.sink.Gone(d.Key, d.Seen.Add(-time.Hour))
	default:
		l.sink.Gone(d.Key, d.Seen)
	}
}

// memoryWaiter is a listener that has to be told what is waited for.
type memoryWaiter struct{ *memoryEar }

func (w memoryWaiter) Await(wait harness.Wait) (release func()) {
	m := w.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault == forgetsSomeWaits && len(w.watched)%10 == 9 {
		wait.Key = ""
	}
	w.watched[wait.Key] = true
	if m.state && m.fault != seesOnlyNewcomers {
		w.announce(wait.Key)
	}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(w.watched, wait.Key)
	}
}

func (w memoryWaiter) SyncKey(ctx context.Context, _ string) error {
	if w.memory.fault == syncsKeysBlindly {
		return nil
	}
	return w.Sync(ctx)
}

// announce tells whoever begins to wait what is there under key, or that it is gone. memory.mu is held.
func (w memoryWaiter) announce(key string) {
	fault := w.memory.fault
	i, known := w.memory.items[key]
	switch {
	case i.there:
		w.offer(i.event, 0)
	case known && fault != hidesDeletions && fault != hidesOldDeletions, !known && fault == inventsDeletions:
		w.lose(key)
	}
}
