package subscription

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pause lets time pass in a bubble.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	if err := poll.Pause(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// queue is a queue in memory, for tests within a bubble.
type queue struct {
	mu       sync.Mutex
	messages []types.Message
	came     chan struct{} // closed when a message has come
	deleted  []string      // receipt handles
	stay     int           // how many requests to delete are still to fail for their first message
	fail     error         // what each request fails with, after delay
	delay    time.Duration
}

func newQueue() *queue { return &queue{came: make(chan struct{})} }

// put has messages come, of which the receipt handles are their bodies.
func (q *queue) put(bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, body := range bodies {
		q.messages = append(q.messages, types.Message{MessageId: aws.String(body), Body: aws.String(body),
			ReceiptHandle: aws.String(body)})
	}
	close(q.came)
	q.came = make(chan struct{})
}

func (q *queue) breakDown(err error, delay time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fail, q.delay = err, delay
	close(q.came) // the request in progress ends
	q.came = make(chan struct{})
}

func (q *queue) ReceiveMessage(
	ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options),
) (*sqs.ReceiveMessageOutput, error) {
	patience := time.After(time.Duration(in.WaitTimeSeconds) * time.Second)
	for {
		q.mu.Lock()
		fail, delay, came := q.fail, q.delay, q.came
		n := min(len(q.messages), int(in.MaxNumberOfMessages))
		if fail == nil && n > 0 {
			got := q.messages[:n:n]
			q.messages = q.messages[n:]
			q.mu.Unlock()
			return &sqs.ReceiveMessageOutput{Messages: got}, nil
		}
		q.mu.Unlock()
		if fail != nil {
			select {
			case <-time.After(delay):
				return nil, fail
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		select {
		case <-came:
		case <-patience:
			return &sqs.ReceiveMessageOutput{}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *queue) DeleteMessageBatch(
	_ context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options),
) (*sqs.DeleteMessageBatchOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := &sqs.DeleteMessageBatchOutput{}
	for i, entry := range in.Entries {
		if i == 0 && q.stay > 0 {
			q.stay--
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: entry.Id, Code: aws.String("InternalError"),
				Message: aws.String("later")})
			continue
		}
		q.deleted = append(q.deleted, *entry.ReceiptHandle)
	}
	return out, nil
}

// notes is a sink and a Taker that keeps what it is told.
type notes struct {
	mu       sync.Mutex
	captured []string
	gaps     []string // "from to: cause", in seconds since the beginning
	canaries int
	begun    time.Time
}

func newNotes() *notes { return &notes{begun: time.Now()} }

func (n *notes) Capture(e event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.captured = append(n.captured, string(e.Body))
}

func (n *notes) Take(m types.Message, _ time.Time) { n.Capture(event.Event{Body: []byte(*m.Body)}) }

func (n *notes) Gap(from, to time.Time, cause error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gaps = append(n.gaps, fmt.Sprintf("%s to %s: %v", from.Sub(n.begun), to.Sub(n.begun), cause))
}

func (*notes) Gone(string, time.Time) {}

func (n *notes) Canary(event.Event, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.canaries++
}

// said returns what was captured, and the gaps.
func (n *notes) said() (captured, gaps []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.captured, n.gaps
}

// source feeds a queue, and loses the first canaries and some others.
type source struct {
	queue  *queue
	lost   int
	loses  []int // counted from 1
	fail   error
	sent   int
	closed int
}

func (s *source) canary(_ context.Context, id string) error {
	s.sent++
	switch {
	case s.fail != nil:
		return s.fail
	case s.sent > s.lost && !slices.Contains(s.loses, s.sent):
		s.queue.put("canary " + id)
	}
	return nil
}

// feed reads bodies: "canary ID", "bad" or an event, of which "NAME @SECONDS" says when it appeared.
func (s *source) feed(begun time.Time, bound time.Duration) Feed {
	return Feed{
		Client: s.queue, Queue: "queue", Bound: bound, Canary: s.canary,
		Read: func(m types.Message) (e event.Event, canary string, err error) {
			e = event.Event{ID: *m.Body, Body: []byte(*m.Body), Stamp: time.Now()}
			switch {
			case *m.Body == "bad":
				return e, "", errors.New("it is no envelope")
			case len(*m.Body) > 7 && (*m.Body)[:7] == "canary ":
				return e, (*m.Body)[7:], nil
			}
			var name string
			var after int
			if n, _ := fmt.Sscanf(*m.Body, "%s @%d", &name, &after); n == 2 {
				e.Stamp = begun.Add(time.Duration(after) * time.Second)
			}
			return e, "", nil
		},
		Remove: func(ctx context.Context) error {
			s.closed++
			return ctx.Err()
		},
	}
}

var (
	_ harness.Sink = (*notes)(nil)
	_ Taker        = (*notes)(nil)
)
