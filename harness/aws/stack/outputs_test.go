package stack

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestOutputsBecomeVariables(t *testing.T) {
	for output, want := range map[string]string{
		"TableName": "HARKEN_TABLE_NAME", "DeadLetterQueueUrl": "HARKEN_DEAD_LETTER_QUEUE_URL",
		"APIAddress": "HARKEN_APIADDRESS", "url": "HARKEN_URL", "QueueURL2": "HARKEN_QUEUE_URL2",
	} {
		if got := Variable(output); got != want {
			t.Errorf("%s becomes %s, want %s", output, got, want)
		}
	}
	got := Environment(map[string]string{"B": "arn:aws:x:1", "A": "http://h/?a=b&c=it's", "C": ""})
	if want := []string{`HARKEN_A='http://h/?a=b&c=it'\''s'`, "HARKEN_B=arn:aws:x:1", "HARKEN_C="}; !slices.Equal(got,
		want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyAStackThatIsThereIsReadFrom(t *testing.T) {
	for status, there := range map[types.StackStatus]bool{
		types.StackStatusCreateComplete: true, types.StackStatusUpdateComplete: true, types.StackStatusUpdateInProgress: true,
		types.StackStatusUpdateRollbackComplete: true, types.StackStatusUpdateRollbackFailed: true,
		types.StackStatusImportComplete:   true,
		types.StackStatusCreateInProgress: false, types.StackStatusCreateFailed: false,
		types.StackStatusRollbackComplete: false,
		types.StackStatusReviewInProgress: false, types.StackStatusDeleteInProgress: false,
		types.StackStatusDeleteFailed: false,
	} {
		if why := silent(status); (why == "") != there {
			t.Errorf("%s: got %q", status, why)
		}
	}
}
