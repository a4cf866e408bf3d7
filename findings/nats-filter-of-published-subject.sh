#!/usr/bin/env bash
# Expected: a consumer filtered by the subject that is published, which the stream lists among its own, gets the message; or the
#   server refuses a filter by which nothing can ever come.
# Seen: where the stream has a subject_transform, only the subject that it stores counts. The consumer by the published subject
#   is created without an error, nothing is pending for it and nothing comes, as for any subject nobody has heard of; asking
#   for the last message of that subject answers "not found". A core subscriber sees the published subject all the while.
# With: nats-server v2.15.2, nats.go v1.55.0, 2026-11-30.
# Source: nats-server, server/stream.go: SubjectTransformConfig applies "before doing anything else when a new message is
#   received"; NATS docs, "Streams", SubjectTransform.
# Why: "no such event" on such a consumer always passes. A listener must ask the stream for its transform, or prove by an event
#   of its own, sent as the system sends, that its filter lets events through.
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
	nc := must(nats.Connect(s.ClientURL()))
	js := must(jetstream.New(nc))
	stream := must(js.CreateStream(ctx, jetstream.StreamConfig{
		Name:             "SHOP",
		Subjects:         []string{"shop.*"},
		SubjectTransform: &jetstream.SubjectTransformConfig{Source: "shop.*", Destination: "kept.{{wildcard(1)}}"},
	}))
	core := must(nc.SubscribeSync("shop.*"))
	ack := must(js.Publish(ctx, "shop.orders", []byte("an order")))

	fmt.Println("nats-server", server.VERSION)
	fmt.Println("published shop.orders: stored by", ack.Stream, "as", ack.Sequence)
	fmt.Println("core subscriber:", must(core.NextMsg(5*time.Second)).Subject)
	for _, filter := range []string{"shop.orders", "shop.*", "nobody.heard.of.it", "kept.orders"} {
		consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{FilterSubject: filter})
		fmt.Printf("consumer of %s: error %v, pending %d, got", filter, err, consumer.CachedInfo().NumPending)
		batch := must(consumer.FetchNoWait(5))
		for m := range batch.Messages() {
			fmt.Print(" ", m.Subject())
		}
		fmt.Println(", error", batch.Error())
	}
	_, err := stream.GetLastMsgForSubject(ctx, "shop.orders")
	fmt.Println("last message of shop.orders:", err)
}
END
go mod init finding 2>log
go get github.com/nats-io/nats-server/v2@v2.15.2 github.com/nats-io/nats.go@v1.55.0 2>log || { cat log >&2; exit 1; }
go run . "$dir/store" | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
nats-server 2.15.2
published shop.orders: stored by SHOP as 1
core subscriber: shop.orders
consumer of shop.orders: error <nil>, pending 0, got, error <nil>
consumer of shop.*: error <nil>, pending 0, got, error <nil>
consumer of nobody.heard.of.it: error <nil>, pending 0, got, error <nil>
consumer of kept.orders: error <nil>, pending 1, got kept.orders, error <nil>
last message of shop.orders: nats: API error: code=404 err_code=10037 description=message not found
END
echo "as found"
