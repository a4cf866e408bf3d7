// What the tests of this package stand on: a transport in memory, whose every delay and failure the test decides, and a
// scenario that plays in a bubble of virtual time.
package engine

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// medium carries events between a run and the system that a test plays.
type medium struct {
	// What the system and the network do, by channel; nil is a healthy one that does nothing.
	onSend  func(ctx context.Context, channel string, e event.Event) error
	onSync  func(ctx context.Context, channel string) error // set by syncing where a listener may prove itself meanwhile
	onOpen  func(ctx context.Context, channel string) error // a producer
	onAwait func(w harness.Wait)                            // a listener is told to look
	refused map[string]error                                // why a channel cannot be listened to
	bound   time.Duration                                   // that every listener's Sync rests on
	slow    map[string]time.Duration                        // ... and of some, that of their own
	left    bool                                            // a receipt says that the event left when onSend returned
	// why a body is not stored that was sent so often before; nil: it is
	swallow func(body string, before int) string

	mu    sync.Mutex
	sinks map[string]harness.Sink
	sent  []event.Event
	syncs []time.Time // when each Sync began
	waits []harness.Wait
}

func (m *medium) transport() harness.Transport {
	return harness.Transport{
		Scheme: "memory",
		Produce: func(ctx context.Context, u *url.URL) (harness.Producer, error) {
			if m.onOpen != nil {
				if err := m.onOpen(ctx, u.Host); err != nil {
					return nil, err
				}
			}
			return outlet{m, u.Host}, nil
		},
		Listen: func(_ context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			if err := m.refused[u.Host]; err != nil {
				return nil, err
			}
			m.sinks[u.Host] = s
			return intake{m, u.Host}, nil
		},
	}
}

type outlet struct {
	*medium
	channel string
}

func (o outlet) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	o.mu.Lock()
	before := 0
	for _, sent := range o.sent {
		if string(sent.Body) == string(e.Body) {
			before++
		}
	}
	o.sent = append(o.sent, e)
	o.mu.Unlock()
	if o.swallow != nil {
		if why := o.swallow(string(e.Body), before); why != "" {
			return harness.Receipt{Swallowed: why}, nil
		}
	}
	var err error
	if o.onSend != nil {
		err = o.onSend(ctx, o.channel, e)
	}
	if !o.left {
		return harness.Receipt{}, err
	}
	return harness.Receipt{Left: time.Now()}, err
}

func (outlet) Close() error { return nil }

type intake struct {
	*medium
	channel string
}

func (i intake) Sync(ctx context.Context) error {
	i.mu.Lock()
	i.syncs = append(i.syncs, time.Now())
	sync := i.onSync
	i.mu.Unlock()
	if slow := i.slow[i.channel]; slow > 0 {
		wait(slow)
	}
	if sync == nil {
		return nil
	}
	return sync(ctx, i.channel)
}

// syncing changes what a Sync does from now on.
func (m *medium) syncing(sync func(ctx context.Context, channel string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onSync = sync
}

// canaries has a Sync tell of a canary that came back at once.
func (m *medium) canaries() func(ctx context.Context, channel string) error {
	return func(_ context.Context, channel string) error {
		now := time.Now()
		m.sink(channel).Canary(event.Event{Stamp: now, Seen: now}, now)
		return nil
	}
}

func (i intake) Await(w harness.Wait) func() {
	if i.onAwait != nil {
		i.onAwait(w)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.waits = append(i.waits, w)
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		one := slices.Index(i.waits, w) // of those that are told the same
		i.waits = slices.Delete(i.waits, one, one+1)
	}
}

func (intake) Close() error { return nil }

// Bound is how long after a canary an event may still come.
func (i intake) Bound() time.Duration { return max(i.bound, i.slow[i.channel]) }

// emit lets an event appear on a channel after a while, seen at once.
func (m *medium) emit(after time.Duration, channel string, e event.Event) {
	time.AfterFunc(after, func() { m.sink(channel).Capture(e) })
}

func (m *medium) sink(channel string) harness.Sink {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sinks[channel]
}

// waiting returns what the listeners were told and still holds.
func (m *medium) waiting() []harness.Wait {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.waits)
}

func (m *medium) lastSync() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.syncs) == 0 {
		return time.Time{}
	}
	return m.syncs[len(m.syncs)-1]
}

// bodies returns what was sent, as text.
func (m *medium) bodies() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.sent {
		all = append(all, string(e.Body))
	}
	return all
}

// ships is a system that ships each order after so long, to the shipments.
func (m *medium) ships(after time.Duration) func(context.Context, string, event.Event) error {
	return func(_ context.Context, channel string, e event.Event) error {
		id, _, _ := pattern.Read(e).Value("orderId", "")
		m.emit(after, "shipments", shippedEvent(id))
		return nil
	}
}

func shippedEvent(order string) event.Event {
	return event.Event{Body: []byte(`{"orderId": "` + order + `", "status": "SHIPPED"}`)}
}

// definitions returns what godog.yml of these tests would say.
func definitions(t testing.TB) Definitions {
	t.Helper()
	d := Definitions{
		Channels: map[string]Channel{}, Events: map[string]Event{}, Subsystems: map[string]Subsystem{}, SLA: 9 * time.Second,
		Audit: 10 * time.Second,
	}
	for name, traits := range map[string]harness.Traits{
		"orders":       {Produce: true, Listen: true},
		"shipments":    {Listen: true},
		"rejections":   {Listen: true},
		"dead-letters": {Listen: true},
		"stock":        {Listen: true, State: true, Keyed: true, Exact: true},
		"files":        {Listen: true, State: true},
	} {
		d.Channels[name] = Channel{Name: name, URL: &url.URL{Scheme: "memory", Host: name}, Traits: traits}
	}
	for _, e := range []Event{
		{Name: "order placed", Channel: "orders", Template: []byte(`{"orderId": "${id}", "sku": "SKU-1"}`)},
		{Name: "order cancelled", Channel: "orders", Template: []byte(`{"orderId": "${id}", "cancel": true}`)},
		{Name: "order shipped", Channel: "shipments", SLA: 3 * time.Second},
		{Name: "order rejected", Channel: "rejections"},
		{Name: "stock level", Channel: "stock"},
		{Name: "file", Channel: "files"},
	} {
		d.Events[e.Name] = e
	}
	d.Subsystems["fulfilment"] = Subsystem{
		Name: "fulfilment", Outputs: []string{"shipments", "rejections"}, SLA: 2 * time.Second,
	}
	return d
}

// stage is where one scenario plays.
type stage struct {
	*World
	t      *testing.T
	ctx    context.Context
	medium *medium
	run    *Run
	began  time.Time
}

// play lets a scenario play, all of whose channels are listened to.
func play(t *testing.T, scenario func(s *stage)) {
	t.Helper()
	playWith(t, definitions(t), &medium{}, scenario)
}

func playWith(t *testing.T, d Definitions, m *medium, scenario func(s *stage)) {
	t.Helper()
	playAt(t, d, m, nil, scenario)
}

// playAt is for channels that have other transports, too.
func playAt(t *testing.T, d Definitions, m *medium, others harness.Table, scenario func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m.sinks = make(map[string]harness.Sink)
		run := NewRun(d, append(others, m.transport()), DefaultLimits)
		channels := []string{"shipments", "rejections", "dead-letters", "stock", "files", "orders"}
		for _, c := range d.Channels {
			if c.Of != "" {
				channels = append(channels, c.Name)
			}
		}
		run.Listen(t.Context(), channels)
		scenario(&stage{World: run.New(channels), t: t, ctx: t.Context(), medium: m, run: run, began: time.Now()})
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	})
}

// step tells the world of a step with a table below it, given as rows of cells.
func (s *stage) step(given bool, table ...[]string) {
	s.At(Step{Given: given, Argument: Argument{Rows: table}})
}

func (s *stage) doc(text string) { s.At(Step{Argument: Argument{Doc: &text}}) }

func (s *stage) order(as string, table ...[]string) {
	s.t.Helper()
	s.step(false, table...)
	if err := s.Produce(s.ctx, Send{Event: "order placed", As: as}); err != nil {
		s.t.Fatal(err)
	}
}

// passes fails the test unless the expectation passes.
func (s *stage) passes(want Want, table ...[]string) {
	s.t.Helper()
	if got := s.judged(want, table...); got.Verdict != expect.Passed {
		s.t.Errorf("got %s: %s", got.Verdict, got.Reason)
	}
}

// judged returns what became of an expectation, whose error must agree.
func (s *stage) judged(want Want, table ...[]string) expect.Outcome {
	s.t.Helper()
	s.step(false, table...)
	before := len(s.Checks())
	err := s.Expect(s.ctx, want)
	if len(s.Checks()) == before {
		s.t.Fatalf("nothing was judged: %v", err)
	}
	o := s.Checks()[before].Outcome
	if failed := o.Verdict == expect.Failed; failed != (err != nil) {
		s.t.Errorf("%s, but the step's error is %v", o.Verdict, err)
	}
	return o
}

// took says how long the scenario has played.
func (s *stage) took() time.Duration { return time.Since(s.began) }

func wait(d time.Duration) { <-time.After(d) }

func aShipped(window string) Want {
	return Want{Event: "order shipped", Window: window, Least: 1, Most: expect.Unlimited}
}

func exactly(n int, name, window string) Want {
	return Want{Event: name, Window: window, Least: n, Most: n}
}
