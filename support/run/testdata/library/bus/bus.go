// Package bus is a transport of the engineer's own: an in-memory bus, addressed as bus://TOPIC.
package bus

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// Bus carries events to whoever is subscribed, before Publish returns.
type Bus struct {
	mu     sync.Mutex
	number int
	topics map[string]map[*listener]func(event.Event)
}

// New returns an empty bus.
func New() *Bus { return &Bus{topics: make(map[string]map[*listener]func(event.Event))} }

// Publish hands e to every subscriber of the topic.
func (b *Bus) Publish(topic string, e event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	e.ID = strconv.Itoa(b.number) // the identity of this delivery
	e.Stamp, e.Seen = time.Time{}, time.Time{}
	for _, take := range b.topics[topic] {
		take(e.Clone())
	}
}

// Subscribe calls take for each event of the topic, until the result is called.
func (b *Bus) Subscribe(topic string, take func(event.Event)) (cancel func()) {
	return b.subscribe(topic, &listener{}, take)
}

func (b *Bus) subscribe(topic string, l *listener, take func(event.Event)) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.topics[topic] == nil {
		b.topics[topic] = make(map[*listener]func(event.Event))
	}
	b.topics[topic][l] = take
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.topics[topic], l)
	}
}

// Transport makes the bus a transport of Harken's.
func (b *Bus) Transport() harness.Transport {
	return harness.Scheme[topic]{
		Name:    "bus",
		Example: "bus://readings",
		Parse:   parse,
		Produce: func(ctx context.Context, to topic) (harness.Producer, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return &producer{bus: b, topic: string(to)}, nil
		},
		Listen: func(ctx context.Context, at topic, s harness.Sink) (harness.Listener, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			l := &listener{}
			l.cancel = b.subscribe(string(at), l, func(e event.Event) {
				if harness.CanaryID(e) == "" {
					e.Seen = time.Now()
					s.Capture(e)
				}
			})
			return l, nil
		},
	}.Transport()
}

// topic is the name of one: all that an address says.
type topic string

func parse(u *url.URL) (topic, error) {
	if u.Host == "" || u.User != nil || u.Path != "" {
		return "", errors.New("write bus://TOPIC")
	}
	_, err := harness.Parameters(u) // which knows none
	return topic(u.Host), err
}

// Traits say what can be expected of a topic.
func (topic) Traits() harness.Traits {
	return harness.Traits{Ordered: true, Headers: true, Exact: true, Produce: true, Listen: true}
}

func (t topic) String() string { return "bus " + string(t) }

type producer struct {
	bus   *Bus
	topic string

	mu     sync.Mutex
	closed bool
}

func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return harness.Receipt{}, err
	}
	if p.closed {
		return harness.Receipt{}, harness.ErrClosed
	}
	p.bus.Publish(p.topic, e)
	return harness.Receipt{}, nil
}

func (p *producer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

type listener struct {
	cancel func()

	mu     sync.Mutex
	closed bool
}

// Sync has nothing to wait for: what was published was captured before Publish returned.
func (l *listener) Sync(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return harness.ErrClosed
	}
	return ctx.Err()
}

func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.cancel()
	}
	return nil
}
