//go:build conformance

// Openings that fail: each says why, and leaves nothing on the server.

package rabbitmq_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/rabbitmq"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

func openingsThatFailSayWhy(t *testing.T, b *broker) {
	topic, direct, fanout, hash := b.exchange(t, "topic"), b.exchange(t, "direct"), b.exchange(t, "fanout"),
		b.exchange(t, "x-consistent-hash")
	queue := b.bind(t, topic, "#")
	plain := fmt.Sprint("queue-", b.next())
	b.must(t, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclare(plain, true, false, false, false, nil)
		return err
	})
	web := greets(t, "220 mail.example.com ESMTP\r\n")
	nobody := proxy.Refusing(t)
	before := b.there(t)
	as := func(user, password string) string { return "rabbitmq://" + user + ":" + password + "@" + b.Addr }
	at := "rabbitmq://" + b.Addr
	const right = servers.RabbitPassword
	const both, listens, produces = "both", "listens", "produces"
	for _, c := range []struct{ name, way, address, want string }{
		{"wrong password", both, as("guest", "hunter2") + "/" + topic + "?key=a", `user "guest": the server does not let it in`},
		{"unknown user", both, as("nobody", "hunter2") + "/" + topic + "?key=a", `user "nobody": the server does not let it in`},
		{"no such vhost", both, at + "/" + topic + "?key=a&vhost=none", `vhost "none": NOT_ALLOWED`},
		{"no rights in the vhost", both, as(servers.RabbitStranger, right) + "/" + topic + "?key=a",
			`vhost "/": NOT_ALLOWED - access to vhost '/' refused for user 'stranger'`},
		{"no such exchange", both, at + "/none?key=a", `there is no exchange "none" in vhost "/": declare it before the run`},
		{"an exchange of another vhost", both, at + "/" + topic + "?key=a&vhost=" + servers.RabbitOther, "there is no exchange"},
		{"no such queue", produces, at + "/?key=none", `there is no queue "none" in vhost "/"`},
		{"no such stream", both, at + "/?stream=none", `there is no stream "none" in vhost "/"`},
		{"a queue for a stream", listens, at + "/?stream=" + plain, "is a queue and no stream"},
		{"a pattern on a direct exchange", listens, at + "/" + direct + "?key=a.*", "it is a direct exchange, which knows no patterns"},
		{"no key on a direct exchange", listens, at + "/" + direct, "it is a direct exchange, which knows no patterns"},
		{"a key on a fanout exchange", listens, at + "/" + fanout + "?key=a", "it is a fanout exchange, which passes on whatever"},
		{"headers on a topic exchange", listens, at + "/" + topic + "?header.a=b", "match= and header.NAME= are for a headers exchange"},
		{"the wrong type", listens, at + "/" + topic + "?type=fanout", "is a topic exchange, and the address says type=fanout"},
		{"an exchange that shares out", listens, at + "/" + hash + "?key=1", "is of type x-consistent-hash: a queue more would take"},
		{"no right to see the type", listens, as(servers.RabbitReader, right) + "/" + topic + "?key=a",
			"write type=topic, direct, fanout or headers"},
		{"no right to make a queue", listens, as(servers.RabbitReader, right) + "/" + topic + "?key=a&type=topic",
			"allow the user to configure, write and read ^harken[.]"},
		{"no right to write the exchange", listens, as(servers.RabbitListener, right) + "/" + topic + "?key=a&type=topic",
			"or fixed=true in the address"},
		{"TLS where it is plain", both, "rabbitmqs://" + b.Addr + "/" + topic + "?key=a", "speaks no TLS: write rabbitmq://"},
		{"plain where it is TLS", both, "rabbitmq://" + b.TLS + "/" + topic + "?key=a", "the server speaks TLS there: write rabbitmqs://"},
		{"a certificate nobody vouches for", both, "rabbitmqs://" + b.TLS + "/" + topic + "?key=a", "name a file with the certificate of its authority as ca=FILE"},
		{"another protocol", both, "rabbitmq://" + web + "/" + topic + "?key=a",
			"the server does not speak AMQP there"},
		{"no file", both, "rabbitmqs://" + b.TLS + "/" + topic + "?key=a&ca=none.pem", "none.pem"},
		{"nobody listens", both, "rabbitmq://guest:hunter2@" + nobody + "/" + topic + "?key=a", "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.way != produces {
				_, err := table().Listen(t.Context(), parse(t, c.address), &journal{})
				fails(t, "listen", err, c.want)
			}
			if c.way != listens {
				_, err := table().Produce(t.Context(), parse(t, c.address))
				fails(t, "produce", err, c.want)
			}
		})
	}
	if after := b.there(t); !same(before, after) {
		t.Errorf("there was %q on the server, and then %q", before, after)
	}
	if got := b.ready(t, queue); got != 0 {
		t.Errorf("%d messages are in the system's queue, want none", got)
	}
}

func table() harness.Table { return harness.Table{rabbitmq.Transport(), rabbitmq.TLS()} }

// fails wants an error that would come again always, unless nobody listens, and that gives no password away.
func fails(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", what, err, want)
		return
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), servers.RabbitPassword) {
		t.Errorf("%s: %v gives the password away", what, err)
	}
	if _, dialled := errors.AsType[*net.OpError](err); errors.Is(err, harness.ErrMisconfigured) == dialled {
		t.Errorf("%s: got %v as a misconfiguration: %v", what, err, !dialled)
	}
}

func same(before, after []string) bool {
	slices.Sort(before)
	slices.Sort(after)
	return slices.Equal(before, after)
}

func (b *broker) ready(t *testing.T, queue string) (messages int) {
	t.Helper()
	b.must(t, func(ch *amqp.Channel) error {
		q, err := ch.QueueDeclarePassive(queue, false, false, false, false, nil)
		messages = q.Messages
		return err
	})
	return messages
}

// What docs/channels.md says that a listener needs is enough.
func fewRightsAreEnough(t *testing.T, b *broker) {
	b.must(t, func(ch *amqp.Channel) error {
		return ch.ExchangeDeclare("seen", "topic", false, false, false, false, nil)
	})
	ch := b.confirming(t, "/")
	for _, more := range []string{"", "&fixed=true"} {
		j := &journal{}
		u := parse(t, fmt.Sprintf("rabbitmq://%s:%s@%s/seen?key=a.*&type=topic%s", servers.RabbitListener,
			servers.RabbitPassword, b.Addr, more))
		l, err := rabbitmq.Transport().Listen(t.Context(), u, j)
		if err != nil {
			t.Errorf("%s: %v", more, err)
			continue
		}
		publish(t, ch, "seen", "a.b", amqp.Publishing{Body: []byte("x")})
		listening{l, j}.sync(t)
		if got := j.bodies(); len(got) != 1 {
			t.Errorf("%s: captured %q, want x", more, got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// greets returns the address of a server that says something to whoever connects.
func greets(t *testing.T, greeting string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // it is closed
			}
			_, _ = conn.Write([]byte(greeting)) // whoever is gone reads nothing
			_, _ = io.Copy(io.Discard, conn)    // until it is closed
			conn.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return l.Addr().String()
}
