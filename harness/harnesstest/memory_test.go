// A transport in memory on which the suite itself is tried: right by default, and wrong in one way at a time.

package harnesstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// fault is one way in which the transport in memory breaks its contract.
type fault string

const (
	none               fault = "none"
	missesFirst        fault = "misses the first event after Listen"
	replaysOld         fault = "delivers what came before Listen"
	drops              fault = "drops one event in a hundred"
	doubles            fault = "delivers one event in a hundred twice"
	steals             fault = "takes events from the consumer"
	sharesWork         fault = "deals events out among its listeners"
	trimsBodies        fault = "trims white space from bodies"
	losesKeys          fault = "loses keys"
	losesHeaders       fault = "loses headers"
	sharesBytes        fault = "gives two listeners the same bytes"
	identifiesByBody   fault = "takes equal bodies for one event"
	redeliversAnew     fault = "gives a redelivery an id of its own"
	swaps              fault = "swaps neighbours"
	stampsWrong        fault = "stamps with a time an hour ago"
	stampsNot          fault = "promises stamps and has none"
	seesEarly          fault = "says it saw events before they were sent"
	capturesCanaries   fault = "captures canaries"
	syncsBlindly       fault = "says it is caught up without looking"
	syncsKeysBlindly   fault = "says it is caught up with one key without looking"
	hidesCuts          fault = "says nothing of a cut"
	hidesShortCuts     fault = "tells of a cut only if it was asked meanwhile"
	staysCut           fault = "never recovers from a cut"
	syncsClosed        fault = "syncs after Close"
	capturesClosed     fault = "captures after Close"
	leaks              fault = "leaves a goroutine behind"
	ignoresContext     fault = "opens and syncs with an ended context"
	diesWithContext    fault = "ends with the context that opened it"
	hangs              fault = "hangs in Sync when the context has ended"
	acceptsAnything    fault = "ignores unknown parameters"
	givesSecretsAway   fault = "prints passwords"
	acceptsClosed      fault = "accepts events after Close"
	sendsWithEnded     fault = "sends with an ended context"
	promisesProducing  fault = "promises to produce and cannot"
	promisesAnswers    fault = "promises answers and cannot ask"
	failsSecondClose   fault = "fails at a second Close"
	inventsGaps        fault = "reports gaps without a cause"
	seesOnce           fault = "looks at a state once"
	seesOnlyNewcomers  fault = "sees only what comes to be while it is awaited"
	forgetsSomeWaits   fault = "forgets every tenth key"
	hidesDeletions     fault = "says nothing of what is deleted"
	repeatsDeletions   fault = "says at each look that what is gone is gone"
	hidesOldDeletions  fault = "says nothing of what was deleted before somebody waited"
	inventsDeletions   fault = "says that what never was is gone"
	datesDeletionsOff  fault = "says that it saw deletions an hour ago"
	misnamesDeliveries fault = "gives receipts that name other deliveries"
	leavesLate         fault = "says that an event left after it was accepted"
	swallowsAll        fault = "says that it has stored nothing"
	joinsValues        fault = "joins the values of a header"
	hasNoPosition      fault = "promises positions and has none"
	goesOnFromNow      fault = "goes on from now on, wherever one was"
	goesOnTwice        fault = "delivers twice what came before it goes on"
	deliversWithDelays fault = "delivers some events late, and waits for them in Sync"

	provesByCanaries fault = "syncs by a canary, as it may" // and so do those that follow
	hidesCanaries    fault = "tells nothing of its canaries"
	stampsNoCanaries fault = "tells of canaries without their stamps"
	datesCanariesOff fault = "says that it sent its canaries an hour ago"
	skewsCanaries    fault = "stamps canaries by another clock"

	keepsText      fault = "takes text only, as it may" // and so do those that follow
	swallowsBinary fault = "takes text only, and drops what is not text in silence"
	wrapsJSON      fault = "takes JSON only, and wraps it, as it may"
	roundsNumbers  fault = "takes JSON only, and rounds its numbers"

	missesSeldom fault = "misses the first event of every fiftieth listener"

	cutsBodies    fault = "cuts bodies after half a megabyte"
	cutsHeaders   fault = "loses headers where there are more than a thousand"
	swallowsLarge fault = "accepts what is too large and drops it"
	chokesOnLarge fault = "delivers nothing more after what was too large"
	cutsLargest   fault = "takes more than it says, and cuts it"
	dropsLargest  fault = "drops what is a little larger than it may be"
)

// memory is one address of the transport in memory.
type memory struct {
	fault fault
	state bool

	mu       sync.Mutex
	sent     []event.Event         // what is still there
	trimmed  int                   // how many were there before
	items    map[string]memoryItem // by key, of a state
	ears     []*memoryEar
	consumer chan event.Event
	cut      bool
	cutSince time.Time
	server   memoryServer
}

// memoryEar is a listener. What it is to capture waits in a queue, as a broker's client has one.
type memoryEar struct {
	memory  *memory
	name    string // on the server
	sink    harness.Sink
	queue   []delivery
	arrived *sync.Cond // with memory.mu
	busy    bool
	closed  bool
	done    chan struct{}
	skip    bool
	watched map[string]bool
	held    *event.Event
	asked   bool            // for a Sync, while cut
	opening context.Context // for diesWithContext
	ignored int             // how many events it takes for what it has read
}

// delivery is what a listener is told: an event, or that what was under a key is gone.
type delivery struct {
	event.Event
	gone bool
}

// subject is the transport in memory with a fault. Its addresses are told apart by their host.
func subject(f fault, state bool) Subject {
	var mu sync.Mutex
	addresses := make(map[string]*memory)
	at := func(u *url.URL) *memory {
		mu.Lock()
		defer mu.Unlock()
		if addresses[u.Host] == nil {
			addresses[u.Host] = newMemory(f, state)
		}
		return addresses[u.Host]
	}
	t := harness.Transport{
		Scheme:  "memory",
		Example: "memory://here",
		Check:   func(u *url.URL) (harness.Traits, error) { return at(u).check(u) },
		Listen: func(ctx context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
			return at(u).listen(ctx, s)
		},
	}
	if f != promisesProducing {
		t.Produce = func(ctx context.Context, u *url.URL) (harness.Producer, error) { return at(u).produce(ctx) }
	}
	return Subject{Transport: t, Address: func(*testing.T) Address {
		mu.Lock()
		u := &url.URL{Scheme: "memory", Host: fmt.Sprint("address-", len(addresses))}
		mu.Unlock()
		return at(u).address(u)
	}}
}

func (m *memory) address(u *url.URL) Address {
	a := Address{
		URL:       u,
		Remake:    m.remake,
		Trim:      m.trim,
		Grow:      m.grow,
		Hide:      m.hide,
		Swallow:   identify,
		SendTyped: m.sendTyped,
		Backlog:   m.backlog,
		Leftovers: m.leftovers,
		Redeliver: func(_ context.Context, e event.Event) error {
			m.redeliver(e)
			return nil
		},
		Consumer: func(*testing.T) <-chan event.Event {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.consumer = make(chan event.Event, 1000)
			return m.consumer
		},
		Cut:     m.cutAll,
		Largest: memoryLargest,
		Text:    m.fault == keepsText || m.fault == swallowsBinary,
		JSON:    m.fault == wrapsJSON || m.fault == roundsNumbers,
		Keyless: m.fault == wrapsJSON,
		Bad:     []string{"memory://here?bad"},
	}
	if m.fault == wrapsJSON {
		a.Unwrap = unwrap
	}
	if m.fault == promisesProducing || m.state {
		a.Send = (&memoryProducer{memory: m}).Send
	}
	if m.state {
		a.Delete = m.remove
	}
	return a
}

func (m *memory) produce(ctx context.Context) (harness.Producer, error) {
	if ctx.Err() != nil && m.fault != sendsWithEnded {
		return nil, ctx.Err()
	}
	if m.fault == promisesAnswers {
		return &memoryProducer{memory: m}, nil
	}
	return memoryAsker{&memoryProducer{memory: m}}, nil
}

// memoryAsker answers each event with itself.
type memoryAsker struct{ *memoryProducer }

func (a memoryAsker) Ask(ctx context.Context, e event.Event) (event.Event, harness.Receipt, error) {
	r, err := a.Send(ctx, e)
	return e, r, err
}

func (m *memory) check(u *url.URL) (harness.Traits, error) {
	if m.fault == givesSecretsAway && u.RawQuery != "" {
		return harness.Traits{}, fmt.Errorf("bad address %s", u)
	}
	if _, err := harness.Parameters(u); err != nil && m.fault != acceptsAnything {
		return harness.Traits{}, err
	}
	return harness.Traits{
		Ordered: true, Stamped: true, Headers: true, Exact: m.fault != provesByCanaries && m.fault != hidesCanaries,
		Replay: m.remembers(), Resume: !m.state, State: m.state, Keyed: m.state, Answers: !m.state, Produce: true,
		Listen: true,
	}, nil
}

func (m *memory) listen(ctx context.Context, s harness.Sink) (harness.Listener, error) {
	if ctx.Err() != nil && m.fault != ignoresContext {
		return nil, ctx.Err()
	}
	l := &memoryEar{
		memory: m, sink: s, done: make(chan struct{}),
		arrived: sync.NewCond(&m.mu), watched: make(map[string]bool), opening: ctx,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l.name = m.make()
	l.skip = m.fault == missesFirst || m.fault == missesSeldom && m.server.listeners%50 == 0
	if m.fault == replaysOld {
		for _, e := range m.sent {
			l.queue = append(l.queue, delivery{Event: e})
		}
	}
	if at, goesOn := harness.PositionOf(ctx); goesOn {
		if err := l.goOn(at); err != nil {
			return nil, err
		}
	}
	if m.fault == inventsGaps {
		s.Gap(time.Now(), time.Now(), nil)
	}
	if m.fault == leaks {
		go leak()
	}
	m.ears = append(m.ears, l)
	go l.deliver()
	if m.fault == hasNoPosition {
		return struct{ harness.Listener }{l}, nil
	}
	return memoryWaiter{l}, nil
}

// leak never returns.
func leak() { select {} }

type memoryProducer struct {
	memory *memory
	mu     sync.Mutex
	closed bool
}

func (p *memoryProducer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed && p.memory.fault != acceptsClosed {
		return harness.Receipt{}, harness.ErrClosed
	}
	if ctx.Err() != nil && p.memory.fault != sendsWithEnded {
		return harness.Receipt{}, ctx.Err()
	}
	if len(e.Body) > memoryLargest {
		if accepted, err := p.memory.large(e); !accepted || err != nil {
			return harness.Receipt{}, err
		}
	}
	if p.memory.duplicate(e) {
		if p.memory.fault == swallowsInSilence {
			return harness.Receipt{}, nil
		}
		return harness.Receipt{Swallowed: "it is a duplicate"}, nil
	}
	if ok := p.memory.suits(e.Body); !ok {
		return harness.Receipt{}, errors.New("no such body goes through")
	}
	r := harness.Receipt{ID: p.memory.put(e), Left: time.Now()}
	switch p.memory.fault {
	case misnamesDeliveries:
		r.ID += "0"
	case leavesLate:
		r.Left = r.Left.Add(time.Minute)
	case swallowsAll:
		r.Swallowed = "it is a duplicate"
	}
	return r, nil
}

func (m *memory) suits(body []byte) bool {
	var fields map[string]any
	switch m.fault {
	case keepsText:
		return len(body) > 0 && utf8.Valid(body) && !bytes.ContainsAny(body, "\x00\x1b")
	case wrapsJSON, roundsNumbers:
		return json.Unmarshal(body, &fields) == nil
	default:
		return true
	}
}

// unwrap undoes what wrapsJSON does.
func unwrap(body []byte) []byte {
	var envelope struct {
		Time   time.Time       `json:"time"`
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.Detail == nil {
		return body
	}
	return envelope.Detail
}

func (p *memoryProducer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

// memoryLargest is how many bytes a body may have.
const memoryLargest = 2 * megabyte

// large is what becomes of an event that is too large: it is refused, or dropped, or accepted all the same.
func (m *memory) large(e event.Event) (accepted bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	const little = 1000
	switch size := len(e.Body); {
	case m.fault == swallowsLarge, m.fault == dropsLargest && size <= memoryLargest+little:
		return false, nil
	case m.fault == cutsLargest && size <= memoryLargest*3/2:
		return true, nil
	}
	if m.fault == chokesOnLarge {
		m.cut = true
	}
	return false, errors.New("too large")
}

// put makes e appear, and returns the identity of its delivery.
func (m *memory) put(e event.Event) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holds() && len(m.server.open) > 0 {
		m.server.held = append(m.server.held, e)
		return ""
	}
	return m.store(e)
}

// store has an event appear. memory.mu is held.
func (m *memory) store(e event.Event) string {
	n := m.trimmed + len(m.sent) + 1
	switch e.ID = fmt.Sprintf("%d:%d", m.server.remade, n); m.fault {
	case identifiesByBody:
		e.ID = string(e.Body)
	case identifiesByPlace:
		e.ID = fmt.Sprint(n)
	}
	e.Stamp = time.Now()
	switch m.fault {
	case stampsWrong:
		e.Stamp = e.Stamp.Add(-time.Hour)
	case stampsNot:
		e.Stamp = time.Time{}
	case losesKeys:
		e.Key = ""
	case losesHeaders:
		e.Headers = nil
	case joinsValues:
		e = e.Clone()
		for name, values := range e.Headers {
			e.Headers[name] = []string{strings.Join(values, ", ")}
		}
	case wrapsJSON:
		e.Body = fmt.Appendf(nil, `{"time":"2026-03-01T12:00:00Z","detail":%s}`, e.Body)
	case roundsNumbers:
		e.Body = bytes.ReplaceAll(e.Body, []byte("1.0"), []byte("2"))
	case swallowsBinary:
		if !utf8.Valid(e.Body) {
			return e.ID
		}
	case trimsBodies:
		e.Body = bytes.TrimSpace(e.Body)
	case cutsBodies:
		e.Body = e.Body[:min(len(e.Body), megabyte/2)]
	case cutsLargest:
		e.Body = e.Body[:min(len(e.Body), memoryLargest*5/4)]
	case cutsHeaders:
		if len(e.Headers) > 1000 {
			e.Headers = nil
		}
	}
	m.sent = append(m.sent, e)
	m.keep(e)
	m.items[e.Key] = memoryItem{event: e, there: true}
	if m.consumer != nil && (m.fault != steals || n%2 == 0) {
		m.consumer <- e.Clone()
	}
	if m.fault == drops && n%100 == 0 {
		return e.ID
	}
	for i, l := range m.ears {
		if m.fault != sharesWork || n%len(m.ears) == i {
			l.offer(e, n)
		}
	}
	return e.ID
}

func (m *memory) redeliver(e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sent {
		if bytes.Equal(s.Body, e.Body) {
			if m.fault == redeliversAnew {
				s.ID += "-again"
			}
			for _, l := range m.ears {
				l.offer(s, 0)
			}
			return
		}
	}
}

func (l *memoryEar) offer(e event.Event, n int) {
	fault := l.memory.fault
	if l.skip {
		l.skip = false
		return
	}
	if fault == diesWithContext && l.opening.Err() != nil {
		return
	}
	if l.closed && fault == capturesClosed {
		l.sink.Capture(e.Clone())
	}
	if l.memory.cut || l.closed {
		return
	}
	if l.ignored > 0 {
		l.ignored--
		return
	}
	if harness.CanaryID(event.Event{Headers: e.Headers, Body: unwrap(e.Body)}) != "" && fault != capturesCanaries {
		return
	}
	if l.memory.state && !l.watched[e.Key] {
		return
	}
	if fault == seesOnce {
		delete(l.watched, e.Key)
	}
	if fault != sharesBytes {
		e = e.Clone()
	}
	if fault == swaps && n%10 == 9 {
		l.held = &e
		return
	}
	l.queue = append(l.queue, delivery{Event: e})
	if fault == doubles && n%100 == 0 {
		again := e.Clone()
		again.ID += "-again"
		l.queue = append(l.queue, delivery{Event: again})
	}
	if l.held != nil {
		l.queue, l.held = append(l.queue, delivery{Event: *l.held}), nil
	}
	l.arrived.Broadcast()
}

func (l *memoryEar) deliver() {
	defer close(l.done)
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	for {
		for len(l.queue) == 0 && !l.closed {
			l.arrived.Wait()
		}
		if l.closed {
			return
		}
		e := l.queue[0]
		if l.memory.fault == sharesBytes { // under the lock, or the race detector would tell before the suite does
			l.queue = l.queue[1:]
			l.sink.Capture(e.Event)
			continue
		}
		l.queue, l.busy = l.queue[1:], true
		l.memory.mu.Unlock()
		if slow := slices.Contains([]fault{syncsBlindly, syncsKeysBlindly, deliversWithDelays}, l.memory.fault); slow &&
			e.Stamp.Nanosecond()%8 == 0 || l.memory.fault == losesTrimmed {
			<-time.After(time.Millisecond)
		}
		e.Seen = time.Now()
		if l.memory.fault == seesEarly {
			e.Seen = e.Seen.Add(-time.Minute)
		}
		l.tellOf(e)
		l.memory.mu.Lock()
		l.busy = false
		l.arrived.Broadcast()
	}
}

func (l *memoryEar) Sync(ctx context.Context) error {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	fault := l.memory.fault
	switch {
	case ctx.Err() != nil && fault == hangs:
		l.memory.mu.Unlock()
		<-l.done
		l.memory.mu.Lock()
	case ctx.Err() != nil && fault != ignoresContext:
		return ctx.Err()
	case l.closed && fault != syncsClosed:
		return harness.ErrClosed
	case l.memory.cut && fault != hidesCuts:
		l.asked = true
		return errors.New("the connection is down")
	case len(l.memory.server.open) > 0 && fault == holdsBehindTransactions:
		return errors.New("a transaction is open")
	}
	if fault == repeatsDeletions {
		l.repeatDeletions()
	}
	for fault != syncsBlindly && (len(l.queue) > 0 || l.busy) && !l.closed {
		l.arrived.Wait()
	}
	l.tell()
	return nil
}

// tell sends a canary, which comes back at once. memory.mu is held.
func (l *memoryEar) tell() {
	sent := time.Now()
	c := harness.Canary("memory")
	c.Stamp, c.Seen = time.Now(), time.Now()
	switch l.memory.fault {
	case hidesCanaries:
		return
	case stampsNoCanaries:
		c.Stamp = time.Time{}
	case datesCanariesOff:
		sent = sent.Add(-time.Hour)
	case skewsCanaries:
		c.Stamp = c.Stamp.Add(time.Minute)
	}
	if l.memory.fault == leavesCanaries {
		l.memory.keep(c)
	}
	l.sink.Canary(c, sent)
}

func (l *memoryEar) Close() error {
	l.memory.mu.Lock()
	again := l.closed
	l.closed = true
	l.arrived.Broadcast()
	fault := l.memory.fault
	if fault != leavesItsPlace {
		delete(l.memory.server.made, l.name)
	}
	l.memory.mu.Unlock()
	<-l.done
	if again && fault == failsSecondClose {
		return errors.New("it is closed already")
	}
	return nil
}

// cutAll cuts every listener off until mend.
func (m *memory) cutAll() (mend func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut, m.cutSince = true, time.Now()
	since := m.trimmed + len(m.sent)
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.cut = m.fault == staysCut
		for _, l := range m.ears {
			if m.remembers() {
				l.catchUp(since)
				continue
			}
			if m.fault != hidesCuts && (m.fault != hidesShortCuts || l.asked) {
				l.sink.Gap(m.cutSince, time.Now(), errors.New("the connection was down"))
			}
			l.asked = false
		}
	}
}
