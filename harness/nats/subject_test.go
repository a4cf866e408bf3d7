// What needs a look into a listener: messages that are dropped because the sink is slow.

package nats

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	local "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func TestMessagesThatComeTooFastAreAGap(t *testing.T) {
	s, err := local.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, err := parse(&url.URL{Scheme: "nats", Host: s.Addr(), Path: "/flood"})
	if err != nil {
		t.Fatal(err)
	}
	sink := &slowSink{release: make(chan struct{})}
	opened, err := listenSubject(t.Context(), a, newGate(sink))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	l := opened.(*subjectListener)
	if err := l.sub.SetPendingLimits(10, pendingBytes); err != nil {
		t.Fatal(err)
	}
	flood(t, s.URL(), 100)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = poll.Until(ctx, func(context.Context) error {
		if n, err := l.sub.Dropped(); n < 80 || err != nil {
			return errors.Join(errors.New("not dropped yet"), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	close(sink.release)
	for range 2 {
		if err := l.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	captured, gaps := sink.look()
	if captured > 20 || !strings.Contains(gaps, "messages came faster than they could be taken") {
		t.Errorf("captured %d of 100 messages with the gaps %q", captured, gaps)
	}
}

func flood(t *testing.T, server string, messages int) {
	t.Helper()
	conn, err := nats.Connect(server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range messages {
		if err := conn.Publish("flood", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
}

// slowSink takes nothing until it is released.
type slowSink struct {
	release chan struct{}

	mu       sync.Mutex
	captured int
	gaps     []string
}

var _ harness.Sink = (*slowSink)(nil)

func (s *slowSink) Capture(event.Event) {
	<-s.release
	s.mu.Lock()
	defer s.mu.Unlock()
	s.captured++
}

func (*slowSink) Gone(string, time.Time) {}

func (*slowSink) Canary(event.Event, time.Time) {}

func (s *slowSink) Gap(_, _ time.Time, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gaps = append(s.gaps, cause.Error())
}

func (s *slowSink) look() (captured int, gaps string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.captured, strings.Join(s.gaps, "; ")
}
