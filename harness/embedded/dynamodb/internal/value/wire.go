package value

// Values as JSON.

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Parse reads a value as it is on the wire: {"S": "text"}. Its error is an Invalid where DynamoDB would say so, and
// otherwise comes from encoding/json.
func Parse(wire json.RawMessage) (Value, error) {
	var members map[Type]json.RawMessage
	if err := json.Unmarshal(wire, &members); err != nil {
		return Value{}, err
	}
	maps.DeleteFunc(members, func(t Type, _ json.RawMessage) bool { return !known(t) })
	switch {
	case len(members) == 0:
		return Value{}, Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case len(members) > 1:
		return Value{}, Invalid("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes")
	}
	for t, member := range members {
		return parse(t, member)
	}
	panic("unreachable: there is exactly one member")
}

func known(t Type) bool {
	switch t {
	case String, Num, Binary, Bool, Null, StringSet, NumberSet, BinarySet, List, Map:
		return true
	}
	return false
}

func parse(t Type, wire json.RawMessage) (Value, error) {
	v := Value{Type: t}
	switch t {
	case Bool:
		return v, json.Unmarshal(wire, &v.Truth)
	case Null:
		var null bool
		if err := json.Unmarshal(wire, &null); err != nil {
			return Value{}, err
		}
		if !null {
			return Value{}, invalidParameter("Null attribute value types must have the value of true")
		}
		return v, nil
	case StringSet, NumberSet, BinarySet:
		return parseSet(t, wire)
	case List:
		var elements []json.RawMessage
		if err := json.Unmarshal(wire, &elements); err != nil {
			return Value{}, err
		}
		v.List = make([]Value, len(elements))
		for i, element := range elements {
			var err error
			if v.List[i], err = Parse(element); err != nil {
				return Value{}, err
			}
		}
		return v, nil
	case Map:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(wire, &members); err != nil {
			return Value{}, err
		}
		var err error
		v.Map, err = ParseItem(members)
		return v, err
	default:
		var text string
		if err := json.Unmarshal(wire, &text); err != nil {
			return Value{}, err
		}
		return parseText(t, text)
	}
}

// parseText reads the scalars that are written as a JSON string.
func parseText(t Type, text string) (Value, error) {
	v := Value{Type: t, Text: text}
	var err error
	switch t {
	case Num:
		v.Text = ""
		v.Number, err = ParseNumber(text)
	case Binary:
		var bytes []byte
		bytes, err = base64.StdEncoding.DecodeString(text)
		v.Text = string(bytes)
	}
	return v, err
}

// elementOf returns the type of a set's elements, and what is said of a set that has none.
func elementOf(set Type) (element Type, empty string) {
	switch set {
	case StringSet:
		return String, "An string set  may not be empty"
	case NumberSet:
		return Num, "An number set  may not be empty"
	default:
		return Binary, "Binary sets should not be empty"
	}
}

func parseSet(t Type, wire json.RawMessage) (Value, error) {
	var texts []string
	if err := json.Unmarshal(wire, &texts); err != nil {
		return Value{}, err
	}
	element, empty := elementOf(t)
	if len(texts) == 0 {
		return Value{}, invalidParameter(empty)
	}
	listed := Value{Type: t, List: make([]Value, len(texts))}
	for i, text := range texts {
		var err error
		if listed.List[i], err = parseText(element, text); err != nil {
			return Value{}, err
		}
	}
	set := listed.Union(Value{Type: t})
	if len(set.List) < len(texts) {
		return Value{}, duplicates(t, texts)
	}
	return set, nil
}

func duplicates(t Type, texts []string) error {
	switch t {
	case StringSet:
		return invalidParameter("Input collection [" + strings.Join(texts, ", ") + "] contains duplicates")
	case NumberSet:
		return Invalid("Input collection contains duplicates")
	default:
		return invalidParameter("Input collection of type BS contains duplicates.")
	}
}

func invalidParameter(what string) Invalid {
	return Invalid("One or more parameter values were invalid: " + what)
}

// ParseItem reads named values as they are on the wire. Of several faults it reports the one of the first name.
func ParseItem(wire map[string]json.RawMessage) (Item, error) {
	item := make(Item, len(wire))
	for _, name := range slices.Sorted(maps.Keys(wire)) {
		if name == "" {
			return nil, Invalid("Empty attribute name")
		}
		v, err := Parse(wire[name])
		if err != nil {
			return nil, err
		}
		item[name] = v
	}
	return item, nil
}

// MarshalJSON writes v as it is on the wire.
func (v Value) MarshalJSON() ([]byte, error) { return v.appendTo(nil), nil }

// MarshalJSON writes the item as it is on the wire.
func (item Item) MarshalJSON() ([]byte, error) { return item.appendTo(nil), nil }

// appendTo writes v behind wire. Items are most of what an answer holds, so that they are written without
// encoding/json, which would read each of them again.
func (v Value) appendTo(wire []byte) []byte {
	wire = append(wire, `{"`+string(v.Type)+`":`...)
	return append(v.appendPayload(wire), '}')
}

func (v Value) appendPayload(wire []byte) []byte {
	switch v.Type {
	case String:
		return appendString(wire, v.Text)
	case Num:
		return append(wire, `"`+v.Number.String()+`"`...)
	case Binary:
		wire = base64.StdEncoding.AppendEncode(append(wire, '"'), []byte(v.Text))
		return append(wire, '"')
	case Bool:
		return strconv.AppendBool(wire, v.Truth)
	case Null:
		return append(wire, "true"...)
	case Map:
		return v.Map.appendTo(wire)
	}
	write := Value.appendTo
	if v.IsSet() {
		write = Value.appendPayload
	}
	wire = append(wire, '[')
	for i, element := range v.List {
		if i > 0 {
			wire = append(wire, ',')
		}
		wire = write(element, wire)
	}
	return append(wire, ']')
}

func (item Item) appendTo(wire []byte) []byte {
	wire = append(wire, '{')
	for name, v := range item {
		if wire[len(wire)-1] != '{' {
			wire = append(wire, ',')
		}
		wire = v.appendTo(append(appendString(wire, name), ':'))
	}
	return append(wire, '}')
}

func appendString(wire []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // every string can be written
	}
	return append(wire, quoted...)
}
