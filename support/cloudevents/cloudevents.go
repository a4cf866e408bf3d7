// Package cloudevents puts events into messages as CloudEvents 1.0.2 has them, and takes them out again: in binary
// mode, where the attributes are headers of the message and the data is its body, in structured mode, where both are
// one JSON object, and in batches, which are lists of such objects. It promises nothing to other modules.
//
// Between the two an event has each attribute as a header, ce-NAME, and its data as its body, whatever the protocol and
// the mode: so all that works on headers and bodies works on attributes and data. What else a message has for headers
// stays beside them.
//
// Three decisions that a reader may question:
//   - Only what the binding of the protocol says is an attribute: a ce-type on Kafka, where attributes begin with ce_,
//     is none, since no consumer would read it. It is left out, so that it is not taken for one here either.
//   - In structured mode the JSON counts. The copies of attributes that a message may have in its headers are left out.
//   - Attributes are text. Of an extension that is a number or a boolean the text is read; written it is a string.
package cloudevents

import (
	"errors"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/header"
)

// Prefix begins the names of the headers that an event has its attributes in.
const Prefix = "ce-"

// Version is the one specversion that is read, and the one that is written unless somebody says another.
const Version = "1.0"

// Mode says how an event is put into a message.
type Mode string

// The modes.
const (
	Structured Mode = "structured" // attributes and data as one JSON object
	Binary     Mode = "binary"     // attributes as headers, data as the body
	Batch      Mode = "batch"      // a list of such objects, with one in it
)

// Modes returns all modes.
func Modes() []Mode { return []Mode{Structured, Binary, Batch} }

// The media types of a message in structured mode, and of a batch.
const (
	mediaType = "application/cloudevents"
	oneEvent  = mediaType + "+json"
	aBatch    = mediaType + "-batch+json"
)

// Format is how the events of a channel are written; each mode is read.
type Format struct {
	Binding harness.CloudEvents
	Mode    Mode
}

// New returns the format of a channel whose protocol has the binding, or why it does not know the mode.
func New(binding harness.CloudEvents, mode Mode) (*Format, error) {
	switch {
	case mode == Binary && len(binding.Prefixes) == 0:
		return nil, errors.New("the protocol there has no binary mode of CloudEvents, which would be headers that it does " +
			"not define (say cloudevents: structured)")
	case mode == Batch && !binding.Batches:
		return nil, errors.New("the protocol there has no batches of CloudEvents (say cloudevents: structured)")
	}
	return &Format{binding, mode}, nil
}

// Required returns the names of the attributes that every event has.
func Required() []string { return []string{"specversion", "id", "source", "type"} }

// Attribute returns the name of the attribute that a header of an event is, false for a header that is none.
func Attribute(header string) (name string, ok bool) {
	name, ok = strings.CutPrefix(header, Prefix)
	return name, ok && isName(name)
}

// isName holds for what an attribute can be called.
func isName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == "" && name != "data"
}

// attributes returns the attributes of an event, in whatever case their headers are written, and its other headers.
func attributes(e event.Event) (all map[string]string, others map[string][]string, err error) {
	all, others = make(map[string]string), make(map[string][]string)
	for _, h := range slices.Sorted(maps.Keys(e.Headers)) {
		name, ok := Attribute(strings.ToLower(h))
		switch values := e.Headers[h]; {
		case !ok:
			others[h] = values
		case all[name] != "":
			return nil, nil, fmt.Errorf("the attribute %s is said twice, by headers in different case", name)
		case len(values) != 1:
			return nil, nil, fmt.Errorf("the attribute %s has %d values, and can have one", name, len(values))
		default:
			all[name] = values[0]
		}
	}
	return all, others, nil
}

// isJSON says whether a datacontenttype declares JSON: as none at all does.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media = strings.TrimSpace(contentType)
	}
	_, subtype, _ := strings.Cut(strings.ToLower(media), "/")
	return subtype == "json" || strings.HasSuffix(subtype, "+json")
}

// single returns the value of a header that has one, "" for any other.
func single(headers map[string][]string, name string) string {
	if values := header.Values(headers, name); len(values) == 1 {
		return strings.TrimSpace(values[0])
	}
	return ""
}
