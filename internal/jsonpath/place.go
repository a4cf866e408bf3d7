// Places: how others call what a path leads to.

package jsonpath

import (
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// Place returns where the path leads to in the whole event: "body", "key", "size", "header NAME", or a JSON Pointer
// (RFC 6901) into the body with "*" for each item of a list or field of an object, "-1" for the last item, and "(json)"
// for the JSON in a text, such as "/items/*/sku".
func (p Path) Place() string {
	switch p.Part {
	case InKey:
		return "key"
	case InHeader:
		return "header " + p.Header
	case InSize:
		return "size"
	case WholeText:
		return "body"
	}
	if len(p.Steps) == 0 {
		return "body"
	}
	var at strings.Builder
	for _, s := range p.Steps {
		at.WriteString("/")
		switch s.Index {
		case jsontext.Field:
			at.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(s.Name))
		case jsontext.Each, jsontext.Any:
			at.WriteString("*")
		case jsontext.Inner:
			at.WriteString("(json)")
		default:
			at.WriteString(strconv.Itoa(s.Number()))
		}
	}
	return at.String()
}

// Name returns the last name on a path: of the field, or of the header, which is in lower case since headers' names
// have none. The letter with which DynamoDB says what an attribute is, as in readingId.S, is none.
func (p Path) Name() string {
	if p.IsAttribute() {
		return strings.TrimPrefix(p.Header, AttributePrefix)
	}
	if p.Part == InHeader {
		return strings.ToLower(p.Header)
	}
	name, last := p.Text, true
	for i := len(p.Steps) - 1; i >= 0; i-- {
		s := p.Steps[i]
		if s.Index != jsontext.Field {
			continue
		}
		name = s.Name
		if last && i > 0 && p.Steps[i-1].Index == jsontext.Field && (name == "S" || name == "N") {
			last = false
			continue
		}
		break
	}
	return name
}
