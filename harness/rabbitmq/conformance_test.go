//go:build conformance

// The conformance suite on a real server: exchanges of each type, a stream, and TLS, with connections that can be cut.

package rabbitmq_test

import (
	"cmp"
	"context"
	"errors"
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
		{"openings that fail say why", openingsThatFailSayWhy},
		{"few rights are enough", fewRightsAreEnough},
		{"what is returned is told", whatIsReturnedIsTold},
		{"an answer to a request is handed over", anAnswerToARequestIsHandedOver},
		{"a closed channel is no refusal", aClosedChannelIsNoRefusal},
		{"what the server refuses is told", whatTheServerRefusesIsTold},
		{"a full queue may refuse or drop", aFullQueueMayRefuseOrDrop},
		{"numbers arrive whole", numbersArriveWhole},
		{"what was confirmed is proved", whatWasConfirmedIsProved},
		{"a queue that is deleted is a gap", aQueueThatIsDeletedIsAGap},
		{"what the server drops is a gap", whatTheServerDropsIsAGap},
		{"a policy that refuses is not the system's loss", aPolicyThatRefusesIsNotTheSystemsLoss},
		{"what expires under a policy is a gap", whatExpiresUnderAPolicyIsAGap},
		{"nothing is left where the connection was lost", nothingIsLeftWhereTheConnectionWasLost},
		{"a transaction comes when it commits", aTransactionComesWhenItCommits},
		{"a transaction is routed when it is published", aTransactionIsRoutedWhenItIsPublished},
		{"a headers exchange is bound by headers", aHeadersExchangeIsBoundByHeaders},
		{"an alternate exchange has what nobody else takes", anAlternateExchangeHasWhatNobodyElseTakes},
		{"an expired message waits for the head", anExpiredMessageWaitsForTheHead},
		{"a stream proves nothing without a canary", aStreamProvesNothingWithoutACanary},
		{"a stream that was made anew while it was cut off is a gap", aStreamThatWasMadeAnewWhileItWasCutOffIsAGap},
		{"a listener that leaves disturbs no publisher", aListenerThatLeavesDisturbsNoPublisher},
		{"exchanges conform", exchangesConform},
		{"a stream conforms", streamConforms},
		{"TLS conforms", tlsConforms},
		{"an alarm opens absence", anAlarmOpensAbsence},
		{"a silent server is given up", aSilentServerIsGivenUp},
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
			address := func(t *testing.T) harnesstest.Address {
				n := b.next()
				return b.address(t, c.kind, number(c.query, n), number(c.key, n))
			}
			harnesstest.Run(t, harnesstest.Subject{Transport: rabbitmq.Transport(), Address: address})
		})
	}
}

// number puts n into a text that has a place for it.
func number(text string, n int64) string { return strings.ReplaceAll(text, "%d", fmt.Sprint(n)) }

func streamConforms(t *testing.T, b *broker) {
	harnesstest.Run(t, harnesstest.Subject{Transport: rabbitmq.Transport(), Address: b.streamAddress})
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

// broker is a RabbitMQ with connections of the system under test.
type broker struct {
	servers.RabbitNode
	own   *amqp.Channel
	mu    sync.Mutex // of own
	count atomic.Int64
}

func start(t *testing.T) *broker {
	t.Helper()
	b := &broker{RabbitNode: servers.RabbitMQ(t)}
	b.own = b.channel(t, "/")
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

// do has the system do something.
func (b *broker) do(do func(ch *amqp.Channel) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return do(b.own)
}

func (b *broker) must(t *testing.T, do func(ch *amqp.Channel) error) {
	t.Helper()
	if err := b.do(do); err != nil {
		t.Fatal(err)
	}
}

// exchange declares one.
func (b *broker) exchange(t *testing.T, kind string) string {
	t.Helper()
	name := fmt.Sprint("exchange-", b.next())
	b.must(t, func(ch *amqp.Channel) error { return ch.ExchangeDeclare(name, kind, false, false, false, false, nil) })
	return name
}

// bind makes a queue of the system's.
func (b *broker) bind(t *testing.T, exchange, key string) (queue string) {
	t.Helper()
	b.must(t, func(ch *amqp.Channel) error {
		q, err := ch.QueueDeclare("", false, false, true, false, amqp.Table{amqp.QueueMaxLenArg: 10000})
		queue = q.Name
		return errors.Join(err, ch.QueueBind(queue, key, exchange, false, nil))
	})
	return queue
}

func declareStream(ch *amqp.Channel, name string) error {
	_, err := ch.QueueDeclare(name, true, false, false, false, amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeStream})
	return err
}

func (b *broker) stream(t *testing.T) string {
	t.Helper()
	name := fmt.Sprint("stream-", b.next())
	b.must(t, func(ch *amqp.Channel) error { return declareStream(ch, name) })
	return name
}

// address returns a new exchange behind a proxy. The system itself is not behind it, and has a queue there.
func (b *broker) address(t *testing.T, kind, query, key string) harnesstest.Address {
	t.Helper()
	exchange, bound := b.exchange(t, kind), cmp.Or(key, "#")
	queue := b.bind(t, exchange, bound)
	a := b.at(t, "/"+exchange+query, key)
	if key != "" {
		a.Send = b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key="+key)
	}
	a.Consumer = func(t *testing.T) <-chan event.Event { return b.consume(t, queue) }
	a.Remake = func(context.Context) error {
		return b.do(func(ch *amqp.Channel) error {
			return errors.Join(ch.ExchangeDelete(exchange, false, false),
				ch.ExchangeDeclare(exchange, kind, false, false, false, false, nil),
				ch.QueueBind(queue, bound, exchange, false, nil))
		})
	}
	a.SendTyped = b.sendTyped(exchange)
	a.Backlog = func(context.Context) (all []event.Event, err error) {
		err = b.do(func(ch *amqp.Channel) error {
			for {
				d, ok, err := ch.Get(queue, true)
				if err != nil || !ok {
					return err
				}
				all = append(all, event.Event{Body: d.Body})
			}
		})
		return all, err
	}
	a.Without = map[string]string{
		"Redeliver": "a listener's own queue acknowledges by itself", "Trim": "an exchange keeps nothing",
		"Grow": "an exchange has no partitions", "Swallow": "RabbitMQ knows no duplicates",
		"Delete": "an exchange is no state",
		"Hide": "what is published in a transaction goes to the queues that were bound then: a listener that is opened before " +
			"it commits misses it (the rest is tried beside the suite)",
	}
	return a
}

// streamAddress returns a new stream behind a proxy.
func (b *broker) streamAddress(t *testing.T) harnesstest.Address {
	t.Helper()
	name := b.stream(t)
	a := b.at(t, "/?stream="+name+"&canary=true", name)
	a.Remake = func(context.Context) error {
		return b.do(func(ch *amqp.Channel) error {
			_, err := ch.QueueDelete(name, false, false, false)
			return errors.Join(err, declareStream(ch, name))
		})
	}
	a.Hide = b.hide(t, "")
	typed := b.sendTyped("")
	a.SendTyped = func(ctx context.Context, e event.Event, header string, value any) error {
		if _, list := value.([]string); list {
			return errors.ErrUnsupported // a stream drops a header that is a list
		}
		return typed(ctx, e, header, value)
	}
	a.Without = map[string]string{
		"Redeliver": "a listener reads each place once", "Trim": "a stream discards whole segments, of megabytes",
		"Grow": "a stream has no partitions", "Swallow": "there are no duplicates by AMQP",
		"Consumer": "consumers keep no place by AMQP", "Backlog": "consumers keep no place by AMQP",
		"Delete": "a stream is no state",
	}
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
		Leftovers: func(context.Context) ([]string, error) { return b.there(t), nil },
	}
}

// there returns the names of the queues and exchanges on the server, and how many connections there are.
func (b *broker) there(t *testing.T) []string {
	t.Helper()
	return strings.Split(b.Control(t, "eval", `[binary_to_list(element(4, N)) || `+
		`N <- rabbit_amqqueue:list_names() ++ rabbit_exchange:list_names()] ++ `+
		`[integer_to_list(length(rabbit_networking:connections()))].`), ",")
}

// publishing returns e as another client would send it.
func publishing(e event.Event) amqp.Publishing {
	m := amqp.Publishing{Headers: amqp.Table{}, Body: e.Body}
	for name, values := range e.Headers {
		m.Headers[name] = values[0]
	}
	return m
}

// hide returns what sends in a transaction of a client of its own.
func (b *broker) hide(
	t *testing.T, exchange string,
) func(context.Context, event.Event) (func(context.Context, bool) error, error) {
	return func(_ context.Context, e event.Event) (func(context.Context, bool) error, error) {
		ch := b.channel(t, "/")
		if err := errors.Join(ch.Tx(), ch.Publish(exchange, e.Key, false, false, publishing(e))); err != nil {
			return nil, err
		}
		return func(_ context.Context, commit bool) error {
			if commit {
				return ch.TxCommit()
			}
			return ch.TxRollback()
		}, nil
	}
}

func (b *broker) sendTyped(exchange string) func(context.Context, event.Event, string, any) error {
	return func(_ context.Context, e event.Event, header string, value any) error {
		m := publishing(e)
		if list, ok := value.([]string); ok {
			var all []any
			for _, v := range list {
				all = append(all, v)
			}
			value = all
		}
		m.Headers[header] = value
		return b.do(func(ch *amqp.Channel) error { return ch.Publish(exchange, e.Key, false, false, m) })
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
	var deliveries <-chan amqp.Delivery
	b.must(t, func(ch *amqp.Channel) (err error) {
		deliveries, err = ch.Consume(queue, queue, false, false, false, false, nil)
		return err
	})
	var working sync.WaitGroup
	working.Go(func() {
		for d := range deliveries {
			_ = d.Ack(false)
			got <- event.Event{Body: d.Body}
		}
	})
	t.Cleanup(func() {
		b.must(t, func(ch *amqp.Channel) error { return ch.Cancel(queue, false) })
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
