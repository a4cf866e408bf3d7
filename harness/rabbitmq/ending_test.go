// Why no more is delivered.

package rabbitmq

import (
	"errors"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A stream whose consumer was ended is taken for another one; one whose connection was lost is read on.
func TestALostConnectionIsNotTakenForAConsumerThatTheServerEnded(t *testing.T) {
	for range 100 { // both can be read from at once
		cancelled, closed := make(chan string, 1), make(chan *amqp.Error, 1)
		closed <- &amqp.Error{Code: amqp.FrameError, Reason: "connection reset by peer"}
		close(cancelled)
		close(closed)
		c := consumer{cancelled: cancelled, closed: closed}
		if err := c.ended(); errors.Is(err, errEnded) || !errors.Is(err, errOver) {
			t.Fatalf("got %v of a connection that was lost, want %v", err, errOver)
		}
	}
	cancelled := make(chan string, 1)
	cancelled <- "harken"
	c := consumer{cancelled: cancelled, closed: make(chan *amqp.Error)}
	if err := c.ended(); !errors.Is(err, errEnded) {
		t.Errorf("got %v of a consumer that the server ended, want %v", err, errEnded)
	}
}
