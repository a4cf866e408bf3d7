//go:build aws

// What there is in an account, to see that nothing is left of a run or of a deployment.
package command

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cloudformationtypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// keptForGood is the kind of a log group that no template has made, since all of theirs forget at some time. The
// stand-in makes one when a function writes whose own group is there no more.
const keptForGood = "log group kept for good"

// inventory returns what an account has, sorted, as "bucket NAME". A stand-in has few of each, so that the first
// page of a list is all of it.
func inventory(t *testing.T, cfg aws.Config) []string {
	t.Helper()
	ctx := t.Context()
	var all []string
	var errs []error
	add := func(kind string, name *string) { all = append(all, kind+" "+aws.ToString(name)) }
	listed := func(err error) bool {
		errs = append(errs, err)
		return err == nil
	}
	if out, err := s3.NewFromConfig(cfg).ListBuckets(ctx, nil); listed(err) {
		for _, b := range out.Buckets {
			add("bucket", b.Name)
		}
	}
	if out, err := lambda.NewFromConfig(cfg).ListFunctions(ctx, nil); listed(err) {
		for _, f := range out.Functions {
			add("function", f.FunctionName)
		}
	}
	if out, err := lambda.NewFromConfig(cfg).ListEventSourceMappings(ctx, nil); listed(err) {
		for _, m := range out.EventSourceMappings {
			add("event source mapping", m.UUID)
		}
	}
	if out, err := cloudwatchlogs.NewFromConfig(cfg).DescribeLogGroups(ctx, nil); listed(err) {
		for _, g := range out.LogGroups {
			kind := "log group"
			if g.RetentionInDays == nil {
				kind = keptForGood
			}
			add(kind, g.LogGroupName)
		}
	}
	if out, err := sqs.NewFromConfig(cfg).ListQueues(ctx, nil); listed(err) {
		for _, q := range out.QueueUrls {
			add("queue", &q)
		}
	}
	if out, err := iam.NewFromConfig(cfg).ListRoles(ctx, nil); listed(err) {
		for _, r := range out.Roles {
			add("role", r.RoleName)
		}
	}
	if out, err := sfn.NewFromConfig(cfg).ListStateMachines(ctx, nil); listed(err) {
		for _, m := range out.StateMachines {
			add("state machine", m.Name)
		}
	}
	if out, err := kinesis.NewFromConfig(cfg).ListStreams(ctx, nil); listed(err) {
		for _, s := range out.StreamNames {
			add("stream", &s)
		}
	}
	if out, err := dynamodb.NewFromConfig(cfg).ListTables(ctx, nil); listed(err) {
		for _, name := range out.TableNames {
			add("table", &name)
		}
	}
	if out, err := sns.NewFromConfig(cfg).ListTopics(ctx, nil); listed(err) {
		for _, topic := range out.Topics {
			add("topic", topic.TopicArn)
		}
	}
	if out, err := sns.NewFromConfig(cfg).ListSubscriptions(ctx, nil); listed(err) {
		for _, s := range out.Subscriptions {
			add("subscription", s.SubscriptionArn)
		}
	}
	if out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, nil); listed(err) {
		for _, s := range out.Stacks {
			if s.StackStatus != cloudformationtypes.StackStatusDeleteComplete {
				add("stack", s.StackName)
			}
		}
	}
	events := eventbridge.NewFromConfig(cfg)
	if out, err := events.ListEventBuses(ctx, nil); listed(err) {
		for _, b := range out.EventBuses {
			add("bus", b.Name)
			if out, err := events.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: b.Name}); listed(err) {
				for _, r := range out.Rules {
					add("rule", r.Name)
				}
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
