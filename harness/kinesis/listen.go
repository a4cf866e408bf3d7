// Reading shards.

package kinesis

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/aws/shards"
	"github.com/harken-bdd/harken/harness/event"
)

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	opened, err := account.Open(ctx, a.settings, endpointOf)
	if err != nil {
		return nil, err
	}
	stream := newStream(kinesis.NewFromConfig(opened.Config), a.stream)
	has, err := stream.client.DescribeStreamSummary(ctx,
		&kinesis.DescribeStreamSummaryInput{StreamName: aws.String(a.stream)})
	if err != nil {
		opened.Close()
		return nil, account.Explain(err)
	}
	settings := shards.Settings{
		Identity:  aws.ToTime(has.StreamDescriptionSummary.StreamCreationTimestamp).UTC().Format(time.RFC3339Nano),
		Retention: time.Duration(aws.ToInt32(has.StreamDescriptionSummary.RetentionPeriodHours)) * time.Hour,
		Name:      a.String(), Bound: a.bound, Hurried: opened.Local,
		Release: func() error { opened.Close(); return nil },
	}
	if a.canary {
		settings.Canary = stream.canary
	}
	l, err := shards.Listen(ctx, stream, settings, s)
	if err != nil {
		opened.Close()
		return nil, err
	}
	return l, nil
}

// stream is a stream of Kinesis.
type stream struct {
	client client
	name   string

	mu     sync.Mutex
	hashes map[string]string // a hash key of each shard, by which something is put into it
}

func newStream(c client, name string) *stream {
	return &stream{client: c, name: name, hashes: make(map[string]string)}
}

// Shards returns all shards, those that are closed until their records are discarded.
func (s *stream) Shards(ctx context.Context) ([]shards.Shard, error) {
	var all []shards.Shard
	in := &kinesis.ListShardsInput{StreamName: aws.String(s.name)}
	for {
		out, err := s.client.ListShards(ctx, in)
		if err != nil {
			return nil, account.Explain(err)
		}
		for _, shard := range out.Shards {
			all = append(all, s.shard(shard))
		}
		if out.NextToken == nil {
			return all, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken} // which names the stream
	}
}

func (s *stream) shard(from types.Shard) shards.Shard {
	shard := shards.Shard{ID: aws.ToString(from.ShardId)}
	for _, parent := range []*string{from.ParentShardId, from.AdjacentParentShardId} {
		if parent != nil {
			shard.Parents = append(shard.Parents, *parent)
		}
	}
	shard.Closed = from.SequenceNumberRange != nil && from.SequenceNumberRange.EndingSequenceNumber != nil
	if from.HashKeyRange != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hashes[shard.ID] = aws.ToString(from.HashKeyRange.StartingHashKey)
	}
	return shard
}

// Iterator returns an iterator of a shard.
func (s *stream) Iterator(ctx context.Context, shard string, from shards.Place) (string, error) {
	in := &kinesis.GetShardIteratorInput{
		StreamName: aws.String(s.name), ShardId: aws.String(shard), ShardIteratorType: types.ShardIteratorTypeLatest,
	}
	switch {
	case from.After != "":
		in.ShardIteratorType = types.ShardIteratorTypeAfterSequenceNumber
		in.StartingSequenceNumber = aws.String(from.After)
	case !from.Since.IsZero():
		in.ShardIteratorType = types.ShardIteratorTypeAtTimestamp
		in.Timestamp = aws.Time(from.Since)
	case from.Horizon:
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	out, err := s.client.GetShardIterator(ctx, in)
	if from.After != "" && account.Code(err) == "InvalidArgumentException" { // it is of no record that there is
		return "", fmt.Errorf("%w: %w", shards.ErrTrimmed, account.Explain(err))
	}
	if err != nil {
		return "", explain(err)
	}
	return aws.ToString(out.ShardIterator), nil
}

// Read returns what lies behind an iterator.
func (s *stream) Read(ctx context.Context, shard, iterator string) (shards.Page, error) {
	out, err := s.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String(iterator)})
	if err != nil {
		return shards.Page{}, explain(err)
	}
	behind := out.MillisBehindLatest
	page := shards.Page{Next: aws.ToString(out.NextShardIterator), Last: behind != nil && *behind == 0}
	page.At, _ = middleware.GetServerTime(out.ResultMetadata)
	for _, r := range out.Records {
		page.Records = append(page.Records, records(shard, r)...)
	}
	return page, nil
}

// records returns a record as the recorder has it: each of those that a producer library has packed into it.
func records(shard string, r types.Record) []shards.Record {
	sequence := aws.ToString(r.SequenceNumber)
	e := event.Event{
		ID: delivery(shard, sequence), Key: aws.ToString(r.PartitionKey), Body: r.Data,
		Stamp: aws.ToTime(r.ApproximateArrivalTimestamp), Resolution: time.Millisecond,
	}
	events, err := envelope.Disaggregate(e)
	if err != nil {
		return []shards.Record{{Sequence: sequence, Err: err}}
	}
	all := make([]shards.Record, len(events))
	for i, e := range events {
		all[i] = shards.Record{Sequence: sequence, Event: e, Canary: harness.CanaryID(e)}
	}
	return all
}

// canary puts a canary into a shard.
func (s *stream) canary(ctx context.Context, shard string, e event.Event) (into string, err error) {
	s.mu.Lock()
	hash := s.hashes[shard]
	s.mu.Unlock()
	out, err := s.client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String(s.name), PartitionKey: aws.String(e.Key), ExplicitHashKey: aws.String(hash), Data: e.Body,
	})
	if err != nil {
		return "", account.Explain(err)
	}
	return aws.ToString(out.ShardId), nil
}

// explain says what an error means to whoever reads a shard.
func explain(err error) error {
	var what error
	switch account.Code(err) {
	case "ExpiredIteratorException":
		what = shards.ErrExpired
	case "ResourceNotFoundException":
		what = shards.ErrGone
	case "ProvisionedThroughputExceededException", "LimitExceededException":
		what = shards.ErrThrottled
	default:
		return account.Explain(err)
	}
	return fmt.Errorf("%w: %w", what, account.Explain(err))
}

// delivery returns the identity of a record.
func delivery(shard, sequence string) string { return shard + ":" + sequence }
