// What features themselves say at the paths of `redact:`. It is hidden by what godog.yml and the features say, so that
// it is whether or not a scenario has run.

package session

import (
	"regexp"
	"slices"
	"strings"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/report"
)

// fieldRedaction says what of the features is hidden: what is written there at paths that are, and of a doc string,
// which is an event's body or a part of one, the same as of a body. Where the fields of a part begin depends on the
// event.
func fieldRedaction(c *config.Config, d engine.Definitions, files []*plan.File) report.FieldRedaction {
	roots := []string{""}
	for _, e := range c.Events {
		roots = append(roots, e.Fields)
	}
	slices.Sort(roots)
	roots = slices.Compact(roots)
	fields := fieldsOf(d)
	learnFields(fields, files)
	return report.FieldRedaction{
		Hides:       func(path string) bool { return d.Redact.Hides(path, roots...) },
		Replacement: pattern.Redacted,
		Doc:         func(text string) (string, []string) { return d.Redact.Text(text, roots...) },
		Cell:        func(path, text string) (string, []string) { return d.Redact.Cell(path, text, roots...) },
		Field:       func(name string) bool { return fields[lastName.FindString(name)] },
	}
}

var (
	fieldIn  = regexp.MustCompile(`"([^"\\]+)"\s*:`)
	lastName = regexp.MustCompile(`[^.\]\s]+$`)
)

// fieldsOf returns the names of the fields in the templates of events, and of those that paths of godog.yml lead to.
func fieldsOf(d engine.Definitions) map[string]bool {
	fields := make(map[string]bool)
	for _, e := range d.Events {
		for _, m := range fieldIn.FindAllSubmatch(e.Template, -1) {
			fields[string(m[1])] = true
		}
		if e.Correlation != nil {
			fields[lastName.FindString(e.Correlation.String())] = true
		}
		for _, is := range e.Is {
			fields[lastName.FindString(is.Path)] = true
		}
	}
	return fields
}

// learnFields takes in the names of fields that Harken's own steps look at.
func learnFields(fields map[string]bool, files []*plan.File) {
	for _, f := range files {
		for _, s := range f.Scenarios {
			for i, step := range s.Pickle.Steps {
				if step.Argument != nil && step.Argument.DataTable != nil {
					learn(fields, step.Argument.DataTable.Rows, s.Tables[i])
				}
			}
		}
	}
}

func learn(fields map[string]bool, rows []*messages.PickleTableRow, reading engine.Reading) {
	switch reading {
	case engine.Down:
		for _, row := range rows {
			fields[lastName.FindString(row.Cells[0].Value)] = true
		}
	case engine.Across:
		for _, cell := range rows[0].Cells {
			fields[lastName.FindString(cell.Value)] = true
		}
	}
}

// saidBy returns what is hidden of what a scenario itself says, and of what godog.yml does.
func (p *prepared) saidBy(s *plan.Scenario) []string {
	if len(p.config.Redact) == 0 {
		return nil
	}
	return append((&report.Feature{Scenarios: []*report.Plan{planFor(s, p.config)}}).FieldsToRedact(p.fields), p.given...)
}

// saidIn returns what is hidden of what a feature says, and of what godog.yml does.
func (p *prepared) saidIn(f *plan.File) []string {
	if len(p.config.Redact) == 0 {
		return nil
	}
	return append(featureFor(f, p.config).FieldsToRedact(p.fields), p.given...)
}

// saidAnywhere returns what takes out of a text what any feature, or godog.yml, says and must not be shown: another
// scenario may say it elsewhere, in its name, say. It is nil where nothing is redacted.
func (p *prepared) saidAnywhere() *strings.Replacer {
	if len(p.config.Redact) == 0 {
		return nil
	}
	all := slices.Clone(p.given)
	for _, f := range p.plan.Files {
		all = append(all, featureFor(f, p.config).FieldsToRedact(p.fields)...)
	}
	return redact.Replacer(all)
}

// givenBy returns what godog.yml says at hidden paths: in the templates of events, and in what tells them apart.
func givenBy(c *config.Config, d engine.Definitions) (all []string) {
	for _, e := range c.Events {
		if d.Events[e.Name].Template != nil {
			all = append(all, d.Redact.Secrets(d.Events[e.Name].Whole())...)
		}
		for _, is := range e.Is {
			if d.Redact.Hides(is.Path, "", e.Fields) {
				all = append(all, is.Cell)
			}
		}
	}
	return slices.DeleteFunc(all, report.NoValue)
}
