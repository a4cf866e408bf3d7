package subscription

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

func TestAnEventThatIsNoMessageIsRefusedWithTheReason(t *testing.T) {
	standard := Limits{Service: "SNS", Bytes: 1000, Source: "the book", Attributes: 2}
	fifo := Limits{Service: "SNS", Bytes: 1000, FIFO: true}
	headers := func(pairs ...string) event.Event {
		e := event.Event{Body: []byte("x"), Headers: make(map[string][]string)}
		for i := 0; i < len(pairs); i += 2 {
			e.Headers[pairs[i]] = []string{pairs[i+1]}
		}
		return e
	}
	for _, c := range []struct {
		limits Limits
		e      event.Event
		want   string // "" where it can be sent
	}{
		{standard, event.Event{Body: []byte("naïve ✓\t\r\n" + strings.Repeat("x", 900))}, ""},
		{standard, event.Event{Body: []byte("x"), Key: "order/1"}, ""},
		{standard, headers("traceparent", "00-1-2-01", "a.b", `"`), ""},
		{standard, event.Event{}, "no body: SNS takes no empty message"},
		{standard, event.Event{Body: []byte("\x1b[2J")}, "body: SNS takes text only, of the characters that XML 1.0 has"},
		{standard, event.Event{Body: []byte("caf\xe9")}, "body: SNS takes text only, of the characters that XML 1.0 has"},
		{standard, event.Event{Body: []byte(strings.Repeat("x", 1001))},
			"a message of 1001 bytes with its attributes: SNS takes at most 1000 (the book)"},
		{standard, headers("a", strings.Repeat("x", 993)),
			"a message of 1001 bytes with its attributes: SNS takes at most 1000 (the book)"},
		{standard, headers("a", "1", "b", "2", "c", "3"), "3 headers: SNS takes at most 2 attributes"},
		{fifo, headers("a", "1", "b", "2", "c", "3"), "no key: a FIFO message has a group, which is the event's key"},
		{standard, event.Event{Body: []byte("x"), Key: "order 1"},
			`key "order 1": a message's group has at most 128 characters of ASCII, and no space`},
		{standard, headers("a b", "1"), `header "a b": an attribute's name has letters`},
		{standard, headers(".a", "1"), `header ".a": an attribute's name has letters`},
		{standard, headers("Aws.a", "1"), `header "Aws.a": an attribute's name has letters`},
		{standard, headers("a", ""), `header "a": an attribute's value is not empty`},
		{standard, headers("a", "\x00"), `header "a": an attribute's value is not empty`},
	} {
		err := c.limits.Check(c.e)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%.40q, %v: got %v, want %q", c.e.Body, c.e.Headers, err, c.want)
		}
	}
}
