#!/usr/bin/env bash
# Expected: a core subscription to ">" hears each message once, as it was published.
# Seen: it hears a message of a stream once more for each consumer that gets it, under the subject it was published on: the
#   server delivers to the consumer's inbox, and hands the wildcard that delivery with the message's own subject. With a
#   durable push consumer and an ordered one, one publish is heard three times. What a pull consumer fetches is heard, too.
# With: nats-server v2.15.2, nats.go v1.55.0, 2026-11-30.
# Source: run; nothing in the documentation of wildcards or of consumers says so.
# Why: a test that taps ">" counts duplicates that the system never published, and the more consumers the system has the more.
#   Only the reply subject ($JS.ACK...) tells such a delivery from a message. A tap takes the subjects that are meant.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module tap

go 1.25

require (
	github.com/nats-io/nats-server/v2 v2.15.2
	github.com/nats-io/nats.go v1.55.0
)
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	store, err := os.MkdirTemp("", "")
	must(err)
	defer os.RemoveAll(store)
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: store, NoLog: true, NoSigs: true})
	must(err)
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		panic("not ready")
	}
	fmt.Println("nats-server", server.VERSION, "nats.go", nats.Version)
	for _, consumers := range []string{"none", "push", "push and ordered", "pull"} {
		heard, deliveries := tap(s.ClientURL(), consumers)
		fmt.Printf("consumers: %s; one publish is heard %d times as %q, %d of them with a reply subject of JetStream\n",
			consumers, heard, "orders.placed", deliveries)
	}
}

// tap returns how often a subscription to > hears one publish while a stream has these consumers.
func tap(url, consumers string) (heard, deliveries int) {
	conn, err := nats.Connect(url)
	must(err)
	defer conn.Close()
	js, err := conn.JetStream()
	must(err)
	_, err = js.AddStream(&nats.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.*"}, Storage: nats.MemoryStorage})
	must(err)
	defer func() { must(js.DeleteStream("ORDERS")) }()
	got := make(chan *nats.Msg, 16)
	want := 0
	if strings.Contains(consumers, "push") {
		_, err = js.ChanSubscribe("orders.placed", got, nats.Durable("shipping"), nats.AckExplicit())
		must(err)
		want++
	}
	if strings.Contains(consumers, "ordered") {
		_, err = js.ChanSubscribe("orders.placed", got, nats.OrderedConsumer())
		must(err)
		want++
	}
	other, err := nats.Connect(url) // the tap has a connection of its own
	must(err)
	defer other.Close()
	all, err := other.SubscribeSync(">")
	must(err)
	must(other.Flush())
	_, err = js.Publish("orders.placed", []byte("1"))
	must(err)
	for range want {
		<-got
	}
	if consumers == "pull" {
		sub, err := js.PullSubscribe("orders.placed", "billing")
		must(err)
		_, err = sub.Fetch(1)
		must(err)
	}
	must(conn.Flush())
	must(other.Flush())
	for {
		m, err := all.NextMsg(300 * time.Millisecond)
		if err != nil {
			return heard, deliveries
		}
		if m.Subject != "orders.placed" {
			continue
		}
		heard++
		if strings.HasPrefix(m.Reply, "$JS.ACK.") {
			deliveries++
		}
	}
}
END
go mod tidy >/dev/null 2>&1
go run . | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
nats-server 2.15.2 nats.go 1.55.0
consumers: none; one publish is heard 1 times as "orders.placed", 0 of them with a reply subject of JetStream
consumers: push; one publish is heard 2 times as "orders.placed", 1 of them with a reply subject of JetStream
consumers: push and ordered; one publish is heard 3 times as "orders.placed", 2 of them with a reply subject of JetStream
consumers: pull; one publish is heard 2 times as "orders.placed", 1 of them with a reply subject of JetStream
END
echo "as found"
