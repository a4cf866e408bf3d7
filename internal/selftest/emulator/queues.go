// The queues of a system that is tested, and what a listener hears.

package emulator

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

// patience bounds what must happen and nobody can say when.
const patience = 20 * time.Second

// Queues are all queues of the server: the system's own, and those that are made for a run.
type Queues struct{ *sqs.Client }

// Queues returns the queues of the server, which are gone to directly.
func (f *Fixture) Queues() Queues { return Queues{sqs.NewFromConfig(f.Config)} }

// Consume returns what comes into a queue until the test is over, as the system's own consumer would take it. unwrap
// returns the body of an event from that of a message.
func (q Queues) Consume(t testing.TB, queue string, unwrap func(body string) []byte) <-chan event.Event {
	got := make(chan event.Event)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			bodies, err := q.Take(ctx, queue)
			for _, body := range bodies {
				select {
				case got <- event.Event{Body: unwrap(body)}:
				case <-ctx.Done():
				}
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return got
}

// Take returns the bodies of messages that are in a queue, of which it waits a second for the first, and removes them.
func (q Queues) Take(ctx context.Context, queue string) (bodies []string, err error) {
	out, err := q.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(queue), MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
	})
	if err != nil {
		return nil, err
	}
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
		_, err := q.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queue), ReceiptHandle: m.ReceiptHandle})
		if err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// Backlog takes all that waits in a queue, as the system's own consumer would that did not run. unwrap returns the body
// of an event from that of a message.
func (q Queues) Backlog(
	ctx context.Context, queue string, unwrap func(body string) []byte,
) (all []event.Event, err error) {
	for {
		bodies, err := q.Take(ctx, queue)
		if err != nil || len(bodies) == 0 {
			return all, err
		}
		for _, body := range bodies {
			all = append(all, event.Event{Body: unwrap(body)})
		}
	}
}

// OfRuns returns the URLs of the queues that are made for a run, or why nobody knows them.
func (q Queues) OfRuns(ctx context.Context) []string {
	out, err := q.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(account.NamePrefix)})
	if err != nil {
		return []string{err.Error()}
	}
	return out.QueueUrls
}

// Hearer is the sink of a listener that hears a few events, and no more than a hundred.
type Hearer struct{ Events chan event.Event }

// NewHearer returns a sink that has heard nothing.
func NewHearer() Hearer { return Hearer{make(chan event.Event, 100)} }

// Capture keeps e for Next.
func (h Hearer) Capture(e event.Event) { h.Events <- e }

// Gap hears nothing.
func (Hearer) Gap(time.Time, time.Time, error) {}

// Gone hears nothing.
func (Hearer) Gone(string, time.Time) {}

// Canary hears nothing.
func (Hearer) Canary(event.Event, time.Time) {}

// Next returns the next of some events, which must come; when, nobody can say.
func Next(t testing.TB, events <-chan event.Event) event.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		t.Fatal("it never came")
		return event.Event{}
	}
}
