// How each source writes a record: its identity, its time, and what was published. Only the fields that are needed here
// are declared.

package recorder

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/event"
)

// readEventBridge reads an EventBridge envelope; ok says whether it is one. The body is the whole envelope, since
// detail-type and source are part of what was published; a canary is looked for in its detail.
func readEventBridge(raw json.RawMessage) (r record, ok bool, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return record{}, false, nil
	}
	for _, required := range []string{"id", "detail-type", "source", "time", "detail"} {
		if _, ok := fields[required]; !ok {
			return record{}, false, nil
		}
	}
	var envelope struct {
		ID     string
		Source string
		Time   time.Time
		Detail json.RawMessage
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return record{}, true, fmt.Errorf("eventbridge: %w", err)
	}
	return record{
		sources: []string{envelope.Source},
		event:   event.Event{ID: envelope.ID, Body: raw, Stamp: envelope.Time, Grain: time.Second},
		canary:  harness.CanaryID(event.Event{Body: envelope.Detail}),
	}, true, nil
}

// notification is what SNS calls a message, to a function and within a queue alike.
type notification struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Message           string
	Timestamp         time.Time
	MessageAttributes map[string]struct{ Value string }
}

func (n notification) record() record {
	e := event.Event{ID: n.MessageID, Body: []byte(n.Message), Stamp: n.Timestamp, Grain: time.Millisecond}
	if len(n.MessageAttributes) > 0 {
		e.Headers = make(map[string]string, len(n.MessageAttributes))
	}
	for name, attribute := range n.MessageAttributes {
		e.Headers[name] = attribute.Value
	}
	return record{sources: arnSources(n.TopicARN), event: e, canary: harness.CanaryID(e)}
}

func readSNS(raw json.RawMessage) (record, error) {
	var envelope struct {
		SNS notification `json:"Sns"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return record{}, err
	}
	return envelope.SNS.record(), nil
}

// readSQS reads a queue's message. Where a topic or a bus put it there, the record is the topic's or the bus's, and can
// be mapped by the queue as well; raw message delivery makes it an ordinary message.
func readSQS(raw json.RawMessage) (record, error) {
	var message struct {
		MessageID  string `json:"messageId"`
		Body       string `json:"body"`
		SourceARN  string `json:"eventSourceARN"`
		Attributes struct {
			SentTimestamp  string
			MessageGroupID string `json:"MessageGroupId"`
		} `json:"attributes"`
		MessageAttributes map[string]struct {
			StringValue string `json:"stringValue"`
			BinaryValue string `json:"binaryValue"` // base64, and kept so: a header is text
		} `json:"messageAttributes"`
	}
	if err := json.Unmarshal(raw, &message); err != nil {
		return record{}, err
	}
	queue := arnSources(message.SourceARN)
	var n notification
	if json.Unmarshal([]byte(message.Body), &n) == nil && n.Type == "Notification" && n.MessageID != "" && n.TopicARN != "" {
		r := n.record()
		r.sources = append(r.sources, queue...)
		return r, nil
	}
	if r, ok, err := readEventBridge(json.RawMessage(message.Body)); ok && err == nil {
		r.sources = append(r.sources, queue...)
		return r, nil
	}
	sent, err := strconv.ParseInt(message.Attributes.SentTimestamp, 10, 64)
	if err != nil {
		return record{}, fmt.Errorf("SentTimestamp %q is not a number of milliseconds", message.Attributes.SentTimestamp)
	}
	e := event.Event{
		ID: message.MessageID, Key: message.Attributes.MessageGroupID, Body: []byte(message.Body),
		Stamp: time.UnixMilli(sent), Grain: time.Millisecond,
	}
	if len(message.MessageAttributes) > 0 {
		e.Headers = make(map[string]string, len(message.MessageAttributes))
	}
	for name, attribute := range message.MessageAttributes {
		e.Headers[name] = attribute.StringValue + attribute.BinaryValue // one of them is empty
	}
	return record{sources: queue, event: e, canary: harness.CanaryID(e)}, nil
}

// readKinesis reads one record of a shard. Records that a producer library packed together stay together.
func readKinesis(raw json.RawMessage) (record, error) {
	var envelope struct {
		EventID   string `json:"eventID"` // the shard and the sequence number in it
		SourceARN string `json:"eventSourceARN"`
		Kinesis   struct {
			PartitionKey string      `json:"partitionKey"`
			Data         []byte      `json:"data"`
			Arrival      json.Number `json:"approximateArrivalTimestamp"`
		} `json:"kinesis"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return record{}, err
	}
	arrival, err := epoch(envelope.Kinesis.Arrival)
	if err != nil {
		return record{}, fmt.Errorf("approximateArrivalTimestamp %w", err)
	}
	e := event.Event{
		ID: envelope.EventID, Key: envelope.Kinesis.PartitionKey, Body: envelope.Kinesis.Data,
		Stamp: arrival, Grain: time.Millisecond,
	}
	return record{sources: arnSources(envelope.SourceARN), event: e, canary: harness.CanaryID(e)}, nil
}

// readS3 reads one notification. The body is the notification: the object itself is not fetched.
func readS3(raw json.RawMessage) (record, error) {
	var envelope struct {
		EventTime time.Time `json:"eventTime"`
		S3        struct {
			Bucket struct{ Name, ARN string }
			Object struct{ Key, Sequencer string }
		} `json:"s3"`
		ResponseElements struct {
			RequestID string `json:"x-amz-request-id"`
		} `json:"responseElements"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return record{}, err
	}
	bucket, object := envelope.S3.Bucket, envelope.S3.Object
	key, err := url.QueryUnescape(object.Key)
	if err != nil {
		return record{}, fmt.Errorf("object key: %w", err)
	}
	sequencer := object.Sequencer
	if sequencer == "" {
		sequencer = envelope.ResponseElements.RequestID // notifications of restores and tags have no sequencer
	}
	if sequencer == "" {
		return record{}, fmt.Errorf("neither a sequencer nor a request id")
	}
	return record{
		sources: []string{bucket.ARN, bucket.Name},
		event: event.Event{
			ID: bucket.Name + "/" + key + "/" + sequencer, Key: key, Body: raw,
			Stamp: envelope.EventTime, Grain: time.Second,
		},
	}, nil
}

// readDynamoDB reads one change of a table. The body is the whole record: its kind, keys and images.
func readDynamoDB(raw json.RawMessage) (record, error) {
	var envelope struct {
		EventID   string `json:"eventID"`
		SourceARN string `json:"eventSourceARN"`
		DynamoDB  struct {
			Created json.Number `json:"ApproximateCreationDateTime"`
		} `json:"dynamodb"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return record{}, err
	}
	created, err := epoch(envelope.DynamoDB.Created)
	if err != nil {
		return record{}, fmt.Errorf("ApproximateCreationDateTime %w", err)
	}
	return record{
		sources: arnSources(envelope.SourceARN),
		event:   event.Event{ID: envelope.EventID, Body: raw, Stamp: created, Grain: time.Second},
	}, nil
}

// epoch reads seconds since 1970, which some sources write with a fraction and some with an exponent, to the millisecond.
func epoch(n json.Number) (time.Time, error) {
	seconds, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || math.Abs(seconds) > math.MaxInt32*100 {
		return time.Time{}, fmt.Errorf("%q is not a number of seconds since 1970", n)
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))), nil
}
