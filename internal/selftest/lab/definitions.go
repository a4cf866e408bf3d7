// What godog.yml of the lab would say.

package lab

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/schema"
)

// window is how long every Then of the lab waits, and audit how long a surplus counts after it.
const (
	window = 2 * time.Second
	audit  = time.Second
)

// The channels.
const (
	orders      = "orders"
	shipments   = "shipments"
	rejections  = "rejections"
	deadLetters = "dead-letters"
	requests    = "requests" // for payments, which the test answers
	payments    = "payments"
	refusals    = "refusals"
	stock       = "stock"      // tells what is there
	everything  = "everything" // hears the orders, too
	tap         = "tap"        // hears the orders, too, and sees no identities
	receipts    = "receipts"
	tasks       = "tasks"
)

// place says where a channel is.
type place func(channel string) *url.URL

// define returns the definitions for a phrase. dir holds the schema.
func define(table harness.Table, where place, foreign bool, dir string) (engine.Definitions, error) {
	task, err := jsonpath.Parse("taskId", "")
	if err != nil {
		return engine.Definitions{}, err
	}
	d := engine.Definitions{
		Channels: make(map[string]engine.Channel), SLA: window, Audit: audit,
		Events: map[string]engine.Event{
			"order placed":       {Channel: orders, Template: []byte(`{"orderId": "${id}", "sku": "SKU-1"}`)},
			"order shipped":      {Channel: shipments},
			"certified shipment": {Channel: shipments},
			"order rejected":     {Channel: rejections},
			"payment request":    {Channel: requests},
			"payment":            {Channel: payments, Template: []byte(`{"orderId": "${id}", "paid": true}`)},
			"refusal":            {Channel: refusals, Template: []byte(`{"orderId": "${id}", "paid": false}`)},
			"stock":              {Channel: stock},
			"receipt":            {Channel: receipts},
			"task done":          {Channel: tasks, Correlation: &task},
		},
		Subsystems: map[string]engine.Subsystem{"fulfilment": {Name: "fulfilment",
			Outputs: []string{shipments, rejections, deadLetters}}},
	}
	for _, name := range channels() {
		at := where(name)
		traits, err := table.Check(at)
		if err != nil {
			return d, err
		}
		d.Channels[name] = engine.Channel{Name: name, URL: at, Traits: traits,
			Foreign: foreign && name != orders && name != payments && name != refusals}
	}
	checked, err := schema.Load(filepath.Join(dir, "certified.schema.json"), dir)
	if err != nil {
		return d, fmt.Errorf("schema: %w", err)
	}
	for name, e := range d.Events {
		e.Name = name
		if name == "certified shipment" {
			e.Schema = checked
		}
		d.Events[name] = e
	}
	return commanding(d, func(string, event.Event) {}), nil
}

// only returns of the definitions what a scenario needs, without what each run would be made for in vain.
func (p phrase) only(d engine.Definitions, s *script) engine.Definitions {
	needed := append(slices.Clone(s.needs.Listen), orders)
	for _, out := range p.outputs {
		needed = append(needed, out.channel, out.on)
	}
	d.Channels, d.Events = maps.Clone(d.Channels), maps.Clone(d.Events)
	maps.DeleteFunc(d.Channels, func(name string, _ engine.Channel) bool { return !slices.Contains(needed, name) })
	maps.DeleteFunc(d.Events, func(_ string, e engine.Event) bool { return d.Channels[e.Channel].Name == "" })
	return d
}

// commanding returns the definitions with the command redrive, which hands a system the order that it names.
func commanding(d engine.Definitions, handle func(channel string, e event.Event)) engine.Definitions {
	d.Commands = map[string]engine.Command{"redrive": {
		Name: "redrive", Run: []string{"redrive", "${order}"}, Names: []string{"order"}, Within: time.Minute,
		Expand: func(values map[string]string) (run, env []string, err error) {
			return []string{"redrive", values["order"]}, nil, nil
		},
		Execute: func(_ context.Context, run, _ []string) error {
			handle(command, event.Event{Body: []byte(run[1])})
			return nil
		},
	}}
	return d
}

// channels returns the names of all channels.
func channels() []string {
	return []string{orders, shipments, rejections, deadLetters, requests, payments, refusals, stock, everything, tap,
		receipts, tasks}
}
