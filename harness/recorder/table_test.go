package recorder

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness/captures"
)

// table is a captures table in memory, with the one condition that the recorder puts.
type table struct {
	mu   sync.Mutex
	rows map[string]map[string]types.AttributeValue
	puts []string                       // the channel and id of every row that was written, in order
	fail func(item captures.Item) error // what a put of item fails with, if it fails
	mute bool                           // a failed condition does not say which row it met
}

func newTable() *table { return &table{rows: map[string]map[string]types.AttributeValue{}} }

func (t *table) PutItem(
	_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	item, err := captures.Unmarshal(in.Item)
	if err != nil {
		return nil, err
	}
	if t.fail != nil {
		if err := t.fail(item); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := item.Channel + " " + item.SortKey()
	if old, ok := t.rows[key]; ok && *in.ConditionExpression == "attribute_not_exists(#channel)" {
		failed := &types.ConditionalCheckFailedException{}
		if !t.mute && in.ReturnValuesOnConditionCheckFailure == types.ReturnValuesOnConditionCheckFailureAllOld {
			failed.Item = old
		}
		return nil, failed
	}
	t.rows[key] = in.Item
	t.puts = append(t.puts, item.Channel+" "+item.ID)
	return &dynamodb.PutItemOutput{}, nil
}

// items returns what is in the table, by channel and time.
func (t *table) items(tb testing.TB) []captures.Item {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	var items []captures.Item
	for _, key := range slices.SortedFunc(maps.Keys(t.rows), strings.Compare) {
		item, err := captures.Unmarshal(t.rows[key])
		if err != nil {
			tb.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

// now is the recorder's clock in tests: later than all that is in testdata.
var now = time.Date(2026, 3, 1, 12, 1, 0, 0, time.UTC)

// newRecorder returns a recorder of every source in testdata, whose clock stands still.
func newRecorder(client PutClient) *Recorder {
	return New(client, "captures", Options{
		Channels: Channels{
			"shipments":                 "by topic",
			"shipments-queue":           "by queue",
			"acme.fulfilment":           "by bus",
			"arn:aws:s3:::acme-exports": "by bucket",
			"shipments-stream":          "by stream",
			"orders":                    "by table",
			"*":                         "others",
		},
		Now:        func() time.Time { return now },
		Invocation: func(context.Context) string { return "request-1" },
	})
}
