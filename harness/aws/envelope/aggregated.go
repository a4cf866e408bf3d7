// Records of Kinesis that a producer library has packed together.

package envelope

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// magic is what a record begins with into which the Kinesis Producer Library, or something like it, has packed several
// of its user's: a protobuf message and the MD5 of that follow.
// https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
var magic = []byte{0xf3, 0x89, 0x9a, 0xc2}

// The fields of the messages AggregatedRecord and Record. Explicit hash keys, which say where a record was to go, and
// tags, which nobody writes, are passed over.
const (
	fieldKey     = 1 // of AggregatedRecord: a partition key, of which each record names one
	fieldRecord  = 3 // of AggregatedRecord: a record
	fieldKeyOf   = 1 // of Record: which of the partition keys, from 0
	fieldPayload = 3 // of Record: its data
)

// Disaggregate returns the events that a record of Kinesis is: itself or, where a producer library has packed several
// into it, each of them, as consumers get them. Such a one has its own partition key as Key, and is told from the
// others by its place among them, from 0, at the end of its ID. An error says why the record, which looks like a packed
// one, cannot be taken apart.
func Disaggregate(e event.Event) ([]event.Event, error) {
	if !bytes.HasPrefix(e.Body, magic) {
		return []event.Event{e}, nil
	}
	packed := e.Body[len(magic):]
	end := len(packed) - md5.Size
	if end < 0 {
		return nil, notPacked(e, errors.New("it is too short to have a checksum"))
	}
	if sum := md5.Sum(packed[:end]); !bytes.Equal(sum[:], packed[end:]) {
		return nil, notPacked(e, errors.New("its checksum is wrong"))
	}
	records, err := userRecords(packed[:end])
	if err != nil {
		return nil, notPacked(e, err)
	}
	events := make([]event.Event, len(records))
	for i, r := range records {
		events[i] = e
		events[i].ID, events[i].Key, events[i].Body = e.ID+":"+strconv.Itoa(i), r.key, r.data
	}
	return events, nil
}

func notPacked(e event.Event, why error) error {
	return fmt.Errorf("record %s begins as one into which a producer library has packed several, and cannot be taken "+
		"apart: %w", e.ID, why)
}

// disaggregate returns the records that a record of Kinesis is.
func (r Record) disaggregate() []Record {
	events, err := Disaggregate(r.Event)
	if err != nil {
		r.Event.Body, r.Canary, r.Gap = nil, "", err
		return []Record{r}
	}
	records := make([]Record, len(events))
	for i, e := range events {
		records[i] = r
		records[i].Event, records[i].Canary, records[i].Sub = e, harness.CanaryID(e), i
	}
	return records
}

type userRecord struct {
	key  string
	data []byte
}

// userRecords reads an AggregatedRecord.
func userRecords(message []byte) (records []userRecord, err error) {
	var keys []string
	var raw [][]byte
	err = fields(message, func(number uint64, value field) {
		switch {
		case number == fieldKey && value.bytes != nil:
			keys = append(keys, string(value.bytes))
		case number == fieldRecord && value.bytes != nil:
			raw = append(raw, value.bytes)
		}
	})
	for i := 0; i < len(raw) && err == nil; i++ {
		var r userRecord
		if r, err = readUserRecord(raw[i], keys); err != nil {
			err = fmt.Errorf("record %d of %d in it: %w", i+1, len(raw), err)
		}
		records = append(records, r)
	}
	return records, err
}

func readUserRecord(message []byte, keys []string) (r userRecord, err error) {
	keyed, key := false, uint64(0)
	err = fields(message, func(number uint64, value field) {
		switch {
		case number == fieldKeyOf && value.bytes == nil:
			keyed, key = true, value.number
		case number == fieldPayload && value.bytes != nil:
			r.data = value.bytes
		}
	})
	switch {
	case err != nil:
		return userRecord{}, err
	case r.data == nil:
		return userRecord{}, errors.New("it has no data")
	case !keyed:
		return userRecord{}, errors.New("it names no partition key")
	case key >= uint64(len(keys)):
		return userRecord{}, fmt.Errorf("it names the partition key %d of %d", key+1, len(keys))
	}
	r.key = keys[key]
	return r, nil
}

// field is the value of a field of a protobuf message: bytes, never nil, or a number.
type field struct {
	bytes  []byte
	number uint64
}

var errCutOff = errors.New("the protobuf message in it breaks off")

// fields calls each with the fields of a protobuf message in their order.
// https://protobuf.dev/programming-guides/encoding/
func fields(message []byte, each func(number uint64, value field)) error {
	number := func() (uint64, error) {
		n, length := binary.Uvarint(message)
		if length <= 0 {
			return 0, errCutOff
		}
		message = message[length:]
		return n, nil
	}
	take := func(length uint64) ([]byte, error) {
		if length > uint64(len(message)) {
			return nil, errCutOff
		}
		taken := message[:length:length]
		message = message[length:]
		return taken, nil
	}
	for len(message) > 0 {
		tag, err := number()
		if err != nil {
			return err
		}
		var value field
		switch tag & 7 {
		case 0:
			value.number, err = number()
		case 1, 5: // of 8 and of 4 bytes; no field that is known has them
			if _, err = take(8 - tag&4); err != nil {
				return err
			}
			continue
		case 2:
			var length uint64
			if length, err = number(); err == nil {
				value.bytes, err = take(length)
			}
		default:
			return fmt.Errorf("the protobuf message in it has a field of the wire type %d", tag&7)
		}
		if err != nil {
			return err
		}
		each(tag>>3, value)
	}
	return nil
}
