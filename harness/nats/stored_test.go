// Addresses by which something comes, and addresses by which nothing can.

package nats_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/nats"
)

func TestAListenerNamesTheSubjectAsItIsStored(t *testing.T) {
	b := startBroker(t)
	transform := func(from, to string) *jetstream.SubjectTransformConfig {
		return &jetstream.SubjectTransformConfig{Source: from, Destination: to}
	}
	create := func(c jetstream.StreamConfig) string {
		c.Storage = jetstream.MemoryStorage
		if _, err := b.js.CreateStream(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return c.Name
	}
	create(jetstream.StreamConfig{Name: "ALL", Subjects: []string{"in.>"},
		SubjectTransform: transform("in.*", "kept.{{wildcard(1)}}")})
	create(jetstream.StreamConfig{Name: "SPLIT", Subjects: []string{"cut.*"},
		SubjectTransform: transform("cut.*", "parts.{{split(1,-)}}")})
	create(jetstream.StreamConfig{Name: "PLAIN", Subjects: []string{"plain.>"}})
	create(jetstream.StreamConfig{Name: "FILTERED",
		Mirror: &jetstream.StreamSource{Name: "PLAIN", FilterSubject: "plain.a"}})
	create(jetstream.StreamConfig{Name: "RENAMED", Mirror: &jetstream.StreamSource{
		Name: "PLAIN", SubjectTransforms: []jetstream.SubjectTransformConfig{*transform("plain.*", "renamed.$1"),
			*transform("plain.deep.x", "")},
	}})
	create(jetstream.StreamConfig{Name: "SECOND", Mirror: &jetstream.StreamSource{Name: "FILTERED"}})
	create(jetstream.StreamConfig{Name: "SOURCED", Subjects: []string{"own"},
		Sources: []*jetstream.StreamSource{{Name: "PLAIN", FilterSubject: "plain.b"}}})

	for _, c := range []struct {
		stream, listens, sends string
		refused                string // "": what is sent is captured
	}{
		{"ALL", "kept.x", "in.x", ""},
		{"ALL", "kept.*", "in.x", ""},
		{"ALL", "in.a.b", "in.a.b", ""}, // which the transform leaves alone
		{"ALL", "in.x", "", ""},         // and might leave alone, as far as a pattern tells: in.> is more than in.*
		{"ALL", "out.x", "", "stream ALL stores nothing under out.x (it stores in.>, kept.*)"},
		{"SPLIT", "cut.x-y", "", "stream SPLIT stores nothing under cut.x-y (it stores parts.>)"},
		{"SPLIT", "parts.x.y", "cut.x-y", ""},
		{"FILTERED", "plain.a", "plain.a", ""},
		{"FILTERED", "plain.b", "", "stream FILTERED stores nothing under plain.b (it stores plain.a)"},
		{"SECOND", "plain.>", "plain.a", ""},
		{"SECOND", "plain.b", "", "it stores plain.a"},
		{"RENAMED", "renamed.a", "plain.a", ""},
		{"RENAMED", "plain.deep.x", "plain.deep.x", ""},
		{"RENAMED", "plain.a", "", "stream RENAMED stores nothing under plain.a (it stores plain.deep.x, renamed.*)"},
		{"SOURCED", "own", "own", ""},
		{"SOURCED", "plain.b", "plain.b", ""},
		{"SOURCED", "plain.a", "", "it stores own, plain.b"},
	} {
		t.Run(c.stream+" "+c.listens, func(t *testing.T) {
			address := parse(t, fmt.Sprintf("nats://%s/%s?stream=%s", b.addr, c.listens, c.stream))
			if c.refused != "" {
				_, err := nats.Transport().Listen(t.Context(), address, &journal{})
				wantError(t, err, c.refused)
				if !errors.Is(err, harness.ErrMisconfigured) {
					t.Errorf("%v is no misconfiguration", err)
				}
				return
			}
			l := listen(t, address.String())
			if c.sends == "" {
				return
			}
			b.publish(t, c.sends, "x")
			l.wait(t, 1)
		})
	}
}

func TestATapIsRefusedWhereItWouldHearNothing(t *testing.T) {
	b := startBroker(t)
	schedules := b.stream(t, jetstream.StreamConfig{Subjects: []string{"schedules.>", "due"}, AllowMsgSchedules: true})
	both := b.stream(t, jetstream.StreamConfig{Subjects: []string{"both.>"}, AllowMsgSchedules: true,
		Retention: jetstream.WorkQueuePolicy})
	plain := b.stream(t, jetstream.StreamConfig{})
	mirror := b.stream(t, jetstream.StreamConfig{Subjects: []string{}, Mirror: &jetstream.StreamSource{Name: plain}})
	for _, c := range []struct{ subject, query, want string }{
		{"due", schedules + "&tap=true", "stores scheduled messages when they are due (AllowMsgSchedules), and never " +
			"publishes them: leave tap=true out"},
		{"both.due", both + "&tap=true", "cannot be listened to: it drops messages as they are consumed, and it stores " +
			"scheduled messages"},
		{"both.due", both, "cannot be listened to: it drops messages as they are consumed, and it stores scheduled messages"},
		{"x", mirror + "&tap=true", "takes messages over from another stream, which are not published again: leave " +
			"tap=true out"},
		{"x", plain + "&tap=true", "does not take x"},
	} {
		_, err := nats.Transport().Listen(t.Context(), parse(t, "nats://"+b.addr+"/"+c.subject+"?stream="+c.query),
			&journal{})
		wantError(t, err, c.want)
	}
}

func TestASyncAsksTheStreamItselfAndNoMirrorThatHoldsLess(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"orders.>"}, AllowDirect: true})
	b.stream(t, jetstream.StreamConfig{
		Subjects: []string{}, AllowDirect: true, MirrorDirect: true,
		Mirror: &jetstream.StreamSource{Name: stream, FilterSubject: "orders.paid"},
	})
	j := &journal{}
	held := holding(j)
	l := listening{open(t, "nats://"+b.addr+"/orders.placed?stream="+stream, j), j}
	b.publish(t, "orders.placed", "x")
	for n := range 30 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		err := l.Sync(ctx)
		cancel()
		if err == nil {
			t.Errorf("sync %d says that all was captured, and nothing was", n)
		}
	}
	close(held)
	l.sync(t)
	if seen, _ := l.look(); len(seen) != 1 {
		t.Errorf("captured %d, want 1", len(seen))
	}
}

func TestAWildcardTakesNoDeliveryToAConsumerForAMessage(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"orders.>"}})
	consumer, err := b.js.CreateConsumer(t.Context(), stream,
		jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, "nats://"+b.addr+"/>")
	b.publish(t, "orders.placed", "x")
	got, err := consumer.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Ack(); err != nil {
		t.Fatal(err)
	}
	l.sync(t)
	seen, _ := l.look()
	orders := 0
	for _, e := range seen {
		if e.Key == "orders.placed" {
			orders++
		}
	}
	if orders != 1 {
		t.Errorf("got orders.placed %d times, want once: it was published once", orders)
	}
}

// holding keeps a journal from capturing until what it returns is closed.
func holding(j *journal) (held chan struct{}) {
	held = make(chan struct{})
	j.before = func() { <-held }
	return held
}

func open(t *testing.T, address string, s harness.Sink) harness.Listener {
	t.Helper()
	l, err := nats.Transport().Listen(t.Context(), parse(t, address), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
