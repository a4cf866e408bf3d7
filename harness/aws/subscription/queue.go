// Package subscription reads queues of SQS that nobody else reads: one that only a test reads, and one that is made for
// a run, to get a copy of all that a topic or a bus passes on. A Listener captures what comes into it. It promises
// nothing to other modules.
//
// # What is proved
//
// A Receiver takes all that a queue gives, in one request after the other, and SQS says neither that a queue is empty
// nor in which order it gives. So a Listener proves itself by canaries of its own: it sends one the way of the events,
// waits until it has come, and then as long as an earlier event may still come, the bound. One that comes later still
// breaks the bound: it is captured, and reported as a gap, since what was said before it came may be wrong.
//
// # What is left
//
// What is made for a run is tagged as the run's, and removed by Close. A queue that its run could not remove keeps what
// came for an hour, and is removed by whoever sweeps.
package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// keptFor is how long a message waits for its receiver: longer than a connection is down, and not for ever.
const keptFor = time.Hour

// fifo ends the names of FIFO queues, as those of FIFO topics.
const fifo = ".fifo"

// Source is what may send to a queue: one resource of one service.
type Source struct {
	Service string // as IAM's principal: "sns.amazonaws.com"
	ARN     string
}

// Queue is a queue of a run's own.
type Queue struct {
	Client *sqs.Client
	URL    string
	ARN    string
}

// Create makes a queue to which nobody but source can send, in the region and the account of source. It is a FIFO queue
// where source is FIFO.
func Create(ctx context.Context, a *account.Account, owner account.Owner, source Source) (*Queue, error) {
	from, err := arn.Parse(source.ARN)
	if err != nil {
		return nil, fmt.Errorf("queue for %s: %w", source.ARN, err)
	}
	name := owner.NewName()
	attributes := map[string]string{
		"MessageRetentionPeriod": fmt.Sprint(int(keptFor.Seconds())),
		"SqsManagedSseEnabled":   "true",
	}
	if strings.HasSuffix(source.ARN, fifo) {
		name += fifo
		attributes["FifoQueue"] = "true"
		attributes["DeduplicationScope"] = "messageGroup" // with the next one: as quick as the topic
		attributes["FifoThroughputLimit"] = "perMessageGroupId"
	}
	queue := arn.ARN{Partition: from.Partition, Service: "sqs", Region: from.Region, AccountID: from.AccountID,
		Resource: name}
	attributes["Policy"] = policy(queue.String(), source)
	client := sqs.NewFromConfig(a.Config)
	making, done := account.Making(ctx)
	defer done()
	made, err := client.CreateQueue(making, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes,
		Tags: owner.Tags()})
	if err != nil {
		return nil, fmt.Errorf("queue of the run's own: %w", account.Explain(err))
	}
	return &Queue{Client: client, URL: aws.ToString(made.QueueUrl), ARN: queue.String()}, nil
}

// policy allows a source, and nobody else from outside the account, to send to a queue.
func policy(queue string, source Source) string {
	type object map[string]any
	text, err := json.Marshal(object{
		"Version": "2012-10-17",
		"Statement": []object{{
			"Effect":    "Allow",
			"Principal": object{"Service": source.Service},
			"Action":    "sqs:SendMessage",
			"Resource":  queue,
			"Condition": object{"ArnEquals": object{"aws:SourceArn": source.ARN}},
		}},
	})
	if err != nil {
		panic(err) // texts are always JSON
	}
	return string(text)
}

// Remove deletes the queue and all that is in it.
func (q *Queue) Remove(ctx context.Context) error {
	if _, err := q.Client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String(q.URL)}); err != nil {
		return fmt.Errorf("remove queue %s: %w", q.ARN, account.Explain(err))
	}
	return nil
}

// Permissions returns what Create, Remove and a Receiver need.
func Permissions() []harness.Permission {
	var all []harness.Permission
	for _, action := range []string{"CreateQueue", "DeleteMessage", "DeleteQueue", "ReceiveMessage", "TagQueue"} {
		all = append(all, harness.Permission{Action: "sqs:" + action, Resource: account.ARN("sqs", account.NamePrefix+"*")})
	}
	return all
}

// Removal undoes what was made for a run.
type Removal []func(ctx context.Context) error

// Add has the removal undo one more thing, before all others.
func (r *Removal) Add(undo func(ctx context.Context) error) { *r = append(*r, undo) }

// Run undoes everything, the last thing first. What fails does not keep the rest from being undone.
func (r Removal) Run(ctx context.Context) error {
	var errs []error
	for _, undo := range slices.Backward(r) {
		errs = append(errs, undo(ctx))
	}
	return errors.Join(errs...)
}
