// Outputs whose messages carry CloudEvents: faults are made with messages, and steps speak of attributes and data.

package lab

import (
	"bytes"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/cloudevents"
)

// inSteps returns what turns the path of a field of a message, as faults name it, into that of the event in it: of a
// header, or of the data. It is "" for what is neither. The nth event says in which mode messages come.
func (o *output) inSteps(nth int) func(field string) string {
	if o.channel.Format == nil {
		return func(field string) string { return field }
	}
	c := o.example(nth).Doc
	binary := bytes.Equal(c.Message().Body, c.Body)
	return func(field string) string {
		header, isHeader := strings.CutPrefix(field, "header ")
		name, isAttribute := o.channel.Format.Attribute(header)
		rest, isData := strings.CutPrefix(field, "data")
		switch {
		case isHeader && isAttribute && binary && name == "specversion":
			return "" // with another one it would be no event at all
		case isHeader && isAttribute && binary:
			return "header " + cloudevents.Prefix + name
		case isHeader || binary:
			return field
		case isData && rest != "" && (rest[0] == '.' || rest[0] == '['):
			return strings.TrimPrefix(rest, ".")
		case isData:
			return ""
		case field == "specversion":
			return ""
		default:
			return "header " + cloudevents.Prefix + field
		}
	}
}

// asHeader returns a path that a step or godog.yml has, with an attribute as the header that it is.
func (o *output) asHeader(path string) string {
	if o.channel.Format == nil {
		return path
	}
	if name, ok := strings.CutPrefix(jsonpath.Written(path), "attribute "); ok {
		return "header " + cloudevents.Prefix + name
	}
	return path
}

// stripped is strip for the message that carries an event.
func (o *output) stripped(message event.Event) event.Event {
	if o.channel.Format == nil {
		return o.strip(message)
	}
	return o.channel.Format.Change(message, o.strip)
}
