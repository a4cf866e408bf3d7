//go:build conformance

// What the conformance suite cannot know of listening: what proves absence, what is lost and told, and what a binding
// does.

package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/rabbitmq"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// journal is a sink that remembers.
type journal struct {
	mu   sync.Mutex
	seen []event.Event
	gaps []string
	hold chan struct{} // not nil: nothing is taken until it is closed
}

func (j *journal) Capture(e event.Event) {
	if j.hold != nil {
		<-j.hold
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
	return slices.Clone(j.seen), slices.Clone(j.gaps)
}

// bodies returns those that were captured.
func (j *journal) bodies() (all []string) {
	seen, _ := j.look()
	for _, e := range seen {
		all = append(all, string(e.Body))
	}
	return all
}

// listening is a listener with what it captured.
type listening struct {
	harness.Listener
	*journal
}

func (b *broker) listen(t *testing.T, path string) listening {
	t.Helper()
	return b.listenInto(t, path, &journal{})
}

func (b *broker) listenInto(t *testing.T, path string, j *journal) listening {
	t.Helper()
	l, err := rabbitmq.Transport().Listen(t.Context(), parse(t, "rabbitmq://"+b.Addr+path), j)
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

// publish has the system publish a message, and returns once the server has confirmed it.
func publish(t *testing.T, ch *amqp.Channel, exchange, key string, m amqp.Publishing) {
	t.Helper()
	c, err := ch.PublishWithDeferredConfirm(exchange, key, false, false, m)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Wait() {
		t.Fatalf("%s to %q was not confirmed", key, exchange)
	}
}

func (b *broker) confirming(t *testing.T, vhost string) *amqp.Channel {
	t.Helper()
	ch := b.channel(t, vhost)
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	return ch
}

// What is confirmed has come into the queue: a marker behind it proves it, with however many publishers.
func whatWasConfirmedIsProved(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	for i := range 20 { // so that the server has to route to many
		b.bind(t, exchange, fmt.Sprintf("#.%d.#", i))
	}
	l := b.listen(t, "/"+exchange)
	const publishers, rounds = 12, 60
	var mu sync.Mutex
	confirmed := make(map[string]bool)
	var publishing sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for p := range publishers {
		ch := b.confirming(t, "/")
		publishing.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				body := fmt.Sprintf("%d-%d", p, n)
				c, err := ch.PublishWithDeferredConfirm(exchange, fmt.Sprint(n%40), false, false,
					amqp.Publishing{Body: []byte(body)})
				if err != nil || !c.Wait() {
					return
				}
				mu.Lock()
				confirmed[body] = true
				mu.Unlock()
			}
		})
	}
	for round := range rounds {
		mu.Lock()
		var before []string
		for body := range confirmed {
			before = append(before, body)
		}
		clear(confirmed)
		mu.Unlock()
		l.sync(t)
		captured := make(map[string]bool)
		for _, body := range l.bodies() {
			captured[body] = true
		}
		for _, body := range before {
			if !captured[body] {
				t.Fatalf("round %d: sync returned nil, and %s had been confirmed before, and was not captured", round, body)
			}
		}
	}
	cancel()
	publishing.Wait()
	if seen, gaps := l.look(); len(gaps) > 0 || len(seen) < rounds {
		t.Errorf("captured %d events, with the gaps %q, want many and none", len(seen), gaps)
	}
}

func aQueueThatIsDeletedIsAGap(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	ch := b.confirming(t, "/")
	l := b.listen(t, "/"+exchange)
	publish(t, ch, exchange, "a", amqp.Publishing{Body: []byte("before")})
	l.sync(t)
	b.deleteQueues(t)
	l.sync(t)
	if _, gaps := l.look(); len(gaps) != 1 || !strings.Contains(gaps[0], "somebody deleted it") {
		t.Errorf("got the gaps %q, want one that says that the queue was deleted", gaps)
	}
	publish(t, ch, exchange, "a", amqp.Publishing{Body: []byte("after")})
	l.sync(t)
	if got := l.bodies(); !slices.Equal(got, []string{"before", "after"}) {
		t.Errorf("captured %q, want what came before and after", got)
	}
}

// deleteQueues deletes those of listeners.
func (b *broker) deleteQueues(t *testing.T) {
	t.Helper()
	b.Control(t, "eval", `[rabbit_amqqueue:with(N, fun (Q) -> rabbit_amqqueue:delete(Q, false, false, <<"x">>) end) `+
		`|| {resource, _, queue, <<"harken.", _/binary>>} = N <- rabbit_amqqueue:list_names()].`)
}

func whatTheServerDropsIsAGap(t *testing.T, b *broker) {
	ch := b.confirming(t, servers.RabbitDrops)
	if err := ch.ExchangeDeclare("drops", "fanout", false, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	j := &journal{}
	l := b.listenInto(t, "/drops?vhost="+servers.RabbitDrops, j)
	const messages, rounds = 5000, 20
	sent := 0
	var seen []event.Event
	var gaps []string
	for round := 0; len(seen) == sent; round++ {
		if round == rounds {
			t.Fatalf("the server dropped none of %d events, want some: its policy is not what the test needs", sent)
		}
		for range messages { // more at once than a server writes to one connection without waiting for it
			if err := ch.Publish("drops", "", false, false, amqp.Publishing{Body: make([]byte, 2000)}); err != nil {
				t.Fatal(err)
			}
		}
		publish(t, ch, "drops", "", amqp.Publishing{Body: []byte("last")})
		l.sync(t)
		sent += messages + 1
		seen, gaps = l.look()
	}
	if len(gaps) == 0 || !strings.Contains(gaps[0], "a policy with max-length") {
		t.Errorf("captured %d of %d events, with the gaps %q, want one that says why", len(seen), sent, gaps)
	}
}

func anAlarmOpensAbsence(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.bind(t, exchange, "#")
	l := b.listen(t, "/"+exchange)
	p := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key=a")
	if _, err := p(t.Context(), event.Event{Body: []byte("before")}); err != nil {
		t.Fatal(err)
	}
	l.sync(t)
	b.Control(t, "set_vm_memory_high_watermark", "0.000001")
	limited, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := p(limited, event.Event{Body: []byte("while it is blocked")})
	if err == nil || !strings.Contains(err.Error(), "perhaps accepted") {
		t.Errorf("got %v of a send to a server without memory, want that it was perhaps accepted", err)
	}
	if err := l.Sync(limited); err == nil {
		t.Error("sync returned nil while the server takes nothing, want an error")
	}
	b.Control(t, "set_vm_memory_high_watermark", "absolute", "1GB")
	l.sync(t)
}

// The server is stopped in the middle of everything, with its connections open.
func aSilentServerIsGivenUp(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.bind(t, exchange, "#")
	l := b.listen(t, "/"+exchange)
	p := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key=a")
	b.Signal(t, syscall.SIGSTOP)
	begun := time.Now()
	limited, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := l.Sync(limited); err == nil {
		t.Error("sync returned nil while the server says nothing, want an error")
	}
	if _, err := p(limited, event.Event{}); err == nil {
		t.Error("a send succeeded while the server says nothing, want an error")
	}
	if _, err := rabbitmq.Transport().Listen(limited, parse(t, "rabbitmq://"+b.Addr+"/"+exchange), l); err == nil {
		t.Error("a listener was opened while the server says nothing, want an error")
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("all that took %s, want it to end with its context of a second", took)
	}
	// No heartbeat comes, so that the connection is given up, and with it the queue: the next one has another name.
	if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "the connection was lost") {
		t.Errorf("got %v, want that the connection was lost", err)
	}
	b.Signal(t, syscall.SIGCONT)
	l.sync(t)
	if _, err := p(t.Context(), event.Event{Body: []byte("after")}); err != nil {
		t.Errorf("got %v of a send once the server speaks again", err)
	}
	l.sync(t)
	seen, gaps := l.look()
	if len(seen) == 0 || string(seen[len(seen)-1].Body) != "after" {
		t.Errorf("captured %d events, want what was sent once the server spoke again to be the last", len(seen))
	}
	if len(gaps) == 0 {
		t.Error("no gap was told of a connection that was given up, want one")
	}
}

func aTransactionComesWhenItCommits(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	l := b.listen(t, "/"+exchange)
	ch := b.channel(t, "/")
	if err := ch.Tx(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body string
		end  func() error
		want []string
	}{
		{"rolled back", ch.TxRollback, nil},
		{"committed", ch.TxCommit, []string{"committed"}},
	} {
		if err := ch.Publish(exchange, "a", false, false, amqp.Publishing{Body: []byte(c.body)}); err != nil {
			t.Fatal(err)
		}
		l.sync(t)
		if slices.Contains(l.bodies(), c.body) {
			t.Errorf("%s: it was captured before the transaction ended", c.body)
		}
		if err := c.end(); err != nil {
			t.Fatal(err)
		}
		l.sync(t)
		if got := l.bodies(); !slices.Equal(got, c.want) {
			t.Errorf("%s: captured %q, want %q", c.body, got, c.want)
		}
	}
}

// What is published in a transaction is routed then, so that it goes to the queues that are bound then. That a later
// listener misses it is a limit that docs/channels.md names.
func aTransactionIsRoutedWhenItIsPublished(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	ch := b.channel(t, "/")
	if err := errors.Join(ch.Tx(), ch.Publish(exchange, "a", false, false, amqp.Publishing{Body: []byte("x")})); err != nil {
		t.Fatal(err)
	}
	l := b.listen(t, "/"+exchange)
	if err := ch.TxCommit(); err != nil {
		t.Fatal(err)
	}
	l.sync(t)
	if got := l.bodies(); len(got) != 0 {
		t.Errorf("captured %q: the server routes at the commit, and docs/channels.md says otherwise", got)
	}
}

func aHeadersExchangeIsBoundByHeaders(t *testing.T, b *broker) {
	exchange := b.exchange(t, "headers")
	all := b.listen(t, "/"+exchange+"?header.kind=order&header.version=2")
	some := b.listen(t, "/"+exchange+"?match=any&header.kind=order&header.version=2")
	odd := b.listen(t, "/"+exchange+"?header.x-kind=order")
	every := b.listen(t, "/"+exchange)
	ch := b.confirming(t, "/")
	for body, table := range map[string]amqp.Table{
		"both": {"kind": "order", "version": int32(2)}, "one": {"kind": "order", "version": "2"}, "x": {"x-kind": "order"},
		"none": {"kind": "bill"},
	} {
		publish(t, ch, exchange, "", amqp.Publishing{Headers: table, Body: []byte(body)})
	}
	for _, c := range []struct {
		name string
		l    listening
		want []string
	}{
		{"all", all, []string{"both"}}, {"some", some, []string{"both", "one"}}, {"odd", odd, []string{"x"}},
		{"every", every, []string{"both", "none", "one", "x"}},
	} {
		c.l.sync(t)
		got := c.l.bodies()
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: captured %q, want %q", c.name, got, c.want)
		}
	}
}

func anAlternateExchangeHasWhatNobodyElseTakes(t *testing.T, b *broker) {
	other := b.exchange(t, "fanout")
	exchange := fmt.Sprint("exchange-", b.next())
	b.must(t, func(ch *amqp.Channel) error {
		return ch.ExchangeDeclare(exchange, "topic", false, false, false, false, amqp.Table{"alternate-exchange": other})
	})
	l := b.listen(t, "/"+other)
	ch := b.confirming(t, "/")
	publish(t, ch, exchange, "a", amqp.Publishing{Body: []byte("unrouted")})
	l.sync(t)
	if got := l.bodies(); !slices.Equal(got, []string{"unrouted"}) {
		t.Errorf("captured %q at the alternate exchange, want what nobody else takes", got)
	}
	b.listen(t, "/"+exchange) // whose queue takes it
	publish(t, ch, exchange, "a", amqp.Publishing{Body: []byte("taken")})
	l.sync(t)
	if got := l.bodies(); len(got) != 1 {
		t.Errorf("captured %q at the alternate exchange, want nothing more: a listener's queue is a queue", got)
	}
}

// A message with a time to live leaves a queue at its head only.
func anExpiredMessageWaitsForTheHead(t *testing.T, b *broker) {
	dead := b.exchange(t, "topic")
	var queue string
	b.must(t, func(ch *amqp.Channel) error {
		q, err := ch.QueueDeclare("", false, false, true, false, amqp.Table{
			"x-dead-letter-exchange": dead, "x-dead-letter-routing-key": "dead"})
		queue = q.Name
		return err
	})
	l := b.listen(t, "/"+dead+"?key=dead")
	ch := b.confirming(t, "/")
	publish(t, ch, "", queue, amqp.Publishing{Body: []byte("without")})
	publish(t, ch, "", queue, amqp.Publishing{Body: []byte("with"), Expiration: "1"})
	other := b.listen(t, "/"+dead+"?key=other")
	publish(t, ch, "", queue, amqp.Publishing{Body: []byte("behind"), Expiration: "1"})
	other.sync(t)
	l.sync(t)
	if got := l.bodies(); len(got) != 0 {
		t.Errorf("captured %q, want nothing while a message without a time to live is before them", got)
	}
	b.must(t, func(ch *amqp.Channel) error {
		_, ok, err := ch.Get(queue, true)
		if !ok {
			return errors.Join(err, errors.New("the queue is empty"))
		}
		return err
	})
	err := untilNil(t.Context(), func(context.Context) error {
		if got := l.bodies(); !slices.Equal(got, []string{"with", "behind"}) {
			return fmt.Errorf("captured %q, want both that have expired", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, _ := l.look()
	death := seen[0].Headers["x-death"]
	for _, want := range []string{`"reason":"expired"`, `"queue":"` + queue + `"`, `"count":1`} {
		if len(death) != 1 || !strings.Contains(death[0], want) {
			t.Errorf("got the header x-death %q, want one value with %s", death, want)
		}
	}
}

func aStreamProvesNothingWithoutACanary(t *testing.T, b *broker) {
	name := b.stream(t)
	l := b.listen(t, "/?stream="+name)
	ch := b.confirming(t, "/")
	publish(t, ch, "", name, amqp.Publishing{Body: []byte("x")})
	if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "add canary=true") {
		t.Errorf("got %v, want an error that says how absence is proved", err)
	}
	err := untilNil(t.Context(), func(context.Context) error {
		if got := l.bodies(); !slices.Equal(got, []string{"x"}) {
			return fmt.Errorf("captured %q, want x", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen, _ := l.look(); seen[0].ID != name+":0" {
		t.Errorf("got the id %q, want stream and offset", seen[0].ID)
	}
}

// A stream that was made anew holds other messages at the same offsets.
func aStreamThatWasMadeAnewWhileItWasCutOffIsAGap(t *testing.T, b *broker) {
	a := b.streamAddress(t)
	j := &journal{}
	l, err := rabbitmq.Transport().Listen(t.Context(), a.URL, j)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	listens := listening{l, j}
	for range 5 {
		if _, err := a.Send(t.Context(), event.Event{Body: []byte("of the first stream")}); err != nil {
			t.Fatal(err)
		}
	}
	listens.sync(t)
	mend := a.Cut()
	if err := a.Remake(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 { // not up to the place of the listener
		if _, err := a.Send(t.Context(), event.Event{Body: []byte("of the second")}); err != nil {
			t.Fatal(err)
		}
	}
	mend()
	limited, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := l.Sync(limited); err == nil {
		t.Errorf("sync returned nil with %q captured, want an error: the server gives out nothing before that place", j.bodies())
	}
	for range 10 { // beyond it
		if _, err := a.Send(t.Context(), event.Event{Body: []byte("of the second")}); err != nil {
			t.Fatal(err)
		}
	}
	listens.sync(t)
	seen, gaps := j.look()
	if len(gaps) == 0 || !strings.Contains(gaps[0], "the stream is another one") {
		t.Errorf("got the gaps %q, want one that says that the stream is another one", gaps)
	}
	ids := make(map[string]bool)
	for _, e := range seen {
		if ids[e.ID] {
			t.Errorf("two events have the id %s", e.ID)
		}
		ids[e.ID] = true
	}
}
