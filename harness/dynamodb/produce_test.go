package dynamodb

import (
	"context"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// producing returns a producer for a table with that key, as keyed has it, and the table.
func producing(t *testing.T, key ...string) (*producer, *table) {
	t.Helper()
	items := &table{description: keyed(key...)}
	p, err := openProducer(t.Context(), items, address{table: "orders"}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return p, items
}

func TestATableThatIsNotThereIsSaid(t *testing.T) {
	missing := &table{err: &types.ResourceNotFoundException{}}
	if _, err := openProducer(t.Context(), missing, address{table: "orders"}, func() {}); err == nil ||
		err.Error() != "there is no table orders in this account and region" {
		t.Errorf("got %v", err)
	}
}

func TestABodyIsPutAsAnItem(t *testing.T) {
	p, items := producing(t, "orderId", "S")
	body := `{"orderId":"o-1","total":12345678901234567890.10,"paid":false,"note":null,"lines":[{"sku":"a","n":1e2},[]],"empty":{}}`
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	want := attributes{
		"orderId": text("o-1"), "total": number("12345678901234567890.10"),
		"paid": &types.AttributeValueMemberBOOL{}, "note": &types.AttributeValueMemberNULL{Value: true},
		"lines": &types.AttributeValueMemberL{Value: []types.AttributeValue{
			&types.AttributeValueMemberM{Value: attributes{"sku": text("a"), "n": number("1e2")}},
			&types.AttributeValueMemberL{Value: []types.AttributeValue{}},
		}},
		"empty": &types.AttributeValueMemberM{Value: attributes{}},
	}
	if len(items.rows) != 1 || !reflect.DeepEqual(items.rows[0], want) {
		t.Errorf("got %+v", items.rows)
	}
}

func TestAPutThatChangesNothingIsSwallowedWhereTheTableHasAStream(t *testing.T) {
	const body = `{"orderId":"o-1","total":1.50,"paid":true,"note":null,"lines":[{"sku":"a"},2]}`
	for _, c := range []struct {
		name, first, again string
		streams, swallowed bool
	}{
		{"the same", body, body, true, true},
		{"the same number in another spelling", `{"orderId":"o-1","total":1.50}`, `{"orderId":"o-1","total":15e-1}`, true,
			true},
		{"another number", `{"orderId":"o-1","total":1.50}`, `{"orderId":"o-1","total":1.51}`, true, false},
		{"a text that reads as the number", `{"orderId":"o-1","total":1.5}`, `{"orderId":"o-1","total":"1.5"}`, true, false},
		{"a field more", `{"orderId":"o-1"}`, `{"orderId":"o-1","total":null}`, true, false},
		{"a field less", `{"orderId":"o-1","total":null}`, `{"orderId":"o-1"}`, true, false},
		{"deep inside", body, `{"orderId":"o-1","total":1.50,"paid":true,"note":null,"lines":[{"sku":"b"},2]}`, true, false},
		{"another item", `{"orderId":"o-1"}`, `{"orderId":"o-2"}`, true, false},
		{"a table without a stream holds what it is to hold", body, body, false, false},
	} {
		items := &table{description: keyed("orderId", "S")}
		items.description.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(c.streams)}
		p, err := openProducer(t.Context(), items, address{table: "orders"}, func() {})
		if err != nil {
			t.Fatal(err)
		}
		first, err := p.Send(t.Context(), event.Event{Body: []byte(c.first)})
		if err != nil || first.Swallowed != "" {
			t.Errorf("%s: got %+v, %v of the first one", c.name, first, err)
		}
		if r, err := p.Send(t.Context(), event.Event{Body: []byte(c.again)}); err != nil ||
			(r.Swallowed != "") != c.swallowed {
			t.Errorf("%s: got %+v, %v", c.name, r, err)
		}
	}
}

func TestAnEventsKeyIsTheItemsKey(t *testing.T) {
	p, items := producing(t, "orderId", "S", "line", "N")
	for _, e := range []event.Event{
		{Key: "o-1/2", Body: []byte(`{}`)},
		{Key: "o-1/2", Body: []byte(`{"line":2.0}`)},
		{Body: []byte(`{"orderId":"o-1","line":2}`)},
	} {
		if _, err := p.Send(t.Context(), e); err != nil {
			t.Errorf("%s: %v", e.Body, err)
		}
	}
	s := p.schema
	for _, item := range items.rows {
		if got := s.keyOf(item); got != (itemKey{"o-1", "2"}) {
			t.Errorf("got %+v", got)
		}
	}
}

func TestWhatIsNoItemIsRefusedBeforeItIsSent(t *testing.T) {
	p, items := producing(t, "orderId", "S")
	deep := `{"orderId":"o","a":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `}`
	for _, c := range []struct {
		event event.Event
		want  string
	}{
		{event.Event{Body: []byte("hello")}, "the body is not a JSON object, and an item is written as one"},
		{event.Event{Body: []byte("null")}, "the body is not a JSON object, and an item is written as one"},
		{event.Event{Body: []byte("{\"orderId\":\"\xff\"}")}, "the body is not UTF-8"},
		{event.Event{Body: []byte(`{"orderId":"o"} {}`)}, "something stands behind the JSON object"},
		{event.Event{Body: []byte(`{"id":"o"}`)}, "the item lacks orderId, which is the table's partition key and text"},
		{event.Event{Body: []byte(`{"orderId":1}`)}, "the item lacks orderId, which is the table's partition key and text"},
		{event.Event{Key: "o-2", Body: []byte(`{"orderId":"o-1"}`)}, "the event's key is o-2, and its body has another one"},
		{event.Event{Body: []byte(`{"orderId":"o"}`), Headers: event.Headers(map[string]string{"type": "x"})},
			"an item has no headers, got type"},
		{event.Event{Body: []byte(`{"orderId":"` + strings.Repeat("x", maxItem) + `"}`)},
			"item of 409607 bytes, and DynamoDB takes 409600 (400 KB) at most (" + quotas + ")"},
		{event.Event{Body: []byte(deep)}, "a: it is nested more than 32 levels deep"},
	} {
		_, err := p.Send(t.Context(), c.event)
		if err == nil || !strings.HasPrefix(err.Error(), "dynamodb orders: "+c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if len(items.rows) > 0 {
		t.Errorf("put %+v", items.rows)
	}
}

func TestAClosedProducerRefuses(t *testing.T) {
	released := 0
	items := &table{description: keyed("orderId", "S")}
	p, err := openProducer(t.Context(), items, address{table: "orders"}, func() { released++ })
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Close(), p.Close()); err != nil || released != 1 {
		t.Errorf("got %v, and released %d times", err, released)
	}
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{"orderId":"o"}`)}); !errors.Is(err, harness.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsListenedToIsNotProducedTo(t *testing.T) {
	for _, address := range []string{"dynamodb://orders?stream=true", "dynamodb://orders?key=id",
		"dynamodb://captures/orders"} {
		_, err := Transport().Produce(context.Background(), mustParse(t, address))
		if err == nil || !strings.Contains(err.Error(), "nothing is produced to what is listened to") {
			t.Errorf("%s: got %v", address, err)
		}
	}
	if _, err := Transport().Listen(context.Background(), mustParse(t, "dynamodb://orders"), nil); err == nil ||
		!strings.Contains(err.Error(), forms) {
		t.Errorf("got %v", err)
	}
}

func TestPermissionsAreThoseOfTheFormOfTheAddress(t *testing.T) {
	const table, stream = "arn:${Partition}:dynamodb:${Region}:${Account}:table/orders", "arn:${Partition}:dynamodb:${Region}:${Account}:table/orders/stream/*"
	for address, want := range map[string][]harness.Permission{
		"dynamodb://orders": {{Action: "dynamodb:DescribeTable", Resource: table},
			{Action: "dynamodb:PutItem", Resource: table}},
		"dynamodb://orders?key=orderId": {{Action: "dynamodb:DescribeTable", Resource: table},
			{Action: "dynamodb:BatchGetItem", Resource: table}},
		"dynamodb://orders/shipments": {{Action: "dynamodb:DescribeTable", Resource: table},
			{Action: "dynamodb:Query", Resource: table}},
		"dynamodb://orders?stream=true": {{Action: "dynamodb:DescribeTable", Resource: table},
			{Action: "dynamodb:DescribeStream", Resource: stream}, {Action: "dynamodb:GetShardIterator", Resource: stream},
			{Action: "dynamodb:GetRecords", Resource: stream}},
		"dynamodb://orders?stream=maybe": nil,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := Transport().Permissions(u); !slices.Equal(got, want) {
			t.Errorf("%s: got %v", address, got)
		}
	}
}
