// The system under test, and whoever else does something to a Kafka: clients of its own, beside those of Harken.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/poll"
)

// system is what surrounds a Kafka. Its clients do not go through what is cut.
type system struct {
	options []kgo.Opt // how it reaches the Kafka
	admin   *kadm.Client
	heard   string // HOST:PORT, of addresses, which can be cut
	direct  string // HOST:PORT that cannot
	cut     func() (mend func())
	topics  atomic.Int64
	hidden  atomic.Int64
}

func newSystem(t *testing.T, heard, direct string, cut func() (mend func()), options ...kgo.Opt) *system {
	t.Helper()
	s := &system{options: options, heard: heard, direct: direct, cut: cut}
	s.admin = kadm.NewClient(s.client(t))
	return s
}

func (s *system) client(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	all := slices.Concat(s.options, options, []kgo.Opt{kgo.ProducerLinger(0), kgo.MetadataMinAge(50 * time.Millisecond)})
	cl, err := kgo.NewClient(all...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// topic makes one of a name of its own.
func (s *system) topic(t *testing.T, partitions int32, config map[string]*string) string {
	t.Helper()
	topic := fmt.Sprint("topic-", s.topics.Add(1))
	if _, err := s.admin.CreateTopic(t.Context(), partitions, 1, config, topic); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error { // a broker hears of it a moment later
		ends, err := s.admin.ListEndOffsets(ctx, topic)
		return errors.Join(err, ends.Error())
	})
	return topic
}

// stage is one topic, for the conformance suite.
type stage struct {
	*system
	t     *testing.T
	a     address
	topic string
	own   *kgo.Client
	send  []kgo.Opt
	names int32 // partitions that it was made with
}

// address returns a topic of its own.
func (s *system) address(t *testing.T, partitions int32, parameters, key string) harnesstest.Address {
	t.Helper()
	topic := s.topic(t, partitions, nil)
	at := s.heard
	if leavesNothing(t) { // a proxy keeps a connection until the broker has said its last, too
		at = s.direct
	}
	u := parseURL(t, "kafka://"+at+"/"+topic+parameters)
	a, err := parse(u)
	if err != nil {
		t.Fatal(err)
	}
	on := &stage{system: s, t: t, a: a, topic: topic, names: partitions, send: sending(a)}
	on.own = s.client(t, on.send...)
	on.group(t)
	address := harnesstest.Address{
		URL: u, Send: on.accept, Cut: s.cut, Key: key, Bad: badAddresses, Largest: largest,
		Consumer: on.consume, Remake: on.remake, Trim: on.trim, Grow: on.grow, Hide: on.hide, SendTyped: on.sendTyped,
		Backlog: on.backlog, Leftovers: on.leftovers,
		Without: map[string]string{
			"Redeliver": "an offset is read once, and a reader that goes back has the same identities by it",
			"Swallow":   "what a client sends is stored once, and two events are never one: there are no ids to tell them by",
		},
	}
	if a.partition != allPartitions {
		address.Grow, address.Without["Grow"] = nil, "the address names one partition"
	}
	return address
}

// sending returns how the system sends to an address.
func sending(a address) []kgo.Opt {
	options := []kgo.Opt{
		kgo.ProducerBatchMaxBytes(largestBatch), kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
	if a.partition != allPartitions {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	return options
}

func (s *stage) accept(ctx context.Context, e event.Event) (harness.Receipt, error) {
	cl := s.own
	if leavesNothing(s.t) {
		cl = s.client(s.t, s.send...)
		defer cl.Close()
	}
	return harness.Receipt{}, s.produce(ctx, cl, e)
}

// leavesNothing holds for the case that looks for what is left. kfake begins a goroutine for each request, so that a
// connection which stays is something new there whenever it was used.
func leavesNothing(t *testing.T) bool { return strings.HasSuffix(t.Name(), "/nothing_is_left_behind") }

func (s *stage) produce(ctx context.Context, cl *kgo.Client, e event.Event) error {
	r, err := s.a.record(e)
	if err != nil {
		return err
	}
	err = cl.ProduceSync(ctx, r).FirstErr()
	if errors.Is(err, kerr.UnknownTopicID) {
		// A broker that is the last to hear of a topic made anew has told of the old one, and the client never leaves it.
		cl.PurgeTopicsFromProducing(s.topic)
	}
	return err
}

// consume is a group of the system's.
func (s *stage) consume(t *testing.T) <-chan event.Event {
	t.Helper()
	cl := s.client(t, kgo.ConsumerGroup("consumers-of-"+s.topic), kgo.ConsumeTopics(s.topic),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	got := make(chan event.Event, 1000)
	var polling sync.WaitGroup
	polling.Go(func() {
		for {
			fetches := cl.PollFetches(context.Background())
			if fetches.IsClientClosed() {
				return
			}
			fetches.EachRecord(func(r *kgo.Record) { got <- event.Event{Body: r.Value} })
		}
	})
	t.Cleanup(func() {
		cl.Close()
		polling.Wait()
	})
	return got
}

// remake deletes the topic, and makes one of the same name.
func (s *stage) remake(ctx context.Context) error {
	if _, err := s.admin.DeleteTopic(ctx, s.topic); err != nil {
		return err
	}
	err := poll.Until(ctx, func(ctx context.Context) error {
		_, err := s.admin.CreateTopic(ctx, s.names, 1, nil, s.topic)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return poll.Permanent(err)
		}
		return err
	})
	s.own.PurgeTopicsFromProducing(s.topic) // or it would go on with the old one
	return err
}

func (s *stage) trim(ctx context.Context) error {
	ends, err := s.admin.ListEndOffsets(ctx, s.topic)
	if err != nil {
		return err
	}
	deleted, err := s.admin.DeleteRecords(ctx, ends.Offsets())
	if err != nil {
		return err
	}
	return deleted.Error()
}

func (s *stage) grow(ctx context.Context) (
	send func(ctx context.Context, e event.Event) (harness.Receipt, error), err error,
) {
	made, err := s.admin.CreatePartitions(ctx, 1, s.topic)
	if err != nil {
		return nil, err
	}
	if err := made.Error(); err != nil {
		return nil, err
	}
	details, err := s.admin.ListTopics(ctx, s.topic)
	if err != nil {
		return nil, err
	}
	last := slices.Max(slices.Collect(maps.Keys(details[s.topic].Partitions)))
	cl := s.client(s.t, append(s.send, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		r, err := s.a.record(e)
		if err != nil {
			return harness.Receipt{}, err
		}
		r.Partition = last
		return harness.Receipt{}, cl.ProduceSync(ctx, r).FirstErr()
	}, nil
}

// hide sends in a transaction of another client's.
func (s *stage) hide(ctx context.Context, e event.Event) (end func(ctx context.Context, commit bool) error, err error) {
	id := fmt.Sprintf("hidden-%s-%d", s.topic, s.hidden.Add(1))
	cl := s.client(s.t, append(s.send, kgo.TransactionalID(id))...)
	if err := cl.BeginTransaction(); err != nil {
		return nil, err
	}
	if err := s.produce(ctx, cl, e); err != nil {
		return nil, err
	}
	return func(ctx context.Context, commit bool) error {
		return cl.EndTransaction(ctx, kgo.TransactionEndTry(commit))
	}, nil
}

func (s *stage) sendTyped(ctx context.Context, e event.Event, header string, value any) error {
	r, err := s.a.record(e)
	if err != nil {
		return err
	}
	switch value := value.(type) {
	case []string:
		for _, v := range value {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: header, Value: []byte(v)})
		}
	case []byte:
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: header, Value: value})
	default:
		return errors.ErrUnsupported // the value of a header is bytes
	}
	return s.own.ProduceSync(ctx, r).FirstErr()
}

func (s *stage) groupName() string { return "waits-for-" + s.topic }

// group makes a group of the system's that has read nothing yet.
func (s *stage) group(t *testing.T) {
	t.Helper()
	ends, err := s.admin.ListEndOffsets(t.Context(), s.topic)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.admin.CommitAllOffsets(t.Context(), s.groupName(), ends.Offsets()); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) backlog(ctx context.Context) (waiting []event.Event, err error) {
	from, err := s.admin.FetchOffsets(ctx, s.groupName())
	if err != nil {
		return nil, err
	}
	ends, err := s.admin.ListEndOffsets(ctx, s.topic)
	if err != nil {
		return nil, err
	}
	left := int64(0)
	ends.Each(func(end kadm.ListedOffset) {
		if at, ok := from.Lookup(s.topic, end.Partition); ok {
			left += end.Offset - at.At
		}
	})
	cl := s.client(s.t, kgo.ConsumerGroup(s.groupName()), kgo.ConsumeTopics(s.topic))
	defer cl.Close()
	for int64(len(waiting)) < left && ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			waiting = append(waiting, captured(nil, r, time.Now()))
		})
	}
	return waiting, context.Cause(ctx)
}

// leftovers are groups, topics and transactions. Connections nobody can ask for.
func (s *stage) leftovers(ctx context.Context) (names []string, err error) {
	groups, err := s.admin.ListGroups(ctx)
	if err != nil {
		return nil, err
	}
	for _, group := range groups.Groups() {
		names = append(names, "group "+group)
	}
	topics, err := s.admin.ListTopicsWithInternal(ctx)
	if err != nil {
		return nil, err
	}
	for _, topic := range topics.Names() {
		names = append(names, "topic "+topic)
	}
	transactions, err := s.admin.ListTransactions(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, id := range transactions.TransactionalIDs() {
		names = append(names, "transaction "+id)
	}
	return names, nil
}
