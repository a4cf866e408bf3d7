// Headers and properties: what is sent as what, and what of it is captured.

package rabbitmq

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness/event"
)

func addressOf(t *testing.T, text string) address {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	a, err := parse(u)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWhatIsSentHasTypes(t *testing.T) {
	sent := event.Event{Body: []byte("x"), Headers: map[string][]string{
		"retries": {"3000000000"}, "postcode": {"01234"}, "share": {"0.5"}, "below": {"-7"}, "several": {"a", "1"}, "none": {},
		"type": {"order.placed"}, "Type": {"a header"}, "priority": {"5"}, "timestamp": {"2026-01-31T12:00:00Z"},
	}}
	m, err := addressOf(t, "rabbitmq://localhost/orders").message(sent)
	if err != nil {
		t.Fatal(err)
	}
	want := amqp.Table{"retries": int64(3000000000), "postcode": "01234", "share": "0.5", "below": int64(-7),
		"several": []any{"a", int64(1)}, "none": []any{}, "Type": "a header"}
	if !reflect.DeepEqual(m.Headers, want) {
		t.Errorf("got the headers %#v, want %#v", m.Headers, want)
	}
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	if m.Type != "order.placed" || m.Priority != 5 || !m.Timestamp.Equal(at) {
		t.Errorf("got %+v, want type, priority and timestamp as they were sent", m)
	}
	if m.DeliveryMode != amqp.Persistent {
		t.Errorf("got the delivery mode %d, want a message that is persistent", m.DeliveryMode)
	}
}

func TestWhatIsSentIsTextWhereTheAddressSaysSo(t *testing.T) {
	sent := event.Event{Headers: map[string][]string{"retries": {"3"}, "type": {"order.placed"}}}
	m, err := addressOf(t, "rabbitmq://localhost/orders?numbers=false&properties=false").message(sent)
	if err != nil {
		t.Fatal(err)
	}
	if want := (amqp.Table{"retries": "3", "type": "order.placed"}); !reflect.DeepEqual(m.Headers, want) || m.Type != "" {
		t.Errorf("got the headers %#v and the type %q, want %#v and none", m.Headers, m.Type, want)
	}
}

func TestWhatAMessageCannotCarryIsRefused(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		address, header string
		values          []string
		want            string
	}{
		{"/orders", "type", []string{"a", "b"}, "header type is a property of the message and has 2 values"},
		{"/orders", "priority", []string{"high"}, "header priority: it is a number from 0 to 255"},
		{"/orders", "priority", []string{"256"}, "header priority: it is a number from 0 to 255"},
		{"/orders", "timestamp", []string{"now"}, "header timestamp: it is a time as 2026-01-31T12:00:00Z"},
		{"/orders", "message_id", []string{long}, "header message_id: 256 bytes, and AMQP takes 255"},
		{"/orders", long, []string{"a"}, "its name has 256 bytes"},
		{"/?stream=s", "several", []string{"a", "b"}, "a stream keeps no header that is a list"},
	} {
		e := event.Event{Headers: map[string][]string{c.header: c.values}}
		_, err := addressOf(t, "rabbitmq://localhost"+c.address).message(e)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.header, err, c.want)
		}
	}
}

func TestTheRoutingKeyIsThatOfTheAddressOrOfTheEvent(t *testing.T) {
	for _, c := range []struct{ address, key, want, refused string }{
		{"/orders?key=a.b", "", "a.b", ""},
		{"/orders?key=a.b", "a.b", "a.b", ""},
		{"/orders?key=a.b", "a.c", "", `key "a.c": the routing key here is a.b`},
		{"/orders", "a.c", "a.c", ""},
		{"/orders", "", "", ""},
		{"/orders?key=a.*", "a.c", "a.c", ""},
		{"/orders?key=a.*", "b.c", "", `key "b.c": the routing key here is a.*`},
		{"/orders?key=a.*", "", "", "stands for many keys: give the event one that fits"},
		{"/?stream=s", "", "s", ""},
		{"/orders", strings.Repeat("x", 256), "", "the key has 256 bytes"},
	} {
		got, err := addressOf(t, "rabbitmq://localhost"+c.address).keyOf(event.Event{Key: c.key})
		if c.refused == "" && (err != nil || got != c.want) {
			t.Errorf("%s: got %q, %v for an event of the key %q, want %q", c.address, got, err, c.key, c.want)
		}
		if c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s: got %v for an event of the key %q, want %q", c.address, err, c.key, c.refused)
		}
	}
}

func TestWhatIsCapturedIsText(t *testing.T) {
	d := amqp.Delivery{
		RoutingKey: "a.b", Body: []byte("x"), Type: "order.placed", MessageId: "m-1", DeliveryMode: amqp.Persistent,
		Headers: amqp.Table{
			"text": "a", "bytes": []byte{0, 0xff}, "long": int64(3000000000), "short": int16(-1), "octet": uint8(200),
			"true": true, "half": 0.5, "amount": amqp.Decimal{Scale: 2, Value: 1999}, "void": nil,
			"at":   time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
			"list": []any{"a", int32(1), []any{"b"}}, "empty": []any{}, "type": "a header",
			"x-death": []any{amqp.Table{"count": int64(2), "reason": "expired", "routing-keys": []any{"a.b"},
				"time": time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), "raw": []byte{0xff}, "text": []byte("<x>")}},
		},
	}
	want := map[string][]string{
		"text": {"a"}, "bytes": {"\x00\xff"}, "long": {"3000000000"}, "short": {"-1"}, "octet": {"200"}, "true": {"true"},
		"half": {"0.5"}, "amount": {"19.99"}, "void": {""}, "at": {"2026-01-31T12:00:00Z"}, "list": {"a", "1", `["b"]`},
		"empty": {"[]"}, "type": {"order.placed", "a header"}, "message_id": {"m-1"}, "delivery_mode": {"2"},
		"x-death": {`{"count":2,"raw":"/w==","reason":"expired","routing-keys":["a.b"],"text":"<x>",` +
			`"time":"2026-01-31T12:00:00Z"}`},
	}
	got := captured(d)
	for name, values := range want {
		if !reflect.DeepEqual(got.Headers[name], values) {
			t.Errorf("header %s: got %q, want %q", name, got.Headers[name], values)
		}
	}
	if len(got.Headers) != len(want) {
		t.Errorf("got %d headers, want %d", len(got.Headers), len(want))
	}
	if got.Key != "a.b" || got.ID != "" || !got.Stamp.IsZero() {
		t.Errorf("got key %q, id %q, stamp %s, want a.b, and neither id nor stamp", got.Key, got.ID, got.Stamp)
	}
}

func TestTheSizeOfAllHeadersIsNotUnderrated(t *testing.T) {
	a := addressOf(t, "rabbitmq://localhost/orders")
	all := make(map[string][]string)
	for _, name := range []string{"a", "b-longer-name", "c"} {
		all[name] = []string{strings.Repeat("v", 100), "1"}
	}
	m, err := a.message(event.Event{Headers: all})
	if err != nil {
		t.Fatal(err)
	}
	const onTheWire = 3*(100+5+9+5) + 1 + 13 + 1 + 3 // lists of a text and a number, names
	if got := size(m); got < onTheWire || got > 2*onTheWire {
		t.Errorf("got %d bytes, want at least %d and not twice as many", got, onTheWire)
	}
}
