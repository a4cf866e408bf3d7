//go:build conformance

// Policies of an operator's, which hold for the queues of a listener as for all others.

package rabbitmq_test

import (
	"fmt"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// policy has a policy hold in the other vhost until end is called.
func (b *broker) policy(t *testing.T, pattern, to, definition string) (end func()) {
	t.Helper()
	b.Control(t, "set_policy", "-p", servers.RabbitOther, "--apply-to", to, "harken-test", pattern, definition)
	return func() { b.Control(t, "clear_policy", "-p", servers.RabbitOther, "harken-test") }
}

// elsewhere declares a fanout exchange in the other vhost.
func (b *broker) elsewhere(t *testing.T, ch *amqp.Channel) (exchange string) {
	t.Helper()
	exchange = fmt.Sprint("exchange-", b.next())
	if err := ch.ExchangeDeclare(exchange, "fanout", false, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	return exchange
}

// flood publishes more at once than a server writes to one connection without waiting for it, and returns how many of
// them it took.
func flood(t *testing.T, ch *amqp.Channel, exchange string, messages int) (acked int) {
	t.Helper()
	var all []*amqp.DeferredConfirmation
	for range messages {
		c, err := ch.PublishWithDeferredConfirm(exchange, "", false, false, amqp.Publishing{Body: make([]byte, 2000)})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, c := range all {
		if c.Wait() {
			acked++
		}
	}
	return acked
}

const (
	flooded = 5000
	floods  = 20
)

// A queue that refuses makes the server tell the publisher that nobody has the message.
func aPolicyThatRefusesIsNotTheSystemsLoss(t *testing.T, b *broker) {
	defer b.policy(t, "^harken", "queues", `{"max-length":5,"overflow":"reject-publish"}`)()
	ch := b.confirming(t, servers.RabbitOther)
	exchange := b.elsewhere(t, ch)
	l := b.listen(t, "/"+exchange+"?vhost="+servers.RabbitOther)
	for round := range floods {
		if acked := flood(t, ch, exchange, flooded); acked != flooded {
			t.Fatalf("round %d: the server took %d of %d messages of the system's, want all: it is the listener's queue that is full",
				round, acked, flooded)
		}
		l.sync(t)
		if seen, gaps := l.look(); len(seen) < (round+1)*flooded {
			if len(gaps) == 0 {
				t.Errorf("captured %d of %d events, and no gap is told", len(seen), (round+1)*flooded)
			}
			return
		}
	}
	t.Fatalf("the server dropped none of %d events, want some: else this shows nothing", floods*flooded)
}

// What expires in the listener's queue expires in the one for what was dropped, too.
func whatExpiresUnderAPolicyIsAGap(t *testing.T, b *broker) {
	defer b.policy(t, "^harken", "queues", `{"message-ttl":1}`)()
	ch := b.confirming(t, servers.RabbitOther)
	exchange := b.elsewhere(t, ch)
	l := b.listen(t, "/"+exchange+"?vhost="+servers.RabbitOther)
	for round := range floods {
		flood(t, ch, exchange, flooded)
		l.sync(t)
		if seen, gaps := l.look(); len(seen) < (round+1)*flooded {
			if len(gaps) == 0 || !strings.Contains(gaps[0], "message-ttl") {
				t.Errorf("captured %d of %d events, with the gaps %q, want one that says why", len(seen), (round+1)*flooded, gaps)
			}
			return
		}
	}
	t.Fatalf("none of %d events expired, want some: else this shows nothing", floods*flooded)
}
