//go:build conformance

// The example of docs/transports/rabbitmq.md, with a worker that does what the page says.

package command

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
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
	for _, c := range []struct {
		name, at string
		code     int
		want     string
	}{
		{"as it is shown", node.Addr, run.ExitPassed, "2 scenarios"},
		{"a wrong password", "guest:hunter2@" + node.Addr, run.ExitUsage, `user "guest": the server does not let it in`},
		{"no rights", servers.RabbitStranger + ":" + servers.RabbitPassword + "@" + node.Addr, run.ExitUsage, "NOT_ALLOWED"},
		{"TLS", node.TLS, run.ExitUsage, "the server speaks TLS there: write rabbitmqs://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := Place{Dir: exampleOfRabbitMQ(t), Env: []string{"RABBITMQ=" + c.at}}
			code, out, errs := place.Run(t, "run", "--docs=")
			said := out + errs
			if code != c.code {
				t.Errorf("got exit code %d, want %d:\n%s", code, c.code, said)
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("got %s, want %q in it", said, c.want)
			}
			if strings.Contains(said, "hunter2") || strings.Contains(said, servers.RabbitPassword) {
				t.Errorf("%s gives the password away", said)
			}
		})
	}
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
