// Who reads a queue: a lease that a listener takes out, and keeps for as long as it is open.

package sqs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// readerTag names the tag of a queue that says who reads it: a run, a text that no other listener has, and until when.
	readerTag = "harken:reader"
	// leased is how long a listener reads a queue without having said so again, and so how long one is in the way of the
	// next that was killed.
	leased = 3 * time.Minute
	// renewal is how often it says so.
	renewal = time.Minute
)

// errVanished is the gap that a lease makes which is gone before its time.
var errVanished = errors.New("the queue's tag " + readerTag +
	" was changed: somebody else has read the queue for a while, or has tidied up")

// lease is that of one listener. SQS cannot compare and set a tag, so two listeners that open at the same moment may
// both get one; the earlier finds out as soon as it looks again.
type lease struct {
	queue  queue
	reader string // as in the tag
}

func newLease(ctx context.Context, q queue) lease {
	run := strings.Join(strings.Fields(harness.RunOf(ctx)), "-")
	return lease{queue: q, reader: run + " " + rand.Text()}
}

// look says whether the lease is still there, and fails where somebody else has one.
func (l lease) look(ctx context.Context) (held bool, err error) {
	out, err := l.queue.client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: aws.String(l.queue.url)})
	if err != nil {
		return false, account.Explain(err)
	}
	value := out.Tags[readerTag]
	at := strings.LastIndexByte(value, ' ')
	if at < 0 {
		return false, nil
	}
	reader := value[:at]
	until, err := time.Parse(time.RFC3339, value[at+1:])
	if err != nil || reader == l.reader {
		return reader == l.reader, nil // a tag that cannot be read is nobody's
	}
	if !time.Now().Before(until) {
		return false, nil
	}
	run, _, _ := strings.Cut(reader, " ")
	return false, &leaseError{run: run, until: until}
}

// leaseError says who reads a queue.
type leaseError struct {
	run   string
	until time.Time
}

func (e *leaseError) Error() string {
	return fmt.Sprintf("the run %s reads this queue until %s or longer, and each message goes to one reader: "+
		"have one run at a time, or a queue for each (the tag %s of the queue says so)",
		e.run, e.until.UTC().Format(time.RFC3339), readerTag)
}

// take takes the lease out, or renews it.
func (l lease) take(ctx context.Context) error {
	value := l.reader + " " + time.Now().Add(leased).UTC().Format(time.RFC3339)
	_, err := l.queue.client.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: aws.String(l.queue.url),
		Tags: map[string]string{readerTag: value}})
	return account.Explain(err)
}

// open takes the lease out where nobody has one, or leaves nothing behind.
func (l lease) open(ctx context.Context) error {
	if _, err := l.look(ctx); err != nil {
		return err
	}
	making, done := account.Making(ctx) // an interruption must not leave a lease behind
	defer done()
	if err := l.take(making); err != nil {
		return errors.Join(err, l.giveBack(making))
	}
	return nil
}

// giveBack ends the lease, unless somebody else has one by now.
func (l lease) giveBack(ctx context.Context) error {
	held, err := l.look(ctx)
	if held {
		_, err = l.queue.client.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: aws.String(l.queue.url),
			TagKeys: []string{readerTag}})
	}
	var other *leaseError
	if err == nil || errors.As(err, &other) || isMissing(err) {
		return nil
	}
	return fmt.Errorf("remove the tag %s: %w", readerTag, account.Explain(err))
}

// keep renews the lease until ctx ends, and tells s when it was gone in between. It returns a leaseError once somebody
// else has one.
func (l lease) keep(ctx context.Context, s harness.Sink) error {
	for held := time.Now(); poll.Pause(ctx, renewal) == nil; {
		now := time.Now()
		ours, err := l.look(ctx)
		var other *leaseError
		switch {
		case errors.As(err, &other):
			s.Gap(held, now, other)
			return other
		case err != nil:
			continue // the queue is out of reach, which the listener tells
		case !ours:
			s.Gap(held, now, errVanished)
		}
		if l.take(ctx) == nil {
			held = now
		}
	}
	return nil
}
