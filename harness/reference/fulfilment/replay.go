// Replaying: the command `fulfilment replay ORDER` places an order of the stream once more, as an operator would.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// replay publishes the first message of the stream that has the order's id once more, and returns once it is stored.
func replay(ctx context.Context, getenv func(string) string, logger *log.Logger, orderID string) error {
	s, err := settingsFrom(getenv)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	conn, err := connect(s.natsURL, logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, streamName)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamName, err)
	}
	state, err := stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("stream %s: %w", streamName, err)
	}
	for sequence := state.State.FirstSeq; sequence <= state.State.LastSeq; sequence++ {
		m, err := stream.GetMsg(ctx, sequence)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("stream %s: %w", streamName, err)
		}
		var o order
		if json.Unmarshal(m.Data, &o) != nil || o.ID != orderID {
			continue
		}
		if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}); err != nil {
			return fmt.Errorf("replay message %d: %w", sequence, err)
		}
		logger.Printf("message %d: replayed", sequence)
		return nil
	}
	return fmt.Errorf("no order %q in stream %s", orderID, streamName)
}
