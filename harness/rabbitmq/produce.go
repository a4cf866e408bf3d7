// Sending: each event is confirmed by the server, and one that no queue was bound for is told.

package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	// most is how many events are under way at once. Each has a channel of AMQP to itself, since what is returned says
	// not which of several it was.
	most = 64
	// replies begin the key of whoever waits for the answer to a request without a queue.
	replies = "amq.rabbitmq.reply-to"
)

// producer sends to one exchange, or to a queue by its name.
type producer struct {
	to    address
	lanes chan *lane // those that are free; nil stands for one that is to be opened
	done  context.Context
	close context.CancelCauseFunc

	turn chan struct{} // held by whoever looks at conn
	conn *link         // the newest
}

// lane is a channel of AMQP with at most one event under way.
type lane struct {
	*amqp.Channel
	conn     *link
	returned chan amqp.Return
	closed   chan *amqp.Error
}

func openProducer(ctx context.Context, a address) (harness.Producer, error) {
	p := &producer{to: a, lanes: make(chan *lane, most), turn: make(chan struct{}, 1)}
	p.done, p.close = context.WithCancelCause(context.Background())
	for range most {
		p.lanes <- nil
	}
	conn, err := p.live(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.during(ctx, func() error { return a.isThere(conn) }); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// isThere returns nil if there is something to send to.
func (a address) isThere(conn *link) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	switch {
	case a.stream != "":
		return a.missing(passiveQueue(ch, a.stream))
	case a.exchange != "":
		// which of the rest it is, it does not say
		err = ch.ExchangeDeclarePassive(a.exchange, topic, false, false, false, false, nil)
	case !strings.HasPrefix(a.key, replies):
		err = passiveQueue(ch, a.key)
	}
	if err != nil {
		return a.missing(err)
	}
	return ch.Close()
}

func passiveQueue(ch *amqp.Channel, name string) error {
	_, err := ch.QueueDeclarePassive(name, false, false, false, false, nil)
	return err
}

// missing returns an error of the server's as a misconfiguration where it says that what is named is not there.
func (a address) missing(err error) error {
	switch code(err) {
	case amqp.NotFound:
		return harness.Misconfigured(fmt.Errorf("there is no %s: declare it before the run, or let the system do so before "+
			"it is ready (what Harken opens does not declare it)", a.where()))
	case amqp.AccessRefused, amqp.ResourceLocked, amqp.PreconditionFailed:
		return harness.Misconfigured(fmt.Errorf("%s: %w", a.where(), reason(err)))
	default:
		return err
	}
}

// Send returns nil once the server has confirmed e, and did not return it.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if ctx.Err() != nil {
		return harness.Receipt{}, context.Cause(ctx)
	}
	key, err := p.to.keyOf(e)
	if err != nil {
		return harness.Receipt{}, err
	}
	m, err := p.to.message(e)
	if err != nil {
		return harness.Receipt{}, err
	}
	l, err := p.take(ctx)
	if err != nil {
		return harness.Receipt{}, err
	}
	r, err := l.send(ctx, p.to, key, m)
	p.give(l, err)
	if err != nil && p.done.Err() != nil {
		return r, harness.ErrClosed
	}
	return r, err
}

// Close ends the producer.
func (p *producer) Close() error {
	p.close(harness.ErrClosed)
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	if p.conn == nil {
		return nil
	}
	conn := p.conn
	p.conn = nil
	return conn.end()
}

// live returns the connection, which is made anew where it was lost.
func (p *producer) live(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.done, func() { cancel(harness.ErrClosed) })()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	switch {
	case p.done.Err() != nil:
		return nil, harness.ErrClosed
	case p.conn != nil && !p.conn.IsClosed():
		return p.conn, nil
	case p.conn != nil:
		_ = p.conn.end() // it was lost
		p.conn = nil
	}
	conn, err := connect(ctx, p.to)
	p.conn = conn
	return conn, err
}

// take returns a lane with nothing under way.
func (p *producer) take(ctx context.Context) (*lane, error) {
	var l *lane
	select {
	case l = <-p.lanes:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.done.Done():
		return nil, harness.ErrClosed
	}
	conn, err := p.live(ctx)
	if err == nil && (l == nil || l.conn != conn || l.IsClosed()) {
		l, err = await(ctx, func() (*lane, error) { return openLane(ctx, conn) })
	}
	if err != nil {
		p.lanes <- nil
		return nil, err
	}
	return l, nil
}

// give takes a lane back. One whose event had not ended well is not used again: what belongs to it may still come.
func (p *producer) give(l *lane, err error) {
	if err == nil {
		p.lanes <- l
		return
	}
	go func() { _ = l.Close() }() // it may have to wait for the server
	p.lanes <- nil
}

func openLane(ctx context.Context, conn *link) (*lane, error) {
	ch, err := conn.Channel()
	if err == nil {
		err = ch.Confirm(false)
	}
	if err == nil && ctx.Err() != nil { // nobody takes it any more
		return nil, errors.Join(context.Cause(ctx), ch.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("open a channel: %w", reason(err))
	}
	return &lane{
		Channel:  ch,
		conn:     conn,
		returned: ch.NotifyReturn(make(chan amqp.Return, 1)),
		closed:   ch.NotifyClose(make(chan *amqp.Error, 1)),
	}, nil
}

func (l *lane) send(ctx context.Context, to address, key string, m amqp.Publishing) (r harness.Receipt, err error) {
	if most := l.conn.Config.FrameSize; most > 0 && size(m) > most {
		return r, fmt.Errorf("the headers have some %d bytes, and the server takes %d (its frame_max)", size(m), most)
	}
	// What answers a request is handed over, and returned all the same.
	mandatory := to.exchange != "" || !strings.HasPrefix(key, replies)
	r.Left = time.Now()
	confirmation, err := await(ctx, func() (*amqp.DeferredConfirmation, error) {
		return l.PublishWithDeferredConfirm(to.exchange, key, mandatory, false, m)
	})
	if err != nil {
		return r, l.conn.why(fmt.Errorf("perhaps accepted: %w", reason(err)))
	}
	select {
	case <-confirmation.Done():
		return r, l.outcome(to, key, confirmation.Acked())
	case <-ctx.Done():
		return r, l.conn.why(fmt.Errorf("perhaps accepted, since it was not confirmed: %w", context.Cause(ctx)))
	}
}

// outcome returns what became of the event that was under way. What was returned came before its acknowledgement; and
// a channel that closes looks like a refusal to the client, which it is not.
func (l *lane) outcome(to address, key string, acked bool) error {
	switch {
	case !acked && l.IsClosed():
		return l.ended()
	case !acked:
		return errors.New("the server did not take it (nack): a queue that it was to go to is full or failed, others may have it")
	}
	select {
	case r := <-l.returned:
		return returned(to, key, r)
	default:
		return nil
	}
}

// ended returns why the channel was closed: because of the one event that was under way, or by the end of the
// connection.
func (l *lane) ended() error {
	var why error = amqp.ErrClosed
	if e := <-l.closed; e != nil { // closed with the channel, so it waits for nobody
		why = e
	}
	switch code(why) {
	case amqp.NotFound, amqp.AccessRefused, amqp.PreconditionFailed, amqp.NotImplemented:
		return fmt.Errorf("the server refused it: %w", reason(why))
	default:
		return fmt.Errorf("perhaps accepted, since the channel was closed before it was confirmed: %w", reason(why))
	}
}

// returned says which binding is missing.
func returned(to address, key string, r amqp.Return) error {
	what := fmt.Sprintf("returned (%d %s): ", r.ReplyCode, r.ReplyText)
	if to.exchange == "" {
		return fmt.Errorf("%sthere is no queue %q in vhost %q any more", what, key, to.vhost)
	}
	return fmt.Errorf("%sno queue is bound to %s for the key %q, so nobody gets it: start the consumer first, or bind its queue",
		what, to.where(), key)
}
