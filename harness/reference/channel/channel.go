// Package channel is where the reference subsystems take events, and where they put them: one server or another, by the
// server's own client, as a service commonly does. It promises nothing to other modules.
//
// Addresses are
//
//	nats://HOST:PORT/SUBJECT
//	kafka://HOST:PORT/TOPIC                         in: in the consumer group "relay"
//	rabbitmq://USER:PASSWORD@HOST:PORT/NAME         in: the queue NAME, which it binds to the exchange NAME; out: that
//	                                                exchange, with the message's key
//	postgres://USER:PASSWORD@HOST:PORT/DATABASE?table=NAME   in: rows that it takes out of a table; out: rows
//	http://HOST:PORT/PATH                           in: what is posted to it there; out: it posts
//	dynamodb://HOST:PORT/TABLE                      in: items that it takes out of a table; out: items
package channel

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// askAgain is how long is waited where a table had nothing.
const askAgain = 20 * time.Millisecond

// Message is an event, on whatever carries it.
type Message struct {
	Key     string
	Headers map[string]string
	Body    []byte
}

// Inlet hands on what comes in. A message is settled once take has returned nil.
type Inlet interface {
	// Run returns once ctx has ended, or with what broke.
	Run(ctx context.Context, take func(context.Context, Message) error) error
	Close()
}

// Outlet puts messages out. It is safe for concurrent use.
type Outlet interface {
	// Put returns once the server has m.
	Put(ctx context.Context, m Message) error
	Close()
}

// OpenInlet returns once what is sent from now on is taken.
func OpenInlet(ctx context.Context, u *url.URL) (Inlet, error) {
	switch u.Scheme {
	case "nats":
		return openNATS(u, true)
	case "kafka":
		return openKafka(ctx, u, true)
	case "rabbitmq":
		return openRabbitMQ(u, true)
	case "postgres":
		return openPostgres(ctx, u)
	case "http":
		return openWebServer(u)
	case "dynamodb":
		return openDynamoDB(ctx, u)
	}
	return nil, fmt.Errorf("no scheme %q", u.Scheme)
}

// OpenOutlet returns once the server has answered, but for http.
func OpenOutlet(ctx context.Context, u *url.URL) (Outlet, error) {
	switch u.Scheme {
	case "nats":
		return openNATS(u, false)
	case "kafka":
		return openKafka(ctx, u, false)
	case "rabbitmq":
		return openRabbitMQ(u, false)
	case "postgres":
		return openPostgres(ctx, u)
	case "http":
		return webClient{u.String()}, nil
	case "dynamodb":
		return openDynamoDB(ctx, u)
	}
	return nil, fmt.Errorf("no scheme %q", u.Scheme)
}

// idle returns when it is time to look into a table again, or when ctx ends.
func idle(ctx context.Context) {
	select {
	case <-time.After(askAgain):
	case <-ctx.Done():
	}
}
