// Scenarios that wait for nothing: what Harken itself costs.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// The trials.
const (
	idleHarken     = "idle: harken"
	idleGodog      = "idle: bare godog, steps registered once"
	idleByScenario = "idle: bare godog, steps registered for each scenario"
)

const (
	idleRounds      = 5
	idleFiles       = 100
	idleScenarios   = 100 // a file
	idleConcurrency = 32  // as Harken has it where godog.yml says nothing
)

const idleSuite = `suite: Idle
features: [features]
subsystems:
  idle: {description: Does nothing.}
`

func idle(ctx context.Context, l *lab) ([]figure, error) {
	dir, err := l.folder("idle", idleFeatures())
	if err != nil {
		return nil, err
	}
	all, err := l.rounds(ctx, idleRounds, dir, idleHarken, idleGodog, idleByScenario)
	if err != nil {
		return nil, err
	}
	value := func(trial, name string) float64 { return median(all[trial], name) }
	seconds, memory := value(idleGodog, processSeconds), value(idleGodog, processMemory)
	return []figure{
		told("10,000 idle scenarios, time: times that of bare godog with its steps registered once",
			value(idleHarken, processSeconds)/seconds, "x").atMost(1.3).beside(1),
		told("10,000 idle scenarios, peak memory: times that of bare godog with its steps registered once",
			value(idleHarken, processMemory)/memory, "x").atMost(1).beside(1),
		told("10,000 idle scenarios, time, beside bare godog with its steps registered once",
			value(idleHarken, processSeconds), "s").beside(seconds),
		told("10,000 idle scenarios, peak memory, beside bare godog with its steps registered once",
			value(idleHarken, processMemory), "MB").beside(memory),
		told("10,000 idle scenarios, time, beside bare godog with its steps registered for each scenario",
			value(idleHarken, processSeconds), "s").beside(value(idleByScenario, processSeconds)),
		told("10,000 idle scenarios, peak memory, beside bare godog with its steps registered for each scenario",
			value(idleHarken, processMemory), "MB").beside(value(idleByScenario, processMemory)),
	}, nil
}

func idleFeatures() map[string]string {
	files := map[string]string{"godog.yml": idleSuite}
	for f := range idleFiles {
		var b strings.Builder
		b.WriteString("Feature: Idle\n")
		for s := range idleScenarios {
			fmt.Fprintf(&b, `
  Scenario: Number %d
    Given the subsystem "idle"
    And these values:
      | number | %d-${new id} |
    Then number %d waits for nothing
`, s, s, s)
		}
		files[fmt.Sprintf("features/%03d.feature", f)] = b.String()
	}
	return files
}

func idleSteps(sc run.Registrar) {
	sc.Then(`^number (\d+) waits for nothing$`, func(context.Context, int) error { return nil })
}

// bareSteps registers the same phrases as Harken has, none of which does anything.
func bareSteps(sc *godog.ScenarioContext) {
	steps.All().Register(doingNothing{sc})
	idleSteps(sc)
}

type doingNothing struct{ *godog.ScenarioContext }

// Step registers a function of the same parameters that returns no error. It is what Harken's phrases register by.
func (sc doingNothing) Step(pattern, function any) {
	nothing := func([]reflect.Value) []reflect.Value { return []reflect.Value{reflect.Zero(reflect.TypeFor[error]())} }
	sc.ScenarioContext.Step(pattern, reflect.MakeFunc(reflect.TypeOf(function), nothing).Interface())
}

func harkenIdles(ctx context.Context, dir string) (results, error) {
	return results{}, toFile(filepath.Join(dir, "harken.txt"), func(out io.Writer) error {
		return hasPassed(run.Suite{
			Config: filepath.Join(dir, "godog.yml"), Formats: []string{"json:" + filepath.Join(dir, "harken.json")},
			Vocabulary: steps.All(), Steps: idleSteps, Out: out, Err: os.Stderr,
		}.Run(ctx))
	})
}

func godogIdles(ctx context.Context, dir string) (results, error) {
	return bareIdles(ctx, dir, godog.TestSuite{TestSuiteInitializer: func(suite *godog.TestSuiteContext) {
		bareSteps(suite.ScenarioContext())
	}})
}

func godogIdlesByScenario(ctx context.Context, dir string) (results, error) {
	return bareIdles(ctx, dir, godog.TestSuite{ScenarioInitializer: bareSteps})
}

func bareIdles(ctx context.Context, dir string, suite godog.TestSuite) (results, error) {
	return results{}, toFile(filepath.Join(dir, "godog.txt"), buffered(func(out io.Writer) error {
		suite.Options = &godog.Options{
			Format: "progress", Output: out, Strict: true, Paths: []string{filepath.Join(dir, "features")},
			Concurrency: idleConcurrency, DefaultContext: ctx,
		}
		return passed(suite.Run())
	}))
}

// toFile has what is told written to a file.
func toFile(file string, tell func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(tell(f), f.Close())
}

// buffered has what is told collected before it is written. godog tells it piece by piece, from one goroutine at a
// time.
func buffered(tell func(io.Writer) error) func(io.Writer) error {
	return func(out io.Writer) error {
		b := bufio.NewWriter(out)
		return errors.Join(tell(b), b.Flush())
	}
}

// passed returns nil for the exit code of a run that passed.
// hasPassed returns an error unless a run of Harken's has passed.
func hasPassed(result run.Result, err error) error {
	return errors.Join(err, passed(result.ExitCode))
}

func passed(code int) error {
	if code != run.ExitPassed {
		return fmt.Errorf("the run has not passed: exit code %d", code)
	}
	return nil
}
