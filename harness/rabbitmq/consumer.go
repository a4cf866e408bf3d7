// A consumer of a queue or a stream, by a channel of AMQP to itself.

package rabbitmq

import (
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// consumer is what is delivered, until no more is, and why no more is.
type consumer struct {
	deliveries <-chan amqp.Delivery
	cancelled  chan string
	closed     chan *amqp.Error
}

// consume begins to consume from a queue. What is acknowledged by itself nobody else may consume.
func consume(ch *amqp.Channel, queue string, byItself bool, how amqp.Table) (c consumer, err error) {
	c.cancelled = ch.NotifyCancel(make(chan string, 1))
	c.closed = ch.NotifyClose(make(chan *amqp.Error, 1))
	c.deliveries, err = ch.Consume(queue, "harken", byItself, byItself, false, false, how)
	return c, err
}

// ended returns why no more is delivered. The client closes both channels with its own.
func (c consumer) ended() error {
	select {
	case _, ok := <-c.cancelled:
		if ok {
			return errEnded
		}
	default:
	}
	select {
	case e := <-c.closed:
		if e != nil {
			return fmt.Errorf("%w: %w", errOver, reason(e))
		}
	default:
	}
	return errOver
}
