//go:build aws

// An emulator of AWS, in which a test has a recorder deployed, and what there is to be recorded.

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	shards "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	topics "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/recorder"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// server is the emulator of all tests.
var server *emulator.Server

// The emulator asks the recorder's role whether it may do what it does.
func TestMain(m *testing.M) { os.Exit(emulator.Main(m, begin, emulator.Enforcing)) }

func begin(s *emulator.Server) {
	server = s
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.Endpoint(), "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
		"AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		os.Setenv(name, value)
	}
}

// cloud are the services of the emulator, and a subsystem in them that a test has made.
type cloud struct {
	config aws.Config
	ddb    *dynamodb.Client
	events *eventbridge.Client
	shards *kinesis.Client
	s3     *s3.Client
	sns    *sns.Client
	sqs    *sqs.Client

	name    string // of all that a test makes
	topic   string
	queue   string // its URL
	sources map[string]string
}

// newCloud returns a subsystem of a test's own, with an output of each kind, and the template's parameters for them.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text()[:8])
	a, err := account.Open(t.Context(), account.Settings{},
		func(aws.Config) *string { return aws.String(server.Endpoint()) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	c := &cloud{
		config: a.Config,
		ddb:    dynamodb.NewFromConfig(a.Config), events: eventbridge.NewFromConfig(a.Config),
		shards: kinesis.NewFromConfig(a.Config),
		s3:     s3.NewFromConfig(a.Config, func(o *s3.Options) { o.UsePathStyle = true }),
		sns:    sns.NewFromConfig(a.Config), sqs: sqs.NewFromConfig(a.Config), name: name,
	}
	c.sources = map[string]string{
		"EventBus": c.createBus(t), "EventSources": "acme.fulfilment,acme.returns", "TopicArn": c.createTopic(t),
		"QueueArn":  c.createQueue(t),
		"StreamArn": c.createStream(t), "TableStreamArn": c.createTable(t), "BucketName": c.createBucket(t),
		"Channels": fmt.Sprintf(`{"acme.fulfilment": "by bus", "acme.returns": "by bus", "%[1]s-topic": "by topic", "%[1]s-queue": "by queue", `+
			`"%[1]s-stream": "by stream", "%[1]s-table": "by table", "%[1]s-bucket": "by bucket"}`, name),
		"Correlation": `{"by topic": "orderId"}`,
	}
	return c
}

// must fails the test where what was made could not be.
func must[T any](t *testing.T) func(out T, err error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// made fails the test where what was to be made is not there. The SDK may have asked twice, and then it is there
// already.
func made(t *testing.T, err error) {
	t.Helper()
	if err != nil && !slices.Contains([]string{"ResourceAlreadyExistsException", "ResourceInUseException"},
		account.Code(err)) {
		t.Fatal(err)
	}
}

func (c *cloud) createBus(t *testing.T) string {
	_, err := c.events.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String(c.name + "-bus")})
	made(t, err)
	return c.name + "-bus"
}

func (c *cloud) createTopic(t *testing.T) string {
	out := must[*sns.CreateTopicOutput](t)(c.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(c.name +
		"-topic")}))
	c.topic = *out.TopicArn
	return c.topic
}

func (c *cloud) createQueue(t *testing.T) string {
	out := must[*sqs.CreateQueueOutput](t)(c.sqs.CreateQueue(t.Context(),
		&sqs.CreateQueueInput{QueueName: aws.String(c.name + "-queue")}))
	c.queue = *out.QueueUrl
	attributes := must[*sqs.GetQueueAttributesOutput](t)(c.sqs.GetQueueAttributes(t.Context(),
		&sqs.GetQueueAttributesInput{
			QueueUrl: out.QueueUrl, AttributeNames: []queues.QueueAttributeName{queues.QueueAttributeNameQueueArn},
		}))
	return attributes.Attributes["QueueArn"]
}

func (c *cloud) createStream(t *testing.T) string {
	name := aws.String(c.name + "-stream")
	_, err := c.shards.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)})
	made(t, err)
	if err := kinesis.NewStreamExistsWaiter(c.shards).Wait(t.Context(), &kinesis.DescribeStreamInput{StreamName: name},
		time.Minute); err != nil {
		t.Fatal(err)
	}
	out := must[*kinesis.DescribeStreamSummaryOutput](t)(c.shards.DescribeStreamSummary(t.Context(),
		&kinesis.DescribeStreamSummaryInput{StreamName: name}))
	return *out.StreamDescriptionSummary.StreamARN
}

func (c *cloud) createTable(t *testing.T) string {
	name := aws.String(c.name + "-table")
	_, err := c.ddb.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: name, BillingMode: ddb.BillingModePayPerRequest,
		KeySchema: []ddb.KeySchemaElement{{AttributeName: aws.String("orderId"), KeyType: ddb.KeyTypeHash}},
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("orderId"),
			AttributeType: ddb.ScalarAttributeTypeS}},
		StreamSpecification: &ddb.StreamSpecification{StreamEnabled: aws.Bool(true),
			StreamViewType: ddb.StreamViewTypeNewAndOldImages},
	})
	made(t, err)
	out := must[*dynamodb.DescribeTableOutput](t)(c.ddb.DescribeTable(t.Context(),
		&dynamodb.DescribeTableInput{TableName: name}))
	return *out.Table.LatestStreamArn
}

func (c *cloud) createBucket(t *testing.T) string {
	bucket := aws.String(c.name + "-bucket")
	must[*s3.CreateBucketOutput](t)(c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}))
	must[*s3.PutBucketNotificationConfigurationOutput](t)(c.s3.PutBucketNotificationConfiguration(t.Context(),
		&s3.PutBucketNotificationConfigurationInput{
			Bucket: bucket,
			NotificationConfiguration: &objects.NotificationConfiguration{
				EventBridgeConfiguration: &objects.EventBridgeConfiguration{},
			},
		}))
	return *bucket
}

// deploy returns the outputs of a stack from the template, with a recorder of the subsystem's outputs. more goes before
// the parameters for these. The emulator has no TLS.
func (c *cloud) deploy(t *testing.T, more map[string]string) map[string]string {
	t.Helper()
	stacks := must[*stack.Stacks](t)(stack.Open(t.Context()))
	defer stacks.Close()
	parameters := map[string]string{"RequireTLS": "false"}
	for _, set := range []map[string]string{c.sources, more} {
		for name, value := range set {
			parameters[name] = value
		}
	}
	outputs, _, err := stacks.Up(t.Context(), stack.Deployment{
		Stack: c.name, Template: recorder.Template(), Parameters: parameters,
		Code: func(ctx context.Context, architecture string) ([]byte, error) {
			program, err := stack.Build(ctx, architecture, "")
			if err != nil {
				return nil, err
			}
			return stack.Zip(program)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return outputs
}

// put sends an event to the bus.
func (c *cloud) put(t *testing.T, source, kind, detail string) {
	t.Helper()
	out := must[*eventbridge.PutEventsOutput](t)(c.events.PutEvents(t.Context(),
		&eventbridge.PutEventsInput{Entries: []eb.PutEventsRequestEntry{{
			EventBusName: aws.String(c.name + "-bus"), Source: aws.String(source), DetailType: aws.String(kind),
			Detail: aws.String(detail),
		}}}))
	if out.FailedEntryCount > 0 {
		t.Fatalf("got %+v", out.Entries)
	}
}

// publish sends a message to the topic.
func (c *cloud) publish(t *testing.T, message string, headers map[string]string) {
	t.Helper()
	attributes := make(map[string]topics.MessageAttributeValue)
	for name, value := range headers {
		attributes[name] = topics.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	must[*sns.PublishOutput](t)(c.sns.Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String(c.topic), Message: aws.String(message), MessageAttributes: attributes,
	}))
}

// send sends a message to the queue.
func (c *cloud) send(t *testing.T, message string, headers map[string]string) {
	t.Helper()
	if _, err := c.deliver(t.Context(), event.Event{Body: []byte(message), Headers: event.Headers(headers)}); err != nil &&
		!errors.Is(err, harness.ErrPerhapsTwice) {
		t.Fatal(err)
	}
}

// stream puts records into the stream, all at once.
func (c *cloud) stream(t *testing.T, key string, data ...string) {
	t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: aws.String(c.name + "-stream")}
	for _, d := range data {
		in.Records = append(in.Records, shards.PutRecordsRequestEntry{PartitionKey: aws.String(key), Data: []byte(d)})
	}
	out := must[*kinesis.PutRecordsOutput](t)(c.shards.PutRecords(t.Context(), in))
	if aws.ToInt32(out.FailedRecordCount) > 0 {
		t.Fatalf("got %+v", out.Records)
	}
}

// store puts an item of texts into the table.
func (c *cloud) store(t *testing.T, fields map[string]string) {
	t.Helper()
	item := make(map[string]ddb.AttributeValue)
	for name, value := range fields {
		item[name] = &ddb.AttributeValueMemberS{Value: value}
	}
	must[*dynamodb.PutItemOutput](t)(c.ddb.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(c.name +
		"-table"), Item: item}))
}

// upload puts an object into the bucket.
func (c *cloud) upload(t *testing.T, key string) {
	t.Helper()
	must[*s3.PutObjectOutput](t)(c.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(c.name + "-bucket"), Key: aws.String(key), Body: strings.NewReader("text"),
	}))
}

// patience is how long what was deployed may take; a machine that is busy takes some seconds.
const patience = time.Minute

// recorded returns the rows of a channel that are no canaries, once there are n.
func (c *cloud) recorded(t *testing.T, table, channel string, n int) []captures.Item {
	t.Helper()
	return c.await(t, table, channel, n, func(item captures.Item) bool { return item.Canary == "" })
}

// canary waits for a canary in a channel.
func (c *cloud) canary(t *testing.T, table, channel, id string) {
	t.Helper()
	c.await(t, table, channel, 1, func(item captures.Item) bool { return item.Canary == id })
}

// await returns the rows of a channel that are wanted, once there are n.
func (c *cloud) await(
	t *testing.T, table, channel string, n int, wanted func(captures.Item) bool,
) (items []captures.Item) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := poll.Until(ctx, func(ctx context.Context) (err error) {
		if items, err = c.rows(ctx, table, channel); err != nil {
			return err
		}
		if items = slices.DeleteFunc(items, func(item captures.Item) bool { return !wanted(item) }); len(items) < n {
			return fmt.Errorf("%d rows", len(items))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v; the emulator said:\n%s", channel, err, server.Output())
	}
	return items
}

// rows returns the rows of a channel, in the order of their times.
func (c *cloud) rows(ctx context.Context, table, channel string) ([]captures.Item, error) {
	out, err := c.ddb.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#channel = :channel"),
		ExpressionAttributeNames:  map[string]string{"#channel": captures.Channel},
		ExpressionAttributeValues: map[string]ddb.AttributeValue{":channel": &ddb.AttributeValueMemberS{Value: channel}},
	})
	if err != nil {
		return nil, err
	}
	items := make([]captures.Item, len(out.Items))
	for i, row := range out.Items {
		if items[i], err = captures.Unmarshal(row); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// deadLetter waits for a dead letter that contains all that is wanted.
func (c *cloud) deadLetter(t *testing.T, queue string, wanted ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := poll.Until(ctx, func(ctx context.Context) error {
		// All stay there for the next call.
		out, err := c.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), MaxNumberOfMessages: 10,
			VisibilityTimeout: 0})
		if err != nil {
			return err
		}
		var others []string
		for _, m := range out.Messages {
			missing := slices.ContainsFunc(wanted, func(text string) bool { return !strings.Contains(*m.Body, text) })
			if !missing {
				return nil
			}
			others = append(others, fmt.Sprintf("%.300s", *m.Body))
		}
		return fmt.Errorf("dead letters are %q", others)
	})
	if err != nil {
		t.Fatalf("no dead letter with %q: %v; the emulator said:\n%s", wanted, err, server.Output())
	}
}

// fields reads an object of JSON.
func fields(t *testing.T, text []byte) (object map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return object
}
