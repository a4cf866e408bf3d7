// What tests stand on: a Kafka in this process whose connections can be cut, and the system under test beside it.

package kafka

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// patience bounds what must happen and nobody can say when.
const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster is a Kafka that clients reach through proxies only, whose addresses it tells.
type cluster struct {
	*kfake.Cluster
	proxies []*proxy.Proxy
	direct  map[string]string // from the address of a proxy to that of its broker
	topics  atomic.Int64
}

// behind is a listener that says that it is elsewhere.
type behind struct {
	net.Listener
	at net.Addr
}

func (b behind) Addr() net.Addr { return b.at }

func startCluster(t *testing.T, brokers int, options ...kfake.Opt) *cluster {
	t.Helper()
	c := &cluster{direct: make(map[string]string)}
	listen := func(network, address string) (net.Listener, error) {
		l, err := new(net.ListenConfig).Listen(t.Context(), network, address)
		if err != nil {
			return nil, err
		}
		p := proxy.Start(t, l.Addr().String())
		c.proxies = append(c.proxies, p)
		c.direct[p.Addr()] = l.Addr().String()
		at, err := net.ResolveTCPAddr("tcp", p.Addr())
		return behind{l, at}, err
	}
	var err error
	c.Cluster, err = kfake.NewCluster(append(options, kfake.NumBrokers(brokers), kfake.ListenFn(listen))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// topic makes one of a name of its own.
func (c *cluster) topic(t *testing.T, partitions int32, config map[string]string) string {
	t.Helper()
	topic := fmt.Sprint("topic-", c.topics.Add(1))
	if err := c.CreateTopic(topic, partitions, config); err != nil {
		t.Fatal(err)
	}
	return topic
}

// url returns the address of a topic, with parameters.
func (c *cluster) url(t *testing.T, topic, parameters string) *url.URL {
	t.Helper()
	return parseURL(t, "kafka://"+c.proxies[0].Addr()+"/"+topic+parameters)
}

// cut cuts all connections that go through the proxies.
func (c *cluster) cut() (mend func()) {
	var mends []func()
	for _, p := range c.proxies {
		mends = append(mends, p.Cut())
	}
	return func() {
		for _, mend := range mends {
			mend()
		}
	}
}

// client is one of the system's, which goes around the proxies.
func (c *cluster) client(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.direct[address])
	}
	options = append(options, kgo.SeedBrokers(c.proxies[0].Addr()), kgo.Dialer(dial), kgo.ProducerLinger(0),
		kgo.MetadataMinAge(50*time.Millisecond))
	cl, err := kgo.NewClient(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// sender sends to an address as the system would.
func (c *cluster) sender(t *testing.T, u *url.URL) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	a, err := parse(u)
	if err != nil {
		t.Fatal(err)
	}
	options := []kgo.Opt{
		kgo.ProducerBatchMaxBytes(largestBatch), kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
	if a.partition != allPartitions {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	cl := c.client(t, options...)
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		r, err := a.record(e)
		if err != nil {
			return harness.Receipt{}, err
		}
		if leavesNothing(t) {
			cl := c.client(t, options...)
			defer cl.Close()
			return harness.Receipt{}, cl.ProduceSync(ctx, r).FirstErr()
		}
		return harness.Receipt{}, cl.ProduceSync(ctx, r).FirstErr()
	}
}

// leavesNothing holds for the case that looks for what is left. kfake begins a goroutine for each request, so that a
// connection which stays is something new there whenever it was used.
func leavesNothing(t *testing.T) bool { return strings.HasSuffix(t.Name(), "/nothing_is_left_behind") }

// consume is a group of the system's.
func (c *cluster) consume(t *testing.T, topic string) <-chan event.Event {
	t.Helper()
	cl := c.client(t, kgo.ConsumerGroup("workers"), kgo.ConsumeTopics(topic),
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

func parseURL(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// journal is a sink that remembers.
type journal struct {
	mu   sync.Mutex
	seen []event.Event
	gaps []gap
}

type gap struct {
	from, to time.Time
	cause    error
}

func (j *journal) Capture(e event.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seen = append(j.seen, e)
}

func (*journal) Gone(string, time.Time) {}

func (*journal) Canary(event.Event, time.Time) {}

func (j *journal) Gap(from, to time.Time, cause error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gaps = append(j.gaps, gap{from, to, cause})
}

// bodies returns what was captured, in the order of the bodies.
func (j *journal) bodies() (all []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.seen {
		all = append(all, string(e.Body))
	}
	slices.Sort(all)
	return all
}

func (j *journal) told() []gap {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.gaps)
}

// hearing is a listener with what it captured.
type hearing struct {
	*listener
	*journal
}

func hear(t *testing.T, u *url.URL) hearing { return hearOn(t.Context(), t, u) }

func hearOn(ctx context.Context, t *testing.T, u *url.URL) hearing {
	t.Helper()
	j := &journal{}
	l, err := Transport().Listen(ctx, u, j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return hearing{l.(*listener), j}
}

// sync proves, or fails the test.
func (h hearing) sync(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.Sync(ctx); err != nil {
		t.Fatal(err)
	}
}

// moment is how long a proof is waited for that does not come.
const moment = 300 * time.Millisecond

// unproved returns why a proof does not come.
func (h hearing) unproved(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	err := h.Sync(ctx)
	if err == nil {
		t.Fatal("sync returned nil, want that it does not")
	}
	return err
}

func eventually(t *testing.T, try func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := poll.Until(ctx, try); err != nil {
		t.Fatal(err)
	}
}
