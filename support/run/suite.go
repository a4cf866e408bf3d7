// Package run runs a suite: features in Gherkin, by a godog.yml. It is what `harken run`, `go test` and `godog run`
// have in common, and what a module with phrases or transports of its own begins with:
//
//	func TestFeatures(t *testing.T) {
//		run.Suite{Transports: harness.Table{nats.Transport()}, Vocabulary: steps.All()}.Test(t)
//	}
package run

import (
	"context"
	"io"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/definitions"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/session"
	"github.com/harken-bdd/harken/support/system"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// Exit codes of a run.
const (
	ExitPassed       = session.ExitPassed       // nothing failed, and nothing was inconclusive
	ExitFailed       = session.ExitFailed       // an expectation failed, or a scenario was flaky
	ExitUsage        = session.ExitUsage        // usage, godog.yml or a feature file is wrong; nothing was started
	ExitInconclusive = session.ExitInconclusive // nothing failed, but something was not found out
	ExitInterrupted  = session.ExitInterrupted  // somebody has ended it
)

// Suite says what to run. The zero value of a field means what godog.yml says, or nothing.
type Suite struct {
	Config     string            // the path of godog.yml; "godog.yml" if empty
	Profile    string            // one of its profiles
	Paths      []string          // features instead of those that godog.yml names: files, folders, FILE:LINE
	Tags       string            // a tag expression, in addition to the one in godog.yml
	Rerun      bool              // only what did not pass in the last run, as far as it is in Paths and has the Tags
	Formats    []string          // reports, as NAME:FILE; with any, what did not pass is kept for Rerun
	Docs       string            // the folder that the living documentation is written to; none if empty
	Transports harness.Table     // what addresses there may be
	Services   []harness.Service // what a profile may have embedded
	Outputs    Outputs           // for ${stack.STACK.OUTPUT} in addresses; the zero value where there are no stacks

	// Vocabulary is what the features are written in: steps.All() for Harken's phrases. Without it there are only Steps.
	Vocabulary vocabulary.Vocabulary
	// Steps and Hooks may be called more than once: godog runs a large suite in parts.
	Steps  func(Registrar) // more phrases, written in Go
	Hooks  func(Hooks)     // more hooks
	Listen []string        // channels that Steps expect something on

	// Retry is how many more attempts a scenario gets that does not pass, where its tags do not say. AllowFlaky has those
	// that pass at a later attempt not fail the run.
	Retry      int
	AllowFlaky bool

	// Out takes the results, os.Stdout if nil, and Err the progress, os.Stderr if nil. Neither is written to concurrently.
	// One that nobody reads holds up a run for no longer than a second once its context has ended.
	Out, Err io.Writer
	Colour   bool // of Out
	// Columns is how wide the terminal is that Out is, nil where it is none. Live is the size of the one that Err is, and
	// has it shown there what is waited for; nil where it is none, or is to stay quiet.
	Columns func() int
	Live    func() (columns, rows int)
	// Children take in what the suite starts, while it runs: for whoever cannot wait for Run to end it. nil: nobody else
	// does.
	Children *system.Children
	// Environ looks up a variable of the process; os.LookupEnv if nil.
	Environ func(string) (string, bool)
	// Limits bound the waits on transports; engine.DefaultLimits if zero.
	Limits engine.Limits

	// Again is the command that runs the suite, "harken run", with which the results say how to run again what did not
	// pass. They do not where it is "".
	Again string
}

// Registrar takes the phrases of a suite: a pattern, and the function that is called for a step which matches it.
// Given, When and Then take steps of that kind only; Step takes any.
type Registrar = vocabulary.Registrar

// Hooks takes hooks around scenarios and steps: Before, After, BeforeStep and AfterStep. They are godog's in all but
// two things: a hook that panics leaves its scenario inconclusive, where godog would end the process, and none is
// called for a scenario that does not run.
type Hooks = session.Hooks

// Outputs is where the outputs of stacks are found.
type Outputs = definitions.Outputs

// Godog is a suite under `godog run`. Its Register is to be called by the InitializeTestSuite of the test file.
type Godog = session.Godog

// Problem is something wrong with godog.yml or a feature, or worth knowing.
type Problem = plan.Problem

// Run runs the suite. It writes results to Out and progress to Err, and leaves nothing behind of what it started, also
// when ctx ends early. The error says what is wrong with the suite, why it could not be started, or what could not be
// written or stopped in the end; what scenarios have come to is no error. The result's exit code takes all of it into
// account.
func (s Suite) Run(ctx context.Context) (Result, error) {
	r, err := session.Suite(s).Run(ctx)
	return resultOf(r), err
}

// Check returns all that is wrong with godog.yml and the features, without starting anything.
func (s Suite) Check() ([]Problem, error) { return session.Suite(s).Check() }

// Godog makes `godog run` run the suite by its godog.yml; it returns nil where this process was not started by `godog
// run`. It must be called before main, from a package variable of the test file, because it rewrites os.Args: paths,
// tags and concurrency come from godog.yml unless they are given by hand, and the run is always strict. The first such
// process only supervises a second one, so that one that is killed is a run that failed.
func (s Suite) Godog() *Godog { return session.Suite(s).Godog() }
