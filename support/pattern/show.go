// Showing values in messages: as JSON, and no longer than a reader can take in.

package pattern

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/jsontext"
)

const (
	showLimit = 200     // bytes of a value in a message
	noLimit   = 1 << 62 // for values that are not shown but used
)

// Brief writes a body in one line of about 200 bytes at most: JSON without its white space, anything else in quotes.
func Brief(body []byte) string {
	var compact bytes.Buffer
	if json.Compact(&compact, body) != nil {
		return showText(string(body))
	}
	return cut(compact.String())
}

// showValue writes one value.
func showValue(v value) string {
	switch v.kind {
	case missing:
		return absent{}.String()
	case untyped:
		return showText(v.text)
	default:
		return cut(string(appendJSON(nil, v.json, showLimit)))
	}
}

// showText writes a text in quotes.
func showText(text string) string {
	return cut(string(jsontext.Quote(clip(text, showLimit+utf8.UTFMax))))
}

// showAll writes what a path found, each value by show.
func showAll(values []value, show func(value) string) string {
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
	return clip(text, showLimit) + "..."
}

// clip returns the beginning of a text, whole characters of it in at most limit bytes.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// appendJSON appends a decoded value, its fields in the order of their names, and stops soon after limit.
func appendJSON(out []byte, v any, limit int) []byte {
	if len(out) > limit {
		return out
	}
	switch v := v.(type) {
	case map[string]any:
		out = append(out, '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out = append(out, ',')
			}
			if len(out) > limit {
				return out
			}
			out = append(append(out, jsontext.Quote(name)...), ':')
			out = appendJSON(out, v[name], limit)
		}
		return append(out, '}')
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if len(out) > limit {
				return out
			}
			out = appendJSON(out, item, limit)
		}
		return append(out, ']')
	case string:
		return append(out, jsontext.Quote(clip(v, limit+utf8.UTFMax))...)
	case json.Number:
		return append(out, v...)
	case bool:
		if v {
			return append(out, "true"...)
		}
		return append(out, "false"...)
	default:
		return append(out, "null"...)
	}
}
