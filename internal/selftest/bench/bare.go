// The comparator of waiting: bare godog, with a loop in each step that asks for the step's own order.

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"github.com/harken-bdd/harken/harness/transports"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/cucumber/godog"
	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/support/system"
)

// every is how often a loop asks.
const every = 100 * time.Millisecond

// bare holds what the steps of all scenarios share.
type bare struct {
	js nats.JetStreamContext
	db *dynamodb.Client

	mu   sync.Mutex
	wall wall
}

// order is what a scenario has placed.
type order struct {
	id    string
	began time.Time // the scenario
}

type orderKey struct{}

func orderOf(ctx context.Context) *order {
	o, _ := ctx.Value(orderKey{}).(*order) // put there before each scenario
	return o
}

// godogWaits runs all scenarios at once.
func godogWaits(ctx context.Context, dir string) (results, error) {
	return bareWaits(ctx, dir, "features", waitingScenarios)
}

// godogWaitsInARow runs a few of the scenarios, one after the other.
func godogWaitsInARow(ctx context.Context, dir string) (results, error) {
	return bareWaits(ctx, dir, "row", 1)
}

func bareWaits(ctx context.Context, dir, features string, concurrency int) (_ results, err error) {
	s, err := startServers(ctx, dir)
	defer func() { err = errors.Join(err, s.stop()) }()
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(s.env["NATS_URL"])
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		return nil, err
	}
	b := &bare{js: js, db: client(s.env["AWS_ENDPOINT_URL_DYNAMODB"])}
	err = toFile(filepath.Join(dir, "godog.txt"), buffered(func(out io.Writer) error {
		return passed(godog.TestSuite{
			TestSuiteInitializer: b.register,
			Options: &godog.Options{
				Format: "progress", Output: out, Strict: true, Paths: []string{filepath.Join(dir, features)},
				Concurrency: concurrency, DefaultContext: ctx,
			},
		}.Run())
	}))
	if err != nil {
		return nil, err
	}
	return b.wall.results(), nil
}

func (b *bare) register(suite *godog.TestSuiteContext) {
	sc := suite.ScenarioContext()
	sc.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
		return context.WithValue(ctx, orderKey{}, &order{id: rand.Text(), began: time.Now()}), nil
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, err error) (context.Context, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wall.add(orderOf(ctx).began, time.Now())
		return ctx, nil
	})
	sc.Step(`^an "order placed" event is produced with:$`, b.place)
	sc.Step(`^an "order shipped" event appears within (\S+)$`, b.shipped)
}

func (b *bare) place(ctx context.Context, fields *godog.Table) error {
	body := strings.ReplaceAll(orderPlaced, "${id}", orderOf(ctx).id)
	for _, row := range fields.Rows {
		body = strings.TrimSuffix(body, "}") + fmt.Sprintf(", %q: %s}", row.Cells[0].Value, row.Cells[1].Value)
	}
	_, err := b.js.PublishMsg(&nats.Msg{
		Subject: "orders.placed", Header: nats.Header{"type": {"order.placed.v1"}}, Data: []byte(body),
	}, nats.Context(ctx))
	return err
}

func (b *bare) shipped(ctx context.Context, within string) error {
	limit, err := time.ParseDuration(within)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return ask(ctx, func() (bool, error) {
		out, err := b.db.GetItem(ctx, &dynamodb.GetItemInput{
			TableName:      aws.String("orders"),
			Key:            map[string]types.AttributeValue{"orderId": &types.AttributeValueMemberS{Value: orderOf(ctx).id}},
			ConsistentRead: aws.Bool(true),
		})
		if err != nil {
			return false, err
		}
		status, _ := out.Item["status"].(*types.AttributeValueMemberS)
		return status != nil && status.Value == "SHIPPED", nil
	})
}

// ask asks until the answer is yes.
func ask(ctx context.Context, there func() (bool, error)) error {
	again := time.NewTicker(every)
	defer again.Stop()
	for {
		if yes, err := there(); yes || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// started is what the reference subsystem needs, and the subsystem.
type started struct {
	env   map[string]string
	stops []func() error
}

// startServers starts what a run in the local profile has, but for the recorder. What was started has to be stopped
// also where there is an error.
func startServers(ctx context.Context, dir string) (*started, error) {
	s := &started{env: make(map[string]string)}
	for _, service := range transports.Services() {
		if service.Name == "recorder" {
			continue
		}
		running, err := service.Start(ctx, nil)
		if err != nil {
			return s, err
		}
		s.stops = append(s.stops, running.Stop)
		maps.Copy(s.env, running.Env)
	}
	env := os.Environ()
	for name, value := range s.env {
		env = append(env, name+"="+value)
	}
	p, err := system.Start(ctx, system.Spec{Command: []string{"./" + program}, Dir: dir, Env: env,
		Ready: "log: fulfilment: ready"})
	if err == nil {
		s.stops = append(s.stops, p.Stop)
	}
	return s, err
}

// stop stops them, the last first.
func (s *started) stop() error {
	var errs []error
	for _, stop := range slices.Backward(s.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// client returns a client of a local endpoint that keeps its connections open.
func client(endpoint string) *dynamodb.Client {
	const open = 64
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxConnsPerHost, t.MaxIdleConns, t.MaxIdleConnsPerHost = open, open, open
		}),
	})
}
