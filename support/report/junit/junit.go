// Package junit writes a run as JUnit XML, which nearly every CI server reads: a testsuite a feature, a testcase a
// scenario. It promises nothing to other modules.
//
// There is no standard, and there are two schools. Most readers take whatever they know and leave the rest; the xUnit
// plugin of Jenkins refuses a file that is not valid by its schema (junit-10.xsd), and that schema has neither file,
// line nor properties in a testcase. So the file is valid by it, and what others would put there is where the schema
// has room: the file is the testsuite's, the line is in the first line of system-out and of each failure (in which
// readers look for "file:line"), tags are the testcase's group, and the testsuite's properties tell of each scenario,
// by its line: "line 12: verdict".
//
// What a verdict becomes:
//
//   - failed is a failure, whose type is what became of the step: failed, undefined, ambiguous or pending. A step that
//     nobody has written fails a run, and so it does here;
//   - inconclusive is an error: the test, and not what is tested, could not do its work;
//   - flaky is passed with a flakyFailure, as Surefire has it, where the run's exit code shows that flaky scenarios
//     were allowed; else it is a failure, since a red build whose report shows nothing red explains nothing;
//   - what an interrupted run did not come to is skipped. What was not chosen is left out: nobody has asked for it.
package junit

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

const (
	messageLimit = 500      // bytes of a message, which is an attribute
	textLimit    = 32 << 10 // bytes of what a failure or system-out says
	mostOutputs  = 20       // latencies of a scenario
)

// Write writes the run as one document. Its times are in seconds, its time stamps in UTC and without a zone, as the
// form has them.
func Write(out io.Writer, suite report.Suite, run report.Run) error {
	d := document{facts: factsOf(suite), names: make(map[string]int), flakyAllowed: run.AllowFlaky}
	var all tally
	var suites []testsuite
	for rest := run.Scenarios; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].File == rest[0].File {
			n++
		}
		s := d.testsuite(rest[:n])
		all.add(s.tally)
		suites, rest = append(suites, s), rest[n:]
	}
	if run.Trouble != "" {
		all.add(tally{tests: 1, errors: 1})
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<testsuites")
	attribute(&b, "name", run.Suite)
	all.attributes(&b)
	attribute(&b, "time", seconds(run.Began, run.Ended))
	b.WriteString(">\n")
	if hides := run.Hides(); hides != "" { // where most readers allow no property
		b.WriteString("  <!-- " + comment.Replace(hides) + " -->\n")
	}
	for _, s := range suites {
		s.write(&b, run)
		if _, err := b.WriteTo(out); err != nil {
			return err
		}
	}
	runProblem(&b, run)
	b.WriteString("</testsuites>\n")
	_, err := b.WriteTo(out)
	return err
}

// comment writes what may stand in a comment.
var comment = strings.NewReplacer("--", "- -")

type document struct {
	facts        map[place]suiteFacts
	names        map[string]int // how often a class has a name
	flakyAllowed bool
}

type place struct {
	file string
	line int
}

// suiteFacts is what only the suite knows of a scenario.
type suiteFacts struct {
	rule       string
	subsystems []string
}

// runProblem writes what no scenario tells as a testsuite of its own.
func runProblem(b *bytes.Buffer, run report.Run) {
	if run.Trouble == "" {
		return
	}
	b.WriteString("  <testsuite")
	attribute(b, "name", "the run")
	b.WriteString(` tests="1" failures="0" errors="1" skipped="0"`)
	attribute(b, "time", seconds(run.Began, run.Ended))
	attribute(b, "timestamp", run.Began.UTC().Format("2006-01-02T15:04:05"))
	b.WriteString(">\n    <testcase")
	attribute(b, "name", "the run")
	attribute(b, "classname", "the run")
	attribute(b, "time", seconds(run.Began, run.Ended))
	b.WriteString(">\n      <error")
	attribute(b, "message", report.Clip(firstLine(run.Trouble), messageLimit))
	attribute(b, "type", expect.Inconclusive.String())
	b.WriteString(">")
	text(b, report.Clip(run.Trouble, textLimit))
	b.WriteString("</error>\n    </testcase>\n  </testsuite>\n")
}

func factsOf(suite report.Suite) map[place]suiteFacts {
	all := make(map[place]suiteFacts)
	for _, f := range suite.Features {
		rules := make(map[string]string) // of scenarios, by their ids
		if f.Document != nil && f.Document.Feature != nil {
			for _, child := range f.Document.Feature.Children {
				if child.Rule == nil {
					continue
				}
				for _, inner := range child.Rule.Children {
					if inner.Scenario != nil {
						rules[inner.Scenario.Id] = child.Rule.Name
					}
				}
			}
		}
		for _, p := range f.Scenarios {
			all[place{f.Path, p.Line}] = suiteFacts{rules[p.Pickle.AstNodeIds[0]], p.Subsystems}
		}
	}
	return all
}

type kind int

const (
	passing kind = iota
	flaky
	skipped
	failing
	erring
)

// tally is what the attributes of a testsuite count.
type tally struct{ tests, failures, errors, skipped int }

func (t *tally) add(o tally) {
	t.tests += o.tests
	t.failures += o.failures
	t.errors += o.errors
	t.skipped += o.skipped
}

func (t *tally) attributes(b *bytes.Buffer) {
	fmt.Fprintf(b, ` tests="%d" failures="%d" errors="%d"`, t.tests, t.failures, t.errors)
}

type testsuite struct {
	tally
	cases []testcase
}

type testcase struct {
	report.Scenario
	suiteFacts
	class, name string // no two are alike
	kind        kind
}

func (d *document) testsuite(scenarios []report.Scenario) testsuite {
	var t testsuite
	for _, s := range scenarios {
		c := testcase{Scenario: s, suiteFacts: d.facts[place{s.File, s.Line}], class: s.Feature, name: s.Name}
		if c.rule != "" {
			c.class += " › " + c.rule
		}
		c.name = d.unique(c.class, c.name)
		c.kind = d.kind(s)
		t.tests++
		switch c.kind {
		case failing:
			t.failures++
		case erring:
			t.errors++
		case skipped:
			t.skipped++
		}
		t.cases = append(t.cases, c)
	}
	return t
}

// unique returns the name, or with a number where the class has it already: readers take two of a name for one. The
// rows of an outline have one name, unless it says what tells them apart.
func (d *document) unique(class, name string) string {
	key := class + "\x00" + name
	d.names[key]++
	if n := d.names[key]; n > 1 {
		return d.unique(class, fmt.Sprintf("%s #%d", name, n))
	}
	return name
}

func (d *document) kind(s report.Scenario) kind {
	switch {
	case s.Verdict == expect.Passed:
		return passing
	case s.Verdict == expect.Flaky && d.flakyAllowed:
		return flaky
	case s.Verdict == expect.Failed, s.Verdict == expect.Flaky:
		return failing
	case s.Idle:
		return skipped
	default:
		return erring
	}
}

func (t testsuite) write(b *bytes.Buffer, run report.Run) {
	first := t.cases[0]
	began, ended := first.Began, first.Ended
	for _, c := range t.cases {
		if c.Began.Before(began) {
			began = c.Began
		}
		if c.Ended.After(ended) {
			ended = c.Ended
		}
	}
	b.WriteString("  <testsuite")
	attribute(b, "name", first.Feature)
	attribute(b, "file", first.File)
	t.attributes(b)
	fmt.Fprintf(b, ` skipped="%d"`, t.skipped)
	attribute(b, "time", seconds(began, ended))
	attribute(b, "timestamp", began.UTC().Format("2006-01-02T15:04:05"))
	b.WriteString(">\n    <properties>\n")
	property(b, "run", run.ID)
	if run.Profile != "" {
		property(b, "profile", run.Profile)
	}
	for _, c := range t.cases {
		c.properties(b)
	}
	b.WriteString("    </properties>\n")
	for _, c := range t.cases {
		c.write(b)
	}
	b.WriteString("  </testsuite>\n")
}

// properties tells what a testcase has no room for.
func (c testcase) properties(b *bytes.Buffer) {
	line := fmt.Sprintf("line %d: ", c.Line)
	property(b, line+"verdict", c.Verdict.String())
	if len(c.Tags) > 0 {
		property(b, line+"tags", strings.Join(c.Tags, " "))
	}
	if len(c.subsystems) > 0 {
		property(b, line+"subsystem", strings.Join(c.subsystems, ", "))
	}
	outputs := 0
	for _, s := range c.Executions() {
		for _, w := range s.Waits {
			if !w.Measure || outputs == mostOutputs {
				continue
			}
			outputs++
			of := w.Channel
			if w.Event != "" {
				of = w.Event + " on " + w.Channel
			}
			value := fmt.Sprintf("took %.3fs, limit %.3fs, margin %.3fs", w.Took.Seconds(), w.Window.Seconds(),
				(w.Window - w.Took).Seconds())
			property(b, line+"latency of "+of, value)
		}
	}
}

func (c testcase) write(b *bytes.Buffer) {
	b.WriteString("    <testcase")
	attribute(b, "name", c.name)
	attribute(b, "classname", c.class)
	if len(c.Tags) > 0 {
		attribute(b, "group", strings.Join(c.Tags, " "))
	}
	attribute(b, "time", seconds(c.Began, c.Ended))
	if c.kind == skipped {
		b.WriteString(">\n      <skipped")
		attribute(b, "message", report.Clip(firstLine(c.Reason), messageLimit))
		b.WriteString("/>\n    </testcase>\n")
		return
	}
	b.WriteString(">\n")
	switch c.kind {
	case failing:
		c.problem(b, "failure", c.Scenario)
		c.again(b, "rerun")
	case erring:
		c.problem(b, "error", c.Scenario)
		c.again(b, "rerun")
	case flaky:
		c.again(b, "flaky")
	}
	b.WriteString("      <system-out>")
	text(b, report.Clip(c.lines(), textLimit))
	b.WriteString("</system-out>\n    </testcase>\n")
}

// again tells of the attempts that did not pass, but for the one that the testcase is about.
func (c testcase) again(b *bytes.Buffer, prefix string) {
	told := prefix == "rerun" // as the failure
	for _, a := range c.Attempts {
		switch {
		case a.Verdict == expect.Passed:
		case told && a.Attempt == c.Attempt:
		case a.Verdict == expect.Failed:
			c.problem(b, prefix+"Failure", a)
		default:
			c.problem(b, prefix+"Error", a)
		}
	}
}

func (c testcase) problem(b *bytes.Buffer, element string, s report.Scenario) {
	message := firstLine(s.Reason)
	if message == "" {
		message = s.Step
	}
	if s.Of > 1 {
		message = fmt.Sprintf("attempt %d of %d: %s", s.Attempt, s.Of, message)
	}
	b.WriteString("      <" + element)
	attribute(b, "type", because(s))
	attribute(b, "message", report.Clip(message, messageLimit))
	b.WriteString(">")
	text(b, report.Clip(fmt.Sprintf("%s:%d\n%s\n%s", s.File, s.Line, s.Step, s.Reason), textLimit))
	b.WriteString("</" + element + ">\n")
}

// because names what became of the step that settled the scenario. One that was inconclusive has not settled one that
// failed.
func because(s report.Scenario) string {
	if s.Verdict == expect.Flaky {
		return s.Verdict.String()
	}
	for _, step := range slices.Backward(s.Steps) {
		lesser := step.Outcome == report.StepInconclusive && s.Verdict == expect.Failed
		if step.Outcome != report.StepPassed && step.Outcome != report.StepSkipped && !lesser {
			return string(step.Outcome)
		}
	}
	return s.Verdict.String()
}

// lines is what the terminal says of the scenario: what was produced, captured and expected.
func (c testcase) lines() string {
	var b strings.Builder
	t := report.Text{Out: &b}
	for _, s := range c.Executions() {
		_ = t.Scenario(s) // a Builder takes everything
	}
	return b.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

func seconds(from, to time.Time) string { return fmt.Sprintf("%.3f", max(to.Sub(from), 0).Seconds()) }
