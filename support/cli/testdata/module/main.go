// Command thermostat is the command of a suite with a phrase of its own, and with the one transport that it needs.
package main

import (
	"context"
	"os"

	"github.com/harken-bdd/harken/harness"
	embedded "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/cli"
	"github.com/harken-bdd/harken/support/run"
)

func main() { os.Exit(cli.Main(suite())) }

func suite() run.Suite {
	return run.Suite{
		Vocabulary: steps.All(),
		Transports: harness.Table{nats.Transport()},
		Services:   []harness.Service{embedded.Service()},
		Steps: func(sc run.Registrar) {
			sc.Given(`^the heating is off$`, heatingIsOff)
		},
	}
}

func heatingIsOff(context.Context) error { return nil }
