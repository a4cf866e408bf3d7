// Listening to a bus, by a rule and a queue of the run's own.

package eventbridge

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
)

// target is what the run's own queue is called within its rule.
const target = "harken"

// canarySource returns the source of the canaries that a rule of that name lets through.
func canarySource(rule string) string { return "harken.canary." + rule }

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	at, c, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	removal := subscription.Removal{func(context.Context) error { at.Close(); return nil }}
	owner := account.OwnerOf(ctx)
	rule := owner.NewName()
	queue, err := a.feed(ctx, at, c, owner, rule, &removal)
	if err != nil {
		removing, done := account.Removing(ctx)
		defer done()
		return nil, errors.Join(account.Explain(err), owner.Left(removal.Run(removing)))
	}
	return subscription.Listen(ctx, subscription.Feed{
		Client: queue.Client,
		Queue:  queue.URL,
		Read:   read,
		Canary: func(ctx context.Context, id string) error {
			_, err := put(ctx, c, types.PutEventsRequestEntry{
				EventBusName: aws.String(a.bus), Source: aws.String(canarySource(rule)), DetailType: aws.String("Harken Canary"),
				Detail: aws.String(string(harness.Canary(id).Body)),
			})
			return err
		},
		Bound:  a.bound,
		Remove: func(ctx context.Context) error { return owner.Left(removal.Run(ctx)) },
	}, s)
}

// feed makes a rule and a queue into which it puts what the address is of. removal undoes what was made, also after an
// error.
func (a address) feed(
	ctx context.Context, at *account.Account, c *eventbridge.Client, owner account.Owner, rule string,
	removal *subscription.Removal,
) (*subscription.Queue, error) {
	pattern, err := a.rulePattern(canarySource(rule))
	if err != nil {
		return nil, err
	}
	bus, name := aws.String(a.bus), aws.String(rule)
	making, done := account.Making(ctx)
	defer done()
	made, err := c.PutRule(making, &eventbridge.PutRuleInput{
		Name: name, EventBusName: bus, EventPattern: aws.String(pattern), State: types.RuleStateEnabled,
		Description: aws.String("made by harken for a test run"), Tags: tagsOf(owner),
	})
	if err != nil {
		return nil, fmt.Errorf("rule of the run's own: %w", account.Explain(err))
	}
	removal.Add(func(ctx context.Context) error {
		_, err := c.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: name, EventBusName: bus})
		return removing("rule "+rule, err)
	})
	queue, err := subscription.Create(ctx, at, owner,
		subscription.Source{Service: "events.amazonaws.com", ARN: aws.ToString(made.RuleArn)})
	if err != nil {
		return nil, err
	}
	removal.Add(queue.Remove)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	put, err := c.PutTargets(making, &eventbridge.PutTargetsInput{
		Rule: name, EventBusName: bus, Targets: []types.Target{{Id: aws.String(target), Arn: aws.String(queue.ARN)}},
	})
	if err == nil && put.FailedEntryCount > 0 {
		err = refused(put.FailedEntryCount, put.FailedEntries[0].ErrorCode, put.FailedEntries[0].ErrorMessage)
	}
	if err != nil {
		return nil, fmt.Errorf("target of the rule: %w", account.Explain(err))
	}
	removal.Add(func(ctx context.Context) error {
		_, err := c.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: name, EventBusName: bus, Ids: []string{target}})
		return removing("target of rule "+rule, err)
	})
	return queue, nil
}

func removing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("remove %s: %w", what, account.Explain(err))
}

func tagsOf(owner account.Owner) []types.Tag {
	var tags []types.Tag
	for key, value := range owner.Tags() {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return tags
}

// read returns the event that the bus has put into a queue.
func read(m queues.Message) (event.Event, string, error) {
	r, ok := envelope.Published([]byte(aws.ToString(m.Body)))
	if !ok {
		return event.Event{}, "", fmt.Errorf("message %s is no envelope of EventBridge", aws.ToString(m.MessageId))
	}
	return r.Event, r.Canary, nil
}
