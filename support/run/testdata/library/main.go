// Command thermostat is a suite of an engineer's own: one more transport and two more phrases. `go test` runs it, and it has
// Harken's commands.
package main

import (
	"os"

	"example.com/thermostat/bus"
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/cli"
	"github.com/harken-bdd/harken/support/run"
)

func main() { os.Exit(cli.Main(suite(bus.New()))) }

func suite(b *bus.Bus) run.Suite {
	b.Subscribe("readings", thermostat(b))
	return run.Suite{
		Transports: harness.Table{b.Transport()},
		Vocabulary: steps.All(),
		Steps: func(sc run.Registrar) {
			sc.When(`^these temperatures are measured:$`, measured)
			sc.Then(`^the heating of "([^"]+)" stays off for (\S+)$`, staysOff)
		},
		Listen: []string{"commands"}, // what staysOff expects something on
	}
}
