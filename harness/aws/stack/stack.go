// Package stack deploys, shows and removes the harness in an AWS account by CloudFormation, and reads what any stack
// puts out. It promises nothing to other modules.
//
// Decisions that a reader may question:
//   - A stack of the harness carries a tag, and without it a stack is neither changed nor removed: a wrong name on the
//     command line must not cost anybody a system.
//   - What an operation does is read from the stack's events by a token of the operation's own. The status of a stack
//     right after a request may still be the one before it.
//   - A parameter that is not given keeps the value that the stack has, as with `aws cloudformation deploy`. So whoever
//     deploys the same harness twice, and says less the second time, changes nothing.
package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/harken-bdd/harken/harness/aws/account"
)

// Default is what the harness's stack is called where nobody says.
const Default = "harken-harness"

// Tag marks what belongs to the harness; its value is the name of the stack. CloudFormation hands it on to the stack's
// resources.
const Tag = "harken:harness"

// endsWithin is how long CloudFormation may take for an operation. It gives up by itself long before.
const endsWithin = time.Hour

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, endsWithin, fmt.Errorf("not over after %s", endsWithin))
}

// Stacks are the stacks of an account in a region.
type Stacks struct {
	// Say is told what goes on, a line at a time; nil for nobody.
	Say func(line string)

	account *account.Account
	api     *cloudformation.Client
	objects *s3.Client
}

// Open returns the stacks of the account that the SDK's configuration names. They must be closed.
func Open(ctx context.Context) (*Stacks, error) {
	a, err := account.Open(ctx, account.Settings{}, func(c aws.Config) *string {
		return cloudformation.NewFromConfig(c).Options().BaseEndpoint
	})
	if err != nil {
		return nil, err
	}
	return &Stacks{
		account: a,
		api:     cloudformation.NewFromConfig(a.Config),
		objects: s3.NewFromConfig(a.Config, func(o *s3.Options) { o.UsePathStyle = a.Local }),
	}, nil
}

// Close ends the connections that nothing uses.
func (s *Stacks) Close() { s.account.Close() }

func (s *Stacks) say(format string, args ...any) {
	if s.Say != nil {
		s.Say(fmt.Sprintf(format, args...))
	}
}

// find returns the stack of that name or id, and nil where there is none.
func (s *Stacks) find(ctx context.Context, name string) (*types.Stack, error) {
	out, err := s.api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	switch {
	case isNoStack(err):
		return nil, nil // that there is none is an answer
	case err != nil:
		return nil, fmt.Errorf("stack %s: %w", name, account.Explain(err))
	case len(out.Stacks) == 0:
		return nil, nil // likewise
	}
	return &out.Stacks[0], nil
}

// isNoStack holds for the answer to a name that no stack has, of which only the text tells.
func isNoStack(err error) bool {
	return account.Code(err) == "ValidationError" && strings.Contains(err.Error(), "does not exist")
}

// own returns an error where a stack is somebody else's.
func own(stack *types.Stack) error {
	mine := func(t types.Tag) bool { return aws.ToString(t.Key) == Tag }
	if !slices.ContainsFunc(stack.Tags, mine) {
		return fmt.Errorf("stack %s: it was not made by `harken harness up` (it has no tag %s), and is left alone: "+
			"choose another name by --stack",
			aws.ToString(stack.StackName), Tag)
	}
	return nil
}

// Failed is the error of an operation that CloudFormation began and could not bring to its end.
type Failed struct {
	Stack   string
	Status  types.StackStatus // in which the stack is now
	Reasons []string          // why, one a resource
}

func (f *Failed) Error() string {
	lines := append([]string{fmt.Sprintf("stack %s: it is %s now%s", f.Stack, f.Status, advice(f.Stack, f.Status))},
		f.Reasons...)
	return strings.Join(lines, "\n  ")
}

// ExitStatus is the exit code of a command that ends so: unlike after any other error, something may have been changed.
func (f *Failed) ExitStatus() int { return 1 }

// advice says what can be done about a stack in a status in which it cannot be changed, beginning with a colon; "" for
// others.
func advice(name string, status types.StackStatus) string {
	switch status {
	case types.StackStatusCreateFailed, types.StackStatusRollbackComplete, types.StackStatusRollbackFailed:
		return fmt.Sprintf(": its creation failed, and it can only be removed: `harken harness down --stack %s`, then up "+
			"again", name)
	case types.StackStatusDeleteFailed:
		return fmt.Sprintf(": its removal failed: see what is in the way, then `harken harness down --stack %s` again", name)
	case types.StackStatusUpdateRollbackFailed:
		return fmt.Sprintf(": an update could not be taken back: `aws cloudformation continue-update-rollback "+
			"--stack-name %s`, or remove it: `harken harness down --stack %s`",
			name, name)
	}
	if inProgress(status) {
		return fmt.Sprintf(": something is being done to it: wait until that is over (`harken harness status --stack %s`)",
			name)
	}
	return ""
}

// inProgress holds while CloudFormation works on a stack. A stack that has only been reviewed waits for nothing.
func inProgress(status types.StackStatus) bool {
	return status != types.StackStatusReviewInProgress && strings.HasSuffix(string(status), "_IN_PROGRESS")
}

// left adds to the error of an operation that was begun, and not followed to its end, what goes on without anybody.
func (s *Stacks) left(ctx context.Context, name, id string, err error) error {
	ctx, cancel := account.Removing(ctx)
	defer cancel()
	status := "in a status that could not be read"
	if stack, lost := s.find(ctx, id); lost == nil && stack != nil {
		status = string(stack.StackStatus)
	}
	return errors.Join(fmt.Errorf("stack %s: not followed to the end: %w", name, err),
		fmt.Errorf("stack %s: it is %s; CloudFormation goes on by itself: `harken harness status --stack %s` shows how "+
			"it ends", name, status, name))
}
