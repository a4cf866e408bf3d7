package subscription

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestADuplicateIsKnownByTheAnswerOrByTheInterval(t *testing.T) {
	const first = "m-1"
	for _, c := range []struct {
		name      string
		after     time.Duration
		id        string // deduplication
		group     string
		answer    string // the message's identity
		swallowed bool
	}{
		{"the same answer", time.Second, "a", "g", first, true},
		{"the same answer in another group", time.Second, "a", "h", first, true},
		{"the same answer, perhaps behind the interval", 5*time.Minute + time.Second, "a", "g", first, true},
		{"another answer within the interval", 5*time.Minute - time.Second, "a", "g", "m-2", true},
		{"another answer in another group", time.Second, "a", "h", "m-2", false},
		{"another answer behind the interval", 5 * time.Minute, "a", "g", "m-2", false},
		{"another id", time.Second, "b", "g", "m-2", false},
		{"no answer in another group", time.Second, "a", "h", "", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var d Duplicates
			if got := d.Swallowed("a", "g", harness.Receipt{ID: first}, time.Now()); got != "" {
				t.Errorf("%s: the first one is said to be swallowed: %s", c.name, got)
			}
			<-time.After(c.after)
			if got := d.Swallowed(c.id, c.group, harness.Receipt{ID: c.answer}, time.Now()); (got != "") != c.swallowed {
				t.Errorf("%s: got %q, want swallowed: %t", c.name, got, c.swallowed)
			}
		})
	}
}

func TestWhatCanBeNoDuplicateAnyMoreIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d Duplicates
		for i := range 1000 {
			d.Swallowed(strings.Repeat("x", i+1), "g", harness.Receipt{}, time.Now())
			<-time.After(time.Minute)
		}
		if len(d.sent) > 11 || len(d.order) > 11 {
			t.Errorf("%d and %d messages are remembered after 1000 minutes", len(d.sent), len(d.order))
		}
	})
}

func TestADeduplicationIDIsNoAttribute(t *testing.T) {
	fifo, standard := Limits{Service: "SQS", Bytes: 1000, FIFO: true}, Limits{Service: "SQS", Bytes: 1000}
	with := func(headers map[string][]string) event.Event {
		return event.Event{Key: "g", Body: []byte("x"), Headers: headers}
	}
	for _, c := range []struct {
		limits   Limits
		headers  map[string][]string
		id, want string
	}{
		{fifo, map[string][]string{"MessageDeduplicationId": {"a"}, "type": {"t"}}, "a", ""},
		{fifo, map[string][]string{"messagededuplicationid": {"a"}, "type": {"t"}}, "a", ""},
		{fifo, map[string][]string{"type": {"t"}}, "", ""},
		{fifo, map[string][]string{"MessageDeduplicationId": {"a", "b"}}, "", "one deduplication id, and several are given"},
		{fifo, map[string][]string{"MessageDeduplicationId": {"a"}, "messageDeduplicationId": {"b"}}, "",
			"one deduplication id, and several are given"},
		{fifo, map[string][]string{"MessageDeduplicationId": {""}}, "", "a deduplication id has 1 to 128 characters"},
		{fifo, map[string][]string{"MessageDeduplicationId": {strings.Repeat("x", 129)}}, "",
			"a deduplication id has 1 to 128 characters"},
		{fifo, map[string][]string{"MessageGroupId": {"a"}}, "", "a message's group is the event's key"},
		{standard, map[string][]string{"MessageDeduplicationId": {"a"}}, "", "only FIFO queues and topics"},
		{standard, map[string][]string{"MessageGroupId": {"a"}}, "", "a message's group is the event's key"},
	} {
		e, id, err := c.limits.Message(with(c.headers))
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: got %v, want %s", c.headers, err, c.want)
			}
			continue
		}
		if err != nil || id != c.id || len(e.Headers) != 1 || len(e.Headers["type"]) != 1 {
			t.Errorf("%v: got the id %q and the headers %v, %v", c.headers, id, e.Headers, err)
		}
	}
}
