package main

import (
	"encoding/json"

	"example.com/thermostat/bus"
	"github.com/harken-bdd/harken/harness/event"
)

// thermostat is the system under test.
func thermostat(b *bus.Bus) func(event.Event) {
	return func(e event.Event) {
		var reading struct {
			Room    string  `json:"room"`
			Degrees float64 `json:"degrees"`
		}
		if json.Unmarshal(e.Body, &reading) != nil || reading.Degrees >= 20 {
			return
		}
		body, err := json.Marshal(map[string]any{"room": reading.Room, "on": true})
		if err != nil {
			panic(err)
		}
		go b.Publish("commands", event.Event{Body: body})
	}
}
