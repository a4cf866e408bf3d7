// The bare client of NATS.

package main

import (
	"context"
	"crypto/rand"

	natsclient "github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// startNATS starts the embedded server, which is the real one.
func startNATS(h servers.Host) (at string) {
	h.Helper()
	server, err := nats.Start(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		if err := server.Close(); err != nil {
			h.Error(err)
		}
	})
	return server.URL()
}

// natsClient has a subject of its own.
type natsClient struct {
	conn        *natsclient.Conn
	at, subject string
}

func openNATS(_ context.Context, at string) (bareClient, error) {
	conn, err := natsclient.Connect(at)
	if err != nil {
		return nil, err
	}
	return &natsClient{conn, at, rand.Text()}, nil
}

func (c *natsClient) address() string { return c.at + "/" + c.subject }

func (c *natsClient) read(_ context.Context, seen func(body []byte)) error {
	sub, err := c.conn.Subscribe(c.subject, func(m *natsclient.Msg) { seen(m.Data) })
	if err != nil {
		return err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	return c.conn.FlushTimeout(pushedWithin)
}

func (c *natsClient) send(ctx context.Context, body []byte) error {
	return c.flood(ctx, [][]byte{body})
}

func (c *natsClient) flood(_ context.Context, bodies [][]byte) error {
	for _, body := range bodies {
		if err := c.conn.Publish(c.subject, body); err != nil {
			return err
		}
	}
	return c.conn.FlushTimeout(pushedWithin)
}

func (c *natsClient) close() error {
	c.conn.Close()
	return nil
}
