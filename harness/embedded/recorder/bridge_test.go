package recorder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/recorder"
)

func TestWhatIsPublishedIsRecordedAsItWas(t *testing.T) {
	l := newLab(t)
	before := time.Now()
	b := l.open(t, "audit log", "audit.*")
	defer closeBridge(t, b)
	m := &nats.Msg{Subject: "audit.login", Data: []byte(`{"who":"a"}`),
		Header: nats.Header{"type": {"login"}, "via": {"web", "app"}}}
	if err := l.conn.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	e := l.await(t, 1)[0]
	if e.ID != "HARKEN_AUDIT-LOG:1" || e.Key != "audit.login" || string(e.Body) != `{"who":"a"}` ||
		!slices.Equal(e.Headers["type"], []string{"login"}) || !slices.Equal(e.Headers["via"], []string{"web", "app"}) {
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
		l.publish(t, "orders.shipped",
			event.Event{Headers: event.Headers(map[string]string{harness.CanaryHeader: fmt.Sprint(i)})})
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
	if err := b.close(l.ctx); err == nil || err.Error() != "unrecorded events: 1: throttled" {
		t.Errorf("got %v", err)
	}
	if _, err := l.js.Stream(l.ctx, b.stream); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the stream is still there: %v", err)
	}
}

func TestCloseDoesNotWaitForWhatIsUnderWay(t *testing.T) {
	l := newLab(t)
	writing := make(chan struct{})
	endless := func(ctx context.Context, _ string, _ []recorder.Entry) error {
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
	js, err := l.conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	b := &bridge{channel: "shipments", stream: streamName("shipments"), conn: l.conn, js: js, witness: newWitness()}
	if err := b.createStream(l.ctx, "orders.shipped"); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		l.publish(t, "orders.shipped", event.Event{Body: fmt.Append(nil, i)})
	}
	for sequence := range uint64(3) { // as a stream does that is full
		err := poll.Until(l.ctx, func(context.Context) error { return js.DeleteMsg(b.stream, sequence+1) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if b.feed, err = js.SubscribeSync("", nats.BindStream(b.stream), nats.OrderedConsumer()); err != nil {
		t.Fatal(err)
	}
	const want = "stream HARKEN_SHIPMENTS: events 1 to 3 were dropped before they could be recorded: nothing is " +
		"recorded from there on"
	if err := b.run(l.ctx, l.write); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	if len(l.written) != 0 {
		t.Errorf("written: %+v", l.written)
	}
}

func TestAFeedThatEndedEndsTheChannel(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	if err := b.feed.Unsubscribe(); err != nil { // as the client does when it finds no stream any more
		t.Fatal(err)
	}
	select {
	case <-b.done:
	case <-l.ctx.Done():
		t.Fatal("the bridge goes on")
	}
	if err := b.close(l.ctx); err == nil || err.Error() != "stream HARKEN_SHIPMENTS: nats: invalid subscription" {
		t.Errorf("got %v", err)
	}
}

func TestAConnectionThatComesBackLosesNothing(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	for i := range 3 {
		if err := b.conn.ForceReconnect(); err != nil {
			t.Fatal(err)
		}
		l.publish(t, "orders.shipped", event.Event{Body: fmt.Append(nil, i)})
	}
	for i, e := range l.await(t, 3) {
		if string(e.Body) != fmt.Sprint(i) {
			t.Errorf("event %d is %s", i, e.Body)
		}
	}
}

// What a stream drops was published all the same: each way to have it dropped is one that a subsystem may use.
func TestWhatTheStreamDoesNotKeepIsRecordedAllTheSame(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	many := nats.Header{}
	for i := range 10_000 {
		many.Set(fmt.Sprintf("X-%d", i), "x")
	}
	for i, header := range []nats.Header{
		{"Nats-Msg-Id": {"m-1"}}, {"Nats-Msg-Id": {"m-1"}}, {"Nats-Msg-Id": {"m-1"}},
		{"Nats-Expected-Stream": {"ORDERS"}}, {"Nats-Expected-Last-Sequence": {"77"}},
		{"Nats-Expected-Last-Msg-Id": {"other"}},
		{"Nats-Rollup": {"all"}}, {"Nats-TTL": {"1h"}}, {"Nats-Incr": {"+1"}},
		{"Nats-Batch-Id": {"b"}, "Nats-Batch-Sequence": {"1"}}, {"Nats-Stream-Source": {"X 1 > >"}}, many,
	} {
		if err := l.conn.PublishMsg(&nats.Msg{Subject: "orders.shipped", Header: header, Data: []byte("same")}); err != nil {
			t.Fatal(err)
		}
		l.publish(t, CanarySubject("shipments"), harness.Canary(fmt.Sprint(i)))
		written := l.await(t, 2*i+2)
		if e := written[2*i]; string(e.Body) != "same" || len(e.Headers) != len(header) {
			t.Errorf("%v: recorded is %+v, before its canary", header, e)
		}
		if id := harness.CanaryID(written[2*i+1]); id != fmt.Sprint(i) {
			t.Errorf("%v: no canary behind it, got %+v", header, written[2*i+1])
		}
	}
	ids := map[string]bool{}
	for _, e := range l.entries {
		if ids[e.Event.ID] {
			t.Errorf("two are %s", e.Event.ID)
		}
		ids[e.Event.ID] = true
		if e.Gap != "" {
			t.Errorf("got the gap %q", e.Gap)
		}
	}
	// no stream of the recorder is called ORDERS, and on a slow machine a window of 100 ms is over sooner
	if e := l.entries[6]; !e.Handled {
		t.Errorf("what the stream has not stamped has a stamp: got %+v", e)
	}
}

func TestWhatTheStreamDoesNotKeepIsRecordedSoonAlsoWithoutACanary(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	for range 2 {
		if err := l.conn.PublishMsg(&nats.Msg{Subject: "orders.shipped",
			Header: nats.Header{"Nats-Msg-Id": {"m-1"}}}); err != nil {
			t.Fatal(err)
		}
	}
	l.await(t, 2)
}

func TestACanaryBehindALostConnectionComesWithAGap(t *testing.T) {
	l := newLab(t)
	b := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, b)
	before := time.Now()
	l.publish(t, CanarySubject("shipments"), harness.Canary("before"))
	l.await(t, 1)
	if err := b.conn.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	l.publish(t, CanarySubject("shipments"), harness.Canary("behind"))
	l.await(t, 3)
	gap := l.entries[1]
	if l.entries[0].Gap != "" || !strings.Contains(gap.Gap, "the connection of the recorder to its server was lost") ||
		gap.Span <= 0 || gap.Span > time.Since(before) {
		t.Errorf("got %+v", l.entries)
	}
	if id := harness.CanaryID(l.entries[2].Event); id != "behind" {
		t.Errorf("got %+v behind the gap", l.entries[2])
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

func TestAStreamThatAKilledRunHasLeftBehindIsReplaced(t *testing.T) {
	l := newLab(t)
	killed := l.open(t, "shipments", "orders.shipped")
	killed.conn.Close()
	killed.cancel(nil)
	<-killed.done
	l.publish(t, "orders.shipped", event.Event{Body: []byte("from before")})
	if err := l.conn.Flush(); err != nil { // or the server might have it only when the next one is there
		t.Fatal(err)
	}
	next := l.open(t, "shipments", "orders.shipped")
	defer closeBridge(t, next)
	l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	if written := l.await(t, 1); string(written[0].Body) != "1" {
		t.Errorf("got %s", written[0].Body)
	}
}

// For a moment the server takes a recorder that was killed for one that is there.
func TestARecorderThatDoesNotAnswerAtFirstIsAskedAgain(t *testing.T) {
	l := newLab(t)
	killed := l.open(t, "shipments", "orders.shipped")
	killed.conn.Close()
	killed.cancel(nil)
	<-killed.done
	dying, err := l.conn.SubscribeSync(aliveSubject("shipments"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dying.AutoUnsubscribe(1); err != nil { // it hears one question, and is gone
		t.Fatal(err)
	}
	if err := l.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	closeBridge(t, l.open(t, "shipments", "orders.shipped"))
}

func TestAStreamOfTheSameNameThatIsNoRecordersStays(t *testing.T) {
	l := newLab(t)
	if _, err := l.js.CreateStream(l.ctx, jetstream.StreamConfig{Name: "HARKEN_SHIPMENTS",
		Subjects: []string{"something.else"}, Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	if _, err := open(l.ctx, "shipments", source{server: l.server.URL(), subject: "orders.shipped"},
		l.write); !errors.Is(err, nats.ErrStreamNameAlreadyInUse) {
		t.Errorf("got %v", err)
	}
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
	if _, err := open(l.ctx, "shipments", source{server: server, subject: "orders.shipped"}, l.write); err == nil ||
		!strings.HasPrefix(err.Error(), "nats: ") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatIsCloseTogetherIsWrittenInAnyOrder(t *testing.T) {
	for _, c := range []struct {
		why    string
		stamps []time.Duration
		want   int
	}{
		{"one event is a batch", []time.Duration{0}, 1},
		{"a burst is a batch", []time.Duration{0, 1, 2, maxSpan}, 4},
		{"a listener may have moved on from the first to the third", []time.Duration{0, maxSpan, maxSpan + 1}, 2},
		{"a single late event waits", []time.Duration{0, time.Minute, time.Minute}, 1},
	} {
		var entries []recorder.Entry
		for _, stamp := range c.stamps {
			entries = append(entries, recorder.Entry{Event: event.Event{Stamp: time.Unix(0, 0).Add(stamp)}})
		}
		if got := together(entries); got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
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
