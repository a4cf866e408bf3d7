// A transport in memory, memory://TOPIC, that does what a test tells it.
package session

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// memory carries events to whoever is subscribed, before publish returns.
type memory struct {
	mu        sync.Mutex
	published int
	listeners map[string][]*memoryListener
	systems   map[string]func(event.Event)                      // what the system does with an event, by topic
	answers   map[string]func(event.Event) (event.Event, error) // what it answers, where events are answered
	broken    map[string]error                                  // why a topic cannot be listened to
	mute      map[string]error                                  // why a topic's listeners cannot prove anything
	refuse    map[string]error                                  // why a topic takes no events
	shut      map[string]error                                  // why a topic cannot be produced to
	stuck     map[string]error                                  // why what a topic's listener has made cannot be removed
	runs      []string                                          // for which topics were listened to
	opened    int
}

func newMemory() *memory {
	return &memory{
		listeners: make(map[string][]*memoryListener), systems: make(map[string]func(event.Event)),
		answers: make(map[string]func(event.Event) (event.Event, error)),
		broken:  make(map[string]error), mute: make(map[string]error), refuse: make(map[string]error),
		shut: make(map[string]error), stuck: make(map[string]error),
	}
}

func (m *memory) publish(topic string, e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.published++
	e.ID = strconv.Itoa(m.published)
	e.Seen = time.Now()
	for _, l := range m.listeners[topic] {
		l.sink.Capture(e.Clone())
	}
}

// gap tells the listeners of a topic that they have missed something since then.
func (m *memory) gap(topic string, since time.Time, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.listeners[topic] {
		l.sink.Gap(since, time.Now(), cause)
	}
}

func (m *memory) listening() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, l := range m.listeners {
		n += len(l)
	}
	return n
}

func (m *memory) transport() harness.Transport {
	return harness.Transport{
		Scheme:  "memory",
		Example: "memory://orders",
		Key: func(_ *url.URL, key string) error {
			if strings.Contains(key, "/") {
				return fmt.Errorf("the key %q has a slash", key)
			}
			return nil
		},
		Remarks: func(u *url.URL) []string {
			if u.Host == "hourly" {
				return []string{"nothing comes before the hour is over"}
			}
			return nil
		},
		Check: func(u *url.URL) (harness.Traits, error) {
			if u.Host == "" {
				return harness.Traits{}, fmt.Errorf("write memory://TOPIC")
			}
			for parameter := range u.Query() {
				if parameter != "token" && parameter != "keyed" && parameter != "answered" {
					return harness.Traits{}, fmt.Errorf("no parameter %q (have keyed, token)", parameter)
				}
			}
			keyed := u.Query().Has("keyed")
			if u.Query().Has("answered") {
				return harness.Traits{Answers: true, Produce: true}, nil
			}
			return harness.Traits{
				Ordered: true, Headers: true, Exact: true, State: keyed, Keyed: keyed, Produce: true, Listen: true,
			}, nil
		},
		Produce: func(_ context.Context, u *url.URL) (harness.Producer, error) {
			if err := m.shut[u.Host]; err != nil {
				return nil, err
			}
			if u.Query().Has("answered") {
				return memoryAsker{&memoryProducer{m, u}}, nil
			}
			return &memoryProducer{m, u}, nil
		},
		Listen: func(ctx context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.opened++
			m.runs = append(m.runs, harness.RunOf(ctx))
			if err := m.broken[u.Host]; err != nil {
				return nil, err
			}
			l := &memoryListener{m, u.Host, s}
			m.listeners[u.Host] = append(m.listeners[u.Host], l)
			return l, nil
		},
	}
}

type memoryProducer struct {
	memory *memory
	url    *url.URL
}

func (p *memoryProducer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return harness.Receipt{}, err
	}
	p.memory.mu.Lock()
	refused, system := p.memory.refuse[p.url.Host], p.memory.systems[p.url.Host]
	p.memory.mu.Unlock()
	if refused != nil {
		return harness.Receipt{}, refused
	}
	p.memory.publish(p.url.Host, e)
	if system != nil {
		system(e.Clone())
	}
	return harness.Receipt{}, nil
}

func (p *memoryProducer) Close() error { return nil }

// memoryAsker answers as the test says.
type memoryAsker struct{ *memoryProducer }

func (a memoryAsker) Ask(ctx context.Context, e event.Event) (event.Event, harness.Receipt, error) {
	if _, err := a.Send(ctx, e); err != nil {
		return event.Event{}, harness.Receipt{}, err
	}
	a.memory.mu.Lock()
	answer := a.memory.answers[a.url.Host]
	a.memory.mu.Unlock()
	answered, err := answer(e)
	return answered, harness.Receipt{}, err
}

type memoryListener struct {
	memory *memory
	topic  string
	sink   harness.Sink
}

func (l *memoryListener) Sync(ctx context.Context) error {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	if err := l.memory.mute[l.topic]; err != nil {
		return err
	}
	return ctx.Err()
}

func (l *memoryListener) Close() error {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	delete(l.memory.listeners, l.topic)
	return l.memory.stuck[l.topic]
}
