//go:build conformance

package cloudevents_test

import (
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/support/cloudevents"
)

func TestRabbitMQCarriesAttributesInItsHeaders(t *testing.T) {
	node := servers.RabbitMQ(t)
	conn, err := amqp.Dial("amqp://guest:guest@" + node.Addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	channel, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := channel.ExchangeDeclare("orders", "topic", false, true, false, false, nil); err != nil {
		t.Fatal(err)
	}
	queue, err := channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := channel.QueueBind(queue.Name, "placed", "orders", false, nil); err != nil {
		t.Fatal(err)
	}
	theirs, err := channel.Consume(queue.Name, "", true, true, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, s := address(t, "rabbitmq://"+node.Addr+"/orders?key=placed"), newSink()
	listen(t, u, s)
	p, err := transports.All().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for _, mode := range []cloudevents.Mode{cloudevents.Binary, cloudevents.Structured} {
		f := format(t, u, mode)
		m, err := f.Write(own())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		isPlaced(t, string(mode), f.Read(s.next(t)), 1)

		d := <-theirs
		want := "application/cloudevents+json"
		if mode == cloudevents.Binary {
			want = "application/json"
			if got := d.Headers["cloudEvents:type"]; got != "order.placed.v2" {
				t.Errorf("cloudEvents:type: got %v", got)
			}
		}
		if d.ContentType != want {
			t.Errorf("%s: content-type: got %q, want %q", mode, d.ContentType, want)
		}
		back := amqp.Publishing{ContentType: d.ContentType, Headers: d.Headers, Body: d.Body}
		if err := channel.PublishWithContext(t.Context(), "orders", "placed", false, false, back); err != nil {
			t.Fatal(err)
		}
		isPlaced(t, string(mode)+" of another client", f.Read(s.next(t)), 1)
		<-theirs
	}
}
