//go:build conformance

// What addresses of Kafka, RabbitMQ and PostgreSQL can have wrong, on the real servers: it is said before any scenario
// begins, and nothing is left behind.

package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// areSaid tries mistakes one after the other. there names what is on the server.
func areSaid(t *testing.T, there func(ctx context.Context) ([]string, error), secret string, mistakes []mistake) {
	t.Helper()
	before, err := there(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			m.isSaid(t, secret)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := poll.Until(ctx, func(ctx context.Context) error { // a server may hear late that a client is gone
				after, err := there(ctx)
				if err == nil && !slices.Equal(before, after) {
					err = fmt.Errorf("got %q on the server, want %q", after, before)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsWrongOfKafkaIsSaidBeforeAnyScenario(t *testing.T) {
	b := servers.Kafka(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	made, err := admin.CreateTopics(t.Context(), 1, 1, nil, "orders", "shipments", "guarded")
	if err = errors.Join(err, made.Error()); err != nil {
		t.Fatal(err)
	}
	rights := kadm.NewACLs().Topics("guarded").Operations(kadm.OpDescribe).Allow("User:" + servers.KafkaUser).AllowHosts()
	if _, err := admin.CreateACLs(t.Context(), rights); err != nil {
		t.Fatal(err)
	}
	there := func(ctx context.Context) (names []string, err error) {
		topics, err := admin.ListTopics(ctx)
		if err != nil {
			return nil, err
		}
		groups, err := admin.ListGroups(ctx)
		return append(topics.Names(), groups.Groups()...), err
	}
	at := "kafka://" + b.Addr
	as := func(password string) string { return "kafka://" + servers.KafkaUser + ":" + password + "@" + b.SASL }
	const user, plain = servers.KafkaPassword, "?sasl=plain"
	nobody := proxy.Refusing(t)
	areSaid(t, there, servers.KafkaPassword, []mistake{
		{"an unknown parameter", at + "/orders?group=g", at + "/shipments", []string{`no parameter "group"`}, true},
		{"a topic that there is not", at + "/orders", at + "/shipment",
			[]string{`no topic "shipment" (did you mean "shipments"?`, "make it, or add missing=later"}, false},
		{"a topic that cannot be sent to", at + "/order", at + "/shipments",
			[]string{`no topic "order" (did you mean "orders"?`}, false},
		{"a partition that there is not", at + "/orders?partition=1", at + "/shipments", []string{"has no partition 1"}, false},
		{"a wrong password", as("hunter22") + "/orders" + plain, as("hunter22") + "/shipments" + plain,
			[]string{"the user or the password is wrong"}, false},
		{"nobody who logs in", "kafka://" + b.SASL + "/orders", "kafka://" + b.SASL + "/shipments",
			[]string{"the server lets in only who logs in"}, false},
		{"no right to read", at + "/orders", as(user) + "/guarded" + plain,
			[]string{"no right to read topic guarded: allow READ and DESCRIBE on it"}, false},
		{"no right to send", as(user) + "/guarded" + plain, at + "/shipments",
			[]string{"no right to send to topic guarded: allow WRITE on it"}, false},
		{"a port nobody listens on", "kafka://" + nobody + "/orders", at + "/shipments",
			[]string{"nothing answers at " + nobody + ", where orders should be"}, false},
		{"TLS where there is none", at + "/orders?tls=true", at + "/shipments",
			[]string{"the server speaks no TLS at this port: leave tls=true out"}, false},
		{"no TLS where there is", at + "/orders", "kafka://" + b.TLS + "/shipments",
			[]string{"the server speaks TLS at this port: add tls=true"}, false},
		{"an authority that is not known", at + "/orders", "kafka://" + b.TLS + "/shipments?tls=true",
			[]string{"is not trusted (ca=FILE"}, false},
	})
}

func TestWhatIsWrongOfRabbitMQIsSaidBeforeAnyScenario(t *testing.T) {
	node := servers.RabbitMQ(t)
	conn, err := amqp.Dial("amqp://guest:guest@" + node.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	for _, name := range []string{"orders", "shipments"} {
		if err == nil {
			err = ch.ExchangeDeclare(name, amqp.ExchangeTopic, true, false, false, false, nil)
		}
	}
	if err == nil {
		_, err = ch.QueueDeclare("work", true, false, false, false, nil)
	}
	if err == nil {
		err = ch.QueueBind("work", "#", "orders", false, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	there := func(context.Context) ([]string, error) {
		names := strings.Fields(node.Control(t, "list_exchanges", "name") + node.Control(t, "list_queues", "name"))
		slices.Sort(names)
		return names, nil
	}
	at := "rabbitmq://" + node.Addr
	as := func(user, password string) string { return "rabbitmq://" + user + ":" + password + "@" + node.Addr }
	orders, shipments := at+"/orders?key=order", at+"/shipments?key=shipment"
	const right = servers.RabbitPassword
	nobody := proxy.Refusing(t)
	areSaid(t, there, right, []mistake{
		{"an unknown parameter", at + "/orders?kye=order", shipments, []string{`no parameter "kye"`, `"key"`}, true},
		{"a queue to be listened to", orders, at + "/?key=shipments", []string{"no queue can be bound to the default exchange",
			"name the exchange that feeds the queue"}, true},
		{"an exchange that there is not", orders, at + "/shipment?key=shipment",
			[]string{`there is no exchange "shipment"`, "declare it before the run"}, false},
		{"an exchange that cannot be sent to", at + "/order?key=order", shipments, []string{`there is no exchange "order"`}, false},
		{"a wrong password", as("guest", "hunter22") + "/orders?key=order", shipments,
			[]string{`user "guest": the server does not let it in`}, false},
		{"no rights in the vhost", orders, as(servers.RabbitStranger, right) + "/shipments?key=shipment",
			[]string{"NOT_ALLOWED", "the user's permissions there"}, false},
		{"no right to make a queue", orders, as(servers.RabbitReader, right) + "/shipments?key=shipment&type=topic",
			[]string{"allow the user to configure, write and read ^harken[.]", "listen to a stream"}, false},
		{"a port nobody listens on", "rabbitmq://" + nobody + "/orders?key=order", shipments,
			[]string{"nothing answers at " + nobody + ", where orders should be"}, false},
		{"TLS where there is none", "rabbitmqs://" + node.Addr + "/orders?key=order", shipments,
			[]string{"speaks no TLS: write rabbitmq://"}, false},
		{"no TLS where there is", orders, "rabbitmq://" + node.TLS + "/shipments?key=shipment",
			[]string{"the server speaks TLS there: write rabbitmqs://"}, false},
		{"an authority that is not known", orders, "rabbitmqs://" + node.TLS + "/shipments?key=shipment",
			[]string{"the certificate of", "ca=FILE"}, false},
	})
}

func TestWhatIsWrongOfPostgreSQLIsSaidBeforeAnyScenario(t *testing.T) {
	plain, secured := servers.Postgres(t), servers.PostgresTLS(t)
	conn := plain.Connect(t)
	const tables = `CREATE ROLE shop LOGIN REPLICATION PASSWORD 'correct-horse'; GRANT CREATE ON DATABASE shop TO shop;
		CREATE ROLE owner LOGIN PASSWORD 'correct-horse'; GRANT CREATE ON DATABASE shop TO owner;
		CREATE ROLE reader LOGIN REPLICATION PASSWORD 'correct-horse'; CREATE ROLE nobody LOGIN PASSWORD 'correct-horse';
		CREATE TABLE orders (id int PRIMARY KEY, "orderId" text); ALTER TABLE orders OWNER TO shop;
		CREATE TABLE shipments (id int PRIMARY KEY); ALTER TABLE shipments OWNER TO shop;
		CREATE TABLE owned (id int PRIMARY KEY); ALTER TABLE owned OWNER TO owner; GRANT SELECT ON shipments TO reader`
	if _, err := conn.Exec(t.Context(), tables).ReadAll(); err != nil {
		t.Fatal(err)
	}
	there := func(ctx context.Context) (names []string, err error) {
		made, err := conn.Exec(ctx, "SELECT slot_name FROM pg_replication_slots UNION SELECT pubname FROM pg_publication").ReadAll()
		if err != nil {
			return nil, err
		}
		for _, row := range made[0].Rows {
			names = append(names, string(row[0]))
		}
		return names, nil
	}
	as := func(user, password, at string) string {
		return "postgres://" + user + ":" + password + "@" + at + "/shop"
	}
	const right = "correct-horse"
	at := as("shop", right, plain.Addr)
	nobody := proxy.Refusing(t)
	areSaid(t, there, right, []mistake{
		{"an unknown parameter", at + "/orders", at + "/shipments?kye=id", []string{`no parameter "kye"`, `"key"`}, true},
		{"a table that there is not", at + "/orders", at + "/shipment",
			[]string{`no table "public.shipment" (did you mean "public.shipments"?`}, false},
		{"a table that cannot be sent to", at + "/order", at + "/shipments",
			[]string{`no table "public.order" (did you mean "public.orders"?`}, false},
		{"a wrong password", as("shop", "hunter22", plain.Addr) + "/orders", at + "/shipments",
			[]string{"password authentication failed"}, false},
		{"no right to create a slot", at + "/orders", as("owner", right, plain.Addr) + "/owned",
			[]string{`ALTER ROLE "owner" REPLICATION`, "via=read"}, false},
		{"no right to publish the table", at + "/orders", as("reader", right, plain.Addr) + "/shipments",
			[]string{"does not own the table", "publication="}, false},
		{"no right to read", at + "/orders", as("nobody", right, plain.Addr) + "/shipments?via=read",
			[]string{"GRANT SELECT"}, false},
		{"no right to insert", as("reader", right, plain.Addr) + "/orders", at + "/shipments", []string{"GRANT INSERT"}, false},
		{"a port nobody listens on", as("shop", right, nobody) + "/orders", at + "/shipments",
			[]string{"nothing answers at " + nobody + ", where orders should be"}, false},
		{"TLS where there is none", at + "/orders?sslmode=require", at + "/shipments", []string{"the server has no TLS"}, false},
		{"no TLS where there is", at + "/orders",
			as(servers.PostgresAdmin, servers.PostgresPassword, secured.Addr) + "/shipments?sslmode=disable",
			[]string{"add sslmode=require"}, false},
		{"an authority that is not known", at + "/orders",
			as(servers.PostgresAdmin, servers.PostgresPassword, secured.Addr) + "/shipments?sslmode=verify-full",
			[]string{"sslrootcert=FILE"}, false},
	})
}
