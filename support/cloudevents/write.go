// Writing: an event as the message that carries it.

package cloudevents

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/header"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// Write returns the message that carries e. An attribute that is required and missing is left out: that is how whoever
// wrote the event wants it. A content-type that e has already stays.
func (f *Format) Write(e event.Event) (event.Event, error) {
	all, headers, err := attributes(e)
	if err != nil {
		return e, err
	}
	message := e
	message.Headers = headers
	switch f.Mode {
	case Binary:
		return message, f.asHeaders(headers, all)
	case Batch:
		message.Body = slices.Concat([]byte("["), object(all, e.Body), []byte("]"))
		f.declare(headers, aBatch)
	default:
		message.Body = object(all, e.Body)
		f.declare(headers, oneEvent)
	}
	if len(headers) == 0 {
		message.Headers = nil
	}
	return message, nil
}

// Change returns the message with another event in it, in the mode in which it came. One that does not carry just one
// event is changed itself.
func (f *Format) Change(message event.Event, change func(event.Event) event.Event) event.Event {
	all := f.Read(message)
	if len(all) != 1 || all[0].Err != nil {
		return change(message)
	}
	as := Format{f.Binding, Structured}
	switch {
	case bytes.Equal(all[0].Event.Body, message.Body):
		as.Mode = Binary
	case bytes.HasPrefix(trim(plain(message)), []byte("[")):
		as.Mode = Batch
	}
	changed, err := as.Write(change(all[0].Event))
	if err != nil {
		return change(message)
	}
	return changed
}

// declare says of what media type the body is, where the protocol has a place for that and nobody has said it.
func (f *Format) declare(headers map[string][]string, media string) {
	if f.Binding.ContentType != "" && len(header.Spellings(headers, f.Binding.ContentType)) == 0 {
		headers[f.Binding.ContentType] = []string{media}
	}
}

// asHeaders adds the attributes to the headers of a message, in the protocol's form.
func (f *Format) asHeaders(headers map[string][]string, all map[string]string) error {
	for name, value := range all {
		if name == "datacontenttype" && f.Binding.DataContentType {
			said := single(headers, f.Binding.ContentType)
			if said != "" && said != value {
				return fmt.Errorf("the attribute datacontenttype is %q, and the header %s, which carries it, %q",
					value, f.Binding.ContentType, said)
			}
			f.declare(headers, value)
			continue
		}
		if f.Binding.Percent {
			value = escape(value)
		}
		headers[f.Binding.Prefixes[0]+name] = []string{value}
	}
	return nil
}

// object returns an event as JSON.
func object(all map[string]string, data []byte) []byte {
	out := []byte("{")
	member := func(name string, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = slices.Concat(out, jsontext.Quote(name), []byte(":"), value)
	}
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	for _, name := range names {
		member(name, jsontext.Quote(all[name]))
	}
	if len(data) > 0 {
		member(asMember(data, all["datacontenttype"]))
	}
	return append(out, '}')
}

// rank puts the attributes first that every event has.
func rank(name string) int {
	if i := slices.Index(Required(), name); i >= 0 {
		return i
	}
	return len(Required())
}

// asMember returns data as it stands in JSON: as it is, where its type says that it is JSON, as a string where it is
// another text, and in base64 where it is no text, or not what its type says.
func asMember(data []byte, contentType string) (name string, value []byte) {
	declared := isJSON(contentType)
	switch {
	case declared && json.Valid(data) && utf8.Valid(data):
		return "data", data
	case !declared && utf8.Valid(data):
		return "data", jsontext.Quote(string(data))
	default:
		return "data_base64", jsontext.Quote(base64.StdEncoding.EncodeToString(data))
	}
}

// escape percent-encodes what a header of HTTP cannot carry.
func escape(text string) string {
	var out strings.Builder
	for i := range len(text) {
		if c := text[i]; c > ' ' && c <= '~' && c != '"' && c != '%' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
