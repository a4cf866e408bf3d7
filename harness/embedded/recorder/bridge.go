// One channel: its stream, and the way from there into the table.

package recorder

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/recorder"
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

	// duplicates is the shortest window in which a server drops what has the Nats-Msg-Id of an earlier message. It takes
	// none that is shorter, and the witness has what falls into this one.
	duplicates = 100 * time.Millisecond

	// heartbeat is how often a silent server says that it is there, and so how soon a lost connection is made up for.
	heartbeat = 500 * time.Millisecond

	// aliveWithin bounds the answer of the recorder that has a stream, if it still is there. askAgain is when it is asked
	// again meanwhile: the server may think for a moment that a recorder which was killed is there, and it does not
	// answer.
	aliveWithin = 5 * time.Second
	askAgain    = 500 * time.Millisecond

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

// writer records entries of a channel, in their order, and may be called again with the same ones.
type writer func(ctx context.Context, channel string, entries []recorder.Entry) error

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
	witness *witness
	cancel  context.CancelCauseFunc
	done    chan struct{}
	err     error // why not everything was recorded; to be read after done

	// Of run alone.
	last     uint64    // sequence that was read
	latest   time.Time // stamp that was read
	unkept   int       // rows of what the stream does not keep
	cuts     uint64    // of the connection that are known
	cut      time.Time // when the last one was found
	complete time.Time // since when nothing is known to lack
}

// open returns a bridge that records what is published to s from now on. ctx bounds the opening only.
func open(ctx context.Context, channel string, s source, write writer) (_ *bridge, err error) {
	running, cancel := context.WithCancelCause(context.Background())
	b := &bridge{channel: channel, stream: streamName(channel), witness: newWitness(), cancel: cancel,
		done: make(chan struct{}), complete: time.Now()}
	conn, err := nats.Connect(s.server,
		nats.Name("harken recorder"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100*time.Millisecond),
		nats.NoEcho(), // or it would find itself alive
		// of others than the feed, which goes on where it was
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			if s != nil && errors.Is(err, nats.ErrSlowConsumer) && s.Type() == nats.ChanSubscription {
				cancel(fmt.Errorf("subject %s: more is published than is taken: nothing is recorded from there on", s.Subject))
			}
		}),
	)
	if err != nil {
		cancel(nil)
		return nil, fmt.Errorf("nats: %w", err)
	}
	defer func() {
		if err != nil {
			cancel(nil)
			conn.Close()
		}
	}()
	b.conn = conn
	if b.js, err = conn.JetStream(); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	// It answers before it has a stream, so that no other one ever takes the stream for abandoned.
	if _, err := conn.Subscribe(aliveSubject(channel), func(m *nats.Msg) { _ = m.Respond(nil) }); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	// The witness is there before the stream, or it would miss what the stream drops at first.
	published := make(chan *nats.Msg, maxSeen)
	for _, subject := range []string{s.subject, CanarySubject(channel)} {
		if _, err := conn.ChanSubscribe(subject, published); err != nil {
			return nil, fmt.Errorf("nats: %w", err)
		}
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
	b.feed, err = b.js.SubscribeSync("", nats.BindStream(b.stream), nats.OrderedConsumer(), nats.IdleHeartbeat(heartbeat))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("stream %s: %w", b.stream, err), b.deleteStream(ctx))
	}
	b.cuts = conn.Stats().Reconnects
	var watching sync.WaitGroup
	watching.Go(func() { b.witness.watch(running, published, cancel) })
	go func() {
		defer close(b.done)
		defer watching.Wait()
		defer cancel(nil)
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
		return fmt.Errorf("the stream %s exists: another run records this channel, or it is not a recorder's: %w", b.stream,
			err)
	case errors.As(err, &api) && api.ErrorCode == subjectOverlap:
		return fmt.Errorf("subject %s is kept in %s already, and a subject belongs to one stream only: "+
			"listen to it directly, or let it be published outside of that stream", subject, b.ownerOf(ctx, subjects))
	default:
		return fmt.Errorf("stream %s: %w", b.stream, err)
	}
}

// abandoned says whether the stream of the channel is what a run has left behind that was killed: a recorder has made
// it, and none answers.
func (b *bridge) abandoned(ctx context.Context) bool {
	info, err := b.js.StreamInfo(b.stream, nats.Context(ctx))
	if err != nil || info.Config.Metadata[runKey] == "" {
		return false
	}
	for asked := time.Now(); time.Since(asked) < aliveWithin; {
		_, err = b.conn.Request(aliveSubject(b.channel), nil, askAgain)
		if !errors.Is(err, nats.ErrTimeout) {
			break
		}
	}
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
	feeding, stop := context.WithCancel(ctx)
	feed := make(chan arrival, maxBatch)
	var feeder sync.WaitGroup
	feeder.Go(func() { b.read(feeding, feed) })
	defer feeder.Wait()
	defer stop()
	for {
		entries, err := b.next(ctx, feed)
		if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
			return nil
		} else if cause != nil {
			return cause
		}
		if err != nil {
			return fmt.Errorf("stream %s: %w", b.stream, err)
		}
		for len(entries) > 0 {
			n := together(entries)
			if err := b.record(ctx, write, entries[:n]); err != nil {
				return fmt.Errorf("unrecorded events: %d: %w", len(entries), err)
			}
			entries = entries[n:]
		}
	}
}

// arrival is what the feed gave, or its end.
type arrival struct {
	message *nats.Msg
	err     error
}

// read hands on what the feed gives until ctx or the feed ends.
func (b *bridge) read(ctx context.Context, feed chan<- arrival) {
	for {
		var a arrival
		a.message, a.err = b.feed.NextMsgWithContext(ctx)
		select {
		case feed <- a:
		case <-ctx.Done():
			return
		}
		if a.err != nil {
			return
		}
	}
}

// next returns what is to be recorded next, and waits for the first of it.
func (b *bridge) next(ctx context.Context, feed <-chan arrival) ([]recorder.Entry, error) {
	for {
		var overdue <-chan time.Time
		if due, ok := b.witness.due(); ok && b.caughtUp(feed) {
			overdue = time.After(time.Until(due))
		}
		select {
		case a := <-feed:
			return b.batch(ctx, a, feed)
		case <-b.witness.more:
		case now := <-overdue:
			if !b.caughtUp(feed) {
				continue
			}
			if events := b.witness.overdue(now); len(events) > 0 {
				return b.lacking(events), nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// caughtUp says whether nothing waits that the feed gave.
func (b *bridge) caughtUp(feed <-chan arrival) bool {
	waiting, _, err := b.feed.Pending()
	return len(feed) == 0 && waiting == 0 && err == nil
}

// batch returns what first and all that has arrived behind it make.
func (b *bridge) batch(ctx context.Context, first arrival, feed <-chan arrival) (entries []recorder.Entry, err error) {
	for a, n := first, 1; ; n++ {
		if a.err != nil {
			return nil, a.err
		}
		more, err := b.take(ctx, a.message)
		if err != nil {
			return nil, err
		}
		entries = append(entries, more...)
		if len(feed) == 0 || n == maxBatch {
			return entries, nil
		}
		a = <-feed
	}
}

// take returns what a message of the stream has recorded: itself, and before a canary all that has come before it.
func (b *bridge) take(ctx context.Context, m *nats.Msg) ([]recorder.Entry, error) {
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	if meta.Sequence.Stream != b.last+1 {
		return nil, fmt.Errorf("events %d to %d were dropped before they could be recorded: nothing is "+
			"recorded from there on", b.last+1, meta.Sequence.Stream-1)
	}
	b.last, b.latest = meta.Sequence.Stream, meta.Timestamp
	e := eventOf(m)
	e.ID, e.Stamp = meta.Stream+":"+strconv.FormatUint(meta.Sequence.Stream, 10), meta.Timestamp
	if id := harness.CanaryID(e); id != "" {
		entries, err := b.settle(ctx, id)
		return append(entries, recorder.Entry{Event: e}), err
	}
	if !b.witness.kept(e, time.Now()) {
		return nil, nil
	}
	return []recorder.Entry{{Event: e}}, nil
}

// settle waits until the witness has seen a canary, and returns what lacks before it: events that the stream has not
// kept, and a gap where the connection was lost, since what a stream drops meanwhile nobody sees.
func (b *bridge) settle(ctx context.Context, canary string) ([]recorder.Entry, error) {
	for {
		cut := b.wasCut()
		events, seen := b.witness.before(canary)
		if !seen && !cut {
			select {
			case <-b.witness.more:
			case <-time.After(grace): // or the connection was lost, and with it the canary's copy
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		entries := b.lacking(events)
		if cut {
			entries = append(entries, recorder.Entry{
				Event: event.Event{ID: b.number(), Stamp: b.latest}, Span: time.Since(b.complete),
				Gap: "the connection of the recorder to its server was lost: events that a stream does not keep, by their " +
					"headers, may have gone unseen",
			})
		}
		b.complete = time.Now()
		return entries, nil
	}
}

// wasCut says whether the connection was lost since the last canary. For a while after it was, the witness cannot tell
// either.
func (b *bridge) wasCut() bool {
	if cuts := b.conn.Stats().Reconnects; cuts != b.cuts {
		b.cuts, b.cut = cuts, time.Now()
	}
	return !b.cut.IsZero() && b.complete.Before(b.cut.Add(apart))
}

// lacking returns entries of events that the stream does not keep. They have no stamp; their rows lie at the latest
// time of the server that is known, so that listeners find them among what is new.
func (b *bridge) lacking(events []event.Event) []recorder.Entry {
	entries := make([]recorder.Entry, len(events))
	for i, e := range events {
		e.ID, e.Stamp = b.number(), b.latest
		if b.latest.IsZero() {
			e.Stamp = time.Now()
		}
		entries[i] = recorder.Entry{Event: e, Handled: true}
	}
	return entries
}

// number returns an identity for a row that is not of a message of the stream.
func (b *bridge) number() string {
	b.unkept++
	return b.stream + ":not kept:" + strconv.Itoa(b.unkept)
}

// together returns how many entries, from the first on, may be written in any order.
func together(entries []recorder.Entry) int {
	for i, e := range entries {
		if e.Event.Stamp.Sub(entries[0].Event.Stamp) > maxSpan {
			return i
		}
	}
	return len(entries)
}

// record writes entries, and tries until it can or ctx ends. It returns what the last attempt failed with that ctx did
// not cut short.
func (b *bridge) record(ctx context.Context, write writer, entries []recorder.Entry) error {
	var failed error
	err := poll.Until(ctx, func(ctx context.Context) error {
		err := write(ctx, b.channel, entries)
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

// eventOf returns a message as it was published: its key is the subject.
func eventOf(m *nats.Msg) event.Event {
	return event.Event{Key: m.Subject, Headers: m.Header, Body: m.Data}
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
