// Redacting what must not be shown, once for all formats.

package report

import (
	"maps"
	"slices"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/harness/event"
)

// Redact takes what must not be shown out of all texts of the scenario. shown returns a text without it.
func (s *Scenario) Redact(shown func(string) string) {
	text := func(at *string) { *at = shown(*at) }
	text(&s.Feature)
	text(&s.Name)
	s.Tags = slices.Clone(s.Tags) // which are the feature's own
	for i := range s.Tags {
		text(&s.Tags[i])
	}
	text(&s.Step)
	text(&s.Reason)
	for i := range s.Remarks {
		text(&s.Remarks[i])
	}
	for i := range s.Caveats {
		text(&s.Caveats[i])
	}
	for i := range s.Hooks {
		text(&s.Hooks[i].Reason)
	}
	for i := range s.Steps {
		text(&s.Steps[i].Text)
		text(&s.Steps[i].Reason)
	}
	for i := range s.Log {
		text(&s.Log[i].Text)
	}
	for i := range s.Produced {
		p := &s.Produced[i]
		text(&p.Error)
		redactEvent(&p.Sent, shown)
	}
	for _, captures := range [][]Captured{s.Captured, s.Uncorrelated} {
		for i := range captures {
			e := &captures[i].Seen
			redactEvent(e, shown)
		}
	}
	for i := range s.Waits {
		s.Waits[i].redact(text)
	}
}

func redactEvent(e *event.Event, shown func(string) string) {
	e.ID, e.Key = shown(e.ID), shown(e.Key)
	e.Body = []byte(shown(string(e.Body)))
	headers := make(map[string][]string, len(e.Headers))
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) { // two names may be shown as one
		for _, value := range e.Headers[name] {
			headers[shown(name)] = append(headers[shown(name)], shown(value))
		}
	}
	if e.Headers != nil {
		e.Headers = headers
	}
}

func (w *Wait) redact(text func(*string)) {
	text(&w.Want)
	text(&w.Reason)
	for i := range w.Asked {
		text(&w.Asked[i].Want)
	}
	for i := range w.Nearest {
		for k := range w.Nearest[i].Misses {
			text(&w.Nearest[i].Misses[k].Got)
			text(&w.Nearest[i].Misses[k].Want)
		}
	}
	for i := range w.Proofs {
		text(&w.Proofs[i].Error)
	}
}

// Redact takes what must not be shown out of all texts of the feature: a value that is hidden in events may stand in a
// table of theirs.
func (f *Feature) Redact(shown func(string) string) {
	f.Source = []byte(shown(string(f.Source)))
	text := func(at *string) { *at = shown(*at) }
	if f.Document != nil {
		for _, c := range f.Document.Comments {
			text(&c.Text)
		}
		if f.Document.Feature != nil {
			redactFeature(f.Document.Feature, text)
		}
	}
	for _, s := range f.Scenarios {
		text(&s.Pickle.Name)
		for _, tag := range s.Pickle.Tags {
			text(&tag.Name)
		}
		for _, step := range s.Pickle.Steps {
			text(&step.Text)
			if a := step.Argument; a != nil && a.DocString != nil {
				text(&a.DocString.Content)
			}
			if a := step.Argument; a != nil && a.DataTable != nil {
				for _, row := range a.DataTable.Rows {
					for _, cell := range row.Cells {
						text(&cell.Value)
					}
				}
			}
		}
		problems := make(map[string]string, len(s.Problems))
		for step, problem := range s.Problems {
			problems[shown(step)] = shown(problem)
		}
		s.Problems = problems
	}
}

func redactFeature(f *messages.Feature, text func(*string)) {
	text(&f.Name)
	text(&f.Description)
	redactTags(f.Tags, text)
	for _, child := range f.Children {
		redactChild(child.Background, child.Scenario, text)
		if child.Rule != nil {
			redactTags(child.Rule.Tags, text)
			text(&child.Rule.Name)
			text(&child.Rule.Description)
			for _, inner := range child.Rule.Children {
				redactChild(inner.Background, inner.Scenario, text)
			}
		}
	}
}

func redactChild(b *messages.Background, s *messages.Scenario, text func(*string)) {
	if b != nil {
		text(&b.Name)
		text(&b.Description)
		redactSteps(b.Steps, text)
	}
	if s == nil {
		return
	}
	redactTags(s.Tags, text)
	text(&s.Name)
	text(&s.Description)
	redactSteps(s.Steps, text)
	for _, e := range s.Examples {
		redactTags(e.Tags, text)
		text(&e.Name)
		text(&e.Description)
		if e.TableHeader != nil {
			redactCells([]*messages.TableRow{e.TableHeader}, text)
		}
		redactCells(e.TableBody, text)
	}
}

func redactTags(tags []*messages.Tag, text func(*string)) {
	for _, tag := range tags {
		text(&tag.Name)
	}
}

func redactSteps(steps []*messages.Step, text func(*string)) {
	for _, step := range steps {
		text(&step.Text)
		if step.DocString != nil {
			text(&step.DocString.Content)
		}
		if step.DataTable != nil {
			redactCells(step.DataTable.Rows, text)
		}
	}
}

func redactCells(rows []*messages.TableRow, text func(*string)) {
	for _, row := range rows {
		for _, cell := range row.Cells {
			text(&cell.Value)
		}
	}
}
