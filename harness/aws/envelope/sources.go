// How each source writes a record: its identity, its time, and what was published. Only the fields that are needed here
// are declared.

package envelope

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// readEventBridge reads an EventBridge envelope; ok says whether it is one. The body is the whole envelope, since
// detail-type and source are part of what was published; a canary is looked for in its detail.
func readEventBridge(raw json.RawMessage) (r Record, ok bool, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return Record{}, false, nil
	}
	for _, required := range []string{"id", "detail-type", "source", "time", "detail"} {
		if _, ok := fields[required]; !ok {
			return Record{}, false, nil
		}
	}
	var envelope struct {
		ID     string
		Source string
		Kind   string `json:"detail-type"`
		Time   time.Time
		Detail json.RawMessage
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return Record{}, true, fmt.Errorf("eventbridge: %w", err)
	}
	r = Record{
		Sources: []string{envelope.Source},
		Event:   event.Event{ID: envelope.ID, Body: raw, Stamp: envelope.Time, Resolution: time.Second},
		Canary:  harness.CanaryID(event.Event{Body: envelope.Detail}),
	}
	if envelope.Source == "aws.s3" {
		err = r.addObject(envelope.Kind, envelope.Detail)
	}
	return r, true, err
}

// addObject adds what a notification of S3 says: the bucket, by which its channel can be told, the object's key, which
// a bus has as it is, and an identity that it has each time S3 sends it, which is in an envelope with another id.
func (r *Record) addObject(kind string, detail json.RawMessage) error {
	var notification struct {
		Bucket struct{ Name string }
		Object struct {
			Key       string
			Version   string `json:"version-id"`
			Sequencer string
		}
	}
	if err := json.Unmarshal(detail, &notification); err != nil {
		return fmt.Errorf("eventbridge: notification of S3: %w", err)
	}
	bucket, object := notification.Bucket.Name, notification.Object
	if bucket != "" {
		r.Sources = append([]string{bucket}, r.Sources...)
	}
	r.Event.Key = object.Key
	if object.Sequencer != "" && (kind == created || kind == deleted) {
		r.Event.ID, r.Resent = changeID(bucket, object.Key, object.Version, object.Sequencer, kind), true
	}
	return nil
}

// The kinds of change that S3 numbers by a sequencer, as a bus has them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
const (
	created = "Object Created"
	deleted = "Object Deleted"
)

// changeID returns the identity of a change in a bucket, the same however often S3 tells of it.
func changeID(bucket, key, version, sequencer, kind string) string {
	object := bucket + "/" + key
	if version != "" {
		object += "?versionId=" + version
	}
	return object + "/" + sequencer + "/" + kind
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

func (n notification) record() Record {
	e := event.Event{ID: n.MessageID, Body: []byte(n.Message), Stamp: n.Timestamp, Resolution: time.Millisecond}
	if len(n.MessageAttributes) > 0 {
		e.Headers = make(map[string][]string, len(n.MessageAttributes))
	}
	for name, attribute := range n.MessageAttributes {
		e.Headers[name] = []string{attribute.Value}
	}
	return Record{Sources: sourcesOf(n.TopicARN), Event: e, Canary: harness.CanaryID(e)}
}

func readSNS(raw json.RawMessage) (Record, error) {
	var envelope struct {
		SNS notification `json:"Sns"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return Record{}, err
	}
	return envelope.SNS.record(), nil
}

// readSQS reads a queue's message. Where a topic or a bus put it there, the record is the topic's or the bus's, and can
// be mapped by the queue as well; raw message delivery makes it an ordinary message.
func readSQS(raw json.RawMessage) (Record, error) {
	var message struct {
		MessageID         string            `json:"messageId"`
		Body              string            `json:"body"`
		SourceARN         string            `json:"eventSourceARN"`
		Attributes        map[string]string `json:"attributes"`
		MessageAttributes map[string]struct {
			StringValue string `json:"stringValue"`
			BinaryValue string `json:"binaryValue"` // base64, and kept so: a header is text
		} `json:"messageAttributes"`
	}
	if err := json.Unmarshal(raw, &message); err != nil {
		return Record{}, err
	}
	queue := sourcesOf(message.SourceARN)
	if r, ok := Published([]byte(message.Body)); ok {
		r.Event.Key = message.Attributes[group] // a topic passes its message's group on
		r.Sources = append(r.Sources, queue...)
		r.Untimed = Moved(message.Attributes)
		return r, nil
	}
	m := Message{
		ID: message.MessageID, Group: message.Attributes[group], Sent: message.Attributes[sent], Body: message.Body,
	}
	if len(message.MessageAttributes) > 0 {
		m.Headers = make(map[string][]string, len(message.MessageAttributes))
	}
	for name, attribute := range message.MessageAttributes {
		m.Headers[name] = []string{attribute.StringValue + attribute.BinaryValue} // one of them is empty
	}
	e, err := m.Event()
	if err != nil {
		return Record{}, err
	}
	return Record{Sources: queue, Event: e, Canary: harness.CanaryID(e), Untimed: Moved(message.Attributes)}, nil
}

// What SQS itself says of a message.
const (
	group  = "MessageGroupId"
	sent   = "SentTimestamp"
	source = "DeadLetterQueueSourceArn" // the queue from which SQS has moved it here
)

// Moved says, by what SQS itself says of a message, that it is a dead letter: its times are of the queue that it was
// sent to, and it came into this one at some later time.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
func Moved(attributes map[string]string) bool { return attributes[source] != "" }

// Message is a message of a queue to which it was sent as it is.
type Message struct {
	ID      string
	Group   string // its MessageGroupId
	Sent    string // its SentTimestamp: milliseconds since 1970
	Headers map[string][]string
	Body    string
}

// Event returns the event that the message is.
func (m Message) Event() (event.Event, error) {
	sent, err := strconv.ParseInt(m.Sent, 10, 64)
	if err != nil {
		return event.Event{}, fmt.Errorf("SentTimestamp %q is not a number of milliseconds", m.Sent)
	}
	return event.Event{
		ID: m.ID, Key: m.Group, Headers: m.Headers, Body: []byte(m.Body),
		Stamp: time.UnixMilli(sent), Resolution: time.Millisecond,
	}, nil
}

// Published reads the body of a queue's message that a topic, without raw message delivery, or a bus has put there; ok
// says whether it is one.
func Published(body []byte) (r Record, ok bool) {
	var n notification
	if json.Unmarshal(body, &n) == nil && n.Type == "Notification" && n.MessageID != "" && n.TopicARN != "" {
		return n.record(), true
	}
	r, ok, err := readEventBridge(body)
	return r, ok && err == nil
}

// readKinesis reads one record of a shard, as it lies there.
func readKinesis(raw json.RawMessage) (Record, error) {
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
		return Record{}, err
	}
	arrival, err := epoch(envelope.Kinesis.Arrival)
	if err != nil {
		return Record{}, fmt.Errorf("approximateArrivalTimestamp %w", err)
	}
	e := event.Event{
		ID: envelope.EventID, Key: envelope.Kinesis.PartitionKey, Body: envelope.Kinesis.Data,
		Stamp: arrival, Resolution: time.Millisecond,
	}
	return Record{Sources: sourcesOf(envelope.SourceARN), Event: e, Canary: harness.CanaryID(e)}, nil
}

// readS3 reads one notification. The body is the notification: the object itself is not fetched.
func readS3(raw json.RawMessage) (Record, error) {
	var envelope struct {
		EventName string    `json:"eventName"`
		EventTime time.Time `json:"eventTime"`
		S3        struct {
			Bucket struct{ Name, ARN string }
			Object struct{ Key, VersionID, Sequencer string }
		} `json:"s3"`
		ResponseElements struct {
			RequestID string `json:"x-amz-request-id"`
		} `json:"responseElements"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return Record{}, err
	}
	bucket, object := envelope.S3.Bucket, envelope.S3.Object
	key, err := url.QueryUnescape(object.Key)
	if err != nil {
		return Record{}, fmt.Errorf("object key: %w", err)
	}
	sequencer := object.Sequencer
	if sequencer == "" {
		sequencer = envelope.ResponseElements.RequestID // notifications of restores and tags have no sequencer
	}
	if sequencer == "" {
		return Record{}, fmt.Errorf("neither a sequencer nor a request id")
	}
	return Record{
		Sources: []string{bucket.ARN, bucket.Name},
		Resent:  object.Sequencer != "",
		Event: event.Event{
			ID: changeID(bucket.Name, key, object.VersionID, sequencer, envelope.EventName), Key: key, Body: raw,
			Stamp: envelope.EventTime, Resolution: time.Second,
		},
	}, nil
}

// readDynamoDB reads one change of a table. The body is the whole record: its kind, keys and images.
func readDynamoDB(raw json.RawMessage) (Record, error) {
	var envelope struct {
		EventID   string `json:"eventID"`
		SourceARN string `json:"eventSourceARN"`
		DynamoDB  struct {
			Created  json.Number `json:"ApproximateCreationDateTime"`
			Keys     map[string]json.RawMessage
			NewImage map[string]json.RawMessage
		} `json:"dynamodb"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return Record{}, err
	}
	created, err := epoch(envelope.DynamoDB.Created)
	if err != nil {
		return Record{}, fmt.Errorf("ApproximateCreationDateTime %w", err)
	}
	return Record{
		Sources: sourcesOf(envelope.SourceARN),
		Event:   event.Event{ID: envelope.EventID, Body: raw, Stamp: created, Resolution: time.Second},
		Canary:  canaryItem(envelope.DynamoDB.Keys, envelope.DynamoDB.NewImage),
	}, nil
}

// canaryItem returns the id of the canary that was put as an item: besides its keys it has the one field of a canary.
func canaryItem(keys, image map[string]json.RawMessage) string {
	if len(image) != len(keys)+1 {
		return ""
	}
	for name, value := range image {
		if _, key := keys[name]; key {
			continue
		}
		var text struct{ S string }
		if json.Unmarshal(value, &text) != nil {
			return ""
		}
		body, err := json.Marshal(map[string]string{name: text.S})
		if err != nil {
			return ""
		}
		return harness.CanaryID(event.Event{Body: body})
	}
	return ""
}

// epoch reads seconds since 1970, which some sources write with a fraction and some with an exponent, to the
// millisecond.
func epoch(n json.Number) (time.Time, error) {
	seconds, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || math.Abs(seconds) > math.MaxInt32*100 {
		return time.Time{}, fmt.Errorf("%q is not a number of seconds since 1970", n)
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))), nil
}
