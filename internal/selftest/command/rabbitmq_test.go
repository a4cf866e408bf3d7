//go:build conformance

// The example of docs/transports/rabbitmq.md, with a worker that does what the page says.

package command

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/support/run"
)

func TestTheExampleOfRabbitMQRunsAsItIsShown(t *testing.T) {
	node := servers.RabbitMQ(t)
	conn, err := amqp.Dial("amqp://guest:guest@" + node.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err == nil {
		err = declarePayments(ch)
	}
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := ch.Consume("payments.work", "worker", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	defer working.Wait()
	defer ch.Cancel("worker", false) // which ends the deliveries
	working.Go(func() {
		for d := range deliveries {
			if err := pay(ch, d); err != nil {
				t.Error(err)
			}
		}
	})
	place := Place{Dir: exampleOfRabbitMQ(t), Env: []string{"RABBITMQ=" + node.Addr}}
	code, out, errs := place.Run(t, "run", "--docs=")
	ended(t, code, run.ExitPassed, out, errs)
	has(t, out, "2 scenarios")
}

// exampleOfRabbitMQ returns a folder with the files that the page shows.
func exampleOfRabbitMQ(t *testing.T) (dir string) {
	t.Helper()
	const page = "docs/transports/rabbitmq.md"
	dir = t.TempDir()
	for file, text := range map[string]string{
		"godog.yml": blocks(t, page, "yaml")[0], "payment.json": blocks(t, page, "json")[0],
		"features/payments.feature": blocks(t, page, "gherkin")[0],
	} {
		file = filepath.Join(dir, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// declarePayments is the system's topology.
func declarePayments(ch *amqp.Channel) error {
	for name, kind := range map[string]string{
		"payments": "topic", "payments.retry": "fanout", "payments.dead": "fanout",
	} {
		if err := ch.ExchangeDeclare(name, kind, true, false, false, false, nil); err != nil {
			return err
		}
	}
	for _, q := range []struct {
		name, exchange, key string
		table               amqp.Table
	}{
		{"payments.work", "payments", "payment.requested", amqp.Table{"x-dead-letter-exchange": "payments.retry"}},
		{"payments.wait", "payments.retry", "", amqp.Table{"x-dead-letter-exchange": "payments", amqp.QueueMessageTTLArg: 200}},
		{"payments.dead", "payments.dead", "", nil},
		{"payments.taken", "payments", "payment.taken", nil},
	} {
		if _, err := ch.QueueDeclare(q.name, true, false, false, false, q.table); err != nil {
			return err
		}
		if err := ch.QueueBind(q.name, q.key, q.exchange, false, nil); err != nil {
			return err
		}
	}
	return nil
}

// pay is the worker: what it cannot do it rejects, and gives up at the third attempt.
func pay(ch *amqp.Channel, d amqp.Delivery) error {
	var payment struct{ Card string }
	if err := json.Unmarshal(d.Body, &payment); err != nil {
		return err
	}
	attempts := int64(1)
	deaths, _ := d.Headers["x-death"].([]any)
	for _, death := range deaths {
		if of, ok := death.(amqp.Table); ok && of["reason"] == "rejected" {
			attempts, _ = of["count"].(int64)
			attempts++
		}
	}
	m := amqp.Publishing{Headers: d.Headers, Body: d.Body}
	switch {
	case payment.Card == "valid":
		return errors.Join(ch.Publish("payments", "payment.taken", false, false, m), d.Ack(false))
	case attempts == 3:
		return errors.Join(ch.Publish("payments.dead", "", false, false, m), d.Ack(false))
	default:
		return d.Nack(false, false)
	}
}
