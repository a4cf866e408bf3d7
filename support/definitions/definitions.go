// Package definitions makes of a godog.yml what features may use. It promises nothing to other modules.
//
// Addresses have their variables filled in, templates are read, cells are parsed; and what is wrong with any of these
// is found before anything is started.
package definitions

import (
	"fmt"
	"maps"
	"slices"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/plan"
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
		command, errs := commandOf(c, cmd, env)
		for _, err := range errs {
			bad(cmd.Line, fmt.Errorf("command %q: %w", cmd.Name, err))
		}
		d.Commands[cmd.Name] = command
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
