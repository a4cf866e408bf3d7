//go:build aws

// The conformance suite, on an emulator of AWS.

package kinesis

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/shards"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// largest leaves some of the MiB that a record may have to its key.
const largest = 1_000_000

func TestStreamsConform(t *testing.T) {
	for _, c := range []struct {
		name       string
		parameters url.Values
	}{
		{"by canaries, as a record can be read at once", url.Values{"canary": {"true"}, "bound": {"0s"}}},
		{"by the tip, after a bound", url.Values{"bound": {"200ms"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := start(t) // one that has seen many iterators is slow
			harnesstest.Run(t, harnesstest.Subject{
				Transport: cloud.Observe(Transport()),
				Address: func(t *testing.T) harnesstest.Address {
					name := cloud.stream(t, 3)
					return harnesstest.Address{
						URL:      cloud.Address(t, "kinesis://"+name, c.parameters),
						Send:     cloud.sender(t, name),
						Consumer: func(t *testing.T) <-chan event.Event { return cloud.consume(t, name) },
						Cut:      cloud.Cut,
						Largest:  largest,
						NoCanary: !c.parameters.Has("canary"),
						Bad:      bad,
						Remake:   func(ctx context.Context) error { return cloud.remake(ctx, name, 3) },
						Grow:     cloud.splitter(name),
						Without: map[string]string{
							"Redeliver": "a stream is read by position, and nothing is acknowledged",
							"Trim":      "a stream keeps 24 hours, and nobody can delete from it",
							"Hide":      "Kinesis has no transactions",
							"Swallow":   "Kinesis knows no duplicates",
							"SendTyped": "records have no headers",
							"Backlog":   "readers of a stream keep no place on the server",
							"Leftovers": "readers of a stream make nothing on the server",
						},
					}
				},
			})
			cloud.Needed(t, Transport(), "kinesis://orders")
		})
	}
}

func TestShardsThatAreSplitAndMergedAreFollowed(t *testing.T) {
	cloud := start(t)
	name := cloud.stream(t, 1)
	h := &heard{}
	u := cloud.Address(t, "kinesis://"+name, url.Values{"canary": {"true"}, "bound": {"0s"}})
	l, err := Transport().Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sent := 0
	send := func() {
		t.Helper()
		for range 20 {
			sent++
			if _, err := p.Send(t.Context(), event.Event{Body: fmt.Appendf(nil, "event %d", sent)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	caughtUp := func() {
		t.Helper()
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.count(); n != sent {
			t.Errorf("captured %d of %d after a Sync", n, sent)
		}
	}
	send()
	caughtUp() // the emulator discards what lies in a shard when it is split or merged
	const half = "170141183460469231731687303715884105728"
	if _, err := cloud.client.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String(name), ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String(half),
	}); err != nil {
		t.Fatal(err)
	}
	send()
	caughtUp()
	if _, err := cloud.client.MergeShards(t.Context(), &kinesis.MergeShardsInput{
		StreamName: aws.String(name), ShardToMerge: aws.String("shardId-000000000001"),
		AdjacentShardToMerge: aws.String("shardId-000000000002"),
	}); err != nil {
		t.Fatal(err)
	}
	send()
	caughtUp()
}

// heard is a Sink that counts.
type heard struct {
	mu       sync.Mutex
	captures map[string]bool
}

func (h *heard) Capture(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.captures == nil {
		h.captures = make(map[string]bool)
	}
	h.captures[string(e.Body)] = true
}

func (*heard) Gap(time.Time, time.Time, error) {}
func (*heard) Gone(string, time.Time)          {}

func (*heard) Canary(event.Event, time.Time) {}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.captures)
}

func TestAStreamThatIsNotThereIsToldAtOnce(t *testing.T) {
	cloud := start(t)
	u := cloud.Address(t, "kinesis://nowhere", nil)
	_, err := Transport().Produce(t.Context(), u)
	_, other := Transport().Listen(t.Context(), u, &heard{})
	for _, err := range []error{err, other} {
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) {
			t.Errorf("got %v, want that there is no such stream", err)
		}
	}
}

// cloud is an emulator of AWS.
type cloud struct {
	*emulator.Fixture
	client *kinesis.Client // not through the proxy
}

func start(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	return &cloud{f, kinesis.NewFromConfig(f.Fresh())}
}

// stream makes a stream of a name that no other has.
func (a *cloud) stream(t *testing.T, shards int32) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName()
	if _, err := a.client.CreateStream(t.Context(),
		&kinesis.CreateStreamInput{StreamName: aws.String(name), ShardCount: aws.Int32(shards)}); err != nil {
		t.Fatal(err)
	}
	return name
}

// remake takes a stream away and makes another one of the same name.
func (a *cloud) remake(ctx context.Context, name string, shards int32) error {
	if _, err := a.client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: aws.String(name)}); err != nil {
		return err
	}
	_, err := a.client.CreateStream(ctx,
		&kinesis.CreateStreamInput{StreamName: aws.String(name), ShardCount: aws.Int32(shards)})
	return err
}

// sends puts a record into some shard.
type sends = func(ctx context.Context, e event.Event) (harness.Receipt, error)

// splitter returns what splits the first shard that is open, and returns what puts records into the second of its
// halves.
func (a *cloud) splitter(name string) func(context.Context) (sends, error) {
	return func(ctx context.Context) (sends, error) {
		listed, err := a.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: aws.String(name)})
		if err != nil {
			return nil, err
		}
		open := slices.IndexFunc(listed.Shards,
			func(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber == nil })
		if open < 0 {
			return nil, errors.New("no shard is open")
		}
		shard := listed.Shards[open]
		first, _ := new(big.Int).SetString(*shard.HashKeyRange.StartingHashKey, 10)
		last, _ := new(big.Int).SetString(*shard.HashKeyRange.EndingHashKey, 10)
		half := new(big.Int).Rsh(first.Add(first, last), 1).String()
		_, err = a.client.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: aws.String(name), ShardToSplit: shard.ShardId,
			NewStartingHashKey: aws.String(half)})
		return func(ctx context.Context, e event.Event) (r harness.Receipt, err error) {
			_, err = a.client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String(name), Data: e.Body,
				PartitionKey: aws.String(e.Key), ExplicitHashKey: aws.String(half)})
			return r, err
		}, err
	}
}

// sender returns what puts records, not through the proxy.
func (a *cloud) sender(t *testing.T, stream string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	p, err := openProducer(t.Context(), a.client, address{stream: stream}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return p.Send
}

// consume reads all of a stream, as the subsystem's own consumer would.
func (a *cloud) consume(t *testing.T, name string) <-chan event.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan event.Event, 1000)
	stopped := make(chan struct{})
	t.Cleanup(func() { cancel(); <-stopped })
	s := newStream(a.client, name)
	listed, err := s.Shards(ctx)
	if err != nil {
		t.Fatal(err)
	}
	iterators := make(map[string]string)
	for _, shard := range listed {
		if iterators[shard.ID], err = s.Iterator(ctx, shard.ID, shards.Place{Horizon: true}); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		defer close(stopped)
		_ = poll.Until(ctx, func(ctx context.Context) error {
			for id, iterator := range iterators {
				page, err := s.Read(ctx, id, iterator)
				if err != nil {
					return err
				}
				for _, record := range page.Records {
					got <- record.Event
				}
				iterators[id] = page.Next
			}
			return errMore
		})
	}()
	return got
}

var errMore = errors.New("more may come")
