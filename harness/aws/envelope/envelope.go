// Package envelope reads how AWS wraps an event up: what EventBridge, SNS, SQS, S3, Kinesis and DynamoDB Streams hand
// to a function, and what a topic or a bus puts into a queue. It promises nothing to other modules. A channel means
// the same whether its events come through a recorder or directly, since both ways read them here:
//
//	EventBridge  the whole envelope          id          time, of 1 s
//	SNS          Message, attributes         MessageId   Timestamp, of 1 ms
//	SQS          body, attributes, group     messageId   SentTimestamp, of 1 ms
//	Kinesis      data, partition key         eventID**   approximateArrivalTimestamp, of 1 ms
//	S3           the notification, key       sequencer*  eventTime, of 1 s
//	S3 by a bus  the whole envelope, key     sequencer*  time, of 1 s
//	DynamoDB     the record                  eventID     ApproximateCreationDateTime, of 1 s
//
// * with the bucket, the key, the version and the kind of change. S3 may send one notification twice, by a bus in two
// envelopes; where it numbers no change, the id of the envelope is all there is.
//
// ** Each record that a producer library has packed into one of Kinesis is an event, with its place behind the eventID.
package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// Record is one event of an envelope, or why it cannot be read.
type Record struct {
	// where it comes from: each ARN with the name at its end, the source of an event; the most exact first
	Sources []string
	Event   event.Event     // with ID and Stamp, unless Plain
	Canary  string          // the canary's id, "" on every other event
	Plain   bool            // plain JSON: its identity and time are the invocation's
	Untimed bool            // a dead letter: its stamp is from before it came to where it is
	Resent  bool            // its source may send it again with another body: ID alone says that it is the same
	Sub     int             // its place among those that a producer library has packed into one, from 0
	Gap     error           // why events of it cannot be told; Sources, ID and Stamp say where and when they are lacking
	Raw     json.RawMessage // the record as an invocation has it, nil where it was read from elsewhere
	Err     error
}

// PlainSource is the source of plain JSON.
const PlainSource = "json"

// Unpack returns the records of an invocation's payload. What is no envelope is one record of plain JSON.
func Unpack(payload json.RawMessage) ([]Record, error) {
	if !json.Valid(payload) {
		return nil, errors.New("not JSON")
	}
	if raw := recordsOf(payload); len(raw) > 0 {
		records := make([]Record, 0, len(raw))
		for i := range raw {
			for _, r := range unpackRecord(raw[i]) {
				r.Raw = raw[i]
				records = append(records, r)
			}
		}
		return records, nil
	}
	if r, ok, err := readEventBridge(payload); ok {
		if err != nil {
			return nil, err
		}
		r.Raw = payload
		return []Record{r}, nil
	}
	e := event.Event{Body: payload}
	return []Record{{Sources: []string{PlainSource}, Event: e, Canary: harness.CanaryID(e), Plain: true,
		Raw: payload}}, nil
}

// recordsOf returns the Records of an envelope of AWS, and nil where payload is something else.
func recordsOf(payload json.RawMessage) []json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(payload, &fields) != nil {
		return nil
	}
	var records []json.RawMessage
	if json.Unmarshal(fields["Records"], &records) != nil || len(records) == 0 {
		return nil
	}
	if !strings.HasPrefix(sourceOf(records[0]), "aws:") {
		return nil
	}
	return records
}

// sourceOf returns a record's eventSource. SNS spells it with a capital, which encoding/json takes as well.
func sourceOf(raw json.RawMessage) string {
	var head struct {
		EventSource string `json:"eventSource"`
	}
	if json.Unmarshal(raw, &head) != nil {
		return ""
	}
	return head.EventSource
}

func unpackRecord(raw json.RawMessage) []Record {
	source := sourceOf(raw)
	r, err := read(source, raw)
	switch {
	case err != nil:
		return []Record{{Err: fmt.Errorf("%s: %w", source, err)}}
	case source == "aws:kinesis":
		return r.disaggregate()
	default:
		return []Record{r}
	}
}

func read(source string, raw json.RawMessage) (Record, error) {
	switch source {
	case "aws:sns":
		return readSNS(raw)
	case "aws:sqs":
		return readSQS(raw)
	case "aws:s3":
		return readS3(raw)
	case "aws:kinesis":
		return readKinesis(raw)
	case "aws:dynamodb":
		return readDynamoDB(raw)
	default:
		return Record{}, errors.New("records of this source are not supported")
	}
}

// sourcesOf returns an ARN and the name at its end.
func sourcesOf(arn string) []string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return []string{arn}
	}
	resource := strings.Split(parts[5], "/") // topic, stream/NAME, table/NAME/stream/LABEL
	return []string{arn, resource[min(1, len(resource)-1)]}
}
