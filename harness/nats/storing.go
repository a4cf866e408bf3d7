// Sending to a stream, which acknowledges what it has stored.

package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	batchHeader     = "Nats-Batch-Id"
	incrementHeader = "Nats-Incr"

	// codeInProcess is the answer of a replicated stream to a message id that it is about to store, from another message.
	codeInProcess jetstream.ErrorCode = 10158
	// mostUnacknowledged bounds what is under way at once; what a run sends at once is below it.
	mostUnacknowledged = 1 << 20
)

// storing sends to a stream.
type storing struct {
	conn      *link
	js        jetstream.JetStream
	stream    string
	bySubject bool          // who listens at this address does not learn what the stream calls a message
	window    time.Duration // within which the stream stores a message id once
}

func openStoring(ctx context.Context, conn *link, a address) (*storing, error) {
	js, err := jetstream.New(conn.Conn, jetstream.WithDefaultTimeout(answerWithin),
		jetstream.WithPublishAsyncMaxPending(mostUnacknowledged))
	if err != nil {
		return nil, err
	}
	stream, err := streamOf(ctx, js, a.stream)
	if err != nil {
		return nil, err
	}
	if err := takes(ctx, js, stream, a.subject); err != nil {
		return nil, err
	}
	c := stream.CachedInfo().Config
	if c.NoAck {
		return nil, harness.Misconfigured(fmt.Errorf("stream %s acknowledges nothing (no_ack), so that nobody knows what "+
			"it has stored: leave stream= out", a.stream))
	}
	return &storing{conn: conn, js: js, stream: a.stream, bySubject: a.bySubject, window: c.Duplicates}, nil
}

// send returns once the stream has acknowledged m. While it is about to store another message of the same id it is
// asked again.
func (s *storing) send(ctx context.Context, m *nats.Msg) (r harness.Receipt, err error) {
	if _, batch := m.Header[batchHeader]; batch {
		return r, fmt.Errorf("header %s: an atomic batch is stored when its last message comes, and an event here by "+
			"itself: leave the header out", batchHeader)
	}
	if _, limited := ctx.Deadline(); !limited {
		within, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		ctx = within
	}
	ctx, done := s.conn.whileUp(ctx)
	defer done()
	err = poll.Until(ctx, func(ctx context.Context) error {
		r, err = s.sendOnce(ctx, m)
		if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode == codeInProcess {
			return err
		}
		if err != nil {
			return poll.Permanent(err)
		}
		return nil
	})
	return r, err
}

func (s *storing) sendOnce(ctx context.Context, m *nats.Msg) (r harness.Receipt, err error) {
	if !s.conn.IsConnected() {
		return r, errDown
	}
	var options []jetstream.PublishOpt
	if _, counts := m.Header[incrementHeader]; !counts { // beside which a stream of counters takes no expectation
		options = append(options, jetstream.WithExpectStream(s.stream))
	}
	var ack jetstream.PubAckFuture
	r.Left, err = s.conn.leave(len(m.Data), func() (err error) {
		ack, err = s.js.PublishMsgAsync(m, options...)
		return err
	})
	if err != nil {
		return r, s.failed(ctx, err)
	}
	select {
	case stored := <-ack.Ok():
		return s.receipt(r, m, stored)
	case err := <-ack.Err():
		return r, s.failed(ctx, err)
	case <-ctx.Done():
		return r, s.failed(ctx, context.Cause(ctx))
	}
}

func (s *storing) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("perhaps accepted: no acknowledgement of stream %s: %w", s.stream, context.Cause(ctx))
	}
	return fmt.Errorf("stream %s: %w", s.stream, err)
}

// receipt reads an acknowledgement. Its other fields say nothing of what was stored: the domain, and what a counter has
// become.
func (s *storing) receipt(r harness.Receipt, m *nats.Msg, ack *jetstream.PubAck) (harness.Receipt, error) {
	switch {
	case ack.Stream != s.stream:
		return r, fmt.Errorf("it was stored by stream %s and not by %s", ack.Stream, s.stream)
	case ack.Duplicate:
		r.Swallowed = fmt.Sprintf("stream %s has a message with the %s %q already (sequence %d, within the last %s), and "+
			"has not stored this one",
			s.stream, jetstream.MsgIDHeader, m.Header.Get(jetstream.MsgIDHeader), ack.Sequence, s.window)
	case !s.bySubject:
		r.ID = identityOf(ack.Stream, ack.Sequence)
	}
	return r, nil
}

// identityOf is the identity of a message for whoever listens to its stream.
func identityOf(stream string, sequence uint64) string { return fmt.Sprintf("%s:%d", stream, sequence) }
