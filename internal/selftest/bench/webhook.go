// Webhooks: Harken is the server, and so is the bare comparator, of package net/http. What is sent goes to both.

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// webhookCallers is how many calls are under way at once, each over a connection that is kept.
const webhookCallers = 8

// startWebhook starts nothing, and returns where Harken is to listen.
func startWebhook(h servers.Host) (at string) {
	return fmt.Sprintf("127.0.0.1:%d", servers.Ports(h, 1)[0])
}

// webhookClient calls Harken, and its own server where that reads.
type webhookClient struct {
	at     string
	http   *http.Client
	server *http.Server // nil until it reads
	own    string       // where that is called
}

func openWebhook(_ context.Context, at string) (bareClient, error) {
	return &webhookClient{at: at + "/" + rand.Text(), http: &http.Client{
		Transport: &http.Transport{MaxConnsPerHost: webhookCallers, MaxIdleConnsPerHost: webhookCallers}}}, nil
}

func (c *webhookClient) address() string { return "webhook://" + c.at }

func (c *webhookClient) read(ctx context.Context, seen func(body []byte)) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.own = "http://" + listener.Addr().String()
	c.server = &http.Server{ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			seen(body)
		})}
	go func() { _ = c.server.Serve(listener) }() // returns when it is closed
	return nil
}

func (c *webhookClient) send(ctx context.Context, body []byte) error {
	to := []string{"http://" + c.at, c.own}
	return each(len(to), func(i int) error { return post(ctx, c.http, to[i], body) })
}

// flood calls the server of its own where that reads, and else Harken.
func (c *webhookClient) flood(ctx context.Context, bodies [][]byte) error {
	to := "http://" + c.at
	if c.server != nil {
		to = c.own
	}
	return each(webhookCallers, func(i int) error {
		for ; i < len(bodies); i += webhookCallers {
			if err := post(ctx, c.http, to, bodies[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *webhookClient) close() error {
	c.http.CloseIdleConnections()
	if c.server == nil {
		return nil
	}
	return c.server.Close()
}
