// What a Kafka of several nodes says in a bad moment, put into the mouth of the stand-in.

package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// says has requests of a kind answered until stop is called: answer fills in what there is none of yet, and says
// whether it is to be given.
func (c *cluster) says(kind kmsg.Key, answer func(request kmsg.Request, answer kmsg.Response) bool) (stop func()) {
	var over atomic.Bool
	c.ControlKey(int16(kind), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		said := request.ResponseKind()
		if over.Load() || !answer(request, said) {
			return nil, nil, false
		}
		return said, nil, true
	})
	return func() { over.Store(true) }
}

// inSync has only so many replicas of a topic in sync.
func (c *cluster) inSync(t *testing.T, s *system, topic string, replicas int) (stop func()) {
	t.Helper()
	truth, err := s.client(t).Request(t.Context(), aboutTopic(topic))
	if err != nil {
		t.Fatal(err)
	}
	said := truth.(*kmsg.MetadataResponse)
	for i := range said.Topics[0].Partitions {
		p := &said.Topics[0].Partitions[i]
		p.ISR = p.ISR[:replicas]
	}
	return c.says(kmsg.Metadata, func(request kmsg.Request, answer kmsg.Response) bool {
		asked := request.(*kmsg.MetadataRequest).Topics
		if len(asked) != 1 || asked[0].Topic == nil || *asked[0].Topic != topic {
			return false
		}
		made := answer.(*kmsg.MetadataResponse)
		version := made.Version
		*made = *said
		made.Version = version
		return true
	})
}

// endsAt has all partitions end at an offset.
func (c *cluster) endsAt(offset int64) (stop func()) {
	return c.says(kmsg.ListOffsets, func(request kmsg.Request, answer kmsg.Response) bool {
		made := answer.(*kmsg.ListOffsetsResponse)
		for _, asked := range request.(*kmsg.ListOffsetsRequest).Topics {
			t := kmsg.NewListOffsetsResponseTopic()
			t.Topic = asked.Topic
			for _, partition := range asked.Partitions {
				p := kmsg.NewListOffsetsResponseTopicPartition()
				p.Partition = partition.Partition
				if partition.Timestamp == atEnd.timestamp {
					p.Offset = offset
				} else {
					p.Offset = 0
				}
				t.Partitions = append(t.Partitions, p)
			}
			made.Topics = append(made.Topics, t)
		}
		return true
	})
}

// diverges has leaders know of another history from an offset on.
func (c *cluster) diverges(offset int64) (stop func()) {
	return c.says(kmsg.Fetch, func(request kmsg.Request, answer kmsg.Response) bool {
		made := answer.(*kmsg.FetchResponse)
		for _, asked := range request.(*kmsg.FetchRequest).Topics {
			t := kmsg.NewFetchResponseTopic()
			t.Topic, t.TopicID = asked.Topic, asked.TopicID
			for _, partition := range asked.Partitions {
				p := kmsg.NewFetchResponseTopicPartition()
				p.Partition, p.DivergingEpoch.EndOffset = partition.Partition, offset
				t.Partitions = append(t.Partitions, p)
			}
			made.Topics = append(made.Topics, t)
		}
		return true
	})
}

// batchAt returns a batch without its records, of which it had one more than delta.
func batchAt(first int64, delta, records int32) []byte {
	b := kmsg.RecordBatch{FirstOffset: first, LastOffsetDelta: delta, NumRecords: records, Magic: 2}
	b.Length = int32(len(b.AppendTo(nil))) - 12
	return b.AppendTo(nil)
}

// batchOf returns a batch with one record.
func batchOf(attributes int16, at time.Time, value string) []byte {
	r := kmsg.NewRecord()
	r.Value = []byte(value)
	const sizeOfLength = 1 // of one that is short
	r.Length = int32(len(r.AppendTo(nil)) - sizeOfLength)
	b := kmsg.RecordBatch{
		Magic: 2, Attributes: attributes, FirstTimestamp: at.UnixMilli(), MaxTimestamp: at.UnixMilli(), NumRecords: 1,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, Records: r.AppendTo(nil),
	}
	b.Length = int32(len(b.AppendTo(nil))) - 12
	raw := b.AppendTo(nil)
	const crcAt, crcOf = 17, 21
	binary.BigEndian.PutUint32(raw[crcAt:], crc32.Checksum(raw[crcOf:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}
