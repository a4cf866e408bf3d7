package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
)

func TestAnOrderThatAsksForItsPaymentWaitsForTheAnswer(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		after            time.Duration
		published        string
	}{
		{"accepted", typePaymentAccepted, `{"orderId": "o-1"}`, time.Second, "orders.shipped@1.02s"},
		{"declined", typePaymentDeclined, `{"orderId": "o-1"}`, time.Second, "orders.rejected@1.02s"},
		{"accepted at once", typePaymentAccepted, `{"orderId": "o-1"}`, 0, "orders.shipped@20ms"},
		{"accepted too late", typePaymentAccepted, `{"orderId": "o-1"}`, 6 * time.Second, "orders.rejected@5.02s"},
		{"an answer to another", typePaymentAccepted, `{"orderId": "o-2"}`, time.Second, "orders.rejected@5.02s"},
		{"no answer", "payment.pending.v1", `{"orderId": "o-1"}`, time.Second, "orders.rejected@5.02s"},
		{"no JSON", typePaymentAccepted, `o-1`, time.Second, "orders.rejected@5.02s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.payments = newPayments(func(m *nats.Msg) error {
					wantMessage(t, m, "payments.requested", typePaymentRequested, `{"orderId":"o-1","pieces":1}`)
					time.AfterFunc(c.after, func() {
						b.payments.answered(&nats.Msg{Header: nats.Header{"type": {c.kind}}, Data: []byte(c.body)})
					})
					return nil
				})
				if err := b.take(t.Context(), payable(1)); err != nil {
					t.Error(err)
				}
				if got := b.published.String(); got != c.published {
					t.Errorf("published %s, want %s", got, c.published)
				}
				<-time.After(time.Minute)
				if len(b.payments.waiting) != 0 {
					t.Error("it still waits")
				}
			})
		})
	}
}

func TestAnOrderAsksForItsPaymentAsOftenAsItSays(t *testing.T) {
	for _, c := range []struct {
		name      string
		answers   []string // of each attempt, "" for none
		asked     int
		published string
	}{
		{"the third is accepted", []string{typePaymentDeclined, "", typePaymentAccepted}, 3, "orders.shipped@520ms"},
		{"the first is accepted", []string{typePaymentAccepted}, 1, "orders.shipped@20ms"},
		{"none is accepted", []string{typePaymentDeclined, typePaymentDeclined, typePaymentDeclined}, 3, "orders.dead@120ms"},
		{"none is answered", []string{"", "", ""}, 3, "orders.dead@1.32s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				asked := 0
				b.payments = newPayments(func(*nats.Msg) error {
					if kind := c.answers[asked]; kind != "" {
						time.AfterFunc(0, func() {
							b.payments.answered(&nats.Msg{Header: nats.Header{"type": {kind}}, Data: []byte(`{"orderId": "o-1"}`)})
						})
					}
					asked++
					return nil
				})
				d := payable(1)
				d.body = fmt.Appendf(nil, `{"paymentAttempts": 3, %s`, d.body[1:])
				if err := b.take(t.Context(), d); err != nil {
					t.Error(err)
				}
				if got := b.published.String(); got != c.published || asked != c.asked {
					t.Errorf("published %s after %d requests, want %s after %d", got, asked, c.published, c.asked)
				}
			})
		})
	}
}

func payable(sequence uint64) delivery {
	d := placed(sequence, "o-1", "SKU-1")
	d.body = fmt.Appendf(nil, `{"checkPayment": true, %s`, d.body[1:])
	return d
}

func TestAnOrderThatStopsWhileItWaitsForItsPaymentIsTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.payments = newPayments(func(*nats.Msg) error { return nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.take(ctx, payable(1)); !errors.Is(err, errStopped) {
			t.Errorf("error is %v", err)
		}
		b.payments.publish = func(*nats.Msg) error { return errors.New("no connection") }
		if err := b.take(t.Context(), payable(1)); err == nil || err.Error() != "payment request: no connection" {
			t.Errorf("error is %v", err)
		}
		if got := b.published.String(); got != "" {
			t.Errorf("published %s", got)
		}
	})
}
