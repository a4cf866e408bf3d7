// From an event to a record and back.

package kafka

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// topicID is what a cluster calls a topic, of which another one of the same name has another. It is zero where the
// brokers are older than that (Kafka 2.8).
type topicID [16]byte

// String returns the id as Kafka's own tools print it.
func (id topicID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// identities are what the records of a partition are known by.
type identities []byte

func identitiesOf(topic string, id topicID, partition int32) identities {
	if id != (topicID{}) {
		topic = id.String()
	}
	return fmt.Appendf(nil, "%s/%d/", topic, partition)
}

// at returns what the record at an offset is known by.
func (i identities) at(offset int64) string {
	var room [64]byte
	return string(strconv.AppendInt(append(room[:0], i...), offset, 10))
}

// record returns e as it will be sent, or why that cannot be.
func (a address) record(e event.Event) (*kgo.Record, error) {
	if a.key != "" {
		if e.Key != "" && e.Key != a.key && harness.CanaryID(e) == "" {
			return nil, fmt.Errorf("key %q: the address is of the key %q (leave key= out to send others)", e.Key, a.key)
		}
		e.Key = a.key
	}
	r := &kgo.Record{Topic: a.topic, Partition: max(a.partition, 0)}
	if e.Key != "" {
		r.Key = []byte(e.Key)
	}
	if len(e.Body) > 0 {
		r.Value = e.Body
	}
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		for _, value := range e.Headers[header] {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: header, Value: []byte(value)})
		}
	}
	return r, nil
}

// captured returns what a record of a partition is to the journal.
func captured(known identities, r *kgo.Record, seen time.Time) event.Event {
	e := event.Event{
		ID:   known.at(r.Offset),
		Key:  string(r.Key),
		Body: bytes.Clone(r.Value), // which is part of a whole answer
		Seen: seen,
	}
	for _, h := range r.Headers {
		if e.Headers == nil {
			e.Headers = make(map[string][]string, len(r.Headers))
		}
		e.Headers[h.Key] = append(e.Headers[h.Key], string(h.Value))
	}
	const logAppendTime = 1
	if r.Attrs.TimestampType() == logAppendTime && r.Timestamp.UnixMilli() > 0 {
		e.Stamp, e.Resolution = r.Timestamp, time.Millisecond
	}
	return e
}
