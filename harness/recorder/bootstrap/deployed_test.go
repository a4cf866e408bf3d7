//go:build aws

package main

import (
	"testing"
	"time"
)

func TestWhateverASubsystemSendsOutIsRecordedInItsChannel(t *testing.T) {
	c := newCloud(t, "each")
	outputs := c.deploy(t, nil)
	began := time.Now()

	c.put(t, "acme.fulfilment", "Order Shipped", `{"orderId":"o-1"}`)
	c.put(t, "acme.billing", "Order Paid", `{"orderId":"o-1"}`) // nobody asked for it
	c.publish(t, `{"orderId":"o-2"}`, map[string]string{"type": "order.shipped"})
	c.send(t, "order o-3", map[string]string{"type": "order.shipped"})
	c.stream(t, "o-4", `{"orderId":"o-4"}`)
	c.store(t, map[string]string{"orderId": "o-5"})
	c.upload(t, "day 1/o-6.txt")

	for channel, check := range map[string]func(body []byte, key string, headers map[string]string) bool{
		"by bus": func(body []byte, _ string, _ map[string]string) bool {
			return fields(t, body)["detail-type"] == "Order Shipped"
		},
		"by topic": func(body []byte, _ string, headers map[string]string) bool {
			return string(body) == `{"orderId":"o-2"}` && headers["type"] == "order.shipped"
		},
		"by queue": func(body []byte, _ string, headers map[string]string) bool {
			return string(body) == "order o-3" && headers["type"] == "order.shipped"
		},
		"by stream": func(body []byte, key string, _ map[string]string) bool {
			return string(body) == `{"orderId":"o-4"}` && key == "o-4"
		},
		"by table": func(body []byte, _ string, _ map[string]string) bool {
			return fields(t, body)["eventName"] == "INSERT"
		},
		"by bucket": func(body []byte, key string, _ map[string]string) bool {
			return fields(t, body)["detail-type"] == "Object Created" && key == "day 1/o-6.txt"
		},
	} {
		items := c.recorded(t, outputs["TableName"], channel, 1)
		item := items[0]
		if len(items) != 1 || !check(item.Body, item.Key, item.Headers) {
			t.Errorf("%s: got %+v", channel, items)
		}
		if off := item.At.Sub(began); item.ID == "" || off < -2*time.Second || off > patience {
			t.Errorf("%s: %q at %s, and it was sent at %s", channel, item.ID, item.At, began)
		}
		if kept := item.ExpiresAt.Sub(item.Captured).Round(time.Minute); kept != 24*time.Hour {
			t.Errorf("%s: kept for %s", channel, kept)
		}
	}
	if items := c.recorded(t, outputs["TableName"], "by topic", 1); items[0].Correlation != "o-2" {
		t.Errorf("got %+v, want its correlation", items[0])
	}
}
