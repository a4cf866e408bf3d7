// From an invocation's payload to the records in it.

package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/event"
)

// record is one event of an envelope, or why it cannot be read.
type record struct {
	sources []string    // the names by which its channel can be configured, the most exact first
	event   event.Event // with ID and Stamp, unless plain
	canary  string
	plain   bool // plain JSON: its identity and time are the invocation's
	err     error
}

// plainSource is the source of plain JSON.
const plainSource = "json"

// unpack returns the records of a payload. What is no envelope is one record of plain JSON.
func unpack(payload json.RawMessage) ([]record, error) {
	if !json.Valid(payload) {
		return nil, errors.New("not JSON")
	}
	if raw := recordsOf(payload); len(raw) > 0 {
		records := make([]record, len(raw))
		for i := range raw {
			records[i] = unpackRecord(raw[i])
		}
		return records, nil
	}
	if r, ok, err := readEventBridge(payload); ok {
		if err != nil {
			return nil, err
		}
		return []record{r}, nil
	}
	e := event.Event{Body: payload}
	return []record{{sources: []string{plainSource}, event: e, canary: harness.CanaryID(e), plain: true}}, nil
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

func unpackRecord(raw json.RawMessage) record {
	source := sourceOf(raw)
	r, err := read(source, raw)
	if err != nil {
		return record{err: fmt.Errorf("%s: %w", source, err)}
	}
	return r
}

func read(source string, raw json.RawMessage) (record, error) {
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
		return record{}, errors.New("records of this source are not supported")
	}
}
