// The bare client of RabbitMQ.

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// rabbitUser is whom a new server lets in.
const rabbitUser = "guest:guest@"

func startRabbitMQ(h servers.Host) (at string) { return servers.RabbitMQ(h).Addr }

// rabbitClient has a topic exchange of its own.
type rabbitClient struct {
	at, exchange string
	conn         *amqp.Connection
	sending      *amqp.Channel
	consuming    *amqp.Connection // nil until it reads
	reading      sync.WaitGroup
}

// rabbitKey is the routing key of all that is sent.
const rabbitKey = "answers"

func openRabbitMQ(_ context.Context, at string) (bareClient, error) {
	conn, err := amqp.Dial("amqp://" + rabbitUser + at + "/")
	if err != nil {
		return nil, err
	}
	c := &rabbitClient{at: at, exchange: rand.Text(), conn: conn}
	if err := c.open(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *rabbitClient) open() (err error) {
	if c.sending, err = c.conn.Channel(); err != nil {
		return err
	}
	if err := c.sending.Confirm(false); err != nil {
		return err
	}
	return c.sending.ExchangeDeclare(c.exchange, amqp.ExchangeTopic, false, false, false, false, nil)
}

func (c *rabbitClient) address() string {
	return "rabbitmq://" + rabbitUser + c.at + "/" + c.exchange + "?key=" + rabbitKey
}

func (c *rabbitClient) read(_ context.Context, seen func(body []byte)) (err error) {
	if c.consuming, err = amqp.Dial("amqp://" + rabbitUser + c.at + "/"); err != nil {
		return err
	}
	channel, err := c.consuming.Channel()
	if err != nil {
		return err
	}
	queue, err := channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		return err
	}
	if err := channel.QueueBind(queue.Name, rabbitKey, c.exchange, false, nil); err != nil {
		return err
	}
	deliveries, err := channel.Consume(queue.Name, "", true, true, false, false, nil)
	if err != nil {
		return err
	}
	c.reading.Go(func() {
		for d := range deliveries {
			seen(d.Body)
		}
	})
	return nil
}

func (c *rabbitClient) send(ctx context.Context, body []byte) error {
	m := amqp.Publishing{Body: body}
	confirmed, err := c.sending.PublishWithDeferredConfirm(c.exchange, rabbitKey, false, false, m)
	if err != nil {
		return err
	}
	taken, err := confirmed.WaitContext(ctx)
	if err == nil && !taken {
		err = errors.New("the server has refused a message")
	}
	return err
}

// flood waits for no confirmation: who reads finds out.
func (c *rabbitClient) flood(_ context.Context, bodies [][]byte) error {
	channel, err := c.conn.Channel()
	if err != nil {
		return err
	}
	for _, body := range bodies {
		if err := channel.Publish(c.exchange, rabbitKey, false, false, amqp.Publishing{Body: body}); err != nil {
			return err
		}
	}
	return nil
}

func (c *rabbitClient) close() error {
	err := c.conn.Close()
	if c.consuming != nil {
		err = errors.Join(err, c.consuming.Close())
	}
	c.reading.Wait()
	return err
}
