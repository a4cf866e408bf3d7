// Publishing to a topic.

package sns

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
)

// producer publishes to one topic.
type producer struct {
	topic      *topic
	addr       address
	duplicates subscription.Duplicates
	closed     atomic.Bool
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	t, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	return &producer{topic: t, addr: a, duplicates: subscription.Duplicates{ByContent: a.byContent}}, nil
}

// Send returns nil once the topic has accepted e, or has taken it for what it has accepted before.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	r, err := p.publish(ctx, e)
	if err != nil && !errors.Is(err, harness.ErrPerhapsTwice) {
		return r, fmt.Errorf("%s: %w", p.addr, err)
	}
	return r, err
}

func (p *producer) Close() error {
	if !p.closed.Swap(true) {
		p.topic.account.Close()
	}
	return nil
}

func (p *producer) publish(ctx context.Context, e event.Event) (harness.Receipt, error) {
	in, named, err := p.topic.message(e)
	if err != nil {
		return harness.Receipt{}, err
	}
	sent, may := p.duplicates.ID(p.topic.limits.FIFO, named, e.Body)
	if sent != "" {
		in.MessageDeduplicationId = aws.String(sent)
	}
	began := time.Now()
	r, err := p.topic.publish(ctx, in)
	if err == nil && may != "" {
		r.Swallowed = p.duplicates.Swallowed(may, e.Key, r, began)
	}
	return r, err
}

// message returns the message that e becomes, and the deduplication id that it names, or what of e SNS would not take.
func (t *topic) message(e event.Event) (in *sns.PublishInput, deduplication string, err error) {
	if e, deduplication, err = t.limits.Message(e); err != nil {
		return nil, "", err
	}
	in = &sns.PublishInput{TopicArn: aws.String(t.arn), Message: aws.String(string(e.Body))}
	if len(e.Headers) > 0 {
		in.MessageAttributes = make(map[string]types.MessageAttributeValue, len(e.Headers))
	}
	for name, values := range e.Headers {
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String(subscription.DataType),
			StringValue: aws.String(values[0])}
	}
	if e.Key != "" {
		in.MessageGroupId = aws.String(e.Key)
	}
	return in, deduplication, nil
}

// publish returns what Send does, but for what is swallowed.
func (t *topic) publish(ctx context.Context, in *sns.PublishInput) (harness.Receipt, error) {
	// What the SDK sends again to a FIFO topic has the same deduplication id.
	return account.Deliver(ctx, t.limits.FIFO, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := t.client.Publish(ctx, in)
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		return out.MessageId, out.ResultMetadata, nil
	})
}
