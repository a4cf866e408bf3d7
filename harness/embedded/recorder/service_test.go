package recorder

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
)

func TestTheServiceRecordsEveryChannelOfItsSettings(t *testing.T) {
	l := newLab(t)
	endpoint := startDynamoDB(t)
	running, err := Service().Start(t.Context(), map[string]string{ // which has no deadline
		"endpoint":     endpoint.Endpoint(),
		"table":        "seen",
		"shipments":    l.server.URL() + "/orders.shipped",
		"dead letters": l.server.URL() + "/orders.dead",
	})
	if err != nil {
		t.Fatal(err)
	}
	l.publish(t, "orders.shipped", event.Event{Headers: event.Headers(map[string]string{"type": "order.shipped"}),
		Body: []byte(`{"orderId":"o-1"}`)})
	l.publish(t, CanarySubject("dead letters"), harness.Canary("c-1"))
	byChannel := map[string]captures.Item{}
	for _, item := range l.rows(t, endpoint.Endpoint(), "seen", 2) {
		byChannel[item.Channel] = item
	}
	shipped := byChannel["shipments"]
	if shipped.ID != "HARKEN_SHIPMENTS:1" || shipped.Key != "orders.shipped" ||
		!slices.Equal(shipped.Headers["type"], []string{"order.shipped"}) ||
		string(shipped.Body) != `{"orderId":"o-1"}` || shipped.Canary != "" {
		t.Errorf("got %+v", shipped)
	}
	if canary := byChannel["dead letters"]; canary.ID != "HARKEN_DEAD-LETTERS:1" || canary.Canary != "c-1" {
		t.Errorf("got %+v", canary)
	}
	if err := running.Stop(); err != nil {
		t.Error(err)
	}
	for name := range l.js.StreamNames(l.ctx).Name() {
		t.Errorf("%s is left behind", name)
	}
}

func TestABadChannelLeavesNothingBehind(t *testing.T) {
	l := newLab(t)
	endpoint := startDynamoDB(t)
	if _, err := l.js.CreateStream(l.ctx, jetstream.StreamConfig{Name: "ORDERS",
		Subjects: []string{"orders.>"}}); err != nil {
		t.Fatal(err)
	}
	_, err := Service().Start(l.ctx, map[string]string{
		"endpoint":  endpoint.Endpoint(),
		"audit":     l.server.URL() + "/audit",
		"shipments": l.server.URL() + "/orders.shipped",
	})
	if err == nil || !strings.HasPrefix(err.Error(),
		"recorder: shipments: subject orders.shipped is kept in the stream ORDERS") {
		t.Errorf("got %v", err)
	}
	if _, err := l.js.Stream(l.ctx, streamName("audit")); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the stream of audit is left behind: %v", err)
	}
}

func TestStopTellsWhatTheTableDidNotTake(t *testing.T) {
	l := newLab(t)
	d := newRefusing(t, startDynamoDB(t).Endpoint())
	running, err := Service().Start(l.ctx, map[string]string{"endpoint": d.url,
		"shipments": l.server.URL() + "/orders.shipped"})
	if err != nil {
		t.Fatal(err)
	}
	d.shut.Store(true)
	l.publish(t, "orders.shipped", event.Event{Body: []byte("1")})
	for range 2 { // the first attempt is over when the second is under way
		select {
		case <-d.refused:
		case <-l.ctx.Done():
			t.Fatal("it was not tried again")
		}
	}
	err = running.Stop()
	if err == nil || !strings.HasPrefix(err.Error(),
		"recorder: shipments: unrecorded events: 1: shipments HARKEN_SHIPMENTS:1: table captures: ") ||
		!strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("got %v", err)
	}
}

func TestBadSettingsAreRefusedInWords(t *testing.T) {
	const address = "nats://127.0.0.1:4222/orders.shipped"
	for _, c := range []struct {
		settings map[string]string
		want     string
	}{
		{map[string]string{"shipments": address}, "recorder: no endpoint"},
		{map[string]string{"endpoint": "http://127.0.0.1:1"}, "recorder: no channels"},
		{map[string]string{"endpoint": "http://127.0.0.1:1", "table": "", "shipments": address}, "recorder: table: no name"},
		{map[string]string{"shipments": "sns://shipments"},
			"recorder: shipments: sns://shipments: want nats://host:port/subject"},
		{map[string]string{"shipments": "nats://u:secret@h:1"},
			"recorder: shipments: nats://u:xxxxx@h:1: want nats://host:port/subject"},
		{map[string]string{"shipments": "nats://u:secret@h:port/s"}, "recorder: shipments: the address is not a URL"},
		{map[string]string{"shipments": address + "?stream=ORDERS"}, "takes no parameters"},
		{map[string]string{"sign ups": address, "Sign-ups": address},
			`the channels "Sign-ups" and "sign ups" would share the stream HARKEN_SIGN-UPS`},
	} {
		_, err := Service().Start(t.Context(), c.settings)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: got %v, want %q", c.settings, err, c.want)
		}
	}
}
