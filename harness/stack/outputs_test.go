package stack

import (
	"slices"
	"testing"
)

func TestOutputsBecomeVariables(t *testing.T) {
	for output, want := range map[string]string{
		"TableName": "HARKEN_TABLE_NAME", "DeadLetterQueueUrl": "HARKEN_DEAD_LETTER_QUEUE_URL", "APIAddress": "HARKEN_APIADDRESS", "url": "HARKEN_URL", "QueueURL2": "HARKEN_QUEUE_URL2",
	} {
		if got := Variable(output); got != want {
			t.Errorf("%s becomes %s, want %s", output, got, want)
		}
	}
	got := Environment(map[string]string{"B": "arn:aws:x:1", "A": "http://h/?a=b&c=it's", "C": ""})
	if want := []string{`HARKEN_A='http://h/?a=b&c=it'\''s'`, "HARKEN_B=arn:aws:x:1", "HARKEN_C="}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
