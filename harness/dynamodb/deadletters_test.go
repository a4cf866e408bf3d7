package dynamodb

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// queue is a dead-letter queue in a bubble of time.
type queue struct {
	deadLetters []string
	err         error
	taken       bool // somebody hid a message
	asked       []time.Time
}

//nolint:revive // as the SDK has it
func (q *queue) GetQueueUrl(
	_ context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options),
) (*sqs.GetQueueUrlOutput, error) {
	return &sqs.GetQueueUrlOutput{QueueUrl: aws.String("https://queue/" + *in.QueueName)}, q.err
}

func (q *queue) ReceiveMessage(
	ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options),
) (*sqs.ReceiveMessageOutput, error) {
	q.asked = append(q.asked, time.Now())
	q.taken = q.taken || in.VisibilityTimeout != 0
	if q.err != nil {
		return nil, q.err
	}
	if len(q.deadLetters) == 0 {
		select {
		case <-time.After(time.Duration(in.WaitTimeSeconds) * time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return &sqs.ReceiveMessageOutput{}, nil
	}
	return &sqs.ReceiveMessageOutput{Messages: []queues.Message{{Body: aws.String(q.deadLetters[0])}}}, nil
}

// proving runs a test in a bubble, with the Sync of a listener that knows of the queue.
func proving(t *testing.T, q *queue, test func(t *testing.T, sync func() error)) {
	synctest.Test(t, func(t *testing.T) {
		dead, err := openDeadLetters(t.Context(), q, "lost")
		if err != nil {
			t.Fatal(err)
		}
		rows := &table{}
		l, err := listenToCaptures(t.Context(), rows, proved(), route{canary: &inlet{table: rows}, deadLetters: dead},
			&heard{}, none)
		if err != nil {
			t.Fatalf("the opening: %v; what was lost before leaves what comes to be seen", err)
		}
		defer l.Close()
		test(t, func() error { return l.Sync(t.Context()) })
	})
}

func TestAnEmptyDeadLetterQueueIsSeenAtTheEndOfTheBound(t *testing.T) {
	q := &queue{}
	proving(t, q, func(t *testing.T, sync func() error) {
		began := time.Now()
		if err := sync(); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(began); got < 2*time.Second || got >= 3*time.Second {
			t.Errorf("took %s, want the bound of 2s and not the look into the queue on top", got)
		}
		if len(q.asked) != 1 || q.taken {
			t.Errorf("asked %d times, hid %v", len(q.asked), q.taken)
		}
	})
}

func TestNothingIsProvedWhileThereIsADeadLetter(t *testing.T) {
	q := &queue{deadLetters: []string{`{"reason":"record 1 of 1: no channel for source \"returns\"","record":"{}"}`}}
	proving(t, q, func(t *testing.T, sync func() error) {
		const want = `dynamodb captures/shipments: the recorder's dead-letter queue lost is not empty, so what seems absent may be in there ` +
			`(record 1 of 1: no channel for source "returns"): read it and empty it`
		if err := sync(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		q.deadLetters[0] = `what a bus could not deliver`
		if err := sync(); err == nil || !strings.Contains(err.Error(), "(it was not even handled)") {
			t.Errorf("got %v", err)
		}
		q.deadLetters = nil
		if err := sync(); err != nil {
			t.Errorf("once it is empty: %v", err)
		}
	})
}

func TestNothingIsProvedWhereTheDeadLettersCannotBeSeen(t *testing.T) {
	q := &queue{}
	proving(t, q, func(t *testing.T, sync func() error) {
		q.err = errors.New("no connection")
		if err := sync(); !errors.Is(err, q.err) {
			t.Errorf("got %v", err)
		}
	})
	q = &queue{err: &smithy.GenericAPIError{Code: "QueueDoesNotExist"}}
	if _, err := openDeadLetters(t.Context(), q, "lost"); !errors.Is(err, q.err) ||
		!strings.HasPrefix(err.Error(), "dead-letter queue lost: ") {
		t.Errorf("got %v", err)
	}
}

func TestTheDeadLetterQueueOfAnAddress(t *testing.T) {
	a, err := parse(mustParse(t, "dynamodb://captures/shipments?canary=sns://orders&dlq=lost"))
	if err != nil || a.deadLetters != "lost" {
		t.Errorf("got %+v, %v", a, err)
	}
	var actions []string
	for _, p := range a.permissions() {
		if strings.HasSuffix(p.Resource, ":lost") {
			actions = append(actions, p.Action)
		}
	}
	if got := strings.Join(actions, " "); got != "sqs:GetQueueUrl sqs:ReceiveMessage" {
		t.Errorf("needs %s", got)
	}
	for bad, want := range map[string]string{
		"dynamodb://captures/shipments?dlq=lost":                                     "there is no canary=",
		"dynamodb://captures/shipments?canary=sns://orders&dlq=arn:aws:sqs:r:1:lost": "is no name of a queue",
		"dynamodb://captures/shipments?canary=sns://orders&dlq=https://host/1/lost":  "is no name of a queue",
		"dynamodb://orders?stream=true&dlq=lost":                                     `no parameter "dlq"`,
	} {
		if _, err := parse(mustParse(t, bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", bad, err, want)
		}
	}
}
