//go:build conformance

// A listener that leaves in the middle of traffic.

package rabbitmq_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness/rabbitmq"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// A message that was routed to a queue which is gone is refused to its publisher, who has done nothing wrong. So
// nothing is routed to the queue any more when the connection ends, which the queue goes with.
func aListenerThatLeavesDisturbsNoPublisher(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	at, farewell := withholding(t, b.Addr)
	l, err := rabbitmq.Transport().Listen(t.Context(), parse(t, "rabbitmq://"+at+"/"+exchange), &journal{})
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() { left <- l.Close() }()
	select {
	case <-farewell: // which the server never hears, so that the queue is there
	case err := <-left:
		t.Fatalf("the listener has left without a farewell: %v", err)
	}
	ch := b.confirming(t, "/")
	returned := ch.NotifyReturn(make(chan amqp.Return, 1))
	const mandatory = true
	c, err := ch.PublishWithDeferredConfirm(exchange, "a", mandatory, false, amqp.Publishing{Body: []byte("x")})
	if err != nil || !c.Wait() {
		t.Fatalf("got %v, want the message confirmed", err)
	}
	select {
	case <-returned: // nobody is bound
	default:
		t.Error("a message was routed to the queue of a listener that leaves")
	}
	<-left // which had no answer
}

// withholding returns where a server can be reached which is not told that a connection is to be closed. farewell is
// closed when a client has said so.
func withholding(t *testing.T, server string) (at string, farewell <-chan struct{}) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	var passing sync.WaitGroup
	passing.Go(func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		passing.Go(func() { _, _ = io.Copy(client, conn) })
		pass(conn, client, said)
	})
	t.Cleanup(func() {
		l.Close()
		passing.Wait()
	})
	return l.Addr().String(), said
}

// pass passes on what a client says, up to its farewell, and returns when it is gone.
func pass(to io.Writer, client io.Reader, said chan<- struct{}) {
	const farewell = "kthxbai" // the text with which the client closes a connection, and nothing else
	buffer := make([]byte, 64<<10)
	withheld := false
	for {
		n, err := client.Read(buffer)
		if !withheld && bytes.Contains(buffer[:n], []byte(farewell)) {
			withheld = true
			close(said)
		}
		if !withheld {
			_, _ = to.Write(buffer[:n]) // a server that is gone is told to the client
		}
		if err != nil {
			return
		}
	}
}

// What belongs to a connection goes with it. The exchange by which a listener knows that its queue is bound does not.
func nothingIsLeftWhereTheConnectionWasLost(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	for range 3 {
		p := proxy.Start(t, b.Addr)
		l, err := rabbitmq.Transport().Listen(t.Context(), parse(t, "rabbitmq://"+p.Addr()+"/"+exchange), &journal{})
		if err != nil {
			t.Fatal(err)
		}
		p.Cut()()
		_ = l.Close()     // which may tell that the connection was lost
		b.deleteQueues(t) // whose connection the server may not have missed yet
	}
	for _, name := range b.there(t) {
		if strings.Contains(name, "harken.") {
			t.Errorf("%s is left on the server", strings.TrimSpace(name))
		}
	}
}
