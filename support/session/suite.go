// Package session is a run from the first service that it starts to the last one that it stops. It promises nothing to
// other modules. What is promised of it is in package run.
//
// It reads godog.yml and the features, finds what is wrong with them before anything is started, starts the embedded
// services and the system under test, opens every listener that the scenarios need, lets godog run them side by side,
// and reports.
//
// What runs more than once (Series) and what runs no scenario at all (Peek, SendOne) stands here as well: they are the
// same session, with the same start and end, and the same things that must not be shown, and differ in what comes in
// between. What a session stands on has packages of its own: definitions makes of godog.yml what features may use,
// rerun keeps what did not pass, redact takes secrets out of texts, interrupt ends it early.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/definitions"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/interrupt"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/rerun"
	_ "github.com/harken-bdd/harken/support/session/internal/programs" // without it godog runs go
	"github.com/harken-bdd/harken/support/system"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// Exit codes of a run.
const (
	ExitPassed       = 0
	ExitFailed       = 1
	ExitUsage        = 2 // usage, configuration or a feature file is wrong; nothing was started
	ExitInconclusive = 3
	ExitInterrupted  = interrupt.ExitCode
)

// ExitCode returns what a command exits with that has done nothing but what err is of: something is wrong with what it
// was given, unless err says that nothing was found out.
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

// Suite says what to run. It has the fields of run.Suite, which says what they mean: the one is converted to the other.
type Suite struct {
	Config     string
	Profile    string
	Paths      []string
	Tags       string
	Rerun      bool
	Formats    []string
	Docs       string
	Transports harness.Table
	Services   []harness.Service
	Outputs    definitions.Outputs
	Vocabulary vocabulary.Vocabulary
	Steps      func(vocabulary.Registrar)
	Hooks      func(Hooks)
	Listen     []string
	Retry      int
	AllowFlaky bool
	Out, Err   io.Writer
	Colour     bool
	Columns    func() int
	Live       func() (columns, rows int)
	Children   *system.Children
	Environ    func(string) (string, bool)
	Limits     engine.Limits
	Again      string
}

// Problem is something wrong with godog.yml or a feature.
type Problem = plan.Problem

// prepared is a suite of which all is known that can be known without starting anything.
type prepared struct {
	Suite
	config   *config.Config
	plan     *plan.Plan
	services []harness.Service
	secrets  *redact.Secrets
	problems []Problem
	defined  engine.Definitions
	fields   report.FieldRedaction // of what features say
	given    []string              // what godog.yml says and must not be shown
	stated   *strings.Replacer     // that, and what features say and must not be shown; nil where nothing is redacted
	left     *rerun.Left           // by the last run, where that is what is to run
	begun    *rerun.Run            // nil where nothing is kept of it
	quiet    bool                  // godog tells of each scenario
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
		if p.left, err = rerun.Read(c, s.Paths); err != nil {
			return nil, err
		}
		paths = p.left.Paths()
	}
	if len(paths) == 0 {
		for _, f := range c.Features {
			paths = append(paths, c.Path(f))
		}
	}
	if p.plan, err = plan.Read(paths, both(c.Tags, s.Tags), plan.NewDryRun(d, s.Vocabulary, s.Steps)); err != nil {
		return nil, err
	}
	p.fields, p.given = fieldRedaction(c, d, p.plan.Files), givenBy(c, d)
	p.stated = p.saidAnywhere()
	for _, f := range p.plan.Files {
		p.problemsOf(f)
	}
	p.problem(p.left.Moved(p.plan.Files)...)
	p.problems = plan.Sort(p.problems)
	return p, nil
}

// configure finds out what godog.yml says, and what is wrong with it.
func (s Suite) configure(c *config.Config) (*prepared, engine.Definitions) {
	p := &prepared{Suite: s, config: c, plan: &plan.Plan{}}
	var problems []Problem
	p.services, problems = definitions.Embedded(c, s.Services)
	env := definitions.Promised(c, p.services)
	p.secrets = s.secretsIn(c, env, nil)
	p.problem(problems...)
	p.problem(definitions.Startable(c, p.services)...)
	d, problems := definitions.Read(c, s.Transports, env)
	p.problem(problems...)
	p.problem(definitions.Misfits(c, d)...)
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
	shown := redact.Texts(p.saidIn(f))
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
	return p.secrets.Hide(text)
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
			problems = append(problems,
				Problem{
					File: p.config.File, Line: e.Line, Text: fmt.Sprintf("event %q is used by no feature", name), Soft: true,
					Remark: true,
				})
		}
	}
	return problems
}

// Run runs the suite. It writes results to Out and progress to Err, and leaves nothing behind of what it started, also
// when ctx ends early. The error says what is wrong with the suite, why it could not be started, or what could not be
// written or stopped in the end. The exit code that is returned takes it into account.
func (s Suite) Run(ctx context.Context) (report.Run, error) {
	p, err := s.ready()
	if err != nil {
		return report.Run{ExitCode: ExitUsage}, err
	}
	for _, file := range p.left.Edited() {
		fmt.Fprintf(p.Err,
			"%s was written after the last run: its lines may mean other scenarios than those that did not pass\n", file)
	}
	session := newSession(ctx, p)
	code, err := session.all(ctx)
	session.report.ExitCode = code
	return session.report, err
}

// ready returns the suite if it can be run.
func (s Suite) ready() (*prepared, error) {
	err := formats.Check(s.Formats)
	if s.Retry < 0 || s.Retry > plan.MaxRetries {
		err = fmt.Errorf("--retry %d: write a number from 0 to %d", s.Retry, plan.MaxRetries)
	}
	if err == nil && !s.Rerun {
		err = formats.Clear(s.Formats, s.Docs)
	}
	if err != nil {
		return nil, err
	}
	p, err := s.prepare()
	if err == nil && s.Rerun { // where nothing is left to run again, what the last run wrote stays
		err = formats.Clear(s.Formats, s.Docs)
	}
	if err == nil {
		err = p.hard()
	}
	if err == nil && len(p.plan.Chosen()) == 0 {
		err = errors.New("no scenario is chosen, so the run would prove nothing: " + p.choice())
	}
	if err == nil && len(s.Formats) > 0 {
		p.begun, err = rerun.Begin(p.config)
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
