// Command godogrun is what `godog run` generates and starts for a package with a suite of Harken's.
package main

import (
	"context"
	"os"
	"syscall"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/harness"
	embedded "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

var underGodog = run.Suite{
	Transports: harness.Table{nats.Transport()},
	Services:   []harness.Service{embedded.Service()},
	Vocabulary: steps.All(),
	Steps: func(sc run.Registrar) {
		sc.Step(`^the process is killed$`, func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) })
		sc.Step(`^all is well$`, func() {})
		sc.Step(`^a nil map is written$`, func() { map[string]int(nil)["x"] = 1 })
	},
	Hooks: func(h run.Hooks) {
		h.After(func(ctx context.Context, sc *godog.Scenario, _ error) (context.Context, error) {
			if len(sc.Tags) > 0 && sc.Tags[0].Name == "@panic" {
				panic("no luck")
			}
			return ctx, nil
		})
	},
}.Godog()

func main() {
	status := godog.TestSuite{
		Name:                 "main",
		TestSuiteInitializer: func(ctx *godog.TestSuiteContext) { underGodog.Register(ctx) },
		ScenarioInitializer:  func(*godog.ScenarioContext) {},
	}.Run()
	os.Exit(status)
}
