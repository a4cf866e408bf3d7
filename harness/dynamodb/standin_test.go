//go:build aws

// The conformance suite, on a stand-in of AWS.

package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	transport "github.com/harken-bdd/harken/harness/dynamodb"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

func TestStreamsConformOnAStandIn(t *testing.T) {
	amazon := startStandIn(t)
	table := transport.Transport(amazon.accounts(), nil)
	for _, parameters := range []url.Values{
		{"stream": {"true"}, "bound": {"0s"}}, // the stand-in's stream has a change as soon as it was accepted
		{"stream": {"true"}, "bound": {"100ms"}},
	} {
		t.Run(parameters.Get("bound"), func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport: table,
				Address: func(t *testing.T) harnesstest.Address {
					name := newName(t)
					amazon.createOrders(t, name, withStream)
					return harnesstest.Address{
						URL:      amazon.address(t, name, parameters),
						Send:     amazon.sender(t, name),
						Consumer: func(t *testing.T) <-chan event.Event { return amazon.consume(t, name) },
						Cut:      amazon.cut,
						Keyless:  true,
						JSON:     true,
						Unwrap:   sentIn,
						Largest:  largest,
						NoCanary: true,
						Bad:      []string{"dynamodb://orders?stream=maybe", "dynamodb://orders?stream=true&sort=x", "dynamodb://orders?stream=true&canary=true"},
					}
				},
			})
		})
	}
	amazon.needed(t, table, "dynamodb://orders?stream=true")
}

func TestCapturesConformOnAStandIn(t *testing.T) {
	amazon := startStandIn(t)
	var inputs inlets
	table := transport.Transport(amazon.accounts(), harness.Table{inputs.transport()})
	harnesstest.Run(t, harnesstest.Subject{
		Transport: table,
		Address: func(t *testing.T) harnesstest.Address {
			name := newName(t)
			b := amazon.bridge(t, name)
			inputs.Store("orders", b)
			return harnesstest.Address{
				URL:       amazon.address(t, name+"/shipments", url.Values{"canary": {"inlet://orders"}, "bound": {"0s"}}),
				Send:      b.send,
				Redeliver: b.again,
				Cut:       amazon.cut,
				Largest:   largest,
			}
		},
	})
	amazon.needed(t, table, "dynamodb://captures/shipments")
}

func TestStateConformsOnAStandIn(t *testing.T) {
	amazon := startStandIn(t)
	table := transport.Transport(amazon.accounts(), nil)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: table,
		Address: func(t *testing.T) harnesstest.Address {
			name := newName(t)
			amazon.createOrders(t, name)
			return harnesstest.Address{
				URL:     amazon.address(t, name, url.Values{"key": {"orderId"}}),
				Send:    amazon.putOrder(name),
				Largest: largest,
			}
		},
	})
	amazon.needed(t, table, "dynamodb://orders?key=orderId")
}

func TestTablesConformOnAStandIn(t *testing.T) {
	amazon := startStandIn(t)
	table := transport.Transport(amazon.accounts(), nil)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: table,
		Address: func(t *testing.T) harnesstest.Address {
			name := newName(t)
			amazon.createOrders(t, name)
			return harnesstest.Address{URL: amazon.address(t, name, url.Values{}), JSON: true}
		},
	})
	name := newName(t)
	amazon.createOrders(t, name)
	p, err := table.Produce(t.Context(), amazon.address(t, name, url.Values{}))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const number = "12345678901234567890.12345678901234567"
	e := event.Event{Key: "o-1", Body: []byte(`{"total":` + number + `,"lines":[{"sku":"a"}],"note":null}`)}
	if _, err := p.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	out, err := amazon.client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(name), Key: map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: "o-1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := out.Item["total"].(*types.AttributeValueMemberN); !ok || n.Value != number || len(out.Item) != 4 {
		t.Errorf("got %+v", out.Item)
	}
	amazon.needed(t, table, "dynamodb://orders")
}

func TestWhatDoesNotFitIsToldAtTheOpening(t *testing.T) {
	amazon := startStandIn(t)
	name := newName(t)
	amazon.createOrders(t, name)
	table := transport.Transport(amazon.accounts(), nil)
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
		_, err := table.Listen(t.Context(), amazon.address(t, c.place, c.parameters), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, harness.ErrMisconfigured) != c.wrong {
			t.Errorf("%s: got %v, want %s", c.place, err, c.want)
		}
	}
}

// amazon is the DynamoDB of a stand-in of AWS.
type amazon struct {
	*endpoint
	streams *dynamodbstreams.Client
	items   atomic.Int64

	mu       sync.Mutex
	observed []string // the actions of what goes through accounts
}

func startStandIn(t *testing.T) *amazon {
	t.Helper()
	transport.NothingConfigured(t)
	server, err := emulator.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	a := &amazon{endpoint: reach(t, server.Endpoint())}
	o := a.client.Options()
	a.streams = dynamodbstreams.New(dynamodbstreams.Options{
		BaseEndpoint: o.BaseEndpoint, Region: o.Region, Credentials: o.Credentials, HTTPClient: o.HTTPClient,
	})
	return a
}

func newName(t *testing.T) string { return account.OwnerOf(t.Context()).NewName() }

func (a *amazon) accounts() *account.Accounts {
	return &account.Accounts{Observe: func(action string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if !slices.Contains(a.observed, action) {
			a.observed = append(a.observed, action)
		}
	}}
}

// needed compares what was asked of AWS with what the transport says has to be allowed.
func (a *amazon) needed(t *testing.T, table harness.Transport, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, p := range table.Permissions(u) {
		allowed = append(allowed, p.Action)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.Sort(allowed)
	slices.Sort(a.observed)
	if !slices.Equal(a.observed, allowed) {
		t.Errorf("the actions asked for are %v, and %v are said to be needed", a.observed, allowed)
	}
}

func withStream(in *dynamodb.CreateTableInput) {
	in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}
}

// sender returns what puts bodies into items of their own, since an item that is put again unchanged is no change.
func (a *amazon) sender(t *testing.T, table string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	send := transport.SenderTo(t, a.client, table)
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		e.Key = fmt.Sprint(a.items.Add(1))
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
func (a *amazon) consume(t *testing.T, table string) <-chan event.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan event.Event, 1000)
	stopped := make(chan struct{})
	t.Cleanup(func() { cancel(); <-stopped })
	described, err := a.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	if err != nil {
		t.Fatal(err)
	}
	arn := described.Table.LatestStreamArn
	shards, err := a.streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	begun, err := a.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: arn, ShardId: shards.StreamDescription.Shards[0].ShardId, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	iterator := begun.ShardIterator
	go func() {
		defer close(stopped)
		_ = poll.Until(ctx, func(ctx context.Context) error {
			out, err := a.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
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
