package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	transport "github.com/harken-bdd/harken/harness/dynamodb"
	local "github.com/harken-bdd/harken/harness/embedded/dynamodb"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/recorder"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
	"github.com/harken-bdd/harken/internal/selftest/environment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// largest leaves some of the 400 KB that DynamoDB takes as one item to what is beside the body.
const largest = 390_000

func TestCapturesConform(t *testing.T) {
	environment.WithoutAWS(t)
	var inputs inlets
	harnesstest.Run(t, harnesstest.Subject{
		Transport: transport.Transport(inputs.transport()),
		Address: func(t *testing.T) harnesstest.Address {
			e := start(t)
			b := e.bridge(t, "captures")
			inputs.Store("orders", b) // Run asks one case after the other
			return harnesstest.Address{
				URL:       e.Address(t, "dynamodb://captures/shipments", url.Values{"canary": {"inlet://orders"}, "bound": {"0s"}}),
				Send:      b.send,
				Redeliver: b.again,
				Cut:       e.Cut,
				Remake: func(ctx context.Context) error {
					_, err := e.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String("captures")})
					return errors.Join(err, captures.CreateTable(ctx, e.client, "captures"))
				},
				Largest: largest,
				Without: withoutInCaptures,
				Bad: []string{
					"dynamodb://captures/shipments?canary=inlet://x&bound=5%20sec",
					"dynamodb://captures/shipments?bound=2s",
					"dynamodb://captures/shipments?canary=nowhere://x",
					"dynamodb://captures/shipments?endpoint=127.0.0.1:8000",
					"dynamodb://captures/shipments?region=",
					"dynamodb:///shipments",
				},
			}
		},
	})
}

// withoutInCaptures is what there is not where captures are read behind a recorder.
var withoutInCaptures = map[string]string{
	"Consumer":  "only runs read captures",
	"Backlog":   "only runs read captures",
	"Trim":      "rows end by their time to live, days later",
	"Grow":      "a table's partitions are not seen",
	"Hide":      "a recorder writes without transactions",
	"Swallow":   "it is only listened to",
	"SendTyped": "a recorder is given text",
	"Leftovers": "a reader of a table makes nothing there",
}

func TestStateConforms(t *testing.T) {
	environment.WithoutAWS(t)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: transport.Transport(),
		Address: func(t *testing.T) harnesstest.Address {
			e := start(t)
			e.createOrders(t, "orders")
			return harnesstest.Address{
				URL:     e.Address(t, "dynamodb://orders", url.Values{"key": {"orderId"}}),
				Send:    e.putOrder("orders"),
				Delete:  e.deleteOrder("orders"),
				Remake:  e.remake(ordersIn("orders")),
				Largest: largest,
				Without: map[string]string{"Leftovers": "a reader of a table makes nothing there"},
				Bad: []string{"dynamodb://orders?sort=line", "dynamodb://orders?key=orderId&canary=inlet://x",
					"dynamodb://o?key=orderId"},
			}
		},
	})
}

// endpoint is a DynamoDB, which listeners reach through a proxy that can be cut.
type endpoint struct {
	*emulator.Fixture
	client *dynamodb.Client // not through the proxy
}

func start(t *testing.T) *endpoint {
	t.Helper()
	server, err := local.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return reach(emulator.At(t, server.Endpoint()))
}

// reach returns the DynamoDB of a fixture.
func reach(f *emulator.Fixture) *endpoint { return &endpoint{f, dynamodb.NewFromConfig(f.Fresh())} }

// bridge feeds a recorder in order, as a stream does.
type bridge struct {
	recorder *recorder.Recorder

	mu   sync.Mutex
	sent []event.Event
}

func (e *endpoint) bridge(t *testing.T, table string) *bridge {
	t.Helper()
	if err := captures.CreateTable(t.Context(), e.client, table); err != nil {
		t.Fatal(err)
	}
	return &bridge{recorder: recorder.New(e.client, table, recorder.Options{})}
}

// send records an event as the next one of its source.
func (b *bridge) send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e.ID, e.Stamp = fmt.Sprintf("delivery-%d", len(b.sent)), time.Now()
	b.sent = append(b.sent, e.Clone())
	return harness.Receipt{ID: e.ID}, b.recorder.Record(ctx, "shipments", e)
}

// again records the delivery of an event once more.
func (b *bridge) again(ctx context.Context, e event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, sent := range b.sent {
		if string(sent.Body) == string(e.Body) {
			return b.recorder.Record(ctx, "shipments", sent)
		}
	}
	return fmt.Errorf("%s was never sent", e.Body)
}

// inlets are the inputs of recorders, *bridge by name.
type inlets struct{ sync.Map }

func (i *inlets) transport() harness.Transport {
	return harness.Transport{
		Scheme: "inlet",
		Check:  func(*url.URL) (harness.Traits, error) { return harness.Traits{Produce: true}, nil },
		Produce: func(_ context.Context, u *url.URL) (harness.Producer, error) {
			b, ok := i.Load(u.Host)
			if !ok {
				return nil, fmt.Errorf("no recorder at %s", u.Redacted())
			}
			return inlet{b.(*bridge)}, nil
		},
	}
}

type inlet struct{ *bridge }

func (i inlet) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	return i.send(ctx, e)
}
func (inlet) Close() error { return nil }

func (e *endpoint) createOrders(t *testing.T, table string, with ...func(*dynamodb.CreateTableInput)) {
	t.Helper()
	if _, err := e.client.CreateTable(t.Context(), ordersIn(table, with...)); err != nil {
		t.Fatal(err)
	}
}

// remake takes a table away and makes another one of the same name.
func (e *endpoint) remake(in *dynamodb.CreateTableInput) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if _, err := e.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: in.TableName}); err != nil {
			return err
		}
		_, err := e.client.CreateTable(ctx, in)
		return err
	}
}

func ordersIn(table string, with ...func(*dynamodb.CreateTableInput)) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   aws.String(table),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   []types.KeySchemaElement{{AttributeName: aws.String("orderId"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("orderId"),
			AttributeType: types.ScalarAttributeTypeS}},
	}
	for _, change := range with {
		change(in)
	}
	return in
}

// putOrder returns what stores a body's fields under an event's key.
func (e *endpoint) putOrder(table string) func(context.Context, event.Event) (harness.Receipt, error) {
	return func(ctx context.Context, order event.Event) (r harness.Receipt, err error) {
		var fields map[string]string
		if err := json.Unmarshal(order.Body, &fields); err != nil {
			return r, err
		}
		item := map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: order.Key}}
		for name, value := range fields {
			item[name] = &types.AttributeValueMemberS{Value: value}
		}
		_, err = e.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: item})
		return r, err
	}
}

// deleteOrder returns what deletes the item under a key.
func (e *endpoint) deleteOrder(table string) func(context.Context, string) error {
	return func(ctx context.Context, key string) error {
		_, err := e.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String(table),
			Key:       map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: key}},
		})
		return err
	}
}
