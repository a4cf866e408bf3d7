// What brokers really do, which an obvious listener gets wrong, as far as the stand-in shows it.

package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// sent sends bodies by a client of the system's, one after the other.
func (s *system) sent(t *testing.T, topic string, bodies ...string) {
	t.Helper()
	cl := s.client(t)
	for _, body := range bodies {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(body)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// String returns what the gap is for.
func (g gap) String() string { return g.cause.Error() }

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q captured, want %q", got, want)
	}
}

func TestATopicThatComesLaterIsReadFromItsFirstRecord(t *testing.T) {
	c := startCluster(t, 2)
	s := c.system(t)
	u := parseURL(t, "kafka://"+s.heard+"/later?missing=later")
	h := hear(t, u)
	h.sync(t) // nothing can be there
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := c.CreateTopic("later", 3, nil); err != nil {
		t.Fatal(err)
	}
	s.sent(t, "later", "1", "2", "3")
	h.sync(t)
	same(t, h.bodies(), "1", "2", "3")
	eventually(t, func(ctx context.Context) error {
		_, err := p.Send(ctx, event.Event{Body: []byte("4")})
		return err
	})
	h.sync(t)
	same(t, h.bodies(), "1", "2", "3", "4")
	if gaps := h.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none", gaps)
	}
}

func TestATopicThatIsTakenAwayIsAGapAndNothingIsProved(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	if err := c.DeleteTopic(topic); err != nil {
		t.Fatal(err)
	}
	if err := h.unproved(t); !errors.Is(err, errGone) {
		t.Errorf("got %v, want that the topic is gone", err)
	}
	if gaps := h.told(); len(gaps) != 1 || !errors.Is(gaps[0].cause, errGone) {
		t.Errorf("got the gaps %v, want one: the topic is gone", gaps)
	}
}

func TestAnOpenTransactionLeavesTheProofOpenAndIsNamed(t *testing.T) {
	s := startCluster(t, 1).system(t)
	topic := s.topic(t, 1, nil)
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	foreign := s.client(t, kgo.TransactionalID("foreign"))
	inTransaction := func(n int) {
		t.Helper()
		if err := foreign.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			r := &kgo.Record{Topic: topic, Value: fmt.Append(nil, "in ", i)}
			if err := foreign.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := func(commit kgo.TransactionEndTry) {
		t.Helper()
		if err := foreign.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	inTransaction(3)
	s.sent(t, topic, "plain") // acknowledged, and hidden
	if err := h.unproved(t); !strings.Contains(err.Error(), "a transaction is open since offset 0") {
		t.Errorf("got %v, want that a transaction is open", err)
	}
	same(t, h.bodies())
	end(kgo.TryCommit)
	h.sync(t) // though the end is that of a marker, which is no event
	same(t, h.bodies(), "in 0", "in 1", "in 2", "plain")
	inTransaction(2)
	end(kgo.TryAbort)
	h.sync(t)
	same(t, h.bodies(), "in 0", "in 1", "in 2", "plain")
	if gaps := h.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none", gaps)
	}
}

func TestEachEventIsABatchOfItsOwn(t *testing.T) {
	s := startCluster(t, 1).system(t)
	topic := s.topic(t, 1, nil)
	u := parseURL(t, "kafka://"+s.heard+"/"+topic)
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	const events = 200
	var sending sync.WaitGroup
	for i := range events {
		sending.Go(func() {
			if _, err := p.Send(t.Context(), event.Event{Body: fmt.Append(nil, i)}); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	h := hear(t, u)
	of := h.topic
	asks := []ask{{partition: 0, of: of, at: of.partitions[0], leadership: leadership{epoch: -1}, point: startOf}}
	said, err := h.fetch(of.partitions[0].leader, asks)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for b := range batches(said[0].RecordBatches) {
		if count++; b.records != 1 {
			t.Errorf("batch %d has %d records, want one", count, b.records)
		}
	}
	if count != events {
		t.Errorf("got %d batches, want %d", count, events)
	}
}

func TestWhatTheTopicAllowsIsSentThoughItIsMoreThanClientsLetThrough(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	if err := c.CreateTopic("large", 1, map[string]string{"max.message.bytes": "3000000"}); err != nil {
		t.Fatal(err)
	}
	u := parseURL(t, "kafka://"+s.heard+"/large")
	h := hear(t, u)
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	body := bytes.Repeat([]byte("x"), 2_900_000)
	if _, err := p.Send(t.Context(), event.Event{Body: body}); err != nil {
		t.Fatal(err)
	}
	_, err = p.Send(t.Context(), event.Event{Body: bytes.Repeat(body, 2)})
	if err == nil || !strings.Contains(err.Error(), "more than topic large takes (max.message.bytes)") {
		t.Errorf("got %v, want that it is too large", err)
	}
	h.sync(t)
	if len(h.seen) != 1 || !bytes.Equal(h.seen[0].Body, body) {
		t.Errorf("got %d events, want the one of %d bytes, whole", len(h.seen), len(body))
	}
}

func TestWhatIsCompressedIsRead(t *testing.T) {
	s := startCluster(t, 1).system(t)
	topic := s.topic(t, 1, nil)
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	var want []string
	for i, codec := range []kgo.CompressionCodec{
		kgo.GzipCompression(), kgo.Lz4Compression(), kgo.SnappyCompression(), kgo.ZstdCompression(),
	} {
		cl := s.client(t, kgo.ProducerBatchCompression(codec))
		body := strings.Repeat(fmt.Sprint(i), 1000)
		want = append(want, body)
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(body)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	h.sync(t)
	same(t, h.bodies(), want...)
}

func TestHeadersTombstonesAndKeysAreKept(t *testing.T) {
	s := startCluster(t, 1).system(t)
	topic := s.topic(t, 1, nil)
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	cl := s.client(t)
	for _, r := range []*kgo.Record{
		{Topic: topic, Key: []byte{0, 0xff}, Headers: []kgo.RecordHeader{
			{Key: "a", Value: []byte("2")}, {Key: "b"}, {Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte{}},
		}},
		{Topic: topic, Value: []byte{}},
	} {
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	h.sync(t)
	if len(h.seen) != 2 {
		t.Fatalf("got %d events, want 2", len(h.seen))
	}
	tombstone, empty := h.seen[0], h.seen[1]
	if tombstone.Key != "\x00\xff" || tombstone.Body != nil || empty.Key != "" || len(empty.Body) != 0 {
		t.Errorf("got %+v and %+v, want a tombstone with its key, and an event without either", tombstone, empty)
	}
	same(t, tombstone.Headers["a"], "2", "1")
	same(t, tombstone.Headers["b"], "", "")
	if !tombstone.Stamp.IsZero() {
		t.Errorf("got the stamp %s, want none: it is the producer's time", tombstone.Stamp)
	}
}

func TestAnEventWithoutABodyIsSentAsATombstone(t *testing.T) {
	a, err := parse(parseURL(t, "kafka://h/stock"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.record(event.Event{Key: "SKU-1", Body: []byte{}})
	if err != nil || r.Value != nil || string(r.Key) != "SKU-1" {
		t.Errorf("got %+v, %v, want a record with that key and no value", r, err)
	}
}

func TestAStampIsTheBrokersOwnAndOfATimeThatCanBe(t *testing.T) {
	now := time.Now().Truncate(time.Millisecond)
	const logAppendTime = 0b1000
	for _, c := range []struct {
		why        string
		attributes int16
		at         time.Time
		want       time.Time
	}{
		{"the broker wrote it", logAppendTime, now, now},
		{"the producer wrote it", 0, now, time.Time{}},
		{"there was no Kafka yet", logAppendTime, time.UnixMilli(0), time.Time{}},
	} {
		raw := batchOf(c.attributes, c.at, "1")
		said := &kmsg.FetchResponseTopicPartition{RecordBatches: raw}
		records, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{}, said, kgo.DefaultDecompressor(), nil)
		if records.Err != nil || len(records.Records) != 1 {
			t.Fatalf("%s: got %+v, want one record", c.why, records)
		}
		e := captured(nil, records.Records[0], now)
		if !e.Stamp.Equal(c.want) || e.Resolution != time.Millisecond && !c.want.IsZero() {
			t.Errorf("%s: got the stamp %s (%s), want %s", c.why, e.Stamp, e.Resolution, c.want)
		}
	}
}

func TestWhileTooFewReplicasAreInSyncTheProofIsOpen(t *testing.T) {
	c := startCluster(t, 3)
	s := c.system(t)
	if err := c.CreateTopic("replicated", 1, map[string]string{"min.insync.replicas": "2"}); err != nil {
		t.Fatal(err)
	}
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/replicated"))
	h.sync(t)
	stop := c.inSync(t, s, "replicated", 1)
	if err := h.unproved(t); !strings.Contains(err.Error(), "has 1 replicas in sync and needs 2 (min.insync.replicas)") {
		t.Errorf("got %v, want that too few replicas are in sync", err)
	}
	stop()
	h.sync(t)
}

func TestALeaderThatMovesIsFollowed(t *testing.T) {
	c := startCluster(t, 3)
	s := c.system(t)
	topic := s.topic(t, 6, nil)
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	var want []string
	for i := range 5 {
		for j := range 10 {
			want = append(want, fmt.Sprintf("%d-%d", i, j))
		}
		s.sent(t, topic, want[10*i:]...)
		c.ShufflePartitionLeaders()
	}
	h.sync(t)
	same(t, h.bodies(), want...)
	if gaps := h.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none", gaps)
	}
}

func TestWhatCompactionRemovedBeforeItWasReadIsAGap(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	config := map[string]string{"cleanup.policy": "compact", "segment.bytes": "200", "min.compaction.lag.ms": "0"}
	if err := c.CreateTopic("stock", 1, config); err != nil {
		t.Fatal(err)
	}
	u := parseURL(t, "kafka://"+s.heard+"/stock")
	h := hear(t, u)
	cl := s.client(t)
	put := func(key string, bodies ...string) {
		t.Helper()
		for _, body := range bodies {
			r := &kgo.Record{Topic: "stock", Key: []byte(key), Value: []byte(body)}
			if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("SKU-0", "0") // which stays, so that the partition begins where it did
	put("SKU-1", "1", "2")
	h.sync(t)
	c.Compact() // what was read
	put("SKU-1", "3")
	h.sync(t)
	same(t, h.bodies(), "0", "1", "2", "3")
	if gaps := h.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none: all was read before", gaps)
	}
	at, err := h.Position()
	if err != nil {
		t.Fatal(err)
	}
	put("SKU-1", "4", "5", "6", "7", "8", "9")
	c.Compact() // what was not
	again := hearOn(harness.WithPosition(t.Context(), at), t, u)
	again.sync(t)
	if got := again.bodies(); slices.Contains(got, "4") || !slices.Contains(got, "9") {
		t.Fatalf("got %q, want that 4 was removed: else this shows nothing", got)
	}
	if gaps := again.told(); len(gaps) == 0 || !errors.Is(gaps[0].cause, errCompacted) {
		t.Errorf("got the gaps %+v, want one: records were removed by compaction", gaps)
	}
}

func TestHolesInBatchesAreFound(t *testing.T) {
	one, three := batchAt(0, 0, 1), batchAt(1, 2, 3)
	for _, c := range []struct {
		why  string
		raw  []byte
		from int64
		want bool
	}{
		{"nothing", nil, 5, false},
		{"one behind the other", slices.Concat(one, three), 0, false},
		{"from the middle of one", three, 2, false},
		{"a batch is missing", slices.Concat(one, batchAt(2, 0, 1)), 0, true},
		{"the first is missing", three, 0, true},
		{"a record is missing", batchAt(0, 2, 2), 0, true},
		{"an empty batch stays behind", batchAt(0, 0, 0), 0, true},
		{"it was before what is asked for", slices.Concat(batchAt(0, 2, 1), batchAt(3, 0, 1)), 3, false},
		{"the last is cut off", slices.Concat(one, three[:20]), 0, false},
	} {
		if got := holed(c.raw, c.from); got != c.want {
			t.Errorf("%s: got %t, want %t", c.why, got, c.want)
		}
	}
}

func TestWhatALeaderHasTakenBackIsAGap(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	s.sent(t, topic, "1", "2", "3")
	h.sync(t)
	for _, lie := range []struct {
		why  string
		tell func() (stop func())
	}{
		{"the end is before what was read", func() func() { return c.endsAt(1) }},
		{"the leader has another history", func() func() { return c.diverges(2) }},
	} {
		before := len(h.told())
		stop := lie.tell()
		eventually(t, func(context.Context) error {
			ctx, cancel := context.WithTimeout(t.Context(), moment)
			defer cancel()
			_ = h.Sync(ctx)
			if gaps := h.told(); len(gaps) == before || !errors.Is(gaps[before].cause, errTruncated) {
				return fmt.Errorf("got the gaps %v, want one more: records were taken back", gaps)
			}
			return nil
		})
		stop()
		h.sync(t)
	}
}

func TestWithoutTheRightToReadTheConfigurationAllReplicasMustBeInSync(t *testing.T) {
	c := startCluster(t, 3)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	c.ControlKey(int16(kmsg.DescribeConfigs), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return request.ResponseKind(), nil, true // which tells nothing
	})
	h := hear(t, parseURL(t, "kafka://"+s.heard+"/"+topic))
	h.sync(t)
	if err := c.CreateTopic("replicated", 1, map[string]string{"min.insync.replicas": "1"}); err != nil {
		t.Fatal(err)
	}
	replicated := hear(t, parseURL(t, "kafka://"+s.heard+"/replicated"))
	defer c.inSync(t, s, "replicated", 2)()
	if err := replicated.unproved(t); !strings.Contains(err.Error(), "DESCRIBE_CONFIGS on topic replicated") {
		t.Errorf("got %v, want the right that is missing", err)
	}
}
