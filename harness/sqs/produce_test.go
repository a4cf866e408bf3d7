package sqs

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
)

func TestAnEventBecomesAMessage(t *testing.T) {
	m, _, err := message(event.Event{Key: "customer-1", Headers: event.Headers(map[string]string{"trace.id": "t 1"}),
		Body: []byte("dear\tcustomer")}, false)
	if err != nil {
		t.Fatal(err)
	}
	attribute := m.MessageAttributes["trace.id"]
	if aws.ToString(m.MessageBody) != "dear\tcustomer" || aws.ToString(m.MessageGroupId) != "customer-1" ||
		m.MessageDeduplicationId != nil ||
		aws.ToString(attribute.DataType) != "String" || aws.ToString(attribute.StringValue) != "t 1" {
		t.Errorf("got %+v", m)
	}
	if m, _, err = message(event.Event{Body: []byte("x")}, false); err != nil || m.MessageGroupId != nil {
		t.Errorf("without a key: got %+v, %v", m, err)
	}
}

// fifoQueue is a queue that stores each deduplication id once, and answers a duplicate as SQS does.
type fifoQueue struct {
	client
	stored []*sqs.SendMessageInput
	ids    map[string]string // of messages, by deduplication id
}

func (q *fifoQueue) SendMessage(
	_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options),
) (*sqs.SendMessageOutput, error) {
	id := aws.ToString(in.MessageDeduplicationId)
	if id == "" { // as with ContentBasedDeduplication
		id = aws.ToString(in.MessageBody)
	}
	if q.ids[id] == "" {
		q.stored = append(q.stored, in)
		q.ids[id] = fmt.Sprint("m-", len(q.stored))
	}
	return &sqs.SendMessageOutput{MessageId: aws.String(q.ids[id])}, nil
}

func TestADuplicateInAFIFOQueueIsSwallowed(t *testing.T) {
	named := event.Headers(map[string]string{"messageDeduplicationID": "order-1", "type": "placed"})
	for _, c := range []struct {
		name      string
		byContent bool
		first     event.Event
		again     event.Event
		stored    int
	}{
		{"each is a message of its own", false, event.Event{Key: "g", Body: []byte("x")},
			event.Event{Key: "g", Body: []byte("x")}, 2},
		{"an id that is named", false, event.Event{Key: "g", Body: []byte("x"), Headers: named},
			event.Event{Key: "g", Body: []byte("y"), Headers: named}, 1},
		{"in another group", false, event.Event{Key: "g", Body: []byte("x"), Headers: named},
			event.Event{Key: "h", Body: []byte("x"), Headers: named}, 1},
		{"by content", true, event.Event{Key: "g", Body: []byte("x")}, event.Event{Key: "g", Body: []byte("x")}, 1},
		{"other content", true, event.Event{Key: "g", Body: []byte("x")}, event.Event{Key: "g", Body: []byte("y")}, 2},
	} {
		service := &fifoQueue{ids: make(map[string]string)}
		p := &producer{queue: queue{client: service, fifo: true}, duplicates: subscription.Duplicates{ByContent: c.byContent}}
		first, err := p.Send(t.Context(), c.first)
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Send(t.Context(), c.again)
		if err != nil {
			t.Fatal(err)
		}
		if first.Swallowed != "" || (again.Swallowed != "") != (c.stored == 1) || len(service.stored) != c.stored {
			t.Errorf("%s: %d were stored, swallowed %q and %q", c.name, len(service.stored), first.Swallowed, again.Swallowed)
		}
		if got := service.stored[0].MessageAttributes; len(got) != max(0, len(c.first.Headers)-1) {
			t.Errorf("%s: the attributes are %v", c.name, got)
		}
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
		{"one byte more", event.Event{Body: text(1<<20 + 1)}, false,
			"a message of 1048577 bytes with its attributes: SQS takes at most 1048576"},
		{"attributes count", event.Event{Body: text(1<<20 - 11), Headers: event.Headers(map[string]string{"name": "v2"})},
			false, "a message of 1048577 bytes"},
		{"the most attributes", event.Event{Body: text(1), Headers: headers(10)}, false, ""},
		{"one attribute more", event.Event{Body: text(1), Headers: headers(11)}, false,
			"11 headers: SQS takes at most 10 attributes"},
		{"nothing", event.Event{}, false, "no body: SQS takes no empty message"},
		{"no text", event.Event{Body: []byte{0xff}}, false, "body: SQS takes text only"},
		{"a character that XML does not have", event.Event{Body: []byte("\x1b[2J")}, false, "body: SQS takes text only"},
		{"no group", event.Event{Body: text(1)}, true, "no key: a FIFO message has a group, which is the event's key"},
		{"a group with a space", event.Event{Key: "a b", Body: text(1)}, false,
			`key "a b": a message's group has at most 128 characters`},
		{"a long group", event.Event{Key: strings.Repeat("k", 129), Body: text(1)}, true,
			"a message's group has at most 128 characters"},
		{"a name with a space", header("a b", "v"), false, `header "a b": an attribute's name has letters`},
		{"a name with two dots", header("a..b", "v"), false, "single dots"},
		{"a name of Amazon's", header("AWS.x", "v"), false, "begins with neither AWS nor Amazon and a dot"},
		{"a deduplication id", header("MessageDeduplicationId", "x"), false,
			`header "MessageDeduplicationId": only FIFO queues and topics (NAME.fifo)`},
		{"a group", header("MessageGroupId", "x"), false, `header "MessageGroupId": a message's group is the event's key`},
		{"no value", header("name", ""), false, `header "name": an attribute's value is not empty`},
	} {
		_, _, err := message(c.e, c.fifo)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
