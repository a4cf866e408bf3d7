// Following what CloudFormation does to a stack, by its events.

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

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
)

// errGoesOn says that an operation has not ended yet.
var errGoesOn = errors.New("it has not ended")

// follow says each event of the operation with that token, and returns in which status it has left the stack. What went
// wrong on the way are the reasons. An error says nothing of the operation, which goes on.
func (s *Stacks) follow(ctx context.Context, id, token string) (status types.StackStatus, reasons []string, err error) {
	told := make(map[string]bool)
	err = poll.Until(ctx, func(ctx context.Context) error {
		events, err := s.events(ctx, id, token, told)
		if err != nil {
			return poll.Permanent(err)
		}
		for _, e := range events {
			told[aws.ToString(e.EventId)] = true
			s.say("%s", line(e))
			if reason := aws.ToString(e.ResourceStatusReason); strings.HasSuffix(string(e.ResourceStatus), "_FAILED") &&
				reason != "" {
				reasons = append(reasons, fmt.Sprintf("%s (%s): %s", aws.ToString(e.LogicalResourceId),
					aws.ToString(e.ResourceType), reason))
			}
			if now := types.StackStatus(e.ResourceStatus); aws.ToString(e.PhysicalResourceId) == id && !inProgress(now) {
				status = now
				return nil
			}
		}
		return errGoesOn
	})
	return status, reasons, err
}

// events returns those of an operation that have not been told, the oldest first.
func (s *Stacks) events(
	ctx context.Context, id, token string, told map[string]bool,
) (events []types.StackEvent, err error) {
	pages := cloudformation.NewDescribeStackEventsPaginator(s.api,
		&cloudformation.DescribeStackEventsInput{StackName: aws.String(id)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, account.Explain(err)
		}
		for _, e := range page.StackEvents { // the newest first
			if told[aws.ToString(e.EventId)] || aws.ToString(e.ClientRequestToken) != token {
				slices.Reverse(events)
				return events, nil
			}
			events = append(events, e)
		}
	}
	slices.Reverse(events)
	return events, nil
}

// line shows an event.
func line(e types.StackEvent) string {
	text := fmt.Sprintf("%s  %-20s  %s (%s)", aws.ToTime(e.Timestamp).Local().Format(time.TimeOnly), e.ResourceStatus,
		aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceType))
	if reason := aws.ToString(e.ResourceStatusReason); reason != "" {
		text += ": " + reason
	}
	return text
}
