// What a stream acknowledges: stored, a duplicate that was not, or about to be.

package nats_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/nats"
)

// withID is an event with a message id, by which a stream tells duplicates.
func withID(id, body string) event.Event {
	return event.Event{Headers: map[string][]string{"Nats-Msg-Id": {id}}, Body: []byte(body)}
}

func TestADuplicateThatAStreamDoesNotStoreIsSwallowed(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"orders.>"}})
	placed := b.sender(t, "nats://"+b.addr+"/orders.placed?stream="+stream)
	paid := b.sender(t, "nats://"+b.addr+"/orders.paid?stream="+stream)
	sentBeside := b.sender(t, "nats://"+b.addr+"/orders.paid?tap=true&stream="+stream)
	l := listen(t, "nats://"+b.addr+"/orders.>?stream="+stream)
	first, err := placed(t.Context(), withID("7", "first"))
	if err != nil || first.Swallowed != "" || first.ID != stream+":1" {
		t.Errorf("got %+v and %v, want that it was stored as %s:1", first, err, stream)
	}
	s, err := b.js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	l.sync(t)
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := map[string]func() (harness.Receipt, error){
		"the same":                 func() (harness.Receipt, error) { return placed(t.Context(), withID("7", "first")) },
		"another body and subject": func() (harness.Receipt, error) { return paid(t.Context(), withID("7", "second")) },
		"for a listener to the subject": func() (harness.Receipt, error) {
			return sentBeside(t.Context(),
				withID("7", "third"))
		},
	}
	for name, send := range again {
		r, err := send()
		want := fmt.Sprintf(`stream %s has a message with the Nats-Msg-Id "7" already (sequence 1, within the last 2m0s), and has not stored this one`, stream)
		if err != nil || r.Swallowed != want || r.ID != "" {
			t.Errorf("%s: got %+v and %v, want it swallowed since %s", name, r, err, want)
		}
	}
	if r, err := paid(t.Context(), withID("8", "fourth")); err != nil || r.Swallowed != "" || r.ID != stream+":2" {
		t.Errorf("got %+v and %v, want that it was stored as %s:2", r, err, stream)
	}
	if r, err := sentBeside(t.Context(), withID("9", "fifth")); err != nil || r.Swallowed != "" || r.ID != "" {
		t.Errorf("got %+v and %v, want that it was stored, under no identity that a listener to the subject knows", r, err)
	}
	l.sync(t)
	if seen, _ := l.look(); len(seen) != 3 || seen[1].ID != stream+":2" {
		t.Errorf("captured %+v, want three, the second as %s:2", seen, stream)
	}
}

func TestAnIDThatIsInProcessIsAskedForAgain(t *testing.T) {
	c := startTrio(t)
	config := jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders"}, Storage: jetstream.MemoryStorage,
		Replicas: 3}
	if _, err := c.js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	send := (&broker{}).sender(t, "nats://"+c.addr(0)+"/orders?stream=ORDERS")
	for round := range 30 {
		var mu sync.Mutex
		var stored []string
		var sending sync.WaitGroup
		for range 8 {
			sending.Go(func() {
				r, err := send(t.Context(), withID(fmt.Sprint(round), "x"))
				if err != nil {
					t.Error(err)
				}
				if r.Swallowed == "" {
					mu.Lock()
					defer mu.Unlock()
					stored = append(stored, r.ID)
				}
			})
		}
		sending.Wait()
		if len(stored) != 1 {
			t.Errorf("stored as %q, want one and seven that were swallowed", stored)
		}
	}
}

func TestWhatAStreamWouldNotTellOfIsRefused(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{AllowAtomicPublish: true})
	send := b.sender(t, "nats://"+b.addr+"/"+strings.ToLower(stream)+"?stream="+stream)
	batch := map[string][]string{"Nats-Batch-Id": {"b"}, "Nats-Batch-Sequence": {"1"}}
	_, err := send(t.Context(), event.Event{Headers: batch})
	wantError(t, err, "header Nats-Batch-Id: an atomic batch is stored when its last message comes")

	silent := b.stream(t, jetstream.StreamConfig{NoAck: true})
	_, err = nats.Transport().Produce(t.Context(),
		parse(t, "nats://"+b.addr+"/"+strings.ToLower(silent)+"?stream="+silent))
	wantError(t, err, "acknowledges nothing (no_ack), so that nobody knows what it has stored: leave stream= out")
	if !errors.Is(err, harness.ErrMisconfigured) {
		t.Errorf("%v is no misconfiguration", err)
	}
}

func TestACounterIsSentTo(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{AllowMsgCounter: true})
	address := "nats://" + b.addr + "/" + strings.ToLower(stream) + "?stream=" + stream
	l := listen(t, address)
	send := b.sender(t, address)
	for n := range 2 {
		r, err := send(t.Context(), event.Event{Headers: map[string][]string{"Nats-Incr": {"+5"}}})
		if want := fmt.Sprint(stream, ":", n+1); err != nil || r.ID != want {
			t.Errorf("got %+v and %v, want %s", r, err, want)
		}
	}
	l.sync(t)
	if seen, _ := l.look(); len(seen) != 2 || string(seen[1].Body) != `{"val":"10"}` {
		t.Errorf("captured %+v, want that it was counted to 10", seen)
	}
}

func TestWhatIsLargeHadLeftWhenItsEndHad(t *testing.T) {
	b := startBroker(t)
	for _, stream := range []string{"", b.stream(t, jetstream.StreamConfig{})} {
		a := b.address(t, stream)
		send := b.sender(t, a.URL.String())
		for _, size := range []int{10, 900_000} {
			began := time.Now()
			r, err := send(t.Context(), event.Event{Body: make([]byte, size)})
			returned := time.Now()
			if err != nil {
				t.Fatal(err)
			}
			if r.Left.Before(began) || r.Left.After(returned) {
				t.Errorf("%d bytes left at %s, want between %s and %s", size, r.Left, began, returned)
			}
		}
	}
}
