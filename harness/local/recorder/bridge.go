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

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/poll"
)

const (
	// maxBatch is how many events are read before the next ones are looked at.
	maxBatch = 256

	// maxSpan is how far apart the stamps of events may be that are written together, and so in any order. It is less
	// than the last moments (250 ms) that a listener reads again at each look, or a row that is written late would be
	// passed by until the next Sync.
	maxSpan = 100 * time.Millisecond

	// maxBacklog and maxBacklogBytes bound what a stream keeps. More than that unrecorded, and the channel ends.
	maxBacklog      = 100_000
	maxBacklogBytes = 64 << 20

	// duplicates is the shortest window in which a server drops what has the Nats-Msg-Id of an earlier message.
	duplicates = 100 * time.Millisecond

	// heartbeat is how often a silent server says that it is there, and so how soon a lost connection is made up for.
	heartbeat = 500 * time.Millisecond

	// maxHeaders is how many bytes of headers a stream takes.
	maxHeaders = 64<<10 - 1

	// aliveWithin bounds the answer of the recorder that has a stream, if it still is there.
	aliveWithin = 2 * time.Second

	// subjectOverlap is the server's code for a subject that another stream has.
	subjectOverlap nats.ErrorCode = 10065
)

// CanarySubject returns the subject to which canaries for a recorded channel are published.
func CanarySubject(channel string) string { return "harken.canary." + token(channel) }

// aliveSubject returns the subject on which the recorder of a channel answers for as long as it runs.
func aliveSubject(channel string) string { return "harken.recorder." + token(channel) }

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

// runKey is what tells the streams of recorders from others, in their metadata.
const runKey = "harken-run"

// writer records events of a channel, in their order, and may be called again with the same ones.
type writer func(ctx context.Context, channel string, events []event.Event) error

// bridge records one channel until close.
//
// It uses the JetStream API of the nats package: in the newer one of the jetstream package, stopping an ordered
// consumer blocks for ten seconds and more once the server is gone (nats.go v1.55).
type bridge struct {
	channel string
	stream  string
	conn    *nats.Conn
	js      nats.JetStreamContext
	feed    *nats.Subscription
	cancel  context.CancelCauseFunc
	done    chan struct{}
	err     error // why not everything was recorded; to be read after done
}

// open returns a bridge that records what is published to s from now on. ctx bounds the opening only.
func open(ctx context.Context, channel string, s source, write writer) (_ *bridge, err error) {
	conn, err := nats.Connect(s.server,
		nats.Name("harken recorder"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100*time.Millisecond),
		nats.NoEcho(), // or it would find itself alive
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // the default one prints; what matters shows in the feed
	)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	js, err := conn.JetStream()
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	b := &bridge{channel: channel, stream: streamName(channel), conn: conn, js: js, done: make(chan struct{})}
	// It answers before it has a stream, so that no other one ever takes the stream for abandoned.
	if _, err := conn.Subscribe(aliveSubject(channel), func(m *nats.Msg) { _ = m.Respond(nil) }); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	err = b.createStream(ctx, s.subject)
	if errors.Is(err, nats.ErrStreamNameAlreadyInUse) && b.abandoned(ctx) {
		if err := b.deleteStream(ctx); err != nil {
			return nil, err
		}
		err = b.createStream(ctx, s.subject)
	}
	if err != nil {
		return nil, err
	}
	// An ordered consumer goes on where it was after a lost connection.
	b.feed, err = js.SubscribeSync("", nats.BindStream(b.stream), nats.OrderedConsumer(), nats.IdleHeartbeat(heartbeat))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("stream %s: %w", b.stream, err), b.deleteStream(ctx))
	}
	running, cancel := context.WithCancelCause(context.Background())
	b.cancel = cancel
	if _, err := conn.Subscribe(s.subject, b.measure); err != nil {
		return nil, errors.Join(fmt.Errorf("nats: %w", err), b.deleteStream(ctx))
	}
	go func() {
		defer close(b.done)
		b.err = b.run(running, write)
	}()
	return b, nil
}

// createStream makes a stream that nobody else has. Its metadata differs from run to run, since a server takes a
// second request for the very same stream as done.
func (b *bridge) createStream(ctx context.Context, subject string) error {
	subjects := []string{subject, CanarySubject(b.channel)}
	_, err := b.js.AddStream(&nats.StreamConfig{
		Name:        b.stream,
		Description: "what Harken records of " + b.channel,
		Subjects:    subjects,
		Storage:     nats.MemoryStorage,
		MaxMsgs:     maxBacklog,
		MaxBytes:    maxBacklogBytes,
		Discard:     nats.DiscardOld,
		Duplicates:  duplicates,
		NoAck:       true, // or it would answer the requests that the subsystem makes on this subject
		Metadata:    map[string]string{runKey: nats.NewInbox()},
	}, nats.Context(ctx))
	var api *nats.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrStreamNameAlreadyInUse):
		return fmt.Errorf("the stream %s exists: another run records this channel, or it is not a recorder's: %w", b.stream, err)
	case errors.As(err, &api) && api.ErrorCode == subjectOverlap:
		return fmt.Errorf("subject %s is kept in %s already, and a subject belongs to one stream only: "+
			"listen to it directly, or let it be published outside of that stream", subject, b.ownerOf(ctx, subjects))
	default:
		return fmt.Errorf("stream %s: %w", b.stream, err)
	}
}

// abandoned says whether the stream of the channel is what a run has left behind that was killed: a recorder has made it,
// and none answers.
func (b *bridge) abandoned(ctx context.Context) bool {
	info, err := b.js.StreamInfo(b.stream, nats.Context(ctx))
	if err != nil || info.Config.Metadata[runKey] == "" {
		return false
	}
	_, err = b.conn.Request(aliveSubject(b.channel), nil, aliveWithin)
	return errors.Is(err, nats.ErrNoResponders)
}

// ownerOf names the stream that has one of subjects.
func (b *bridge) ownerOf(ctx context.Context, subjects []string) string {
	for _, subject := range subjects {
		if name, err := b.js.StreamNameBySubject(subject, nats.Context(ctx)); err == nil {
			return "the stream " + name
		}
	}
	return "another stream"
}

// run records what is published until ctx ends: what is close together in one go, and the next only when all of that is
// written. It returns an error if something was lost, or was not written when ctx ended although it had been tried.
func (b *bridge) run(ctx context.Context, write writer) error {
	for last := uint64(0); ; {
		messages, err := b.next(ctx)
		if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
			return nil
		} else if cause != nil {
			return cause
		}
		if err != nil {
			return fmt.Errorf("stream %s: %w", b.stream, err)
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
		for len(events) > 0 {
			n := together(events)
			if err := b.record(ctx, write, events[:n]); err != nil {
				return fmt.Errorf("unrecorded events: %d: %w", len(events), err)
			}
			events = events[n:]
		}
	}
}

// measure ends the recording where a message has more headers than a stream takes: it drops such a one, and says so only to
// a publisher that waits for its answer.
func (b *bridge) measure(m *nats.Msg) {
	if size := m.Size() - len(m.Subject) - len(m.Reply) - len(m.Data); size > maxHeaders {
		b.cancel(fmt.Errorf("headers of %d bytes, and a stream takes %d at most: this event cannot be recorded, and nothing is from there on", size, maxHeaders))
	}
}

// next returns what has arrived, and waits for the first of it.
func (b *bridge) next(ctx context.Context) ([]*nats.Msg, error) {
	first, err := b.feed.NextMsgWithContext(ctx)
	if err != nil {
		return nil, err
	}
	messages := []*nats.Msg{first}
	waiting, _, err := b.feed.Pending()
	for err == nil && len(messages) < min(1+waiting, maxBatch) {
		var m *nats.Msg
		if m, err = b.feed.NextMsgWithContext(ctx); err == nil {
			messages = append(messages, m)
		}
	}
	return messages, err
}

// together returns how many events, from the first on, may be written in any order.
func together(events []event.Event) int {
	for i, e := range events {
		if e.Stamp.Sub(events[0].Stamp) > maxSpan {
			return i
		}
	}
	return len(events)
}

// record writes events, and tries until it can or ctx ends. It returns what the last attempt failed with that ctx did
// not cut short.
func (b *bridge) record(ctx context.Context, write writer, events []event.Event) error {
	var failed error
	err := poll.Until(ctx, func(ctx context.Context) error {
		err := write(ctx, b.channel, events)
		if err != nil && ctx.Err() == nil {
			failed = err
		}
		return err
	})
	if err == nil {
		return nil
	}
	return failed
}

// eventOf returns a message as an event: its stamp is when the server stored it, its key the subject.
func eventOf(m *nats.Msg, meta *nats.MsgMetadata) event.Event {
	e := event.Event{
		ID:      meta.Stream + ":" + strconv.FormatUint(meta.Sequence.Stream, 10),
		Key:     m.Subject,
		Headers: m.Header,
		Body:    m.Data,
		Stamp:   meta.Timestamp,
	}
	return e
}

// close ends the recording and removes the stream.
func (b *bridge) close(ctx context.Context) error {
	b.cancel(nil)
	<-b.done
	defer b.conn.Close()
	return errors.Join(b.err, b.deleteStream(ctx))
}

func (b *bridge) deleteStream(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return fmt.Errorf("stream %s was not removed: no connection to its server", b.stream)
	}
	if err := b.js.DeleteStream(b.stream, nats.Context(ctx)); err != nil {
		return fmt.Errorf("stream %s was not removed: %w", b.stream, err)
	}
	return nil
}
