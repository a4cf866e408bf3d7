package world_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/world"
)

const suite = `suite: Shop
features: [.]
sla: 1s
audit: 1ms
channels:
  orders:    {url: "memory://orders"}
  shipments: {url: "memory://shipments"}
events:
  order placed:  {channel: orders}
  order shipped: {channel: shipments}
`

// play runs a scenario of some steps beside Harken's own, with a system that ships each order as it was placed. It
// prints what became of it.
func play(register func(run.Registrar), scenario string) {
	var shop *memory.Medium
	shop = memory.New(func(channel string, order event.Event) {
		if channel == "orders" {
			time.AfterFunc(0, func() { shop.Put("shipments", event.Event{Body: order.Body}) })
		}
	})
	dir, err := os.MkdirTemp("", "harken-example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{"godog.yml": suite, "a.feature": "Feature: Shop\n  Scenario: Of the example\n" + scenario} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	var said bytes.Buffer
	result, err := run.Suite{
		Config: filepath.Join(dir, "godog.yml"), Transports: harness.Table{shop.Transport()}, Vocabulary: steps.All(),
		Steps: register, Listen: []string{"shipments"}, Out: &said, Err: &said,
	}.Run(context.Background())
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range result.Scenarios {
		fmt.Println(s.Verdict)
	}
}

func Example() {
	placed := func(ctx context.Context, pieces string) error {
		w, err := world.From(ctx)
		if err != nil {
			return err
		}
		return w.Produce(ctx, world.Event("order placed").With("id", "${id}").With("pieces", pieces).As("order"))
	}
	shipped := func(ctx context.Context) error {
		w, err := world.From(ctx)
		if err != nil {
			return err
		}
		return w.Expect(ctx,
			world.Exactly(1, "order shipped").For("order").Where("pieces", "${order.pieces}").Within(50*time.Millisecond))
	}
	play(func(sc run.Registrar) {
		sc.When(`^(\d+) pieces are ordered$`, placed)
		sc.Then(`^they are shipped$`, shipped)
	}, `
    When 3 pieces are ordered
    Then they are shipped
`)
	// Output: passed
}

func ExampleNone() {
	play(func(sc run.Registrar) {
		sc.Then(`^nothing of more than (\d+) pieces is shipped$`, func(ctx context.Context, most string) error {
			w, err := world.From(ctx)
			if err != nil {
				return err
			}
			return w.Expect(ctx, world.None("order shipped").Where("pieces", "(> "+most+")").Within(50*time.Millisecond))
		})
	}, `
    When an "order placed" event is produced with:
      | id     | ${id} |
      | pieces | 5     |
    Then nothing of more than 4 pieces is shipped
`)
	// Output: failed
}

func ExampleInconclusive() {
	play(func(sc run.Registrar) {
		sc.Then(`^the ledger says the same$`, func(context.Context) error {
			return world.Inconclusive(errors.New("the ledger cannot be reached"))
		})
	}, `
    When an "order placed" event is produced
    Then an "order shipped" event appears
    And the ledger says the same
`)
	// Output: inconclusive
}

func ExampleWorld_SetValue() {
	play(func(sc run.Registrar) {
		sc.Given(`^a customer has signed up$`, func(ctx context.Context) error {
			w, err := world.From(ctx)
			if err != nil {
				return err
			}
			name, err := w.Expand("customer-${new id}")
			if err != nil {
				return err
			}
			return w.SetValue("customer", name)
		})
	}, `
    Given a customer has signed up
    When an "order placed" event is produced with:
      | customer | ${customer} |
    Then an "order shipped" event appears with:
      | customer | ${customer} |
`)
	// Output: passed
}

func ExampleWorld_Table() {
	play(func(sc run.Registrar) {
		sc.When(`^these are ordered:$`, func(ctx context.Context) error {
			w, err := world.From(ctx)
			if err != nil {
				return err
			}
			for _, row := range w.Table() {
				order := world.Event("order placed").With("id", "${new id}").With("sku", row[0]).With("pieces", row[1])
				if err := w.Produce(ctx, order); err != nil {
					return err
				}
			}
			return nil
		})
	}, `
    When these are ordered:
      | SKU-1 | 3 |
      | SKU-2 | 1 |
    Then every "order placed" event leads to exactly one "order shipped" event
`)
	// Output: passed
}
