//go:build aws

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	functions "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/harness/captures"
)

func TestWhateverASubsystemSendsOutIsRecordedInItsChannel(t *testing.T) {
	c := newCloud(t)
	outputs := c.deploy(t, nil)
	began := time.Now()

	c.put(t, "acme.fulfilment", "Order Shipped", `{"orderId":"o-1"}`)
	c.put(t, "acme.billing", "Order Paid", `{"orderId":"o-1"}`) // nobody asked for it
	c.publish(t, `{"orderId":"o-2"}`, map[string]string{"type": "order.shipped"})
	c.send(t, "order o-3", map[string]string{"type": "order.shipped"})
	c.stream(t, "o-4", `{"orderId":"o-4"}`)
	c.store(t, map[string]string{"orderId": "o-5"})
	c.upload(t, "day 1/o-6.txt")

	for channel, check := range map[string]func(body []byte, key string, headers map[string][]string) bool{
		"by bus": func(body []byte, _ string, _ map[string][]string) bool {
			return fields(t, body)["detail-type"] == "Order Shipped"
		},
		"by topic": func(body []byte, _ string, headers map[string][]string) bool {
			return string(body) == `{"orderId":"o-2"}` && slices.Equal(headers["type"], []string{"order.shipped"})
		},
		"by queue": func(body []byte, _ string, headers map[string][]string) bool {
			return string(body) == "order o-3" && slices.Equal(headers["type"], []string{"order.shipped"})
		},
		"by stream": func(body []byte, key string, _ map[string][]string) bool {
			return string(body) == `{"orderId":"o-4"}` && key == "o-4"
		},
		"by table": func(body []byte, _ string, _ map[string][]string) bool {
			return fields(t, body)["eventName"] == "INSERT"
		},
		"by bucket": func(body []byte, key string, _ map[string][]string) bool {
			return fields(t, body)["detail-type"] == "Object Created" && key == "day 1/o-6.txt"
		},
	} {
		items := c.recorded(t, outputs["TableName"], channel, 1)
		item := items[0]
		// The SDK may have sent one twice, which is none of the recorder's.
		if slices.ContainsFunc(items, func(item captures.Item) bool { return !check(item.Body, item.Key, item.Headers) }) {
			t.Errorf("%s: got %+v", channel, items)
		}
		if off := item.At.Sub(began); item.ID == "" || off < -2*time.Second || off > patience {
			t.Errorf("%s: %q at %s, and it was sent at %s", channel, item.ID, item.At, began)
		}
		if kept := item.ExpiresAt.Sub(item.Captured).Round(time.Minute); kept != 24*time.Hour {
			t.Errorf("%s: kept for %s", channel, kept)
		}
	}
	if items := c.recorded(t, outputs["TableName"], "by topic", 1); items[0].Correlation != "o-2" {
		t.Errorf("got %+v, want its correlation", items[0])
	}
}

func TestAPoisonedRecordIsADeadLetterAndHarmsNoOther(t *testing.T) {
	c := newCloud(t)
	outputs := c.deploy(t, map[string]string{"Channels": `{"acme.fulfilment": "by bus", "` + c.name +
		`-stream": "by stream"}`})
	table, queue := outputs["TableName"], outputs["DeadLetterQueueUrl"]

	large := `"` + strings.Repeat("x", 500_000) + `"` // more than a row takes
	c.stream(t, "o-1", `{"orderId":"o-1"}`, large, `{"orderId":"o-2"}`)
	c.put(t, "acme.returns", "Order Returned", `{"orderId":"o-3"}`) // of no channel
	c.put(t, "acme.fulfilment", "Order Shipped", `{"orderId":"o-4"}`)

	c.deadLetter(t, queue, "no channel for source", "acme.returns", "o-3")
	c.deadLetter(t, queue, "DynamoDB takes 409600 (400 KB) at most")
	for channel, want := range map[string][]string{"by stream": {`{"orderId":"o-1"}`, `{"orderId":"o-2"}`},
		"by bus": nil} {
		items := c.recorded(t, table, channel, max(len(want), 1))
		for i := range want {
			if string(items[i].Body) != want[i] {
				t.Errorf("%s: %d: got %s, want %s", channel, i, items[i].Body, want[i])
			}
		}
	}
}

func TestWhatDynamoDBRefusesForGoodEndsInTheDeadLetterQueueByLambdasRetries(t *testing.T) {
	c := newCloud(t)
	outputs := c.deploy(t, nil)
	must[*dynamodb.DeleteTableOutput](t)(c.ddb.DeleteTable(t.Context(),
		&dynamodb.DeleteTableInput{TableName: aws.String(outputs["TableName"])}))
	// The emulator retries what it is asked to invoke, and not what comes by a topic or a bus.
	must[*lambda.InvokeOutput](t)(lambda.NewFromConfig(c.config).Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(outputs["FunctionName"]), InvocationType: functions.InvocationTypeEvent,
		Payload: []byte(`{"id":"1","source":"acme.fulfilment","detail-type":"t","time":"2026-03-01T12:00:04Z","detail":{"orderId":"o-1"}}`),
	}))
	c.deadLetter(t, outputs["DeadLetterQueueUrl"], "ResourceNotFoundException", "o-1")
}

func TestInProductionOnlyWhatIsMarkedIsRecorded(t *testing.T) {
	c := newCloud(t)
	outputs := c.deploy(t, map[string]string{"Stage": "production"})
	marked := map[string]string{"Harken-Test": "1"}

	c.put(t, "acme.fulfilment", "Order Shipped", `{"orderId":"customer's"}`)
	c.put(t, "acme.fulfilment", "Order Shipped", `{"orderId":"test's","harkenTest":true}`)
	c.publish(t, "customer's", nil)
	c.publish(t, "test's", marked)
	c.send(t, "customer's", nil)
	c.send(t, "test's", marked)
	c.stream(t, "key", `{"orderId":"customer's"}`, "customer's, no JSON", `{"orderId":"test's","harkenTest":true}`)
	c.store(t, map[string]string{"orderId": "customer's"})
	c.store(t, map[string]string{"orderId": "test's", "harkenTest": "1"})
	c.upload(t, "customer's.txt")
	c.upload(t, "test's/harken-test/1.txt")

	c.put(t, "harken.canary."+c.name, "by topic", `{"harkenCanary":"c-1"}`)
	c.put(t, "harken.canary."+c.name, "by topic", `{"orderId":"customer's"}`)
	c.canary(t, outputs["TableName"], "by topic", "c-1")
	for _, channel := range []string{"by bus", "by topic", "by queue", "by stream", "by table", "by bucket"} {
		items := c.recorded(t, outputs["TableName"], channel, 1)
		if slices.ContainsFunc(items, func(item captures.Item) bool {
			return !strings.Contains(string(item.Body),
				"test's")
		}) {
			t.Errorf("%s: got %+v", channel, items)
		}
	}
}

// The emulator has no TLS, which is what the policy denies.
func TestTheDeadLetterQueueIsDeniedWithoutTLS(t *testing.T) {
	c := newCloud(t)
	queue := c.deploy(t, map[string]string{"RequireTLS": "true"})["DeadLetterQueueUrl"]
	_, err := c.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue)})
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("receiving from it says %v, want that access is denied", err)
	}
}

func TestWithoutTestResourcesThereIsOnlyWhatWasRecorded(t *testing.T) {
	c := newCloud(t)
	outputs := c.deploy(t, nil)
	c.publish(t, `{"orderId":"o-1"}`, nil)
	c.recorded(t, outputs["TableName"], "by topic", 1)

	without := c.deploy(t, map[string]string{"DeployTestResources": "false"})
	if got, want := slices.Sorted(maps.Keys(without)), []string{"DeadLetterQueueName", "DeadLetterQueueUrl",
		"TableName"}; !slices.Equal(got, want) {
		t.Errorf("puts out %v, want %v", got, want)
	}
	stacks := must[*stack.Stacks](t)(stack.Open(t.Context()))
	defer stacks.Close()
	var left []string
	for _, resource := range must[*stack.Status](t)(stacks.Status(t.Context(), c.name)).Resources {
		left = append(left, resource.Type)
	}
	slices.Sort(left)
	if want := []string{"AWS::DynamoDB::Table", "AWS::SQS::Queue"}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	if without["TableName"] != outputs["TableName"] {
		t.Errorf("the table is %s, and was %s", without["TableName"], outputs["TableName"])
	}
	before := len(c.recorded(t, outputs["TableName"], "by topic", 1))

	c.deploy(t, map[string]string{"DeployTestResources": "true"})
	c.publish(t, `{"orderId":"o-2"}`, nil)
	c.recorded(t, outputs["TableName"], "by topic", before+1)
}
