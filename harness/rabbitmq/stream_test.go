// What a stream begins with where a listener goes on in it.

package rabbitmq

import (
	"errors"
	"slices"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// ids is a sink that remembers identities.
type ids []string

func (s *ids) Capture(e event.Event)         { *s = append(*s, e.ID) }
func (*ids) Gone(string, time.Time)          {}
func (*ids) Gap(time.Time, time.Time, error) {}
func (*ids) Canary(event.Event, time.Time)   {}

func TestWhereAListenerGoesOnTheFirstMessageTellsWhatIsMissing(t *testing.T) {
	const at = 7
	again := last{Offset: at, Digest: "a"}
	for _, c := range []struct {
		why   string
		found last
		lost  error
		want  []string
	}{
		{"the same message", again, nil, nil},
		{"the next one: that one was discarded, and it was read", last{Offset: at + 1}, nil, []string{"s:8"}},
		{"a later one", last{Offset: at + 2}, errTruncated, []string{"s:9"}},
		{"another one", last{Offset: at, Digest: "b"}, errAnother, []string{"s#1:7"}},
		{"an earlier one", last{Offset: at - 1}, errAnother, []string{"s#1:6"}},
	} {
		var seen ids
		var lost error
		s := &stream{address: address{stream: "s"}, place: &place{}, marks: newMarks()}
		s.take(amqp.Delivery{Body: []byte("x")}, c.found, &again, harness.NewGate(&seen), func(why error) { lost = why })
		if !errors.Is(lost, c.lost) {
			t.Errorf("%s: got %v told, want %v", c.why, lost, c.lost)
		}
		if !slices.Equal(seen, c.want) {
			t.Errorf("%s: got %q captured, want %q", c.why, seen, c.want)
		}
	}
}
