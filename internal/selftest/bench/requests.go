// Requests: what it costs, on AWS, that many scenarios wait. It needs the emulator of AWS that `make aws` installs.

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

const (
	// requestsWait is how long each scenario waits for what does not come, which costs the most.
	requestsWait = 20 * time.Second
	// requestsStep is how often a scenario of AWS's own sample looks.
	requestsStep = 2 * time.Second
	// requestsGoal is how many requests a scenario costs at the most, beside the loops.
	requestsGoal = 0.1
	// requestsLive is how long listeners may take to be live.
	requestsLive = time.Minute
)

// listened are the addresses that are listened to, by what a reader calls them.
var listened = []struct{ name, address string }{
	{"EventBridge", "eventbridge://bench?source=bench"},
	{"SNS", "sns://bench"},
	{"SQS, own", "sqs://bench?own=true"},
	{"SQS, depth", "sqs://bench-depth?depth=true"},
	{"Kinesis, one shard", "kinesis://bench"},
	{"S3, objects", "s3://bench-requests/in/"},
	{"DynamoDB, items by key", "dynamodb://bench?key=id"},
	{"DynamoDB, a table's stream", "dynamodb://bench?stream=true"},
	{"Step Functions", "stepfunctions://bench"},
}

func requests(ctx context.Context, l *lab) ([]figure, error) {
	if os.Getenv(emulator.Variable) == "" {
		fmt.Fprintf(l.progress, "requests: not measured, since %s names no emulator of AWS\n", emulator.Variable)
		return nil, nil
	}
	server, err := emulator.Start(ctx)
	if err != nil {
		return nil, err
	}
	figures, err := requestsAt(ctx, server.Endpoint(), l)
	return figures, errors.Join(err, server.Close())
}

func requestsAt(ctx context.Context, endpoint string, l *lab) (all []figure, err error) {
	client, err := provision(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	for _, scenarios := range []int{100, 1000} {
		fmt.Fprintf(l.progress, "requests: %d scenarios wait for %s\n", scenarios, requestsWait)
		counts := make([]int64, len(listened))
		errs := make([]error, len(listened)+1)
		var loops int64
		var running sync.WaitGroup
		for i, at := range listened {
			running.Go(func() { counts[i], errs[i] = requestsOf(ctx, at.address, endpoint, scenarios) })
		}
		running.Go(func() { loops, errs[len(listened)] = requestsOfLoops(ctx, client, scenarios) })
		running.Wait()
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		beside := float64(loops) / float64(scenarios)
		for i, at := range listened {
			name := fmt.Sprintf("%s: requests a scenario, %d waiting for %s, beside a loop in steps of %s in each", at.name,
				scenarios, requestsWait, requestsStep)
			all = append(all, told(name, float64(counts[i])/float64(scenarios),
				"requests").atMost(requestsGoal*beside).beside(beside))
		}
	}
	return all, nil
}

// requestsOf returns how many requests a listener makes while so many wait, and then ask it whether it is caught up.
func requestsOf(ctx context.Context, address, endpoint string, scenarios int) (int64, error) {
	var count atomic.Int64
	u, err := url.Parse(address)
	if err != nil {
		return 0, err
	}
	parameters := u.Query()
	parameters.Set("endpoint", endpoint)
	u.RawQuery = parameters.Encode()
	opening, cancel := context.WithTimeout(account.Observed(ctx, func(string) { count.Add(1) }), requestsLive)
	defer cancel()
	listener, err := transports.All().Listen(opening, u, nobody{})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", address, err)
	}
	defer listener.Close() //nolint:errcheck // what is measured is over
	count.Store(0)
	var releases []func()
	if w, ok := listener.(harness.Waiter); ok {
		until := time.Now().Add(requestsWait)
		for i := range scenarios {
			releases = append(releases, w.Await(harness.Wait{Until: until, Key: strconv.Itoa(i)}))
		}
	}
	if err := poll.Pause(ctx, requestsWait); err != nil {
		return 0, err
	}
	var asking sync.WaitGroup
	for range scenarios {
		asking.Go(func() {
			proving, cancel := context.WithTimeout(ctx, requestsLive)
			defer cancel()
			_ = listener.Sync(proving) // where no canary can go it refuses, which is no request
		})
	}
	asking.Wait()
	total := count.Load()
	for _, release := range releases {
		release()
	}
	return total, nil
}

// nobody takes what a listener sees.
type nobody struct{}

func (nobody) Capture(event.Event)             {}
func (nobody) Gap(time.Time, time.Time, error) {}
func (nobody) Canary(event.Event, time.Time)   {}
func (nobody) Gone(string, time.Time)          {}

// requestsOfLoops returns how many requests are made where each scenario looks for its own item.
func requestsOfLoops(ctx context.Context, client *dynamodb.Client, scenarios int) (int64, error) {
	var count atomic.Int64
	errs := make([]error, scenarios)
	var looping sync.WaitGroup
	for i := range scenarios {
		looping.Go(func() {
			for until := time.Now().Add(requestsWait); errs[i] == nil && time.Now().Before(until); {
				count.Add(1)
				_, errs[i] = client.GetItem(ctx, &dynamodb.GetItemInput{
					TableName: aws.String("bench"),
					Key:       map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: strconv.Itoa(i)}},
				})
				if errs[i] == nil {
					errs[i] = poll.Pause(ctx, requestsStep)
				}
			}
		})
	}
	looping.Wait()
	return count.Load(), errors.Join(errs...)
}

// provision makes what is listened to.
func provision(ctx context.Context, endpoint string) (*dynamodb.Client, error) {
	opened, err := account.Open(ctx, account.Settings{Endpoint: endpoint},
		func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		return nil, err
	}
	name := aws.String("bench")
	tables := dynamodb.NewFromConfig(opened.Config)
	queues := sqs.NewFromConfig(opened.Config)
	for _, provision := range []func() error{
		func() error {
			_, err := eventbridge.NewFromConfig(opened.Config).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: name})
			return err
		},
		func() error {
			_, err := sns.NewFromConfig(opened.Config).CreateTopic(ctx, &sns.CreateTopicInput{Name: name})
			return err
		},
		func() error {
			_, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: name})
			return err
		},
		func() error {
			_, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("bench-depth")})
			return err
		},
		func() error {
			_, err := kinesis.NewFromConfig(opened.Config).CreateStream(ctx,
				&kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)})
			return err
		},
		func() error {
			_, err := s3.NewFromConfig(opened.Config, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(ctx,
				&s3.CreateBucketInput{Bucket: aws.String("bench-requests")})
			return err
		},
		func() error {
			_, err := tables.CreateTable(ctx, &dynamodb.CreateTableInput{
				TableName: name, BillingMode: dynamodbtypes.BillingModePayPerRequest,
				AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{AttributeName: aws.String("id"),
					AttributeType: dynamodbtypes.ScalarAttributeTypeS}},
				KeySchema: []dynamodbtypes.KeySchemaElement{{AttributeName: aws.String("id"),
					KeyType: dynamodbtypes.KeyTypeHash}},
				StreamSpecification: &dynamodbtypes.StreamSpecification{StreamEnabled: aws.Bool(true),
					StreamViewType: dynamodbtypes.StreamViewTypeNewImage},
			})
			return err
		},
		func() error {
			_, err := sfn.NewFromConfig(opened.Config).CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
				Name: name, RoleArn: aws.String("arn:aws:iam::000000000000:role/bench"),
				Definition: aws.String(`{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`),
			})
			return err
		},
	} {
		if err := provision(); err != nil {
			return nil, err
		}
	}
	return tables, nil
}
