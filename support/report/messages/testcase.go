// Test cases: what was to run, and which phrase each step is.

package messages

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"unicode/utf16"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// testCase is a scenario that was to run.
type testCase struct {
	id         string
	plan       *report.Plan
	executions []report.Scenario // none, if nothing is known of it
	verdict    bool              // it has the step of the hook, behind those of the pickle
}

// casesOf returns the test cases in the order of the suite.
func casesOf(suite report.Suite, run report.Run) (all []*testCase) {
	type place struct {
		file string
		line int
	}
	results := make(map[place][]report.Scenario, len(run.Scenarios))
	for i, s := range run.Scenarios {
		executions := s.Attempts
		if len(executions) == 0 {
			executions = run.Scenarios[i : i+1]
		}
		results[place{s.File, s.Line}] = executions
	}
	for _, f := range suite.Features {
		for _, p := range f.Scenarios {
			executions := results[place{f.Path, p.Line}]
			if len(executions) == 0 && !p.Chosen {
				continue
			}
			c := &testCase{id: "c" + strconv.Itoa(len(all)), plan: p, executions: executions}
			for i := range c.executions {
				c.verdict = c.verdict || unexplained(&c.executions[i])
			}
			all = append(all, c)
		}
	}
	return all
}

// unexplained says that no step of x shows that x did not pass. A scenario that did not run shows it by having all its
// steps skipped, and so does one that was skipped by a step.
func unexplained(x *report.Scenario) bool {
	if x.Verdict == expect.Passed || x.Idle && x.Verdict == expect.Inconclusive {
		return false
	}
	for _, h := range x.Hooks {
		if h.Outcome != report.StepPassed && (h.Outcome != report.StepSkipped || x.Verdict == expect.Inconclusive) {
			return false
		}
	}
	for _, step := range x.Steps {
		skipped := step.Outcome == report.StepSkipped && x.Verdict == expect.Inconclusive
		lesser := step.Outcome == report.StepInconclusive && x.Verdict == expect.Failed // which is not why it failed
		if skipped || step.Outcome != report.StepPassed && step.Outcome != report.StepSkipped && !lesser {
			return false
		}
	}
	return true
}

// steps returns how many test steps there are.
func (c *testCase) steps() int {
	if c.verdict {
		return len(c.plan.Pickle.Steps) + 1
	}
	return len(c.plan.Pickle.Steps)
}

func (c *testCase) stepID(number int) string { return c.id + "." + strconv.Itoa(number) }

func (w *writer) testCase(c *testCase) {
	l := w.begin("testCase")
	l.text("id", c.id)
	l.text("pickleId", c.plan.Pickle.Id)
	l.text("testRunStartedId", runID)
	l.open("testSteps", '[')
	w.hookSteps(l, c, false)
	for i, step := range c.plan.Pickle.Steps {
		matches := c.matches(i)
		l.open("", '{')
		l.text("id", c.stepID(i))
		l.text("pickleStepId", step.Id)
		l.open("stepDefinitionIds", '[')
		for _, d := range matches {
			l.string(definitionID(d))
		}
		l.end(']')
		l.open("stepMatchArgumentsLists", '[')
		for _, d := range matches {
			*l = append(*l, w.arguments.of(d, step.Text)...)
		}
		l.end(']')
		l.end('}')
	}
	w.hookSteps(l, c, true)
	if c.verdict {
		l.open("", '{')
		l.text("id", c.stepID(len(c.plan.Pickle.Steps)))
		l.text("hookId", hookID)
		l.end('}')
	}
	l.end(']')
	w.end()
}

func (c *testCase) hookID(number int) string { return c.id + "." + hookName(number) }

// hookSteps writes the steps that are the hooks of the suite before or after the scenario.
func (w *writer) hookSteps(l *line, c *testCase, after bool) {
	for i, h := range w.hooks {
		if h.After == after {
			l.open("", '{')
			l.text("id", c.hookID(i))
			l.text("hookId", hookName(i))
			l.end('}')
		}
	}
}

// matches returns the definitions that a step matches. Nothing is known of the steps of a scenario that was not chosen.
func (c *testCase) matches(step int) []int {
	if step < len(c.plan.Matches) {
		return c.plan.Matches[step]
	}
	return nil
}

// arguments finds out what of a step's text each group of its phrase has matched. Steps of the same text have the same
// ones, which most suites have thousands of.
type arguments struct {
	phrases []phrase
	known   map[matched]line
}

type phrase struct {
	pattern *regexp.Regexp
	groups  []nested // the outermost ones
}

// nested is a group by its number, with the groups within it.
type nested struct {
	number   int
	children []nested
}

type matched struct {
	definition int
	text       string
}

func newArguments(definitions []report.Definition) *arguments {
	a := &arguments{known: make(map[matched]line)}
	for _, d := range definitions {
		var p phrase
		if parsed, err := syntax.Parse(d.Pattern, syntax.Perl); err == nil { // else it matches nothing
			p.pattern, p.groups = regexp.MustCompile(d.Pattern), groupsOf(parsed)
		}
		a.phrases = append(a.phrases, p)
	}
	return a
}

func groupsOf(r *syntax.Regexp) (all []nested) {
	for _, sub := range r.Sub {
		all = append(all, groupsOf(sub)...)
	}
	if r.Op == syntax.OpCapture {
		return []nested{{r.Cap, all}}
	}
	return all
}

// of returns the list of arguments that a definition takes out of a text, as it is written.
func (a *arguments) of(definition int, text string) line {
	key := matched{definition, text}
	if all, ok := a.known[key]; ok {
		return all
	}
	var all line
	all.open("", '{')
	all.open("stepMatchArguments", '[')
	p := a.phrases[definition]
	if bounds := p.find(text); bounds != nil {
		for _, g := range p.groups {
			all.open("", '{')
			all.open("group", '{')
			g.write(&all, text, bounds)
			all.end('}')
			all.end('}')
		}
	}
	all.end(']')
	all.end('}')
	a.known[key] = all
	return all
}

func (p phrase) find(text string) []int {
	if p.pattern == nil {
		return nil
	}
	return p.pattern.FindStringSubmatchIndex(text)
}

// write writes the members of a group. One that took no part in the match has neither a start nor a value. Starts are
// counted in units of UTF-16, as Cucumber does.
func (n nested) write(l *line, text string, bounds []int) {
	if from, to := bounds[2*n.number], bounds[2*n.number+1]; from >= 0 {
		start := 0
		for _, r := range text[:from] {
			start += utf16.RuneLen(r)
		}
		l.number("start", int64(start))
		l.text("value", text[from:to])
	}
	if len(n.children) == 0 {
		return
	}
	l.open("children", '[')
	for _, child := range n.children {
		l.open("", '{')
		child.write(l, text, bounds)
		l.end('}')
	}
	l.end(']')
}
