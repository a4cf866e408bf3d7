// From an event to a message and back, and the one door through which captures leave.

package rabbitmq

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// property is one of a message beside its headers, under the name that AMQP gives it.
type property struct {
	name string
	get  func(d amqp.Delivery) string // "" for none
	set  func(m *amqp.Publishing, text string) error
}

// short is a property that is a text, of 255 bytes at the most: the client breaks the connection by a longer one.
func short(name string, of func(d amqp.Delivery) string, at func(m *amqp.Publishing) *string) property {
	return property{name: name, get: of, set: func(m *amqp.Publishing, text string) error {
		if len(text) > longest {
			return fmt.Errorf("%d bytes, and AMQP takes %d", len(text), longest)
		}
		*at(m) = text
		return nil
	}}
}

// octet is a property that is a small number.
func octet(name string, of func(d amqp.Delivery) uint8, at func(m *amqp.Publishing) *uint8) property {
	get := func(d amqp.Delivery) string {
		if of(d) == 0 {
			return ""
		}
		return strconv.Itoa(int(of(d)))
	}
	return property{name: name, get: get, set: func(m *amqp.Publishing, text string) error {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return fmt.Errorf("it is a number from 0 to 255, not %q", text)
		}
		*at(m) = uint8(n)
		return nil
	}}
}

func properties() []property {
	return []property{
		short("content_type", func(d amqp.Delivery) string { return d.ContentType },
			func(m *amqp.Publishing) *string { return &m.ContentType }),
		short("content_encoding", func(d amqp.Delivery) string { return d.ContentEncoding },
			func(m *amqp.Publishing) *string { return &m.ContentEncoding }),
		octet("delivery_mode", func(d amqp.Delivery) uint8 { return d.DeliveryMode },
			func(m *amqp.Publishing) *uint8 { return &m.DeliveryMode }),
		octet("priority", func(d amqp.Delivery) uint8 { return d.Priority },
			func(m *amqp.Publishing) *uint8 { return &m.Priority }),
		short("correlation_id", func(d amqp.Delivery) string { return d.CorrelationId },
			func(m *amqp.Publishing) *string { return &m.CorrelationId }),
		short("reply_to", func(d amqp.Delivery) string { return d.ReplyTo },
			func(m *amqp.Publishing) *string { return &m.ReplyTo }),
		short("expiration", func(d amqp.Delivery) string { return d.Expiration },
			func(m *amqp.Publishing) *string { return &m.Expiration }),
		short("message_id", func(d amqp.Delivery) string { return d.MessageId },
			func(m *amqp.Publishing) *string { return &m.MessageId }),
		{name: "timestamp", get: timestamp, set: setTimestamp},
		short("type", func(d amqp.Delivery) string { return d.Type },
			func(m *amqp.Publishing) *string { return &m.Type }),
		short("user_id", func(d amqp.Delivery) string { return d.UserId },
			func(m *amqp.Publishing) *string { return &m.UserId }),
		short("app_id", func(d amqp.Delivery) string { return d.AppId },
			func(m *amqp.Publishing) *string { return &m.AppId }),
	}
}

// timestamp is the time that the producer wrote, in whole seconds.
func timestamp(d amqp.Delivery) string {
	if d.Timestamp.IsZero() {
		return ""
	}
	return d.Timestamp.UTC().Format(time.RFC3339)
}

func setTimestamp(m *amqp.Publishing, text string) error {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("it is a time as 2026-01-31T12:00:00Z, not %q", text)
	}
	m.Timestamp = at
	return nil
}

// key returns the routing key of an event, or why it cannot have the one that it brings.
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
		for _, p := range properties() {
			values, ok := others[p.name]
			if !ok {
				continue
			}
			if len(values) != 1 {
				return m, fmt.Errorf("header %s is a property of the message and has %d values: it has one", p.name, len(values))
			}
			if err := p.set(&m, values[0]); err != nil {
				return m, fmt.Errorf("header %s: %w", p.name, err)
			}
			delete(others, p.name)
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

// captured returns what a message is to the journal. Where a header has the name of a property, it has both values.
func captured(d amqp.Delivery) event.Event {
	all := make(map[string][]string, len(d.Headers)+2)
	for _, p := range properties() {
		if text := p.get(d); text != "" {
			all[p.name] = []string{text}
		}
	}
	for name, value := range d.Headers {
		all[name] = append(all[name], texts(value)...)
	}
	return event.Event{Key: d.RoutingKey, Headers: all, Body: d.Body, Seen: time.Now()}
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

// gate lets captures through to a sink until it is closed, and never a canary.
type gate struct {
	to harness.Sink

	mu     sync.Mutex
	closed bool
}

func (g *gate) capture(e event.Event) {
	if harness.CanaryID(e) != "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.to.Capture(e)
	}
}

func (g *gate) gap(from, to time.Time, cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.to.Gap(from, to, cause)
	}
}

// close returns once nothing more goes through.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
