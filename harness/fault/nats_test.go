// A plan over a real broker, in real time.

package fault

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	localnats "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/nats"
)

// broker starts a server with the stream EVENTS, which takes the subjects below stored.
func broker(t *testing.T) *localnats.Server {
	t.Helper()
	s, err := localnats.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := natsgo.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream := jetstream.StreamConfig{Name: "EVENTS", Subjects: []string{"stored.>"}, Storage: jetstream.MemoryStorage}
	if _, err := js.CreateStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformanceOverABroker(t *testing.T) {
	s := broker(t)
	table := (&Plan{Faults: []Fault{Drop().Rate(0), SkewStamps(0), Throttle(0)}}).Table(harness.Table{nats.Transport()})
	// A stream keeps no more than 64 KB of headers.
	for form, mostHeaders := range map[string]int{"nats://%s/plain.%d": 0, "nats://%s/stored.%d?stream=EVENTS": 4000} {
		t.Run(form, func(t *testing.T) {
			number := 0
			harnesstest.Run(t, harnesstest.Subject{Transport: table[0], Address: func(*testing.T) harnesstest.Address {
				number++
				u := address(fmt.Sprintf(form, s.Addr(), number))
				return harnesstest.Address{URL: u, Key: u.Path[1:], MostHeaders: mostHeaders}
			}})
		})
	}
}

// TestTheTimesOfWhatIsDelayedAgreeOverABroker asks only for what holds however slow the machine is.
func TestTheTimesOfWhatIsDelayedAgreeOverABroker(t *testing.T) {
	const by, leeway = 20 * time.Millisecond, time.Millisecond
	u := address(fmt.Sprintf("nats://%s/stored.x?stream=EVENTS", broker(t).Addr()))
	plan := &Plan{Faults: []Fault{Delay(by)}}
	got := make(captures, 10)
	sent := pass(t, plan.Table(harness.Table{nats.Transport()}), u, got)
	for range cap(got) {
		e := <-got
		at := sent[string(e.Body)].Add(by)
		if e.Seen.Before(at) || e.Stamp.Add(leeway).Before(at.Round(0)) || e.Stamp.Add(-leeway).After(e.Seen.Round(0)) {
			t.Errorf("%s: seen %s and stamped %s after it appeared at the earliest", e.Body, e.Seen.Sub(at),
				e.Stamp.Sub(at.Round(0)))
		}
	}
	for _, a := range plan.Truth() {
		if at := sent[string(a.Event.Body)].Add(by); a.At.Before(at) {
			t.Errorf("%s appeared %s too early", a.Event.Body, at.Sub(a.At))
		}
	}
}

// pass sends as many events as got takes, returns when each was sent, and leaves the listener open for what is delayed.
func pass(t *testing.T, table harness.Table, u *url.URL, got captures) map[string]time.Time {
	t.Helper()
	l, err := table.Listen(t.Context(), u, got)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p, err := table.Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sent := make(map[string]time.Time)
	for n := range cap(got) {
		e := event.Event{Body: fmt.Append(nil, n)}
		sent[string(e.Body)] = time.Now()
		if _, err := p.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return sent
}

// captures is a sink with room for all that is sent.
type captures chan event.Event

func (c captures) Capture(e event.Event) { c <- e }
func (captures) Gone(string, time.Time)  {}

func (captures) Canary(event.Event, time.Time)   {}
func (captures) Gap(time.Time, time.Time, error) {}
