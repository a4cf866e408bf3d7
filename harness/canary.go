// What a canary looks like on the wire.

package harness

import (
	"bytes"
	"encoding/json"

	"github.com/harken-bdd/harken/harness/event"
)

// CanaryHeader marks a canary, where the transport has headers.
const CanaryHeader = "Harken-Canary"

// canaryField marks a canary, where it has none: a JSON body with this one field.
const canaryField = "harkenCanary"

// Canary returns an event of Harken's own that proves a listener live. It is never put into a journal.
func Canary(id string) event.Event {
	body, err := json.Marshal(map[string]string{canaryField: id})
	if err != nil {
		panic(err) // a map of two strings is always JSON
	}
	return event.Event{Key: id, Headers: map[string][]string{CanaryHeader: {id}}, Body: body}
}

// CanaryID returns the id of the canary that e is, or "" where e is no canary.
func CanaryID(e event.Event) string {
	if values := e.Header(CanaryHeader); len(values) > 0 {
		return values[0]
	}
	if !bytes.Contains(e.Body, []byte(canaryField)) {
		return ""
	}
	var fields map[string]any
	if json.Unmarshal(e.Body, &fields) != nil || len(fields) != 1 {
		return ""
	}
	id, _ := fields[canaryField].(string)
	return id
}
