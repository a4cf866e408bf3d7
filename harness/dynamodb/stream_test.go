package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness/aws/shards"
	"github.com/harken-bdd/harken/internal/jsonpath"
)

// tape is a DynamoDB Streams with one stream, for tests without a network.
type tape struct {
	pages   [][]streams.Shard
	records []streams.Record
	asked   *dynamodbstreams.GetShardIteratorInput
	err     error
}

func (f *tape) DescribeStream(
	_ context.Context, in *dynamodbstreams.DescribeStreamInput, _ ...func(*dynamodbstreams.Options),
) (*dynamodbstreams.DescribeStreamOutput, error) {
	page := 0
	if in.ExclusiveStartShardId != nil {
		page = slices.IndexFunc(f.pages,
			func(p []streams.Shard) bool { return *p[len(p)-1].ShardId == *in.ExclusiveStartShardId }) + 1
	}
	description := &streams.StreamDescription{Shards: f.pages[page]}
	if page < len(f.pages)-1 {
		description.LastEvaluatedShardId = f.pages[page][len(f.pages[page])-1].ShardId
	}
	return &dynamodbstreams.DescribeStreamOutput{StreamDescription: description}, f.err
}

func (f *tape) GetShardIterator(
	_ context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options),
) (*dynamodbstreams.GetShardIteratorOutput, error) {
	f.asked = in
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: aws.String("i")}, f.err
}

func (f *tape) GetRecords(
	context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options),
) (*dynamodbstreams.GetRecordsOutput, error) {
	return &dynamodbstreams.GetRecordsOutput{Records: f.records}, f.err
}

const arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/orders/stream/2026-02-01T00:00:00.000"

func TestAllShardsAreListed(t *testing.T) {
	closed := &streams.SequenceNumberRange{StartingSequenceNumber: aws.String("1"), EndingSequenceNumber: aws.String("9")}
	f := &tape{pages: [][]streams.Shard{
		{{ShardId: aws.String("a"), SequenceNumberRange: closed}, {ShardId: aws.String("b"), ParentShardId: aws.String("a")}},
		{{ShardId: aws.String("c"),
			SequenceNumberRange: &streams.SequenceNumberRange{StartingSequenceNumber: aws.String("10")}}},
	}}
	got, err := (&stream{client: f, arn: arn}).Shards(t.Context())
	want := []shards.Shard{{ID: "a", Closed: true}, {ID: "b", Parents: []string{"a"}}, {ID: "c"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnIteratorBeginsWhereItIsAsked(t *testing.T) {
	for place, want := range map[shards.Place]streams.ShardIteratorType{
		{}:                          streams.ShardIteratorTypeLatest,
		{Horizon: true}:             streams.ShardIteratorTypeTrimHorizon,
		{After: "7"}:                streams.ShardIteratorTypeAfterSequenceNumber,
		{After: "7", Horizon: true}: streams.ShardIteratorTypeAfterSequenceNumber,
	} {
		f := &tape{}
		if _, err := (&stream{client: f, arn: arn}).Iterator(t.Context(), "a", place); err != nil {
			t.Fatal(err)
		}
		if f.asked.ShardIteratorType != want || aws.ToString(f.asked.SequenceNumber) != place.After {
			t.Errorf("%+v: got %s of %q", place, f.asked.ShardIteratorType, aws.ToString(f.asked.SequenceNumber))
		}
	}
}

// shipped is the change of the recorder's own fixture.
func shipped() streams.Record {
	key := map[string]streams.AttributeValue{"orderId": &streams.AttributeValueMemberS{Value: "o-1"}}
	return streams.Record{
		EventID: aws.String("c4ca4238a0b923820dcc509a6f75849b"), EventName: streams.OperationTypeInsert,
		EventVersion: aws.String("1.1"),
		EventSource:  aws.String("aws:dynamodb"), AwsRegion: aws.String("eu-central-1"),
		Dynamodb: &streams.StreamRecord{
			ApproximateCreationDateTime: aws.Time(time.Unix(1772366400, 0)), Keys: key,
			NewImage: map[string]streams.AttributeValue{"orderId": key["orderId"],
				"status": &streams.AttributeValueMemberS{Value: "SHIPPED"}},
			SequenceNumber: aws.String("4421584500000000017450439091"), SizeBytes: aws.Int64(26),
			StreamViewType: streams.StreamViewTypeNewAndOldImages,
		},
	}
}

func TestAChangeIsTheRecordThatAFunctionGets(t *testing.T) {
	f := &tape{records: []streams.Record{shipped()}}
	page, err := (&stream{client: f, arn: arn}).Read(t.Context(), "a", "i")
	if err != nil || len(page.Records) != 1 || page.Last || page.Next != "" {
		t.Fatalf("got %+v, %v", page, err)
	}
	got := page.Records[0]
	const want = `{"eventID":"c4ca4238a0b923820dcc509a6f75849b","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb",` +
		`"awsRegion":"eu-central-1","dynamodb":{"ApproximateCreationDateTime":1772366400,"Keys":{"orderId":{"S":"o-1"}},` +
		`"NewImage":{"orderId":{"S":"o-1"},"status":{"S":"SHIPPED"}},"SequenceNumber":"4421584500000000017450439091","SizeBytes":26,` +
		`"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":"` + arn + `"}`
	if got.Err != nil || got.Canary != "" || string(got.Event.Body) != want ||
		got.Sequence != "4421584500000000017450439091" {
		t.Errorf("got  %s\nwant %s (%v)", got.Event.Body, want, got.Err)
	}
	if got.Event.ID != *shipped().EventID || got.Event.Resolution != time.Second ||
		!got.Event.Stamp.Equal(time.Unix(1772366400, 0)) {
		t.Errorf("got the id %s and the stamp %s", got.Event.ID, got.Event.Stamp)
	}
}

func TestACanaryThatWasPutIsKnownAgain(t *testing.T) {
	r := shipped()
	delete(r.Dynamodb.NewImage, "status")
	r.Dynamodb.NewImage["harkenCanary"] = &streams.AttributeValueMemberS{Value: "7"}
	if got := (&stream{arn: arn}).record(r); got.Canary != "7" {
		t.Errorf("got %+v", got)
	}
}

func TestEveryTypeOfAnAttributeIsKept(t *testing.T) {
	image := map[string]streams.AttributeValue{
		"s": &streams.AttributeValueMemberS{Value: "a <b> & c"}, "n": &streams.AttributeValueMemberN{Value: "1.10"},
		"b": &streams.AttributeValueMemberB{Value: []byte{0xff}}, "yes": &streams.AttributeValueMemberBOOL{Value: true},
		"null": &streams.AttributeValueMemberNULL{Value: true}, "ss": &streams.AttributeValueMemberSS{Value: []string{"x"}},
		"ns": &streams.AttributeValueMemberNS{Value: []string{"1"}},
		"bs": &streams.AttributeValueMemberBS{Value: [][]byte{{0}}},
		"l":  &streams.AttributeValueMemberL{Value: []streams.AttributeValue{&streams.AttributeValueMemberN{Value: "2"}}},
		"m":  &streams.AttributeValueMemberM{Value: map[string]streams.AttributeValue{"x": &streams.AttributeValueMemberS{}}},
	}
	got, err := marshal(typed(image))
	const want = `{"b":{"B":"/w=="},"bs":{"BS":["AA=="]},"l":{"L":[{"N":"2"}]},"m":{"M":{"x":{"S":""}}},"n":{"N":"1.10"},"ns":{"NS":["1"]},` +
		`"null":{"NULL":true},"s":{"S":"a <b> & c"},"ss":{"SS":["x"]},"yes":{"BOOL":true}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}

func TestANumberOfAnImageIsTakenAsTheNumberThatItIs(t *testing.T) {
	r := shipped()
	r.Dynamodb.NewImage["total"] = &streams.AttributeValueMemberN{Value: "1.50"}
	r.Dynamodb.NewImage["lines"] = &streams.AttributeValueMemberL{
		Value: []streams.AttributeValue{&streams.AttributeValueMemberN{Value: "1e1"}},
	}
	r.Dynamodb.NewImage["code"] = &streams.AttributeValueMemberS{Value: "1.50"}
	e := (&stream{arn: arn}).record(r).Event
	doc := jsonpath.Doc{Key: e.Key, Headers: e.Headers, Body: e.Body}
	for _, c := range []struct{ why, path, want string }{
		{"a number is the same in each spelling", "total.N", "1.5"},
		{"likewise in a list", "lines.L[0].N", "10"},
		{"a text is as it stands", "code.S", "1.50"},
	} {
		p, err := jsonpath.Parse(c.path, "$.dynamodb.NewImage")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := doc.Idents(p), []jsonpath.Ident{{Text: c.want, Able: true}}; !slices.Equal(got, want) {
			t.Errorf("%s: %s: got %v, want %v", c.why, c.path, got, want)
		}
	}
}

func TestAnItemThatExpiredSaysWhoRemovedIt(t *testing.T) {
	r := shipped()
	r.EventName, r.Dynamodb.NewImage = streams.OperationTypeRemove, nil
	r.UserIdentity = &streams.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")}
	var body struct {
		UserIdentity struct{ Type, PrincipalID string }
		DynamoDB     map[string]any
	}
	if err := json.Unmarshal((&stream{arn: arn}).record(r).Event.Body, &body); err != nil {
		t.Fatal(err)
	}
	if _, image := body.DynamoDB["NewImage"]; image || body.UserIdentity.PrincipalID != "dynamodb.amazonaws.com" {
		t.Errorf("got %+v", body)
	}
}

func TestARecordWithoutAChangeIsTold(t *testing.T) {
	if got := (&stream{arn: arn}).record(streams.Record{EventID: aws.String("7")}); got.Err == nil {
		t.Errorf("got %+v", got)
	}
}

func TestErrorsOfShardsAreTold(t *testing.T) {
	for code, want := range map[string]error{
		"ExpiredIteratorException": shards.ErrExpired, "TrimmedDataAccessException": shards.ErrTrimmed,
		"ResourceNotFoundException": shards.ErrGone, "LimitExceededException": shards.ErrThrottled,
	} {
		f := &tape{err: &smithy.GenericAPIError{Code: code, Message: "no"}}
		s := &stream{client: f, arn: arn}
		_, reading := s.Read(t.Context(), "a", "i")
		_, beginning := s.Iterator(t.Context(), "a", shards.Place{})
		if !errors.Is(reading, want) || !errors.Is(beginning, want) {
			t.Errorf("%s: got %v and %v", code, reading, beginning)
		}
	}
}

func TestATableWithoutAStreamIsRefused(t *testing.T) {
	_, err := listenToStream(t.Context(), nil, address{table: "orders", stream: true}, &types.TableDescription{}, nil,
		none)
	if err == nil || !strings.HasPrefix(err.Error(), "the table has no stream: enable one") {
		t.Errorf("got %v", err)
	}
}
