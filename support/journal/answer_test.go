package journal

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestAnAnswerIsTheAskersAndOfTheTimeOfItsReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, one, two := newJournal()
		request := sending(j, one, "orders", "", `{}`)
		<-time.After(time.Second)
		received := time.Now()
		for _, body := range []string{`{}`, `{"order": "` + space.ID(2, 1) + `"}`, `{"orderId": "4711"}`} { // the request's own body, another's id
			j.Answered(one, request, "shipments", event.Event{Body: []byte(body), Seen: received})
		}
		v := j.View(one, "shipments")
		if len(v.Own) != 3 || len(j.View(two, "shipments").Own) != 0 || len(v.Loose) != 0 || v.Foreign != 0 {
			t.Errorf("got %+v", v)
		}
		for _, c := range v.Own {
			if after, by := v.Appeared(c); !after.Equal(received) || !by.Equal(received) {
				t.Errorf("it appeared between %s and %s, received %s", after, by, received)
			}
			if c.Echo() || c.Answers != request {
				t.Errorf("got %+v, want what answers the request", c)
			}
		}
		select {
		case <-one.Woken():
		default:
			t.Error("nobody was woken")
		}
	})
}

func TestAnAnswerHasToDoWithItsRequestOnly(t *testing.T) {
	j, one, _ := newJournal()
	first, second := sending(j, one, "orders", "", `{}`), sending(j, one, "orders", "", `{}`)
	again := &Sent{Channel: "orders", Doc: first.Doc}
	j.Sending(one, again)
	j.Accepted(one, again, harness.Receipt{}, false, nil)
	j.Answered(one, again, "shipments", event.Event{Body: []byte(`{}`), Seen: time.Now()})
	answer := j.View(one, "shipments").Own[0]
	if got := answer.Bearing(first, []*Sent{second}); got != Related {
		t.Errorf("got %v for the event that was sent again", got)
	}
	if got := answer.Bearing(second, []*Sent{first}); got != Unrelated {
		t.Errorf("got %v for another of the same body", got)
	}
}
