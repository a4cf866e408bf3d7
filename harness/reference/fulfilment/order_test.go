package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

func TestTheTemplateOfTheFeaturesIsAnOrder(t *testing.T) {
	template := checkout.Text(t, "features/events/order-placed.json")
	o, err := decode(typePlaced, []byte(strings.ReplaceAll(template, "${id}", "o-1")))
	if err != nil {
		t.Fatal(err)
	}
	if o.ID != "o-1" || o.unknownSKU() != "" {
		t.Errorf("it is %+v", o)
	}
}

func TestWhatIsNoOrderIsRefusedWithAReason(t *testing.T) {
	const items = `"items": [{"sku": "SKU-1", "quantity": 1}]`
	for _, c := range []struct{ name, kind, body, want string }{
		{"an order", typePlaced, `{"orderId": "1", ` + items + `}`, ""},
		{"an order without headers", "", `{"orderId": "1", ` + items + `}`, ""},
		{"an order of a later version with more fields", typePlaced, `{"orderId": "1", "gift": true, ` + items + `}`, ""},
		{"an order that takes no time", "", `{"orderId": "1", "processingMillis": 0, ` + items + `}`, ""},
		{"another event", "order.cancelled.v1", `{"orderId": "1"}`, reasonType},
		{"no JSON", typePlaced, `{"orderId": oops`, reasonJSON},
		{"nothing", typePlaced, ``, reasonJSON},
		{"JSON with something behind it", typePlaced, `{"orderId": "1", ` + items + `} {}`, reasonJSON},
		{"an id that is a number", typePlaced, `{"orderId": 1, ` + items + `}`, reasonJSON},
		{"half a good", typePlaced, `{"orderId": "1", "items": [{"sku": "SKU-1", "quantity": 0.5}]}`, reasonJSON},
		{"no id", typePlaced, `{` + items + `}`, reasonInvalid},
		{"an endless id", typePlaced, `{"orderId": "` + strings.Repeat("x", 201) + `", ` + items + `}`, reasonInvalid},
		{"no items", typePlaced, `{"orderId": "1", "items": []}`, reasonInvalid},
		{"an item without a sku", typePlaced, `{"orderId": "1", "items": [{"quantity": 1}]}`, reasonInvalid},
		{"none of a good", typePlaced, `{"orderId": "1", "items": [{"sku": "SKU-1", "quantity": 0}]}`, reasonInvalid},
		{"a negative time", typePlaced, `{"orderId": "1", "processingMillis": -1, ` + items + `}`, reasonInvalid},
		{"more than a minute", typePlaced, `{"orderId": "1", "processingMillis": 60001, ` + items + `}`, reasonInvalid},
	} {
		_, err := decode(c.kind, []byte(c.body))
		got := ""
		if refused, ok := errors.AsType[*refusal](err); ok {
			got = refused.reason
		} else if err != nil {
			got = fmt.Sprintf("%T", err)
		}
		if got != c.want {
			t.Errorf("%s: %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

func TestAnOrderMayAskForAProcessingTime(t *testing.T) {
	none, long := 0, 1500
	for _, c := range []struct {
		asks *int
		want time.Duration
	}{{nil, 20 * time.Millisecond}, {&none, 0}, {&long, 1500 * time.Millisecond}} {
		if got := (order{ProcessingMillis: c.asks}).processing(20 * time.Millisecond); got != c.want {
			t.Errorf("it takes %s, want %s", got, c.want)
		}
	}
}
