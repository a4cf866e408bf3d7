// Package sqs is the transport for queues of SQS:
//
//	sqs://QUEUE                            for sending
//	sqs://QUEUE.fifo?deduplication=content likewise, where the queue takes equal bodies for one message
//	sqs://QUEUE?tap=sns%3A%2F%2FTOPIC      and for listening to what feeds the queue
//	sqs://QUEUE?own=true                   and for receiving what is in it, where nobody else does
//	sqs://QUEUE?depth=true                 and for how many messages wait in it, and in its dead-letter queue
//
// Every address knows region= and endpoint=. A queue whose name ends in .fifo is a FIFO queue.
//
// # Events
//
// The key of an event is the message's group, which a FIFO queue must have and any other may; its headers are the
// message's attributes.
//
// # Duplicates
//
// A FIFO queue stores one message of a deduplication id within five minutes, and acknowledges all others as if it had
// stored them. Each Send is a message of its own, with a new id, unless the event has a header MessageDeduplicationId,
// which is sent as that id and not as an attribute, and is not among the headers that are captured; or unless the
// address says deduplication=content: then no id is sent, and a queue with ContentBasedDeduplication makes it of the
// body. A duplicate of what this producer has sent itself is known by the answer, which has the identity of the first
// message, and its Receipt is Swallowed. A duplicate of what somebody else has sent, an earlier run or the system,
// cannot be known: SQS says nothing of it. So an id that is written down should have a value in it that is new in each
// run. Queues that are not FIFO take no such header.
//
// # Listening
//
// A queue gives each message to one reader. A listener that received one would take it from the system, and one that
// let it go again would make it late, and bring it nearer to the dead-letter queue. So a queue is not listened to, but
//
//   - what feeds it (tap=, the address of a topic or a bus, URL-escaped): everything is then as that address has it.
//     What is sent to the queue itself does not come by there.
//   - the queue, if the test is its only reader (own=true), such as a dead-letter queue or one that a test subscribed:
//     messages are received and deleted. What was there at the opening is deleted, too, and not captured. A second
//     listener would share the messages with the first, so a listener says in a tag of the queue, harken:reader, that
//     it reads, and another is refused; the tag is removed at the end, and that of a run which was killed counts for
//     three minutes. Where two meet all the same, each reports a gap. Canaries go straight into the queue, and all of
//     them must come back: where one does not, somebody else reads, too, and nothing is proved. An earlier message may
//     come after a later one, so a Sync waits for a bound=, 2s unless said; with 0s it takes the queue for ordered. In
//     FIFO queues only messages of one group are. A message that a topic or a bus put there is read as theirs, and
//     stamped by the queue. A dead letter has no stamp, since SQS keeps the time at which it was sent to its first
//     queue; one that was sent before the opening is a gap.
//   - its numbers (depth=true), which are a state: {"messages": 3, "inFlight": 1, "delayed": 0, "deadLetters": 2},
//     captured at the first look and at each change. The key is the queue's name. deadLetters counts all that is in the
//     dead-letter queue, and is absent where there is none. They are approximate on AWS, and right only a minute after
//     the last message was sent; so a Sync looks again after a bound=, 1m unless said.
package sqs

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
)

// Transport returns the transport of the scheme sqs, which finds its account by the SDK's own configuration. sources
// has those of what feeds queues, by which they are listened to (tap=): sns and eventbridge, say.
func Transport(sources ...harness.Transport) harness.Transport {
	t := transport{sources: sources}
	made := harness.Scheme[address]{
		Name:        "sqs",
		Example:     "sqs://dead-letters?own=true",
		Parse:       t.parse,
		Produce:     produce,
		Listen:      t.listen,
		Remarks:     t.remarks,
		Server:      account.Server("SQS"),
		Permissions: t.permissions,
	}.Transport()
	made.Hears = t.hears // what is sent to an address of another scheme, too
	return made
}

type transport struct{ sources harness.Table }

// client is what is needed of an *sqs.Client.
type client interface {
	subscription.Client
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	GetQueueAttributes(
		context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options),
	) (*sqs.GetQueueAttributesOutput, error)
	ListQueueTags(context.Context, *sqs.ListQueueTagsInput, ...func(*sqs.Options)) (*sqs.ListQueueTagsOutput, error)
	TagQueue(context.Context, *sqs.TagQueueInput, ...func(*sqs.Options)) (*sqs.TagQueueOutput, error)
	UntagQueue(context.Context, *sqs.UntagQueueInput, ...func(*sqs.Options)) (*sqs.UntagQueueOutput, error)
}

// parse reads an address, and what can be expected of what feeds the queue.
func (t transport) parse(u *url.URL) (address, error) {
	a, err := parse(u)
	if err != nil || a.feed == nil {
		return a, err
	}
	a.source, err = t.sources.Check(a.feed)
	switch {
	case err != nil:
		return address{}, fmt.Errorf("tap: %w", err)
	case !a.source.Listen || a.source.State:
		return address{}, fmt.Errorf("tap: %s tells nothing of what happens", a.feed.Redacted())
	}
	return a, nil
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	q, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	return &producer{queue: q, duplicates: subscription.Duplicates{ByContent: a.byContent}}, nil
}

func (t transport) listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	switch {
	case a.feed != nil:
		return t.sources.Listen(ctx, a.feed, s)
	case !a.own && !a.depth:
		return nil, errors.New(oneReader)
	}
	q, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	if a.own {
		return receiveOwn(ctx, q, a, s) // which closes q
	}
	l, err := listenToDepth(ctx, q, a, s)
	if err != nil {
		q.close()
	}
	return l, err
}

// queue is a queue that was found.
type queue struct {
	client client
	url    string
	fifo   bool
	close  func()
}

func open(ctx context.Context, a address) (queue, error) {
	opened, err := account.Open(ctx, a.settings,
		func(c aws.Config) *string { return sqs.NewFromConfig(c).Options().BaseEndpoint })
	if err != nil {
		return queue{}, err
	}
	q := queue{client: sqs.NewFromConfig(opened.Config), fifo: a.fifo(), close: opened.Close}
	if q.url, err = find(ctx, q.client, &sqs.GetQueueUrlInput{QueueName: aws.String(a.queue)}); err != nil {
		q.close()
		return queue{}, err
	}
	return q, nil
}

// find returns the URL of a queue.
func find(ctx context.Context, c client, in *sqs.GetQueueUrlInput) (string, error) {
	out, err := c.GetQueueUrl(ctx, in)
	if isMissing(err) {
		return "", fmt.Errorf("there is no queue %s in this account and region", aws.ToString(in.QueueName))
	}
	if err != nil {
		return "", account.Explain(err)
	}
	return aws.ToString(out.QueueUrl), nil
}

// isMissing holds for the error that there is no such queue.
func isMissing(err error) bool {
	code := account.Code(err)
	return code == "AWS.SimpleQueueService.NonExistentQueue" || code == "QueueDoesNotExist"
}

// hears says whether a listener receives what is sent to an address: where it listens to what feeds the queue, what is
// sent there.
func (t transport) hears(listen, produce *url.URL) harness.Hearing {
	l, err := parse(listen)
	if err == nil && l.feed != nil {
		return t.sources.Hears(l.feed, produce)
	}
	p, errProduce := parse(produce)
	if err != nil || errProduce != nil || !l.own || produce.Scheme != listen.Scheme || l.queue != p.queue {
		return harness.Hearing{}
	}
	return harness.Hearing{Hears: true, Perhaps: l.settings != p.settings}
}

// remarks are those on what feeds the queue.
func (t transport) remarks(a address) []string {
	if a.feed == nil {
		return nil
	}
	return t.sources.Remarks(a.feed)
}

func (t transport) permissions(a address) []harness.Permission {
	var all []harness.Permission
	need := func(resource string, actions ...string) {
		for _, action := range actions {
			all = append(all, harness.Permission{Action: "sqs:" + action, Resource: account.ARN("sqs", resource)})
		}
	}
	need(a.queue, "GetQueueUrl", "SendMessage")
	switch {
	case a.own:
		need(a.queue, "DeleteMessage", "ListQueueTags", "ReceiveMessage", "TagQueue", "UntagQueue")
	case a.depth:
		need(a.queue, "GetQueueAttributes")
		need("*", "GetQueueAttributes", "GetQueueUrl") // of the dead-letter queue, whose name only the queue knows
	case a.feed != nil:
		all = append(all, t.sources.Permissions(a.feed)...)
	}
	return all
}
