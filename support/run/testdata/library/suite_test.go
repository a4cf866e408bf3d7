package main

import (
	"context"
	"testing"

	"github.com/cucumber/godog"

	"example.com/thermostat/bus"
	"github.com/harken-bdd/harken/support/run"
)

func TestFeatures(t *testing.T) {
	begun := make(chan string, 10)
	s := suite(bus.New())
	s.Hooks = func(h run.Hooks) {
		h.Before(func(ctx context.Context, scenario *godog.Scenario) (context.Context, error) {
			begun <- scenario.Name
			return ctx, nil
		})
	}
	s.Test(t)
	if len(begun) != 2 {
		t.Errorf("got %d scenarios, want 2", len(begun))
	}
}
