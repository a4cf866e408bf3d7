// What a producer refuses, and what its word is worth when connections are cut.

package nats_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/nats"
)

func TestAProducerSaysWhyItCannotBeOpened(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"orders.>"}})
	for _, c := range []struct{ name, address, want string }{
		{"a wildcard", "nats://" + b.addr + "/orders.*", "nothing can be sent to the wildcard subject orders.*"},
		{"no such stream", "nats://" + b.addr + "/orders.placed?stream=NONE", `no stream "NONE"`},
		{"a subject of another stream", "nats://" + b.addr + "/x?stream=" + stream, "does not take x (it takes orders.>)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := nats.Transport().Produce(t.Context(), parse(t, c.address))
			wantError(t, err, c.want)
		})
	}
}

func TestWhatNATSCannotCarryIsRefused(t *testing.T) {
	b := startBroker(t)
	send := b.sender(t, "nats://"+b.addr+"/orders")
	for _, c := range []struct {
		name  string
		event event.Event
		want  string
	}{
		{"a key", event.Event{Key: "42"}, `key "42": an event in NATS has no key but its subject, orders`},
		{"a line break in a header", event.Event{Headers: event.Headers(map[string]string{"a": "b\nc"})},
			"header a: NATS keeps neither line breaks"},
		{"outer spaces in a header", event.Event{Headers: event.Headers(map[string]string{"a": " b"})},
			"header a: NATS keeps neither"},
		{"a header name with a colon", event.Event{Headers: event.Headers(map[string]string{"a:b": "c"})}, "header"},
		{"too many bytes", event.Event{Body: bytes.Repeat([]byte("x"), 2<<20)},
			"2097152 bytes are more than the server takes (1048576)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := send(t.Context(), c.event)
			wantError(t, err, c.want)
		})
	}
	for _, e := range []event.Event{{Key: "orders"}, {}, harness.Canary("1")} {
		if _, err := send(t.Context(), e); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

func TestAnEventThatWasCalledAcceptedIsThereEvenThroughCuts(t *testing.T) {
	b := startBroker(t)
	for _, c := range []struct{ name, stream string }{
		{"core", ""},
		{"stream", b.stream(t, jetstream.StreamConfig{})},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := b.address(t, c.stream)
			direct := *a.URL
			direct.Host = b.addr
			l := listen(t, direct.String())
			send := b.sender(t, a.URL.String())
			accepted := sendThroughCuts(t, a.Cut, send)
			l.sync(t)
			seen, _ := l.look()
			there := make(map[string]bool)
			for _, e := range seen {
				there[string(e.Body)] = true
			}
			for _, body := range accepted {
				if !there[body] {
					t.Errorf("%s was called accepted, and never appeared", body)
				}
			}
		})
	}
}

// sendThroughCuts sends while the connection is cut again and again, and returns what Send returned nil for.
func sendThroughCuts(
	t *testing.T, cut func() (mend func()), send func(context.Context, event.Event) (harness.Receipt, error),
) (accepted []string) {
	t.Helper()
	const senders, each = 8, 40
	var mu sync.Mutex
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			for n := range each {
				body := fmt.Sprint(s, "-", n)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				if _, err := send(ctx, event.Event{Body: []byte(body)}); err == nil {
					mu.Lock()
					accepted = append(accepted, body)
					mu.Unlock()
				}
				cancel()
			}
		})
	}
	for range 5 {
		cut()()
		// The producer is back once it has sent something.
		if err := untilNil(t.Context(), func(ctx context.Context) error {
			_, err := send(ctx, event.Event{Body: []byte("back")})
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	sending.Wait()
	return accepted
}

func TestSendFailsAtOnceWhileTheConnectionIsDown(t *testing.T) {
	b := startBroker(t)
	for _, stream := range []string{"", b.stream(t, jetstream.StreamConfig{})} {
		a := b.address(t, stream)
		send := b.sender(t, a.URL.String())
		mend := a.Cut()
		err := untilNil(t.Context(), func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			if _, err := send(ctx, event.Event{}); err == nil || !strings.Contains(err.Error(), "the connection is down") {
				return fmt.Errorf("got %w, want that the connection is down", errors.Join(err, errors.New("or nothing")))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		mend()
	}
}

func TestPasswordsAndPermissionsAreUsedAndNotPrinted(t *testing.T) {
	addr := startGuarded(t)
	open := func(user, subject string) error {
		p, err := nats.Transport().Produce(t.Context(), parse(t, "nats://"+user+"@"+addr+"/"+subject))
		if err != nil {
			return err
		}
		defer p.Close()
		_, err = p.Send(t.Context(), event.Event{})
		return err
	}
	if err := open("ada:hunter2", "orders"); err != nil {
		t.Error(err)
	}
	wantError(t, open("ada:hunter2", "secrets"), "Permissions Violation")
	err := open("ada:hunter3", "orders")
	wantError(t, err, "Authorization Violation")
	if err != nil && strings.Contains(err.Error(), "hunter") {
		t.Errorf("the password is printed: %v", err)
	}
	_, err = nats.Transport().Listen(t.Context(), parse(t, "nats://ada:hunter2@"+addr+"/secrets"), &journal{})
	wantError(t, err, "Permissions Violation")
}

// startGuarded starts a server that knows one user, who may use one subject.
func startGuarded(t *testing.T) (addr string) {
	t.Helper()
	only := &server.SubjectPermission{Allow: []string{"orders", "_INBOX.>"}}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		Users: []*server.User{{Username: "ada", Password: "hunter2",
			Permissions: &server.Permissions{Publish: only, Subscribe: only}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	return s.Addr().String()
}
