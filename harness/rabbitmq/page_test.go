//go:build conformance

// The example of docs/transports/rabbitmq.md, with a worker that does what the page says.

package rabbitmq_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/rabbitmq"
	"github.com/harken-bdd/harken/internal/selftest/pages"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

func theExampleOfThePagePasses(t *testing.T, b *broker) {
	suite := shown(t, b.Addr)
	b.must(t, declarePayments)
	conn := b.channel(t, "/")
	deliveries, err := conn.Consume("payments.work", "worker", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	working.Go(func() {
		for d := range deliveries {
			if err := pay(conn, d); err != nil {
				t.Error(err)
			}
		}
	})
	var out bytes.Buffer
	suite.Out, suite.Err = &out, &out
	result, err := suite.Run(t.Context())
	if result.ExitCode != run.ExitPassed {
		t.Errorf("got exit code %d, want %d: %v\n%s", result.ExitCode, run.ExitPassed, err, out.String())
	}
	if err := conn.Cancel("worker", false); err != nil {
		t.Error(err)
	}
	working.Wait()
}

// A password that is wrong, and an exchange that is not there, end a run before its first scenario.
func aRunEndsBeforeItsFirstScenario(t *testing.T, b *broker) {
	b.must(t, declarePayments)
	for _, c := range []struct{ name, at, want string }{
		{"a wrong password", "guest:hunter2@" + b.Addr, `user "guest": the server does not let it in`},
		{"no rights in the vhost", servers.RabbitStranger + ":" + servers.RabbitPassword + "@" + b.Addr, "NOT_ALLOWED"},
		{"TLS where it is not expected", b.TLS, "the server speaks TLS there: write rabbitmqs://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			suite := shown(t, c.at)
			var out bytes.Buffer
			suite.Out, suite.Err = &out, &out
			result, err := suite.Run(t.Context())
			said := out.String()
			if err != nil {
				said += err.Error()
			}
			if result.ExitCode != run.ExitUsage || !strings.Contains(said, c.want) {
				t.Errorf("got exit code %d and %q, want %d and %q", result.ExitCode, said, run.ExitUsage, c.want)
			}
			if strings.Contains(said, "hunter2") || strings.Contains(said, servers.RabbitPassword) {
				t.Errorf("%q gives the password away", said)
			}
		})
	}
}

// shown returns the suite that the page shows, in a folder of its own, with another server in place of its own.
func shown(t *testing.T, server string) run.Suite {
	t.Helper()
	all, err := pages.All("../..")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(p pages.Page) bool { return p.Name == "docs/transports/rabbitmq.md" })
	if at < 0 {
		t.Fatal("there is no page docs/transports/rabbitmq.md")
	}
	files := map[string]string{"yaml": "godog.yml", "json": "payment.json", "gherkin": "features/payments.feature"}
	dir := t.TempDir()
	fenced, _ := all[at].Blocks()
	for _, block := range fenced {
		file := filepath.Join(dir, files[block.Language])
		delete(files, block.Language)
		text := strings.ReplaceAll(block.Text(), "localhost:5672", server)
		if filepath.Base(file) == "godog.yml" {
			text += "audit: 1s\n"
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) > 0 {
		t.Fatalf("the page does not show all files of a suite: %v are missing", files)
	}
	return run.Suite{Config: filepath.Join(dir, "godog.yml"), Vocabulary: steps.All(),
		Transports: harness.Table{rabbitmq.Transport(), rabbitmq.TLS()}}
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
