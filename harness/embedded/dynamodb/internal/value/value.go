// Package value holds DynamoDB's attribute values: what they are, how they are read and written, compared and measured,
// and what is refused. Values are never changed once they exist, so they can be shared without a lock.
package value

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Invalid is a validation error, in DynamoDB's own words.
type Invalid string

func (e Invalid) Error() string { return string(e) }

// Invalidf formats an Invalid.
func Invalidf(format string, args ...any) Invalid { return Invalid(fmt.Sprintf(format, args...)) }

// Type is the type of a value, as the wire names it.
type Type string

// The ten types that DynamoDB has.
const (
	String    Type = "S"
	Num       Type = "N"
	Binary    Type = "B"
	Bool      Type = "BOOL"
	Null      Type = "NULL"
	StringSet Type = "SS"
	NumberSet Type = "NS"
	BinarySet Type = "BS"
	List      Type = "L"
	Map       Type = "M"
)

// Value is one attribute value. Only the field that belongs to its type is set.
type Value struct {
	Type   Type
	Text   string  // of a String, and the bytes of a Binary
	Number Number  // of a Num
	Truth  bool    // of a Bool
	List   []Value // of a List; of a set its elements, which are of the set's element type and in ascending order
	Map    Item    // of a Map
}

// Item is a set of named values: a row of a table, or what a Map holds.
type Item map[string]Value

// FromNumber returns the value of type Num that is n.
func FromNumber(n Number) Value { return Value{Type: Num, Number: n} }

// IsSet says whether v is a set of strings, numbers or binaries.
func (v Value) IsSet() bool {
	return v.Type == StringSet || v.Type == NumberSet || v.Type == BinarySet
}

// Has says whether the set or list v contains element.
func (v Value) Has(element Value) bool {
	if !v.IsSet() {
		return slices.ContainsFunc(v.List, element.Equal)
	}
	if len(v.List) == 0 || v.List[0].Type != element.Type {
		return false
	}
	_, found := slices.BinarySearchFunc(v.List, element, Value.Compare)
	return found
}

// Union returns the set of all that is in v or in w, which are sets of one type.
func (v Value) Union(w Value) Value {
	v.List = slices.Concat(v.List, w.List)
	slices.SortFunc(v.List, Value.Compare)
	v.List = slices.CompactFunc(v.List, Value.Equal)
	return v
}

// Without returns the set of all that is in v and not in w, which are sets of one type. It may be empty, and DynamoDB
// keeps no empty set.
func (v Value) Without(w Value) Value {
	v.List = slices.DeleteFunc(slices.Clone(v.List), w.Has)
	return v
}

// Equal says whether v and w are of one type and the same.
func (v Value) Equal(w Value) bool {
	switch {
	case v.Type != w.Type:
		return false
	case v.IsSet(), v.Type == List:
		return slices.EqualFunc(v.List, w.List, Value.Equal)
	case v.Type == Map:
		return maps.EqualFunc(v.Map, w.Map, Value.Equal)
	default:
		return v.Text == w.Text && v.Number == w.Number && v.Truth == w.Truth
	}
}

// Ordered says whether values of type t can be compared by size.
func Ordered(t Type) bool { return t == String || t == Num || t == Binary }

// Compare orders two values of the same, ordered type: strings and binaries by their bytes, numbers by size.
func (v Value) Compare(w Value) int {
	if v.Type == Num {
		return v.Number.Compare(w.Number)
	}
	return strings.Compare(v.Text, w.Text)
}

// Scalar returns a string, the bytes of a binary, or a number in full.
func (v Value) Scalar() string {
	if v.Type == Num {
		return v.Number.String()
	}
	return v.Text
}

// Size returns how many bytes v counts for against DynamoDB's limits.
func (v Value) Size() int {
	switch v.Type {
	case String, Binary:
		return len(v.Text)
	case Num:
		digits, _ := v.Number.exact.Size()
		return (digits+1)/2 + 1
	case Map:
		return 3 + len(v.Map) + v.Map.Size()
	case List:
		size := 3 + len(v.List)
		for _, element := range v.List {
			size += element.Size()
		}
		return size
	case StringSet, NumberSet, BinarySet:
		size := 0
		for _, element := range v.List {
			size += element.Size()
		}
		return size
	default:
		return 1
	}
}

// Size returns how many bytes the item counts for: its names and its values.
func (item Item) Size() int {
	size := 0
	for name, v := range item {
		size += len(name) + v.Size()
	}
	return size
}

// maxDepth is how deep lists and maps may be nested in a value.
const maxDepth = 31

// CheckDepth refuses a value that is nested deeper than DynamoDB allows.
func (v Value) CheckDepth() error {
	if v.depth() > maxDepth {
		return Invalid("Nesting Levels have exceeded supported limits: " +
			"Attributes in the item have nested levels beyond supported limit")
	}
	return nil
}

func (v Value) depth() int {
	deepest := 0
	switch v.Type {
	case List:
		for _, element := range v.List {
			deepest = max(deepest, element.depth())
		}
	case Map:
		for _, element := range v.Map {
			deepest = max(deepest, element.depth())
		}
	default:
		return 0
	}
	return deepest + 1
}
