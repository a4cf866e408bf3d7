// From an event to a message and back.

package nats

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// message returns e as it will be sent, or why NATS cannot carry it as it is.
func message(subject string, e event.Event) (*nats.Msg, error) {
	if e.Key != "" && e.Key != subject && harness.CanaryID(e) == "" {
		return nil, fmt.Errorf("key %q: an event in NATS has no key but its subject, %s", e.Key, subject)
	}
	m := &nats.Msg{Subject: subject, Data: e.Body}
	for k, values := range e.Headers {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n") || strings.TrimSpace(v) != v {
				return nil, fmt.Errorf("header %s: NATS keeps neither line breaks nor outer spaces, as in %q", k, v)
			}
		}
		if m.Header == nil {
			m.Header = make(nats.Header, len(e.Headers))
		}
		m.Header[k] = values
	}
	return m, nil
}

// captured returns what a message is to the journal, without what only a stream can say.
func captured(subject string, header nats.Header, body []byte) event.Event {
	return event.Event{Key: subject, Headers: header, Body: body, Seen: time.Now()}
}

// markerHeader says why a server has stored an empty message of its own: what was under its subject expired, or was
// removed (SubjectDeleteMarkerTTL).
const markerHeader = "Nats-Marker-Reason"

// gate lets through what every gate does, but for what a server has put into a stream itself.
type gate struct{ *harness.Gate }

func newGate(to harness.Sink) gate { return gate{harness.NewGate(to)} }

// Capture has e captured, unless it is no event of the system.
func (g gate) Capture(e event.Event) {
	if _, marker := e.Headers[markerHeader]; !marker || len(e.Body) > 0 {
		g.Gate.Capture(e)
	}
}

// clock passes on what the server's clock showed to whoever asked it after a time.
func (g gate) clock(shown, asked time.Time) {
	g.Canary(event.Event{Stamp: shown, Resolution: time.Nanosecond, Seen: time.Now()}, asked)
}
