// The suite of all transports. The system is a client of HTTP.

package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/webhook"
)

func TestConformance(t *testing.T) {
	s := newSystems()
	harnesstest.Run(t, harnesstest.Subject{Transport: s.transport(), Address: s.address, SideBySide: true})
}

func TestConformanceWhereAHeaderTellsRedeliveries(t *testing.T) {
	s := newSystems()
	address := func(t *testing.T) harnesstest.Address {
		a := s.address(t)
		a.URL.RawQuery = "id=Idempotency-Key"
		sent := 0
		var mu sync.Mutex
		a.Send = func(ctx context.Context, e event.Event) (harness.Receipt, error) {
			mu.Lock()
			sent++
			e = e.Clone()
			e.Headers = with(e.Headers, "Idempotency-Key", fmt.Sprint(sent))
			mu.Unlock()
			return s.send(ctx, a.URL, e)
		}
		a.Redeliver = func(ctx context.Context, e event.Event) error {
			mu.Lock()
			e.Headers = with(e.Headers, "Idempotency-Key", fmt.Sprint(sent))
			mu.Unlock()
			_, err := s.send(ctx, a.URL, e)
			return err
		}
		return a
	}
	harnesstest.Run(t, harnesstest.Subject{Transport: s.transport(), Address: address})
}

func with(headers map[string][]string, name, value string) map[string][]string {
	all := map[string][]string{name: {value}}
	for n, values := range headers {
		all[n] = values
	}
	return all
}

// systems are what call receivers. They hear of an address when it is opened, as a system does by its environment; what
// they send where nobody listens is lost, as for a system that does not look at the answer.
type systems struct {
	mu      sync.Mutex
	reached map[string]reached // by path
}

// reached is where a system calls.
type reached struct {
	at     string
	client *http.Client
}

func newSystems() *systems { return &systems{reached: make(map[string]reached)} }

// transport tells the systems where its listeners are.
func (s *systems) transport() harness.Transport {
	transport := webhook.Transport()
	listen := transport.Listen
	transport.Listen = func(ctx context.Context, u *url.URL, sink harness.Sink) (harness.Listener, error) {
		l, err := listen(ctx, u, sink)
		if err != nil {
			return nil, err
		}
		connections := &http.Transport{MaxIdleConnsPerHost: 20}
		at := l.(harness.Receiver).Reached()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reached[u.Path] = reached{at, &http.Client{Transport: connections}}
		return told{l, func() { s.closed(u.Path, at); connections.CloseIdleConnections() }}, nil
	}
	return transport
}

// told is a listener of which the systems hear when it is closed.
type told struct {
	harness.Listener
	closed func()
}

func (l told) Close() error {
	l.closed()
	return l.Listener.Close()
}

func (s *systems) closed(path, at string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reached[path].at == at {
		delete(s.reached, path)
	}
}

func (s *systems) at(path string) (reached, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.reached[path]
	return r, ok
}

// address is one of a path of its own.
func (s *systems) address(t *testing.T) harnesstest.Address {
	u, err := url.Parse("webhook://127.0.0.1:0/" + strings.ReplaceAll(t.Name(), " ", "-"))
	if err != nil {
		t.Fatal(err)
	}
	return harnesstest.Address{
		URL:   u,
		Send:  func(ctx context.Context, e event.Event) (harness.Receipt, error) { return s.send(ctx, u, e) },
		Alone: true, // each has a port of its own
		Bad: []string{
			"webhook:///path", "webhook://127.0.0.1/path", "webhook://127.0.0.1:99999/path", "webhook://u:p@127.0.0.1:0/path",
			"webhook://127.0.0.1:0/?status=99", "webhook://127.0.0.1:0/?status=204&body=x", "webhook://127.0.0.1:0/?after=soon",
			"webhook://127.0.0.1:0/?after=1h", "webhook://127.0.0.1:0/?headers=x", `webhook://127.0.0.1:0/?headers={"a b":"c"}`,
			`webhook://127.0.0.1:0/?headers={"Content-Length":"3"}`, "webhook://127.0.0.1:0/?largest=0",
			"webhook://127.0.0.1:0/?id=a+b", "webhook://127.0.0.1:0/?secret=hunter2", "webhook://127.0.0.1:0/?signature=X-Signature",
			"webhook://127.0.0.1:0/?signature=X-Signature&secret=hunter2&hmac=md5", "webhook://127.0.0.1:0/?as=http://host/",
			"webhook://127.0.0.1:0/?signature=X-Signature&secret=hunter2&encoding=octal",
		},
		Largest: 10_000_000,
	}
}

// send calls the receiver of an address.
func (s *systems) send(ctx context.Context, u *url.URL, e event.Event) (harness.Receipt, error) {
	there, ok := s.at(u.Path)
	if !ok {
		return harness.Receipt{}, nil
	}
	answer, err := call(ctx, there.client, there.at, e)
	if _, still := s.at(u.Path); err != nil && !still && ctx.Err() == nil {
		return harness.Receipt{}, nil
	}
	if err == nil && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("answered with %s", answer.Status)
	}
	return harness.Receipt{}, err
}

// call sends an event below an address, and returns the answer, whose body has been read.
func call(ctx context.Context, client *http.Client, at string, e event.Event) (*http.Response, error) {
	if e.Key != "" {
		at += "/" + e.Key
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(e.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range e.Headers {
		r.Header[name] = values
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, err
}
