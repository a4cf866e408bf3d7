// Package event holds the one thing that everything else in Harken talks about: a message, record, object or row as
// it crosses the edge of the subsystem under test.
package event

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/header"
)

// Event is one message as it crosses the edge of the subsystem.
type Event struct {
	ID  string // identity of this delivery, where the transport has one: a redelivery has the same
	Key string // the transport's own key: a partition key, an object key, a subject
	// Headers are the values of each name in their order, case and order kept where the transport keeps them; nil where it
	// has none.
	Headers map[string][]string
	Body    []byte // as it crossed the edge, never decoded or re-encoded

	// Refused is what is wrong with how it was sent, where the listener's address asks for something and has refused the
	// event for that: a signature, say. It is "" for all others. One that was refused never helps to pass.
	Refused string

	// Stamp is the channel's own time of appearance, and zero where the channel has none. It is never a time that the
	// producer wrote.
	Stamp time.Time
	// Resolution is that of Stamp: the true time lies in [Stamp, Stamp+Resolution].
	Resolution time.Duration
	// Seen is when the listener received the event, on the runner's (monotonic) clock.
	Seen time.Time
}

// Header returns the values of a header: those of exactly this name, or else those of the names that are the same but
// for their case, where all of these have the same values. It returns none where there is no such header, or where they
// differ.
func (e Event) Header(name string) []string { return header.Values(e.Headers, name) }

// Single returns the headers for a transport of which a name has one value; one that has several is an error.
func (e Event) Single() (map[string]string, error) {
	if len(e.Headers) == 0 {
		return nil, nil
	}
	all := make(map[string]string, len(e.Headers))
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		if values := e.Headers[name]; len(values) != 1 {
			return nil, fmt.Errorf("header %q has %d values, and can have one there", name, len(values))
		}
		all[name] = e.Headers[name][0]
	}
	return all, nil
}

// Headers returns headers of one value each; nil for none.
func Headers(single map[string]string) map[string][]string {
	if len(single) == 0 {
		return nil
	}
	all := make(map[string][]string, len(single))
	for name, value := range single {
		all[name] = []string{value}
	}
	return all
}

// Clone returns a copy that shares no memory with e.
func (e Event) Clone() Event {
	e.Headers = maps.Clone(e.Headers)
	for name, values := range e.Headers {
		e.Headers[name] = slices.Clone(values)
	}
	e.Body = slices.Clone(e.Body)
	return e
}
