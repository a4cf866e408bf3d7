// Package run runs a suite: it reads godog.yml and the features, finds what is wrong with them before anything is
// started, starts the embedded services and the system under test, opens every listener that the scenarios need, lets
// godog run them side by side, and reports.
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
	_ "github.com/harken-bdd/harken/support/run/internal/programs" // without it godog runs go
	"github.com/harken-bdd/harken/support/system"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// Exit codes of a run.
const (
	ExitPassed       = 0
	ExitFailed       = 1
	ExitUsage        = 2 // usage, configuration or a feature file is wrong; nothing was started
	ExitInconclusive = 3
	ExitInterrupted  = 130
)

// ExitCode returns what a command exits with that has done nothing but what err is of: something is wrong with what it was given,
// unless err says that nothing was found out.
func ExitCode(err error) int {
	verdict := (*engine.Verdict)(nil)
	switch {
	case err == nil:
		return ExitPassed
	case errors.As(err, &verdict):
		return ExitInconclusive
	default:
		return ExitUsage
	}
}

// Suite says what to run. The zero value of a field means what godog.yml says, or nothing.
type Suite struct {
	Config     string            // the path of godog.yml; "godog.yml" if empty
	Profile    string            // one of its profiles
	Paths      []string          // features instead of those that godog.yml names: files, folders, FILE:LINE
	Tags       string            // a tag expression, in addition to the one in godog.yml
	Rerun      bool              // only what did not pass in the last run, as far as it is in Paths and has the Tags
	Formats    []string          // reports, as NAME:FILE; see Formats. With any, what did not pass is kept for Rerun
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

	// Retry is how many more attempts a scenario gets that does not pass, where its tags do not say. AllowFlaky has those that
	// pass at a later attempt not fail the run.
	Retry      int
	AllowFlaky bool

	// Out takes the results, os.Stdout if nil, and Err the progress, os.Stderr if nil. Neither is written to concurrently. One
	// that nobody reads holds up a run for no longer than a second once its context has ended.
	Out, Err io.Writer
	Colour   bool
	// Columns is how wide the terminal is that Out is, nil where it is none. Live is the size of the one that Err is, and has
	// it shown there what is waited for; nil where it is none, or is to stay quiet.
	Columns func() int
	Live    func() (columns, rows int)
	// Children take in what the suite starts, while it runs: for whoever cannot wait for Run to end it. nil: nobody else does.
	Children *system.Children
	// Environ looks up a variable of the process; os.LookupEnv if nil.
	Environ func(string) (string, bool)
	// Limits bound the waits on transports; engine.DefaultLimits if zero.
	Limits engine.Limits

	// Again is the command that runs the suite, "harken run", with which the results say how to run again what did not pass.
	// They do not where it is "".
	Again string

	quiet bool // godog tells of each scenario
}

// Registrar takes the phrases of a suite: a pattern, and the function that is called for a step which matches it.
type Registrar = vocabulary.Registrar

// Problem is something wrong with godog.yml or a feature.
type Problem = plan.Problem

// prepared is a suite of which all is known that can be known without starting anything.
type prepared struct {
	Suite
	config   *config.Config
	plan     *plan.Plan
	services []harness.Service
	secrets  *secrets
	problems []Problem
	defined  engine.Definitions
	masking  report.FieldRedaction // of what features say
	given    []string              // what godog.yml says and must not be shown
	stated   *strings.Replacer     // that, and what features say and must not be shown; nil where nothing is redacted
	rerun    []report.Place        // what the last run left, where that is what is to run
	kept     time.Time             // when it was written
	begun    string                // what begunFile has in it
}

func (s Suite) withDefaults() Suite {
	if s.Config == "" {
		s.Config = "godog.yml"
	}
	if s.Out == nil {
		s.Out = os.Stdout
	}
	if s.Err == nil {
		s.Err = os.Stderr
	}
	if s.Environ == nil {
		s.Environ = os.LookupEnv
	}
	if s.Limits == (engine.Limits{}) {
		s.Limits = engine.DefaultLimits
	}
	return s
}

// prepare reads everything and finds out what is wrong with it.
func (s Suite) prepare() (*prepared, error) {
	s = s.withDefaults()
	c, err := config.Load(s.Config, s.Profile, s.Environ)
	if err != nil {
		return nil, err
	}
	return s.prepareWith(c)
}

// prepareWith does the same by a godog.yml that has been read, be it in part.
func (s Suite) prepareWith(c *config.Config) (*prepared, error) {
	p, d := s.configure(c)
	for _, name := range s.Listen {
		if _, ok := d.Channels[name]; !ok {
			return nil, fmt.Errorf("run.Suite.Listen: no channel %q in %s", name, c.File)
		}
	}
	var err error
	p.defined = d
	paths := s.Paths
	if s.Rerun {
		if p.rerun, err = s.readRerun(c); err != nil {
			return nil, err
		}
		if info, err := os.Stat(c.Path(rerunFile)); err == nil {
			p.kept = info.ModTime()
		}
		paths = p.again()
	}
	if len(paths) == 0 {
		for _, f := range c.Features {
			paths = append(paths, c.Path(f))
		}
	}
	if p.plan, err = plan.Read(paths, both(c.Tags, s.Tags), plan.NewDryRun(d, s.Vocabulary, s.Steps)); err != nil {
		return nil, err
	}
	p.masking, p.given = masking(c, d, p.plan.Files), givenBy(c, d)
	p.stated = p.maskedAnywhere()
	for _, f := range p.plan.Files {
		p.problemsOf(f)
	}
	p.problem(p.moved()...)
	p.problems = plan.Sort(p.problems)
	return p, nil
}

// configure finds out what godog.yml says, and what is wrong with it.
func (s Suite) configure(c *config.Config) (*prepared, engine.Definitions) {
	p := &prepared{Suite: s, config: c, plan: &plan.Plan{}}
	var problems []Problem
	p.services, problems = embedded(c, s.Services)
	env := promised(p.services)
	p.secrets = s.concealer(c, env, nil)
	p.problem(problems...)
	p.problem(startable(c, p.services)...)
	d, problems := define(c, s.Transports, env)
	p.problem(problems...)
	p.problem(misfits(c, d)...)
	return p, d
}

func (p *prepared) problem(all ...Problem) {
	for _, problem := range all {
		problem.Text = p.hide(problem.Text)
		p.problems = append(p.problems, problem)
	}
}

// problemsOf tells what is wrong with a feature, without what must not be shown of it.
func (p *prepared) problemsOf(f *plan.File) {
	problems := f.Problems()
	if len(problems) == 0 {
		return
	}
	shown := replacing(p.maskedIn(f))
	for _, problem := range problems {
		problem.Text = shown(problem.Text)
		p.problem(problem)
	}
}

// hide takes secrets out of a text, and what godog.yml and the features say at the paths of `redact:`.
func (p *prepared) hide(text string) string {
	if p.stated != nil {
		text = p.stated.Replace(text)
	}
	return p.secrets.hide(text)
}

// both joins two tag expressions, either of which may be empty.
func both(a, b string) string {
	if strings.TrimSpace(a) == "" || strings.TrimSpace(b) == "" {
		return a + b
	}
	return "(" + a + ") and (" + b + ")"
}

// hard returns the problems for which nothing is started.
func (p *prepared) hard() error { return hard(p.problems) }

func hard(problems []Problem) error {
	var errs []error
	for _, problem := range problems {
		if !problem.Soft {
			errs = append(errs, errors.New(problem.String()))
		}
	}
	return errors.Join(errs...)
}

// Check returns all that is wrong with godog.yml and the features, without starting anything. That an event is unused
// is said only where all features are looked at.
func (s Suite) Check() ([]Problem, error) {
	s = s.withDefaults()
	c, problems, err := s.readAnyway()
	if c == nil {
		return problems, err
	}
	p, err := s.prepareWith(c)
	if err != nil {
		return problems, err
	}
	if len(s.Paths) == 0 {
		p.problems = append(p.problems, p.unused()...)
	}
	return plan.Sort(append(p.problems, problems...)), nil
}

// readAnyway reads godog.yml also where it is wrong; c is nil where nothing can be made of it.
func (s Suite) readAnyway() (c *config.Config, problems []Problem, err error) {
	c, err = config.Load(s.Config, s.Profile, s.Environ)
	invalid := (*config.Invalid)(nil)
	if !errors.As(err, &invalid) {
		return c, nil, err
	}
	for _, found := range invalid.Problems {
		problems = append(problems, Problem{File: invalid.File, Line: found.Line, Text: found.Text})
	}
	return invalid.Partial, problems, nil
}

// unused finds the events that no feature uses.
func (p *prepared) unused() (problems []Problem) {
	for name, e := range p.config.Events {
		if !p.plan.Uses(name) {
			problems = append(problems, Problem{File: p.config.File, Line: e.Line, Text: fmt.Sprintf("event %q is used by no feature", name), Soft: true, Remark: true})
		}
	}
	return problems
}

// Run runs the suite. It writes results to Out and progress to Err, and leaves nothing behind of what it started, also when ctx
// ends early. The error says what is wrong with the suite, why it could not be started, or what could not be written or stopped
// in the end. The exit code of the result takes it into account.
func (s Suite) Run(ctx context.Context) (Result, error) {
	p, err := s.ready()
	if err != nil {
		return Result{ExitCode: ExitUsage}, err
	}
	for _, file := range p.edited() {
		fmt.Fprintf(p.Err, "%s was written after the last run: its lines may mean other scenarios than those that did not pass\n", file)
	}
	session := newSession(ctx, p)
	code, err := session.all(ctx)
	return resultOf(code, session.report), err
}

// ready returns the suite if it can be run.
func (s Suite) ready() (*prepared, error) {
	err := checkFormats(s.Formats)
	if s.Retry < 0 || s.Retry > plan.MaxRetries {
		err = fmt.Errorf("--retry %d: write a number from 0 to %d", s.Retry, plan.MaxRetries)
	}
	if err == nil && !s.Rerun {
		err = clearReports(s.Formats, s.Docs)
	}
	if err != nil {
		return nil, err
	}
	p, err := s.prepare()
	if err == nil && s.Rerun { // where nothing is left to run again, what the last run wrote stays
		err = clearReports(s.Formats, s.Docs)
	}
	if err == nil {
		err = p.hard()
	}
	if err == nil && len(p.plan.Chosen()) == 0 {
		err = errors.New("no scenario is chosen, so the run would prove nothing: " + p.choice())
	}
	if err == nil {
		err = p.begin()
	}
	return p, err
}

// choice says how the scenarios were chosen.
func (p *prepared) choice() string {
	said := fmt.Sprintf("%d feature files", len(p.plan.Files))
	if len(p.plan.Files) == 1 {
		said = "1 feature file"
	}
	if p.Rerun {
		said += " that the last run left something of"
	}
	if tags := both(p.config.Tags, p.Tags); tags != "" {
		said += ", tags " + tags
	}
	return said
}
