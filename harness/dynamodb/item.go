// The keys of items, and items as plain JSON.

package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// schema is the primary key of a table.
type schema struct {
	partition, sort keyAttribute // sort has no name where there is none
}

type keyAttribute struct {
	name   string
	number bool
}

// itemKey is the key of one item; equal keys are equal. Numbers are written in one way only.
type itemKey struct{ partition, sort string }

// schemaOf returns the schema of a table.
func schemaOf(table *types.TableDescription) (schema, error) {
	var s schema
	for _, element := range table.KeySchema {
		name := aws.ToString(element.AttributeName)
		kind := types.ScalarAttributeTypeS
		for _, d := range table.AttributeDefinitions {
			if aws.ToString(d.AttributeName) == name {
				kind = d.AttributeType
			}
		}
		if kind == types.ScalarAttributeTypeB {
			return schema{}, fmt.Errorf("the key %s is binary, and only text and numbers are known here", name)
		}
		attribute := keyAttribute{name: name, number: kind == types.ScalarAttributeTypeN}
		if element.KeyType == types.KeyTypeHash {
			s.partition = attribute
		} else {
			s.sort = attribute
		}
	}
	return s, nil
}

// newSchema returns the schema of a table if its key is the named attributes.
func newSchema(table *types.TableDescription, partition, sort string) (schema, error) {
	s, err := schemaOf(table)
	switch {
	case err != nil:
		return schema{}, err
	case s.partition.name != partition:
		return schema{}, fmt.Errorf("the partition key is %s: want key=%[1]s, got key=%s", s.partition.name, partition)
	case s.sort.name == "" && sort != "":
		return schema{}, fmt.Errorf("the table has no sort key, got sort=%s", sort)
	case s.sort.name != "" && sort == "":
		return schema{}, fmt.Errorf("the table has a sort key: add sort=%s", s.sort.name)
	case s.sort.name != sort:
		return schema{}, fmt.Errorf("the sort key is %s: want sort=%[1]s, got sort=%s", s.sort.name, sort)
	}
	return s, nil
}

// parse reads a key as a Wait has it: PARTITION, or PARTITION/SORT where the partition's value has no slash.
func (s schema) parse(text string) (itemKey, error) {
	if s.sort.name == "" {
		partition, err := s.partition.parse(text)
		return itemKey{partition: partition}, err
	}
	first, second, ok := strings.Cut(text, "/")
	if !ok {
		return itemKey{}, fmt.Errorf("the key %q is a value of %s alone, and an item has a %s as well: write "+
			"%[2]s/%[3]s, the values with a slash between",
			text, s.partition.name, s.sort.name)
	}
	partition, err := s.partition.parse(first)
	if err != nil {
		return itemKey{}, err
	}
	sort, err := s.sort.parse(second)
	return itemKey{partition, sort}, err
}

func (s schema) attributes(k itemKey) map[string]types.AttributeValue {
	attributes := map[string]types.AttributeValue{s.partition.name: s.partition.value(k.partition)}
	if s.sort.name != "" {
		attributes[s.sort.name] = s.sort.value(k.sort)
	}
	return attributes
}

// check returns an error for an item without the key of its table.
func (s schema) check(item map[string]types.AttributeValue) error {
	key := s.keyOf(item)
	switch {
	case key.partition == "":
		return fmt.Errorf("the item lacks %s, which is the table's partition key and %s", s.partition.name,
			s.partition.kind())
	case s.sort.name != "" && key.sort == "":
		return fmt.Errorf("the item lacks %s, which is the table's sort key and %s", s.sort.name, s.sort.kind())
	default:
		return nil
	}
}

func (s schema) keyOf(item map[string]types.AttributeValue) itemKey {
	k := itemKey{partition: s.partition.of(item)}
	if s.sort.name != "" {
		k.sort = s.sort.of(item)
	}
	return k
}

func (a keyAttribute) kind() string {
	if a.number {
		return "a number"
	}
	return "text"
}

func (a keyAttribute) parse(text string) (string, error) {
	switch {
	case text == "":
		return "", fmt.Errorf("the key %s is empty", a.name)
	case !a.number:
		return text, nil
	}
	n, ok := canonical(text)
	if !ok {
		return "", fmt.Errorf("the key %s is a number, got %q", a.name, text)
	}
	return n, nil
}

func (a keyAttribute) value(text string) types.AttributeValue {
	if a.number {
		return &types.AttributeValueMemberN{Value: text}
	}
	return &types.AttributeValueMemberS{Value: text}
}

// of returns the attribute's value in an item, "" where it is not there or of another type.
func (a keyAttribute) of(item map[string]types.AttributeValue) string {
	switch v := item[a.name].(type) {
	case *types.AttributeValueMemberS:
		if !a.number {
			return v.Value
		}
	case *types.AttributeValueMemberN:
		if n, ok := canonical(v.Value); a.number && ok {
			return n
		}
	}
	return ""
}

// canonical writes a number in the one way that all its spellings have in common. DynamoDB keeps 38 digits.
func canonical(number string) (string, bool) {
	const digits, bits = 38, 256
	f, _, err := big.ParseFloat(number, 10, bits, big.ToNearestEven)
	if err != nil || f.IsInf() {
		return "", false
	}
	if f.Sign() == 0 {
		return "0", true // DynamoDB knows no negative zero
	}
	return f.Text('g', digits), true
}

// plainJSON writes an item as an author would: numbers with all their digits, binary in base64, sets as sorted arrays.
// Equal items give equal bytes.
func plainJSON(item map[string]types.AttributeValue) ([]byte, error) {
	value, err := plain(&types.AttributeValueMemberM{Value: item})
	if err != nil {
		return nil, err
	}
	body, err := marshal(value)
	if err != nil {
		return nil, fmt.Errorf("item: %w", err)
	}
	return body, nil
}

// marshal writes JSON in which <, > and & stand as they are.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func plain(value types.AttributeValue) (any, error) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value, nil
	case *types.AttributeValueMemberN:
		return json.Number(v.Value), nil
	case *types.AttributeValueMemberB:
		return v.Value, nil
	case *types.AttributeValueMemberBOOL:
		return v.Value, nil
	case *types.AttributeValueMemberNULL:
		return nil, nil
	case *types.AttributeValueMemberSS:
		return slices.Sorted(slices.Values(v.Value)), nil
	case *types.AttributeValueMemberNS:
		numbers := make([]json.Number, 0, len(v.Value))
		for _, n := range v.Value {
			numbers = append(numbers, json.Number(n))
		}
		slices.Sort(numbers)
		return numbers, nil
	case *types.AttributeValueMemberBS:
		return slices.SortedFunc(slices.Values(v.Value), bytes.Compare), nil
	case *types.AttributeValueMemberL:
		list := make([]any, 0, len(v.Value))
		for _, element := range v.Value {
			e, err := plain(element)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		}
		return list, nil
	case *types.AttributeValueMemberM:
		object := make(map[string]any, len(v.Value))
		for name, member := range v.Value {
			m, err := plain(member)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			object[name] = m
		}
		return object, nil
	default:
		return nil, errors.New("an attribute of a kind that is not known")
	}
}
