// What reports tell of the suite itself: what godog.yml and the features say.

package session

import (
	"maps"
	"slices"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/report"
)

// describe returns the suite as reports show it. What must not be shown is taken out of its features for good, so that
// it is called when all scenarios are over.
func (p *prepared) describe(d engine.Definitions) report.Suite {
	c := p.config
	suite := report.Suite{Name: c.Suite, SLA: c.SLA}
	for _, name := range slices.Sorted(maps.Keys(c.Subsystems)) {
		s := c.Subsystems[name]
		sla := s.SLA
		if sla == 0 {
			sla = c.SLA
		}
		suite.Subsystems = append(suite.Subsystems,
			report.Subsystem{Name: name, Description: s.Description, Inputs: s.Inputs, Outputs: s.Outputs, SLA: sla})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		channel := d.Channels[name]
		address := report.Address{
			Name: name, Description: c.Channels[name].Description, State: channel.Traits.State, Answers: channel.Answers,
		}
		if channel.URL != nil {
			address.Scheme = channel.URL.Scheme
		}
		suite.Channels = append(suite.Channels, address)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Events)) {
		kind := kindFor(c, c.Events[name], d.Events[name])
		if kind.Template != nil {
			kind.Template = d.Redact.Event(d.Events[name].Whole()).Body
		}
		for i, is := range c.Events[name].Is {
			if d.Redact.Hides(is.Path, "", c.Events[name].Fields) {
				kind.Is[i] = is.Path + " " + pattern.Redacted
			}
		}
		if kind.Schema != nil {
			kind.Schema = []byte(redact.Texts(p.given)(string(kind.Schema)))
		}
		suite.Events = append(suite.Events, kind)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Commands)) {
		suite.Commands = append(suite.Commands, report.Means{Name: name, Description: c.Commands[name].Description})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Links)) {
		suite.Links = append(suite.Links, report.Means{Name: name, Description: c.Links[name].Description})
	}
	for _, phrase := range p.plan.Phrases {
		suite.Definitions = append(suite.Definitions, report.Definition(phrase))
	}
	for _, f := range p.plan.Files {
		feature := featureFor(f, c)
		if len(c.Redact) > 0 {
			// It may stand elsewhere, too: in a row of Examples, and so in names.
			feature.Redact(redact.Texts(append(feature.RedactFields(p.fields), p.given...)))
		}
		suite.Features = append(suite.Features, feature)
	}
	return suite
}

func kindFor(c *config.Config, e config.Event, kind engine.Event) report.Kind {
	k := report.Kind{Name: e.Name, Description: e.Description, Channel: e.Channel, SLA: e.SLA, Template: kind.Template}
	for _, is := range e.Is {
		k.Is = append(k.Is, is.Path+" "+is.Cell)
	}
	if e.Schema != "" {
		// One that cannot be read any more has been read before the run: the page goes without it.
		k.Schema, _ = disk.Read(c.Path(e.Schema))
	}
	return k
}

func featureFor(f *plan.File, c *config.Config) *report.Feature {
	feature := &report.Feature{Path: f.Path, Source: f.Source, Document: f.Document}
	for _, s := range f.Scenarios {
		feature.Scenarios = append(feature.Scenarios, planFor(s, c))
	}
	return feature
}

func planFor(s *plan.Scenario, c *config.Config) *report.Plan {
	p := &report.Plan{
		Pickle: s.Pickle, Line: s.Line, Chosen: s.Chosen, Subsystems: subsystemsOf(s, c), Matches: s.Matches,
		Problems: s.Problems,
	}
	for _, reading := range s.Tables {
		p.Tables = append(p.Tables, report.Reading(reading))
	}
	return p
}

// subsystemsOf returns the subsystem that a scenario says it is about; where it does not say, those whose outputs it
// expects something on, or else whose inputs it produces on.
func subsystemsOf(s *plan.Scenario, c *config.Config) []string {
	if s.Subsystem != "" {
		return []string{s.Subsystem}
	}
	if all := having(c, func(of config.Subsystem) []string { return of.Outputs }, s.Listens); len(all) > 0 {
		return all
	}
	return having(c, func(of config.Subsystem) []string { return of.Inputs }, s.Produces)
}

// having returns the subsystems that have one of some channels among those that are asked for, by name.
func having(c *config.Config, channels func(config.Subsystem) []string, some []string) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Subsystems)) {
		of := channels(c.Subsystems[name])
		if slices.ContainsFunc(some, func(channel string) bool { return slices.Contains(of, channel) }) {
			all = append(all, name)
		}
	}
	return all
}
