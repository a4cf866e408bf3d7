package channel

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

// rabbitExchange takes what is routed to a queue of its own, and publishes to an exchange.
type rabbitExchange struct {
	conn *amqp.Connection
	name string
	in   <-chan amqp.Delivery

	mu      sync.Mutex // a channel is for one goroutine at a time
	channel *amqp.Channel
}

// openRabbitMQ returns once what is published from now on is taken, where it is to be taken.
func openRabbitMQ(u *url.URL, in bool) (*rabbitExchange, error) {
	conn, err := amqp.Dial("amqp://" + u.User.String() + "@" + u.Host + "/")
	if err != nil {
		return nil, err
	}
	r := &rabbitExchange{conn: conn, name: strings.TrimPrefix(u.Path, "/")}
	if r.channel, err = conn.Channel(); err == nil {
		err = r.channel.Confirm(false)
	}
	if err == nil && in {
		err = r.consume()
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *rabbitExchange) consume() error {
	if _, err := r.channel.QueueDeclare(r.name, true, false, false, false, nil); err != nil {
		return err
	}
	if err := r.channel.QueueBind(r.name, "#", r.name, false, nil); err != nil {
		return err
	}
	var err error
	r.in, err = r.channel.Consume(r.name, "relay", false, false, false, false, nil)
	return err
}

func (r *rabbitExchange) Close() { _ = r.conn.Close() }

func (r *rabbitExchange) Run(ctx context.Context, take func(context.Context, Message) error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case d, ok := <-r.in:
			if !ok {
				return errors.New("the queue's consumer has ended")
			}
			m := Message{Key: d.RoutingKey, Headers: make(map[string]string), Body: d.Body}
			for name, value := range d.Headers {
				m.Headers[name] = fmt.Sprint(value)
			}
			if err := take(ctx, m); err != nil {
				return err
			}
			if err := d.Ack(false); err != nil {
				return err
			}
		}
	}
}

// Put returns once the server has confirmed the message.
func (r *rabbitExchange) Put(ctx context.Context, m Message) error {
	headers := make(amqp.Table, len(m.Headers))
	for name, value := range m.Headers {
		headers[name] = value
	}
	r.mu.Lock()
	confirmed, err := r.channel.PublishWithDeferredConfirm(r.name, m.Key, false, false,
		amqp.Publishing{Headers: headers, Body: m.Body})
	r.mu.Unlock()
	if err != nil {
		return err
	}
	ok, err := confirmed.WaitContext(ctx)
	if err == nil && !ok {
		err = errors.New("the server has refused the message")
	}
	return err
}
