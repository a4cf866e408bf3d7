// From an event to a message and back.

package rabbitmq

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// captured returns what a message is to the journal. Where a header has the name of a property, it has both values.
func captured(d amqp.Delivery) event.Event {
	var all map[string][]string
	add := func(name string, values ...string) {
		if all == nil {
			all = make(map[string][]string, len(d.Headers)+2)
		}
		all[name] = append(all[name], values...)
	}
	set := func(name, text string) {
		if text != "" {
			add(name, text)
		}
	}
	set("content_type", d.ContentType)
	set("content_encoding", d.ContentEncoding)
	set("delivery_mode", octet(d.DeliveryMode))
	set("priority", octet(d.Priority))
	set("correlation_id", d.CorrelationId)
	set("reply_to", d.ReplyTo)
	set("expiration", d.Expiration)
	set("message_id", d.MessageId)
	set("timestamp", timestamp(d))
	set("type", d.Type)
	set("user_id", d.UserId)
	set("app_id", d.AppId)
	for name, value := range d.Headers {
		add(name, texts(value)...)
	}
	return event.Event{Key: d.RoutingKey, Headers: all, Body: d.Body, Seen: time.Now()}
}

// octet returns a property that is a small number, "" where there is none.
func octet(n uint8) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// timestamp is the time that the producer wrote, in whole seconds.
func timestamp(d amqp.Delivery) string {
	if d.Timestamp.IsZero() {
		return ""
	}
	return d.Timestamp.UTC().Format(time.RFC3339)
}

// properties says how a header becomes a property of m, by its name.
func properties(m *amqp.Publishing) map[string]func(text string) error {
	return map[string]func(text string) error{
		"content_type": short(&m.ContentType), "content_encoding": short(&m.ContentEncoding),
		"delivery_mode": number(&m.DeliveryMode), "priority": number(&m.Priority),
		"correlation_id": short(&m.CorrelationId), "reply_to": short(&m.ReplyTo), "expiration": short(&m.Expiration),
		"message_id": short(&m.MessageId), "timestamp": moment(&m.Timestamp), "type": short(&m.Type),
		"user_id": short(&m.UserId), "app_id": short(&m.AppId),
	}
}

// short is a text of 255 bytes at the most: the client breaks the connection by a longer one.
func short(at *string) func(text string) error {
	return func(text string) error {
		if len(text) > longest {
			return fmt.Errorf("%d bytes, and AMQP takes %d", len(text), longest)
		}
		*at = text
		return nil
	}
}

func number(at *uint8) func(text string) error {
	return func(text string) error {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return fmt.Errorf("it is a number from 0 to 255, not %q", text)
		}
		*at = uint8(n)
		return nil
	}
}

func moment(at *time.Time) func(text string) error {
	return func(text string) (err error) {
		if *at, err = time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("it is a time as 2026-01-31T12:00:00Z, not %q", text)
		}
		return nil
	}
}

// keyOf returns the routing key of an event, or why it cannot have the one that it brings.
func (a address) keyOf(e event.Event) (string, error) {
	fixed := a.key
	if a.stream != "" {
		fixed = a.stream
	}
	own := e.Key
	if harness.CanaryID(e) != "" {
		own = ""
	}
	switch {
	case own == "" && a.pattern():
		return "", fmt.Errorf("key=%s stands for many keys: give the event one that fits", a.key)
	case own == "":
		return fixed, nil
	case len(own) > longest:
		return "", fmt.Errorf("the key has %d bytes, and AMQP takes %d", len(own), longest)
	case fixed == "", own == fixed, a.pattern() && matches(a.key, own):
		return own, nil
	default:
		return "", fmt.Errorf("key %q: the routing key here is %s (leave key= out of the address where events bring their own)",
			own, fixed)
	}
}

// message returns e as it will be sent, or why RabbitMQ cannot carry it as it is. It is persistent unless e says
// otherwise.
func (a address) message(e event.Event) (amqp.Publishing, error) {
	m := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: e.Body}
	others := maps.Clone(e.Headers)
	if !a.noProps {
		for name, set := range properties(&m) {
			values, ok := others[name]
			if !ok {
				continue
			}
			if len(values) != 1 {
				return m, fmt.Errorf("header %s is a property of the message and has %d values: it has one", name, len(values))
			}
			if err := set(values[0]); err != nil {
				return m, fmt.Errorf("header %s: %w", name, err)
			}
			delete(others, name)
		}
	}
	if a.stream != "" {
		for name, values := range others {
			if len(values) != 1 {
				return m, fmt.Errorf("header %s has %d values: a stream keeps no header that is a list", name, len(values))
			}
		}
	}
	table, err := a.table(others)
	m.Headers = table
	return m, err
}

// size returns how many bytes the headers and properties of a message have on the wire, and some more: they go in one
// frame, of a size that client and server have agreed on.
func size(m amqp.Publishing) int {
	const fixed, field = 64, 16
	n := fixed
	for _, text := range []string{
		m.ContentType, m.ContentEncoding, m.CorrelationId, m.ReplyTo, m.Expiration, m.MessageId, m.Type, m.UserId, m.AppId,
	} {
		n += len(text) + 1
	}
	for _, name := range slices.Collect(maps.Keys(m.Headers)) {
		n += len(name) + field - 6
		switch v := m.Headers[name].(type) {
		case string:
			n += len(v)
		case []any:
			for _, one := range v {
				n += field
				if text, ok := one.(string); ok {
					n += len(text)
				}
			}
		}
	}
	return n
}
