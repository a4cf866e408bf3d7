// A session is one run from the first service started to the last one stopped.

package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/definitions"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/interrupt"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/columns"
	"github.com/harken-bdd/harken/support/report/github"
	"github.com/harken-bdd/harken/support/report/live"
	"github.com/harken-bdd/harken/support/system"
)

// session is a prepared suite that runs.
type session struct {
	*prepared
	began   time.Time
	env     *definitions.Environment
	world   *engine.Run
	system  *system.Process
	stops   []func() error    // of the services and links, in the order of their starts
	reached map[string]string // by channel: where the system calls it
	links   map[string]string // where the system finds its links, by their names
	listens []string          // channels, by name
	uses    []string          // channels that no scenario names
	// Where the listener of a channel writes to that is opened before the system; nil: into the journal.
	onlooker func(channel string) harness.Sink
	dead     map[string]error
	text     report.Text
	display  *live.Display // nil where nothing is shown live
	tally    *tally
	report   report.Run // once it is finished

	commands io.Writer // Err, for what GitHub is to find commands in

	ctx    context.Context // ends the run; godog hands its own on to the steps
	cancel context.CancelFunc

	died atomic.Pointer[time.Time] // when the system ended by itself

	audits   sync.WaitGroup
	auditing atomic.Int32 // how many go on

	round int // which attempt scenarios make in this pass

	mu       sync.Mutex
	running  map[*plan.Scenario]*attempt
	says     map[*engine.World][]string // what its scenario says and must not be shown
	attempts []*attempt                 // those that have ended
	hooks    []report.Hook
}

func newSession(ctx context.Context, p *prepared) *session {
	p.Out, p.Err = interrupt.Outlet(ctx, p.Out), interrupt.Outlet(ctx, p.Err)
	s := &session{
		prepared: p, round: 1, running: make(map[*plan.Scenario]*attempt), says: make(map[*engine.World][]string),
		began: time.Now(), tally: newTally(),
	}
	s.env = &definitions.Environment{Values: make(map[string]string), Children: p.Children}
	if s.Live != nil {
		s.display = live.New(s.Err, s.Live)
		s.Out, s.Err = s.display.Above(s.Out), s.display.Above(s.Err)
	}
	s.commands = s.Err
	if _, active := github.Active(s.Environ, ""); active {
		s.Out, s.Err = github.Harmless(s.Out), github.Harmless(s.Err)
	}
	return s
}

// all opens, runs, reports and closes. The exit code takes into account what the error says.
func (s *session) all(ctx context.Context) (code int, err error) {
	s.ctx = ctx
	defer context.AfterFunc(ctx, s.ending)()
	defer func() { err = errors.Join(err, s.shown(s.close())) }()
	if err := s.open(ctx); err != nil {
		if ctx.Err() != nil && s.world != nil {
			fmt.Fprintln(s.Err, columns.Visible(s.hide(err.Error())))
			return s.finish(ctx) // of scenarios that did not run
		}
		err = errors.Join(s.shown(err), s.leaveAll())
		if ctx.Err() != nil {
			return ExitInterrupted, err
		}
		return ExitUsage, err
	}
	s.scenarios(ctx)
	return s.finish(ctx)
}

// ending says that a signal ends the run, which takes as long as what it has started takes to end.
func (s *session) ending() {
	if cause := context.Cause(s.ctx); !errors.Is(cause, context.Canceled) {
		fmt.Fprintf(s.Err, "%s: the run ends in good order; a second Ctrl-C kills what it has started\n", cause)
	}
}

// leaveAll keeps all that was to run for the next run: this one could not begin with it.
func (s *session) leaveAll() error { return s.shown(s.begun.End(s.unbegun(), s.AllowFlaky, s.left)) }

// unbegun is a run of which no scenario has begun.
func (s *session) unbegun() (r report.Run) {
	for _, planned := range s.plan.Chosen() {
		r.Scenarios = append(r.Scenarios,
			report.Scenario{File: planned.File.Path, Line: planned.Line, Verdict: expect.Inconclusive})
	}
	return r
}

// shown returns an error as it may be shown, whoever shows it, and where.
func (s *session) shown(err error) error {
	if err == nil {
		return nil
	}
	text := columns.Visible(s.hide(err.Error()))
	if _, active := github.Active(s.Environ, ""); active {
		text = github.HarmlessText(text)
	}
	return redact.Error(err, text)
}

// open starts the services and the system, and opens the listeners. What it started is stopped by close, also where
// open fails.
func (s *session) open(ctx context.Context) error {
	var err error
	if s.env.Outputs, err = s.Suite.Outputs.Read(ctx, s.config, s.Limits.Open); err != nil {
		return err
	}
	for _, service := range s.services {
		settings, err := definitions.Settings(s.config, s.env, service.Name)
		if err != nil {
			return err
		}
		running, err := service.Start(ctx, settings)
		if err != nil {
			return fmt.Errorf("start the embedded %s: %w", service.Name, err)
		}
		if running.Stop != nil {
			s.stops = append(s.stops, running.Stop)
		}
		maps.Copy(s.env.Values, running.Env)
	}
	s.secrets = s.secretsIn(s.config, s.env, s.secrets)
	d, problems := definitions.Read(s.config, s.Transports, s.env)
	if err := hard(problems); err != nil {
		return err
	}
	s.text = report.Text{Out: s.Out, Colour: s.Colour, Columns: s.Columns, RerunCommand: s.Again, AllowFlaky: s.AllowFlaky}
	if err := s.openLinks(d.Links); err != nil {
		return err
	}
	s.world = s.newRun(d, s.Transports)
	if err := s.receive(ctx); err != nil {
		return err
	}
	if err := s.startSystem(ctx); err != nil {
		return err
	}
	s.listens = append(s.plan.Listens(), s.Listen...)
	slices.Sort(s.listens)
	s.listens = slices.Compact(s.listens)
	if err := s.openChannels(ctx); err != nil {
		return err
	}
	for channel, err := range s.dead {
		fmt.Fprintln(s.Err,
			columns.Visible(s.hide(fmt.Sprintf("%s cannot be listened to; scenarios that need it are inconclusive: %v", channel,
				err))))
	}
	return ctx.Err()
}

// receive opens what the system calls before it is started: its environment is where it hears of the addresses. All
// are opened, also those that nothing is expected on: the system may call them. Who only looks on at a system that is
// there already leaves the ports of others alone, where another command may listen.
func (s *session) receive(ctx context.Context) error {
	var some []string
	if s.onlooker != nil {
		s.world.Sinks = s.onlooker
		if s.config.Profile.System == nil {
			some = s.uses
		}
	}
	var dead map[string]error
	s.reached, dead = s.world.Receive(ctx, some...)
	if err := s.misconfigured(dead); err != nil {
		return err
	}
	if names := slices.Sorted(maps.Keys(dead)); len(names) > 0 {
		return dead[names[0]] // the system cannot be told where to call
	}
	s.env.Tell(s.config, s.reached)
	s.stay()
	for _, name := range slices.Sorted(maps.Keys(s.reached)) {
		fmt.Fprintln(s.Err, columns.Visible(s.hide(fmt.Sprintf("%s is at %s", name, s.reached[name]))))
	}
	return nil
}

// stay names the ports that were found in the addresses of what the system calls: where these are opened again, it is
// where the system has been told.
func (s *session) stay() {
	for name, at := range s.reached {
		channel := s.world.Channels[name]
		reached := *channel.URL
		if u, err := url.Parse(at); err == nil {
			reached.Host = net.JoinHostPort(reached.Hostname(), u.Port())
		}
		channel.URL = &reached
		s.world.Channels[name] = channel
	}
}

// newRun returns a run of which nothing is open yet, and whose transports have hidden what they learn.
func (s *session) newRun(d engine.Definitions, table harness.Table) *engine.Run {
	run := engine.NewRun(d, table, s.Limits)
	run.Hide = func(secret string) { s.secrets.Learn("oauth2 token", secret) }
	return run
}

// openChannels opens the listeners and the producers that are needed. Its error says which of them can never be opened,
// and where to mend it.
func (s *session) openChannels(ctx context.Context) error {
	var produces []string
	for _, planned := range s.plan.Chosen() {
		produces = append(produces, planned.Produces...)
	}
	var closed map[string]error
	var opening sync.WaitGroup
	opening.Go(func() { closed = s.world.Open(ctx, produces) })
	s.dead = s.world.Listen(ctx, s.listens)
	opening.Wait()
	maps.Copy(closed, s.dead)
	if err := s.misconfigured(closed); err != nil {
		return err
	}
	return s.unreachable(ctx, closed)
}

// misconfigured returns those of the errors of channels that would come again, always, and where to mend them.
func (s *session) misconfigured(closed map[string]error) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(closed)) {
		if err := closed[name]; errors.Is(err, harness.ErrMisconfigured) {
			errs = append(errs,
				errors.New(Problem{File: s.config.File, Line: s.config.Channels[name].Line, Text: err.Error()}.String()))
		}
	}
	return errors.Join(errs...)
}

func (s *session) startSystem(ctx context.Context) error {
	if s.config.Profile.System == nil {
		return nil
	}
	spec, err := definitions.System(s.config, s.env, s.links)
	if err != nil {
		return err
	}
	spec.Children = s.Children
	s.reach(ctx)
	// As it stands in godog.yml: what variables hold is not shown.
	fmt.Fprintf(s.Err, "starting the system under test: %s\n", strings.Join(s.config.Profile.System.Command, " "))
	stop := s.showStart(s.config.Profile.System.Ready, spec.Within)
	s.system, err = system.Start(ctx, spec)
	stop()
	if err != nil {
		return err
	}
	go s.watchExit(s.system)
	return nil
}

// watchExit notes when the system ends by itself. It returns once the system has ended.
func (s *session) watchExit(p *system.Process) {
	<-p.Done()
	if err := p.Err(); err != nil {
		now := time.Now()
		s.died.Store(&now)
		fmt.Fprintln(s.Err, columns.Visible(s.hide(s.hider(s.worlds()...)(err.Error()))))
	}
}

// unproved returns why an attempt that would have passed proves nothing, or nil: a system that is gone produces
// nothing, neither what it should nor what it should not.
func (s *session) unproved(a *attempt) error {
	died := s.died.Load()
	if died == nil || a.world == nil {
		return nil
	}
	for _, c := range a.world.Checks() {
		if end := c.Judged.Window.End(); c.Judged.Anchored() && end.After(*died) {
			return engine.Inconclusive(fmt.Errorf("%s\n  the system under test ended by itself %s before the end of its "+
				"window and audit, so that nothing could appear",
				c.Step.Text, span.Format(end.Sub(*died))))
		}
	}
	return nil
}

// close stops all that open started, the last first.
func (s *session) close() error {
	var errs []error
	if s.world != nil {
		errs = append(errs, s.world.Close())
	}
	if s.system != nil {
		errs = append(errs, s.system.Stop())
	}
	for _, stop := range slices.Backward(s.stops) {
		errs = append(errs, stop())
	}
	s.world, s.system, s.stops = nil, nil, nil
	return errors.Join(errs...)
}
