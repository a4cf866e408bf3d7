//go:build conformance

// What becomes of what is sent: confirmed, returned, refused, or nobody knows.

package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

func whatIsReturnedIsTold(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.bind(t, exchange, "bound")
	send := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange)
	const each = 200
	var sending sync.WaitGroup
	for i := range each {
		sending.Go(func() {
			if _, err := send(t.Context(), event.Event{Key: "bound", Body: []byte(fmt.Sprint(i))}); err != nil {
				t.Errorf("got %v of a message that a queue is bound for", err)
			}
		})
		sending.Go(func() {
			_, err := send(t.Context(), event.Event{Key: "nobody", Body: []byte(fmt.Sprint(i))})
			want := fmt.Sprintf(`returned (312 NO_ROUTE): no queue is bound to exchange "%s" in vhost "/" for the key "nobody"`, exchange)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v of a message that no queue is bound for, want %q", err, want)
			}
		})
	}
	sending.Wait()
}

// An answer to whoever waits at amq.rabbitmq.reply-to is returned by the server, and handed over.
func anAnswerToARequestIsHandedOver(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	queue := b.bind(t, exchange, "#")
	asks := b.channel(t, "/")
	answers, err := asks.Consume("amq.rabbitmq.reply-to", "", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	request := amqp.Publishing{ReplyTo: "amq.rabbitmq.reply-to"}
	if err := asks.Publish(exchange, "a", false, false, request); err != nil {
		t.Fatal(err)
	}
	var asked amqp.Delivery
	err = untilNil(t.Context(), func(context.Context) error {
		return b.do(func(ch *amqp.Channel) (err error) {
			var ok bool
			if asked, ok, err = ch.Get(queue, true); err == nil && !ok {
				return errors.New("the request is not there yet")
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	send := b.sender(t, "rabbitmq://"+b.Addr+"/?key="+url.QueryEscape(asked.ReplyTo))
	if _, err := send(t.Context(), event.Event{Body: []byte("yes")}); err != nil {
		t.Errorf("got %v of an answer, want that it was accepted", err)
	}
	select {
	case got := <-answers:
		if string(got.Body) != "yes" {
			t.Errorf("got the answer %q, want yes", got.Body)
		}
	case <-time.After(patience):
		t.Error("the answer was not handed over")
	}
}

func aClosedChannelIsNoRefusal(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.bind(t, exchange, "#")
	p := proxy.Start(t, b.Addr)
	send := b.sender(t, "rabbitmq://"+p.Addr()+"/"+exchange+"?key=a")
	const senders = 40
	failed := make(chan error, senders)
	sent := make(chan struct{}, senders*senders)
	for range senders {
		go func() {
			for {
				if _, err := send(t.Context(), event.Event{Body: make([]byte, 1000)}); err != nil {
					failed <- err
					return
				}
				select {
				case sent <- struct{}{}:
				default:
				}
			}
		}()
	}
	for range 5 * senders { // all of them are at it
		<-sent
	}
	mend := p.Cut()
	unknown := 0
	for range senders {
		err := <-failed
		if strings.Contains(err.Error(), "nack") {
			t.Errorf("got %v of a connection that was cut, want that nobody knows", err)
		}
		if strings.Contains(err.Error(), "perhaps accepted") {
			unknown++
		}
	}
	if unknown == 0 {
		t.Error("no send says that it was perhaps accepted, want most of them to")
	}
	mend()
	if _, err := send(t.Context(), event.Event{}); err != nil {
		t.Errorf("got %v of a send once the connection can be made again", err)
	}
}

func whatTheServerRefusesIsTold(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.bind(t, exchange, "#")
	send := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key=a")
	refuses := func(e event.Event, want string) {
		t.Helper()
		if _, err := send(t.Context(), e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	refuses(event.Event{Body: make([]byte, 1_000_001)}, "the server refused it: PRECONDITION_FAILED - message size 1000001")
	refuses(event.Event{Headers: map[string][]string{"user_id": {"somebody"}}}, "the server refused it: PRECONDITION_FAILED")
	refuses(event.Event{Headers: map[string][]string{"expiration": {"soon"}}}, "the server refused it: PRECONDITION_FAILED")
	big := map[string][]string{"big": {strings.Repeat("x", 140_000)}}
	refuses(event.Event{Headers: big}, "and the server takes 131072 (its frame_max)")
	b.must(t, func(ch *amqp.Channel) error { return ch.ExchangeDelete(exchange, false, false) })
	refuses(event.Event{}, "the server refused it: NOT_FOUND")
}

func aFullQueueMayRefuseOrDrop(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.must(t, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclare(exchange+"-refuses", false, false, true, false, amqp.Table{
			amqp.QueueMaxLenArg: 1, amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish})
		if err == nil {
			_, err = ch.QueueDeclare(exchange+"-drops", false, false, true, false, amqp.Table{amqp.QueueMaxLenArg: 1})
		}
		return errors.Join(err, ch.QueueBind(exchange+"-refuses", "refuses", exchange, false, nil),
			ch.QueueBind(exchange+"-drops", "drops", exchange, false, nil))
	})
	send := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange)
	refused := false
	for range 10 {
		_, err := send(t.Context(), event.Event{Key: "refuses"})
		refused = refused || err != nil && strings.Contains(err.Error(), "did not take it (nack)")
	}
	if !refused {
		t.Error("a queue that is full and refuses took ten messages")
	}
	for range 10 { // each is confirmed, and nine of them are dropped, which nobody is told
		if _, err := send(t.Context(), event.Event{Key: "drops"}); err != nil {
			t.Errorf("got %v of a queue that drops, want what it acknowledged taken as sent", err)
		}
	}
}

func numbersArriveWhole(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	queue := b.bind(t, exchange, "#")
	send := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key=a")
	e := event.Event{Headers: map[string][]string{"n": {"3000000000"}, "s": {"03"}, "type": {"order.placed"}}}
	if _, err := send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	b.must(t, func(ch *amqp.Channel) error {
		d, _, err := ch.Get(queue, true)
		if d.Headers["n"] != int64(3_000_000_000) || d.Headers["s"] != "03" || d.Type != "order.placed" {
			t.Errorf("got the headers %#v and the type %q, want a number, a text and order.placed", d.Headers, d.Type)
		}
		if d.DeliveryMode != amqp.Persistent {
			t.Errorf("got the delivery mode %d, want a message that is persistent", d.DeliveryMode)
		}
		return err
	})
}
