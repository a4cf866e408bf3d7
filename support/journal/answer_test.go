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
		// the request's own body, another's id
		for _, body := range []string{`{}`, `{"order": "` + space.ID(2, 1) + `"}`, `{"orderId": "4711"}`} {
			j.Answered(one, request, "shipments", event.Event{Body: []byte(body), Seen: received})
		}
		v := j.View(one, "shipments")
		if len(v.Own) != 3 {
			t.Errorf("the asker's: got %d captures, want 3", len(v.Own))
		}
		if got := len(j.View(two, "shipments").Own); got != 0 {
			t.Errorf("another's: got %d captures, want none", got)
		}
		if len(v.Uncorrelated) != 0 || v.Foreign != 0 {
			t.Errorf("got %d uncorrelated and %d foreign, want none", len(v.Uncorrelated), v.Foreign)
		}
		for _, c := range v.Own {
			if after, by := v.Appeared(c); !after.Equal(received) || !by.Equal(received) {
				t.Errorf("when it appeared: got %s to %s, want its receipt, %s", after, by, received)
			}
			if c.Echo() || c.Answers != request {
				t.Errorf("got %+v, want what answers the request", c)
			}
		}
		select {
		case <-one.Woken():
		default:
			t.Error("got nobody woken, want the asker")
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
	if got := answer.RelationTo(first, []*Sent{second}); got != Related {
		t.Errorf("the event that was sent again: got %v, want %v", got, Related)
	}
	if got := answer.RelationTo(second, []*Sent{first}); got != Unrelated {
		t.Errorf("another of the same body: got %v, want %v", got, Unrelated)
	}
}
