// Listening to how many messages wait in a queue.

package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// depth is what is captured.
type depth struct {
	Messages    int  `json:"messages"`
	InFlight    int  `json:"inFlight"`
	Delayed     int  `json:"delayed"`
	DeadLetters *int `json:"deadLetters,omitempty"` // nil without a dead-letter queue
}

// depthListener captures the numbers of a queue whenever they have changed.
type depthListener struct {
	queue  queue
	addr   address
	sink   harness.Sink
	poller *poll.Poller
	syncs  *poll.Shared
	close  func() error

	// Only the looks use what follows, and one runs at a time.
	last        []byte            // the body that was captured last
	deadLetters map[string]string // the URLs of dead-letter queues, by ARN
	looked      time.Time         // when the last look that succeeded began
	failed      error             // of the looks since then
}

// listenToDepth returns a live listener, whose Close closes q. It fails at once where the numbers cannot be read.
func listenToDepth(ctx context.Context, q queue, a address, s harness.Sink) (harness.Listener, error) {
	l := &depthListener{queue: q, addr: a, sink: s, looked: time.Now(), deadLetters: make(map[string]string)}
	l.poller = poll.New(l.look)
	l.syncs = poll.NewShared(l.prove)
	l.close = sync.OnceValue(func() error {
		l.syncs.Close()
		l.poller.Close()
		q.close()
		return nil
	})
	if err := l.poller.Look(ctx); err != nil {
		l.syncs.Close()
		l.poller.Close()
		return nil, err
	}
	return l, nil
}

// Await makes the looks as frequent as someone who waits needs them.
func (l *depthListener) Await(w harness.Wait) (release func()) { return l.poller.Await(w.Until) }

// Sync returns nil once the numbers were read after the bound.
func (l *depthListener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	if errors.Is(err, poll.ErrClosed) {
		err = harness.ErrClosed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.addr, err)
	}
	return nil
}

// prove is a Sync that is on its own.
func (l *depthListener) prove(ctx context.Context) error {
	if err := poll.Pause(ctx, l.addr.bound); err != nil {
		return err
	}
	return account.Until(ctx, l.poller.Look)
}

// Bound returns how long it may take until the numbers are right.
func (l *depthListener) Bound() time.Duration { return l.addr.bound }

// Close ends the looks and returns once nothing is captured any more.
func (l *depthListener) Close() error { return l.close() }

// look reads the numbers, and says whether they have changed.
func (l *depthListener) look(ctx context.Context) (found int, err error) {
	began := time.Now()
	body, err := l.read(ctx)
	if err != nil {
		l.failed = err
		return 0, err
	}
	since, cause := l.looked, l.failed
	l.looked, l.failed = began, nil
	seen := time.Now()
	if cause != nil {
		l.sink.Gap(since, seen, cause)
	}
	if bytes.Equal(l.last, body) {
		return 0, nil
	}
	l.last = body
	l.sink.Capture(event.Event{Key: l.addr.queue, Body: bytes.Clone(body), Seen: seen})
	return 1, nil
}

func (l *depthListener) read(ctx context.Context) ([]byte, error) {
	attributes, err := l.attributes(ctx, l.queue.url)
	if err != nil {
		return nil, err
	}
	var d depth
	if d, err = depthOf(attributes); err != nil {
		return nil, err
	}
	if policy, ok := attributes[string(types.QueueAttributeNameRedrivePolicy)]; ok {
		if d.DeadLetters, err = l.countDeadLetters(ctx, policy); err != nil {
			return nil, fmt.Errorf("dead-letter queue: %w", err)
		}
	}
	return json.Marshal(d)
}

// countDeadLetters returns how many messages there are in the dead-letter queue that a redrive policy names, received
// ones included.
func (l *depthListener) countDeadLetters(ctx context.Context, policy string) (*int, error) {
	var redrive struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(policy), &redrive); err != nil {
		return nil, fmt.Errorf("redrive policy: %w", err)
	}
	if _, known := l.deadLetters[redrive.Target]; !known {
		target, err := arn.Parse(redrive.Target)
		if err != nil {
			return nil, fmt.Errorf("redrive policy: %w", err)
		}
		in := &sqs.GetQueueUrlInput{QueueName: aws.String(target.Resource),
			QueueOwnerAWSAccountId: aws.String(target.AccountID)}
		if l.deadLetters[redrive.Target], err = find(ctx, l.queue.client, in); err != nil {
			delete(l.deadLetters, redrive.Target)
			return nil, err
		}
	}
	attributes, err := l.attributes(ctx, l.deadLetters[redrive.Target])
	if err != nil {
		return nil, err
	}
	d, err := depthOf(attributes)
	if err != nil {
		return nil, err
	}
	all := d.Messages + d.InFlight + d.Delayed
	return &all, nil
}

func (l *depthListener) attributes(ctx context.Context, url string) (map[string]string, error) {
	out, err := l.queue.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(url),
		AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
			types.QueueAttributeNameApproximateNumberOfMessagesDelayed, types.QueueAttributeNameRedrivePolicy,
		},
	})
	if err != nil {
		return nil, account.Explain(err)
	}
	return out.Attributes, nil
}

func depthOf(attributes map[string]string) (d depth, err error) {
	for name, number := range map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages:           &d.Messages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &d.InFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &d.Delayed,
	} {
		if *number, err = strconv.Atoi(attributes[string(name)]); err != nil {
			return depth{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return d, nil
}
