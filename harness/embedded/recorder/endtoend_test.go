package recorder

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	listening "github.com/harken-bdd/harken/harness/dynamodb"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	publishing "github.com/harken-bdd/harken/harness/nats"
)

// chain is a whole recorded channel: a subject, the recorder, the table, and where it is listened to.
type chain struct {
	lab      *lab
	recorder *refusing // the endpoint as the recorder sees it
	listener *refusing // and as listeners do
	subject  harness.Producer
	address  *url.URL
}

func transport() harness.Transport {
	return listening.Transport(publishing.Transport())
}

func newChain(t *testing.T) *chain {
	t.Helper()
	c := &chain{lab: newLab(t)}
	endpoint := startDynamoDB(t).Endpoint()
	c.recorder, c.listener = newRefusing(t, endpoint), newRefusing(t, endpoint)
	running, err := Service().Start(c.lab.ctx,
		map[string]string{"endpoint": c.recorder.url, "shipments": c.lab.server.URL() + "/orders.shipped"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// That something is too large to be recorded is what some tests are about.
		if err := running.Stop(); err != nil && !strings.Contains(err.Error(), "cannot be recorded") {
			t.Error(err)
		}
	})
	c.subject, err = publishing.Transport().Produce(c.lab.ctx, c.parse(t, c.lab.server.URL()+"/orders.shipped"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.subject.Close(); err != nil {
			t.Error(err)
		}
	})
	parameters := url.Values{
		"canary":   {c.lab.server.URL() + "/" + CanarySubject("shipments")},
		"bound":    {"0s"},
		"endpoint": {c.listener.url},
	}
	c.address = c.parse(t, "dynamodb://captures/shipments?"+parameters.Encode())
	return c
}

func (c *chain) parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// listen returns a live listener, and where its captures go.
func (c *chain) listen(t *testing.T) (harness.Listener, *sink) {
	t.Helper()
	s := &sink{}
	l, err := transport().Listen(c.lab.ctx, c.address, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, s
}

// send publishes events that are numbered from first on.
func (c *chain) send(t *testing.T, first, n int) {
	t.Helper()
	for i := range n {
		if _, err := c.subject.Send(c.lab.ctx, event.Event{Body: fmt.Append(nil, first+i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// sink keeps what a listener sees.
type sink struct {
	mu     sync.Mutex
	bodies []string
	gaps   []error
}

func (s *sink) Capture(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, string(e.Body))
}

func (*sink) Gone(string, time.Time) {}

func (*sink) Canary(event.Event, time.Time) {}

func (s *sink) Gap(_, _ time.Time, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gaps = append(s.gaps, cause)
}

// check fails the test unless the events from 0 to n were captured once each and without a gap. Rows that are written
// together may be seen in any order.
func (s *sink) check(t *testing.T, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i))
	}
	if got := slices.Sorted(slices.Values(s.bodies)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("captured %q, want the first %d", got, n)
	}
	if err := errors.Join(s.gaps...); err != nil {
		t.Error(err)
	}
}

func TestARecordedChannelConforms(t *testing.T) {
	harnesstest.Run(t, harnesstest.Subject{
		Transport:  transport(),
		SideBySide: true,
		Address: func(t *testing.T) harnesstest.Address {
			c := newChain(t)
			return harnesstest.Address{
				URL:  c.address,
				Send: c.subject.Send,
				Key:  "orders.shipped",
				Without: map[string]string{
					"Redeliver": "the recorder reads by itself: a redelivery is asked of captures alone",
					"Consumer":  "only runs read captures",
					"Backlog":   "only runs read captures",
					"Remake":    "the run's own server holds the table",
					"Trim":      "the run's own server holds the table",
					"Grow":      "a table's partitions are not seen",
					"Hide":      "a recorder writes without transactions",
					"Swallow":   "it is only listened to",
					"SendTyped": "headers are text",
					"Leftovers": "the run's own server ends with it",
					"Boundary":  "the recorder waits at the first event that it cannot write, and nothing behind it comes",
				},
				Largest: 390_000, // what DynamoDB takes as one item
				Cut: func() (mend func()) {
					c.listener.shut.Store(true)
					return func() { c.listener.shut.Store(false) }
				},
			}
		},
	})
}

func TestASyncProvesThatAllBeforeItIsCaptured(t *testing.T) {
	c := newChain(t)
	listener, captured := c.listen(t)
	for round := range 3 {
		c.send(t, round*100, 100)
		if err := listener.Sync(c.lab.ctx); err != nil {
			t.Fatal(err)
		}
		captured.check(t, (round+1)*100)
	}
}

func TestARecorderThatCannotWriteProvesNothingUntilItCan(t *testing.T) {
	c := newChain(t)
	listener, captured := c.listen(t)
	c.send(t, 0, 10)
	if err := listener.Sync(c.lab.ctx); err != nil {
		t.Fatal(err)
	}
	c.recorder.shut.Store(true)
	c.send(t, 10, 10)
	synced := make(chan error)
	syncing, giveUp := context.WithCancel(c.lab.ctx)
	go func() { synced <- listener.Sync(syncing) }()
	for range 3 {
		select {
		case <-c.recorder.refused:
		case err := <-synced:
			t.Fatalf("Sync returned %v", err)
		}
	}
	giveUp()
	if err := <-synced; err == nil {
		t.Error("Sync proved what was not recorded")
	}
	captured.check(t, 10)

	c.recorder.shut.Store(false)
	if err := listener.Sync(c.lab.ctx); err != nil {
		t.Fatal(err)
	}
	captured.check(t, 20)
}
