#!/usr/bin/env bash
# Expected: JetStream drops a message whose Nats-Msg-Id the stream holds already; another subject, or an emptied stream, takes it.
# Seen: the id alone counts. The same id on another subject with another body is a duplicate, and after a purge or a delete it
#   still is: the server acknowledges the publish with the sequence of a message that is gone, and stores nothing. Only a
#   stream that was deleted and made anew has forgotten.
# With: nats-server v2.15.2, nats.go v1.55.0, 2026-11-30.
# Source: nats-server issue 6782 "Deduplication MsgId are not deleted during Purge operation" (open), jetstream issue 340;
#   server/stream.go, checkMsgId: a map from the id alone, which purge leaves as it is.
# Why: a test that purges between scenarios and sends fixed ids again within the window (2 minutes unless set) sends nothing,
#   and every publish succeeds. Whoever sends must read Duplicate in the acknowledgement, or its absence proofs prove nothing.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	s := must(server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: os.Args[1]}))
	s.Start()
	defer s.Shutdown()
	if !s.ReadyForConnections(20 * time.Second) {
		panic("the server is not ready")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	js := must(jetstream.New(must(nats.Connect(s.ClientURL()))))
	config := jetstream.StreamConfig{Name: "SHOP", Subjects: []string{"shop.>"}}
	stream := must(js.CreateStream(ctx, config))

	publish := func(when, subject, body string) {
		ack := must(js.Publish(ctx, subject, []byte(body), jetstream.WithMsgID("7")))
		held := must(stream.Info(ctx)).State.Msgs
		fmt.Printf("%s: %s %q id 7: duplicate %t, sequence %d, the stream holds %d\n", when, subject, body, ack.Duplicate, ack.Sequence, held)
	}

	fmt.Println("nats-server", server.VERSION)
	publish("first", "shop.orders", "an order")
	publish("another subject and body", "shop.refunds", "a refund")
	if err := stream.Purge(ctx); err != nil {
		panic(err)
	}
	publish("after a purge", "shop.refunds", "a refund")
	_, err := stream.GetMsg(ctx, 1)
	fmt.Println("the message of that sequence:", err)
	if err := js.DeleteStream(ctx, "SHOP"); err != nil {
		panic(err)
	}
	stream = must(js.CreateStream(ctx, config))
	publish("stream made anew", "shop.refunds", "a refund")
}
END
go mod init finding 2>log
go get github.com/nats-io/nats-server/v2@v2.15.2 github.com/nats-io/nats.go@v1.55.0 2>log || { cat log >&2; exit 1; }
go run . "$dir/store" | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
nats-server 2.15.2
first: shop.orders "an order" id 7: duplicate false, sequence 1, the stream holds 1
another subject and body: shop.refunds "a refund" id 7: duplicate true, sequence 1, the stream holds 1
after a purge: shop.refunds "a refund" id 7: duplicate true, sequence 1, the stream holds 0
the message of that sequence: nats: API error: code=404 err_code=10037 description=message not found
stream made anew: shop.refunds "a refund" id 7: duplicate false, sequence 1, the stream holds 1
END
echo "as found"
