// The conformance suite on core NATS and on streams, with connections that can be cut.

package nats_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	local "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// patience bounds what must happen and nobody can say when.
const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var badAddresses = []string{
	"nats:///orders.placed",
	"nats://localhost:4222",
	"nats://localhost:4222/",
	"nats://localhost:4222/orders..placed",
	"nats://localhost:4222/orders%20placed",
	"nats://localhost:4222/>.orders",
	"nats://localhost:4222/orders.x*",
	"nats://localhost:4222/orders?stream=",
	"nats://localhost:4222/orders?stream=a.b",
	"nats://localhost:4222/orders?stream=A&stream=B",
	"nats://localhost:4222/orders?steam=A",
	"nats://localhost:4222/orders?creds=",
	"nats://localhost:4222/orders?tls=yes",
	"nats://localhost:4222/orders?tap=true",
	"nats://localhost:4222/orders?stream=A&tap=1",
}

func TestCoreNATSConforms(t *testing.T) {
	b := startBroker(t)
	harnesstest.Run(t, b.subject(func(t *testing.T) harnesstest.Address {
		a := b.address(t, "")
		a.Consumer = func(t *testing.T) <-chan event.Event { return b.consumeQueue(t, a.Key) }
		for _, field := range []string{"Remake", "Trim", "Backlog"} {
			a.Without[field] = "core NATS keeps nothing"
		}
		a.Without["Swallow"] = "core NATS knows no duplicates"
		return a
	}))
}

func TestAStreamConforms(t *testing.T) {
	b := startBroker(t)
	harnesstest.Run(t, b.subject(func(t *testing.T) harnesstest.Address {
		stream := b.stream(t, jetstream.StreamConfig{})
		a := b.address(t, stream)
		b.offer(t, &a, stream)
		return a
	}))
}

func TestATappedWorkQueueConforms(t *testing.T) {
	b := startBroker(t)
	harnesstest.Run(t, b.subject(func(t *testing.T) harnesstest.Address {
		stream := b.stream(t, jetstream.StreamConfig{Retention: jetstream.WorkQueuePolicy})
		a := b.address(t, stream+"&tap=true")
		b.offer(t, &a, stream)
		// What the stream has acknowledged may reach the subscription a little later, so the system sends without waiting for
		// it.
		a.Send = b.sender(t, "nats://"+b.addr+"/"+a.Key)
		a.Swallow, a.Without["Swallow"] = nil, "a tap hears what is published, whether the stream stores it or not"
		return a
	}))
}

// subject has the cases asked beside one another: each address is a subject or a stream of its own.
func (b *broker) subject(address func(t *testing.T) harnesstest.Address) harnesstest.Subject {
	return harnesstest.Subject{Transport: nats.Transport(), Address: address, SideBySide: true}
}

// offer adds to the address of a stream what others do to one, and the system's own worker there.
func (b *broker) offer(t *testing.T, a *harnesstest.Address, stream string) {
	t.Helper()
	s, err := b.js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	config, worker := s.CachedInfo().Config, jetstream.ConsumerConfig{Durable: "worker"}
	if _, err := s.CreateConsumer(t.Context(), worker); err != nil {
		t.Fatal(err)
	}
	a.Consumer = func(t *testing.T) <-chan event.Event { return b.consumeStream(t, stream) }
	a.Remake = func(ctx context.Context) error {
		if err := b.js.DeleteStream(ctx, stream); err != nil {
			return err
		}
		_, err := b.js.CreateStream(ctx, config)
		return err
	}
	a.Trim = func(ctx context.Context) error { return s.Purge(ctx) }
	a.Swallow = func(e event.Event) event.Event {
		e = e.Clone()
		e.Headers[jetstream.MsgIDHeader] = []string{string(e.Body)}
		return e
	}
	a.Backlog = func(ctx context.Context) ([]event.Event, error) { return backlog(ctx, s, worker.Durable) }
	left := a.Leftovers
	a.Leftovers = func(ctx context.Context) (names []string, err error) {
		consumers := s.ConsumerNames(ctx)
		for name := range consumers.Name() {
			names = append(names, name)
		}
		connections, err := left(ctx)
		return append(names, connections...), errors.Join(err, consumers.Err())
	}
}

// backlog takes all that waits for a worker.
func backlog(ctx context.Context, s jetstream.Stream, worker string) (all []event.Event, err error) {
	c, err := s.Consumer(ctx, worker)
	if err != nil {
		return nil, err
	}
	for {
		batch, err := c.FetchNoWait(1000)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for m := range batch.Messages() {
			all = append(all, event.Event{Headers: m.Headers(), Body: m.Data()})
			if err := m.Ack(); err != nil {
				return nil, err
			}
		}
		if err := batch.Error(); err != nil || len(all) == before {
			return all, err
		}
	}
}

// broker is a NATS server with a connection of the system under test.
type broker struct {
	addr string
	conn *client.Conn
	js   jetstream.JetStream

	mu    sync.Mutex
	count int
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	s, err := local.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := client.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &broker{addr: s.Addr(), conn: conn, js: js}
}

func (b *broker) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	return b.count
}

// stream makes a stream of its own name, for the subject of the same name in lower case unless others are given.
func (b *broker) stream(t *testing.T, config jetstream.StreamConfig) (name string) {
	t.Helper()
	config.Name = fmt.Sprint("STREAM-", b.next())
	config.Storage = jetstream.MemoryStorage
	if config.Subjects == nil {
		config.Subjects = []string{strings.ToLower(config.Name)}
	}
	if _, err := b.js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	return config.Name
}

// address returns a new subject, or that of a stream, behind a proxy. The system itself is not behind it.
func (b *broker) address(t *testing.T, stream string) harnesstest.Address {
	t.Helper()
	subject, query := fmt.Sprint("subject-", b.next()), ""
	if stream != "" {
		name, _, _ := strings.Cut(stream, "&")
		subject, query = strings.ToLower(name), "?stream="+stream
	}
	p := proxy.Start(t, b.addr)
	a := harnesstest.Address{
		URL:  parse(t, "nats://"+p.Addr()+"/"+subject+query),
		Send: b.sender(t, "nats://"+b.addr+"/"+subject+query),
		Cut:  p.Cut,
		Key:  subject,
		Bad:  badAddresses,
		// A server takes 1 MB unless it is told otherwise, headers included.
		Largest: 1_000_000,
		Leftovers: func(context.Context) ([]string, error) {
			return []string{fmt.Sprint(p.Open(), " connections")}, nil
		},
		Without: map[string]string{
			"Redeliver": "a listener acknowledges nothing, so that nothing is delivered to it again",
			"Grow":      "a subject or stream has no partitions",
			"Hide":      "NATS has no transactions",
			"SendTyped": "headers are text",
		},
	}
	if stream != "" && !strings.Contains(stream, "tap=") {
		a.MostHeaders = 4000 // a stream keeps no more than 64 KB of them
	}
	return a
}

func (b *broker) sender(t *testing.T, address string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	p, err := nats.Transport().Produce(t.Context(), parse(t, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.Send
}

// consumeQueue is a worker of a queue group.
func (b *broker) consumeQueue(t *testing.T, subject string) <-chan event.Event {
	t.Helper()
	got := make(chan event.Event, 1000)
	sub, err := b.conn.QueueSubscribe(subject, "workers", func(m *client.Msg) { got <- event.Event{Body: m.Data} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	if err := b.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return got
}

// consumeStream is a worker that acknowledges.
func (b *broker) consumeStream(t *testing.T, stream string) <-chan event.Event {
	t.Helper()
	got := make(chan event.Event, 1000)
	c, err := b.js.Consumer(t.Context(), stream, "worker")
	if err != nil {
		t.Fatal(err)
	}
	work, err := c.Consume(func(m jetstream.Msg) {
		_ = m.Ack()
		got <- event.Event{Body: m.Data()}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		work.Stop()
		<-work.Closed()
	})
	return got
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// listening is a listener with what it captured.
type listening struct {
	harness.Listener
	*journal
}

// journal is a sink that remembers.
type journal struct {
	mu     sync.Mutex
	seen   []event.Event
	gaps   []string
	before func() // every capture
}

func (j *journal) Capture(e event.Event) {
	if j.before != nil {
		j.before()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seen = append(j.seen, e)
}

func (*journal) Gone(string, time.Time) {}

func (*journal) Canary(event.Event, time.Time) {}

func (j *journal) Gap(_, _ time.Time, cause error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gaps = append(j.gaps, cause.Error())
}

func (j *journal) look() (seen []event.Event, gaps []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append(seen, j.seen...), append(gaps, j.gaps...)
}

func listen(t *testing.T, address string) listening {
	t.Helper()
	j := &journal{}
	l, err := nats.Transport().Listen(t.Context(), parse(t, address), j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return listening{l, j}
}

// sync asks until the listener has an answer, for it may be about to connect anew.
func (l listening) sync(t *testing.T) {
	t.Helper()
	if err := untilNil(t.Context(), l.Sync); err != nil {
		t.Fatal(err)
	}
}

func untilNil(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return poll.Until(ctx, try)
}
