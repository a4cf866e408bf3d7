// What stacks put out.

package stack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/internal/name"
)

// Lookup reads the outputs of a stack, opening the account anew each time: it is what a run looks them up with.
func Lookup(ctx context.Context, stack string) (map[string]string, error) {
	s, err := Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", stack, err)
	}
	defer s.Close()
	return s.Outputs(ctx, stack)
}

// Permissions returns what must be allowed to whoever looks up the outputs of a stack.
func Permissions(stack string) []harness.Permission {
	return []harness.Permission{{Action: "cloudformation:DescribeStacks",
		Resource: account.ARN("cloudformation", "stack/"+stack+"/*")}}
}

// Outputs returns what a stack puts out, by name. A stack that does not exist is an error that proposes the nearest,
// and one that was never made, or is being removed, is an error that says so.
func (s *Stacks) Outputs(ctx context.Context, stack string) (map[string]string, error) {
	found, err := s.find(ctx, stack)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, s.unknown(ctx, stack)
	}
	if why := silent(found.StackStatus); why != "" {
		return nil, fmt.Errorf("stack %s: it is %s: %s, so it puts nothing out", stack, found.StackStatus, why)
	}
	return outputsOf(found), nil
}

// silent says why a stack in a status has no resources that its outputs could name, and is "" for a stack that has. One
// of which an update failed or goes on is what it was before, to whoever reads it.
func silent(status types.StackStatus) string {
	switch status {
	case types.StackStatusCreateFailed, types.StackStatusRollbackInProgress,
		types.StackStatusRollbackFailed, types.StackStatusRollbackComplete:
		return "its creation failed"
	case types.StackStatusCreateInProgress, types.StackStatusReviewInProgress:
		return "it is not made yet"
	case types.StackStatusDeleteInProgress, types.StackStatusDeleteFailed, types.StackStatusDeleteComplete:
		return "it is being removed"
	default:
		return ""
	}
}

func outputsOf(stack *types.Stack) map[string]string {
	outputs := make(map[string]string)
	for _, o := range stack.Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return outputs
}

// unknown is the error of a stack that does not exist.
func (s *Stacks) unknown(ctx context.Context, stack string) error {
	var known []string
	pages := cloudformation.NewDescribeStacksPaginator(s.api, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("no stack %q in %s", stack, s.account.Config.Region) // who may not list them is told so much
		}
		for _, s := range page.Stacks {
			known = append(known, aws.ToString(s.StackName))
		}
	}
	return fmt.Errorf("%s: %w", s.account.Config.Region, name.Unknown("stack", stack, known))
}

// Environment returns outputs as lines that a shell and the usual readers of environment files take: TableName=t
// becomes HARKEN_TABLE_NAME=t. The lines are sorted.
func Environment(outputs map[string]string) []string {
	lines := make([]string, 0, len(outputs))
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		lines = append(lines, Variable(name)+"="+quoted(outputs[name]))
	}
	return lines
}

// Variable returns the name of the variable for an output: HARKEN_DEAD_LETTER_QUEUE_URL for DeadLetterQueueUrl.
func Variable(output string) string {
	b := strings.Builder{}
	b.WriteString("HARKEN")
	previous := ' '
	for i, r := range output {
		if i == 0 || unicode.IsUpper(r) && !unicode.IsUpper(previous) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
		previous = r
	}
	return b.String()
}

// quoted returns a value as a shell reads it. One that needs no quotes gets none, since files of variables know none.
func quoted(value string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_./:@%+=,-", r)
	}
	if strings.IndexFunc(value, func(r rune) bool { return !plain(r) }) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
