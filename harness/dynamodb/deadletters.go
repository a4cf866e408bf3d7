// What a recorder could not record.

package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/account"
)

// peek is how long a recorder's dead-letter queue is looked into: SQS asks all of its servers where it may wait, and it
// waits for whole seconds.
const peek = time.Second

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// deadLetterClient is what is needed of a *sqs.Client.
type deadLetterClient interface {
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
}

// deadLetters is the dead-letter queue of a recorder.
type deadLetters struct {
	client deadLetterClient
	name   string
	url    string
}

// openDeadLetters returns the queue of that name.
func openDeadLetters(ctx context.Context, client deadLetterClient, name string) (*deadLetters, error) {
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		return nil, fmt.Errorf("dead-letter queue %s: %w", name, account.Explain(err))
	}
	return &deadLetters{client: client, name: name, url: aws.ToString(out.QueueUrl)}, nil
}

// none returns nil if nothing was in the queue for the time of a peek, after which it returns. A dead letter stays
// where it is, at once to be seen by everybody else; the queue is Harken's own and passes nothing on that was received
// often.
func (d *deadLetters) none(ctx context.Context) error {
	out, err := d.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(d.url), WaitTimeSeconds: int32(peek / time.Second), VisibilityTimeout: 0, MaxNumberOfMessages: 1,
	})
	if err != nil {
		return fmt.Errorf("dead-letter queue %s: %w", d.name, account.Explain(err))
	}
	if len(out.Messages) == 0 {
		return nil
	}
	var dead struct{ Reason string }
	// one that a service has put there says no reason
	_ = json.Unmarshal([]byte(aws.ToString(out.Messages[0].Body)), &dead)
	if dead.Reason == "" {
		dead.Reason = "it was not even handled"
	}
	return fmt.Errorf("the recorder's dead-letter queue %s is not empty, so what seems absent may be in there (%s): "+
		"read it and empty it", d.name, dead.Reason)
}
