// What the tests of this package stand on: a channel in a bubble of virtual time, and a sink that notes what it is
// told.
package fault

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is where a test plays.
type stage struct {
	t      *testing.T
	plan   *Plan
	medium *memory.Medium
	table  harness.Table
	began  time.Time

	mu   sync.Mutex
	told []string
}

// play runs a test in virtual time, with a plan of these faults.
func play(t *testing.T, test func(s *stage), faults ...Fault) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, plan: &Plan{Seed: 1, Faults: faults}, began: time.Now()}
		s.medium = memory.New(func(_ string, e event.Event) { s.medium.Put("seen", e) })
		s.table = s.plan.Table(harness.Table{s.medium.Transport()})
		test(s)
	})
}

func address(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

// channel matches a channel of the stage, whatever its parameters.
func channel(name string) func(u *url.URL) bool {
	return func(u *url.URL) bool { return u.Host == name }
}

// listen opens a listener that is closed with the test.
func (s *stage) listen(text string) harness.Listener {
	s.t.Helper()
	l, err := s.table.Listen(s.t.Context(), address(text), notes{s, address(text).Host})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { l.Close() })
	return l
}

func (s *stage) produce(text string) harness.Producer {
	s.t.Helper()
	p, err := s.table.Produce(s.t.Context(), address(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { p.Close() })
	return p
}

// put has events appear, a second after each other.
func (s *stage) put(channel string, bodies ...string) {
	for _, body := range bodies {
		s.medium.Put(channel, event.Event{Body: []byte(body)})
		wait(time.Second)
	}
}

func (s *stage) send(p harness.Producer, body string) error {
	_, err := p.Send(s.t.Context(), event.Event{Body: []byte(body)})
	return err
}

func (s *stage) sync(l harness.Listener, within time.Duration) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	return l.Sync(ctx)
}

func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// at writes a time as the seconds since the stage began.
func (s *stage) at(t time.Time) string { return fmt.Sprintf("%+gs", t.Sub(s.began).Seconds()) }

func (s *stage) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, fmt.Sprintf(format, args...))
}

// wants fails the test unless the sinks were told exactly this.
func (s *stage) wants(want ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.told, want) {
		s.t.Errorf("told:\n  %s\nwant:\n  %s", strings.Join(s.told, "\n  "), strings.Join(want, "\n  "))
	}
}

// wantsTruth fails the test unless this truly appeared.
func (s *stage) wantsTruth(want ...string) {
	s.t.Helper()
	var got []string
	for _, a := range s.plan.Truth() {
		got = append(got, fmt.Sprintf("%s %s %s", s.at(a.At), a.URL.Host, a.Event.Body))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("truth:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// wantsDeeds fails the test unless this was done.
func (s *stage) wantsDeeds(want ...string) {
	s.t.Helper()
	var got []string
	for _, d := range s.plan.Deeds() {
		got = append(got, s.at(d.At)+" "+d.String())
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("deeds:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// notes is a sink: each note says when it was made, and a capture or canary also when it was seen and stamped.
type notes struct {
	*stage
	channel string
}

func (n notes) Capture(e event.Event) {
	if !e.Seen.Equal(time.Now()) {
		n.t.Errorf("%s was captured %s and says that it was seen %s", e.Body, n.at(time.Now()), n.at(e.Seen))
	}
	n.note("%s %s %s%s %s", n.at(e.Seen), n.channel, e.ID, n.stamp(e), e.Body)
}

func (notes) Gone(string, time.Time) {}

func (n notes) Canary(e event.Event, sent time.Time) {
	n.note("%s %s canary%s sent %s", n.at(e.Seen), n.channel, n.stamp(e), n.at(sent))
}

func (n notes) Gap(from, to time.Time, cause error) {
	n.note("%s %s gap from %s to %s: %v", n.at(time.Now()), n.channel, n.at(from), n.at(to), cause)
}

func (n notes) stamp(e event.Event) string {
	if e.Stamp.IsZero() {
		return ""
	}
	said := " stamped " + n.at(e.Stamp)
	if e.Resolution > 0 {
		said += " (" + e.Resolution.String() + ")"
	}
	return said
}

func body(text string) event.Event { return event.Event{Body: []byte(text)} }
