// Package definitions makes of a godog.yml what features may use. It promises nothing to other modules.
//
// Addresses have their variables filled in, templates are read, cells are parsed; and what is wrong with any of these
// is found before anything is started.
package definitions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/schema"
	"github.com/harken-bdd/harken/support/system"
)

// Read returns the definitions of a godog.yml, and what is wrong with it.
func Read(c *config.Config, table harness.Table, env *Environment) (engine.Definitions, []plan.Problem) {
	d := engine.Definitions{
		Channels: make(map[string]engine.Channel), Events: make(map[string]engine.Event),
		Subsystems: make(map[string]engine.Subsystem),
		Commands:   make(map[string]engine.Command), Links: make(map[string]engine.Link), SLA: c.SLA, Audit: c.Audit,
	}
	var problems []plan.Problem
	bad := func(line int, err error) {
		problems = append(problems, plan.Problem{File: c.File, Line: line, Text: d.Redact.Error(err).Error()})
	}
	var err error
	if d.Redact, err = pattern.NewRedaction(c.Redact); err != nil {
		bad(0, fmt.Errorf("redact: %w", err))
	}
	for _, channel := range c.Channels {
		ch, err := channelOf(c, channel, table, env)
		if err != nil {
			bad(channel.Line, err)
		}
		d.Channels[channel.Name] = ch
	}
	for name, err := range answered(c, d, table) {
		bad(c.Channels[name].Line, err)
	}
	for _, s := range c.Subsystems {
		d.Subsystems[s.Name] = engine.Subsystem{Name: s.Name, Outputs: s.Outputs, SLA: s.SLA}
	}
	sound := make(map[string]engine.Event)
	for _, e := range c.Events {
		kind, err := kindOf(c, e, d.Channels[e.Channel])
		if err != nil {
			bad(e.Line, fmt.Errorf("event %q: %w", e.Name, err))
		} else {
			sound[e.Name] = kind
		}
		d.Events[e.Name] = kind
	}
	for _, cmd := range c.Commands {
		names, err := cmd.Names()
		if err != nil {
			bad(cmd.Line, fmt.Errorf("command %q: %w", cmd.Name, err))
		}
		dir, err := c.Expand(cmd.Dir, env.Lookup, env.Names()...)
		if err != nil {
			bad(cmd.Line, fmt.Errorf("command %q: dir: %w", cmd.Name, err))
		}
		d.Commands[cmd.Name] = engine.Command{
			Name: cmd.Name, Run: cmd.Run, Names: names, Within: cmd.Within,
			Expand: func(values map[string]string) (run, environ []string, err error) { return expand(c, env, cmd, values) },
			Execute: func(ctx context.Context, run, environ []string) error {
				return system.Execute(ctx, system.Command{Run: run, Dir: c.Path(dir), Env: environ, Children: env.Children})
			},
		}
	}
	for _, l := range c.Links {
		link, err := linkOf(c, l, env)
		if err != nil {
			bad(l.Line, err)
		}
		d.Links[l.Name] = link
	}
	for _, pair := range alike(d, sound) {
		bad(max(c.Events[pair[0]].Line, c.Events[pair[1]].Line), fmt.Errorf("events %q and %q of %q cannot be told apart: "+
			"one event could be both (give each an \"is\" that excludes the other)",
			pair[0], pair[1], d.Events[pair[0]].Channel))
	}
	problems = append(problems, perhapsHeard(c, d, table)...)
	problems = append(problems, served(c, d)...)
	problems = append(problems, remarked(c, d, table)...)
	problems = append(problems, correlations(c, d)...)
	return d, problems
}

// remarked returns what transports remark on the addresses of channels.
func remarked(c *config.Config, d engine.Definitions, table harness.Table) (problems []plan.Problem) {
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		for _, remark := range table.Remarks(d.Channels[name].URL) {
			problems = append(problems, plan.Problem{
				File: c.File, Line: c.Channels[name].Line, Soft: true, Remark: true,
				Text: fmt.Sprintf("channel %q: %s", name, remark),
			})
		}
	}
	return problems
}

// perhapsHeard remarks on channels of which it cannot be told whether one hears what is sent on the other, so that what
// comes there unchanged may be the run's own send.
func perhapsHeard(c *config.Config, d engine.Definitions, table harness.Table) (problems []plan.Problem) {
	for _, to := range slices.Sorted(maps.Keys(d.Channels)) {
		for _, from := range slices.Sorted(maps.Keys(d.Channels)) {
			l, p := d.Channels[to], d.Channels[from]
			both := l.Of == "" && p.Of == "" && l.Traits.Listen && p.Traits.Produce
			if both && to != from && table.Hears(l.URL, p.URL).Perhaps {
				problems = append(problems,
					plan.Problem{File: c.File, Line: c.Channels[to].Line, Soft: true, Remark: true, Text: fmt.Sprintf(
						"channel %q may hear what is produced on %q: their servers have different names, and may be one; what comes "+
							"there unchanged is inconclusive (let both name the server in the same way)", to, from)})
			}
		}
	}
	return problems
}

// channelOf reads the address of a channel. What is wrong with it is said once, and not at every step that names it.
func channelOf(
	c *config.Config, channel config.Channel, table harness.Table, env *Environment,
) (engine.Channel, error) {
	ch := engine.Channel{
		Name: channel.Name, Foreign: channel.Foreign, URL: &url.URL{}, Traits: harness.Traits{Produce: true, Listen: true},
	}
	if channel.URL == "" {
		return ch, nil // only in a godog.yml that has been told to be wrong
	}
	u, t, err := addressOf(c, channel, table, env)
	if err != nil {
		return ch, err
	}
	ch.URL, ch.Traits, ch.Answers, ch.Repeats = u, t, channel.Answers, channel.Duplicates
	ch.Key = func(key string) error { return table.Key(u, key) }
	ch.Private = channel.Private || !channel.Foreign && (env.serves(u) || t.Serves && free(u))
	if err := formatOf(channel, &ch, table.CloudEvents(u)); err != nil {
		return ch, err
	}
	if ch.Said, err = said(c, channel, env); err == nil {
		err = table.Configure(u, ch.Said)
	}
	if err != nil {
		return ch, fmt.Errorf("channel %q: %w", channel.Name, err)
	}
	if ch.Answers != "" && !t.Answers && !t.Asks {
		return ch, fmt.Errorf("channel %q: answers: nothing that is sent or comes there is answered, by its transport or by "+
			"what its address says", channel.Name)
	}
	return ch, nil
}

// formatOf reads the format of a channel whose protocol carries CloudEvents as its binding says.
func formatOf(channel config.Channel, ch *engine.Channel, binding harness.CloudEvents) (err error) {
	switch {
	case channel.Format.CloudEvents == "":
		return nil
	case binding.None != "":
		return fmt.Errorf("channel %q: format: %s", channel.Name, binding.None)
	case ch.Traits.State:
		return fmt.Errorf("channel %q: format: what is there is no event, and so no CloudEvent", channel.Name)
	}
	if ch.Format, err = cloudevents.New(binding, cloudevents.Mode(channel.Format.CloudEvents)); err != nil {
		return fmt.Errorf("channel %q: format: %w", channel.Name, err)
	}
	return nil
}

// said returns what godog.yml says of a channel beside its address.
func said(c *config.Config, channel config.Channel, env *Environment) (harness.Settings, error) {
	r, err := channel.Request.Expand(func(raw string) (string, error) {
		return c.Expand(raw, env.Lookup, env.Names()...)
	})
	s := harness.Settings{Method: r.Method, Query: r.Query, Headers: r.Headers}
	if o := r.OAuth2; o != nil {
		s.OAuth2 = &harness.OAuth2{
			URL: o.URL, Client: o.Client, Secret: o.Secret, Scopes: o.Scopes, Params: o.Params,
		}
	}
	return s, err
}

// addressOf reads an address, and what can be expected of it.
func addressOf(
	c *config.Config, channel config.Channel, table harness.Table, env *Environment,
) (u *url.URL, t harness.Traits, err error) {
	env.trying(config.OutputsIn(channel.URL), table, func(env *Environment) bool {
		var again error
		if u, again = c.ChannelURL(channel.Name, env.Lookup, env.Names()...); again == nil {
			if t, again = traits(table, u); again != nil {
				again = fmt.Errorf("channel %q: %w", channel.Name, again)
			}
		}
		if err == nil || again == nil {
			err = again // of several, the first says it best
		}
		return again == nil
	})
	return u, t, err
}

// answered finds the channels of answers, which have no address: all that appears there is known to Harken itself, who
// has got them or, where the system asks, given them. It returns what is wrong with them.
func answered(c *config.Config, d engine.Definitions, table harness.Table) (errs map[string]error) {
	errs = make(map[string]error)
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		to, ok := d.Channels[d.Channels[name].Answers]
		if ok && c.Channels[to.Name].URL == "" {
			to.Of, to.Private, to.Traits = name, true, harness.Traits{Listen: true, Headers: true, Exact: true}
			if to.Replies = d.Channels[name].Traits.Asks; to.Replies {
				to.Traits = harness.Traits{Headers: true}
			}
			if err := formatOf(c.Channels[to.Name], &to, table.CloudEvents(d.Channels[name].URL)); err != nil {
				errs[to.Name] = err
			}
			d.Channels[to.Name] = to
		}
	}
	return errs
}

// traits returns what can be expected of an address. Its error does not show the address, which stands where it points
// to: what is secret in it is known by its parameters' names, and one of these may be the mistake.
func traits(table harness.Table, u *url.URL) (harness.Traits, error) {
	transport, err := table.For(u)
	if err != nil {
		return harness.Traits{}, err
	}
	return transport.Check(u)
}

// kindOf reads what an event's definition names.
func kindOf(c *config.Config, e config.Event, on engine.Channel) (engine.Event, error) {
	kind := engine.Event{Name: e.Name, Channel: e.Channel, Root: e.Fields, SLA: e.SLA}
	for _, is := range e.Is {
		cell, err := pattern.ExpandCell(is.Cell, noValue)
		if err != nil {
			return kind, fmt.Errorf("is: %w", pattern.Blame(is.Path, e.Fields, fmt.Errorf("%s: %w", is.Path, err)))
		}
		kind.Is = append(kind.Is, pattern.Row{Path: is.Path, Cell: cell, Answer: answer(c, e.Channel)})
	}
	var err error
	if kind.Kind, err = pattern.FromRows(kind.Is, e.Fields); err != nil {
		return kind, fmt.Errorf("is: %w", err)
	}
	kind.Of, kind.None = e.Correlation.Of, e.Correlation.None
	if e.Correlation.Path != "" {
		path, err := jsonpath.Parse(e.Correlation.Path, e.Fields)
		if err != nil {
			return kind, fmt.Errorf("correlation: %w", err)
		}
		kind.Correlation = &path
	}
	if e.Schema != "" {
		if kind.Schema, err = schema.Load(c.Path(e.Schema), c.Path("")); err != nil {
			return kind, fmt.Errorf("schema %s: %w", e.Schema, err)
		}
	}
	if err = template(c, e, on, &kind); err != nil {
		return kind, err
	}
	if err = kind.Unambiguous(kind.Kind, on); err != nil {
		return kind, fmt.Errorf("is: %w", err)
	}
	if kind.Correlation == nil {
		return kind, nil
	}
	if err = kind.UnambiguousPath(*kind.Correlation, on); err != nil {
		return kind, fmt.Errorf("correlation: %w", err)
	}
	return kind, nil
}

// answer says whether what appears on a channel are answers.
func answer(c *config.Config, channel string) bool {
	for _, other := range c.Channels {
		if other.Answers == channel && channel != "" {
			return true
		}
	}
	return false
}

// template reads the template of an event.
func template(c *config.Config, e config.Event, on engine.Channel, kind *engine.Event) (err error) {
	if e.Template == "" {
		return nil
	}
	if kind.Template, err = disk.Read(c.Path(e.Template)); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	filled, err := pattern.ExpandTemplate(kind.Template, example)
	if err == nil && filepath.Ext(e.Template) == ".json" && !json.Valid(filled) {
		var v any
		err = fmt.Errorf("not JSON: %w", json.Unmarshal(filled, &v))
	}
	if err == nil && on.Format != nil {
		_, _, kind.Envelope, err = cloudevents.Template(filled)
	}
	if err != nil {
		return fmt.Errorf("template %s: %w", e.Template, err)
	}
	return nil
}

// noValue is the lookup of what is the same for all scenarios.
func noValue(string) (string, error) {
	return "", errors.New("an event is told by the same in all scenarios")
}

// alike returns the pairs of events on one channel that one event could both be.
func alike(d engine.Definitions, events map[string]engine.Event) (pairs [][2]string) {
	kind := func(name string) pattern.Pattern {
		e := events[name]
		return e.Kind.On(d.Channels[e.Channel].Format != nil)
	}
	names := slices.Sorted(maps.Keys(events))
	for i, a := range names {
		for _, b := range names[i+1:] {
			if events[a].Channel == events[b].Channel && events[a].Channel != "" && kind(a).Overlaps(kind(b)) {
				pairs = append(pairs, [2]string{a, b})
			}
		}
	}
	return pairs
}

// Environment is what the embedded services provide, and what stacks put out.
type Environment struct {
	Values   map[string]string
	Outputs  map[string]string // by what config.Output calls the variable
	Children *system.Children  // take in what commands start
	promised bool              // nothing is started or asked: every value is one that might be
}

// Lookup returns the value of a variable.
func (e *Environment) Lookup(n string) (string, bool) {
	if v, ok := e.Outputs[n]; ok {
		return v, true
	}
	if e.promised && config.IsOutput(n) {
		return SomeOutput, true
	}
	v, ok := e.Values[n]
	return v, ok
}

// serves says whether an address is of a server that the run itself embeds, where nobody else can be.
func (e *Environment) serves(u *url.URL) bool {
	if _, embedded := e.Values["AWS_ENDPOINT_URL_DYNAMODB"]; u.Scheme == "dynamodb" && embedded {
		return !u.Query().Has("endpoint")
	}
	for _, value := range e.Values {
		if value == u.Host || strings.HasSuffix(value, "://"+u.Host) {
			return true
		}
	}
	return false
}

// Names returns the variables that embedded services provide.
func (e *Environment) Names() []string { return slices.Collect(maps.Keys(e.Values)) }

// Promised returns the environment of services that are not started, and of servers that are not opened: every variable
// that they will provide, with a value that can stand in an address.
func Promised(c *config.Config, services []harness.Service) *Environment {
	e := &Environment{Values: make(map[string]string), promised: true}
	for _, s := range services {
		for _, v := range s.Provides {
			e.Values[v] = "127.0.0.1:1"
		}
	}
	e.promise(c)
	return e
}

// Embedded returns the services that the profile asks for, in its order.
func Embedded(c *config.Config, have []harness.Service) ([]harness.Service, []plan.Problem) {
	var chosen []harness.Service
	var problems []plan.Problem
	for _, want := range c.Profile.Embedded {
		i := slices.IndexFunc(have, func(s harness.Service) bool { return s.Name == want })
		if i < 0 {
			var names []string
			for _, s := range have {
				names = append(names, s.Name)
			}
			problems = append(problems,
				plan.Problem{File: c.File, Line: c.Profile.Line, Text: name.Unknown("embedded service", want, names).Error()})
			continue
		}
		chosen = append(chosen, have[i])
	}
	return chosen, problems
}

// Settings returns what godog.yml says of a service. The recorder is told which sources it records, and where to;
// Kafka, which topics it makes.
func Settings(c *config.Config, env *Environment, service string) (map[string]string, error) {
	switch service {
	case "recorder":
		return recording(c, env)
	case "kafka":
		return c.Profile.Kafka, nil
	default:
		return nil, nil
	}
}

func recording(c *config.Config, env *Environment) (map[string]string, error) {
	all := make(map[string]string)
	for channel, source := range c.Profile.Recorder {
		address, err := c.Expand(source, env.Lookup, env.Names()...)
		if err != nil {
			return nil, fmt.Errorf("recorder: %s: %w", channel, err)
		}
		all[channel] = address
	}
	if endpoint, ok := env.Lookup("AWS_ENDPOINT_URL_DYNAMODB"); ok {
		all["endpoint"] = endpoint
	}
	return all, nil
}

// System returns how the system under test is started, with all variables filled in. links says where it finds its
// links, by their names.
func System(c *config.Config, env *Environment, links map[string]string) (system.Spec, error) {
	from := c.Profile.System
	env = env.with(c, links)
	spec := system.Spec{Within: from.Within}
	for _, argument := range from.Command {
		text, err := c.Expand(argument, env.Lookup, env.Names()...)
		if err != nil {
			return spec, fmt.Errorf("system: command: %w (to have the program itself see a ${, write $${)", err)
		}
		spec.Command = append(spec.Command, text)
	}
	dir, err := c.Expand(from.Dir, env.Lookup, env.Names()...)
	if err != nil {
		return spec, fmt.Errorf("system: dir: %w", err)
	}
	spec.Dir = c.Path(dir)
	if spec.Env, err = variables(c, env); err != nil {
		return spec, fmt.Errorf("system: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(from.Env)) {
		value, err := c.Expand(from.Env[name], env.Lookup, env.Names()...)
		if err != nil {
			return spec, fmt.Errorf("system: %s: %w", name, err)
		}
		spec.Env = append(spec.Env, name+"="+value)
	}
	if spec.Ready, err = c.Expand(from.Ready, env.Lookup, env.Names()...); err != nil {
		return spec, fmt.Errorf("system: ready: %w", err)
	}
	return spec, spec.Check()
}

// expand returns a command as it is started, with all values and variables filled in.
func expand(
	c *config.Config, env *Environment, cmd config.Command, values map[string]string,
) (run, environ []string, err error) {
	run, own, err := c.ExpandCommand(cmd, values, env.Lookup, env.Names()...)
	if err != nil {
		return nil, nil, err
	}
	if environ, err = variables(c, env); err != nil {
		return nil, nil, fmt.Errorf("command %q: %w", cmd.Name, err)
	}
	return run, append(environ, own...), nil
}

// variables returns the environment of a process that Harken starts: what the profile has inherited of Harken's own,
// then what embedded services provide, then the profile's.
func variables(c *config.Config, env *Environment) ([]string, error) {
	all := c.Inherited(os.Environ())
	for _, name := range slices.Sorted(maps.Keys(env.Values)) {
		all = append(all, name+"="+env.Values[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Profile.Env)) {
		value, err := c.Expand(c.Profile.Env[name], env.Lookup, env.Names()...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, name+"="+value)
	}
	return all, nil
}

// Startable finds what would keep the services or the system from starting.
func Startable(c *config.Config, services []harness.Service) (problems []plan.Problem) {
	for i, s := range services {
		// A service knows only what those before it provide.
		if _, err := Settings(c, Promised(c, services[:i]), s.Name); err != nil {
			problems = append(problems, plan.Problem{File: c.File, Line: c.Profile.Line, Text: err.Error()})
		}
	}
	if c.Profile.System != nil {
		if _, err := System(c, Promised(c, services), somewhere(c)); err != nil {
			problems = append(problems, plan.Problem{File: c.File, Line: c.Profile.System.Line, Text: err.Error()})
		}
	}
	return problems
}
