// Deploying.

package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/name"
)

// The parameters of a template that say what its function's code was built for, and where it is.
const (
	ArchitectureParameter = "Architecture"
	BucketParameter       = "CodeBucket"
	KeyParameter          = "CodeKey" // never given: it follows from the code
)

// maxTemplate is how many bytes a template may have that is sent with a request.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxTemplate = 51_200

// Deployment says what is to be there.
type Deployment struct {
	Stack      string
	Template   string
	Parameters map[string]string // what is not in here is as the stack has it, or else as the template says
	// Code makes the zip with the function's code for an architecture, once it is known that the stack can take it. Nil
	// where there is none. Where no parameter names a bucket for it, it is put into one of the harness's own.
	Code func(ctx context.Context, architecture string) ([]byte, error)
}

// Up returns once the stack is as the deployment says, and what it puts out then. changed is false where there was
// nothing to do. A *Failed says that CloudFormation tried and could not; every other error that nothing was changed, or
// that the stack was not followed to the end, and then in which status it is.
func (s *Stacks) Up(ctx context.Context, d Deployment) (outputs map[string]string, changed bool, err error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	if len(d.Template) > maxTemplate {
		return nil, false, fmt.Errorf("the template has %d bytes, and CloudFormation takes %d", len(d.Template), maxTemplate)
	}
	if !nameable().MatchString(d.Stack) { // CloudFormation would say so only once the code is uploaded
		return nil, false, fmt.Errorf("stack %q: a name has letters, digits and hyphens, begins with a letter, and is no "+
			"longer than 128", d.Stack)
	}
	stack, err := s.find(ctx, d.Stack)
	if err == nil && stack != nil {
		err = changeable(stack)
	}
	if err != nil {
		return nil, false, err
	}
	if stack != nil && stack.StackStatus == types.StackStatusReviewInProgress {
		stack = nil // it was only ever proposed
	}
	set, err := s.changeSet(ctx, d, stack)
	if err != nil {
		return nil, false, err
	}
	changed, err = s.apply(ctx, set)
	if err != nil {
		return nil, false, err
	}
	outputs, err = s.Outputs(ctx, aws.ToString(set.StackName))
	return outputs, changed, err
}

// nameable matches the names that a stack may have.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
func nameable() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`) }

// changeable returns why a stack cannot be changed, or nil.
func changeable(stack *types.Stack) error {
	if err := own(stack); err != nil {
		return err
	}
	if what := advice(aws.ToString(stack.StackName), stack.StackStatus); what != "" {
		return fmt.Errorf("stack %s: it is %s%s", aws.ToString(stack.StackName), stack.StackStatus, what)
	}
	return nil
}

// changeSet returns what is asked of CloudFormation, with the code where it can be read from. stack is nil where there
// is none yet.
func (s *Stacks) changeSet(
	ctx context.Context, d Deployment, stack *types.Stack,
) (*cloudformation.CreateChangeSetInput, error) {
	summary, err := s.api.GetTemplateSummary(ctx,
		&cloudformation.GetTemplateSummaryInput{TemplateBody: aws.String(d.Template)})
	if err != nil {
		return nil, fmt.Errorf("template: %w", account.Explain(err))
	}
	known := make([]string, 0, len(summary.Parameters))
	for _, p := range summary.Parameters {
		known = append(known, aws.ToString(p.ParameterKey))
	}
	for _, given := range slices.Sorted(maps.Keys(d.Parameters)) {
		switch {
		case !slices.Contains(known, given):
			return nil, name.Unknown("parameter", given, known)
		case given == KeyParameter:
			return nil, fmt.Errorf("parameter %s: it follows from the code and cannot be given", given)
		}
	}
	values := d.Parameters
	if d.Code != nil {
		if values, err = s.withCode(ctx, d, stack); err != nil {
			return nil, err
		}
	}
	// The name is the token, too, by which events tell whose they are.
	set := &cloudformation.CreateChangeSetInput{
		StackName: aws.String(d.Stack), ChangeSetName: aws.String(account.NamePrefix + strings.ToLower(rand.Text())),
		ChangeSetType: types.ChangeSetTypeCreate,
		TemplateBody:  aws.String(d.Template), Capabilities: summary.Capabilities,
		Tags: []types.Tag{{Key: aws.String(Tag), Value: aws.String(d.Stack)}},
	}
	set.ClientToken = set.ChangeSetName
	if stack != nil {
		set.ChangeSetType = types.ChangeSetTypeUpdate
	}
	for _, key := range known {
		p := types.Parameter{ParameterKey: aws.String(key)}
		value, given := values[key]
		_, there := has(stack, key)
		switch {
		case given:
			p.ParameterValue = aws.String(value)
		case there:
			p.UsePreviousValue = aws.Bool(true)
		default:
			continue
		}
		set.Parameters = append(set.Parameters, p)
	}
	return set, nil
}

// withCode returns the parameters, with those that are about the code.
func (s *Stacks) withCode(ctx context.Context, d Deployment, stack *types.Stack) (map[string]string, error) {
	values := map[string]string{ArchitectureParameter: s.architecture()}
	for _, key := range []string{ArchitectureParameter, BucketParameter} {
		if value, ok := has(stack, key); ok {
			values[key] = value
		}
	}
	maps.Copy(values, d.Parameters)
	code, err := d.Code(ctx, values[ArchitectureParameter])
	if err != nil {
		return nil, err
	}
	values[BucketParameter], values[KeyParameter], err = s.upload(ctx, d.Stack, values[BucketParameter], code)
	if err != nil {
		return nil, fmt.Errorf("code: %w", err)
	}
	return values, nil
}

// has returns the value of a parameter that a stack has. stack may be nil.
func has(stack *types.Stack, parameter string) (value string, ok bool) {
	if stack == nil {
		return "", false
	}
	i := slices.IndexFunc(stack.Parameters,
		func(p types.Parameter) bool { return aws.ToString(p.ParameterKey) == parameter })
	if i < 0 {
		return "", false
	}
	return aws.ToString(stack.Parameters[i].ParameterValue), true
}

// apply has the changes made, and returns once that is over. changed is false where there are none.
func (s *Stacks) apply(ctx context.Context, set *cloudformation.CreateChangeSetInput) (changed bool, err error) {
	stack := aws.ToString(set.StackName)
	id, err := s.propose(ctx, set)
	if err != nil {
		return false, fmt.Errorf("stack %s: %w", stack, account.Explain(err))
	}
	begun := false
	defer func() {
		if !begun {
			err = errors.Join(err, s.withdraw(ctx, set, id))
		}
	}()
	changes, some, err := s.changes(ctx, set)
	if err != nil || !some {
		return false, err
	}
	for _, c := range changes {
		s.say("%s", change(c))
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	begun = true // from here on nobody knows: an answer can be lost
	if err := s.execute(ctx, set); err != nil {
		return false, s.left(ctx, stack, id, account.Explain(err))
	}
	status, reasons, err := s.follow(ctx, id, aws.ToString(set.ChangeSetName))
	switch {
	case err != nil:
		return false, s.left(ctx, stack, id, err)
	case status != types.StackStatusCreateComplete && status != types.StackStatusUpdateComplete:
		return false, &Failed{Stack: stack, Status: status, Reasons: reasons}
	}
	return true, nil
}

// propose makes a change set, and returns the id of its stack. The SDK sends a request again whose answer was lost:
// then there is one of that name already, which nobody else has.
func (s *Stacks) propose(ctx context.Context, set *cloudformation.CreateChangeSetInput) (id string, err error) {
	created, err := s.api.CreateChangeSet(ctx, set)
	if err == nil {
		return aws.ToString(created.StackId), nil
	}
	if account.Code(err) == "AlreadyExistsException" {
		if made, lost := s.describe(ctx, set); lost == nil {
			return aws.ToString(made.StackId), nil
		}
	}
	return "", err
}

// execute has a change set made, which may have been begun already, for the same reason.
func (s *Stacks) execute(ctx context.Context, set *cloudformation.CreateChangeSetInput) error {
	_, err := s.api.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		StackName: set.StackName, ChangeSetName: set.ChangeSetName, ClientRequestToken: set.ChangeSetName,
	})
	if account.Code(err) == "InvalidChangeSetStatus" {
		begun := []types.ExecutionStatus{types.ExecutionStatusExecuteInProgress, types.ExecutionStatusExecuteComplete,
			types.ExecutionStatusExecuteFailed}
		if made, lost := s.describe(ctx, set); lost == nil && slices.Contains(begun, made.ExecutionStatus) {
			return nil
		}
	}
	return err
}

func (s *Stacks) describe(
	ctx context.Context, set *cloudformation.CreateChangeSetInput,
) (*cloudformation.DescribeChangeSetOutput, error) {
	return s.api.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: set.StackName,
		ChangeSetName: set.ChangeSetName})
}

// unchanged is what CloudFormation says of a change set without changes, which it counts as failed.
var unchanged = [...]string{"didn't contain changes", "No updates are to be performed"}

// changes waits until CloudFormation has found out what would be changed: resources, or something else only, as an
// output.
func (s *Stacks) changes(
	ctx context.Context, set *cloudformation.CreateChangeSetInput,
) (changes []types.Change, some bool, err error) {
	err = poll.Until(ctx, func(ctx context.Context) error {
		changes = nil
		pages := cloudformation.NewDescribeChangeSetPaginator(s.api,
			&cloudformation.DescribeChangeSetInput{StackName: set.StackName, ChangeSetName: set.ChangeSetName})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return poll.Permanent(account.Explain(err))
			}
			reason := aws.ToString(page.StatusReason)
			switch {
			case page.Status == types.ChangeSetStatusFailed &&
				slices.ContainsFunc(unchanged[:], func(says string) bool { return strings.Contains(reason, says) }):
				return nil
			case page.Status == types.ChangeSetStatusFailed:
				return poll.Permanent(errors.New(reason))
			case page.Status != types.ChangeSetStatusCreateComplete:
				return errGoesOn
			}
			changes, some = append(changes, page.Changes...), true
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("stack %s: changes: %w", aws.ToString(set.StackName), err)
	}
	return changes, some, nil
}

// change shows one.
func change(c types.Change) string {
	r := c.ResourceChange
	if r == nil {
		return fmt.Sprintf("change: %s", c.Type)
	}
	text := fmt.Sprintf("%-7s %s (%s)", strings.ToLower(string(r.Action)), aws.ToString(r.LogicalResourceId),
		aws.ToString(r.ResourceType))
	if r.Replacement == types.ReplacementTrue || r.Replacement == types.ReplacementConditional {
		text += ", by a new one"
	}
	return text
}

// withdraw removes a change set that is not made, and the stack that was there for it only.
func (s *Stacks) withdraw(ctx context.Context, set *cloudformation.CreateChangeSetInput, id string) error {
	ctx, cancel := account.Removing(ctx)
	defer cancel()
	stack, err := s.find(ctx, id)
	switch {
	case err != nil || stack == nil:
	case stack.StackStatus == types.StackStatusReviewInProgress:
		_, err = s.api.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String(id)})
	default:
		_, err = s.api.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: aws.String(id),
			ChangeSetName: set.ChangeSetName})
	}
	if err != nil {
		return fmt.Errorf("stack %s: withdraw the changes: %w", aws.ToString(set.StackName), account.Explain(err))
	}
	return nil
}
