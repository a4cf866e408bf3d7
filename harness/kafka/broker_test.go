// What tests stand on: a Kafka in this process whose connections can be cut, and the system under test beside it.

package kafka

import (
	"context"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

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

// system returns what surrounds the cluster, which goes around the proxies.
func (c *cluster) system(t *testing.T) *system {
	t.Helper()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, c.direct[address])
	}
	at := c.proxies[0].Addr()
	return newSystem(t, at, at, c.cut, kgo.SeedBrokers(at), kgo.Dialer(dial))
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

// forget begins anew.
func (j *journal) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seen, j.gaps = nil, nil
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
