// Package sweep removes from an AWS account what runs of Harken that were killed have left there: resources that carry
// Harken's tags, and nothing else. It promises nothing to other modules.
//
// What is made for a run is a queue of its own, and what leads into it: a rule of EventBridge with its target, or a
// subscription of SNS, which can have no tags and goes with its queue. So the queue goes last: while it is there, a
// sweep that was itself interrupted can be made up for. A subscription whose queue somebody else has removed is known
// by the queue's name alone, which only Harken makes, and leads nowhere, whatever its run does: it is removed, too.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// Found is a resource that was made for a run.
type Found struct {
	Kind   string // "queue", "rule" or "subscription"
	Name   string // its name, or its ARN if it has none
	Owner  account.Owner
	Orphan bool // a subscription whose queue is gone: of the owner is known what names have of its run, and no time

	remove func(ctx context.Context) error
}

// String says what was found, and for whom it was made.
func (f Found) String() string {
	if f.Orphan {
		return fmt.Sprintf("%s %s of a run %s..., whose queue is gone", f.Kind, f.Name, f.Owner.Run)
	}
	return fmt.Sprintf("%s %s of the run %s, made %s", f.Kind, f.Name, f.Owner.Run, f.Owner.Created.Format(time.RFC3339))
}

// Of says whether a resource was made for a run, as far as can be told.
func (f Found) Of(run string) bool {
	return f.Owner.Run == run || f.Orphan && f.Owner.Run == account.InNames(run)
}

// Expired says whether the run that a resource was made for is over by all that is known.
func (f Found) Expired(now time.Time) bool { return !now.Before(f.Owner.Expires) }

// Remove removes the resource. That it is gone already is no error.
func (f Found) Remove(ctx context.Context) error {
	if err := f.remove(ctx); err != nil {
		return fmt.Errorf("remove %s %s: %w", f.Kind, f.Name, account.Explain(err))
	}
	return nil
}

// Sweeper looks for what runs have left in one region of an account.
type Sweeper struct {
	queues *sqs.Client
	buses  *eventbridge.Client
	topics *sns.Client
	region string
	settle time.Duration
}

// New returns a Sweeper for an account.
func New(a *account.Account) Sweeper {
	return Sweeper{sqs.NewFromConfig(a.Config), eventbridge.NewFromConfig(a.Config), sns.NewFromConfig(a.Config),
		a.Config.Region, settled}
}

// Endpoint tells where SQS of a configuration is, which stands for all services that are swept.
func Endpoint(c aws.Config) *string { return sqs.NewFromConfig(c).Options().BaseEndpoint }

// Permissions returns what must be allowed to whoever sweeps. What is listed cannot be narrowed to Harken's own; what
// is removed can.
func Permissions() []harness.Permission {
	queue := account.ARN("sqs", account.NamePrefix+"*")
	rules := []string{account.ARN("events", "rule/"+account.NamePrefix+"*"),
		account.ARN("events", "rule/*/"+account.NamePrefix+"*")}
	all := []harness.Permission{
		{Action: "sqs:ListQueues", Resource: "*"},
		{Action: "sqs:GetQueueUrl", Resource: queue},
		{Action: "sqs:ListQueueTags", Resource: queue},
		{Action: "sqs:DeleteQueue", Resource: queue},
		{Action: "events:ListEventBuses", Resource: "*"},
		{Action: "events:ListRules", Resource: "*"},
		{Action: "sns:ListSubscriptions", Resource: "*"},
		{Action: "sns:Unsubscribe", Resource: "*"},
	}
	for _, rule := range rules {
		for _, action := range []string{"ListTagsForResource", "ListTargetsByRule", "RemoveTargets", "DeleteRule"} {
			all = append(all, harness.Permission{Action: "events:" + action, Resource: rule})
		}
	}
	return all
}

// Find returns all that was made for runs and is there now, in the order in which it must be removed.
func (s Sweeper) Find(ctx context.Context) ([]Found, error) {
	queues, err := s.findQueues(ctx)
	if err != nil {
		return nil, account.Explain(err)
	}
	subscriptions, err := s.findSubscriptions(ctx, queues)
	if err != nil {
		return nil, account.Explain(err)
	}
	rules, err := s.findRules(ctx)
	if err != nil {
		return nil, account.Explain(err)
	}
	return slices.Concat(subscriptions, rules, queues), nil
}

func (s Sweeper) findQueues(ctx context.Context) (all []Found, err error) {
	// Without a size of its pages, a service may answer with the first thousand only.
	pages := sqs.NewListQueuesPaginator(s.queues,
		&sqs.ListQueuesInput{QueueNamePrefix: aws.String(account.NamePrefix), MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, url := range page.QueueUrls {
			answer, err := s.queues.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: aws.String(url)})
			if gone(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			owner, ok := account.OwnerFrom(answer.Tags)
			if !ok {
				continue
			}
			all = append(all, Found{Kind: "queue", Name: path.Base(url), Owner: owner, remove: func(ctx context.Context) error {
				_, err := s.queues.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String(url)})
				return unlessGone(err)
			}})
		}
	}
	return all, nil
}

func (s Sweeper) findRules(ctx context.Context) (all []Found, err error) {
	buses := &eventbridge.ListEventBusesInput{}
	for {
		answer, err := s.buses.ListEventBuses(ctx, buses)
		if err != nil {
			return nil, err
		}
		for _, bus := range answer.EventBuses {
			on, err := s.findRulesOn(ctx, aws.ToString(bus.Name))
			if err != nil {
				return nil, err
			}
			all = append(all, on...)
		}
		if buses.NextToken = answer.NextToken; aws.ToString(buses.NextToken) == "" {
			return all, nil
		}
	}
}

func (s Sweeper) findRulesOn(ctx context.Context, bus string) (all []Found, err error) {
	rules := &eventbridge.ListRulesInput{EventBusName: aws.String(bus), NamePrefix: aws.String(account.NamePrefix)}
	for {
		answer, err := s.buses.ListRules(ctx, rules)
		if gone(err) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		for _, rule := range answer.Rules {
			tagged, err := s.buses.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: rule.Arn})
			if gone(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			tags := make(map[string]string, len(tagged.Tags))
			for _, tag := range tagged.Tags {
				tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
			if owner, ok := account.OwnerFrom(tags); ok {
				all = append(all, Found{Kind: "rule", Name: bus + "/" + aws.ToString(rule.Name), Owner: owner,
					remove: func(ctx context.Context) error {
						return s.removeRule(ctx, bus, aws.ToString(rule.Name))
					}})
			}
		}
		if rules.NextToken = answer.NextToken; aws.ToString(rules.NextToken) == "" {
			return all, nil
		}
	}
}

// removeRule removes a rule and its targets, without which it could not be removed.
func (s Sweeper) removeRule(ctx context.Context, bus, rule string) error {
	targets, err := s.buses.ListTargetsByRule(ctx,
		&eventbridge.ListTargetsByRuleInput{EventBusName: aws.String(bus), Rule: aws.String(rule)})
	if err != nil {
		return unlessGone(err)
	}
	var ids []string
	for _, target := range targets.Targets {
		ids = append(ids, aws.ToString(target.Id))
	}
	if len(ids) > 0 {
		answer, err := s.buses.RemoveTargets(ctx,
			&eventbridge.RemoveTargetsInput{EventBusName: aws.String(bus), Rule: aws.String(rule), Ids: ids})
		if err == nil && answer.FailedEntryCount > 0 {
			err = fmt.Errorf("%d of its targets stay: %s", answer.FailedEntryCount,
				aws.ToString(answer.FailedEntries[0].ErrorMessage))
		}
		if unlessGone(err) != nil {
			return err
		}
	}
	_, err = s.buses.DeleteRule(ctx, &eventbridge.DeleteRuleInput{EventBusName: aws.String(bus), Name: aws.String(rule)})
	return unlessGone(err)
}

// gone says whether an error is that there is no such resource.
func gone(err error) bool {
	var queue *sqstypes.QueueDoesNotExist
	return errors.As(err, &queue) ||
		slices.Contains([]string{"NotFound", "NotFoundException", "ResourceNotFoundException",
			"AWS.SimpleQueueService.NonExistentQueue"}, account.Code(err))
}

func unlessGone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}
