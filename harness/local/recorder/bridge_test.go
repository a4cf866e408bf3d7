package recorder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	embedded "github.com/harken-bdd/harken/harness/local/nats"
	"github.com/harken-bdd/harken/support/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for before it says that it did not come.
const patience = time.Minute

// lab is a server, a connection to it, and what was written.
type lab struct {
	ctx    context.Context
	server *embedded.Server
	conn   *nats.Conn
	js     jetstream.JetStream

	mu      sync.Mutex
	fail    error         // what a write fails with, if it fails
	written []event.Event // in the order of the writes
	changed chan struct{} // closed at the next write, whether it fails or not
}

func newLab(t *testing.T) *lab {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	server, err := embedded.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		conn.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &lab{ctx: ctx, server: server, conn: conn, js: js, changed: make(chan struct{})}
}

func (l *lab) write(_ context.Context, _ string, events []event.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	if l.fail == nil {
		l.written = append(l.written, events...)
	}
	return l.fail
}

func (l *lab) setFail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// awaitWrites returns once write was called n times more, whether it failed or not.
func (l *lab) awaitWrites(t *testing.T, n int) {
	t.Helper()
	for range n {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-l.ctx.Done():
			t.Fatal(l.ctx.Err())
		}
	}
}

// await returns the first n events that were written.
func (l *lab) await(t *testing.T, n int) []event.Event {
	t.Helper()
	for {
		l.mu.Lock()
		written, changed := l.written, l.changed
		l.mu.Unlock()
		if len(written) >= n {
			return written
		}
		select {
		case <-changed:
		case <-l.ctx.Done():
			t.Fatalf("%d of %d events were written", len(written), n)
		}
	}
}

// open returns a bridge whose writes go to the lab.
func (l *lab) open(t *testing.T, channel, subject string) *bridge {
	t.Helper()
	b, err := open(l.ctx, channel, source{server: l.server.URL(), subject: subject}, l.write)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (l *lab) publish(t *testing.T, subject string, e event.Event) {
	t.Helper()
	m := &nats.Msg{Subject: subject, Data: e.Body, Header: nats.Header{}}
	for name, value := range e.Headers {
		m.Header.Set(name, value)
	}
	if err := l.conn.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
}

func closeBridge(t *testing.T, b *bridge) {
	t.Helper()
	if err := b.close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsPublishedIsRecordedAsItWas(t *testing.T) {
	l := newLab(t)
	before := time.Now()
	b := l.open(t, "audit log", "audit.*")
	defer closeBridge(t, b)
	m := &nats.Msg{Subject: "audit.login", Data: []byte(`{"who":"a"}`), Header: nats.Header{"type": {"login"}, "via": {"web", "app"}}}
	if err := l.conn.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	e := l.await(t, 1)[0]
	if e.ID != "HARKEN_AUDIT-LOG:1" || e.Key != "audit.login" || string(e.Body) != `{"who":"a"}` ||
		e.Headers["type"] != "login" || e.Headers["via"] != "web, app" {
		t.Errorf("got %+v", e)
	}
	if e.Stamp.Before(before) || e.Stamp.After(time.Now()) {
		t.Errorf("stamped %s, and it was published after %s", e.Stamp, before)
	}
}

func TestEventsAndCanariesKeepOneOrder(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	const n = 2_000
	for i := range n {
		if i%100 == 50 {
			l.publish(t, CanarySubject("shipments"), harness.Canary(fmt.Sprint(i)))
			continue
		}
		l.publish(t, "orders.shipped", event.Event{Headers: map[string]string{harness.CanaryHeader: fmt.Sprint(i)}})
	}
	for i, e := range l.await(t, n) {
		if got := harness.CanaryID(e); got != fmt.Sprint(i) {
			t.Fatalf("event %d is %s", i, got)
		}
	}
}

func TestWhatCouldNotBeWrittenIsTriedAgainAndNothingPassesIt(t *testing.T) {
	l := newLab(t)
	l.setFail(errors.New("throttled"))
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	l.awaitWrites(t, 2)
	l.publish(t, CanarySubject("shipments"), harness.Canary("c"))
	l.awaitWrites(t, 1)
	l.setFail(nil)
	written := l.await(t, 2)
	if string(written[0].Body) != "1" || harness.CanaryID(written[1]) != "c" {
		t.Errorf("written in the order %+v", written)
	}
}

func TestCloseTellsWhatWasNotRecordedAndRemovesTheStream(t *testing.T) {
	l := newLab(t)
	l.setFail(errors.New("throttled"))
	b := l.open(t, "shipments", "orders.shipped")
	l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	l.awaitWrites(t, 2)
	if err := b.close(l.ctx); err == nil || err.Error() != "1 events were not recorded: throttled" {
		t.Errorf("got %v", err)
	}
	if _, err := l.js.Stream(l.ctx, b.stream); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the stream is still there: %v", err)
	}
}

func TestCloseDoesNotWaitForWhatIsUnderWay(t *testing.T) {
	l := newLab(t)
	writing := make(chan struct{})
	endless := func(ctx context.Context, _ string, _ []event.Event) error {
		close(writing)
		<-ctx.Done()
		return ctx.Err()
	}
	b, err := open(l.ctx, "shipments", source{server: l.server.URL(), subject: "orders.shipped"}, endless)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * maxBatch { // more than is read ahead
		l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	}
	<-writing
	closeBridge(t, b)
}

func TestDroppedEventsEndTheChannel(t *testing.T) {
	l := newLab(t)
	l.setFail(errors.New("throttled"))
	b := l.open(t, "shipments", "orders.shipped")
	l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	l.awaitWrites(t, 2)
	stream, err := l.js.Stream(l.ctx, b.stream)
	if err != nil {
		t.Fatal(err)
	}
	// More than is read ahead, so that there is still something to drop.
	const n = 20_000
	for range n {
		l.publish(t, "orders.shipped", event.Event{Body: []byte("2")})
	}
	if _, err := l.js.Publish(l.ctx, CanarySubject("shipments"), harness.Canary("c").Body); err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(l.ctx, jetstream.WithPurgeSequence(n+2)); err != nil {
		t.Fatal(err)
	}
	l.setFail(nil)
	select {
	case <-b.done:
	case <-l.ctx.Done():
		t.Fatal("the bridge goes on")
	}
	err = b.close(l.ctx)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("to %d were dropped before they could be recorded", n+1)) {
		t.Errorf("got %v", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.written {
		if harness.CanaryID(e) != "" {
			t.Error("a canary was written although something before it was not")
		}
	}
}

func TestASubjectThatAnotherStreamKeepsIsRefusedWithAWayOut(t *testing.T) {
	l := newLab(t)
	for stream, subject := range map[string]string{"ORDERS": "orders.>", "CANARIES": "harken.canary.returns"} {
		if _, err := l.js.CreateStream(l.ctx, jetstream.StreamConfig{Name: stream, Subjects: []string{subject}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ channel, subject, want string }{
		{"shipments", "orders.shipped", "subject orders.shipped is kept in the stream ORDERS already"},
		{"returns", "returned", "the stream CANARIES already"},
	} {
		_, err := open(l.ctx, c.channel, source{server: l.server.URL(), subject: c.subject}, l.write)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "listen to it directly") {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestTwoRunsDoNotShareAStream(t *testing.T) {
	l := newLab(t)
	first := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, first)
	_, err := open(l.ctx, "shipments", source{server: l.server.URL(), subject: "orders.shipped"}, l.write)
	if err == nil || !strings.Contains(err.Error(), "the stream HARKEN_SHIPMENTS exists: another run") {
		t.Errorf("got %v", err)
	}
	l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	l.await(t, 1)
}

func TestASecondPublishIsASecondEvent(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	for range 2 {
		l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	}
	if written := l.await(t, 2); written[0].ID == written[1].ID {
		t.Errorf("both are %s", written[0].ID)
	}
}

func TestALostServerIsSaidAtTheEnd(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	if err := l.server.Close(); err != nil {
		t.Fatal(err)
	}
	for b.conn.IsConnected() {
		select {
		case <-b.conn.StatusChanged(nats.RECONNECTING):
		case <-l.ctx.Done():
			t.Fatal("still connected")
		}
	}
	if err := b.close(l.ctx); err == nil || !strings.Contains(err.Error(), "HARKEN_SHIPMENTS was not removed") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatIsNotThereIsAnError(t *testing.T) {
	l := newLab(t)
	server := l.server.URL()
	if err := l.server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(l.ctx, "shipments", source{server: server, subject: "orders.shipped"}, l.write); err == nil || !strings.HasPrefix(err.Error(), "nats: ") {
		t.Errorf("got %v", err)
	}
}

func TestCanarySubjectsAreOneToken(t *testing.T) {
	for channel, want := range map[string]string{
		"shipments":    "harken.canary.shipments",
		"dead letters": "harken.canary.dead-letters",
		"a.b > *":      "harken.canary.a-b----",
	} {
		if got := CanarySubject(channel); got != want {
			t.Errorf("%s: got %s, want %s", channel, got, want)
		}
	}
}
