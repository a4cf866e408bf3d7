// Receiving all that comes into a queue which nobody else reads.

package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// wait is how long an empty queue is asked before it answers, which is as long as it can be.
	wait = 20 * time.Second
	// most is how many messages one request can receive.
	most = 10
	// hidden is how long a message that was received and not deleted, since its answer was lost, stays away.
	hidden = 5 * time.Second
)

// Client is what is needed of an *sqs.Client.
type Client interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(
		context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options),
	) (*sqs.DeleteMessageBatchOutput, error)
}

// Taker takes what a Receiver has received. One call is made at a time.
type Taker interface {
	// Take takes a message that was received at seen. It is deleted afterwards.
	Take(m types.Message, seen time.Time)
	// Gap says that messages which came between from and to may come late only, and why.
	Gap(from, to time.Time, cause error)
}

// Receiver receives, for as long as it is open, all messages of a queue, and deletes them.
//
// A request that ends without an answer may have received messages all the same, and a queue that was not told of the
// end may do so for as long as the request would have waited. They come back after some seconds, so nothing is lost;
// but until then nobody knows of them, which is a gap.
type Receiver struct {
	client Client
	queue  string
	fifo   bool
	taker  Taker

	ctx    context.Context
	cancel context.CancelFunc
	finish chan struct{}
	once   sync.Once
	done   chan struct{}

	mu       sync.Mutex
	received error // of the last request
	deleted  error // likewise
}

// Receive returns a Receiver of the queue with that URL, which has begun.
func Receive(c Client, queue string, t Taker) *Receiver {
	r := &Receiver{client: c, queue: queue, fifo: strings.HasSuffix(queue, fifo), taker: t, finish: make(chan struct{}),
		done: make(chan struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	go r.run()
	return r
}

// Err returns why messages can be received or deleted no longer, and nil where the last requests were answered.
func (r *Receiver) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Or(r.received, r.deleted)
}

// Finish makes the request in progress the last one. It does not wait.
func (r *Receiver) Finish() { r.once.Do(func() { close(r.finish) }) }

// Done is closed once nothing is taken any more.
func (r *Receiver) Done() <-chan struct{} { return r.done }

// Close ends the request in progress, and returns once nothing is taken any more. It may be called twice.
func (r *Receiver) Close() {
	r.Finish()
	r.cancel()
	<-r.done
}

func (r *Receiver) run() {
	defer close(r.done)
	drained := time.Now() // all that was there before then was received
	for {
		began := time.Now()
		messages, lost, err := r.next()
		if err != nil {
			return // finished or closed
		}
		seen := time.Now()
		if lost != nil {
			r.taker.Gap(drained, seen.Add(wait), lost)
		}
		if len(messages) < most {
			drained = began
		}
		for _, m := range messages {
			r.taker.Take(m, seen)
		}
		r.delete(messages, drained, seen)
	}
}

// next returns the messages of the first request that is answered, none where the queue was empty, and the error of one
// before it that was not. It asks a queue that does not answer more and more rarely.
func (r *Receiver) next() (messages []types.Message, lost, err error) {
	err = poll.Until(r.ctx, func(ctx context.Context) error {
		select {
		case <-r.finish:
			return poll.Permanent(poll.ErrClosed)
		default:
		}
		out, err := r.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:                    aws.String(r.queue),
			MaxNumberOfMessages:         most,
			WaitTimeSeconds:             int32(wait / time.Second),
			VisibilityTimeout:           int32(hidden / time.Second),
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		r.note(&r.received, err)
		if err != nil {
			lost = account.Explain(err)
			return lost
		}
		if account.PerhapsTwice(out.ResultMetadata) != nil {
			lost = errors.New("a request was tried again, since its answer did not come")
		}
		messages = out.Messages
		return nil
	})
	return messages, lost, err
}

// delete deletes what was received at seen. What is not deleted comes again, with the identity that it had. In a FIFO
// queue it also keeps back what is behind it in its group: there it is tried until it comes again, and what came since
// drained, when nothing was behind, may come late.
func (r *Receiver) delete(messages []types.Message, drained, seen time.Time) {
	if len(messages) == 0 {
		return
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(r.queue)}
	for i, m := range messages {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)),
			ReceiptHandle: m.ReceiptHandle})
	}
	if !r.fifo {
		r.note(&r.deleted, r.deleteOnce(r.ctx, in))
		return
	}
	back := seen.Add(hidden)
	ctx, done := context.WithDeadline(r.ctx, back)
	defer done()
	var failed error
	err := account.Until(ctx, func(ctx context.Context) error {
		err := r.deleteOnce(ctx, in)
		if err != nil {
			failed = account.Explain(err)
		}
		return err
	})
	r.note(&r.deleted, err)
	if err == nil {
		back = time.Now()
	}
	if failed != nil {
		r.taker.Gap(drained, back, fmt.Errorf("what a FIFO queue has given and cannot delete keeps the rest of its group "+
			"back: %w", failed))
	}
}

// deleteOnce deletes the messages of in, and leaves those in it that stay. A request that succeeds may have failed for
// some.
func (r *Receiver) deleteOnce(ctx context.Context, in *sqs.DeleteMessageBatchInput) error {
	out, err := r.client.DeleteMessageBatch(ctx, in)
	if err != nil || len(out.Failed) == 0 {
		return err
	}
	in.Entries = slices.DeleteFunc(in.Entries, func(e types.DeleteMessageBatchRequestEntry) bool {
		return !slices.ContainsFunc(out.Failed,
			func(f types.BatchResultErrorEntry) bool { return aws.ToString(f.Id) == *e.Id })
	})
	first := out.Failed[0]
	why := &smithy.GenericAPIError{Code: aws.ToString(first.Code), Message: aws.ToString(first.Message),
		Fault: smithy.FaultServer}
	if first.SenderFault {
		why.Fault = smithy.FaultClient
	}
	return fmt.Errorf("%d messages are not deleted: %w", len(out.Failed), why)
}

func (r *Receiver) note(last *error, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*last = account.Explain(err)
}
