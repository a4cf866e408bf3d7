// Package event holds the one thing that everything else in Harken talks about: a message, record, object or row as
// it crosses the edge of the subsystem under test.
package event

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Event is one message as it crosses the edge of the subsystem.
type Event struct {
	ID      string            // identity of this delivery, where the transport has one: a redelivery has the same
	Key     string            // the transport's own key: a partition key, an object key, a subject
	Headers map[string]string // nil where the transport has none
	Body    []byte            // as it crossed the edge, never decoded or re-encoded

	// Stamp is the channel's own time of appearance, and zero where the channel has none. It is never a time that the
	// producer wrote.
	Stamp time.Time
	// Grain is the resolution of Stamp: the true time lies in [Stamp, Stamp+Grain].
	Grain time.Duration
	// Seen is when the listener received the event, on the runner's (monotonic) clock.
	Seen time.Time
}

// Header returns the value of a header; the case of its name does not matter.
func (e Event) Header(name string) (string, bool) {
	if v, ok := e.Headers[name]; ok {
		return v, true
	}
	for k, v := range e.Headers {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// Clone returns a copy that shares no memory with e.
func (e Event) Clone() Event {
	e.Headers = maps.Clone(e.Headers)
	e.Body = slices.Clone(e.Body)
	return e
}
