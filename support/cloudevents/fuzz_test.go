package cloudevents_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/cloudevents"
)

// FuzzRead asks that whatever comes is read, or said to be unreadable and left as it is, and that what was read is the
// same event when it is written in another mode and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte("{"+least+`,"data":{"a":1.50},"subject":"\u00e9 %"}`), "", "")
	f.Add([]byte("[{"+least+`,"data_base64":"AA=="},{}]`), "application/cloudevents-batch+json", "")
	f.Add([]byte("<a/>"), "application/xml", "%41 \"x\"")
	f.Fuzz(func(t *testing.T, body []byte, contentType, subject string) {
		m := event.Event{ID: "7", Body: body, Headers: headers("Content-Type", contentType)}
		if subject != "" {
			m.Headers["ce-subject"] = []string{subject}
			for _, name := range cloudevents.Required() {
				m.Headers["ce-"+name] = []string{"1.0"}
			}
		}
		for _, r := range channel(t, overHTTP, cloudevents.Binary).Read(m) {
			if r.Err != nil {
				if !bytes.Equal(r.Event.Body, r.Message.Body) {
					t.Errorf("what cannot be read was changed: %q", r.Event.Body)
				}
				continue
			}
			for _, mode := range cloudevents.Modes() {
				again := r.Event.Clone()
				delete(again.Headers, "Content-Type")
				other := channel(t, overHTTP, mode)
				got := other.Read(write(t, other, again))
				if len(got) != 1 || got[0].Err != nil {
					t.Fatalf("%s: got %+v", mode, got)
				}
				delete(got[0].Event.Headers, "Content-Type")
				if e := got[0].Event; !maps.EqualFunc(e.Headers, again.Headers, slices.Equal) {
					t.Errorf("%s: got the headers %q, want %q", mode, e.Headers, again.Headers)
				}
				if e := got[0].Event; !bytes.Equal(e.Body, again.Body) {
					t.Errorf("%s: got the data %q, want %q", mode, e.Body, again.Body)
				}
			}
		}
	})
}
