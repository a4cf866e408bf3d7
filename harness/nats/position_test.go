// Listeners that go on where others were.

package nats_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// leave closes a listener, and returns its position as another process gets it.
func (l listening) leave(t *testing.T) (at harness.Position) {
	t.Helper()
	positioned, ok := l.Listener.(harness.Positioned)
	if !ok {
		t.Fatal("the listener has no position")
	}
	was, err := positioned.Position()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(was)
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// goOn opens a listener where another one was.
func goOn(t *testing.T, address string, at harness.Position) listening {
	t.Helper()
	j := &journal{}
	l, err := nats.Transport().Listen(harness.WithPosition(t.Context(), at), parse(t, address), j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return listening{l, j}
}

func TestAListenerGoesOnWhereAnotherOneWas(t *testing.T) {
	b := startBroker(t)
	for _, c := range []struct {
		name      string
		meanwhile func(t *testing.T, stream string)
		captured  string
		gaps      int
		cause     string
	}{
		{"messages came", func(t *testing.T, _ string) {
			b.publish(t, "mine.a", "one")
			b.publish(t, "others.a", "no")
			b.publish(t, "mine.a", "two")
		}, "one two after", 0, ""},
		{"messages came and went", func(t *testing.T, stream string) {
			discards[0].discard(t, b, stream)
		}, "kept after", 1, "discarded messages before they were read"},
		{"the stream was made anew", func(t *testing.T, stream string) {
			remake(t, b, stream)
			b.publish(t, "mine.a", "of the new one")
		}, "after", 1, "was made anew"},
		{"the stream was made anew and filled", func(t *testing.T, stream string) {
			remake(t, b, stream)
			for range 9 {
				b.publish(t, "mine.a", "of the new one")
			}
		}, "after", 1, "was made anew"},
		{"what was read is gone", func(t *testing.T, stream string) {
			s, err := b.js.Stream(t.Context(), stream)
			if err == nil {
				err = s.DeleteMsg(t.Context(), 1)
			}
			if err != nil {
				t.Fatal(err)
			}
			b.publish(t, "mine.a", "one")
		}, "one after", 1, "nobody can tell whether it was restored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"mine.>", "others.>"}})
			defer func() { _ = b.js.DeleteStream(t.Context(), stream) }()
			address := "nats://" + b.addr + "/mine.>?stream=" + stream
			l := listen(t, address)
			b.publish(t, "mine.a", "read")
			l.sync(t)
			at := l.leave(t)
			c.meanwhile(t, stream)
			again := goOn(t, address, at)
			b.publish(t, "mine.a", "after")
			again.sync(t)
			again.wantGaps(t, c.gaps, c.cause)
			seen, _ := again.look()
			var bodies []string
			for _, e := range seen {
				bodies = append(bodies, string(e.Body))
			}
			if got := strings.Join(bodies, " "); got != c.captured {
				t.Errorf("captured %s, want %s", got, c.captured)
			}
		})
	}
}

// remake deletes a stream, and makes it again.
func remake(t *testing.T, b *broker, stream string) {
	t.Helper()
	s, err := b.js.Stream(t.Context(), stream)
	if err == nil {
		err = b.js.DeleteStream(t.Context(), stream)
	}
	if err == nil {
		_, err = b.js.CreateStream(t.Context(), s.CachedInfo().Config)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPositionOfAnotherStreamIsRefused(t *testing.T) {
	b := startBroker(t)
	one, other := b.address(t, b.stream(t, jetstream.StreamConfig{})), b.address(t, b.stream(t, jetstream.StreamConfig{}))
	at := listen(t, one.URL.String()).leave(t)
	for _, p := range []harness.Position{at, {Place: json.RawMessage(`{}`)}} {
		_, err := nats.Transport().Listen(harness.WithPosition(t.Context(), p), other.URL, &journal{})
		wantError(t, err, "no place in stream STREAM-3")
		if !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("%v is no misconfiguration", err)
		}
	}
}

func TestWhatMayHaveBeenDiscardedIsLeftToWhoeverGoesOn(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"mine.>"}})
	p := proxy.Start(t, b.addr)
	address := "nats://" + p.Addr() + "/mine.>?stream=" + stream
	l := listen(t, address)
	mend := p.Cut()
	discards[0].discard(t, b, stream)
	mend()
	l.wait(t, 1)
	at := l.leave(t) // before any Sync has asked
	again := goOn(t, address, at)
	again.sync(t)
	again.wantGaps(t, 1, "discarded messages before they were read")
}
