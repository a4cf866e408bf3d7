// Where what cannot be recorded is kept.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/recorder"
)

// maxDeadLetter is the most bytes of a record that a dead letter has whole. A message of SQS takes 1 MiB
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html), which its text may
// come near to where much of the record has to be escaped.
const maxDeadLetter = 128 << 10

// sender is what a dead-letter queue needs of a *sqs.Client.
type sender interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// deadLetterQueue keeps dead letters in a queue.
type deadLetterQueue struct {
	client sender
	url    string
	log    *slog.Logger
}

// keep returns nil once a dead letter is in the queue. A canary is in the log only: nothing is lost with it, and
// whoever sent it does not see it come back.
func (q deadLetterQueue) keep(ctx context.Context, l recorder.DeadLetter) error {
	q.log.ErrorContext(ctx, "not recorded", "reason", l.Reason, "canary", l.Canary, "bytes", len(l.Record))
	if l.Canary {
		return nil
	}
	text, err := write(l)
	if err != nil {
		return err
	}
	if _, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(q.url),
		MessageBody: aws.String(text)}); err != nil {
		return fmt.Errorf("queue %s: %w", q.url, err)
	}
	return nil
}

// write returns a dead letter as JSON: the reason, the length of the record, and the record as text, or its beginning.
func write(l recorder.DeadLetter) (string, error) {
	dead := struct {
		Reason string `json:"reason"`
		Bytes  int    `json:"bytes"`
		Record string `json:"record"`
	}{Reason: l.Reason.Error(), Bytes: len(l.Record), Record: string(l.Record[:min(len(l.Record), maxDeadLetter)])}
	text, err := json.Marshal(dead)
	return string(text), err
}
