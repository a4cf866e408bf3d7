// Package memory is a transport without a network, for trials in virtual time: what is sent is handed to a system that
// is a function of the test's, and what that puts out is captured before Put returns.
// It promises nothing to other modules.
//
//	memory://shipments                            exact Sync, no stamps
//	memory://shipments?clock=-3s&resolution=1s    stamped by a clock that is 3s slow and shows whole seconds
//	memory://shipments?clock=0s&canary=true       the opening and each Sync send a canary, and tell what it showed
//	memory://shipments?canary=true&bound=2s       Sync is not exact: a canary, and 2s more
//	memory://shipments?bare=true                  events have no identity, as in core NATS
//	memory://all?hears=orders                     hears what is on another channel, too, as a wildcard does
//	memory://stock?keyed=true                     a state: what is under a key that is waited for, and that it is gone
//
// It may be slow, lossy or cut off only as package fault makes it, so that whatever appeared is known exactly.
package memory

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// System is the system under test. It is called within each Send, after listeners of the channel have captured the
// event, and must not block: what it puts out later it puts out from a timer.
type System func(channel string, e event.Event)

// Medium carries events between a run and its system. It is safe for concurrent use.
type Medium struct {
	system System

	mu     sync.Mutex
	number int
	ears   []*ear
	items  map[item]event.Event // what is there
	gone   map[item]bool        // what was there and was deleted
}

// item is a place on a channel.
type item struct{ channel, key string }

// New returns a medium. system may be nil.
func New(system System) *Medium {
	if system == nil {
		system = func(string, event.Event) {}
	}
	return &Medium{system: system, items: make(map[item]event.Event), gone: make(map[item]bool)}
}

// Put makes e appear on a channel, as a delivery unlike any other of the medium. On return every listener has captured
// it.
func (m *Medium) Put(channel string, e event.Event) { m.put(channel, e) }

// put is Put, and returns the identity that e has.
func (m *Medium) put(channel string, e event.Event) (id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.number++
	e.ID = strconv.Itoa(m.number)
	if e.Key != "" {
		at := item{channel, e.Key}
		m.items[at] = e.Clone()
		delete(m.gone, at)
	}
	for _, l := range m.ears {
		if l.hears(channel) {
			l.take(e.Clone())
		}
	}
	return e.ID
}

// Delete removes what is under a key of a channel, if anything is. On return every listener that looks there, where the
// channel is keyed, has told that it is gone, as each does to whoever begins to wait for it from now on.
func (m *Medium) Delete(channel, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := item{channel, key}
	if _, there := m.items[at]; !there {
		return
	}
	delete(m.items, at)
	m.gone[at] = true
	for _, l := range m.ears {
		if l.channel == channel {
			l.lose(key)
		}
	}
}

// Transport makes the medium a transport of Harken's.
func (m *Medium) Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:    "memory",
		Example: "memory://shipments",
		Parse:   parse,
		Produce: func(ctx context.Context, a address) (harness.Producer, error) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return &producer{medium: m, address: a}, nil
		},
		Listen: func(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return m.listen(a, s), nil
		},
		Hears: func(listen, produce address) harness.Hearing {
			return harness.Hearing{Hears: listen.hears(produce.channel)}
		},
	}.Transport()
}

// address is what a URL says.
type address struct {
	channel    string
	also       string // a channel that is heard, too
	stamped    bool
	clock      time.Duration // how far the channel's clock is ahead of the runner's
	resolution time.Duration
	canary     bool
	bound      time.Duration
	bare       bool
	keyed      bool
}

// hears says whether a listener hears what appears on a channel.
func (a address) hears(channel string) bool { return channel == a.channel || channel == a.also }

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	return harness.Traits{
		Ordered: !a.keyed, Headers: true, Stamped: a.stamped, Exact: a.bound == 0, State: a.keyed, Keyed: a.keyed,
		Produce: true, Listen: true,
	}
}

// String returns the address without its parameters.
func (a address) String() string { return "memory " + a.channel }

func parse(u *url.URL) (address, error) {
	if u.Host == "" || u.User != nil || u.Path != "" {
		return address{}, errors.New("write memory://CHANNEL")
	}
	a := address{channel: u.Host}
	err := harness.SetParameters(u, a.set, "clock", "resolution", "canary", "bound", "bare", "hears", "keyed")
	if err != nil {
		return address{}, err
	}
	switch {
	case a.resolution < 0 || a.bound < 0:
		return address{}, errors.New("resolution and bound are not negative")
	case a.resolution > 0 && !a.stamped:
		return address{}, errors.New("resolution is that of a clock, and there is no clock=")
	case a.bound > 0 && !a.canary:
		return address{}, errors.New("bound is counted from a canary, and there is no canary=true")
	case a.keyed && (a.stamped || a.canary):
		return address{}, errors.New("what is there has no stamps, and no place for a canary")
	}
	return a, nil
}

func (a *address) set(parameter, value string) (err error) {
	switch parameter {
	case "clock":
		a.stamped = true
		a.clock, err = time.ParseDuration(value)
	case "resolution":
		a.resolution, err = time.ParseDuration(value)
	case "bound":
		a.bound, err = time.ParseDuration(value)
	case "canary":
		a.canary, err = strconv.ParseBool(value)
	case "bare":
		a.bare, err = strconv.ParseBool(value)
	case "hears":
		a.also = value
	case "keyed":
		a.keyed, err = strconv.ParseBool(value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", parameter, err)
	}
	return nil
}

// producer sends to one channel.
type producer struct {
	medium *Medium
	address

	mu     sync.Mutex
	closed bool
}

// Send returns once listeners of the channel and the system have e.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if ctx.Err() != nil {
		return harness.Receipt{}, context.Cause(ctx)
	}
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return harness.Receipt{}, harness.ErrClosed
	}
	var r harness.Receipt
	if id := p.medium.put(p.channel, e); !p.bare && !p.keyed {
		r.ID = id
	}
	if harness.CanaryID(e) == "" {
		p.medium.system(p.channel, e.Clone())
	}
	return r, nil
}

func (p *producer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

// ear is a listener. Its sink is called with the medium's lock held, which is what Close waits for.
type ear struct {
	address
	medium *Medium
	sink   harness.Sink
	closed context.Context
	close  context.CancelFunc
	waits  map[string]int // for what is under each key, where the address is keyed
}

func (m *Medium) listen(a address, s harness.Sink) harness.Listener {
	l := &ear{address: a, medium: m, sink: s, waits: make(map[string]int)}
	l.closed, l.close = context.WithCancel(context.Background())
	m.mu.Lock()
	m.ears = append(m.ears, l)
	m.mu.Unlock()
	l.probe()
	switch {
	case a.bound > 0:
		return bounded{l}
	case a.keyed:
		return keyed{l}
	default:
		return l
	}
}

// take captures e. The medium's lock is held.
func (l *ear) take(e event.Event) {
	if harness.CanaryID(e) != "" || l.keyed && l.waits[e.Key] == 0 {
		return
	}
	if l.bare || l.keyed {
		e.ID = ""
	}
	l.sink.Capture(l.received(e, time.Now()))
}

// lose tells that what was under key is gone. The medium's lock is held.
func (l *ear) lose(key string) {
	if l.keyed && l.waits[key] > 0 && l.closed.Err() == nil {
		l.sink.Gone(key, time.Now())
	}
}

// received returns e as it appeared just now.
func (l *ear) received(e event.Event, now time.Time) event.Event {
	e.Stamp, e.Resolution, e.Seen = time.Time{}, l.resolution, now
	if l.stamped {
		e.Stamp = now.Round(0).Add(l.clock).Truncate(l.resolution)
	}
	return e
}

// Sync has nothing to wait for but the bound: what was put out was captured before Put returned.
func (l *ear) Sync(ctx context.Context) error {
	l.probe()
	if l.bound > 0 {
		ended, cancel := context.WithCancelCause(ctx)
		stop := context.AfterFunc(l.closed, func() { cancel(harness.ErrClosed) })
		err := poll.Pause(ended, l.bound)
		stop()
		cancel(nil)
		if err != nil {
			return err
		}
	}
	if l.closed.Err() != nil {
		return harness.ErrClosed
	}
	return ctx.Err()
}

// probe sends a canary to the ear itself, where it may, and tells what it showed.
func (l *ear) probe() {
	l.medium.mu.Lock()
	defer l.medium.mu.Unlock()
	if l.canary && l.stamped && l.closed.Err() == nil {
		now := time.Now()
		l.sink.Canary(l.received(harness.Canary(l.channel), now), now)
	}
}

func (l *ear) Close() error {
	l.medium.mu.Lock()
	defer l.medium.mu.Unlock()
	l.close()
	l.medium.ears = slices.DeleteFunc(l.medium.ears, func(other *ear) bool { return other == l })
	return nil
}

// bounded is an ear whose Sync is not exact.
type bounded struct{ *ear }

// Bound returns how long after its canary an earlier event may still come.
func (l bounded) Bound() time.Duration { return l.bound }

// keyed is an ear at a state.
type keyed struct{ *ear }

// Await has what is there captured now, or told that it is gone where it was deleted, and each change of it until
// release.
func (l keyed) Await(wait harness.Wait) (release func()) {
	l.medium.mu.Lock()
	defer l.medium.mu.Unlock()
	l.waits[wait.Key]++
	at := item{l.channel, wait.Key}
	if e, there := l.medium.items[at]; there && l.closed.Err() == nil {
		l.take(e.Clone())
	}
	if l.medium.gone[at] {
		l.lose(wait.Key)
	}
	return func() {
		l.medium.mu.Lock()
		defer l.medium.mu.Unlock()
		l.waits[wait.Key]--
	}
}
