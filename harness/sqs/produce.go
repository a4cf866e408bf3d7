// Sending messages.

package sqs

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	largest        = 1 << 20 // bytes of a message, its attributes' names, types and values counted
	mostAttributes = 10
	quotas         = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
)

// producer sends to one queue.
type producer struct {
	queue      queue
	duplicates subscription.Duplicates
	closed     atomic.Bool
}

// Send returns nil once SQS has stored the message, or has taken it for one that it has stored.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	m, named, err := message(e, p.queue.fifo)
	if err != nil {
		return harness.Receipt{}, err
	}
	sent, may := p.duplicates.ID(p.queue.fifo, named, e.Body)
	if sent != "" {
		m.MessageDeduplicationId = aws.String(sent)
	}
	began := time.Now()
	r, err := p.queue.send(ctx, m)
	if err == nil && may != "" {
		r.Swallowed = p.duplicates.Swallowed(may, e.Key, r, began)
	}
	return r, err
}

func (p *producer) Close() error {
	p.closed.Store(true)
	p.queue.close()
	return nil
}

func (q queue) send(ctx context.Context, m *sqs.SendMessageInput) (harness.Receipt, error) {
	m.QueueUrl = aws.String(q.url)
	// What the SDK sends again to a FIFO queue has the same deduplication id.
	return account.Deliver(ctx, q.fifo, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := q.client.SendMessage(ctx, m)
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		return out.MessageId, out.ResultMetadata, nil
	})
}

// message returns the message that an event becomes, and the deduplication id that it names, or what of the event SQS
// would not take.
func message(e event.Event, fifo bool) (m *sqs.SendMessageInput, deduplication string, err error) {
	limits := subscription.Limits{Service: "SQS", Bytes: largest, Source: quotas, Attributes: mostAttributes, FIFO: fifo}
	if e, deduplication, err = limits.Message(e); err != nil {
		return nil, "", err
	}
	m = &sqs.SendMessageInput{MessageBody: aws.String(string(e.Body))}
	if e.Key != "" {
		m.MessageGroupId = aws.String(e.Key)
	}
	if len(e.Headers) > 0 {
		m.MessageAttributes = make(map[string]types.MessageAttributeValue, len(e.Headers))
	}
	for name, values := range e.Headers {
		m.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String(subscription.DataType),
			StringValue: aws.String(values[0])}
	}
	return m, deduplication, nil
}
