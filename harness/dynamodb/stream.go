// Listening to the stream of a table.

package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/aws/shards"
)

// retention is how long a stream has a record.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
const retention = 24 * time.Hour

// listenToStream returns a live listener, whose Close ends with release.
func listenToStream(
	ctx context.Context, opened *account.Account, a address, table *types.TableDescription, s harness.Sink,
	release func() error,
) (harness.Listener, error) {
	if table.StreamSpecification == nil || !aws.ToBool(table.StreamSpecification.StreamEnabled) {
		return nil, harness.Misconfigured(errors.New("the table has no stream: enable one, with the images that are to " +
			"be seen (NEW_AND_OLD_IMAGES)"))
	}
	from := &stream{client: dynamodbstreams.NewFromConfig(opened.Config), arn: aws.ToString(table.LatestStreamArn)}
	return shards.Listen(ctx, from, shards.Settings{
		Name: a.String(), Bound: a.bound, Hurried: opened.Local, Tacit: true, Release: release,
		Identity: from.arn, Retention: retention,
	}, s)
}

// streamClient is what is needed of a *dynamodbstreams.Client.
type streamClient interface {
	DescribeStream(
		context.Context, *dynamodbstreams.DescribeStreamInput, ...func(*dynamodbstreams.Options),
	) (*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(
		context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options),
	) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(
		context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options),
	) (*dynamodbstreams.GetRecordsOutput, error)
}

// stream is the stream of a table.
type stream struct {
	client streamClient
	arn    string
}

// Shards returns all shards, those that are closed for as long as they have records, which is a day.
func (s *stream) Shards(ctx context.Context) ([]shards.Shard, error) {
	var all []shards.Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(s.arn)}
	for {
		out, err := s.client.DescribeStream(ctx, in)
		if err != nil {
			return nil, account.Explain(err)
		}
		for _, from := range out.StreamDescription.Shards {
			shard := shards.Shard{ID: aws.ToString(from.ShardId)}
			shard.Closed = from.SequenceNumberRange != nil && from.SequenceNumberRange.EndingSequenceNumber != nil
			if from.ParentShardId != nil {
				shard.Parents = []string{*from.ParentShardId}
			}
			all = append(all, shard)
		}
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return all, nil
		}
	}
}

// Iterator returns an iterator of a shard.
func (s *stream) Iterator(ctx context.Context, shard string, from shards.Place) (string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{
		StreamArn: aws.String(s.arn), ShardId: aws.String(shard), ShardIteratorType: streams.ShardIteratorTypeLatest,
	}
	switch {
	case from.After != "":
		in.ShardIteratorType = streams.ShardIteratorTypeAfterSequenceNumber
		in.SequenceNumber = aws.String(from.After)
	case from.Horizon, !from.Since.IsZero(): // there is no iterator by time
		in.ShardIteratorType = streams.ShardIteratorTypeTrimHorizon
	}
	out, err := s.client.GetShardIterator(ctx, in)
	if err != nil {
		return "", explain(err)
	}
	return aws.ToString(out.ShardIterator), nil
}

// Read returns what lies behind an iterator. The service does not say whether it has more.
func (s *stream) Read(ctx context.Context, _, iterator string) (shards.Page, error) {
	out, err := s.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: aws.String(iterator)})
	if err != nil {
		return shards.Page{}, explain(err)
	}
	page := shards.Page{Next: aws.ToString(out.NextShardIterator)}
	page.At, _ = middleware.GetServerTime(out.ResultMetadata)
	for _, r := range out.Records {
		page.Records = append(page.Records, s.record(r))
	}
	return page, nil
}

func (s *stream) record(r streams.Record) shards.Record {
	if r.Dynamodb == nil {
		return shards.Record{Err: fmt.Errorf("record %s says nothing of what was changed", aws.ToString(r.EventID))}
	}
	record := shards.Record{Sequence: aws.ToString(r.Dynamodb.SequenceNumber)}
	var unpacked []envelope.Record
	invocation, err := marshal(map[string][]change{"Records": {s.change(r)}})
	if err == nil {
		unpacked, err = envelope.Unpack(invocation)
	}
	if err != nil {
		record.Err = fmt.Errorf("record %s: %w", aws.ToString(r.EventID), err)
		return record
	}
	record.Event, record.Canary, record.Err = unpacked[0].Event, unpacked[0].Canary, unpacked[0].Err
	return record
}

// change is a record as a function gets it.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
type change struct {
	EventID        string    `json:"eventID"`
	EventName      string    `json:"eventName"`
	EventVersion   string    `json:"eventVersion"`
	EventSource    string    `json:"eventSource"`
	AWSRegion      string    `json:"awsRegion"`
	DynamoDB       images    `json:"dynamodb"`
	UserIdentity   *identity `json:"userIdentity,omitempty"`
	EventSourceARN string    `json:"eventSourceARN"`
}

type images struct {
	Created        int64          `json:"ApproximateCreationDateTime"`
	Keys           map[string]any `json:"Keys,omitempty"`
	NewImage       map[string]any `json:"NewImage,omitempty"`
	OldImage       map[string]any `json:"OldImage,omitempty"`
	SequenceNumber string         `json:"SequenceNumber"`
	SizeBytes      int64          `json:"SizeBytes"`
	StreamViewType string         `json:"StreamViewType"`
}

// identity is there where an item expired.
type identity struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
}

func (s *stream) change(r streams.Record) change {
	c := change{
		EventID: aws.ToString(r.EventID), EventName: string(r.EventName), EventVersion: aws.ToString(r.EventVersion),
		EventSource: "aws:dynamodb", AWSRegion: aws.ToString(r.AwsRegion), EventSourceARN: s.arn,
		DynamoDB: images{
			Created: aws.ToTime(r.Dynamodb.ApproximateCreationDateTime).Unix(),
			Keys:    typed(r.Dynamodb.Keys), NewImage: typed(r.Dynamodb.NewImage), OldImage: typed(r.Dynamodb.OldImage),
			SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber), SizeBytes: aws.ToInt64(r.Dynamodb.SizeBytes),
			StreamViewType: string(r.Dynamodb.StreamViewType),
		},
	}
	if r.UserIdentity != nil {
		c.UserIdentity = &identity{Type: aws.ToString(r.UserIdentity.Type),
			PrincipalID: aws.ToString(r.UserIdentity.PrincipalId)}
	}
	return c
}

// typed returns an image in the JSON of DynamoDB, in which each value says its type.
func typed(image map[string]streams.AttributeValue) map[string]any {
	if image == nil {
		return nil
	}
	all := make(map[string]any, len(image))
	for name, value := range image {
		all[name] = typedValue(value)
	}
	return all
}

func typedValue(value streams.AttributeValue) map[string]any {
	switch v := value.(type) {
	case *streams.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *streams.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *streams.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *streams.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *streams.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *streams.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *streams.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *streams.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *streams.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i := range v.Value {
			list[i] = typedValue(v.Value[i])
		}
		return map[string]any{"L": list}
	case *streams.AttributeValueMemberM:
		return map[string]any{"M": typed(v.Value)}
	default:
		return map[string]any{fmt.Sprintf("%T", value): nil} // of a kind that is younger than this
	}
}

// explain says what an error means to whoever reads a shard.
func explain(err error) error {
	var what error
	switch account.Code(err) {
	case "ExpiredIteratorException":
		what = shards.ErrExpired
	case "TrimmedDataAccessException":
		what = shards.ErrTrimmed
	case "ResourceNotFoundException":
		what = shards.ErrGone
	case "LimitExceededException", "ThrottlingException", "ProvisionedThroughputExceededException":
		what = shards.ErrThrottled
	default:
		return account.Explain(err)
	}
	return fmt.Errorf("%w: %w", what, account.Explain(err))
}
