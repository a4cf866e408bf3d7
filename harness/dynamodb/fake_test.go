package dynamodb

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// attributes are an item.
type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

// SenderTo returns what puts events into a table as a producer does, by a test's own client.
func SenderTo(
	t *testing.T, c *dynamodb.Client, table string,
) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	p, err := openProducer(t.Context(), c, address{table: table}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return p.Send
}

// table is a DynamoDB with one table, for tests without a network.
type table struct {
	description types.TableDescription
	page        int // rows that one Query returns; 0 for all
	batch       int // items that one BatchGetItem returns; 0 for all

	mu       sync.Mutex
	rows     []attributes
	err      error // of every request
	requests int
	queries  []query
}

// query is when a Query was asked, and from which sort key on.
type query struct {
	at   time.Time
	from string
}

func (t *table) put(rows ...attributes) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, rows...)
}

// hold replaces all rows.
func (t *table) hold(rows ...attributes) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = rows
}

func (t *table) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

func (t *table) Query(
	_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if t.err != nil {
		return nil, t.err
	}
	at := func(row attributes) string { return row[captures.At].(*types.AttributeValueMemberS).Value }
	from := in.ExpressionAttributeValues[":from"].(*types.AttributeValueMemberS).Value
	t.queries = append(t.queries, query{time.Now(), from})
	var found []attributes
	for _, row := range t.rows {
		if at(row) >= from && (in.ExclusiveStartKey == nil || at(row) > at(in.ExclusiveStartKey)) {
			found = append(found, maps.Clone(row))
		}
	}
	slices.SortFunc(found, func(a, b attributes) int {
		if at(a) < at(b) {
			return -1
		}
		return 1
	})
	out := &dynamodb.QueryOutput{Items: found}
	if t.page > 0 && len(found) > t.page {
		out.Items = found[:t.page]
		out.LastEvaluatedKey = found[t.page-1]
	}
	return out, nil
}

func (t *table) BatchGetItem(
	_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.BatchGetItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if t.err != nil {
		return nil, t.err
	}
	asked := in.RequestItems["orders"]
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]attributes{}}
	if rest := asked.Keys; t.batch > 0 && len(rest) > t.batch {
		asked.Keys = rest[:t.batch]
		out.UnprocessedKeys = map[string]types.KeysAndAttributes{"orders": {Keys: rest[t.batch:],
			ConsistentRead: asked.ConsistentRead}}
	}
	schema := t.schema()
	for _, row := range t.rows {
		for _, key := range asked.Keys {
			if schema.keyOf(row) == schema.keyOf(key) {
				out.Responses["orders"] = append(out.Responses["orders"], maps.Clone(row))
			}
		}
	}
	return out, nil
}

// PutItem adds an item, whatever is there already, and returns the last one with its key where it is asked for.
func (t *table) PutItem(
	_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	out := &dynamodb.PutItemOutput{}
	t.mu.Lock()
	schema := t.schema()
	for _, row := range t.rows {
		if in.ReturnValues == types.ReturnValueAllOld && schema.keyOf(row) == schema.keyOf(in.Item) {
			out.Attributes = row
		}
	}
	t.mu.Unlock()
	t.put(in.Item)
	return out, nil
}

func (t *table) schema() schema {
	var names [2]string
	for i, element := range t.description.KeySchema {
		names[i] = *element.AttributeName
	}
	s, err := newSchema(&t.description, names[0], names[1])
	if err != nil {
		panic(err) // a test's own table
	}
	return s
}

func (t *table) DescribeTable(
	context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options),
) (*dynamodb.DescribeTableOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &dynamodb.DescribeTableOutput{Table: &t.description}, t.err
}

// asked returns how many requests there were since the last call.
func (t *table) asked() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.requests
	t.requests = 0
	return n
}

// queried returns which Queries there were since the last call.
func (t *table) queried() []query {
	t.mu.Lock()
	defer t.mu.Unlock()
	queries := t.queries
	t.queries = nil
	return queries
}

// pass lets d go by in a bubble, and all that happens in it happen.
func pass(t *testing.T, d time.Duration) {
	if err := poll.Pause(t.Context(), d); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}

// heard is a Sink that remembers.
type heard struct {
	mu       sync.Mutex
	captures []event.Event
	gone     []string // keys
	gaps     []gap
	canaries []canary
}

type canary struct {
	event event.Event
	sent  time.Time
}

type gap struct {
	from, to time.Time
	cause    error
}

func (h *heard) Capture(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.captures = append(h.captures, e)
}

func (h *heard) Gone(key string, _ time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone = append(h.gone, key)
}

func (h *heard) Canary(e event.Event, sent time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.canaries = append(h.canaries, canary{e, sent})
}

func (h *heard) Gap(from, to time.Time, cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gaps = append(h.gaps, gap{from, to, cause})
}

// returned returns what was heard of canaries.
func (h *heard) returned() []canary {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.canaries)
}

// take returns what was heard since the last call.
func (h *heard) take() ([]event.Event, []gap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	captures, gaps := h.captures, h.gaps
	h.captures, h.gaps = nil, nil
	return captures, gaps
}

// ids returns the ids of what was captured since the last call.
func (h *heard) ids() []string {
	events, _ := h.take()
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}
