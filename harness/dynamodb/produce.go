// Sending to a table: an event is put as an item.

package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

// maxItem is how many bytes DynamoDB stores as one item, its attributes' names included; maxDepth is how deep values
// lie in each other; quotas is where it says so.
const (
	maxItem  = 400 << 10
	maxDepth = 32
	quotas   = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"
)

// producer puts items into a table.
type producer struct {
	client  client
	addr    address
	schema  schema
	streams bool // the table has a stream
	closed  atomic.Bool
	release func()
}

// openProducer returns a producer, whose Close ends with release. It fails where the table cannot be described.
func openProducer(ctx context.Context, c client, a address, release func()) (*producer, error) {
	table, err := describe(ctx, c, a.table)
	if err != nil {
		return nil, err
	}
	s, err := schemaOf(table)
	if err != nil {
		return nil, err
	}
	return &producer{client: c, addr: a, schema: s, streams: hasStream(table), release: release}, nil
}

// unchanged is why a put that changes nothing is swallowed.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
const unchanged = "the table has the same item already, and its stream tells nothing of a write that changes nothing"

func hasStream(table *types.TableDescription) bool {
	return table.StreamSpecification != nil && aws.ToBool(table.StreamSpecification.StreamEnabled)
}

// Send puts the item that e is, and returns nil once DynamoDB has stored it. To put it twice undoes what the system has
// made of it in between.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	item, err := p.item(e)
	if err != nil {
		return harness.Receipt{}, fmt.Errorf("%s: %w", p.addr, err)
	}
	in := &dynamodb.PutItemInput{TableName: aws.String(p.addr.table), Item: item}
	if p.streams {
		in.ReturnValues = types.ReturnValueAllOld
	}
	same := false
	r, err := account.Deliver(ctx, false, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := p.client.PutItem(ctx, in)
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		same = equalItems(item, out.Attributes)
		return nil, out.ResultMetadata, nil // the stream's record of it has an identity that is not told here
	})
	if err != nil {
		return r, fmt.Errorf("%s: %w", p.addr, err)
	}
	if same {
		r.Swallowed = unchanged
	}
	return r, nil
}

// Close ends the producer. It may be called twice.
func (p *producer) Close() error {
	if !p.closed.Swap(true) {
		p.release()
	}
	return nil
}

func (p *producer) item(e event.Event) (map[string]types.AttributeValue, error) {
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		if header != harness.CanaryHeader {
			return nil, fmt.Errorf("an item has no headers, got %s", header)
		}
	}
	item, err := itemOf(e.Body)
	if err != nil {
		return nil, err
	}
	if e.Key != "" {
		key, err := p.schema.parse(e.Key)
		if err != nil {
			return nil, err
		}
		for name, value := range p.schema.attributes(key) {
			if _, there := item[name]; !there {
				item[name] = value
			}
		}
		if p.schema.keyOf(item) != key {
			return nil, fmt.Errorf("the event's key is %s, and its body has another one", e.Key)
		}
	}
	if err := p.schema.check(item); err != nil {
		return nil, err
	}
	if size := sizeOf(item); size > maxItem {
		return nil, fmt.Errorf("item of %d bytes, and DynamoDB takes %d (400 KB) at most (%s)", size, maxItem, quotas)
	}
	return item, nil
}

// itemOf reads an item as an author writes it: plain JSON, the numbers of which keep all their digits.
func itemOf(body []byte) (map[string]types.AttributeValue, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("the body is not UTF-8, and an item is written as a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil || fields == nil {
		return nil, errors.Join(errors.New("the body is not a JSON object, and an item is written as one"), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the JSON object that the body is")
	}
	item := make(map[string]types.AttributeValue, len(fields))
	for name, field := range fields {
		value, err := attributeOf(field, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		item[name] = value
	}
	return item, nil
}

// attributeOf returns a field of JSON, which lies in depth others, as DynamoDB has it.
func attributeOf(field any, depth int) (types.AttributeValue, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep, and DynamoDB stores no more", maxDepth)
	}
	switch v := field.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}, nil
	case string:
		return &types.AttributeValueMemberS{Value: v}, nil
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}, nil
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i := range v {
			var err error
			if list[i], err = attributeOf(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	case map[string]any:
		object := make(map[string]types.AttributeValue, len(v))
		for name, member := range v {
			var err error
			if object[name], err = attributeOf(member, depth+1); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		return &types.AttributeValueMemberM{Value: object}, nil
	default:
		return nil, fmt.Errorf("JSON has no %T", field)
	}
}

// sizeOf counts the bytes of an item as DynamoDB documents it, for the kinds of attributes that JSON has.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func sizeOf(item map[string]types.AttributeValue) int {
	size := 0
	for name, value := range item {
		size += len(name) + sizeOfValue(value)
	}
	return size
}

func sizeOfValue(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberL:
		size := 3
		for _, element := range v.Value {
			size += 1 + sizeOfValue(element)
		}
		return size
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + sizeOf(v.Value)
	default:
		return 1
	}
}
