// What comes in: orders, and how they are told from what is none.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Values of the header "type".
const (
	typePlaced   = "order.placed.v1"
	typeShipped  = "order.shipped.v1"
	typeRejected = "order.rejected.v1"
)

const (
	longestID         = 200 // characters; a DynamoDB key has room for them whatever they are
	longestProcessing = time.Minute
)

// catalogue returns the goods that can be shipped.
func catalogue() []string {
	return []string{"SKU-1", "SKU-2", "SKU-3", "SKU-4", "SKU-5", "SKU-6", "SKU-7", "SKU-8", "SKU-9"}
}

// order is the body of an `order placed` event. Fields that it does not name are ignored.
type order struct {
	ID         string `json:"orderId"`
	CustomerID string `json:"customerId"`
	Items      []item `json:"items"`

	// ProcessingMillis asks for a processing time of its own, 0 to 60000. Without it the subsystem's is taken.
	ProcessingMillis *int `json:"processingMillis,omitempty"`
	// CheckPayment has the order wait until its payment is accepted.
	CheckPayment bool `json:"checkPayment,omitempty"`
	// PaymentAttempts is how often the payment is asked for, 1 to 10; 0 is once. An order that was asked for more than
	// once in vain is a dead letter.
	PaymentAttempts int `json:"paymentAttempts,omitempty"`
}

type item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// refusal says why a message is no order. Its reason is one of the constants below; the message goes to the dead
// letters.
type refusal struct {
	reason string
	detail error
}

const (
	reasonType    = "UNKNOWN_TYPE"  // the header "type" is there and says that it is something else
	reasonJSON    = "NOT_JSON"      // the body is not JSON, or not of the shape of an order
	reasonUnpaid  = "UNPAID"        // its payment was asked for again and again, in vain
	reasonInvalid = "INVALID_ORDER" // a field is missing or out of its range
)

func (r *refusal) Error() string { return r.reason + ": " + r.detail.Error() }

// decode reads an order. A message without the header "type" is taken for one: not every sender writes headers. Its
// error is a *refusal.
func decode(kind string, body []byte) (order, error) {
	if kind != "" && kind != typePlaced {
		return order{}, &refusal{reasonType, fmt.Errorf("%q is not %s", kind, typePlaced)}
	}
	var o order
	if err := json.Unmarshal(body, &o); err != nil {
		return order{}, &refusal{reasonJSON, err}
	}
	if err := o.check(); err != nil {
		return order{}, &refusal{reasonInvalid, err}
	}
	return o, nil
}

func (o order) check() error {
	switch {
	case o.ID == "":
		return errors.New("no orderId")
	case len(o.ID) > longestID:
		return fmt.Errorf("an orderId of %d bytes, more than %d", len(o.ID), longestID)
	case len(o.Items) == 0:
		return errors.New("no items")
	case o.ProcessingMillis != nil && (*o.ProcessingMillis < 0 ||
		*o.ProcessingMillis > int(longestProcessing.Milliseconds())):
		return fmt.Errorf("a processingMillis of %d, not in 0 to %d", *o.ProcessingMillis, longestProcessing.Milliseconds())
	case o.PaymentAttempts < 0 || o.PaymentAttempts > mostAttempts:
		return fmt.Errorf("paymentAttempts of %d, not in 0 to %d", o.PaymentAttempts, mostAttempts)
	}
	for i, item := range o.Items {
		if item.SKU == "" {
			return fmt.Errorf("no sku in item %d", i)
		}
		if item.Quantity < 1 {
			return fmt.Errorf("a quantity of %d in item %d", item.Quantity, i)
		}
	}
	return nil
}

// processing returns how long the order takes, from its delivery to its outcome.
func (o order) processing(otherwise time.Duration) time.Duration {
	if o.ProcessingMillis == nil {
		return otherwise
	}
	return time.Duration(*o.ProcessingMillis) * time.Millisecond
}

// unknownSKU returns the first of the ordered goods that cannot be shipped, or "".
func (o order) unknownSKU() string {
	known := catalogue()
	for _, item := range o.Items {
		if !slices.Contains(known, item.SKU) {
			return item.SKU
		}
	}
	return ""
}
