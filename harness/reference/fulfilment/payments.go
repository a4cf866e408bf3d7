// Payments: an order that wants its payment checked waits for what somebody else says to it.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Where payments are asked for, and answered by whoever takes them.
const (
	subjectPaymentRequested = "payments.requested"
	subjectPaymentAnswered  = "payments.answered"
)

const (
	typePaymentRequested = "payment.requested.v1"
	typePaymentAccepted  = "payment.accepted.v1"
	typePaymentDeclined  = "payment.declined.v1"
)

// Why an order is rejected whose payment was asked for.
const (
	reasonDeclined   = "PAYMENT_DECLINED"
	reasonUnanswered = "PAYMENT_UNANSWERED"
)

const (
	// answerWithin is how long an order waits for the answer, where it asks once.
	answerWithin = 5 * time.Second
	// attemptWithin is how long it waits where it asks again, and againAfter how long after a refusal it does.
	attemptWithin = 400 * time.Millisecond
	againAfter    = 50 * time.Millisecond
	mostAttempts  = 10
)

// paymentRequest is the body of a `payment request` event.
type paymentRequest struct {
	OrderID string `json:"orderId"`
	Pieces  int    `json:"pieces"` // ordered in all
}

// payment is the body of an answer, and what is known of an order's payment.
type payment struct {
	OrderID   string `json:"orderId"`
	PaymentID string `json:"paymentId"`

	refused string // why the order is to be rejected, "" where it is not
	unpaid  bool   // it was asked for as often as the order says, in vain
}

// payments asks for payments. Its methods may be called concurrently.
type payments struct {
	publish func(*nats.Msg) error

	mu      sync.Mutex
	waiting map[string]chan payment // by order: where its answer goes
}

func newPayments(publish func(*nats.Msg) error) *payments {
	return &payments{publish: publish, waiting: make(map[string]chan payment)}
}

// check asks for the payment of an order, as often as the order says, and returns what came of it.
func (p *payments) check(ctx context.Context, o order, in nats.Header) (paid payment, err error) {
	if o.PaymentAttempts <= 1 {
		return p.ask(ctx, o, in, answerWithin)
	}
	for attempt := 1; ; attempt++ {
		paid, err = p.ask(ctx, o, in, attemptWithin)
		switch {
		case err != nil || paid.refused == "":
			return paid, err
		case attempt == o.PaymentAttempts:
			paid.unpaid = true
			return paid, nil
		case !wait(ctx, againAfter):
			return payment{}, errStopped
		}
	}
}

// ask asks for the payment once, and returns what came of it within a time.
func (p *payments) ask(ctx context.Context, o order, in nats.Header, within time.Duration) (payment, error) {
	answer := make(chan payment, 1)
	p.mu.Lock()
	p.waiting[o.ID] = answer
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, o.ID)
	}()
	pieces := 0
	for _, item := range o.Items {
		pieces += item.Quantity
	}
	if err := p.publish(message(subjectPaymentRequested, typePaymentRequested, in,
		paymentRequest{o.ID, pieces})); err != nil {
		return payment{}, fmt.Errorf("payment request: %w", err)
	}
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case paid := <-answer:
		return paid, nil
	case <-limit.C:
		return payment{refused: reasonUnanswered}, nil
	case <-ctx.Done():
		return payment{}, errStopped
	}
}

// answered hands an answer to the order that waits for it. What is no answer, or to nobody's question, is passed over.
func (p *payments) answered(m *nats.Msg) {
	var paid payment
	if json.Unmarshal(m.Data, &paid) != nil {
		return
	}
	switch m.Header.Get("type") {
	case typePaymentAccepted:
	case typePaymentDeclined:
		paid.refused = reasonDeclined
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.waiting[paid.OrderID] <- paid: // never ready for an order that does not wait
	default:
	}
}
