package kinesis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/aws/shards"
	"github.com/harken-bdd/harken/harness/event"
)

// service is a Kinesis with one stream, for tests without a network.
type service struct {
	pages   [][]types.Shard
	page    *kinesis.GetRecordsOutput
	largest *int32 // KiB
	put     *kinesis.PutRecordInput
	asked   *kinesis.GetShardIteratorInput
	err     error
}

func (s *service) DescribeStreamSummary(
	context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options),
) (*kinesis.DescribeStreamSummaryOutput, error) {
	return &kinesis.DescribeStreamSummaryOutput{
		StreamDescriptionSummary: &types.StreamDescriptionSummary{MaxRecordSizeInKiB: s.largest},
	}, s.err
}

func (s *service) PutRecord(
	_ context.Context, in *kinesis.PutRecordInput, _ ...func(*kinesis.Options),
) (*kinesis.PutRecordOutput, error) {
	s.put = in
	return &kinesis.PutRecordOutput{ShardId: aws.String("b")}, s.err
}

// ListShards takes a stream's name with the first page, and the token of the one before with each other.
func (s *service) ListShards(
	_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options),
) (*kinesis.ListShardsOutput, error) {
	n := len(aws.ToString(in.NextToken))
	if s.err != nil || (n == 0) != (aws.ToString(in.StreamName) == "orders") {
		return nil, errors.Join(s.err, errors.New("either a name or a token"))
	}
	out := &kinesis.ListShardsOutput{Shards: s.pages[n]}
	if n < len(s.pages)-1 {
		out.NextToken = aws.String(strings.Repeat("x", n+1))
	}
	return out, nil
}

func (s *service) GetShardIterator(
	_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options),
) (*kinesis.GetShardIteratorOutput, error) {
	s.asked = in
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String("i")}, s.err
}

func (s *service) GetRecords(
	context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options),
) (*kinesis.GetRecordsOutput, error) {
	return s.page, s.err
}

func TestAllShardsAreListedWithWhatTheyFollow(t *testing.T) {
	from := &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1")}
	closed := &types.SequenceNumberRange{StartingSequenceNumber: aws.String("1"), EndingSequenceNumber: aws.String("9")}
	s := newStream(&service{pages: [][]types.Shard{
		{{ShardId: aws.String("a"), SequenceNumberRange: closed},
			{ShardId: aws.String("b"), SequenceNumberRange: from, ParentShardId: aws.String("a")}},
		{{ShardId: aws.String("c"), SequenceNumberRange: from, ParentShardId: aws.String("a"),
			AdjacentParentShardId: aws.String("z")}},
	}}, "orders")
	got, err := s.Shards(t.Context())
	want := []shards.Shard{{ID: "a", Closed: true}, {ID: "b", Parents: []string{"a"}},
		{ID: "c", Parents: []string{"a", "z"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnIteratorBeginsWhereItIsAsked(t *testing.T) {
	noon := time.Unix(1772366400, 0)
	for place, want := range map[shards.Place]types.ShardIteratorType{
		{}:              types.ShardIteratorTypeLatest,
		{Horizon: true}: types.ShardIteratorTypeTrimHorizon,
		{After: "7"}:    types.ShardIteratorTypeAfterSequenceNumber,
		{Since: noon}:   types.ShardIteratorTypeAtTimestamp,
	} {
		c := &service{}
		if _, err := newStream(c, "orders").Iterator(t.Context(), "a", place); err != nil {
			t.Fatal(err)
		}
		if c.asked.ShardIteratorType != want || aws.ToString(c.asked.StartingSequenceNumber) != place.After ||
			!aws.ToTime(c.asked.Timestamp).Equal(place.Since) {
			t.Errorf("%+v: got %s of %q", place, c.asked.ShardIteratorType, aws.ToString(c.asked.StartingSequenceNumber))
		}
	}
}

func TestASequenceNumberOfNoRecordIsOneThatWasDiscarded(t *testing.T) {
	c := &service{err: &smithy.GenericAPIError{Code: "InvalidArgumentException"}}
	if _, err := newStream(c, "orders").Iterator(t.Context(), "a", shards.Place{After: "7"}); !errors.Is(err,
		shards.ErrTrimmed) {
		t.Errorf("got %v", err)
	}
	if _, err := newStream(c, "orders").Iterator(t.Context(), "a", shards.Place{}); err == nil ||
		errors.Is(err, shards.ErrTrimmed) {
		t.Errorf("got %v", err)
	}
}

func TestARecordIsAnEventOfItsShard(t *testing.T) {
	arrival := time.UnixMilli(1772366400123)
	record := types.Record{SequenceNumber: aws.String("7"), PartitionKey: aws.String("o-1"), Data: []byte("x"),
		ApproximateArrivalTimestamp: &arrival}
	c := &service{page: &kinesis.GetRecordsOutput{Records: []types.Record{record}, NextShardIterator: aws.String("j"),
		MillisBehindLatest: aws.Int64(5)}}
	page, err := newStream(c, "orders").Read(t.Context(), "a", "i")
	want := shards.Page{Next: "j", Records: []shards.Record{{Sequence: "7", Event: event.Event{
		ID: "a:7", Key: "o-1", Body: []byte("x"), Stamp: arrival, Resolution: time.Millisecond,
	}}}}
	if err != nil || !reflect.DeepEqual(page, want) {
		t.Errorf("got %+v, %v", page, err)
	}
	c.page = &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0)}
	if page, err = newStream(c, "orders").Read(t.Context(), "a", "i"); err != nil || !page.Last || page.Next != "" {
		t.Errorf("at the end of a closed shard: got %+v, %v", page, err)
	}
	c.page = &kinesis.GetRecordsOutput{NextShardIterator: aws.String("j")}
	if page, err = newStream(c, "orders").Read(t.Context(), "a", "i"); err != nil || page.Last {
		t.Errorf("where nothing is said of what is behind: got %+v, %v", page, err)
	}
}

func TestARecordIntoWhichSeveralWerePackedIsAnEventForEach(t *testing.T) {
	invocation, err := os.ReadFile("../aws/envelope/testdata/kinesis-aggregated.json")
	if err != nil {
		t.Fatal(err)
	}
	var packed struct {
		Records []struct{ Kinesis struct{ Data []byte } }
	}
	if err := json.Unmarshal(invocation, &packed); err != nil {
		t.Fatal(err)
	}
	data := packed.Records[0].Kinesis.Data
	spoilt := bytes.Clone(data)
	spoilt[len(spoilt)-1]++
	c := &service{page: &kinesis.GetRecordsOutput{Records: []types.Record{
		{SequenceNumber: aws.String("7"), PartitionKey: aws.String("o-1"), Data: data},
		{SequenceNumber: aws.String("8"), PartitionKey: aws.String("o-1"), Data: spoilt},
		{SequenceNumber: aws.String("9"), PartitionKey: aws.String("o-1"), Data: []byte("plain")},
	}}}
	page, err := newStream(c, "orders").Read(t.Context(), "a", "i")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := envelope.Unpack(invocation)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(recorded); len(page.Records) != n+2 {
		t.Fatalf("got %d records, want %d, one that cannot be read and a plain one", len(page.Records), n)
	}
	for i, want := range recorded {
		r := page.Records[i]
		if r.Err != nil || r.Sequence != "7" || r.Event.ID != fmt.Sprint("a:7:", i) {
			t.Errorf("%d: got %+v", i, r)
		}
		if r.Event.Key != want.Event.Key || !bytes.Equal(r.Event.Body, want.Event.Body) {
			t.Errorf("%d: got %q of the key %q, and a recorder has %q of %q", i, r.Event.Body, r.Event.Key, want.Event.Body,
				want.Event.Key)
		}
	}
	rest := page.Records[len(recorded):]
	if rest[0].Sequence != "8" || rest[0].Err == nil ||
		!strings.Contains(rest[0].Err.Error(), "record a:8 begins as one into which a producer library has packed "+
			"several, and cannot be taken apart") {
		t.Errorf("got %+v", rest[0])
	}
	if rest[1].Err != nil || rest[1].Event.ID != "a:9" {
		t.Errorf("got %+v", rest[1])
	}
}

func TestACanaryIsPutByTheHashKeyOfItsShard(t *testing.T) {
	c := &service{pages: [][]types.Shard{{{ShardId: aws.String("a"),
		HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("42")}}}}}
	s := newStream(c, "orders")
	if _, err := s.Shards(t.Context()); err != nil {
		t.Fatal(err)
	}
	into, err := s.canary(t.Context(), "a", harness.Canary("7"))
	if err != nil || into != "b" || *c.put.ExplicitHashKey != "42" ||
		harness.CanaryID(event.Event{Body: c.put.Data}) != "7" {
		t.Errorf("got %s, %v, by %+v", into, err, c.put)
	}
}

func TestErrorsOfShardsAreTold(t *testing.T) {
	for code, want := range map[string]error{
		"ExpiredIteratorException": shards.ErrExpired, "ResourceNotFoundException": shards.ErrGone,
		"ProvisionedThroughputExceededException": shards.ErrThrottled,
	} {
		s := newStream(&service{err: &smithy.GenericAPIError{Code: code, Message: "no"}}, "orders")
		_, reading := s.Read(t.Context(), "a", "i")
		_, beginning := s.Iterator(t.Context(), "a", shards.Place{})
		if !errors.Is(reading, want) || !errors.Is(beginning, want) {
			t.Errorf("%s: got %v and %v", code, reading, beginning)
		}
	}
}

func TestAnEventWithoutAKeyIsPutByOneAtRandom(t *testing.T) {
	c := &service{}
	p, err := openProducer(t.Context(), c, address{stream: "orders"}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]bool)
	for range 10 {
		if _, err := p.Send(t.Context(), event.Event{}); err != nil {
			t.Fatal(err)
		}
		keys[*c.put.PartitionKey] = true
	}
	if len(keys) != 10 || keys[""] || c.put.Data == nil {
		t.Errorf("got the keys %v and the data %v", keys, c.put.Data)
	}
	if _, err := p.Send(t.Context(), event.Event{Key: "o-1"}); err != nil || *c.put.PartitionKey != "o-1" {
		t.Errorf("got the key %s, %v", *c.put.PartitionKey, err)
	}
}

func TestAStreamSaysHowLargeARecordMayBe(t *testing.T) {
	c := &service{largest: aws.Int32(2048)}
	p, err := openProducer(t.Context(), c, address{stream: "orders"}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Send(t.Context(), event.Event{Key: "k", Body: make([]byte, 2048<<10-1)}); err != nil {
		t.Error(err)
	}
	if _, err := p.Send(t.Context(), event.Event{Key: "k", Body: make([]byte, 2048<<10)}); err == nil {
		t.Error("a record that is too large was sent")
	}
}

func TestARecordWhoseFirstAnswerWasLostIsPerhapsThereTwice(t *testing.T) {
	var puts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "PutRecord") && puts.Add(1) == 1 {
			panic(http.ErrAbortHandler) // closes the connection
		}
		io.WriteString(w, `{"StreamDescriptionSummary":{},"ShardId":"a","SequenceNumber":"1"}`)
	}))
	defer server.Close()
	p, err := Transport().Produce(t.Context(),
		mustParse(t, "kinesis://orders?region=eu-west-1&endpoint="+url.QueryEscape(server.URL)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), event.Event{Key: "k"}); !errors.Is(err, harness.ErrPerhapsTwice) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Send(t.Context(), event.Event{Key: "k"}); err != nil {
		t.Errorf("got %v", err)
	}
}
