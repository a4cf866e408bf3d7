// Attributes: what a CloudEvent says of itself, beside its data. An event has them as headers, ce-NAME.

package jsonpath

import (
	"fmt"
	"slices"
	"strings"
)

// AttributePrefix begins the names of the headers that an event has its attributes in.
const AttributePrefix = "ce-"

// attributeWord begins a path to an attribute: attribute traceparent.
const attributeWord = "attribute"

// coreAttributes returns the names of the attributes that the specification of CloudEvents itself defines. Only these
// are meant by plain names: what an extension is called is nobody's to know.
func coreAttributes() []string {
	return []string{"id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time"}
}

func parseAttribute(name, text string) (Path, error) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return Path{}, fmt.Errorf("path %q: the name of an attribute of a CloudEvent has small letters and digits only", text)
	}
	if name == "data" {
		return Path{}, fmt.Errorf("path %q: the data of a CloudEvent is no attribute, but its body (write body, or a field of "+
			"it)", text)
	}
	return Path{Part: InHeader, Header: AttributePrefix + name, Text: text}, nil
}

// Attribute returns the path to the attribute of CloudEvents that p is a plain name of, as subject is, false for any
// other path.
func (p Path) Attribute() (Path, bool) {
	if p.attribute == "" {
		return Path{}, false
	}
	plain := attributeWord + " " + strings.TrimPrefix(p.attribute, AttributePrefix)
	return Path{Part: InHeader, Header: p.attribute, Text: p.Text, plain: plain, field: p.Steps}, true
}

// IsAttribute holds for a path to an attribute: for attribute NAME, and for what Attribute has returned.
func (p Path) IsAttribute() bool {
	return p.Part == InHeader && strings.HasPrefix(p.Header, AttributePrefix) && !strings.HasPrefix(p.Text, "header ")
}

// In returns p as it is meant in d: of a CloudEvent the plain name of an attribute is the attribute.
func (p Path) In(d *Doc) Path { return p.On(d.CloudEvent) }

// On returns p as it is meant in CloudEvents, or in other events.
func (p Path) On(cloudEvents bool) Path {
	if attribute, ok := p.Attribute(); ok && cloudEvents {
		return attribute
	}
	return p
}

// Written returns a path as it is written so that it names the attribute of a CloudEvent, whatever fields there are.
func Written(text string) string {
	if slices.Contains(coreAttributes(), text) {
		return attributeWord + " " + text
	}
	return text
}
