// Package messages writes a run as Cucumber Messages, which is what Cucumber's own formatters read: NDJSON, one
// envelope a line, as the JSON schema of the npm package @cucumber/messages asks for it. The order is the protocol's:
// what the features and the phrases are, what was to run, and then the run, one scenario after the other, since those
// that ran side by side would else be mixed; their times are the true ones. It promises nothing to other modules.
//
// Harken knows more verdicts than the protocol. What was inconclusive is FAILED there, with a message that begins with
// "inconclusive:" and an exception of that type: the formatters show UNKNOWN as something that is yet to come and
// SKIPPED as something that nobody need look at, whereas a run with an inconclusive scenario does not succeed. A flaky
// scenario has an attempt that failed and one that passed, and the run's last message says that it was not enough.
// Where a scenario did not pass although neither a step nor a hook of its own says why (the system under test had
// died), a last step says it, which is shown as that of a hook called "verdict".
//
// As with Cucumber, all scenarios of the features are told, and those that were not chosen have no test case.
package messages

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// Write writes the run of the suite. Its error is that of out. What CI server it runs on, if any, is read from the
// environment; all else is what suite and run say.
func Write(out io.Writer, suite report.Suite, run report.Run) error {
	return write(out, suite, run, metaOf(os.LookupEnv))
}

// Identifiers of what there is once in a run. Those of features and pickles are numbers, so that letters are free.
const (
	runID  = "run"
	hookID = "verdict"
)

func write(out io.Writer, suite report.Suite, run report.Run, about meta) error {
	buffered := bufio.NewWriterSize(out, 1<<16)
	w := &writer{
		out: buffered, json: json.NewEncoder(buffered), hooks: suite.Hooks, arguments: newArguments(suite.Definitions),
	}
	w.json.SetEscapeHTML(false)
	cases := casesOf(suite, run)

	w.put(envelope{Meta: &about})
	for _, f := range suite.Features {
		w.feature(f)
	}
	w.hooked(false)
	for i, d := range suite.Definitions {
		w.definition(i, d)
	}
	w.hooked(true)
	w.verdict(cases)
	w.put(envelope{TestRunStarted: &testRunStarted{ID: runID, Timestamp: timestamp(run.Began)}})
	for _, c := range cases {
		w.testCase(c)
	}
	for _, c := range cases {
		for i := range c.executions {
			w.execution(c, i)
		}
	}
	w.put(envelope{TestRunFinished: &testRunFinished{
		TestRunStartedID: runID, Timestamp: timestamp(run.Ended), Success: run.ExitCode == 0, Message: summary(run),
	}})
	if w.err != nil {
		return w.err
	}
	return buffered.Flush()
}

// writer writes envelopes until one cannot be written.
type writer struct {
	out       io.Writer
	json      *json.Encoder
	line      line // that is being written
	event     line // that will be an attachment
	arguments *arguments
	hooks     []report.Hook
	err       error
}

func (w *writer) put(e envelope) {
	if w.err == nil {
		w.err = w.json.Encode(&e)
	}
}

// begin begins a line by hand: an envelope with one message.
func (w *writer) begin(message string) *line {
	w.line = w.line[:0]
	w.line.open("", '{')
	w.line.open(message, '{')
	return &w.line
}

// end ends it, and writes it.
func (w *writer) end() {
	w.line.end('}')
	w.line.end('}')
	w.line[len(w.line)-1] = '\n' // where the comma was
	if w.err == nil {
		_, w.err = w.out.Write(w.line)
	}
}

// feature writes what a feature file says. Of one that cannot be read there is only the source.
func (w *writer) feature(f *report.Feature) {
	source := messages.Source{Uri: f.Path, Data: string(f.Source),
		MediaType: messages.SourceMediaType_TEXT_X_CUCUMBER_GHERKIN_PLAIN}
	if strings.HasSuffix(f.Path, ".md") {
		source.MediaType = messages.SourceMediaType_TEXT_X_CUCUMBER_GHERKIN_MARKDOWN
	}
	w.put(envelope{Source: &source})
	if f.Document == nil {
		return
	}
	document := *f.Document
	document.Uri = f.Path
	w.put(envelope{GherkinDocument: &document})
	columns := columnsOf(f.Document)
	for _, p := range f.Scenarios {
		nodes := p.Pickle.AstNodeIds
		at := messages.Location{Line: int64(p.Line), Column: columns[nodes[len(nodes)-1]]}
		w.put(envelope{Pickle: &pickle{Pickle: p.Pickle, Location: at}})
	}
}

// columnsOf returns where scenarios and the rows of outlines begin in their lines, by their ids.
func columnsOf(d *messages.GherkinDocument) map[string]int64 {
	all := make(map[string]int64)
	one := func(s *messages.Scenario) {
		if s == nil {
			return
		}
		all[s.Id] = s.Location.Column
		for _, e := range s.Examples {
			for _, row := range e.TableBody {
				all[row.Id] = row.Location.Column
			}
		}
	}
	if d.Feature == nil {
		return nil
	}
	for _, child := range d.Feature.Children {
		one(child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				one(inner.Scenario)
			}
		}
	}
	return all
}

func definitionID(number int) string { return "d" + strconv.Itoa(number) }

func (w *writer) definition(number int, d report.Definition) {
	w.put(envelope{StepDefinition: &messages.StepDefinition{
		Id: definitionID(number),
		Pattern: &messages.StepDefinitionPattern{Source: d.Pattern,
			Type: messages.StepDefinitionPatternType_REGULAR_EXPRESSION},
		SourceReference: &messages.SourceReference{Uri: d.Source, Location: &messages.Location{Line: int64(d.Line)}},
	}})
}

func hookName(number int) string { return "h" + strconv.Itoa(number) }

// hooked writes the hooks of the suite before or after its scenarios.
func (w *writer) hooked(after bool) {
	kind := map[bool]string{false: "BEFORE_TEST_CASE", true: "AFTER_TEST_CASE"}[after]
	for i, h := range w.hooks {
		if h.After == after {
			at := messages.SourceReference{Uri: h.Source, Location: &messages.Location{Line: int64(h.Line)}}
			w.put(envelope{Hook: &hook{ID: hookName(i), Type: kind, SourceReference: at}})
		}
	}
}

// verdict writes the hook that stands for what has settled a scenario beside its steps, if there is such a scenario.
func (w *writer) verdict(cases []*testCase) {
	for _, c := range cases {
		if c.verdict {
			w.put(envelope{Hook: &hook{ID: hookID, Name: "verdict", Type: "AFTER_TEST_CASE",
				SourceReference: messages.SourceReference{Uri: "harken"}}})
			return
		}
	}
}

// summary says why a run did not succeed, and what is hidden.
func summary(run report.Run) string {
	var said []string
	if why := unsuccessful(run); why != "" {
		said = append(said, why)
	}
	if hides := run.Hides(); hides != "" {
		said = append(said, hides)
	}
	return strings.Join(said, "; ")
}

func unsuccessful(run report.Run) string {
	if run.ExitCode == 0 {
		return ""
	}
	var counts []string
	for _, v := range []expect.Verdict{expect.Failed, expect.Inconclusive, expect.Flaky} {
		if n := run.Count(v); n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if run.Trouble != "" {
		counts = append(counts, run.Trouble)
	}
	return strings.Join(append(counts, fmt.Sprintf("exit code %d", run.ExitCode)), ", ")
}
