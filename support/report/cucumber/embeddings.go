// What a step embeds: the events that it sent, and those that its expectation is about.

package cucumber

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/report"
)

const (
	bodyLimit    = 8 << 10  // bytes of an event that are embedded
	messageLimit = 32 << 10 // bytes of an error message
	mostEmbedded = 8        // events of a step
)

type embedding struct {
	MimeType string `json:"mime_type"`
	Data     []byte `json:"data"` // encoded in base64
	Name     string `json:"name"`
}

// embeddings returns the first few events that were sent while the step ran, and that its expectations matched, nearly
// matched or saw too late.
func embeddings(s report.Scenario, of report.Step) (all []embedding) {
	for _, p := range s.Produced {
		if len(all) < mostEmbedded && !p.Began.Before(of.Began) && p.Began.Before(of.Ended) {
			name := "produced on " + p.Channel
			if p.Event != "" {
				name = fmt.Sprintf("produced %q on %s", p.Event, p.Channel)
			}
			all = append(all, embed(name, p.Sent))
		}
	}
	for _, w := range s.Waits {
		if w.Step != of.Number {
			continue
		}
		all = captured(all, s, "matched", w.Matched)
		for _, n := range w.Nearest {
			all = captured(all, s, "nearest", []report.Ref{n.Ref})
		}
		all = captured(all, s, "late", w.Late)
	}
	return all
}

// captured adds the first few of the captures, as far as there is room.
func captured(all []embedding, s report.Scenario, as string, few []report.Ref) []embedding {
	for _, r := range few[:min(len(few), mostEmbedded-len(all))] {
		i := slices.IndexFunc(s.Captured, func(c report.Captured) bool {
			return c.Channel == r.Channel && c.Number == r.Number
		})
		if i >= 0 {
			all = append(all, embed(fmt.Sprintf("%s: captured #%d on %s", as, r.Number, r.Channel), s.Captured[i].Seen))
		}
	}
	return all
}

func embed(name string, e event.Event) embedding {
	body, kind := e.Body, "application/octet-stream"
	if len(body) > bodyLimit {
		body = body[:boundary(body, bodyLimit)]
		name = fmt.Sprintf("%s (the first %d of %d bytes)", name, len(body), len(e.Body))
	}
	switch {
	case len(body) == len(e.Body) && json.Valid(body):
		kind = "application/json"
	case utf8.Valid(body):
		kind = "text/plain"
	}
	return embedding{kind, body, name}
}

// clip cuts a message that is too long, and says so.
func clip(text string) string {
	if len(text) <= messageLimit {
		return text
	}
	return fmt.Sprintf("%s ... (%d bytes in all)", text[:boundary(text, messageLimit)], len(text))
}

// boundary returns where a text that is longer than limit can be cut without cutting a character. In what is no text it
// is some place near the limit.
func boundary[T string | []byte](text T, limit int) int {
	cut := limit
	for cut > limit-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return cut
}
