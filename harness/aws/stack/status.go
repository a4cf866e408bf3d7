// Looking at a stack.

package stack

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness/aws/account"
)

// Status is what there is of a stack.
type Status struct {
	Stack     string
	Status    string
	Advice    string // what can be done where the stack cannot be changed; may be empty
	Resources []Resource
	Outputs   map[string]string
}

// Resource is one of a stack's.
type Resource struct {
	Name   string // in the template
	Type   string
	ID     string
	Status string
	Holds  string // "3 rows", "at least 2048 rows", "1 message"; "" for what holds nothing
}

// Status returns what there is of a stack. One that does not exist is an error that proposes the nearest.
func (s *Stacks) Status(ctx context.Context, name string) (*Status, error) {
	stack, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if stack == nil {
		return nil, s.unknown(ctx, name)
	}
	resources, err := s.resources(ctx, aws.ToString(stack.StackId))
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", name, err)
	}
	status := &Status{
		Stack: name, Status: string(stack.StackStatus), Outputs: outputsOf(stack),
		Advice: strings.TrimPrefix(advice(name, stack.StackStatus), ": "),
	}
	for _, r := range resources {
		holds, err := s.holds(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %s: %w", name, aws.ToString(r.LogicalResourceId), account.Explain(err))
		}
		status.Resources = append(status.Resources, Resource{
			Name: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType), ID: aws.ToString(r.PhysicalResourceId),
			Status: string(r.ResourceStatus), Holds: holds,
		})
	}
	return status, nil
}

// holds counts what is in a table or in a queue that can be used.
func (s *Stacks) holds(ctx context.Context, r types.StackResourceSummary) (string, error) {
	switch r.ResourceStatus {
	case types.ResourceStatusCreateComplete, types.ResourceStatusUpdateComplete:
	default:
		return "", nil
	}
	switch aws.ToString(r.ResourceType) {
	case "AWS::DynamoDB::Table":
		return s.rows(ctx, r.PhysicalResourceId)
	case "AWS::SQS::Queue":
		return s.messages(ctx, r.PhysicalResourceId)
	default:
		return "", nil
	}
}

// rows counts the first MiB of a table: the count that DynamoDB keeps is up to six hours old, and a whole table costs.
func (s *Stacks) rows(ctx context.Context, table *string) (string, error) {
	out, err := dynamodb.NewFromConfig(s.account.Config).Scan(ctx,
		&dynamodb.ScanInput{TableName: table, Select: dynamodbtypes.SelectCount})
	if err != nil {
		return "", err
	}
	if len(out.LastEvaluatedKey) > 0 {
		return "at least " + counted(int(out.Count), "row"), nil
	}
	return counted(int(out.Count), "row"), nil
}

// messages counts those of a queue, the ones that are out for delivery included.
func (s *Stacks) messages(ctx context.Context, queue *string) (string, error) {
	names := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := sqs.NewFromConfig(s.account.Config).GetQueueAttributes(ctx,
		&sqs.GetQueueAttributesInput{QueueUrl: queue, AttributeNames: names})
	if err != nil {
		return "", err
	}
	sum := 0
	for _, name := range names {
		n := 0
		if _, err := fmt.Sscan(out.Attributes[string(name)], &n); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		sum += n
	}
	return counted(sum, "message"), nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
