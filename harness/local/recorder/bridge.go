// One channel: its stream, and the way from there into the table.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/poll"
)

const (
	// maxBatch is how many events are written before the next ones are looked at.
	maxBatch = 256

	// maxBacklog and maxBacklogBytes bound what a stream keeps. More than that unrecorded, and the channel ends.
	maxBacklog      = 100_000
	maxBacklogBytes = 64 << 20

	// duplicates is the shortest window in which a server drops what has the Nats-Msg-Id of an earlier message.
	duplicates = 100 * time.Millisecond

	// subjectOverlap is the server's code for a subject that another stream has.
	subjectOverlap jetstream.ErrorCode = 10065
)

// CanarySubject returns the subject to which canaries for a recorded channel are published.
func CanarySubject(channel string) string { return "harken.canary." + token(channel) }

// streamName returns the name of the stream of a recorded channel.
func streamName(channel string) string { return "HARKEN_" + strings.ToUpper(token(channel)) }

// token returns a channel's name as one token of a subject: "audit log" is audit-log.
func token(channel string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' {
			return r
		}
		return '-'
	}, channel)
}

// record writes events of a channel in the order of the slice, and may be called again with the same ones.
type record func(ctx context.Context, channel string, events []event.Event) error

// bridge records one channel until close.
type bridge struct {
	channel string
	stream  string
	conn    *nats.Conn
	js      jetstream.JetStream
	feed    jetstream.ConsumeContext
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // why not everything was recorded; to be read after done
}

// open returns a bridge that records what is published to s from now on. ctx bounds the opening only.
func open(ctx context.Context, channel string, s source, write record) (_ *bridge, err error) {
	conn, err := nats.Connect(s.server, nats.Name("harken recorder"), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	b := &bridge{channel: channel, stream: streamName(channel), conn: conn, js: js, done: make(chan struct{})}
	if err := b.createStream(ctx, s.subject); err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	arrived := make(chan jetstream.Msg, maxBatch)
	if err := b.consume(ctx, running, arrived); err != nil {
		cancel()
		return nil, errors.Join(err, b.deleteStream(ctx))
	}
	go func() {
		defer close(b.done)
		defer cancel()
		b.err = b.run(running, arrived, write)
	}()
	return b, nil
}

// createStream makes a stream that nobody else has. Its metadata differs from run to run, since a server takes a
// second request for the very same stream as done.
func (b *bridge) createStream(ctx context.Context, subject string) error {
	subjects := []string{subject, CanarySubject(b.channel)}
	_, err := b.js.CreateStream(ctx, jetstream.StreamConfig{
		Name:        b.stream,
		Description: "what Harken records of " + b.channel,
		Subjects:    subjects,
		Storage:     jetstream.MemoryStorage,
		MaxMsgs:     maxBacklog,
		MaxBytes:    maxBacklogBytes,
		Discard:     jetstream.DiscardOld,
		Duplicates:  duplicates,
		Metadata:    map[string]string{"harken-run": nats.NewInbox()},
	})
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
		return fmt.Errorf("the stream %s exists: another run records this channel, or one was killed and left it behind (nats stream rm %s)", b.stream, b.stream)
	case errors.As(err, &api) && api.ErrorCode == subjectOverlap:
		return fmt.Errorf("subject %s is kept in %s already, and a subject belongs to one stream only: "+
			"listen to it directly, or let it be published outside of that stream", subject, b.ownerOf(ctx, subjects))
	default:
		return fmt.Errorf("stream %s: %w", b.stream, err)
	}
}

// ownerOf names the stream that has one of subjects.
func (b *bridge) ownerOf(ctx context.Context, subjects []string) string {
	for _, subject := range subjects {
		if name, err := b.js.StreamNameBySubject(ctx, subject); err == nil {
			return "the stream " + name
		}
	}
	return "another stream"
}

// consume hands on every message of the stream, in order, until running ends. An ordered consumer goes on where it was
// after a lost connection.
func (b *bridge) consume(ctx, running context.Context, arrived chan<- jetstream.Msg) error {
	consumer, err := b.js.OrderedConsumer(ctx, b.stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.stream, err)
	}
	b.feed, err = consumer.Consume(func(m jetstream.Msg) {
		select {
		case arrived <- m:
		case <-running.Done():
		}
	})
	if err != nil {
		return fmt.Errorf("stream %s: %w", b.stream, err)
	}
	return nil
}

// run records what arrives until ctx ends: what has come by then in one go, and the next only when all of that is
// written. It returns an error if something was lost, or was not written when ctx ended although it had been tried.
func (b *bridge) run(ctx context.Context, arrived <-chan jetstream.Msg, write record) error {
	last := uint64(0)
	for {
		messages := batch(ctx, arrived)
		if len(messages) == 0 {
			return nil
		}
		events := make([]event.Event, len(messages))
		for i, m := range messages {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("stream %s: %w", b.stream, err)
			}
			if meta.Sequence.Stream != last+1 {
				return fmt.Errorf("stream %s: events %d to %d were dropped before they could be recorded: nothing is recorded from there on",
					b.stream, last+1, meta.Sequence.Stream-1)
			}
			last = meta.Sequence.Stream
			events[i] = eventOf(m, meta)
		}
		var failed error
		err := poll.Until(ctx, func(ctx context.Context) error {
			err := write(ctx, b.channel, events)
			if err != nil && ctx.Err() == nil {
				failed = err
			}
			return err
		})
		switch {
		case err == nil:
		case failed == nil:
			return nil
		default:
			return fmt.Errorf("%d events were not recorded: %w", len(events), failed)
		}
	}
}

// batch returns what has arrived, and waits for the first. It returns nothing once ctx has ended.
func batch(ctx context.Context, arrived <-chan jetstream.Msg) []jetstream.Msg {
	var messages []jetstream.Msg
	select {
	case m := <-arrived:
		messages = append(messages, m)
	case <-ctx.Done():
		return nil
	}
	for len(messages) < maxBatch {
		select {
		case m := <-arrived:
			messages = append(messages, m)
		default:
			return messages
		}
	}
	return messages
}

// eventOf returns a message as an event: its stamp is when the server stored it, its key the subject.
func eventOf(m jetstream.Msg, meta *jetstream.MsgMetadata) event.Event {
	e := event.Event{
		ID:    meta.Stream + ":" + strconv.FormatUint(meta.Sequence.Stream, 10),
		Key:   m.Subject(),
		Body:  m.Data(),
		Stamp: meta.Timestamp,
	}
	if len(m.Headers()) > 0 {
		e.Headers = make(map[string]string, len(m.Headers()))
	}
	for name, values := range m.Headers() {
		e.Headers[name] = strings.Join(values, ", ")
	}
	return e
}

// close ends the recording and removes the stream.
func (b *bridge) close(ctx context.Context) error {
	b.cancel()
	<-b.done
	b.feed.Stop()
	defer b.conn.Close()
	return errors.Join(b.err, b.deleteStream(ctx))
}

func (b *bridge) deleteStream(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return fmt.Errorf("stream %s was not removed: no connection to its server", b.stream)
	}
	if err := b.js.DeleteStream(ctx, b.stream); err != nil {
		return fmt.Errorf("stream %s was not removed: %w", b.stream, err)
	}
	return nil
}
