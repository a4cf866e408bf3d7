// The life of an order: stored at once, taken up later, shipped or rejected.

package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/reference/faults"
)

// finishWithin bounds the last write of an order that is already out.
const finishWithin = time.Second

// delivery is one message of the stream.
type delivery struct {
	subject  string
	header   nats.Header
	body     []byte
	sequence uint64 // its place in the stream: the same when it is delivered again
}

// record is what is stored of an order.
type record struct {
	status   string
	sequence uint64 // of the delivery that placed it
}

// orders is where orders are stored.
type orders interface {
	// place stores the order unless there is one of the same id, and returns what is stored then.
	place(ctx context.Context, o order, sequence uint64) (record, error)
	// finish writes the status that an order ends with.
	finish(ctx context.Context, orderID, status string) error
}

// worker carries orders from the stream to their outcome. It may work on any number of them at once.
type worker struct {
	orders   orders
	outlet   *outlet
	payments *payments
	faults   faults.Faults
	work     time.Duration // processing time of an order that asks for none, from its delivery to its outcome
	log      *log.Logger
}

// errStopped says that the subsystem stops before an order's time has come.
var errStopped = errors.New("stopped while in work")

// take returns nil once d is dealt with for good. After an error, d is to be delivered again: an order's record tells
// how far it had come. An order goes out before its record says so, so that a crash between the two sends it twice
// rather than never.
func (w *worker) take(ctx context.Context, d delivery) error {
	begin := time.Now()
	fate := w.faults.Fate(d.sequence)
	o, err := decode(d.header.Get("type"), d.body)
	if refused, ok := errors.AsType[*refusal](err); ok {
		w.log.Printf("message %d: dead letter, %s%s", d.sequence, refused.reason, fate)
		return w.outlet.send(ctx, deadLetter(d, refused.reason), fate)
	}
	stored, err := w.orders.place(ctx, o, d.sequence)
	if err != nil {
		return err
	}
	if stored.sequence != d.sequence {
		w.log.Printf("order %q: placed before, ignored", o.ID)
		return nil
	}
	if stored.status != statusPlaced {
		return nil // a second delivery of one that was finished
	}
	if !wait(ctx, o.processing(w.work)-time.Since(begin)) {
		return errStopped
	}
	var paid payment
	if o.CheckPayment {
		if paid, err = w.payments.check(ctx, o, d.header); err != nil {
			return err
		}
	}
	if paid.unpaid {
		w.log.Printf("order %q: dead letter, %s%s", o.ID, reasonUnpaid, fate)
		if err := w.outlet.send(ctx, deadLetter(d, reasonUnpaid), fate); err != nil {
			return err
		}
		w.finish(ctx, o.ID, statusRejected)
		return nil
	}
	out, status := outcome(o, d.header, paid, time.Now())
	if err := w.outlet.send(ctx, out, fate); err != nil {
		return err
	}
	w.log.Printf("order %q: %s after %s%s", o.ID, status, time.Since(begin).Round(100*time.Microsecond), fate)
	w.finish(ctx, o.ID, status)
	return nil
}

// finish does not fail: the order is out, and to take it up again would send it twice.
func (w *worker) finish(ctx context.Context, orderID, status string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if err := w.orders.finish(ctx, orderID, status); err != nil {
		w.log.Printf("order %q: its record is not up to date: %v", orderID, err)
	}
}
