// What goes out: shipments, rejections and dead letters.

package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Where outputs go.
const (
	subjectShipped  = "orders.shipped"
	subjectRejected = "orders.rejected"
	subjectDead     = "orders.dead"
)

// Statuses of an order, as its record has them; a shipment carries its own.
const (
	statusPlaced   = "PLACED"
	statusShipped  = "SHIPPED"
	statusRejected = "REJECTED"
)

// shipment is the body of an `order shipped` event.
type shipment struct {
	OrderID        string    `json:"orderId"`
	Status         string    `json:"status"`
	Items          []item    `json:"items"`
	TrackingNumber string    `json:"trackingNumber"`
	PaymentID      string    `json:"paymentId,omitempty"`
	ShippedAt      time.Time `json:"shippedAt"`
}

// rejection is the body of an `order rejected` event.
type rejection struct {
	OrderID string `json:"orderId"`
	Reason  string `json:"reason"`
	SKU     string `json:"sku,omitempty"`
}

// outcome returns the event that an order ends with, and the status that its record gets. paid is zero where nobody
// asked for the payment.
func outcome(o order, in nats.Header, paid payment, now time.Time) (out *nats.Msg, status string) {
	if paid.refused != "" {
		return message(subjectRejected, typeRejected, in, rejection{OrderID: o.ID, Reason: paid.refused}), statusRejected
	}
	if sku := o.unknownSKU(); sku != "" {
		return message(subjectRejected, typeRejected, in,
			rejection{OrderID: o.ID, Reason: "UNKNOWN_SKU", SKU: sku}), statusRejected
	}
	return message(subjectShipped, typeShipped, in, shipment{
		OrderID:        o.ID,
		Status:         statusShipped,
		Items:          o.Items,
		TrackingNumber: trackingNumber(o.ID),
		PaymentID:      paid.PaymentID,
		ShippedAt:      now.UTC().Truncate(time.Millisecond),
	}), statusShipped
}

// trackingNumber is always the same for one order.
func trackingNumber(orderID string) string {
	hash := fnv.New64a()
	hash.Write([]byte(orderID))
	return fmt.Sprintf("TRK-%010d", hash.Sum64()%1e10)
}

// message carries on those headers of what came in that tell which things belong together. The others (what is in the
// body, who may read it) were said of the order and need not hold for its outcome.
func message(subject, kind string, in nats.Header, body any) *nats.Msg {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // plain structs of strings, numbers and a time of this century
	}
	header := nats.Header{"type": {kind}}
	for name, values := range in {
		switch strings.ToLower(name) {
		case "correlation-id", "correlationid", "x-correlation-id", "traceparent", "tracestate":
			header[name] = slices.Clone(values)
		}
	}
	return &nats.Msg{Subject: subject, Header: header, Data: data}
}

// deadLetter is what came in, byte for byte and with its headers, and why it could not be taken.
func deadLetter(d delivery, reason string) *nats.Msg {
	header := maps.Clone(d.header)
	if header == nil {
		header = nats.Header{}
	}
	// orders to the server
	maps.DeleteFunc(header, func(name string, _ []string) bool { return strings.HasPrefix(name, "Nats-") })
	header["Dead-Letter-Reason"] = []string{reason}
	header["Dead-Letter-Subject"] = []string{d.subject}
	return &nats.Msg{Subject: subjectDead, Header: header, Data: d.body}
}
