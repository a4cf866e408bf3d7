package sqs

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// numbers is an SQS with queues of which only the numbers are asked, by the queue's URL.
type numbers struct {
	client
	mu         sync.Mutex
	attributes map[string]map[string]string
	err        error
}

// set says how many messages wait, are in flight and are delayed, and which queue the dead letters are in, "" for none.
func (n *numbers) set(queue string, waiting, flying, delayed int, dead string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.attributes == nil {
		n.attributes = make(map[string]map[string]string)
	}
	a := map[string]string{
		"ApproximateNumberOfMessages":           fmt.Sprint(waiting),
		"ApproximateNumberOfMessagesNotVisible": fmt.Sprint(flying),
		"ApproximateNumberOfMessagesDelayed":    fmt.Sprint(delayed),
	}
	if dead != "" {
		a["RedrivePolicy"] = `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:` + dead + `","maxReceiveCount":3}`
	}
	n.attributes["https://sqs/"+queue] = a
}

func (n *numbers) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
}

//nolint:revive // the SDK calls it so
func (n *numbers) GetQueueUrl(
	_ context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options),
) (*sqs.GetQueueUrlOutput, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	url := "https://sqs/" + *in.QueueName
	if n.attributes[url] == nil {
		return nil, &types.QueueDoesNotExist{}
	}
	return &sqs.GetQueueUrlOutput{QueueUrl: aws.String(url)}, nil
}

func (n *numbers) GetQueueAttributes(
	_ context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options),
) (*sqs.GetQueueAttributesOutput, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &sqs.GetQueueAttributesOutput{Attributes: n.attributes[*in.QueueUrl]}, n.err
}

// counted returns a listener to the numbers of the queue bills, and what it hears.
func counted(t *testing.T, n *numbers, bound time.Duration) (harness.Listener, *heard) {
	t.Helper()
	h := &heard{}
	q := queue{client: n, url: "https://sqs/bills", close: func() {}}
	l, err := listenToDepth(t.Context(), q, address{queue: "bills", depth: true, bound: bound}, h)
	if err != nil {
		t.Fatal(err)
	}
	return l, h
}

func TestTheNumbersOfAQueueAreCapturedWhenTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &numbers{}
		n.set("bills", 0, 0, 0, "")
		l, h := counted(t, n, 0)
		defer l.Close()
		expect(t, h, "at the opening", `bills={"messages":0,"inFlight":0,"delayed":0}`)
		pass(t, 3*time.Second)
		expect(t, h, "unchanged")
		n.set("bills", 3, 1, 2, "")
		pass(t, 2*time.Second)
		expect(t, h, "changed", `bills={"messages":3,"inFlight":1,"delayed":2}`)
	})
}

func TestTheDeadLettersOfAQueueAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &numbers{}
		n.set("bills", 0, 0, 0, "dead")
		n.set("dead", 2, 1, 0, "")
		l, h := counted(t, n, 0)
		defer l.Close()
		expect(t, h, "at the opening", `bills={"messages":0,"inFlight":0,"delayed":0,"deadLetters":3}`)
		n.set("dead", 0, 0, 0, "")
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		expect(t, h, "taken back", `bills={"messages":0,"inFlight":0,"delayed":0,"deadLetters":0}`)
	})
}

func TestAProofOfTheNumbersIsALookAfterTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &numbers{}
		n.set("bills", 0, 0, 0, "")
		l, h := counted(t, n, time.Minute)
		defer l.Close()
		h.take()
		if bound := l.(harness.Bounded).Bound(); bound != time.Minute {
			t.Errorf("got the bound %v", bound)
		}
		start := time.Now()
		if err := l.Sync(t.Context()); err != nil || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func TestATimeWithoutNumbersIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &numbers{}
		n.set("bills", 0, 0, 0, "")
		l, h := counted(t, n, 0)
		defer l.Close()
		h.take()
		n.fail(&smithy.OperationError{
			ServiceID: "SQS", OperationName: "GetQueueAttributes", Err: &smithy.GenericAPIError{Code: "AccessDeniedException"},
		})
		err := l.Sync(t.Context())
		if err == nil || !strings.Contains(err.Error(),
			"sqs bills: access denied: the IAM action sqs:GetQueueAttributes is needed") {
			t.Errorf("got %v", err)
		}
		n.fail(nil)
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		if got, gaps := h.take(); len(got) > 0 || gaps != 1 {
			t.Errorf("got %v and %d gaps", got, gaps)
		}
	})
}

func TestADeadLetterQueueThatIsGoneIsSaid(t *testing.T) {
	n := &numbers{}
	n.set("bills", 0, 0, 0, "dead")
	q := queue{client: n, url: "https://sqs/bills", close: func() {}}
	_, err := listenToDepth(t.Context(), q, address{queue: "bills", depth: true}, &heard{})
	if err == nil || !strings.Contains(err.Error(),
		"dead-letter queue: there is no queue dead in this account and region") {
		t.Errorf("got %v", err)
	}
}

func TestPermissionsAreWhatAnAddressNeeds(t *testing.T) {
	source := harness.Permission{Action: "sns:Subscribe", Resource: "*"}
	transport := Transport(harness.Transport{
		Scheme:      "sns",
		Check:       func(*url.URL) (harness.Traits, error) { return harness.Traits{Listen: true}, nil },
		Permissions: func(*url.URL) []harness.Permission { return []harness.Permission{source} },
	})
	const queue, any = "arn:${Partition}:sqs:${Region}:${Account}:dead-letters", "arn:${Partition}:sqs:${Region}:${Account}:*"
	sending := []harness.Permission{{Action: "sqs:GetQueueUrl", Resource: queue},
		{Action: "sqs:SendMessage", Resource: queue}}
	for text, more := range map[string][]harness.Permission{
		"sqs://dead-letters": nil,
		"sqs://dead-letters?own=true": {
			{Action: "sqs:DeleteMessage", Resource: queue}, {Action: "sqs:ListQueueTags", Resource: queue},
			{Action: "sqs:ReceiveMessage", Resource: queue},
			{Action: "sqs:TagQueue", Resource: queue}, {Action: "sqs:UntagQueue", Resource: queue},
		},
		"sqs://dead-letters?depth=true": {
			{Action: "sqs:GetQueueAttributes", Resource: queue}, {Action: "sqs:GetQueueAttributes", Resource: any},
			{Action: "sqs:GetQueueUrl", Resource: any},
		},
		"sqs://dead-letters?tap=sns%3A%2F%2Fnotices": {source},
	} {
		if got, want := transport.Permissions(mustParse(t, text)), slices.Concat(sending, more); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// heard is a Sink that remembers.
type heard struct {
	mu       sync.Mutex
	captures []string // KEY=BODY
	gaps     int
}

func (h *heard) Capture(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.captures = append(h.captures, e.Key+"="+string(e.Body))
}

func (h *heard) Gap(time.Time, time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gaps++
}

func (*heard) Gone(string, time.Time) {}

func (*heard) Canary(event.Event, time.Time) {}

// take returns what was heard since the last call.
func (h *heard) take() (captures []string, gaps int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	captures, gaps = h.captures, h.gaps
	h.captures, h.gaps = nil, 0
	return captures, gaps
}

func expect(t *testing.T, h *heard, when string, want ...string) {
	t.Helper()
	if got, gaps := h.take(); !slices.Equal(got, want) || gaps > 0 {
		t.Errorf("%s: got %v and %d gaps, want %v", when, got, gaps, want)
	}
}

// pass lets d go by in a bubble, and all that happens in it happen.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := poll.Pause(t.Context(), d); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}
