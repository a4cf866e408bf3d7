package recorder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// A course is what comes by, a word each: "+a" is seen on the subject, "=a" comes through the stream, "later" is when
// what waits is overdue, "gone" when copies of a message cannot meet any more. A canary is a name in capitals. What is
// recorded is named as "=a" by the stream and as "+a" by the witness; a canary that the witness has not seen is "C?".
func TestEachEventIsRecordedOnceWhicheverWayItCame(t *testing.T) {
	for _, c := range []struct{ course, want, why string }{
		{"+a =a +C =C", "=a =C", "the stream has it"},
		{"=a +a +C =C", "=a =C", "the stream was quicker"},
		{"+a +C =C", "+a =C", "the stream does not keep it"},
		{"+a +a =a +C =C", "=a +a =C", "it keeps the first of two"},
		{"+a =C", "=C?", "a canary waits for the witness, or what it has yet to see would be lost"},
		{"+C +a =C", "=C", "what came behind a canary is not proved by it"},
		{"+a later", "+a", "what waits is recorded also where no canary comes"},
		{"+a later =a +C =C", "+a =C", "the stream was very late, and it is one event"},
		{"+a later +a =a =a +C =C", "+a =a =C", "and another one like it came meanwhile"},
		{"+a +C =C =a +D =D", "+a =C =D", "the stream had it behind the canary"},
		{"+C later =C", "=C", "a canary is no event"},
		{"+C +C =C +a =C", "=C =C", "a canary that was sent twice is two"},
		{"=a gone +a +C =C", "=a +a =C", "its copy was lost with a connection, and this is another one that the stream " +
			"does not keep"},
		{"=a =a gone =a +a +a +C =C", "=a =a =a +a =C", "one of the three has its copy"},
	} {
		t.Run(c.course, func(t *testing.T) {
			w, now := newWitness(), time.Now()
			var got []string
			witnessed := func(events []event.Event) {
				for _, e := range events {
					got = append(got, "+"+string(e.Body))
				}
			}
			for _, word := range strings.Fields(c.course) {
				name := word[1:]
				m := &nats.Msg{Subject: "s", Data: []byte(name)}
				canary := name == strings.ToUpper(name)
				if canary {
					m.Header = nats.Header{harness.CanaryHeader: {name}}
				}
				switch {
				case word == "later":
					now = now.Add(grace)
					witnessed(w.overdue(now))
				case word == "gone":
					now = now.Add(apart + 1)
				case word[0] == '+':
					if err := w.saw(m, now); err != nil {
						t.Fatal(err)
					}
				case canary:
					events, ok := w.before(name)
					witnessed(events)
					if !ok {
						word += "?"
					}
					got = append(got, word)
				case w.kept(eventOf(m), now):
					got = append(got, word)
				}
			}
			if want := strings.Fields(c.want); !slices.Equal(got, want) {
				t.Errorf("recorded %q, want %q: %s", got, want, c.why)
			}
		})
	}
}

func TestMessagesAreToldApartByAllThatIsNotMeantForTheServer(t *testing.T) {
	w := newWitness()
	of := func(subject, body string, headers ...string) uint64 {
		m := &nats.Msg{Subject: subject, Data: []byte(body), Header: nats.Header{}}
		for i := 0; i < len(headers); i += 2 {
			m.Header.Add(headers[i], headers[i+1])
		}
		return w.sum(eventOf(m))
	}
	sums := map[uint64]bool{}
	different := []uint64{
		of("s", "ab"), of("sa", "b"), of("s", "ab", "h", "1"), of("s", "ab", "h", "2"), of("s", "ab", "h1", ""),
		of("s", "ab", "H", "1"), of("s", "ab", "h", "1", "i", "1"),
	}
	for _, sum := range different {
		sums[sum] = true
	}
	if len(sums) != len(different) {
		t.Errorf("got %d sums of %d messages", len(sums), len(different))
	}
	if of("s", "a", "h", "1", "i", "2") != of("s", "a", "i", "2", "Nats-TTL", "1h", "h", "1") {
		t.Error("the order of headers counts, or what is meant for the server")
	}
}

func TestMoreThanCanWaitEndsTheChannel(t *testing.T) {
	w := newWitness()
	m := &nats.Msg{Subject: "s", Data: make([]byte, maxBacklogBytes/2)}
	if err := w.saw(m, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.saw(m, time.Now()); err == nil || !strings.Contains(err.Error(), "nothing is recorded from there on") {
		t.Errorf("got %v", err)
	}
	if w = newWitness(); w.saw(m, time.Now()) != nil || !w.kept(eventOf(m), time.Now()) || w.saw(m, time.Now()) != nil {
		t.Error("what was recorded still counts")
	}
}

func TestTwoPublishesWithOneMessageIDAreTwoCaptures(t *testing.T) {
	c := newChain(t)
	listener, captured := c.listen(t)
	for i := range 3 {
		if err := c.lab.conn.PublishMsg(&nats.Msg{Subject: "orders.shipped", Header: nats.Header{"Nats-Msg-Id": {"m-1"}},
			Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.lab.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := listener.Sync(c.lab.ctx); err != nil {
		t.Fatal(err)
	}
	captured.check(t, 3)
}
