// Sending: to a subject of core NATS, or to a stream.

package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/name"
)

// producer sends to one subject.
type producer struct {
	conn    *link
	subject string
	flush   *poll.Shared // of concurrent Sends, which share a round trip
	send    func(ctx context.Context, m *nats.Msg) (harness.Receipt, error)
}

func openProducer(ctx context.Context, a address) (*producer, error) {
	conn, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	p := &producer{conn: conn, subject: a.subject}
	p.flush = poll.NewShared(func(ctx context.Context) error {
		_, err := roundTrip(ctx, conn)
		return err
	})
	p.send = p.publish
	if a.stream != "" {
		to, err := openStoring(ctx, conn, a)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.send = to.send
	}
	return p, nil
}

// Send returns nil once the server, or the stream, has accepted e.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if ctx.Err() != nil {
		return harness.Receipt{}, context.Cause(ctx)
	}
	m, err := message(p.subject, e)
	if err != nil {
		return harness.Receipt{}, err
	}
	r, err := p.send(ctx, m)
	switch {
	case err == nil:
		return r, nil
	case p.conn.IsClosed():
		return r, harness.ErrClosed
	case errors.Is(err, nats.ErrMaxPayload):
		return r, fmt.Errorf("%d bytes are more than the server takes (%d)", len(e.Body), p.conn.MaxPayload())
	default:
		return r, err
	}
}

func (p *producer) Close() error {
	p.flush.Close()
	p.conn.Close()
	return nil
}

// publish writes m and waits for the server to have read it. A message that was written to a connection that is
// gone may be lost, even though the next connection answers.
func (p *producer) publish(ctx context.Context, m *nats.Msg) (r harness.Receipt, err error) {
	if !p.conn.IsConnected() {
		return r, errDown
	}
	count := p.conn.Stats().Reconnects
	r.Left, err = p.conn.leave(len(m.Data), func() error { return p.conn.PublishMsg(m) })
	if err != nil {
		return r, err
	}
	if err := p.flush.Do(ctx); err != nil {
		return r, fmt.Errorf("perhaps accepted: %w", err)
	}
	if p.conn.Stats().Reconnects != count {
		return r, fmt.Errorf("perhaps accepted: %w", errInterrupted)
	}
	return r, nil
}

// takes returns nil if a stream stores what is sent to subject.
func takes(ctx context.Context, js jetstream.JetStream, stream jetstream.Stream, subject string) error {
	takers, err := streamNames(ctx, js, jetstream.WithStreamListSubject(subject))
	if err != nil {
		return fmt.Errorf("streams of %s: %w", subject, err)
	}
	config := stream.CachedInfo().Config
	if !slices.Contains(takers, config.Name) {
		return fmt.Errorf("stream %s does not take %s (it takes %s)", config.Name, subject,
			strings.Join(config.Subjects, ", "))
	}
	return nil
}

// streamOf returns a stream that exists. Its error lists those there are.
func streamOf(ctx context.Context, js jetstream.JetStream, stream string) (s jetstream.Stream, err error) {
	err = insist(ctx, func(ctx context.Context) error {
		s, err = js.Stream(ctx, stream)
		return err
	})
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if known, listing := streamNames(ctx, js); listing == nil {
			return nil, name.Unknown("stream", stream, known)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", stream, err)
	}
	return s, nil
}

func streamNames(
	ctx context.Context, js jetstream.JetStream, which ...jetstream.StreamListOpt,
) (all []string, err error) {
	err = insist(ctx, func(ctx context.Context) error {
		all = nil
		names := js.StreamNames(ctx, which...)
		for n := range names.Name() {
			all = append(all, n)
		}
		return names.Err()
	})
	return all, err
}
