// Reading: the events in a message. The mode is the sender's choice, whatever the channel's own is.

package cloudevents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/header"
	"github.com/harken-bdd/harken/internal/jsonpath"
)

// Reading is one event that was in a message.
type Reading struct {
	Event   event.Event // with its attributes as headers and its data as the body; the message, where it is no CloudEvent
	Message event.Event // as it crossed the edge; of a batch of several, its part of that
	Err     error       // why it is no CloudEvent; it quotes no attribute but specversion
}

// Read returns the events in a message: one, or those of a batch, which may be none. The first has the identity of the
// message, each other one that with its number behind it. What is no CloudEvent is one Reading that says why.
func (f *Format) Read(message event.Event) []Reading {
	// Where the protocol has no place for it, no header that happens to be there is one.
	media := strings.ToLower(single(message.Headers, f.Binding.ContentType))
	essence, _, _ := strings.Cut(media, ";")
	essence = strings.TrimSpace(essence)
	switch {
	case essence == aBatch:
		return f.batch(message)
	case essence == oneEvent, essence == mediaType:
		return []Reading{f.structured(message, plain(message))}
	case strings.HasPrefix(essence, mediaType):
		return []Reading{unread(message, fmt.Errorf("it is in the event format %s, which Harken does not read", essence))}
	case media != "", f.hasAttributes(message):
		return []Reading{f.binary(message)}
	}
	// Nothing says what it is: so it is on protocols that have no headers, or where the sender writes none.
	if text := trim(plain(message)); len(text) > 0 && text[0] == '[' {
		return f.batch(message)
	}
	return []Reading{f.structured(message, plain(message))}
}

// hasAttributes says whether a message has headers that are attributes.
func (f *Format) hasAttributes(message event.Event) bool {
	for h := range message.Headers {
		if _, ok := f.Attribute(h); ok {
			return true
		}
	}
	return false
}

// Attribute returns the attribute that a header of a message is, by what the protocol begins their names with.
func (f *Format) Attribute(name string) (attribute string, ok bool) {
	for _, prefix := range f.Binding.Prefixes {
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			attribute = strings.ToLower(name[len(prefix):])
			return attribute, isName(attribute)
		}
	}
	return "", false
}

func unread(message event.Event, why error) Reading { return Reading{message, message, why} }

// plain returns the body of a message, unpacked where it is packed.
func plain(message event.Event) []byte {
	return (&jsonpath.Doc{Headers: message.Headers, Body: message.Body}).Plain()
}

// trim takes away what may stand before JSON and says nothing.
func trim(text []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(text, []byte(jsonpath.ByteOrderMark)), " \t\r\n")
}

// others returns the headers of a message that are no attributes, and cannot be taken for one.
func (f *Format) others(message event.Event) map[string][]string {
	all := maps.Clone(message.Headers)
	maps.DeleteFunc(all, func(h string, _ []string) bool {
		_, native := f.Attribute(h)
		_, alike := Attribute(strings.ToLower(h))
		return native || alike
	})
	return all
}

// binary reads a message whose headers are the attributes.
func (f *Format) binary(message event.Event) Reading {
	all := make(map[string]string)
	for _, h := range slices.Sorted(maps.Keys(message.Headers)) {
		name, ok := f.Attribute(h)
		if !ok {
			continue
		}
		values := message.Headers[h]
		if len(values) != 1 {
			return unread(message, fmt.Errorf("its header %s has %d values, and an attribute has one", h, len(values)))
		}
		value := values[0]
		if f.Binding.Percent {
			var err error
			if value, err = unescape(value); err != nil {
				return unread(message, fmt.Errorf("its header %s %w", h, err))
			}
		}
		if before, twice := all[name]; twice && before != value {
			return unread(message, fmt.Errorf("it has the attribute %s twice, with different values", name))
		}
		all[name] = value
	}
	if f.Binding.DataContentType {
		delete(all, "datacontenttype")
		if values := header.Values(message.Headers, f.Binding.ContentType); len(values) == 1 {
			all["datacontenttype"] = values[0]
		}
	}
	return f.reading(message, all, message.Body)
}

// structured reads a message, or an event of a batch, whose text is the JSON object of an event.
func (f *Format) structured(message event.Event, text []byte) Reading {
	all, data, err := read(text)
	if err != nil {
		return unread(message, err)
	}
	return f.reading(message, all, data)
}

// reading makes an event of what was read in a message.
func (f *Format) reading(message event.Event, all map[string]string, data []byte) Reading {
	if err := valid(all); err != nil {
		return unread(message, err)
	}
	e := message
	e.Headers, e.Body = f.others(message), data
	if e.Headers == nil {
		e.Headers = make(map[string][]string, len(all))
	}
	for name, value := range all {
		e.Headers[Prefix+name] = []string{value}
	}
	return Reading{Event: e, Message: message}
}

// valid returns why attributes are not those of a CloudEvent.
func valid(all map[string]string) error {
	version, ok := all["specversion"]
	if ok && version != Version {
		return fmt.Errorf("its specversion is %q, and Harken reads %s", jsonpath.Clip(version, 20), Version)
	}
	for _, name := range Required() {
		if all[name] == "" {
			return fmt.Errorf("the attribute %s is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !utf8.ValidString(all[name]) {
			return fmt.Errorf("the attribute %s is no text in UTF-8", name)
		}
	}
	return nil
}

// batch reads a list of events.
func (f *Format) batch(message event.Event) (all []Reading) {
	var items []json.RawMessage
	if err := json.Unmarshal(trim(plain(message)), &items); err != nil || items == nil {
		return []Reading{unread(message, errors.New("it is a batch, and no list in JSON"))}
	}
	for i, item := range items {
		part := message
		if len(items) > 1 {
			part.Body, part.Headers = item, maps.Clone(message.Headers)
		}
		if i > 0 && part.ID != "" {
			part.ID += "#" + strconv.Itoa(i)
		}
		all = append(all, f.structured(part, item))
	}
	return all
}
