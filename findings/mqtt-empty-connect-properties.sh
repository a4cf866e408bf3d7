#!/usr/bin/env bash
# Expected: connecting with &paho.ConnectProperties{}, nothing set, is connecting without properties; and whatever a subscriber
#   asks for at CONNECT, the user properties (MQTT's headers) of the messages it gets are the publisher's.
# Seen: the empty struct sends Request Problem Information 0, as its bool is false where MQTT's default is 1. Brokers may then
#   still send user properties with PUBLISH; mochi, the broker one embeds in Go tests, leaves them out of every packet. So
#   that subscriber, and no other, gets each message without its user properties; its content type comes.
# With: paho.golang v0.23.0, mochi-mqtt/server v2.7.9, 2026-11-30.
# Source: paho.golang, paho/cp_connect.go, Connect.Packet; mochi, clients.go, WritePacket ("no problem info on any packet if
#   set"), and packets/properties.go; MQTT 5.0, 3.1.2.11.7: "MUST NOT send a Reason String or User Properties on any packet
#   other than PUBLISH, CONNACK, or DISCONNECT".
# Why: correlation ids and trace contexts travel as user properties. One listener finds them missing, says the system does not
#   set them, and is wrong. Leave the properties nil, or set RequestProblemInfo: true.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	broker := mqtt.New(&mqtt.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(0, broker.AddHook(new(auth.AllowHook), nil))
	listener := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	must(0, broker.AddListener(listener))
	must(0, broker.Serve())
	defer broker.Close()
	connect := func(id string, properties *paho.ConnectProperties, got chan<- *paho.Publish) *paho.Client {
		c := paho.NewClient(paho.ClientConfig{
			Conn: must(net.Dial("tcp", listener.Address())),
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){
				func(p paho.PublishReceived) (bool, error) { got <- p.Packet; return true, nil },
			},
		})
		must(c.Connect(ctx, &paho.Connect{ClientID: id, CleanStart: true, KeepAlive: 30, Properties: properties}))
		return c
	}

	fmt.Println("mochi", mqtt.Version)
	publisher := connect("publisher", nil, nil)
	for _, listen := range []struct {
		as         string
		properties *paho.ConnectProperties
	}{{"nil", nil}, {"empty", &paho.ConnectProperties{}}, {"problem-info", &paho.ConnectProperties{RequestProblemInfo: true}}} {
		got := make(chan *paho.Publish, 1)
		subscriber := connect(listen.as, listen.properties, got)
		must(subscriber.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: listen.as, QoS: 1}}}))
		must(publisher.Publish(ctx, &paho.Publish{Topic: listen.as, QoS: 1, Properties: &paho.PublishProperties{
			ContentType: "application/json", User: paho.UserProperties{{Key: "correlation-id", Value: "7"}},
		}}))
		select {
		case m := <-got:
			fmt.Printf("%s: content type %s, user properties %v\n", listen.as, m.Properties.ContentType, m.Properties.User)
		case <-ctx.Done():
			panic("no message")
		}
	}
}
END
go mod init finding 2>log
go get github.com/eclipse/paho.golang/paho@v0.23.0 github.com/mochi-mqtt/server/v2/hooks/auth@v2.7.9 2>log || { cat log >&2; exit 1; }
{ go list -m github.com/eclipse/paho.golang && go run .; } | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
github.com/eclipse/paho.golang v0.23.0
mochi 2.7.9
nil: content type application/json, user properties [{correlation-id 7}]
empty: content type application/json, user properties []
problem-info: content type application/json, user properties [{correlation-id 7}]
END
echo "as found"
