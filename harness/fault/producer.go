// Between a producer and the system.

package fault

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// DropInput has an event accepted and never reach the system.
func DropInput() Fault {
	return onSend("drop input", func(sending) (harness.Receipt, error) { return harness.Receipt{}, nil })
}

// DuplicateInput has an event reach the system twice, as brokers do that deliver at least once.
func DuplicateInput() Fault {
	return onSend("duplicate input", func(s sending) (harness.Receipt, error) {
		if r, err := s.next(); err != nil {
			return r, err
		}
		return s.next()
	})
}

// Throttle has a channel accept one event at a time, and take so long for each.
func Throttle(takes time.Duration) Fault {
	return onSend("throttle", func(s sending) (harness.Receipt, error) {
		if err := s.wait(takes); err != nil {
			return harness.Receipt{}, err
		}
		return s.next()
	})
}

func onSend(name string, send func(s sending) (harness.Receipt, error)) Fault {
	return Fault{name: name, rate: 1, send: send}
}

// sending is an event on its way from a producer.
type sending struct {
	next  func() (harness.Receipt, error) // sends it on
	wait  func(takes time.Duration) error // until its channel has taken it, and all before it
	pause func(d time.Duration) error     // so long, whatever else is sent
}

// producer stands between the run and a transport's producer.
type producer struct {
	inner      harness.Producer
	plan       *Plan
	url        *url.URL
	faults     []*Fault // made with what is sent
	breaking   []*Fault // made by what is sent
	denied     *Fault   // nil where access is not denied
	connection connection

	mu   sync.Mutex
	free time.Time // when a throttled channel takes the next event
}

// asker is the same of a transport that answers. Faults are made with what is sent, and none with an answer.
type asker struct {
	*producer
	inner harness.Asker
}

// errUnanswered is what becomes of a request that was lost on its way: who asks cannot take it to be accepted.
var errUnanswered = errors.New("fault: the request was lost, and so there is no answer")

func (p *Plan) produce(inner harness.Producer, u *url.URL) harness.Producer {
	o := &producer{inner: inner, plan: p, url: u}
	for _, f := range p.on(u) {
		switch {
		case f.send != nil:
			o.faults = append(o.faults, f)
		case f.line == denied:
			o.denied = f
		}
	}
	for _, f := range p.all() {
		if f.line == cut {
			o.breaking = append(o.breaking, f)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.producers = append(p.producers, o)
	if answers, ok := inner.(harness.Asker); ok {
		return asker{o, answers}
	}
	return o
}

// delivery hands an event to the transport.
type delivery func(ctx context.Context, e event.Event) (harness.Receipt, error)

// Send returns once e was accepted, or seems to be.
func (o *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	return o.post(ctx, e, o.inner.Send)
}

// Ask returns the answer to e, or to the last copy of it.
func (a asker) Ask(ctx context.Context, e event.Event) (answer event.Event, r harness.Receipt, err error) {
	asked := false
	r, err = a.post(ctx, e, func(ctx context.Context, e event.Event) (r harness.Receipt, err error) {
		asked = true
		answer, r, err = a.inner.Ask(ctx, e)
		return r, err
	})
	if err == nil && !asked {
		err = errUnanswered
	}
	return answer, r, err
}

// post sends e by a delivery, and notes what became of it.
func (o *producer) post(ctx context.Context, e event.Event, by delivery) (r harness.Receipt, err error) {
	sent := Sending{URL: o.url, Event: e.Clone(), Began: time.Now()}
	r, sent.Err = o.send(ctx, e, func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		r, err := by(ctx, e)
		if err == nil {
			sent.Accepted = time.Now()
		}
		return r, err
	})
	sent.Returned = time.Now()
	if harness.CanaryID(e) == "" {
		o.plan.mu.Lock()
		defer o.plan.mu.Unlock()
		o.plan.sent = append(o.plan.sent, sent)
	}
	return r, sent.Err
}

func (o *producer) send(ctx context.Context, e event.Event, by delivery) (r harness.Receipt, err error) {
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	if o.denied != nil {
		o.plan.log(o.denied, o.url, e, nil)
		return r, ErrDenied
	}
	if harness.CanaryID(e) != "" {
		return o.deliver(ctx, e, by)
	}
	if r, err = o.through(ctx, e, by, o.faults); err != nil {
		return r, err
	}
	for _, f := range o.breaking {
		if _, met := o.plan.meets(f, o.url, e); met {
			o.plan.cut(f, e, time.Now().Add(f.after))
		}
	}
	return r, nil
}

// through sends e through the first of the faults and then the others.
func (o *producer) through(ctx context.Context, e event.Event, by delivery, faults []*Fault) (harness.Receipt, error) {
	if len(faults) == 0 {
		return o.deliver(ctx, e, by)
	}
	f := faults[0]
	next := func() (harness.Receipt, error) { return o.through(ctx, e, by, faults[1:]) }
	if _, met := o.plan.meets(f, o.url, e); !met {
		return next()
	}
	o.plan.log(f, o.url, e, nil)
	return f.send(sending{
		next:  next,
		wait:  func(takes time.Duration) error { return o.take(ctx, takes) },
		pause: func(d time.Duration) error { return poll.Pause(ctx, d) },
	})
}

func (o *producer) deliver(ctx context.Context, e event.Event, by delivery) (harness.Receipt, error) {
	if err := o.connection.down(time.Now()); err != nil {
		return harness.Receipt{}, err
	}
	return by(ctx, e.Clone())
}

// take waits until a throttled channel has taken an event.
func (o *producer) take(ctx context.Context, takes time.Duration) error {
	o.mu.Lock()
	now := time.Now()
	if o.free.Before(now) {
		o.free = now
	}
	o.free = o.free.Add(takes)
	wait := o.free.Sub(now)
	o.mu.Unlock()
	return poll.Pause(ctx, wait)
}

func (o *producer) Close() error {
	o.plan.mu.Lock()
	o.plan.producers = slices.DeleteFunc(o.plan.producers, func(other *producer) bool { return other == o })
	o.plan.mu.Unlock()
	return o.inner.Close()
}
