//go:build conformance

package ring

import (
	"context"
	"fmt"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// pairs starts the servers, makes what the relay and the runs need on them, and returns the ring.
func pairs(t *testing.T) []pair {
	t.Helper()
	kafka, rabbit, postgres := servers.Kafka(t), servers.RabbitMQ(t), servers.Postgres(t)
	makeTopics(t, kafka.Addr, "ring-in", "ring-out")
	rabbitURL := fmt.Sprintf("rabbitmq://%s:guest@%s/", servers.RabbitAdmin, rabbit.Addr)
	makeExchanges(t, rabbit.Addr, "ring-in", "ring-out")
	web := fmt.Sprintf("http://127.0.0.1:%d/orders", servers.Ports(t, 1)[0])
	makeTables(t, postgres)
	database := fmt.Sprintf("postgres://%s:%s@%s/shop", servers.PostgresAdmin, servers.PostgresPassword, postgres.Addr)

	url := func(address string) string { return fmt.Sprintf("{url: %q}", address) }
	return []pair{
		{
			name: "from NATS to Kafka",
			in:   url("nats://${NATS}/ring.in"), from: "nats://$NATS/ring.in",
			out: url("kafka://" + kafka.Addr + "/ring-out"), to: "kafka://" + kafka.Addr + "/ring-out",
			profile: "    embedded: [nats]\n",
		},
		{
			name: "from Kafka to RabbitMQ",
			in:   url("kafka://" + kafka.Addr + "/ring-in"), from: "kafka://" + kafka.Addr + "/ring-in",
			out: url(rabbitURL + "ring-out"), to: rabbitURL + "ring-out",
		},
		{
			name: "from RabbitMQ to PostgreSQL",
			in:   url(rabbitURL + "ring-in?key=order"), from: rabbitURL + "ring-in",
			out: url(database + "/ring_out?only=insert"), to: database + "?table=ring_out",
		},
		{
			name: "from PostgreSQL to a webhook",
			in:   url(database + "/ring_in"), from: database + "?table=ring_in",
			out: `{url: "webhook://127.0.0.1:0/orders", env: RING_OUT}`, to: "$RING_OUT",
		},
		{
			name: "from HTTP to captures",
			in:   url(web), from: web,
			out: url("dynamodb://captures/out?endpoint=http://${DYNAMODB}&" +
				"canary=nats://${NATS}/harken.canary.out&bound=0s"), to: "nats://$NATS/ring.recorded",
			profile: "    embedded: [nats, dynamodb, recorder]\n    recorder: {out: \"nats://${NATS}/ring.recorded\"}\n",
		},
		{
			name: "from DynamoDB to NATS",
			in:   url("dynamodb://ring-in?endpoint=http://${DYNAMODB}"), from: "dynamodb://$DYNAMODB/ring-in",
			out: url("nats://${NATS}/ring.out"), to: "nats://$NATS/ring.out",
			profile: "    embedded: [nats, dynamodb]\n",
		},
	}
}

func makeTopics(t *testing.T, address string, names ...string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	made, err := kadm.NewClient(client).CreateTopics(t.Context(), 2, 1, nil, names...)
	if err == nil {
		err = made.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func makeExchanges(t *testing.T, address string, names ...string) {
	t.Helper()
	conn, err := amqp.Dial("amqp://guest:guest@" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := channel.ExchangeDeclare(name, amqp.ExchangeTopic, true, false, false, false, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func makeTables(t *testing.T, d servers.Database) {
	t.Helper()
	conn := d.Connect(t)
	for _, table := range []string{"ring_in", "ring_out"} {
		_, err := conn.Exec(context.Background(), fmt.Sprintf(
			`CREATE TABLE %s (id bigserial PRIMARY KEY, "orderId" text, sku text, status text)`, table)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
	}
}
