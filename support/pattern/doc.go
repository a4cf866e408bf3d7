// Docs: one event, and what is found in it.

package pattern

import (
	"bytes"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
)

// Doc is one event, whose body is decoded at most once, however many patterns look at it. It may be used concurrently.
type Doc struct {
	jsonpath.Doc

	// What no path leads to.
	id         string
	stamp      time.Time
	resolution time.Duration
	seen       time.Time
	refused    *string      // nil for nearly all: a run keeps all that it has captured
	message    *event.Event // as it crosses the edge, where that is another event than what is found; else nil
}

// Read returns a Doc of e, whose body and headers must not be changed any more. Nothing is decoded yet.
func Read(e event.Event) *Doc {
	d := &Doc{
		Doc: jsonpath.Doc{Key: e.Key, Headers: e.Headers, Body: e.Body},
		id:  e.ID, stamp: e.Stamp, resolution: e.Resolution, seen: e.Seen,
	}
	if refused := e.Refused; refused != "" {
		d.refused = &refused
	}
	return d
}

// ReadCloudEvent returns a Doc of e, whose headers are the attributes and whose body is the data of the CloudEvent that
// crosses the edge in message. broken is why it is none, and then e is the message.
func ReadCloudEvent(e, message event.Event, broken error) *Doc {
	d := Read(e)
	d.CloudEvent, d.Broken, d.Length, d.message = true, broken, len(message.Body), &message
	return d
}

// Message returns the event as it crosses the edge.
func (d *Doc) Message() event.Event {
	if d.message != nil {
		return *d.message
	}
	return d.Event()
}

// SameBody holds for events whose bodies are the same byte for byte: as they cross the edge, or their data, where they
// have some.
func (d *Doc) SameBody(other *Doc) bool {
	return len(d.Body) > 0 && bytes.Equal(d.Body, other.Body) || bytes.Equal(d.Message().Body, other.Message().Body)
}

// Event returns the event as it was read.
func (d *Doc) Event() event.Event {
	e := event.Event{
		ID: d.id, Key: d.Key, Headers: d.Headers, Body: d.Body, Stamp: d.stamp, Resolution: d.resolution, Seen: d.seen,
	}
	if d.refused != nil {
		e.Refused = *d.refused
	}
	return e
}
