// Removing.

package stack

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/harken-bdd/harken/harness/aws/account"
)

// Down returns once the stack of the harness is gone, with its code and the objects in its buckets. removed is false
// where there was none. A *Failed says that CloudFormation tried and could not.
func (s *Stacks) Down(ctx context.Context, name string) (removed bool, err error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	stack, err := s.find(ctx, name)
	if err != nil {
		return false, err
	}
	if stack == nil {
		return false, s.removeCode(ctx, name, "")
	}
	if err := own(stack); err != nil {
		return false, err
	}
	// CloudFormation breaks off a creation, and nothing else.
	if inProgress(stack.StackStatus) && stack.StackStatus != types.StackStatusCreateInProgress {
		return false, fmt.Errorf("stack %s: it is %s%s", name, stack.StackStatus, advice(name, stack.StackStatus))
	}
	if err := s.emptyBuckets(ctx, stack); err != nil {
		return false, fmt.Errorf("stack %s: %w", name, err)
	}
	if err := s.remove(ctx, name, aws.ToString(stack.StackId)); err != nil {
		return false, err
	}
	bucket, _ := has(stack, BucketParameter)
	return true, s.removeCode(ctx, name, bucket)
}

// remove has the stack removed, and returns once that is over.
func (s *Stacks) remove(ctx context.Context, name, id string) error {
	token := account.NamePrefix + strings.ToLower(rand.Text())
	_, err := s.api.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String(id),
		ClientRequestToken: aws.String(token)})
	if err != nil {
		return fmt.Errorf("stack %s: %w", name, account.Explain(err))
	}
	status, reasons, err := s.follow(ctx, id, token)
	switch {
	case err != nil:
		return s.left(ctx, name, id, err)
	case status != types.StackStatusDeleteComplete:
		return &Failed{Stack: name, Status: status, Reasons: reasons}
	}
	return nil
}

// emptyBuckets empties the buckets of a stack: CloudFormation removes only empty ones.
func (s *Stacks) emptyBuckets(ctx context.Context, stack *types.Stack) error {
	resources, err := s.resources(ctx, aws.ToString(stack.StackId))
	if err != nil {
		return err
	}
	for _, r := range resources {
		if aws.ToString(r.ResourceType) != "AWS::S3::Bucket" || aws.ToString(r.PhysicalResourceId) == "" {
			continue
		}
		if err := s.empty(ctx, codeBucket{name: aws.ToString(r.PhysicalResourceId)}, ""); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stacks) resources(ctx context.Context, id string) (all []types.StackResourceSummary, err error) {
	pages := cloudformation.NewListStackResourcesPaginator(s.api,
		&cloudformation.ListStackResourcesInput{StackName: aws.String(id)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, account.Explain(err)
		}
		all = append(all, page.StackResourceSummaries...)
	}
	return all, nil
}
