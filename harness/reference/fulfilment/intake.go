// The way in: orders from a JetStream stream, each settled when it is dealt with.

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName    = "ORDERS"
	subjectPlaced = "orders.placed"
	consumerName  = "fulfilment"

	keptFor    = time.Hour
	retryAfter = time.Second      // before an order that met an error is delivered again
	slack      = 30 * time.Second // for an order in work, beyond all that it may take
)

// intake takes deliveries from the stream, as many at once as there are.
type intake struct {
	conn    *nats.Conn
	consume jetstream.ConsumeContext
	inWork  sync.WaitGroup
	hurry   context.CancelFunc // ends every wait of what is in work
}

// openIntake returns once what is placed from now on is taken. ctx bounds the opening only.
//
// The stream keeps orders by age rather than as a work queue, so that others may read it too: a work queue allows one
// consumer. It keeps them in memory, since it is a test's; lost with its server, it is not set up again before the next
// start. A stream that somebody else set up is taken as it is.
func openIntake(ctx context.Context, js jetstream.JetStream, w *worker) (*intake, error) {
	stream, err := js.Stream(ctx, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: streamName, Subjects: []string{subjectPlaced}, Storage: jetstream.MemoryStorage, MaxAge: keptFor,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", streamName, err)
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       consumerName,
		FilterSubject: subjectPlaced,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       longestProcessing + w.faults.Delay + slack,
		MaxAckPending: -1, // an order is acknowledged when it is done, and any number may be in work
	})
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", consumerName, err)
	}
	working, hurry := context.WithCancel(context.WithoutCancel(ctx))
	in := &intake{conn: js.Conn(), hurry: hurry}
	in.consume, err = consumer.Consume(func(m jetstream.Msg) {
		in.inWork.Go(func() { settle(working, m, w) })
	}, jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		w.log.Printf("consumer %s: %v", consumerName, err)
	}))
	if err != nil {
		hurry()
		return nil, fmt.Errorf("consumer %s: %w", consumerName, err)
	}
	return in, nil
}

// settle has m dealt with, and tells the stream whether it is to be delivered again.
func settle(ctx context.Context, m jetstream.Msg, w *worker) {
	meta, err := m.Metadata()
	if err == nil {
		err = w.take(ctx, delivery{subject: m.Subject(), header: m.Headers(), body: m.Data(), sequence: meta.Sequence.Stream})
	}
	switch {
	case err == nil:
		err = m.Ack()
	case ctx.Err() != nil:
		err = m.Nak() // it stopped half-way, and whoever is started next takes it up
	default:
		err = errors.Join(err, m.NakWithDelay(retryAfter))
	}
	if err != nil {
		w.log.Printf("message on %s: %v", m.Subject(), err)
	}
}

// ended is closed when nothing is taken any more: after close, or because the stream or its consumer is gone.
func (in *intake) ended() <-chan struct{} { return in.consume.Closed() }

// close takes nothing new and returns once nothing is in work. Orders have the grace to be done; those that are not go
// back to the stream, and outputs that a fault holds back go out.
func (in *intake) close(grace time.Duration) {
	defer in.hurry()
	if in.conn.IsConnected() {
		in.consume.Drain() // what has arrived is still taken, or it would be delivered again only after AckWait
	} else {
		in.consume.Stop() // a drain waits ten seconds for a server that is not there
	}
	idle := make(chan struct{})
	go func() {
		<-in.consume.Closed()
		in.inWork.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(grace):
		in.hurry()
		<-idle
	}
}
