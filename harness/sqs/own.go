// Receiving from a queue that nobody else reads.

package sqs

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
)

// errShared is the gap that another listener makes, and why nothing is proved from then on.
var errShared = errors.New("another listener of Harken's receives from this queue, and each gets messages that the " +
	"other does not")

// errMoved is the gap that a dead letter makes which was perhaps there before the listener.
var errMoved = errors.New("it was sent before the listener was opened, and a dead letter does not tell when it was " +
	"moved here")

// own is a queue that only this listener reads.
type own struct {
	queue queue

	mu     sync.Mutex
	sent   map[string]bool // the canaries, by id
	since  time.Time       // when the first canary that came was sent, by the queue's clock; zero before
	shared bool            // somebody else's canary has come, so nothing can be proved any more
}

// receiveOwn returns a live listener, whose Close closes q, as does a failure.
func receiveOwn(ctx context.Context, q queue, a address, s harness.Sink) (harness.Listener, error) {
	o := &own{queue: q, sent: make(map[string]bool)}
	lease := newLease(ctx, q)
	if err := lease.open(ctx); err != nil {
		q.close()
		return nil, err
	}
	keeping, stop := context.WithCancel(context.Background())
	var kept sync.WaitGroup
	l, err := subscription.Listen(ctx, subscription.Feed{
		Client: q.client,
		Queue:  q.url,
		Read:   o.read,
		Canary: o.sendCanary,
		Bound:  a.bound,

		Outlives: true,
		Remove: func(ctx context.Context) error {
			defer q.close()
			stop()
			kept.Wait()
			return lease.giveBack(ctx)
		},
	}, s)
	if err != nil {
		return nil, err
	}
	kept.Go(func() {
		if lease.keep(keeping, s) != nil {
			o.mu.Lock()
			o.shared = true
			o.mu.Unlock()
		}
	})
	if _, err := lease.look(ctx); err != nil { // whoever opened at the same moment was not to be seen before
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (o *own) sendCanary(ctx context.Context, id string) error {
	o.mu.Lock()
	o.sent[id] = true
	shared := o.shared
	o.mu.Unlock()
	if shared {
		return errShared
	}
	_, err := (&producer{queue: o.queue}).Send(ctx, harness.Canary(id))
	return err
}

// read returns the event that a message is. What was there before the opening is passed off as a canary that nobody
// waits for: a queue that is not ordered may give it later. What SQS has moved here from another queue keeps the time
// at which it was sent there, and so tells only that it came later.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
func (o *own) read(m types.Message) (e event.Event, canary string, err error) {
	if e, err = asEvent(m); err != nil {
		return e, "", err
	}
	canary = harness.CanaryID(e)
	moved := envelope.Moved(m.Attributes)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	// one that another queue's reader could not bear, which says nothing of this queue's readers
	case moved && canary != "":
	case moved && !o.since.IsZero():
		if e.Stamp.Before(o.since) {
			return e, "", errMoved
		}
		e.Stamp, e.Resolution = time.Time{}, 0
	case o.sent[canary]:
		if o.since.IsZero() {
			o.since = e.Stamp
		}
	case o.since.IsZero() || e.Stamp.Before(o.since):
		canary = "from before"
	case canary != "":
		o.shared = true
		return e, "", errShared
	}
	return e, canary, nil
}

// asEvent returns the event that a message is, or that a topic or a bus put into it. Its stamp is the queue's own.
func asEvent(m types.Message) (event.Event, error) {
	message := envelope.Message{
		ID:    aws.ToString(m.MessageId),
		Group: m.Attributes[string(types.MessageSystemAttributeNameMessageGroupId)],
		Sent:  m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)],
		Body:  aws.ToString(m.Body),
	}
	for name, attribute := range m.MessageAttributes {
		if message.Headers == nil {
			message.Headers = make(map[string][]string, len(m.MessageAttributes))
		}
		// One of them is empty. Bytes are in base64, as a function gets them: a header is text.
		message.Headers[name] = []string{aws.ToString(attribute.StringValue) +
			base64.StdEncoding.EncodeToString(attribute.BinaryValue)}
	}
	e, err := message.Event()
	if err != nil {
		return event.Event{}, fmt.Errorf("message %s: %w", message.ID, err)
	}
	if published, ok := envelope.Published(e.Body); ok {
		published.Event.Stamp, published.Event.Resolution = e.Stamp, e.Resolution
		return published.Event, nil
	}
	return e, nil
}
