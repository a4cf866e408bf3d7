// Envelopes as AWS documents them, in testdata.

package envelope

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

func payload(tb testing.TB, file string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSpace(data)
}

func TestEachEnvelopeIsRead(t *testing.T) {
	for _, c := range []struct {
		file, why  string
		source     string
		id, key    string
		stamp      string
		resolution time.Duration
		canary     string
	}{
		{file: "eventbridge.json", why: "time has seconds only", source: "acme.fulfilment",
			id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718", stamp: "2026-03-01T12:00:04Z", resolution: time.Second},
		{file: "eventbridge-in-sqs.json", why: "it is the bus's, not the queue's", source: "acme.fulfilment",
			id: "7bf73129-1428-4cd3-a780-95db273d1602", stamp: "2026-03-01T12:00:02Z", resolution: time.Second},
		{file: "sns-in-sqs.json", why: "it is the topic's, not the queue's",
			source: "arn:aws:sns:eu-central-1:111122223333:shipments",
			id:     "63a3f6b6-d533-4a47-aef9-fcf5cf758c76", stamp: "2026-03-01T12:00:01.001Z", resolution: time.Millisecond,
			canary: "c-3"},
		{file: "kinesis.json", why: "time is a number with a fraction",
			source: "arn:aws:kinesis:eu-central-1:111122223333:stream/shipments-stream",
			id:     "shardId-000000000006:49590338271490256608559692538361571095921575989136588898", key: "o-1",
			stamp: "2026-03-01T12:00:00.987Z", resolution: time.Millisecond},
		{file: "s3.json", why: "keys come URL-encoded", source: "arn:aws:s3:::acme-exports",
			id: "acme-exports/day 1/orders:1.csv?versionId=096fKKXTRTtl3on89fVO.nfljtsv6qko/" +
				"0055AED6DCD90281E5/ObjectCreated:Put",
			key: "day 1/orders:1.csv", stamp: "2026-03-01T12:00:00.789Z", resolution: time.Second},
		{file: "eventbridge-s3.json", why: "it is the bucket's before it is the service's, and its key is not URL-encoded",
			source: "acme-exports",
			id:     "acme-exports/day 1/orders+1.csv/0055AED6DCD90281E5/Object Created", key: "day 1/orders+1.csv",
			stamp: "2026-03-01T12:00:06Z", resolution: time.Second},
		{file: "plain.json", why: "it has neither identity nor time", source: PlainSource},
	} {
		records, err := Unpack(payload(t, c.file))
		if err != nil || len(records) != 1 || records[0].Err != nil {
			t.Errorf("%s: got %+v, %v", c.file, records, err)
			continue
		}
		r := records[0]
		var stamp string
		if !r.Plain {
			stamp = r.Event.Stamp.UTC().Format(time.RFC3339Nano)
		}
		if r.Sources[0] != c.source || r.Event.ID != c.id || r.Event.Key != c.key || stamp != c.stamp ||
			r.Event.Resolution != c.resolution || r.Canary != c.canary {
			t.Errorf("%s: %s: got %+v", c.file, c.why, r)
		}
	}
}

func TestWhatWasPublishedIsFoundInAQueuesMessage(t *testing.T) {
	notification := `{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-central-1:1:orders","Message":"{\"n\":1}",` +
		`"Timestamp":"2026-03-01T12:00:00.250Z","MessageAttributes":{"type":{"Type":"String","Value":"order.placed"}}}`
	r, ok := Published([]byte(notification))
	if !ok || r.Event.ID != "m-1" || string(r.Event.Body) != `{"n":1}` ||
		!slices.Equal(r.Event.Headers["type"], []string{"order.placed"}) || r.Sources[1] != "orders" {
		t.Errorf("a topic's: got %+v, %v", r, ok)
	}
	if r, ok = Published(payload(t, "eventbridge-canary.json")); !ok || r.Canary != "c-1" {
		t.Errorf("a bus's: got %+v, %v", r, ok)
	}
	for _, other := range []string{``, `{}`, `text`, `[1]`,
		`{"Type":"SubscriptionConfirmation","MessageId":"m","TopicArn":"t"}`,
		`{"id":"1","detail-type":"t","source":"s","time":"noon","detail":{}}`} {
		if r, ok := Published([]byte(other)); ok {
			t.Errorf("%s: got %+v, want nothing that was published", other, r)
		}
	}
}

func TestANotificationThatS3SendsTwiceIsOneDelivery(t *testing.T) {
	envelope := func(id, kind, object string) []byte {
		return []byte(`{"id":"` + id + `","detail-type":"` + kind +
			`","source":"aws.s3","time":"2026-03-01T12:00:06Z","detail":{"bucket":{"name":"b"},"object":{` + object + `}}}`)
	}
	for _, c := range []struct {
		name          string
		first, second []byte
		same          bool
	}{
		{"the same change", envelope("1", "Object Created", `"key":"k","sequencer":"A"`),
			envelope("2", "Object Created", `"key":"k","sequencer":"A"`), true},
		{"another change", envelope("1", "Object Created", `"key":"k","sequencer":"A"`),
			envelope("2", "Object Created", `"key":"k","sequencer":"B"`), false},
		{"another key", envelope("1", "Object Created", `"key":"k","sequencer":"A"`),
			envelope("2", "Object Created", `"key":"l","sequencer":"A"`), false},
		{"another version", envelope("1", "Object Deleted", `"key":"k","version-id":"v","sequencer":"A"`),
			envelope("2", "Object Deleted", `"key":"k","version-id":"w","sequencer":"A"`), false},
		{"another kind", envelope("1", "Object Created", `"key":"k","sequencer":"A"`),
			envelope("2", "Object Deleted", `"key":"k","sequencer":"A"`), false},
		{"a kind that S3 does not number", envelope("1", "Object Tags Added", `"key":"k","sequencer":"0"`),
			envelope("2", "Object Tags Added", `"key":"k","sequencer":"0"`), false},
		{"no number", envelope("1", "Object Created", `"key":"k"`), envelope("2", "Object Created", `"key":"k"`), false},
	} {
		first, ok := Published(c.first)
		second, also := Published(c.second)
		if !ok || !also || (first.Event.ID == second.Event.ID) != c.same || first.Event.ID == "" || c.same && !second.Resent {
			t.Errorf("%s: got %q and %q", c.name, first.Event.ID, second.Event.ID)
		}
	}
}

func TestTheGroupOfAMessageIsItsKeyHoweverItCameIntoTheQueue(t *testing.T) {
	for _, body := range []string{`text`,
		`{\"Type\":\"Notification\",\"MessageId\":\"m\",\"TopicArn\":\"t\",\"Timestamp\":\"2026-03-01T12:00:00Z\"}`} {
		records, err := Unpack([]byte(`{"Records":[{"eventSource":"aws:sqs","body":"` + body +
			`","attributes":{"SentTimestamp":"1","MessageGroupId":"o-1"}}]}`))
		if err != nil || len(records) != 1 || records[0].Err != nil || records[0].Event.Key != "o-1" {
			t.Errorf("%s: got %+v, %v", body, records, err)
		}
	}
}

func TestAMessageIsAnEventOfItsQueue(t *testing.T) {
	m := Message{ID: "m-1", Group: "o-1", Sent: "1772366400456", Headers: event.Headers(map[string]string{"a": "b"}),
		Body: "x"}
	e, err := m.Event()
	want := event.Event{ID: "m-1", Key: "o-1", Stamp: time.UnixMilli(1772366400456), Resolution: time.Millisecond}
	if err != nil || e.ID != want.ID || e.Key != want.Key || !e.Stamp.Equal(want.Stamp) ||
		e.Resolution != want.Resolution || string(e.Body) != "x" || !slices.Equal(e.Headers["a"], []string{"b"}) {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := (Message{Sent: "soon"}).Event(); err == nil ||
		err.Error() != `SentTimestamp "soon" is not a number of milliseconds` {
		t.Errorf("got %v", err)
	}
}

func TestTheNameAtTheEndOfAnARN(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:sns:eu-central-1:111122223333:shipments":                      "shipments",
		"arn:aws:sqs:eu-central-1:111122223333:everything":                     "everything",
		"arn:aws:s3:::acme-exports":                                            "acme-exports",
		"arn:aws:kinesis:eu-central-1:111122223333:stream/shipments":           "shipments",
		"arn:aws:dynamodb:eu-central-1:1:table/orders/stream/2026-02-01T00:00": "orders",
		"not an arn": "not an arn",
	} {
		sources := sourcesOf(arn)
		if sources[0] != arn || sources[len(sources)-1] != want {
			t.Errorf("%s: got %q, want %q", arn, sources, want)
		}
	}
}

func TestACanaryThatWasPutAsAnItemIsKnown(t *testing.T) {
	for image, want := range map[string]string{
		`{"id":{"S":"7"},"harkenCanary":{"S":"7"}}`:                   "7",
		`{"id":{"S":"7"},"harkenCanary":{"N":"7"}}`:                   "",
		`{"id":{"S":"7"},"harkenCanary":{"S":"7"},"total":{"N":"1"}}`: "",
		`{"id":{"S":"7"},"status":{"S":"7"}}`:                         "",
		`{"id":{"S":"7"}}`:                                            "",
	} {
		payload := `{"Records":[{"eventID":"e","eventSource":"aws:dynamodb","dynamodb":{"ApproximateCreationDateTime":1,"Keys":{"id":{"S":"7"}},"NewImage":` + image + `}}]}`
		records, err := Unpack([]byte(payload))
		if err != nil || len(records) != 1 || records[0].Canary != want || records[0].Err != nil {
			t.Errorf("%s: got %+v, %v, want the canary %q", image, records, err, want)
		}
	}
}

func TestADeadLetterHasTheTimesOfTheQueueThatItWasSentTo(t *testing.T) {
	for _, body := range []string{`text`,
		`{\"Type\":\"Notification\",\"MessageId\":\"m\",\"TopicArn\":\"t\",\"Timestamp\":\"2026-03-01T12:00:00Z\"}`} {
		for attributes, moved := range map[string]bool{``: false,
			`,"DeadLetterQueueSourceArn":"arn:aws:sqs:eu-central-1:1:orders"`: true} {
			records, err := Unpack([]byte(`{"Records":[{"eventSource":"aws:sqs","body":"` + body +
				`","attributes":{"SentTimestamp":"1"` + attributes + `}}]}`))
			if err != nil || len(records) != 1 || records[0].Err != nil || records[0].Untimed != moved {
				t.Errorf("%s with %q: got %+v, %v", body, attributes, records, err)
			}
		}
	}
}
