//go:build aws

// The conformance suite, on an emulator of AWS.

package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/captures"
	transport "github.com/harken-bdd/harken/harness/dynamodb"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

func TestStreamsConformOnTheEmulator(t *testing.T) {
	cloud := startCloud(t)
	table := cloud.Observe(transport.Transport())
	for _, parameters := range []url.Values{
		{"stream": {"true"}, "bound": {"0s"}}, // the emulator's stream has a change as soon as it was accepted
		{"stream": {"true"}, "bound": {"100ms"}},
	} {
		t.Run(parameters.Get("bound"), func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport: table,
				Address: func(t *testing.T) harnesstest.Address {
					name := newName(t)
					cloud.createOrders(t, name, withStream)
					return harnesstest.Address{
						URL:      cloud.Address(t, "dynamodb://"+name, parameters),
						Send:     cloud.sender(t, name),
						Consumer: func(t *testing.T) <-chan event.Event { return cloud.consume(t, name) },
						Cut:      cloud.Cut,
						Keyless:  true,
						JSON:     true,
						Unwrap:   sentIn,
						Largest:  largest,
						NoCanary: true,
						Remake:   cloud.remake(ordersIn(name, withStream)),
						Without: map[string]string{
							"Redeliver": "a stream is read by position, and nothing is acknowledged",
							"Trim":      "a stream keeps 24 hours, and nobody can delete from it",
							"Grow":      "shards are the service's own business",
							"Hide":      "a stream has what is committed",
							"Swallow":   "it is only listened to",
							"SendTyped": "records have no headers",
							"Backlog":   "readers of a stream keep no place on the server",
							"Leftovers": "readers of a stream make nothing on the server",
						},
						Bad: []string{"dynamodb://orders?stream=maybe", "dynamodb://orders?stream=true&sort=x",
							"dynamodb://orders?stream=true&canary=true"},
					}
				},
			})
		})
	}
	cloud.Needed(t, table, "dynamodb://orders?stream=true")
}

func TestCapturesConformOnTheEmulator(t *testing.T) {
	cloud := startCloud(t)
	var inputs inlets
	table := cloud.Observe(transport.Transport(inputs.transport()))
	harnesstest.Run(t, harnesstest.Subject{
		Transport: table,
		Address: func(t *testing.T) harnesstest.Address {
			name := newName(t)
			b := cloud.bridge(t, name)
			inputs.Store("orders", b)
			return harnesstest.Address{
				URL: cloud.Address(t, "dynamodb://"+name+"/shipments",
					url.Values{"canary": {"inlet://orders"}, "bound": {"0s"}}),
				Send:      b.send,
				Redeliver: b.again,
				Cut:       cloud.Cut,
				Remake: func(ctx context.Context) error {
					_, err := cloud.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(name)})
					return errors.Join(err, captures.CreateTable(ctx, cloud.client, name))
				},
				Largest: largest,
				Without: withoutInCaptures,
			}
		},
	})
	cloud.Needed(t, table, "dynamodb://captures/shipments")
}

func TestStateConformsOnTheEmulator(t *testing.T) {
	cloud := startCloud(t)
	table := cloud.Observe(transport.Transport())
	harnesstest.Run(t, harnesstest.Subject{
		Transport: table,
		Address: func(t *testing.T) harnesstest.Address {
			name := newName(t)
			cloud.createOrders(t, name)
			return harnesstest.Address{
				URL:     cloud.Address(t, "dynamodb://"+name, url.Values{"key": {"orderId"}}),
				Send:    cloud.putOrder(name),
				Remake:  cloud.remake(ordersIn(name)),
				Largest: largest,
				Without: map[string]string{
					"Delete":    "it is asked on Harken's own endpoint",
					"Leftovers": "a reader of a table makes nothing there",
				},
			}
		},
	})
	cloud.Needed(t, table, "dynamodb://orders?key=orderId")
}

func TestTablesConformOnTheEmulator(t *testing.T) {
	cloud := startCloud(t)
	table := cloud.Observe(transport.Transport())
	harnesstest.Run(t, harnesstest.Subject{
		Transport: table,
		Address: func(t *testing.T) harnesstest.Address {
			name := newName(t)
			cloud.createOrders(t, name)
			return harnesstest.Address{URL: cloud.Address(t, "dynamodb://"+name, url.Values{}), JSON: true}
		},
	})
	name := newName(t)
	cloud.createOrders(t, name)
	p, err := table.Produce(t.Context(), cloud.Address(t, "dynamodb://"+name, url.Values{}))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const number = "12345678901234567890.12345678901234567"
	e := event.Event{Key: "o-1", Body: []byte(`{"total":` + number + `,"lines":[{"sku":"a"}],"note":null}`)}
	if _, err := p.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	out, err := cloud.client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(name),
		Key:       map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: "o-1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := out.Item["total"].(*types.AttributeValueMemberN); !ok || n.Value != number || len(out.Item) != 4 {
		t.Errorf("got %+v", out.Item)
	}
	cloud.Needed(t, table, "dynamodb://orders")
}

func TestWhatDoesNotFitIsToldAtTheOpening(t *testing.T) {
	cloud := startCloud(t)
	name := newName(t)
	cloud.createOrders(t, name)
	table := cloud.Observe(transport.Transport())
	for _, c := range []struct {
		place      string
		parameters url.Values
		want       string
		wrong      bool // for good
	}{
		{name + "/shipments", url.Values{}, "it is no captures table: its key is orderId, not channel and at", true},
		{name, url.Values{"stream": {"true"}}, "the table has no stream: enable one", true},
		{"nowhere", url.Values{"stream": {"true"}}, "there is no table nowhere in this account and region", false},
	} {
		_, err := table.Listen(t.Context(), cloud.Address(t, "dynamodb://"+c.place, c.parameters), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, harness.ErrMisconfigured) != c.wrong {
			t.Errorf("%s: got %v, want %s", c.place, err, c.want)
		}
	}
}

// cloud is the DynamoDB of an emulator of AWS.
type cloud struct {
	*endpoint
	streams *dynamodbstreams.Client
	items   atomic.Int64
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	return &cloud{endpoint: reach(f), streams: dynamodbstreams.NewFromConfig(f.Fresh())}
}

func newName(t *testing.T) string { return account.OwnerOf(t.Context()).NewName() }

func withStream(in *dynamodb.CreateTableInput) {
	in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true),
		StreamViewType: types.StreamViewTypeNewAndOldImages}
}

// sender returns what puts bodies into items of their own, since an item that is put again unchanged is no change.
func (c *cloud) sender(t *testing.T, table string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	send := transport.SenderTo(t, c.client, table)
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		e.Key = fmt.Sprint(c.items.Add(1))
		return send(ctx, e)
	}
}

// sentIn returns what a sender put into the item of a change.
func sentIn(body []byte) []byte {
	var change struct {
		DynamoDB struct {
			NewImage json.RawMessage
		} `json:"dynamodb"`
	}
	if json.Unmarshal(body, &change) != nil {
		return body
	}
	value, err := untyped(fmt.Appendf(nil, `{"M":%s}`, change.DynamoDB.NewImage))
	if err != nil {
		return body
	}
	item, ok := value.(map[string]any)
	if !ok {
		return body
	}
	delete(item, "orderId")
	sent, err := json.Marshal(item)
	if err != nil {
		return body
	}
	return sent
}

// untyped reads a value in the JSON of DynamoDB, in which each says its type.
func untyped(raw json.RawMessage) (any, error) {
	var value struct {
		S    *string
		N    *json.Number
		BOOL *bool
		NULL bool
		L    []json.RawMessage
		M    map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, err
	}
	switch {
	case value.S != nil:
		return *value.S, nil
	case value.N != nil:
		return *value.N, nil
	case value.BOOL != nil:
		return *value.BOOL, nil
	case value.NULL:
		return nil, nil
	case value.L != nil:
		list := make([]any, len(value.L))
		for i := range value.L {
			var err error
			if list[i], err = untyped(value.L[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case value.M != nil:
		object := make(map[string]any)
		for name := range value.M {
			var err error
			if object[name], err = untyped(value.M[name]); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return nil, errors.New("it has no type")
}

// consume reads all of a stream, as the subsystem's own consumer would.
func (c *cloud) consume(t *testing.T, table string) <-chan event.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan event.Event, 1000)
	stopped := make(chan struct{})
	t.Cleanup(func() { cancel(); <-stopped })
	described, err := c.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	if err != nil {
		t.Fatal(err)
	}
	arn := described.Table.LatestStreamArn
	shards, err := c.streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	begun, err := c.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: arn, ShardId: shards.StreamDescription.Shards[0].ShardId,
		ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	iterator := begun.ShardIterator
	go func() {
		defer close(stopped)
		_ = poll.Until(ctx, func(ctx context.Context) error {
			out, err := c.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
			if err != nil {
				return err
			}
			for _, r := range out.Records {
				if n, ok := r.Dynamodb.NewImage["n"].(*streams.AttributeValueMemberS); ok {
					got <- event.Event{Body: fmt.Appendf(nil, `{"n":%q}`, n.Value)}
				}
			}
			iterator = out.NextShardIterator
			return errMore
		})
	}()
	return got
}

var errMore = errors.New("more may come")
