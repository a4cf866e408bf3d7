package harness_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// told is a sink that remembers what it was told of.
type told []string

func (s *told) Capture(e event.Event)             { *s = append(*s, "event "+e.Key) }
func (s *told) Gone(key string, _ time.Time)      { *s = append(*s, "gone "+key) }
func (s *told) Gap(_, _ time.Time, cause error)   { *s = append(*s, "gap "+cause.Error()) }
func (s *told) Canary(e event.Event, _ time.Time) { *s = append(*s, "canary "+e.Key) }
func (s *told) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*s, want) {
		t.Errorf("got %q told, want %q", *s, want)
	}
}

func TestAGateLetsThroughUntilItIsClosedAndCapturesNoCanary(t *testing.T) {
	var s told
	g := harness.NewGate(&s)
	all := func() {
		g.Capture(event.Event{Key: "a"})
		g.Capture(harness.Canary("c"))
		g.Gone("b", time.Now())
		g.Gap(time.Now(), time.Now(), errors.New("lost"))
		g.Canary(harness.Canary("c"), time.Now())
	}
	all()
	s.want(t, "event a", "gone b", "gap lost", "canary c")
	g.Close()
	g.Close()
	all()
	s.want(t, "event a", "gone b", "gap lost", "canary c")
}
