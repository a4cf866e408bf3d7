// Putting records.

package kinesis

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	// maxRecord is how many KiB a record may have, its partition key included, in a stream that says nothing else. Streams
	// can be set to take 10 MiB; recordQuotas is where it says so.
	maxRecord    = 1024
	recordQuotas = "https://docs.aws.amazon.com/streams/latest/dev/large-records.html"
	// maxKey is how many characters a partition key may have; keyQuotas is where it says so.
	maxKey    = 256
	keyQuotas = "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html"
)

// producer puts records into a stream.
type producer struct {
	client  client
	addr    address
	largest int // bytes, data and partition key together
	closed  atomic.Bool
	release func()
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	opened, err := account.Open(ctx, a.settings, endpointOf)
	if err != nil {
		return nil, err
	}
	p, err := openProducer(ctx, kinesis.NewFromConfig(opened.Config), a, opened.Close)
	if err != nil {
		opened.Close()
		return nil, err
	}
	return p, nil
}

// openProducer returns a producer, whose Close ends with release. It fails where the stream cannot be described.
func openProducer(ctx context.Context, c client, a address, release func()) (*producer, error) {
	out, err := c.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String(a.stream)})
	if err != nil {
		return nil, account.Explain(err)
	}
	largest := int(aws.ToInt32(out.StreamDescriptionSummary.MaxRecordSizeInKiB))
	if largest == 0 {
		largest = maxRecord
	}
	return &producer{client: c, addr: a, largest: largest << 10, release: release}, nil
}

// Send puts a record and returns nil once Kinesis has stored it.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	if err := p.fits(e); err != nil {
		return harness.Receipt{}, fmt.Errorf("%s: %w", p.addr, err)
	}
	key := e.Key
	if key == "" {
		key = rand.Text()
	}
	r, err := account.Deliver(ctx, false, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := p.client.PutRecord(ctx, &kinesis.PutRecordInput{
			StreamName: aws.String(p.addr.stream), PartitionKey: aws.String(key), Data: data(e),
		})
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		return aws.String(delivery(aws.ToString(out.ShardId), aws.ToString(out.SequenceNumber))), out.ResultMetadata, nil
	})
	if err != nil {
		return r, fmt.Errorf("%s: %w", p.addr, err)
	}
	return r, nil
}

// Close ends the producer. It may be called twice.
func (p *producer) Close() error {
	if !p.closed.Swap(true) {
		p.release()
	}
	return nil
}

// fits returns an error for an event that is no record, or none that the stream takes.
func (p *producer) fits(e event.Event) error {
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		if header != harness.CanaryHeader { // the body of a canary says it as well
			return fmt.Errorf("a record has no headers, got %s", header)
		}
	}
	size := len(e.Body) + len(e.Key)
	switch {
	case utf8.RuneCountInString(e.Key) > maxKey:
		return fmt.Errorf("the key has %d characters, and Kinesis takes %d as a partition key (%s)",
			utf8.RuneCountInString(e.Key), maxKey, keyQuotas)
	case !utf8.ValidString(e.Key):
		return fmt.Errorf("the key %q is not UTF-8, as a partition key has to be", e.Key)
	case size > p.largest:
		return fmt.Errorf("record of %d bytes with its key, and the stream takes %d (MaxRecordSizeInKiB, %s)", size,
			p.largest, recordQuotas)
	}
	return nil
}

// data returns the body of an event, which is never nil: the SDK takes that for none given.
func data(e event.Event) []byte {
	if e.Body == nil {
		return []byte{}
	}
	return e.Body
}
