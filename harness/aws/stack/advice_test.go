package stack

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestOnlyAStackThatCannotBeChangedNeedsAdvice(t *testing.T) {
	for _, c := range []struct {
		status types.StackStatus
		want   string
	}{
		{types.StackStatusCreateComplete, ""},
		{types.StackStatusUpdateComplete, ""},
		{types.StackStatusUpdateRollbackComplete, ""},
		{types.StackStatusReviewInProgress, ""},
		{types.StackStatusRollbackComplete, "it can only be removed: `harken harness down --stack s`"},
		{types.StackStatusDeleteFailed, "see what is in the way, then `harken harness down --stack s` again"},
		{types.StackStatusUpdateRollbackFailed, "`aws cloudformation continue-update-rollback --stack-name s`"},
		{types.StackStatusUpdateInProgress, "wait until that is over (`harken harness status --stack s`)"},
		{types.StackStatusUpdateCompleteCleanupInProgress, "wait until that is over"},
	} {
		if got := advice("s", c.status); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: got %q, want %q", c.status, got, c.want)
		}
	}
}

func TestWhatCloudFormationCouldNotDoIsSaidWithItsReasons(t *testing.T) {
	err := &Failed{Stack: "s", Status: types.StackStatusUpdateRollbackComplete,
		Reasons: []string{"Queue (AWS::SQS::Queue): too long", "Table (AWS::DynamoDB::Table): taken"}}
	const want = "stack s: it is UPDATE_ROLLBACK_COMPLETE now\n  Queue (AWS::SQS::Queue): too long\n  Table " +
		"(AWS::DynamoDB::Table): taken"
	if err.Error() != want {
		t.Errorf("got %s", err)
	}
}

func TestWhatWasBegunAndNotBroughtToItsEndHasAnExitCodeOfItsOwn(t *testing.T) {
	var coded interface {
		error
		ExitStatus() int
	}
	err := fmt.Errorf("up: %w", &Failed{Stack: "s", Status: types.StackStatusRollbackComplete})
	if !errors.As(err, &coded) || coded.ExitStatus() != 1 {
		t.Errorf("got %v, want an error with the exit code 1", coded)
	}
}
