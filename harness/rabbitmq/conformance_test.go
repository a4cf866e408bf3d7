//go:build conformance

// The conformance suite on a real server: exchanges of each type, a stream, and TLS, with connections that can be cut.

package rabbitmq_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/rabbitmq"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// patience bounds what must happen and nobody can say when.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var badAddresses = []string{
	"rabbitmq:///orders?key=a",
	"rabbitmq://localhost",
	"rabbitmq://localhost/",
	"rabbitmq://localhost/orders?kye=a",
	"rabbitmq://localhost/orders?key=",
	"rabbitmq://localhost/orders?key=a&key=b",
	"rabbitmq://localhost/orders?type=queue",
	"rabbitmq://localhost/orders?key=a.*&type=direct",
	"rabbitmq://localhost/orders?match=any",
	"rabbitmq://localhost/orders?ca=file",
	"rabbitmq://localhost/orders?stream=orders",
	"rabbitmq://localhost/?canary=true&key=orders",
	"rabbitmq://user@localhost/orders",
}

// TestOnAServer runs all tests that need one on the same server, which takes its time to start.
func TestOnAServer(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		name string
		test func(t *testing.T, b *broker)
	}{
		{"exchanges conform", exchangesConform},
		{"a stream conforms", streamConforms},
		{"TLS conforms", tlsConforms},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, b) })
	}
}

func exchangesConform(t *testing.T, b *broker) {
	for _, c := range []struct{ name, kind, query, key string }{
		{"topic", "topic", "?key=order.placed.%d", "order.placed.%d"},
		{"pattern", "topic", "?key=order.*.%d&type=topic", "order.placed.%d"},
		{"direct", "direct", "?key=order.placed.%d&type=direct", "order.placed.%d"},
		{"fanout", "fanout", "?type=fanout", ""},
		{"headers", "headers", "?type=headers", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{Transport: rabbitmq.Transport(), Address: func(t *testing.T) harnesstest.Address {
				n := b.next()
				return b.address(t, c.kind, number(c.query, n), number(c.key, n))
			}})
		})
	}
}

// number puts n into a text that has a place for it.
func number(text string, n int64) string { return strings.ReplaceAll(text, "%d", fmt.Sprint(n)) }

func streamConforms(t *testing.T, b *broker) {
	harnesstest.Run(t, harnesstest.Subject{Transport: rabbitmq.Transport(), Address: func(t *testing.T) harnesstest.Address {
		name := b.stream(t)
		return b.at(t, "/?stream="+name+"&canary=true", name)
	}})
}

func tlsConforms(t *testing.T, b *broker) {
	harnesstest.Run(t, harnesstest.Subject{Transport: rabbitmq.TLS(), Address: func(t *testing.T) harnesstest.Address {
		exchange := b.exchange(t, "topic")
		b.bind(t, exchange, "#")
		query := "?key=order.placed&ca=" + url.QueryEscape(b.CA)
		p := proxy.Start(t, b.TLS)
		return harnesstest.Address{
			URL:     parse(t, "rabbitmqs://"+p.Addr()+"/"+exchange+query),
			Send:    b.sender(t, "rabbitmqs://"+b.TLS+"/"+exchange+query),
			Cut:     p.Cut,
			Key:     "order.placed",
			Largest: 1_000_000, MostHeaders: 7000,
		}
	}})
}

// broker is a RabbitMQ with a connection of the system under test.
type broker struct {
	servers.RabbitNode
	ch    *amqp.Channel
	mu    sync.Mutex // of ch
	count atomic.Int64
}

func start(t *testing.T) *broker {
	t.Helper()
	b := &broker{RabbitNode: servers.RabbitMQ(t)}
	b.ch = b.channel(t, "/")
	return b
}

// channel returns one of a connection of its own.
func (b *broker) channel(t *testing.T, vhost string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.DialConfig("amqp://guest:guest@"+b.Addr, amqp.Config{Vhost: vhost})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func (b *broker) next() int64 { return b.count.Add(1) }

// exchange declares one with a queue of the system's that nobody reads.
func (b *broker) exchange(t *testing.T, kind string) string {
	t.Helper()
	name := fmt.Sprint("exchange-", b.next())
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ch.ExchangeDeclare(name, kind, false, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	return name
}

// bind makes a queue of the system's that holds a thousand messages.
func (b *broker) bind(t *testing.T, exchange, key string) (queue string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	q, err := b.ch.QueueDeclare("", false, false, true, false, amqp.Table{amqp.QueueMaxLenArg: 10000})
	if err == nil {
		err = b.ch.QueueBind(q.Name, key, exchange, false, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return q.Name
}

func (b *broker) stream(t *testing.T) string {
	t.Helper()
	name := fmt.Sprint("stream-", b.next())
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err := b.ch.QueueDeclare(name, true, false, false, false, amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeStream})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// address returns a new exchange behind a proxy. The system itself is not behind it, and has a queue there.
func (b *broker) address(t *testing.T, kind, query, key string) harnesstest.Address {
	t.Helper()
	exchange := b.exchange(t, kind)
	queueKey := key
	if key == "" {
		queueKey = "#"
	}
	queue := b.bind(t, exchange, queueKey)
	a := b.at(t, "/"+exchange+query, key)
	if key != "" {
		a.Send = b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key="+key)
	}
	a.Consumer = func(t *testing.T) <-chan event.Event { return b.consume(t, queue) }
	return a
}

func (b *broker) at(t *testing.T, path, key string) harnesstest.Address {
	t.Helper()
	p := proxy.Start(t, b.Addr)
	return harnesstest.Address{
		URL:  parse(t, "rabbitmq://"+p.Addr()+path),
		Send: b.sender(t, "rabbitmq://"+b.Addr+path),
		Cut:  p.Cut,
		Key:  key,
		Bad:  badAddresses,
		// The server takes a megabyte, and what it calls a frame holds all headers.
		Largest: 1_000_000, MostHeaders: 7000,
	}
}

func (b *broker) sender(t *testing.T, address string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	u := parse(t, address)
	transport := rabbitmq.Transport()
	if u.Scheme == "rabbitmqs" {
		transport = rabbitmq.TLS()
	}
	p, err := transport.Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.Send
}

// consume is a worker that acknowledges.
func (b *broker) consume(t *testing.T, queue string) <-chan event.Event {
	t.Helper()
	got := make(chan event.Event, 10000)
	b.mu.Lock()
	deliveries, err := b.ch.Consume(queue, queue, false, false, false, false, nil)
	b.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	working.Go(func() {
		for d := range deliveries {
			_ = d.Ack(false)
			got <- event.Event{Body: d.Body}
		}
	})
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		_ = b.ch.Cancel(queue, false)
		working.Wait()
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

func untilNil(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return poll.Until(ctx, try)
}
