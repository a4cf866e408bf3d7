// What of the past is not as it was read: records that were taken back, and answers that cannot be read.

package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/harken-bdd/harken/harness"
)

// ids returns the identities of what was captured, in its order.
func (j *journal) ids() (all []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.seen {
		all = append(all, e.ID)
	}
	return all
}

// place returns where the listener is in partition 0.
func (h hearing) place() partition {
	h.listener.mu.Lock()
	defer h.listener.mu.Unlock()
	return *h.topic.partitions[0]
}

// takenBack waits until one more gap is told, for records that were taken back.
func (h hearing) takenBack(t *testing.T) {
	t.Helper()
	eventually(t, func(context.Context) error {
		if gaps := h.told(); len(gaps) == 0 || !errors.Is(gaps[len(gaps)-1].cause, errTruncated) {
			return fmt.Errorf("got the gaps %v, want one: records were taken back", gaps)
		}
		return nil
	})
}

// A journal takes a second event of the same identity for a redelivery, which does not count.
func TestWhatTakesThePlaceOfARecordThatWasTakenBackIsAnotherEvent(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	u := parseURL(t, "kafka://"+s.heard+"/"+topic)
	h := hear(t, u)
	s.sent(t, topic, "1", "2", "3")
	h.sync(t)
	stop := c.diverges(1)
	h.takenBack(t)
	stop()
	s.sent(t, topic, "4")
	h.sync(t) // 2 and 3 stand for the records that are there now
	same(t, h.bodies(), "1", "2", "2", "3", "3", "4")
	ids := h.ids()
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("got the identities %q, want another one for each record", ids)
	}
	known := identitiesOf(topic, h.topic.id, 0)
	if !slices.Contains(ids, known.at(3)) {
		t.Errorf("got the identities %q, want %s of a record behind those that were taken back", ids, known.at(3))
	}
	at := h.position(t)
	again := hearOn(harness.WithPosition(t.Context(), at), t, u)
	defer c.diverges(2)()
	again.takenBack(t)
	if got := again.place(); got.Again != 4 || got.Taken != 2 {
		t.Errorf("another listener goes on with %+v, want that records before offset 4 were taken back a second time", got.point)
	}
}

// The epoch of the leader at opening is all that is known of what had been written before.
func TestWhatIsTakenBackBeforeAnythingWasReadIsAGap(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	s.sent(t, topic, "1", "2", "3")
	u := parseURL(t, "kafka://"+s.heard+"/"+topic)
	h := hear(t, u)
	if got := h.place(); got.Written != got.epoch || !got.Told {
		t.Errorf("got %+v, want the leader's epoch, %d, to be asked with", got.point, got.epoch)
	}
	stop := c.diverges(3) // nothing was written in that epoch, and nothing is missing
	eventually(t, func(context.Context) error {
		if got := h.place().Written; got != -1 {
			return fmt.Errorf("got the epoch %d, want that which the leader says", got)
		}
		return nil
	})
	stop()
	h.sync(t)
	if gaps := h.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none: the leader has all that there was", gaps)
	}
	stop = c.diverges(2)
	h.takenBack(t)
	stop()
	h.sync(t)
	same(t, h.bodies(), "3")
}

// A broker that has lost the history of its epochs answers that there is no such offset.
func TestALeaderWithoutEpochsIsReadOnFromWhereNothingWasRead(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	s.sent(t, topic, "1", "2", "3")
	defer c.says(kmsg.Fetch, func(request kmsg.Request, answer kmsg.Response) bool {
		made := answer.(*kmsg.FetchResponse)
		for _, asked := range request.(*kmsg.FetchRequest).Topics {
			t := kmsg.NewFetchResponseTopic()
			t.Topic, t.TopicID = asked.Topic, asked.TopicID
			for _, partition := range asked.Partitions {
				if partition.LastFetchedEpoch < 0 {
					return false
				}
				p := kmsg.NewFetchResponseTopicPartition()
				p.Partition, p.ErrorCode = partition.Partition, 1 // OFFSET_OUT_OF_RANGE
				t.Partitions = append(t.Partitions, p)
			}
			made.Topics = append(made.Topics, t)
		}
		return true
	})()
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	h.sync(t)
	if gaps := h.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none: nothing had been read", gaps)
	}
}

func TestOfReplicasInSyncTheFewestCountThatABrokerKnowsOf(t *testing.T) {
	id := topicID{1}
	of := func(inSync int, epoch int32) view {
		p := leadership{leader: 1, epoch: epoch, replicas: 3, inSync: inSync}
		return view{topics: map[topicID]map[int32]leadership{id: {0: p}}}
	}
	for _, c := range []struct {
		why           string
		first, second view
		want          int
	}{
		{"the second has heard that one has fallen behind", of(3, 5), of(1, 5), 1},
		{"the first has", of(1, 5), of(3, 5), 1},
		{"the second knows a later leader", of(1, 5), of(3, 6), 3},
		{"the first does", of(3, 6), of(1, 5), 3},
	} {
		c.first.add(c.second)
		if got := c.first.topics[id][0].inSync; got != c.want {
			t.Errorf("%s: got %d in sync, want %d", c.why, got, c.want)
		}
	}
}

// given has leaders give out these bytes from offset 0 on.
func (c *cluster) given(raw []byte) (stop func()) {
	return c.says(kmsg.Fetch, func(request kmsg.Request, answer kmsg.Response) bool {
		made := answer.(*kmsg.FetchResponse)
		for _, asked := range request.(*kmsg.FetchRequest).Topics {
			if asked.Partitions[0].FetchOffset > 0 {
				return false
			}
			t := kmsg.NewFetchResponseTopic()
			t.Topic, t.TopicID = asked.Topic, asked.TopicID
			p := kmsg.NewFetchResponseTopicPartition()
			p.HighWatermark, p.LastStableOffset, p.RecordBatches = 2, 2, raw
			t.Partitions = append(t.Partitions, p)
			made.Topics = append(made.Topics, t)
		}
		return true
	})
}

// The client passes over what it cannot read where it cannot say either where that ends.
func TestWhatCannotBeReadIsNotPassedOver(t *testing.T) {
	const magicAt = 16
	unknown := batchOf(0, time.Now(), "1")
	unknown[magicAt] = 9
	broken := batchOf(0, time.Now(), "1")
	broken[len(broken)-2] ^= 1
	for why, raw := range map[string][]byte{
		"of a format that nobody knows": unknown,
		"of a wrong sum":                broken,
	} {
		t.Run(why, func(t *testing.T) {
			c := startCluster(t, 1)
			s := c.system(t)
			topic := s.topic(t, 1, nil)
			h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
			stop := c.given(raw)
			s.sent(t, topic, "1", "2")
			if err := h.unproved(t); !strings.Contains(err.Error(), "cannot be read") {
				t.Errorf("got %v, want that something cannot be read", err)
			}
			same(t, h.bodies())
			stop()
			h.sync(t)
			same(t, h.bodies(), "1", "2")
		})
	}
}

func TestWhatIsCompressedBeyondABoundIsNotUnpacked(t *testing.T) {
	h := hear(t, parseURL(t, "kafka://"+start(t)+"/orders"))
	large := make([]byte, largestAnswer+1)
	compressor, err := kgo.DefaultCompressor(kgo.ZstdCompression())
	if err != nil {
		t.Fatal(err)
	}
	small, codec := compressor.Compress(new(bytes.Buffer), large)
	if _, err := h.unpack.Decompress(small, codec); !errors.Is(err, kgo.ErrMaxDecompress) {
		t.Errorf("%d bytes that are %d unpacked: got %v, want %v", len(small), len(large), err, kgo.ErrMaxDecompress)
	}
}

func TestAnOpeningThatIsNotAnsweredSaysByWhom(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	defer c.says(kmsg.Fetch, func(_ kmsg.Request, answer kmsg.Response) bool {
		answer.(*kmsg.FetchResponse).ErrorCode = -1 // UNKNOWN_SERVER_ERROR
		return true
	})()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := Transport().Listen(ctx, parseURL(t, "kafka://"+s.heard+"/"+topic), &journal{})
	if err == nil || !strings.Contains(err.Error(), "UNKNOWN_SERVER_ERROR") {
		t.Errorf("got %v, want what the broker says", err)
	}
}
