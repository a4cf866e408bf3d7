// Package cucumber writes a run as Cucumber JSON: the form from before Cucumber Messages, which is kept up for the many
// tools that read nothing newer (Jenkins' cucumber-reports, Xray, Zephyr). It promises nothing to other modules.
//
// It is written as Cucumber-JVM does, which most of these tools were made for: the steps of backgrounds are an element
// of their own before each scenario, the rows of an outline are scenarios, and a rule is known by the ids of its
// scenarios (feature;rule;scenario). Four things a reader may wonder about:
//
//   - The form has no status for inconclusive and ambiguous. They are written as failed, since a tool may take anything
//     else for good, and the message begins with "inconclusive:" or says what is ambiguous.
//   - Of several attempts one is written: that which failed, or for a flaky scenario the one that passed where the
//     run's exit code shows that flaky scenarios were allowed.
//   - What failed a scenario without failing a step (a feature that cannot be run, an interrupt) is a hook before or
//     after it that failed: with nothing but skipped steps it would be taken for passed.
//   - What was not chosen is left out.
package cucumber

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// Write writes the run as one array of features. Durations are in nanoseconds.
func Write(out io.Writer, suite report.Suite, run report.Run) error {
	results := make(map[place]report.Scenario, len(run.Scenarios))
	for _, s := range run.Scenarios {
		results[place{s.File, s.Line}] = s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	before := "[\n"
	for _, f := range suite.Features {
		if f.Document == nil || f.Document.Feature == nil {
			continue
		}
		w := writer{suite: suite, file: index(f.Document.Feature), flakyAllowed: run.AllowFlaky}
		told := w.feature(f, results)
		if len(told.Elements) == 0 {
			continue
		}
		b.WriteString(before)
		before = ","
		if err := e.Encode(told); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		if _, err := b.WriteTo(out); err != nil {
			return err
		}
	}
	end := "]\n"
	if before != "," {
		end = "[]\n"
	}
	_, err := io.WriteString(out, end)
	return err
}

type place struct {
	file string
	line int
}

// The form. Pointers and omitempty leave out what Cucumber-JVM leaves out.
type (
	feature struct {
		URI         string    `json:"uri"`
		ID          string    `json:"id"`
		Line        int64     `json:"line"`
		Keyword     string    `json:"keyword"`
		Name        string    `json:"name"`
		Description string    `json:"description"`
		Elements    []element `json:"elements"`
		Tags        []tag     `json:"tags"`
	}
	element struct {
		Start       string `json:"start_timestamp,omitempty"`
		ID          string `json:"id,omitempty"`
		Line        int64  `json:"line"`
		Type        string `json:"type"`
		Keyword     string `json:"keyword"`
		Name        string `json:"name"`
		Description string `json:"description"`
		Before      []hook `json:"before,omitempty"`
		Steps       []step `json:"steps"`
		After       []hook `json:"after,omitempty"`
		Tags        []tag  `json:"tags,omitempty"`
	}
	hook struct {
		Match  match  `json:"match"`
		Result result `json:"result"`
	}
	step struct {
		Keyword    string      `json:"keyword"`
		Line       int64       `json:"line"`
		Name       string      `json:"name"`
		DocString  *docString  `json:"doc_string,omitempty"`
		Rows       []row       `json:"rows,omitempty"`
		Match      match       `json:"match"`
		Result     result      `json:"result"`
		Embeddings []embedding `json:"embeddings,omitempty"`
	}
	docString struct {
		Line        int64  `json:"line"`
		ContentType string `json:"content_type,omitempty"`
		Value       string `json:"value"`
	}
	row struct {
		Cells []string `json:"cells"`
	}
	match struct {
		Location string `json:"location,omitempty"`
	}
	result struct {
		Status   string        `json:"status"`
		Duration time.Duration `json:"duration,omitempty"`
		Error    string        `json:"error_message,omitempty"`
	}
	tag struct { // of a scenario it has a name only
		Name     string    `json:"name"`
		Type     string    `json:"type,omitempty"`
		Location *location `json:"location,omitempty"`
	}
	location struct {
		Line   int64 `json:"line"`
		Column int64 `json:"column"`
	}
)

// writer writes one feature.
type writer struct {
	suite        report.Suite
	file         nodes
	flakyAllowed bool
}

func (w writer) feature(f *report.Feature, results map[place]report.Scenario) feature {
	from := f.Document.Feature
	all := feature{
		URI: f.Path, ID: slug(from.Name), Line: from.Location.Line, Keyword: from.Keyword, Name: from.Name,
		Description: from.Description, Tags: []tag{},
	}
	for _, t := range from.Tags {
		all.Tags = append(all.Tags, tag{Name: t.Name, Type: "Tag", Location: &location{t.Location.Line, t.Location.Column}})
	}
	for _, p := range f.Scenarios {
		if s, ran := results[place{f.Path, p.Line}]; ran {
			all.Elements = append(all.Elements, w.elements(all.ID, p, w.shown(s))...)
		}
	}
	return all
}

// shown returns the attempt that is written.
func (w writer) shown(s report.Scenario) report.Scenario {
	if s.Verdict == expect.Flaky && w.flakyAllowed {
		for _, a := range s.Attempts {
			if a.Verdict == expect.Passed {
				return a
			}
		}
	}
	return s
}

// elements returns the scenario, and before it its background where it has one.
func (w writer) elements(feature string, p *report.Plan, s report.Scenario) []element {
	node := w.file.scenarios[p.Pickle.AstNodeIds[0]]
	scenario := element{
		Start: s.Began.UTC().Format("2006-01-02T15:04:05.000Z"), ID: feature + ";" + node.id(p),
		Line: int64(p.Line), Type: "scenario",
		Keyword: node.Keyword, Name: p.Pickle.Name, Description: node.Description,
	}
	for _, t := range p.Pickle.Tags {
		scenario.Tags = append(scenario.Tags, tag{Name: t.Name})
	}
	background, steps := w.steps(p, s)
	scenario.Steps = steps
	if failed := unexplained(s); failed != nil {
		if len(s.Steps) == 0 {
			scenario.Before = failed
		} else {
			scenario.After = failed
		}
	}
	if len(background) == 0 {
		return []element{scenario}
	}
	of := w.file.background
	if of == nil {
		of = node.background
	}
	return []element{{
		Line: of.Location.Line, Type: "background", Keyword: of.Keyword, Name: of.Name, Description: of.Description, Steps: background,
	}, scenario}
}

// unexplained returns a hook that failed, where the scenario did not pass and none of its steps says so. That one was
// inconclusive does not say why the scenario failed.
func unexplained(s report.Scenario) []hook {
	if s.Verdict == expect.Passed {
		return nil
	}
	for _, step := range s.Steps {
		lesser := step.Outcome == report.StepInconclusive && s.Verdict == expect.Failed
		if step.Outcome != report.StepPassed && step.Outcome != report.StepSkipped && !lesser {
			return nil
		}
	}
	r := result{Status: string(report.StepFailed), Error: clip(s.Reason)}
	switch {
	case s.Idle && s.Verdict != expect.Failed:
		r.Status = string(report.StepSkipped)
	case s.Verdict == expect.Inconclusive:
		r.Error = "inconclusive: " + r.Error
	}
	return []hook{{Result: r}}
}

func (w writer) steps(p *report.Plan, s report.Scenario) (background, own []step) {
	own = make([]step, 0, len(p.Pickle.Steps))
	ran := make([]*report.Step, len(p.Pickle.Steps))
	for i := range s.Steps {
		if n := s.Steps[i].Number; n < len(ran) {
			ran[n] = &s.Steps[i]
		}
	}
	for i, from := range p.Pickle.Steps {
		node := w.file.steps[from.AstNodeIds[0]]
		told := step{Keyword: node.Keyword, Line: node.Location.Line, Name: from.Text, Result: resultOf(ran[i])}
		if a := from.Argument; a != nil {
			told.argue(a, node.Step)
		}
		if i < len(p.Matches) && len(p.Matches[i]) == 1 {
			d := w.suite.Definitions[p.Matches[i][0]]
			told.Match.Location = fmt.Sprintf("%s:%d", d.Source, d.Line)
		}
		if ran[i] != nil {
			told.Embeddings = embeddings(s, *ran[i])
		}
		if node.ofBackground {
			background = append(background, told)
		} else {
			own = append(own, told)
		}
	}
	return background, own
}

func (s *step) argue(a *messages.PickleStepArgument, node *messages.Step) {
	if a.DocString != nil && node.DocString != nil {
		s.DocString = &docString{node.DocString.Location.Line, a.DocString.MediaType, a.DocString.Content}
	}
	if a.DataTable != nil {
		for _, from := range a.DataTable.Rows {
			r := row{Cells: []string{}}
			for _, c := range from.Cells {
				r.Cells = append(r.Cells, c.Value)
			}
			s.Rows = append(s.Rows, r)
		}
	}
}

func resultOf(s *report.Step) result {
	if s == nil {
		return result{Status: string(report.StepSkipped)}
	}
	r := result{Status: string(s.Outcome), Duration: max(s.Ended.Sub(s.Began), 0)}
	switch s.Outcome {
	case report.StepPassed, report.StepSkipped:
		return r
	case report.StepInconclusive:
		r.Status, r.Error = string(report.StepFailed), "inconclusive: "
	case report.StepAmbiguous:
		r.Status = string(report.StepFailed)
	}
	r.Error += clip(s.Reason)
	return r
}

// slug is a name as a part of an id.
func slug(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("'_,!", r) {
			return '-'
		}
		return r
	}, name))
}
