package main

import (
	"bytes"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestAnOrderOfKnownGoodsIsShipped(t *testing.T) {
	o := order{ID: "o-1", CustomerID: "C-1", Items: []item{{"SKU-1", 2}, {"SKU-9", 1}}}
	out, status := outcome(o, nil, payment{}, time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600)))
	wantMessage(t, out, "orders.shipped", typeShipped, `{"orderId":"o-1","status":"SHIPPED",`+
		`"items":[{"sku":"SKU-1","quantity":2},{"sku":"SKU-9","quantity":1}],`+
		`"trackingNumber":"`+trackingNumber("o-1")+`","shippedAt":"2026-01-02T02:04:05.678Z"}`)
	if status != "SHIPPED" {
		t.Errorf("status is %s", status)
	}
}

func TestAnOrderOfUnknownGoodsIsRejected(t *testing.T) {
	o := order{ID: "o-1", Items: []item{{"SKU-1", 2}, {"SKU-10", 1}, {"X", 1}}}
	out, status := outcome(o, nil, payment{}, time.Now())
	wantMessage(t, out, "orders.rejected", typeRejected, `{"orderId":"o-1","reason":"UNKNOWN_SKU","sku":"SKU-10"}`)
	if status != "REJECTED" {
		t.Errorf("status is %s", status)
	}
}

func TestAnOrderThatIsNotPaidIsRejected(t *testing.T) {
	out, status := outcome(order{ID: "o-1", Items: []item{{"SKU-1", 2}}}, nil, payment{refused: reasonDeclined},
		time.Now())
	wantMessage(t, out, "orders.rejected", typeRejected, `{"orderId":"o-1","reason":"PAYMENT_DECLINED"}`)
	if status != "REJECTED" {
		t.Errorf("status is %s", status)
	}
}

func TestCorrelationHeadersAreCarriedOnAndNoOthers(t *testing.T) {
	in := nats.Header{
		"type": {typePlaced}, "Correlation-Id": {"c-1"}, "traceparent": {"00-1"}, "Authorization": {"secret"},
		"Nats-Msg-Id": {"1"},
	}
	out, _ := outcome(order{ID: "o-1", Items: []item{{"SKU-1", 1}}}, in, payment{}, time.Now())
	want := nats.Header{"type": {typeShipped}, "Correlation-Id": {"c-1"}, "traceparent": {"00-1"}}
	if !reflect.DeepEqual(out.Header, want) {
		t.Errorf("headers are %v, want %v", out.Header, want)
	}
}

func TestADeadLetterIsWhatCameInAndWhy(t *testing.T) {
	header := nats.Header{"type": {"x"}, "Nats-Expected-Stream": {"ORDERS"}}
	before := maps.Clone(header)
	body := []byte("{\"orderId\": oops\x00\xff")
	out := deadLetter(delivery{subject: "orders.placed", header: header, body: body}, reasonJSON)
	if out.Subject != "orders.dead" || !bytes.Equal(out.Data, body) {
		t.Errorf("%q goes to %s", out.Data, out.Subject)
	}
	want := nats.Header{"type": {"x"}, "Dead-Letter-Reason": {"NOT_JSON"}, "Dead-Letter-Subject": {"orders.placed"}}
	if !reflect.DeepEqual(out.Header, want) {
		t.Errorf("headers are %v, want %v", out.Header, want)
	}
	if !reflect.DeepEqual(header, before) {
		t.Error("the headers of the message have changed")
	}
}

func TestAMessageWithoutHeadersCanBeADeadLetter(t *testing.T) {
	out := deadLetter(delivery{subject: "orders.placed"}, reasonJSON)
	if out.Header.Get("Dead-Letter-Reason") != "NOT_JSON" {
		t.Errorf("headers are %v", out.Header)
	}
}

func wantMessage(t *testing.T, m *nats.Msg, subject, kind, body string) {
	t.Helper()
	if m.Subject != subject {
		t.Errorf("subject is %s, want %s", m.Subject, subject)
	}
	if got := m.Header.Get("type"); got != kind {
		t.Errorf("type is %s, want %s", got, kind)
	}
	if string(m.Data) != body {
		t.Errorf("body is\n     %s\nwant %s", m.Data, body)
	}
}
