// Values: what paths find, and how it is written.

package jsonpath

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// Value is what a path found.
type Value struct {
	Kind   Kind
	Text   string // when Untyped
	JSON   any    // when Typed
	Number bool   // a string that is DynamoDB's way to write a number: {"N": "1.5"}
}

// Kind says what is known of a value.
type Kind int

// The kinds of values.
const (
	Missing Kind = iota // nothing is there
	Untyped             // text of a key, a header or the body
	Typed               // a decoded value
)

// AsText returns the text of a string, or of a place without types; ok is false for anything else.
func (v Value) AsText() (text string, ok bool) {
	if v.Kind == Untyped {
		return v.Text, true
	}
	text, ok = v.JSON.(string)
	return text, ok
}

// Plain returns a string as it is, and anything else as JSON.
func (v Value) Plain() string {
	if v.Kind == Untyped {
		return v.Text
	}
	switch j := v.JSON.(type) {
	case string:
		return j
	case json.Number:
		return j.String()
	default:
		return string(Encode(j, NoLimit))
	}
}

// NoLimit has Encode write all of a value.
const NoLimit = 1 << 62

// Encode writes a decoded value as JSON, its fields in the order of their names, and stops soon after limit bytes.
func Encode(v any, limit int) []byte { return appendJSON(nil, v, limit) }

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
		return append(out, jsontext.Quote(Clip(v, limit+utf8.UTFMax))...)
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

// Clip returns the beginning of a text, whole characters of it in at most limit bytes.
func Clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
