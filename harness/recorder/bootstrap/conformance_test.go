//go:build aws

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/dynamodb"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/eventbridge"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// TestAQueueBehindARecorderConforms asks of a queue that is recorded all that is asked of a transport. Its canaries
// come by the bus. A topic would do as well, but the emulator stamps its messages to the second and says that it were
// milliseconds.
func TestAQueueBehindARecorderConforms(t *testing.T) {
	harnesstest.Run(t, harnesstest.Subject{
		Transport: dynamodb.Transport(eventbridge.Transport()),
		Address: func(t *testing.T) harnesstest.Address {
			c := newCloud(t)
			outputs := c.deploy(t, nil)
			way := emulator.At(t, server.Endpoint())
			return harnesstest.Address{
				URL: &url.URL{Scheme: "dynamodb", Host: outputs["TableName"], Path: "/by queue", RawQuery: url.Values{
					"canary": {outputs["CanaryAddress"] + "by queue"}, "bound": {"1s"}, "dlq": {outputs["DeadLetterQueueName"]},
					"endpoint": {way.Endpoint()},
				}.Encode()},
				Send: c.deliver,
				Redeliver: func(ctx context.Context, e event.Event) error {
					return c.deliverAgain(ctx, outputs["TableName"], outputs["FunctionName"], e)
				},
				Cut:     way.Cut,
				Keyless: true,
				Text:    true,
				Without: map[string]string{
					"Consumer":  "only runs read captures",
					"Backlog":   "only runs read captures",
					"Remake":    "it is asked where DynamoDB is Harken's own",
					"Trim":      "rows end by their time to live, days later",
					"Grow":      "a queue has no partitions",
					"Hide":      "a recorder writes without transactions",
					"Swallow":   "it is only listened to",
					"SendTyped": "types of attributes are asked for at a topic",
					"Leftovers": "a reader of a table makes nothing there",
					"Boundary":  "the recorder tries an event that it cannot write again and again, and nothing behind it is proved",
				},
				Largest: 390_000, // some of the 400 KB that DynamoDB takes as one item go to what is beside the body
			}
		},
	})
}

// deliver sends an event to the queue.
func (c *cloud) deliver(ctx context.Context, e event.Event) (r harness.Receipt, err error) {
	if _, err := e.Single(); err != nil {
		return r, err
	}
	attributes := make(map[string]queues.MessageAttributeValue)
	for name, values := range e.Headers {
		attributes[name] = queues.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(values[0])}
	}
	out, err := c.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(c.queue),
		MessageBody: aws.String(string(e.Body)), MessageAttributes: attributes})
	if err != nil {
		return r, err
	}
	return harness.Receipt{ID: aws.ToString(out.MessageId)}, account.PerhapsTwice(out.ResultMetadata)
}

// deliverAgain invokes the recorder with a message of the queue that it had before, as Lambda does where it does not
// know that the first time went well.
func (c *cloud) deliverAgain(ctx context.Context, table, function string, e event.Event) error {
	items, err := c.rows(ctx, table, "by queue")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(items, func(item captures.Item) bool { return string(item.Body) == string(e.Body) })
	if i < 0 {
		return fmt.Errorf("%.100s was never recorded", e.Body)
	}
	attributes := make(map[string]any)
	for name, values := range items[i].Headers {
		attributes[name] = map[string]string{"dataType": "String", "stringValue": values[0]}
	}
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventSource": "aws:sqs", "eventSourceARN": c.sources["QueueArn"], "messageId": items[i].ID,
		"body":              string(items[i].Body),
		"attributes":        map[string]string{"SentTimestamp": strconv.FormatInt(items[i].At.UnixMilli(), 10)},
		"messageAttributes": attributes,
	}}})
	if err != nil {
		return err
	}
	out, err := lambda.NewFromConfig(c.config).Invoke(ctx,
		&lambda.InvokeInput{FunctionName: aws.String(function), Payload: payload})
	if err == nil && out.FunctionError != nil {
		err = fmt.Errorf("%s: %s", *out.FunctionError, out.Payload)
	}
	return err
}
