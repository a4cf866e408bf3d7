// Subscriptions, which have no tags.

package sweep

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
)

// settled is after which time a queue that was just made is there for everybody: SQS asks for a second.
const settled = 5 * time.Second

// findSubscriptions returns those that lead into one of these queues, and those of Harken's whose queues are gone.
func (s Sweeper) findSubscriptions(ctx context.Context, queues []Found) (all []Found, err error) {
	owners := make(map[string]account.Owner, len(queues))
	for _, q := range queues {
		owners[q.Name] = q.Owner
	}
	var suspects []types.Subscription
	pages := sns.NewListSubscriptionsPaginator(s.topics, &sns.ListSubscriptionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, subscription := range page.Subscriptions {
			if aws.ToString(subscription.Protocol) != "sqs" || !arn.IsARN(aws.ToString(subscription.SubscriptionArn)) {
				continue
			}
			if owner, ok := owners[queueOf(subscription).Resource]; ok {
				all = append(all, s.subscription(subscription, owner))
			} else if s.isOwn(subscription) {
				suspects = append(suspects, subscription)
			}
		}
	}
	orphans, err := s.findOrphans(ctx, suspects)
	return append(orphans, all...), err
}

// queueOf returns the queue that a subscription leads into.
func queueOf(subscription types.Subscription) arn.ARN {
	queue, err := arn.Parse(aws.ToString(subscription.Endpoint))
	if err != nil {
		return arn.ARN{} // it leads into none
	}
	return queue
}

// isOwn holds for a subscription that Harken has made, with a queue in this region and the topic's account.
func (s Sweeper) isOwn(subscription types.Subscription) bool {
	queue := queueOf(subscription)
	_, own := account.RunIn(queue.Resource)
	return own && queue.Region == s.region && queue.AccountID == aws.ToString(subscription.Owner) &&
		strings.HasPrefix(aws.ToString(subscription.TopicArn),
			"arn:"+queue.Partition+":sns:"+queue.Region+":"+queue.AccountID+":")
}

// findOrphans returns those subscriptions whose queues are not there, and not just not there yet.
func (s Sweeper) findOrphans(ctx context.Context, suspects []types.Subscription) (all []Found, err error) {
	if len(suspects) == 0 {
		return nil, nil
	}
	if err := poll.Pause(ctx, s.settle); err != nil {
		return nil, err
	}
	for _, subscription := range suspects {
		queue := queueOf(subscription).Resource
		_, err := s.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(queue)})
		switch {
		case gone(err):
			run, _ := account.RunIn(queue)
			orphan := s.subscription(subscription, account.Owner{Run: run})
			orphan.Orphan = true
			all = append(all, orphan)
		case err != nil:
			return nil, err
		}
	}
	return all, nil
}

func (s Sweeper) subscription(of types.Subscription, owner account.Owner) Found {
	name := aws.ToString(of.SubscriptionArn)
	return Found{Kind: "subscription", Name: name, Owner: owner, remove: func(ctx context.Context) error {
		_, err := s.topics.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: aws.String(name)})
		return unlessGone(err)
	}}
}
