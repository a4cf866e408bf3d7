// The queue of a listener's own: bound like the system's, and gone with its connection.

package rabbitmq

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
)

var (
	errRemade  = errors.New("the exchange was deleted, and perhaps declared anew: the listener's queue was bound no more")
	errDropped = errors.New("the server dropped messages from the listener's queue before they were read: they have an " +
		"expiration, or a policy with max-length or message-ttl takes in queues whose names begin with harken")
	errEnded = errors.New("the server ended the consumer of the listener's queue: somebody deleted it")
)

// deathHeader is where a server says why a message has left a queue.
const deathHeader = "x-death"

// queue is what a listener has on the server for as long as its connection holds.
type queue struct {
	conn *link
	consumer

	name    string
	dropped string                       // the queue into which the server puts what it drops from the other one
	drops   consumer                     // of that queue
	lost    atomic.Bool                  // something was dropped since the last proof
	wire    string                       // the exchange that goes with the one that is listened to; "" where that one is fixed
	laid    *atomic.Bool                 // the wire may be on the server
	unbind  func(ch *amqp.Channel) error // nil: it is not bound yet
	ask     *asking
	marks   *marks
}

// exchangeListener is a listener that may have left something on the server by a connection that was lost.
type exchangeListener struct {
	*listener
	tidy func()
}

func listenExchange(ctx context.Context, a address, g *harness.Gate) (harness.Listener, error) {
	name := "harken." + harness.RunOf(ctx) + "." + rand.Text()
	laid := new(atomic.Bool)
	tidy := func() {
		if laid.Load() {
			_ = takeBack(a, name) // where the server cannot be reached, nothing can be done about it
		}
	}
	l, err := newListener(ctx, g, func(ctx context.Context, why error) (s source, lost, err error) {
		q, err := openQueue(ctx, a, name, laid)
		if err != nil {
			return nil, nil, err
		}
		return q, why, nil // what came while there was no queue is lost
	})
	if err != nil {
		tidy()
		return nil, err
	}
	return exchangeListener{l, tidy}, nil
}

// Close ends the listener, and leaves nothing on the server, where it can be reached.
func (l exchangeListener) Close() error {
	err := l.listener.Close()
	l.tidy()
	return err
}

// takeBack deletes a wire by a connection of its own.
func takeBack(a address, wire string) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	conn, err := connect(ctx, a)
	if err != nil {
		return err
	}
	err = conn.during(ctx, func() error {
		ch, err := conn.Channel()
		if err != nil {
			return err
		}
		return ch.ExchangeDelete(wire, false, false)
	})
	return errors.Join(err, conn.end())
}

// openQueue returns a queue that is bound and consumed from. name is what is called after the listener.
func openQueue(ctx context.Context, a address, name string, laid *atomic.Bool) (*queue, error) {
	conn, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	q := &queue{conn: conn, name: name + "." + rand.Text(), laid: laid, marks: newMarks()}
	q.dropped = q.name + ".dropped"
	if !a.fixed && !strings.HasPrefix(a.exchange, "amq.") { // which the server lets nobody delete
		q.wire = name
	}
	if err := conn.during(ctx, func() error { return q.open(a) }); err != nil {
		return nil, errors.Join(err, q.end())
	}
	return q, nil
}

func (q *queue) open(a address) error {
	kind, err := kindOf(q.conn, a)
	if err != nil {
		return err
	}
	key, table, err := a.binding(kind)
	if err != nil {
		return err
	}
	ch, err := q.conn.Channel()
	if err != nil {
		return err
	}
	if err := q.declare(ch); err != nil {
		return forbidden(err, "listen to a stream that the exchange feeds (HOST/?stream=NAME), for which nothing is made")
	}
	if q.consumer, err = q.consumeFrom(q.name); err != nil {
		return forbidden(err, "")
	}
	if q.drops, err = q.consumeFrom(q.dropped); err != nil {
		return forbidden(err, "")
	}
	q.conn.watch.Go(q.noteDropped)
	// The wire first: an exchange that is deleted after it was laid takes it away.
	if err := q.lay(ch, a); err != nil {
		return forbidden(err, "fixed=true in the address, where nobody deletes the exchange while Harken listens, needs less")
	}
	if err := ch.QueueBind(q.name, key, a.exchange, false, table); err != nil {
		return forbidden(a.missing(err), "")
	}
	q.unbind = func(ch *amqp.Channel) error { return ch.QueueUnbind(q.name, key, a.exchange, table) }
	q.ask = askBy(q.conn, ch, q.marks)
	return nil
}

// forbidden returns an error as a misconfiguration where it is about a right that the user does not have.
func forbidden(err error, or string) error {
	if code(err) != amqp.AccessRefused {
		return err
	}
	if or != "" {
		or = "; or " + or
	}
	return harness.Misconfigured(fmt.Errorf("%w (allow the user to configure, write and read ^harken[.], to write amq.default and "+
		"the exchange, and to read the exchange%s)", reason(err), or))
}

// declare makes the two queues. Both are exclusive: nobody else can read them, and they go with the connection. They
// drop rather than refuse, whatever a policy says: a queue that refuses has its publishers told that nobody has it.
func (q *queue) declare(ch *amqp.Channel) error {
	how := amqp.Table{amqp.QueueTypeArg: amqp.QueueTypeClassic, amqp.QueueOverflowArg: amqp.QueueOverflowDropHead}
	if _, err := ch.QueueDeclare(q.dropped, false, false, true, false, how); err != nil {
		return err
	}
	how = maps.Clone(how)
	how["x-dead-letter-exchange"], how["x-dead-letter-routing-key"] = "", q.dropped
	_, err := ch.QueueDeclare(q.name, false, true, true, false, how)
	return err
}

func (q *queue) consumeFrom(name string) (consumer, error) {
	ch, err := q.conn.Channel()
	if err != nil {
		return consumer{}, err
	}
	return consume(ch, name, true, nil)
}

// noteDropped takes what the server has dropped as soon as it has: a policy may let it expire there, too.
func (q *queue) noteDropped() {
	for d := range q.drops.deliveries {
		if _, died := d.Headers[deathHeader]; died {
			q.lost.Store(true)
			continue
		}
		q.marks.read(d.MessageId)
	}
	q.giveUp(q.drops.ended()) // what is dropped would not be seen any more
}

// lay makes an exchange that is there for as long as the one that is listened to: it is deleted by itself with its only
// binding, which goes with that one. What is sent to it nobody gets, since nothing can be sent to it.
func (q *queue) lay(ch *amqp.Channel, a address) error {
	if q.wire == "" {
		return nil
	}
	if err := ch.ExchangeDelete(q.wire, false, false); err != nil { // one of an earlier connection
		return err
	}
	q.laid.Store(true)
	if err := ch.ExchangeDeclare(q.wire, direct, false, true, true, false, nil); err != nil {
		return err
	}
	return ch.ExchangeBind(a.exchange, "harken", q.wire, false, nil)
}

// read hands over what was delivered until no more is.
func (q *queue) read(g *harness.Gate, _ func(why error)) error {
	for d := range q.deliveries {
		if d.Exchange == "" { // sent to the queue by its name: not by the exchange that is listened to
			q.marks.read(d.MessageId)
			continue
		}
		g.Capture(captured(d))
	}
	return q.marks.end(q.ended())
}

// end closes the connection and leaves nothing on the server, where it can be reached.
func (q *queue) end() error {
	q.farewell()
	return q.conn.end()
}

// farewell has the queue leave, where the server can be reached.
func (q *queue) farewell() {
	if q.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_, _ = await(ctx, func() (struct{}, error) { return struct{}{}, q.leave() })
}

// leave takes back what is not the connection's alone, the wire first: somebody may have deleted the queue. That one
// goes with the connection, but not before all has come into it that was under way: a message to a queue that is gone
// by then would be refused to its publisher (nack).
func (q *queue) leave() error {
	ch, err := q.conn.Channel()
	if err != nil {
		return err
	}
	if q.wire != "" {
		if err := ch.ExchangeDelete(q.wire, false, false); err != nil {
			return err
		}
		q.laid.Store(false)
	}
	if q.unbind == nil {
		return nil
	}
	if err := q.unbind(ch); err != nil {
		return err
	}
	return passiveQueue(ch, q.name) // which the queue answers behind what has come
}

// prove sends a marker to each queue by its name, to the other one when the first is read: what had come into the queue
// before is read before it, or was dropped. It then asks whether the queue is still bound.
func (q *queue) prove(ctx context.Context) (lost, err error) {
	for _, to := range []string{q.name, q.dropped} {
		if err := q.marks.await(ctx, func(id string) error { return q.mark(to, id) }); err != nil {
			return nil, q.conn.why(err)
		}
	}
	_, err = answer(ctx, q.ask, func() (struct{}, error) { return struct{}{}, q.bound() })
	if err == nil && q.lost.Swap(false) {
		lost = errDropped
	}
	return lost, err
}

func (q *queue) mark(to, id string) error {
	canary := harness.Canary(id)
	return q.ask.Publish("", to, false, false, amqp.Publishing{
		MessageId: id, Headers: amqp.Table{harness.CanaryHeader: id}, Body: canary.Body,
	})
}

// bound returns nil if the queue is still bound. Else the source ends: nothing can be asked on that channel any more.
func (q *queue) bound() error {
	if q.wire == "" {
		return nil
	}
	err := q.ask.ExchangeDeclarePassive(q.wire, direct, false, true, true, false, nil)
	if err == nil {
		return nil
	}
	if code(err) == amqp.NotFound {
		err = errRemade
	}
	q.giveUp(err)
	return errOver
}

// giveUp ends the source for a reason.
func (q *queue) giveUp(why error) {
	_ = q.marks.end(why)
	q.farewell()
	q.conn.raw.Close()
}

// binding returns how a queue is bound to an exchange of that type, or why it cannot be.
func (a address) binding(kind string) (key string, table amqp.Table, err error) {
	switch {
	case kind == direct && (a.key == "" || a.pattern()):
		err = errors.New("it is a direct exchange, which knows no patterns: name the whole key=")
	case kind != headers && a.bindsHeaders():
		err = fmt.Errorf("it is a %s exchange: match= and header.NAME= are for a headers exchange", kind)
	case (kind == fanout || kind == headers) && a.key != "":
		err = fmt.Errorf("it is a %s exchange, which passes on whatever the key is: leave key= out", kind)
	}
	if err != nil {
		return "", nil, harness.Misconfigured(fmt.Errorf("%s: %w", a.where(), err))
	}
	if kind == headers {
		return "", a.bindingTable(), nil
	}
	if kind == topic && a.key == "" {
		return "#", nil, nil
	}
	return a.key, nil, nil
}

func (a address) bindingTable() amqp.Table {
	match := a.match
	if match == "" {
		match = "all"
	}
	table := amqp.Table{}
	for name, value := range a.headers {
		if strings.HasPrefix(name, "x-") { // which the server overlooks unless it is told not to
			match = strings.TrimSuffix(match, "-with-x") + "-with-x"
		}
		table[name] = a.typed(value)
	}
	table["x-match"] = match
	return table
}

// current finds in the server's words what an exchange is.
var current = regexp.MustCompile(`inequivalent arg '([^']*)' .*current is (?:'+([^']*)'|none)`)

// kindOf returns of which type an exchange is. Queues are bound to one of another type in vain, or take messages from
// the queues that are bound already.
//
// AMQP has no question for it. To declare an exchange that is there, with other properties, is refused, and the refusal
// says what it is. Such a declaration makes none where none is, since one of its arguments is invalid.
func kindOf(conn *link, a address) (string, error) {
	ch, err := conn.Channel()
	if err != nil {
		return "", err
	}
	if err := ch.ExchangeDeclarePassive(a.exchange, direct, false, false, false, false, nil); err != nil {
		return "", a.missing(err)
	}
	err = ch.ExchangeDeclare(a.exchange, direct, false, true, false, false, amqp.Table{"alternate-exchange": int32(0)})
	found := direct
	if err == nil {
		err = ch.Close()
	}
	switch code(err) {
	case 0:
		if err != nil {
			return "", err
		}
	case amqp.AccessRefused:
		return a.believed(reason(err))
	default:
		m := current.FindStringSubmatch(err.Error())
		if m == nil {
			return a.believed(reason(err))
		}
		if m[1] == "type" {
			found = m[2]
		}
	}
	return a.agreed(found)
}

// believed returns the type that the address names, where the server does not say it.
func (a address) believed(why error) (string, error) {
	if a.kind == "" {
		return "", harness.Misconfigured(fmt.Errorf("of which type %s is cannot be seen: %w (allow the user to configure it, which "+
			"Harken never does, or write type=topic, direct, fanout or headers)", a.where(), why))
	}
	return a.kind, nil
}

// agreed returns the type of an exchange if queues can be bound to it, and the address does not name another one.
func (a address) agreed(found string) (string, error) {
	const delayed = "x-delayed-message"
	switch found {
	case direct, fanout, headers, topic:
		if a.kind != "" && a.kind != found {
			return "", harness.Misconfigured(fmt.Errorf("%s is a %s exchange, and the address says type=%s", a.where(), found, a.kind))
		}
		return found, nil
	case delayed:
		if a.kind == "" {
			return "", harness.Misconfigured(fmt.Errorf("%s delays messages (%s): write type= for how it passes them on then",
				a.where(), delayed))
		}
		return a.kind, nil
	default:
		return "", harness.Misconfigured(fmt.Errorf("%s is of type %s: a queue more would take messages from the system's, or "+
			"get others than they do; listen to an exchange that feeds it, or that it feeds", a.where(), found))
	}
}
