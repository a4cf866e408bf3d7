// What the conformance suite cannot know: streams that discard, disappear or are mirrors, and openings that fail.

package nats_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/nats"
)

func TestAStreamIsReadOnAfterALostConnectionWithoutAGap(t *testing.T) {
	b := startBroker(t)
	a := b.address(t, b.stream(t, jetstream.StreamConfig{}))
	l := listen(t, a.URL.String())
	send(t, a.Send, "before")
	mend := a.Cut()
	for i := range 50 {
		send(t, a.Send, fmt.Sprint(i))
	}
	mend()
	l.sync(t)
	seen, gaps := l.look()
	if len(gaps) > 0 {
		t.Errorf("reported a gap: %s", gaps)
	}
	if len(seen) != 51 {
		t.Fatalf("captured %d events, want 51", len(seen))
	}
	for i, e := range seen[1:] {
		if string(e.Body) != fmt.Sprint(i) {
			t.Fatalf("capture %d is %s", i, e.Body)
		}
	}
}

func TestWhatAStreamDiscardedUnreadIsAGap(t *testing.T) {
	b := startBroker(t)
	a := b.address(t, b.stream(t, jetstream.StreamConfig{MaxMsgs: 10}))
	l := listen(t, a.URL.String())
	mend := a.Cut()
	for range 50 {
		send(t, a.Send, "lost or not")
	}
	mend()
	l.sync(t)
	if _, gaps := l.look(); len(gaps) != 1 {
		t.Errorf("%d gaps were reported, want 1", len(gaps))
	}
	l.sync(t)
	if _, gaps := l.look(); len(gaps) != 1 {
		t.Error("the same gap was reported again")
	}
}

func TestWhatAStreamDiscardedAfterItWasReadIsNoGap(t *testing.T) {
	b := startBroker(t)
	a := b.address(t, b.stream(t, jetstream.StreamConfig{MaxMsgs: 10}))
	l := listen(t, a.URL.String())
	for range 30 {
		for range 5 {
			send(t, a.Send, "read")
		}
		l.sync(t)
	}
	if seen, gaps := l.look(); len(seen) != 150 || len(gaps) > 0 {
		t.Errorf("captured %d events with the gaps %s, want 150 and none", len(seen), gaps)
	}
}

func TestOnlyTheSubjectOfTheAddressIsCapturedFromAStream(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"orders.>"}})
	placed := b.sender(t, "nats://"+b.addr+"/orders.placed?stream="+stream)
	paid := b.sender(t, "nats://"+b.addr+"/orders.eu.paid?stream="+stream)
	one := listen(t, "nats://"+b.addr+"/orders.placed?stream="+stream)
	all := listen(t, "nats://"+b.addr+"/orders.>?stream="+stream)
	for range 20 {
		send(t, placed, "placed")
		send(t, paid, "paid")
		one.sync(t)
		all.sync(t)
	}
	if seen, _ := one.look(); len(seen) != 20 ||
		slices.ContainsFunc(seen, func(e event.Event) bool { return e.Key != "orders.placed" }) {
		t.Errorf("captured %d events of orders.placed, want 20 and no others", len(seen))
	}
	seen, _ := all.look()
	if len(seen) != 40 || seen[1].Key != "orders.eu.paid" {
		t.Errorf("captured %d events of orders.>, want 40", len(seen))
	}
}

func TestTwoListenersGiveAStoredMessageTheSameID(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{})
	a := b.address(t, stream)
	first, second := listen(t, a.URL.String()), listen(t, a.URL.String())
	send(t, a.Send, "x")
	first.sync(t)
	second.sync(t)
	x, _ := first.look()
	y, _ := second.look()
	if want := stream + ":1"; len(x) != 1 || len(y) != 1 || x[0].ID != want || y[0].ID != want {
		t.Errorf("got %+v and %+v, want the id %s in both", x, y, want)
	}
}

func TestAConsumerThatSomebodyDeletesIsReplaced(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{})
	a := b.address(t, stream)
	l := listen(t, a.URL.String())
	for i := range 3 {
		s, err := b.js.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		for name := range s.ConsumerNames(t.Context()).Name() {
			if err := s.DeleteConsumer(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		send(t, a.Send, "x")
		l.sync(t)
		if seen, gaps := l.look(); len(seen) != i+1 || len(gaps) > 0 {
			t.Fatalf("captured %d events with the gaps %s, want %d and none", len(seen), gaps, i+1)
		}
	}
}

func TestAClosedListenerLeavesNoConsumerInTheStream(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{})
	l := listen(t, b.address(t, stream).URL.String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := b.js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.CachedInfo().State.Consumers; n != 0 {
		t.Errorf("%d consumers are left", n)
	}
}

func TestAMirrorHasNoStamps(t *testing.T) {
	b := startBroker(t)
	origin := b.stream(t, jetstream.StreamConfig{})
	a := b.address(t, origin)
	config := jetstream.StreamConfig{Name: "MIRROR", Mirror: &jetstream.StreamSource{Name: origin},
		Storage: jetstream.MemoryStorage}
	if _, err := b.js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	l := listen(t, "nats://"+b.addr+"/"+a.Key+"?stream=MIRROR")
	send(t, a.Send, "x")
	err := untilNil(t.Context(), func(context.Context) error {
		if seen, _ := l.look(); len(seen) == 0 {
			return errors.New("nothing was captured")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen, _ := l.look(); !seen[0].Stamp.IsZero() || seen[0].ID != "MIRROR:1" {
		t.Errorf("got %+v, want the id MIRROR:1 and no stamp", seen[0])
	}
}

func TestOpeningSaysWhyItFailed(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"orders.>"}})
	queue := b.stream(t, jetstream.StreamConfig{Retention: jetstream.WorkQueuePolicy})
	state := b.stream(t, jetstream.StreamConfig{MaxMsgsPerSubject: 1})
	for _, c := range []struct{ name, address, want string }{
		{"no server", "nats://user:secret@127.0.0.1:1/orders",
			"nats://user:xxxxx@127.0.0.1:1/orders: connect: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"no such stream", "nats://" + b.addr + "/orders.placed?stream=" + stream + "X",
			fmt.Sprintf("did you mean %q", stream)},
		{"a work queue", "nats://" + b.addr + "/" + strings.ToLower(queue) + "?stream=" + queue, "add tap=true"},
		{"a stream that keeps the last only", "nats://" + b.addr + "/" + strings.ToLower(state) + "?stream=" + state,
			"add tap=true"},
		{"a subject of another stream", "nats://" + b.addr + "/parcels.sent?stream=" + stream,
			"stores nothing under parcels.sent (it stores orders.>)"},
		{"a file that is not there", "nats://" + b.addr + "/orders?creds=nowhere.creds", "nowhere.creds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := nats.Transport().Listen(t.Context(), parse(t, c.address), &journal{})
			wantError(t, err, c.want)
		})
	}
}

func TestAServerThatSaysNothingDoesNotHoldTheOpeningUp(t *testing.T) {
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := silent.Accept()
		if err == nil {
			accepted <- conn
		}
		cancel(why)
	}()
	_, err = nats.Transport().Listen(ctx, parse(t, "nats://"+silent.Addr().String()+"/x"), &journal{})
	if !errors.Is(err, why) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	(<-accepted).Close()
}

func send(t *testing.T, send func(context.Context, event.Event) (harness.Receipt, error), body string) {
	t.Helper()
	if _, err := send(t.Context(), event.Event{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}
