// Listening to a topic, by a queue of the run's own that is subscribed to it.

package sns

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
)

// errMute is why a Sync without canaries proves nothing.
var errMute = errors.New("absence cannot be proved: a message may still be on its way, and only a canary tells, " +
	"which every subscriber of the topic would get (allow it by canary=true, where subscribers can bear a message with " +
	"the attribute " +
	harness.CanaryHeader + ", or leave it out by a filter policy)")

func listen(ctx context.Context, a address, s harness.Sink) (_ harness.Listener, err error) {
	t, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	owner := account.OwnerOf(ctx)
	removal := subscription.Removal{func(context.Context) error { t.account.Close(); return nil }}
	queue, err := t.feed(ctx, owner, &removal)
	if err != nil {
		removing, done := account.Removing(ctx)
		defer done()
		return nil, errors.Join(err, owner.Left(removal.Run(removing)))
	}
	feed := subscription.Feed{
		Client: queue.Client, Queue: queue.URL, Read: read, Bound: a.bound,
		Remove: func(ctx context.Context) error { return owner.Left(removal.Run(ctx)) },
		Mute:   fmt.Errorf("%s: %w", a, errMute),
	}
	if a.canary {
		feed.Canary = func(ctx context.Context, id string) error {
			_, err := (&producer{topic: t}).publish(ctx, harness.Canary(id))
			return err
		}
	}
	return subscription.Listen(ctx, feed, s)
}

// feed makes a queue and subscribes it. removal undoes what was made, also after an error.
func (t *topic) feed(
	ctx context.Context, owner account.Owner, removal *subscription.Removal,
) (*subscription.Queue, error) {
	queue, err := subscription.Create(ctx, t.account, owner, subscription.Source{Service: "sns.amazonaws.com", ARN: t.arn})
	if err != nil {
		return nil, err
	}
	removal.Add(queue.Remove)
	making, done := account.Making(ctx)
	defer done()
	made, err := t.client.Subscribe(making, &sns.SubscribeInput{
		TopicArn: aws.String(t.arn), Protocol: aws.String("sqs"), Endpoint: aws.String(queue.ARN),
		Attributes: map[string]string{"RawMessageDelivery": "false"}, ReturnSubscriptionArn: true,
	})
	if err != nil {
		return nil, fmt.Errorf("subscription of the run's own: %w", account.Explain(err))
	}
	removal.Add(func(ctx context.Context) error {
		_, err := t.client.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: made.SubscriptionArn})
		if err != nil {
			return fmt.Errorf("remove subscription %s: %w", aws.ToString(made.SubscriptionArn), account.Explain(err))
		}
		return nil
	})
	return queue, nil
}

// read returns the event that the topic has put into a queue.
func read(m queues.Message) (event.Event, string, error) {
	r, ok := envelope.Published([]byte(aws.ToString(m.Body)))
	if !ok {
		return event.Event{}, "", fmt.Errorf("message %s is no notification of SNS", aws.ToString(m.MessageId))
	}
	r.Event.Key = m.Attributes[string(queues.MessageSystemAttributeNameMessageGroupId)]
	return r.Event, r.Canary, nil
}
