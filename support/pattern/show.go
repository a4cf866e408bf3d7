// Showing values in messages: as JSON, and no longer than a reader can take in.

package pattern

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
)

const showLimit = 200 // bytes of a value in a message

// Brief writes a body in one line of about 200 bytes at most: JSON without its white space, anything else in quotes.
func Brief(body []byte) string {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return showText(string(body))
	}
	return cut(compact.String())
}

// showValue writes one value.
func showValue(v jsonpath.Value) string {
	switch v.Kind {
	case jsonpath.Missing:
		return absent{}.String()
	case jsonpath.Untyped:
		return showText(v.Text)
	default:
		return cut(string(jsonpath.Encode(v.JSON, showLimit)))
	}
}

// showText writes a text in quotes.
func showText(text string) string {
	return cut(string(jsontext.Quote(jsonpath.Clip(text, showLimit+utf8.UTFMax))))
}

// showAll writes what a path found, each value by show.
func showAll(values []jsonpath.Value, show func(jsonpath.Value) string) string {
	switch len(values) {
	case 0:
		return absent{}.String()
	case 1:
		return show(values[0])
	}
	var out strings.Builder
	for i, v := range values {
		if out.Len() > showLimit {
			break
		}
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(show(v))
	}
	return cut(out.String())
}

// cut ends a text that is too long with an ellipsis.
func cut(text string) string {
	if len(text) <= showLimit {
		return text
	}
	return jsonpath.Clip(text, showLimit) + "..."
}
