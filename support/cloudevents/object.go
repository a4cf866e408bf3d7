// The JSON of an event: its attributes and its data.

package cloudevents

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// Template returns the event that a template is, where it is a whole one in JSON and not the data alone: one that has a
// specversion.
func Template(text []byte) (attributes map[string]string, data []byte, whole bool, err error) {
	all, err := members(trim(text))
	if _, whole = all["specversion"]; err != nil || !whole {
		return nil, text, false, nil
	}
	attributes, data, err = read(text)
	return attributes, data, true, err
}

// read reads the JSON object of an event.
func read(text []byte) (all map[string]string, data []byte, err error) {
	fields, err := members(trim(text))
	if err != nil {
		return nil, nil, err
	}
	all = make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch value := fields[name]; {
		case name == "data", name == "data_base64", string(value) == "null": // which is one that is not set
		case !isName(name):
			return nil, nil, fmt.Errorf("its member %q cannot be an attribute, whose name has small letters and digits only",
				jsonpath.Clip(name, 40))
		default:
			if all[name], err = attributeText(value); err != nil {
				return nil, nil, fmt.Errorf("the attribute %s %w", name, err)
			}
		}
	}
	data, err = dataIn(fields, all["datacontenttype"])
	return all, data, err
}

// members returns the fields of a JSON object, as they stand there.
func members(text []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("its body is no JSON object, as an event in structured mode is")
	}
	all := make(map[string]json.RawMessage)
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, notJSON(err)
		}
		text, isText := name.(string)
		if _, twice := all[text]; twice || !isText {
			return nil, fmt.Errorf("it has the member %q twice", jsonpath.Clip(text, 40))
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, notJSON(err)
		}
		all[text] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, notJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the event in JSON")
	}
	return all, nil
}

func notJSON(err error) error { return fmt.Errorf("its JSON cannot be read: %w", err) }

// attributeText returns the text of an attribute, whatever its type.
func attributeText(value json.RawMessage) (string, error) {
	switch value[0] {
	case '"':
		var text string
		err := json.Unmarshal(value, &text)
		return text, err
	case 't', 'f':
		return string(value), nil
	case '{', '[':
		return "", errors.New("is a list or an object, and no attribute can be one")
	default:
		if strings.ContainsAny(string(value), ".eE") {
			return "", errors.New("is a number with a fraction or an exponent, and an attribute can only be a whole one")
		}
		return string(value), nil
	}
}

// dataIn returns the data of an event as bytes. A string is a text, unless its type says that it is JSON.
func dataIn(fields map[string]json.RawMessage, contentType string) ([]byte, error) {
	value, has := fields["data"]
	if packed, ok := fields["data_base64"]; ok && string(packed) != "null" {
		if has {
			return nil, errors.New("it has data and data_base64, of which an event has one")
		}
		var text string
		if err := json.Unmarshal(packed, &text); err != nil {
			return nil, errors.New("its data_base64 is no string")
		}
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, errors.New("its data_base64 is not in base64")
		}
		return data, nil
	}
	if has && value[0] == '"' && !isJSON(contentType) {
		var text string
		err := json.Unmarshal(value, &text)
		return []byte(text), err
	}
	return value, nil
}

// unescape undoes what a header of HTTP has for what it cannot carry: quotes around it, as older senders write, and
// percent-encoding. A % that begins no encoding stands for itself, as in what clients send that encode nothing.
func unescape(text string) (string, error) {
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = unquote(text[1 : len(text)-1])
	}
	if !strings.Contains(text, "%") {
		return text, nil
	}
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(c))
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	if !utf8.Valid(out) {
		return "", errors.New("is percent-encoded, and not of UTF-8")
	}
	return string(out), nil
}

// unquote takes the backslashes out of a quoted text.
func unquote(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
