// Server-sent events: a server that passes on what is posted to it, and the bare client of package net/http.

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// feedBatch is how many events are posted at once in a flood.
const feedBatch = 1000

func startFeed(h servers.Host) (at string) {
	h.Helper()
	listener, err := new(net.ListenConfig).Listen(h.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: &feeds{streams: make(map[string][]chan []byte)}}
	go func() { _ = server.Serve(listener) }() // returns when it is closed
	h.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// feeds sends to whoever asks for a path what is posted there, each line as an event.
type feeds struct {
	mu      sync.Mutex
	streams map[string][]chan []byte // by path
}

func (f *feeds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		f.stream(w, r)
		return
	}
	f.mu.Lock()
	streams := f.streams[r.URL.Path]
	f.mu.Unlock()
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		for _, stream := range streams {
			stream <- bytes.Clone(lines.Bytes())
		}
	}
}

// stream writes events until the client leaves.
func (f *feeds) stream(w http.ResponseWriter, r *http.Request) {
	events := make(chan []byte, feedBatch)
	f.mu.Lock()
	f.streams[r.URL.Path] = append(f.streams[r.URL.Path], events)
	f.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	for control.Flush() == nil {
		select {
		case event := <-events:
			fmt.Fprintf(w, "data: %s\n\n", event)
		case <-r.Context().Done():
			return
		}
		for range len(events) { // at once what there is
			fmt.Fprintf(w, "data: %s\n\n", <-events)
		}
	}
}

// feedClient has a path of its own.
type feedClient struct {
	at      string
	http    *http.Client
	stream  io.Closer // nil until it reads
	reading sync.WaitGroup
}

func openFeed(_ context.Context, at string) (bareClient, error) {
	return &feedClient{at: at + "/" + rand.Text(), http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: lagScenarios}}}, nil
}

func (c *feedClient) address() string { return c.at + "?events=true" }

func (c *feedClient) read(ctx context.Context, seen func(body []byte)) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at, nil)
	if err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return err
	}
	c.stream = answer.Body
	c.reading.Go(func() {
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if body, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); ok {
				seen(body)
			}
		}
	})
	return nil
}

func (c *feedClient) send(ctx context.Context, body []byte) error {
	return c.flood(ctx, [][]byte{body})
}

func (c *feedClient) flood(ctx context.Context, bodies [][]byte) error {
	for len(bodies) > 0 {
		n := min(feedBatch, len(bodies))
		if err := post(ctx, c.http, c.at, bytes.Join(bodies[:n], []byte("\n"))); err != nil {
			return err
		}
		bodies = bodies[n:]
	}
	return nil
}

// post posts a body, and returns once that is answered.
func post(ctx context.Context, client *http.Client, to string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	_ = answer.Body.Close() // it has none
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

func (c *feedClient) close() error {
	var err error
	if c.stream != nil {
		err = c.stream.Close()
	}
	c.reading.Wait()
	c.http.CloseIdleConnections()
	return err
}
