// Formats: channels whose messages carry CloudEvents.

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/pattern"
)

// defaultSource is the attribute source of a CloudEvent of which nobody says another.
const defaultSource = "/harken"

// Read returns the events in a message of the channel.
func (c Channel) Read(message event.Event) []*pattern.Doc {
	if c.Format == nil {
		return []*pattern.Doc{pattern.Read(message)}
	}
	var all []*pattern.Doc
	for _, r := range c.Format.Read(message) {
		all = append(all, pattern.ReadCloudEvent(r.Event, r.Message, r.Err))
	}
	return all
}

// readOwn returns the event in a message that the run itself sends as it stands. One that carries several is taken for
// what it is as a whole.
func (c Channel) readOwn(message event.Event) *pattern.Doc {
	if all := c.Read(message); len(all) == 1 {
		return all[0]
	}
	return pattern.Read(message)
}

// written returns an event that the run makes, with the message that carries it there.
func (c Channel) written(e event.Event) (*pattern.Doc, error) {
	if c.Format == nil {
		return pattern.Read(e), nil
	}
	message, err := c.Format.Write(e)
	return pattern.ReadCloudEvent(e, message, nil), err
}

// meant returns the rows of an event that is made on the channel, in which plain names of attributes are written out.
func (c Channel) meant(rows []pattern.Row) []pattern.Row {
	if c.Format == nil {
		return rows
	}
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Path = jsonpath.Written(rows[i].Path)
	}
	return rows
}

// completed returns the rows of an event that is made on the channel, with all that they leave out of what a CloudEvent
// has: what its template says, and else a source, a version and an id, which is asked for where it is needed.
func (c Channel) completed(rows []pattern.Row, template map[string]string, id func() string) ([]pattern.Row, error) {
	if c.Format == nil {
		return rows, nil
	}
	var base []pattern.Row
	missing := func(name, value string) {
		row := pattern.Row{Path: attributePath(name), Cell: string(jsontext.Quote(value))}
		if !named(rows, row.Path) && !named(base, row.Path) {
			base = append(base, row)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(template)) {
		missing(name, template[name])
	}
	missing("specversion", cloudevents.Version)
	missing("source", defaultSource)
	if !named(rows, attributePath("id")) && !named(base, attributePath("id")) {
		missing("id", id())
	}
	if !named(rows, attributePath("type")) && !named(base, attributePath("type")) {
		return nil, errors.New("a CloudEvent has a type, and nothing says it: write is: {type: ...} at the event in godog.yml, " +
			"a row type, or a template that is the whole event (to send one without a type, write (absent))")
	}
	return append(base, rows...), nil
}

// declared says of an event that is made on the channel that its data is JSON, where it is and nothing else is said.
func (c Channel) declared(e event.Event, rows []pattern.Row) event.Event {
	said := named(rows, attributePath("datacontenttype")) || named(rows, "header content-type")
	if c.Format != nil && !said && json.Valid(e.Body) {
		e.Headers[cloudevents.Prefix+"datacontenttype"] = []string{"application/json"}
	}
	return e
}

func attributePath(name string) string { return "attribute " + name }

// named says whether one of the rows is about a place.
func named(rows []pattern.Row, path string) bool {
	return slices.ContainsFunc(rows, func(row pattern.Row) bool { return samePlace(row.Path, path) })
}

// samePlace says whether two paths, as they are written in rows that are made of, name the same place: of headers the
// case does not count, and attributes are some.
func samePlace(a, b string) bool {
	header := func(path string) string {
		if name, ok := strings.CutPrefix(path, "attribute "); ok {
			return cloudevents.Prefix + name
		}
		name, _ := strings.CutPrefix(path, "header ")
		return name
	}
	if a == b {
		return true
	}
	return header(a) != a && header(b) != b && strings.EqualFold(header(a), header(b))
}

// formatted says whether the messages of a channel carry CloudEvents.
func (d Definitions) formatted(channel string) bool { return d.Channels[channel].Format != nil }

// attributed returns an error where a path asks for an attribute on a channel that has none.
func (c Channel) attributed(path jsonpath.Path) error {
	if path.IsAttribute() && c.Format == nil && c.Name != "" {
		return fmt.Errorf("%s: the events of channel %q have no attributes (say format: cloudevents there)", path, c.Name)
	}
	return nil
}

// Whole returns the template of the kind as an event, for whoever shows it.
func (kind Event) Whole() *pattern.Doc {
	e := event.Event{Body: kind.Template}
	if kind.Envelope {
		return pattern.ReadCloudEvent(e, e, errTemplate)
	}
	return pattern.Read(e)
}

var errTemplate = errors.New("it is a template")

// Data returns the data in a template of the kind that has its values in it.
func (kind Event) Data(template []byte) []byte {
	if !kind.Envelope {
		return template
	}
	_, data, _, err := cloudevents.Template(template)
	if err != nil {
		return template
	}
	return data
}
