//go:build aws

// The conformance suite, on a stand-in of AWS.

package kinesis

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
			amazon := start(t) // one that has seen many iterators is slow
			harnesstest.Run(t, harnesstest.Subject{
				Transport: Transport(amazon.accounts),
				Address: func(t *testing.T) harnesstest.Address {
					name := amazon.stream(t, 3)
					return harnesstest.Address{
						URL:      amazon.address(t, name, c.parameters),
						Send:     amazon.sender(t, name),
						Consumer: func(t *testing.T) <-chan event.Event { return amazon.consume(t, name) },
						Cut:      amazon.door.Cut,
						Largest:  largest,
						NoCanary: !c.parameters.Has("canary"),
						Bad:      bad,
					}
				},
			})
			amazon.needed(t, "kinesis://orders")
		})
	}
}

func TestShardsThatAreSplitAndMergedAreFollowed(t *testing.T) {
	amazon := start(t)
	name := amazon.stream(t, 1)
	h := &heard{}
	u := amazon.address(t, name, url.Values{"canary": {"true"}, "bound": {"0s"}})
	l, err := Transport(amazon.accounts).Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := Transport(amazon.accounts).Produce(t.Context(), u)
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
	caughtUp() // the stand-in discards what lies in a shard when it is split or merged
	const half = "170141183460469231731687303715884105728"
	if _, err := amazon.client.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String(name), ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String(half),
	}); err != nil {
		t.Fatal(err)
	}
	send()
	caughtUp()
	if _, err := amazon.client.MergeShards(t.Context(), &kinesis.MergeShardsInput{
		StreamName: aws.String(name), ShardToMerge: aws.String("shardId-000000000001"), AdjacentShardToMerge: aws.String("shardId-000000000002"),
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
	amazon := start(t)
	u := amazon.address(t, "nowhere", nil)
	_, err := Transport(amazon.accounts).Produce(t.Context(), u)
	_, other := Transport(amazon.accounts).Listen(t.Context(), u, &heard{})
	for _, err := range []error{err, other} {
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) {
			t.Errorf("got %v, want that there is no such stream", err)
		}
	}
}

// amazon is a stand-in of AWS, which transports reach through a door that can be shut.
type amazon struct {
	client   *kinesis.Client // not through the door
	door     *emulator.Door
	accounts *account.Accounts

	mu       sync.Mutex
	observed []string // the actions of what goes through accounts
}

func start(t *testing.T) *amazon {
	t.Helper()
	server, err := emulator.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	own, err := new(account.Accounts).Open(t.Context(), account.Settings{Endpoint: server.Endpoint()}, endpointOf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	a := &amazon{client: kinesis.NewFromConfig(own.Config, func(o *kinesis.Options) { o.HTTPClient = once{o.HTTPClient} }), door: emulator.NewDoor(t, server)}
	a.accounts = &account.Accounts{Observe: a.observe}
	return a
}

// once uses a connection for one request, so that any that is left behind is a listener's.
type once struct{ next kinesis.HTTPClient }

func (o once) Do(r *http.Request) (*http.Response, error) {
	r.Close = true
	return o.next.Do(r)
}

func (a *amazon) observe(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.observed, action) {
		a.observed = append(a.observed, action)
	}
}

// needed compares what was asked of AWS with what the transport says has to be allowed.
func (a *amazon) needed(t *testing.T, address string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var allowed []string
	for _, p := range Transport(a.accounts).Permissions(mustParse(t, address)) {
		allowed = append(allowed, p.Action)
	}
	slices.Sort(allowed)
	slices.Sort(a.observed)
	if !slices.Equal(a.observed, allowed) {
		t.Errorf("the actions asked for are %v, and %v are said to be needed", a.observed, allowed)
	}
}

// stream makes a stream of a name that no other has.
func (a *amazon) stream(t *testing.T, shards int32) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName()
	if _, err := a.client.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String(name), ShardCount: aws.Int32(shards)}); err != nil {
		t.Fatal(err)
	}
	return name
}

// sender returns what puts records, not through the door.
func (a *amazon) sender(t *testing.T, stream string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	p, err := openProducer(t.Context(), a.client, address{stream: stream}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return p.Send
}

func (a *amazon) address(t *testing.T, stream string, parameters url.Values) *url.URL {
	t.Helper()
	u := mustParse(t, "kinesis://"+stream)
	query := url.Values{"endpoint": {a.door.Endpoint()}}
	for parameter, values := range parameters {
		query[parameter] = values
	}
	u.RawQuery = query.Encode()
	return u
}

// consume reads all of a stream, as the subsystem's own consumer would.
func (a *amazon) consume(t *testing.T, name string) <-chan event.Event {
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
