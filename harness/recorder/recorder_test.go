package recorder

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// envelopes is where there is an envelope of each kind.
const envelopes = "../aws/envelope/testdata"

func payload(tb testing.TB, file string) json.RawMessage {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(envelopes, file))
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSpace(data)
}

func at(clock string) time.Time {
	t, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		panic(err) // written in this file
	}
	return time.Date(2026, 3, 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// s3Record returns the one record of a notification, as it stands there.
func s3Record(envelope json.RawMessage) []byte {
	text := strings.TrimPrefix(string(envelope), `{"Records":[`)
	return []byte(strings.TrimSuffix(text, `]}`))
}

func TestEveryEnvelopeIsRecordedAsItWasPublished(t *testing.T) {
	for _, c := range []struct {
		file string
		why  string
		want []captures.Item
	}{
		{"eventbridge.json", "the body is the whole envelope, and its time is to the second", []captures.Item{{
			Channel: "by bus", ID: "6a7e8feb-b491-4cf7-a9f1-bf3703467718", At: at("12:00:04"), Resolution: time.Second,
			Body: payload(t, "eventbridge.json"),
		}}},
		{"eventbridge-canary.json", "a canary is in the detail", []captures.Item{{
			Channel: "by bus", ID: "0d1fbb3c-52ad-4a76-9e0c-5a1cbb3f2a11", At: at("12:00:05"), Resolution: time.Second,
			Body: payload(t, "eventbridge-canary.json"), Canary: "c-1",
		}}},
		{"sns.json", "the body is the message, attributes are headers", []captures.Item{{
			Channel: "by topic", ID: "95df01b4-ee98-5cb9-9903-4c221d41eb5e", At: at("12:00:00.123"),
			Resolution: time.Millisecond,
			Headers:    event.Headers(map[string]string{"type": "order.shipped", "digest": "AAEC"}),
			Body:       []byte(`{"orderId":"o-1", "status":"SHIPPED"}`),
		}}},
		{"sqs.json", "one row a message; a group is a key; a body need not be JSON", []captures.Item{{
			Channel: "by queue", ID: "059f36b4-87a3-44ab-83d2-661975830a7d", At: at("12:00:00.456"),
			Resolution: time.Millisecond,
			Headers:    event.Headers(map[string]string{"type": "order.shipped", "digest": "AAEC"}),
			Body:       []byte("order o-1 is on its way"),
		}, {
			Channel: "by queue", ID: "2e1424d4-f796-459a-8184-9c92662be6da", At: at("12:00:00.650"),
			Resolution: time.Millisecond,
			Key:        "o-2", Body: []byte(`{"harkenCanary":"c-2"}`), Canary: "c-2",
		}}},
		{"sns-in-sqs.json", "identity, time and channel are the topic's, not the queue's", []captures.Item{{
			Channel: "by topic", ID: "63a3f6b6-d533-4a47-aef9-fcf5cf758c76", At: at("12:00:01.001"),
			Resolution: time.Millisecond,
			Headers:    event.Headers(map[string]string{"Harken-Canary": "c-3"}), Body: []byte(`{"orderId":"o-1"}`), Canary: "c-3",
		}}},
		{"eventbridge-in-sqs.json", "identity, time and channel are the bus's, not the queue's", []captures.Item{{
			Channel: "by bus", ID: "7bf73129-1428-4cd3-a780-95db273d1602", At: at("12:00:02"), Resolution: time.Second,
			Body: []byte(`{"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": "Order Shipped", ` +
				`"source": "acme.fulfilment", "account": "111122223333", "time": "2026-03-01T12:00:02Z", ` +
				`"region": "eu-central-1", "resources": [], "detail": {"orderId": "o-1"}}`),
		}}},
		{"s3.json", "keys come URL-encoded; an object has versions, so its sequencer is part of the identity",
			[]captures.Item{{
				Channel: "by bucket",
				ID: "acme-exports/day 1/orders:1.csv?versionId=096fKKXTRTtl3on89fVO.nfljtsv6qko/" +
					"0055AED6DCD90281E5/ObjectCreated:Put",
				At: at("12:00:00.789"), Resolution: time.Second,
				Key: "day 1/orders:1.csv", Body: s3Record(payload(t, "s3.json")),
			}}},
		{"kinesis.json", "data is base64, time a number with a fraction", []captures.Item{{
			Channel: "by stream", ID: "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
			At: at("12:00:00.987"), Resolution: time.Millisecond, Key: "o-1", Body: []byte(`{"orderId":"o-1"}`),
		}}},
		{"dynamodb.json", "time may be written with an exponent", []captures.Item{{
			Channel: "by table", ID: "c4ca4238a0b923820dcc509a6f75849b", At: at("12:00:00"), Resolution: time.Second,
			Body: s3Record(payload(t, "dynamodb.json")),
		}}},
		{"plain.json", "identity and time are the invocation's", []captures.Item{{
			Channel: "others", ID: "request-1", At: now, Handled: true, Body: []byte(`{"orderId": "o-1", "status": "SHIPPED"}`),
		}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			table := newTable()
			if err := newRecorder(table).Handle(t.Context(), payload(t, c.file)); err != nil {
				t.Fatal(err)
			}
			for i := range c.want {
				c.want[i].Captured = now
				c.want[i].ExpiresAt = now.Add(DefaultTTL)
			}
			if got := table.items(t); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s:\n got %+v\nwant %+v", c.why, got, c.want)
			}
		})
	}
}

func TestARetriedBatchWritesNothingNew(t *testing.T) {
	files, err := filepath.Glob(envelopes + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no envelopes: %v", err)
	}
	for _, file := range files {
		table := newTable()
		r := newRecorder(table)
		for attempt := range 2 {
			if err := r.Handle(t.Context(), payload(t, filepath.Base(file))); err != nil {
				t.Fatalf("%s: attempt %d: %v", file, attempt, err)
			}
			if attempt == 0 {
				table.puts = nil
			}
		}
		if len(table.puts) != 0 {
			t.Errorf("%s: the second attempt wrote %q", file, table.puts)
		}
	}
}

func TestARecordIntoWhichSeveralWerePackedIsARowForEach(t *testing.T) {
	table := newTable()
	r := newRecorder(table)
	for range 2 { // a retry writes nothing new
		if err := r.Handle(t.Context(), payload(t, "kinesis-aggregated.json")); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for _, item := range table.items(t) {
		if item.Gap != "" || item.Handled || item.Channel == "" {
			t.Errorf("got %+v", item)
		}
		ids[item.ID] = true
	}
	if len(ids) != 5 || len(table.puts) != 5 {
		t.Errorf("got %d rows of the identities %v, want 5 of as many", len(table.puts), ids)
	}
}

func TestARecordThatCannotBeTakenApartIsAGapAmongTheOthers(t *testing.T) {
	const record = `{"eventSource":"aws:kinesis","eventID":"s:%d","eventSourceARN":"arn:aws:kinesis:eu-central-1:1:stream/shipments-stream","kinesis":{"partitionKey":"k","data":"%s","approximateArrivalTimestamp":1772366400}}`
	spoilt := base64.StdEncoding.EncodeToString([]byte("\xf3\x89\x9a\xc2 and 16 bytes that are no checksum"))
	table := newTable()
	err := newRecorder(table).Handle(t.Context(),
		fmt.Appendf(nil, `{"Records":[`+record+`,`+record+`]}`, 1, spoilt, 2, "eA=="))
	if err != nil {
		t.Fatal(err)
	}
	items := table.items(t)
	if len(items) != 2 || string(items[1].Body) != "x" {
		t.Fatalf("got %+v", items)
	}
	gap := items[0]
	if gap.ID != "s:1" || len(gap.Body) > 0 || !gap.At.Equal(time.Unix(1772366400, 0)) ||
		!strings.Contains(gap.Gap, "record s:1 begins as one into which a producer library has packed several, and "+
			"cannot be taken apart: its checksum is wrong") {
		t.Errorf("got %+v", gap)
	}
}

func TestAsManyRecordsAsAreHandedOverMayHoldMore(t *testing.T) {
	records := make([]envelope.Record, 2*maxRecords)
	for i := range records {
		records[i].Sub = i % 4
	}
	if n := handed(records); n != maxRecords/2 {
		t.Errorf("got %d, want %d", n, maxRecords/2)
	}
}

func TestARetryIsOfTheSameDeliveryWheneverItComes(t *testing.T) {
	table := newTable()
	clock := now
	r := New(table, "captures", Options{Now: func() time.Time { return clock }, TTL: time.Hour})
	e := event.Event{ID: "d-1", Stamp: at("12:00:00"), Body: []byte("x"),
		Headers: event.Headers(map[string]string{"bad": "\xff"})}
	for range 2 {
		if err := r.Record(t.Context(), "shipments", e); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Minute)
	}
	items := table.items(t)
	if len(items) != 1 || !items[0].Captured.Equal(now) || !items[0].ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("got %+v, want the first attempt's row alone, and its time to live", items)
	}
}

func TestASecondPublishIsASecondRow(t *testing.T) {
	first := payload(t, "sns.json")
	second := bytes.Replace(first, []byte("95df01b4"), []byte("95df01b5"), 1)
	table := newTable()
	r := newRecorder(table)
	for _, p := range []json.RawMessage{first, second} {
		if err := r.Handle(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if items := table.items(t); len(items) != 2 {
		t.Errorf("got %+v, want two rows", items)
	}
}

func TestANotificationThatS3SendsTwiceIsOneRow(t *testing.T) {
	table := newTable()
	r := newRecorder(table)
	first := payload(t, "eventbridge-s3.json")
	second := bytes.Replace(first, []byte("17793124-05d4-b198-2fde-7ededc63b103"),
		[]byte("8c6f4c1e-0f0b-4c67-9d1b-0a3b6a0f7b51"), 1)
	for _, envelope := range [][]byte{first, second} {
		if err := r.Handle(t.Context(), envelope); err != nil {
			t.Fatal(err)
		}
	}
	if rows := table.items(t); len(rows) != 1 {
		t.Errorf("got %d rows: %+v", len(rows), rows)
	}
}

func TestAnotherEventUnderTheSameIdentityIsAnError(t *testing.T) {
	table := newTable()
	r := newRecorder(table)
	e := event.Event{ID: "d-1", Stamp: at("12:00:00"), Body: []byte("x")}
	if err := r.Record(t.Context(), "shipments", e); err != nil {
		t.Fatal(err)
	}
	e.Body = []byte("y")
	const want = "shipments d-1: table captures has another event under the same time and identity"
	if err := r.Record(t.Context(), "shipments", e); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	e.Body, table.mute = []byte("x"), true
	if err := r.Record(t.Context(), "shipments", e); err == nil {
		t.Error("a failed condition that does not show the row it met proves nothing")
	}
}

func TestAnErrorOfDynamoDBIsReturnedAndTheOtherRecordsAreWritten(t *testing.T) {
	refused := errors.New("throttled")
	table := newTable()
	table.fail = func(item captures.Item) error {
		if item.ID == "d-2" || item.ID == "d-4" {
			return refused
		}
		return nil
	}
	r := newRecorder(table)
	err := r.RecordAll(t.Context(), "shipments", events("d-1", "d-2", "d-3", "d-4", "d-5"))
	if !errors.Is(err, refused) || strings.Count(err.Error(), "throttled") != 2 {
		t.Errorf("got %v, want both errors", err)
	}
	if got := len(table.items(t)); got != 3 {
		t.Errorf("%d rows were written, want 3", got)
	}
	table.fail = nil
	if err := r.RecordAll(t.Context(), "shipments", events("d-1", "d-2", "d-3", "d-4", "d-5")); err != nil {
		t.Error(err)
	}
	if got := len(table.puts); got != 5 {
		t.Errorf("%d rows were written after the retry, want 5", got)
	}
}

func TestACanaryIsWrittenAfterAllThatCameBeforeIt(t *testing.T) {
	table := newTable()
	batch := events("d-1", "d-2", "d-3", "canary", "d-4")
	if err := newRecorder(table).RecordAll(t.Context(), "shipments", batch); err != nil {
		t.Fatal(err)
	}
	if table.puts[3] != "shipments canary" {
		t.Errorf("written in the order %q", table.puts)
	}
	if items := table.items(t); items[3].Canary != "c" {
		t.Errorf("got %+v, want it marked as a canary", items[3])
	}
}

func TestACanaryIsHeldBackBehindWhatWasNotWritten(t *testing.T) {
	table := newTable()
	table.fail = func(item captures.Item) error {
		if item.ID == "d-1" {
			return errors.New("throttled")
		}
		return nil
	}
	err := newRecorder(table).RecordAll(t.Context(), "shipments", events("d-1", "d-2", "canary", "d-3"))
	if !errors.Is(err, errHeld) {
		t.Errorf("got %v, want %v", err, errHeld)
	}
	if items := table.items(t); len(items) != 2 || items[0].ID != "d-2" || items[1].ID != "d-3" {
		t.Errorf("got %+v, want everything else written", items)
	}
}

// events returns one event an id, a microsecond apart; the id "canary" makes it one.
func events(ids ...string) []Entry {
	all := make([]Entry, len(ids))
	for i, id := range ids {
		if id == "canary" {
			all[i].Event = harness.Canary("c")
		}
		all[i].Event.ID, all[i].Event.Stamp = id, at("12:00:00").Add(time.Duration(i)*time.Microsecond)
	}
	return all
}

func TestWhatCannotBeRecordedIsAnErrorThatSaysWhy(t *testing.T) {
	large := strings.Repeat("x", 400<<10)
	manyRecords := `{"Records":[` + strings.Repeat(`{"eventSource":"aws:s3"},`, 10_000) + `{"eventSource":"aws:s3"}]}`
	for _, c := range []struct{ payload, want string }{
		{`{"orderId":`, "payload: not JSON"},
		{`"` + strings.Repeat(large, 16) + `"`, "payload: 6553602 bytes, more than 6291456"},
		{manyRecords, "payload: 10001 records, more than 10000"},
		{`"` + large + `"`, "row of 409773 bytes, and DynamoDB takes 409600 (400 KB) at most: this event cannot be recorded"},
		{`{"Records":[{"eventSource":"aws:ses"}]}`, "record 1 of 1: aws:ses: records of this source are not supported"},
		{`{"Records":[{"eventSource":"aws:sns","Sns":{"TopicArn":"a","MessageId":"m"}}]}`,
			"others m: event without a source time"},
		{`{"Records":[{"eventSource":"aws:sns","Sns":{"TopicArn":"a","Timestamp":"2026-03-01T12:00:00Z"}}]}`,
			"event without an identity"},
		{`{"Records":[{"eventSource":"aws:sns","Sns":{"Timestamp":"noon"}}]}`, "aws:sns: parsing time"},
		{`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"x"}]}`, `aws:sqs: SentTimestamp "" is not`},
		{`{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"eA=="}}]}`, `approximateArrivalTimestamp "" is not`},
		{`{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"ApproximateCreationDateTime":1e300}}]}`,
			`"1e300" is not a number of seconds`},
		{`{"Records":[{"eventSource":"aws:s3","s3":{"object":{"key":"%zz"}}}]}`, "object key: invalid URL escape"},
		{`{"Records":[{"eventSource":"aws:s3","s3":{"object":{"key":"a"}}}]}`, "neither a sequencer nor a request id"},
		{`{"id":"1","detail-type":"t","source":"s","time":"noon","detail":{}}`, "payload: eventbridge: parsing time"},
	} {
		err := newRecorder(newTable()).Handle(t.Context(), json.RawMessage(c.payload))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: got %v, want %q", c.payload, err, c.want)
		}
	}
}

func TestPlainJSONIsRefusedWhereARetryCouldNotBeTold(t *testing.T) {
	r := New(newTable(), "captures", Options{Channels: Channels{"json": "shipments"}})
	if err := r.Handle(t.Context(), json.RawMessage(`{}`)); err == nil ||
		!strings.Contains(err.Error(), "a retry could be told") {
		t.Errorf("got %v", err)
	}
}

func TestAMalformedRecordDoesNotKeepTheOthersOut(t *testing.T) {
	table := newTable()
	good := string(s3Record(payload(t, "s3.json")))
	err := newRecorder(table).Handle(t.Context(),
		json.RawMessage(`{"Records":[{"eventSource":"aws:s3","s3":7},`+good+`,{"x":1}]}`))
	if err == nil || !strings.Contains(err.Error(), "record 1 of 3: aws:s3: json") ||
		!strings.Contains(err.Error(), "record 3 of 3") {
		t.Errorf("got %v, want records 1 and 3", err)
	}
	if items := table.items(t); len(items) != 1 {
		t.Errorf("got %+v, want the second record", items)
	}
}

func TestRecordsOfOnesOwnArePlainJSON(t *testing.T) {
	for _, own := range []string{`{"Records":[{"sku":"a"}]}`, `{"Records":[]}`, `{"Records":7}`, `[1]`, `null`} {
		table := newTable()
		if err := newRecorder(table).Handle(t.Context(), json.RawMessage(own)); err != nil {
			t.Errorf("%s: %v", own, err)
		} else if items := table.items(t); len(items) != 1 || string(items[0].Body) != own {
			t.Errorf("%s: got %+v", own, items)
		}
	}
}

func TestADeadLetterIsRecordedWithTheTimeAtWhichItWasHandled(t *testing.T) {
	const dead = `{"Records":[{"eventSource":"aws:sqs","messageId":"m-1","body":"x","eventSourceARN":"arn:aws:sqs:eu-central-1:1:everything",` +
		`"attributes":{"SentTimestamp":"1","DeadLetterQueueSourceArn":"arn:aws:sqs:eu-central-1:1:orders"}}]}`
	table := newTable()
	if err := newRecorder(table).Handle(t.Context(), json.RawMessage(dead)); err != nil {
		t.Fatal(err)
	}
	items := table.items(t)
	if len(items) != 1 || items[0].ID != "m-1" || !items[0].Handled || items[0].At.Year() < 2000 ||
		items[0].Resolution != 0 {
		t.Errorf("got %+v, want the time of the recorder, said to be that", items)
	}
}

func TestALongIdentityIsKeptAsADigest(t *testing.T) {
	table := newTable()
	for _, last := range []string{"a", "b"} {
		e := event.Event{ID: strings.Repeat("k", 1024) + last, Stamp: at("12:00:00")}
		if err := newRecorder(table).Record(context.Background(), "exports", e); err != nil {
			t.Fatal(err)
		}
	}
	items := table.items(t)
	if len(items) != 2 || len(items[0].SortKey()) > 1024 || !strings.HasPrefix(items[0].ID, "sha256:") {
		t.Errorf("got %+v, want two rows with short sort keys", items)
	}
}
