package event_test

import (
	"fmt"

	"github.com/harken-bdd/harken/harness/event"
)

func ExampleEvent() {
	placed := event.Event{
		Key:     "order-1",
		Headers: map[string][]string{"Content-Type": {"application/json"}, "Trace": {"a", "b"}},
		Body:    []byte(`{"orderId":"order-1"}`),
	}
	kept := placed.Clone()
	placed.Body[0] = '['
	fmt.Println(string(kept.Body), kept.Header("content-type"))
	_, err := placed.Single()
	fmt.Println(err)
	// Output:
	// {"orderId":"order-1"} [application/json]
	// header "Trace" has 2 values, and can have one there
}

func ExampleHeaders() {
	e := event.Event{Headers: event.Headers(map[string]string{"type": "order placed"})}
	fmt.Println(e.Headers)
	// Output: map[type:[order placed]]
}
