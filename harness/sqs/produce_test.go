package sqs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/harken-bdd/harken/support/event"
)

func TestAnEventBecomesAMessage(t *testing.T) {
	m, err := message(event.Event{Key: "customer-1", Headers: event.Headers(map[string]string{"trace.id": "t 1"}), Body: []byte("dear\tcustomer")}, false)
	if err != nil {
		t.Fatal(err)
	}
	attribute := m.MessageAttributes["trace.id"]
	if aws.ToString(m.MessageBody) != "dear\tcustomer" || aws.ToString(m.MessageGroupId) != "customer-1" || m.MessageDeduplicationId != nil ||
		aws.ToString(attribute.DataType) != "String" || aws.ToString(attribute.StringValue) != "t 1" {
		t.Errorf("got %+v", m)
	}
	if m, err = message(event.Event{Body: []byte("x")}, false); err != nil || m.MessageGroupId != nil {
		t.Errorf("without a key: got %+v, %v", m, err)
	}
}

func TestEachMessageInAFIFOQueueIsNoDuplicateOfTheOneBefore(t *testing.T) {
	e := event.Event{Key: "g", Body: []byte("x")}
	one, err := message(e, true)
	if err != nil {
		t.Fatal(err)
	}
	other, err := message(e, true)
	if err != nil || aws.ToString(one.MessageDeduplicationId) == "" || *one.MessageDeduplicationId == *other.MessageDeduplicationId {
		t.Errorf("got %v and %v, %v", one.MessageDeduplicationId, other.MessageDeduplicationId, err)
	}
}

func TestWhatSQSWouldNotTakeIsRefusedBeforeItIsSent(t *testing.T) {
	text := func(n int) []byte { return []byte(strings.Repeat("x", n)) }
	headers := func(n int) map[string][]string {
		all := make(map[string][]string)
		for i := range n {
			all[fmt.Sprintf("h-%d", i)] = []string{"v"}
		}
		return all
	}
	header := func(name, value string) event.Event {
		return event.Event{Body: text(1), Headers: event.Headers(map[string]string{name: value})}
	}
	for _, c := range []struct {
		name string
		e    event.Event
		fifo bool
		want string
	}{
		{"the largest", event.Event{Body: text(1 << 20)}, false, ""},
		{"one byte more", event.Event{Body: text(1<<20 + 1)}, false, "a message of 1048577 bytes with its attributes: SQS takes at most 1048576"},
		{"attributes count", event.Event{Body: text(1<<20 - 11), Headers: event.Headers(map[string]string{"name": "v2"})}, false, "a message of 1048577 bytes"},
		{"the most attributes", event.Event{Body: text(1), Headers: headers(10)}, false, ""},
		{"one attribute more", event.Event{Body: text(1), Headers: headers(11)}, false, "11 headers: SQS takes at most 10 attributes"},
		{"nothing", event.Event{}, false, "no body: SQS takes no empty message"},
		{"no text", event.Event{Body: []byte{0xff}}, false, "body: SQS takes text only"},
		{"a character that XML does not have", event.Event{Body: []byte("\x1b[2J")}, false, "body: SQS takes text only"},
		{"no group", event.Event{Body: text(1)}, true, "no key: a FIFO message has a group, which is the event's key"},
		{"a group with a space", event.Event{Key: "a b", Body: text(1)}, false, `key "a b": a message's group has at most 128 characters`},
		{"a long group", event.Event{Key: strings.Repeat("k", 129), Body: text(1)}, true, "a message's group has at most 128 characters"},
		{"a name with a space", header("a b", "v"), false, `header "a b": an attribute's name has letters`},
		{"a name with two dots", header("a..b", "v"), false, "single dots"},
		{"a name of Amazon's", header("AWS.x", "v"), false, "begins with neither AWS nor Amazon and a dot"},
		{"no value", header("name", ""), false, `header "name": an attribute's value is not empty`},
	} {
		_, err := message(c.e, c.fifo)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
