// Docs: one event, and what is found in it.

package pattern

import (
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
	refused    *string // nil for nearly all: a run keeps all that it has captured
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
