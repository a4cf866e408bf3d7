//go:build aws

// What else is asked of queues, on an emulator of AWS.

package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	bus "github.com/harken-bdd/harken/harness/eventbridge"
)

// patience bounds what must happen and nobody can say when.
const patience = 20 * time.Second

func TestTheNumbersOfAQueueAreWhatIsInIt(t *testing.T) {
	a := start(t)
	dead := a.queue(t, "", nil)
	name := a.queue(t, "", map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:` + dead + `","maxReceiveCount":1}`,
	})
	transport, h := a.Observe(Transport()), &heard{}
	u := a.address(t, name, url.Values{"depth": {"true"}, "bound": {"0s"}})
	l, err := transport.Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expect(t, h, "at the opening", name+`={"messages":0,"inFlight":0,"delayed":0,"deadLetters":0}`)

	p, err := transport.Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range 3 {
		if _, err := p.Send(t.Context(), event.Event{Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	counted := func(when, want string) {
		t.Helper()
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, _ := h.take()
		if len(got) == 0 || got[len(got)-1] != name+"="+want {
			t.Errorf("%s: got %v, want %s", when, got, want)
		}
	}
	counted("3 sent", `{"messages":3,"inFlight":0,"delayed":0,"deadLetters":0}`)
	in := &sqs.ReceiveMessageInput{QueueUrl: a.url(t, name), MaxNumberOfMessages: 2, VisibilityTimeout: 60}
	received, err := a.client.ReceiveMessage(t.Context(), in)
	if err != nil || len(received.Messages) != 2 {
		t.Fatalf("got %v, %v", received, err)
	}
	counted("2 received", `{"messages":1,"inFlight":2,"delayed":0,"deadLetters":0}`)
	if _, err := a.client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: a.url(t, name), ReceiptHandle: received.Messages[0].ReceiptHandle, VisibilityTimeout: 0,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.client.ReceiveMessage(t.Context(), in); err != nil { // which puts what was received before aside
		t.Fatal(err)
	}
	counted("1 given up, 1 more received", `{"messages":0,"inFlight":2,"delayed":0,"deadLetters":1}`)
	a.Needed(t, transport, "sqs://dead-letters?depth=true")
}

func TestATapLeavesEveryMessageToTheQueuesReader(t *testing.T) {
	a := start(t)
	name := a.queue(t, "", nil)
	client := eventbridge.NewFromConfig(a.Config)
	if _, err := client.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("notices"),
		EventPattern: aws.String(`{"source":["clerk"]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule:    aws.String("notices"),
		Targets: []types.Target{{Id: aws.String("notices"), Arn: aws.String("arn:aws:sqs:us-east-1:000000000000:" + name)}},
	}); err != nil {
		t.Fatal(err)
	}

	feeds := bus.Transport()
	source := &url.URL{Scheme: "eventbridge", Host: "default", RawQuery: url.Values{
		"source": {"clerk"}, "detail-type": {"notice"}, "bound": {"200ms"}, "endpoint": {a.Endpoint()},
	}.Encode()}
	u, h := a.address(t, name, url.Values{"tap": {source.String()}}), &heard{}
	l, err := Transport(feeds).Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := feeds.Produce(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const notices = 30
	for i := range notices {
		if _, err := p.Send(t.Context(), event.Event{Body: fmt.Appendf(nil, `{"notice":%d}`, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if captures, gaps := h.take(); len(captures) != notices || gaps > 0 {
		t.Errorf("captured %d of %d notices, and %d gaps", len(captures), notices, gaps)
	}
	read := make(map[string]bool)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(read) < notices {
		out, err := a.client.ReceiveMessage(ctx,
			&sqs.ReceiveMessageInput{QueueUrl: a.url(t, name), MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			t.Fatalf("the queue's reader got %d of %d notices: %v", len(read), notices, err)
		}
		for _, m := range out.Messages {
			var envelope struct{ Detail json.RawMessage }
			if err := json.Unmarshal([]byte(*m.Body), &envelope); err != nil {
				t.Fatal(err)
			}
			read[string(envelope.Detail)] = true
		}
	}
}

func TestAQueueHasOneListenerAtATime(t *testing.T) {
	a := start(t)
	transport, u := Transport(), a.address(t, a.queue(t, "", nil), url.Values{"own": {"true"}, "bound": {"0s"}})
	first := &heard{}
	l, err := transport.Listen(harness.WithRun(t.Context(), "run-1"), u, first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transport.Listen(harness.WithRun(t.Context(), "run-2"), u, &heard{})
	if err == nil || !strings.Contains(err.Error(), "the run run-1 reads this queue until ") {
		t.Errorf("got %v from the second listener", err)
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Errorf("the first listener, after the second: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, gaps := first.take(); gaps > 0 {
		t.Errorf("the first listener has reported %d gaps", gaps)
	}
	l, err = transport.Listen(t.Context(), u, &heard{})
	if err != nil {
		t.Fatalf("after the first listener was closed: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestAQueueThatSomebodyElseReadsProvesNothing(t *testing.T) {
	a := start(t)
	name := a.queue(t, "", nil)
	u := a.address(t, name, url.Values{"own": {"true"}, "bound": {"0s"}})
	l, err := Transport().Listen(t.Context(), u, &heard{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	thieving, stop := context.WithCancel(t.Context())
	stolen := make(chan error, 1)
	go func() {
		for {
			out, err := a.client.ReceiveMessage(thieving,
				&sqs.ReceiveMessageInput{QueueUrl: a.url(t, name), WaitTimeSeconds: 20, VisibilityTimeout: 3600})
			if err != nil || len(out.Messages) > 0 {
				stolen <- err
				return
			}
		}
	}()
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for gone := false; !gone; { // a canary that the thief gets, sooner or later
		brief, done := context.WithTimeout(ctx, 2*time.Second)
		_ = l.Sync(brief) // which may succeed as long as nothing is stolen
		done()
		select {
		case err := <-stolen:
			if err != nil {
				t.Fatal(err)
			}
			gone = true
		default:
		}
	}
	brief, done := context.WithTimeout(ctx, 3*time.Second)
	defer done()
	if err := l.Sync(brief); err == nil || !strings.Contains(err.Error(), "does somebody else read the queue, too?") {
		t.Errorf("got %v, after a canary was stolen", err)
	}
}

func TestAMessageAboveTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	a := start(t)
	p, err := a.Observe(Transport()).Produce(t.Context(), a.address(t, a.queue(t, "", nil), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	e := event.Event{Headers: event.Headers(map[string]string{"type": "notice"})}
	attributes := len("type") + len("String") + len("notice")
	e.Body = []byte(strings.Repeat("x", largest-attributes+1))
	_, err = p.Send(t.Context(), e)
	if err == nil || !strings.Contains(err.Error(), "SQS takes at most 1048576 ("+quotas+")") ||
		a.Asked("sqs:SendMessage") {
		t.Errorf("got %v, sent: %t", err, a.Asked("sqs:SendMessage"))
	}
	e.Body = e.Body[1:]
	if _, err := p.Send(t.Context(), e); err != nil {
		t.Errorf("exactly at the limit: %v", err)
	}
}

func TestWhatAFIFOQueueTakesForADuplicateIsSwallowed(t *testing.T) {
	a := start(t)
	name := a.queue(t, ".fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	named := event.Headers(map[string]string{"MessageDeduplicationId": "order-1"})
	for _, c := range []struct {
		parameters url.Values
		e          event.Event
		swallowed  bool
	}{
		{url.Values{}, event.Event{Key: "g", Body: []byte("each its own")}, false},
		{url.Values{}, event.Event{Key: "g", Body: []byte("named"), Headers: named}, true},
		{url.Values{"deduplication": {"content"}}, event.Event{Key: "g", Body: []byte("content")}, true},
	} {
		p, err := Transport().Produce(t.Context(), a.address(t, name, c.parameters))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{false, c.swallowed} {
			if r, err := p.Send(t.Context(), c.e); err != nil || (r.Swallowed != "") != want {
				t.Errorf("%s, %d: got %+v, %v", c.e.Body, i, r, err)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	has, err := a.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl:       a.url(t, name),
		AttributeNames: []queues.QueueAttributeName{queues.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil || has.Attributes["ApproximateNumberOfMessages"] != "4" {
		t.Errorf("got %v, %v, want 4 messages of 6", has, err)
	}
}

func TestAQueueThatIsNotThereIsSaid(t *testing.T) {
	a := start(t)
	for _, parameters := range []url.Values{{}, {"own": {"true"}}, {"depth": {"true"}}} {
		u := a.address(t, "nowhere", parameters)
		_, err := Transport().Produce(t.Context(), u)
		if err == nil || !strings.Contains(err.Error(), "sqs nowhere: there is no queue nowhere in this account and region") {
			t.Errorf("%s: got %v", u, err)
		}
	}
}
