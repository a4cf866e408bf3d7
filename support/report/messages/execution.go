// Executions: what came of each attempt and of its steps.

package messages

import (
	"cmp"
	"strconv"
	"time"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// longest is how much of a text is shown that comes from outside.
const longest = 64 << 10

// Kinds of failures.
const (
	failed       = "failed"
	inconclusive = "inconclusive"
)

// outcome is what came of one test step in one execution.
type outcome struct {
	status       messages.TestStepResultStatus
	kind         string // where the status is FAILED
	reason       string
	ran          bool // or was to run, rather than lay behind a step that has ended the scenario
	began, ended time.Time
}

// execution writes what came of an execution of c.
func (w *writer) execution(c *testCase, number int) {
	x := &c.executions[number]
	id := c.id + "a" + strconv.Itoa(number)
	l := w.begin("testCaseStarted")
	l.text("id", id)
	l.text("testCaseId", c.id)
	l.number("attempt", int64(number))
	l.time("timestamp", x.Began)
	w.end()
	outcomes := c.outcomes(x)
	attached := w.attachments(x, outcomes)
	w.hookRuns(c, id, x, false, x.Began)
	for i, o := range outcomes {
		if i == len(c.plan.Pickle.Steps) {
			w.hookRuns(c, id, x, true, x.Ended)
		}
		step := c.stepID(i)
		w.started(id, step, o)
		for _, a := range attached[i] {
			w.attachment(id, step, a)
		}
		if o.status == messages.TestStepResultStatus_UNDEFINED {
			w.suggest(id+".s"+strconv.Itoa(i), c.plan.Pickle.Steps[i], o.reason)
		}
		w.finished(id, step, o)
	}
	if !c.verdict {
		w.hookRuns(c, id, x, true, x.Ended)
	}
	l = w.begin("testCaseFinished")
	l.text("testCaseStartedId", id)
	l.time("timestamp", x.Ended)
	l.flag("willBeRetried", number < len(c.executions)-1)
	w.end()
}

// hookRuns writes what came of the hooks before or after the scenario. One that was not called, as none is for a
// scenario that did not run, is skipped at that time.
func (w *writer) hookRuns(c *testCase, id string, x *report.Scenario, after bool, at time.Time) {
	for i, h := range w.hooks {
		if h.After != after {
			continue
		}
		o := outcome{status: messages.TestStepResultStatus_SKIPPED, began: at, ended: at}
		for _, run := range x.Hooks {
			if run.Hook == i {
				o = outcomeOf(report.Step{Outcome: run.Outcome, Reason: run.Reason, Began: run.Began, Ended: run.Ended}, x)
			}
		}
		w.started(id, c.hookID(i), o)
		w.finished(id, c.hookID(i), o)
	}
}

func (w *writer) started(id, step string, o outcome) {
	l := w.begin("testStepStarted")
	l.text("testCaseStartedId", id)
	l.text("testStepId", step)
	l.time("timestamp", o.began)
	w.end()
}

// finished writes the end of a step. What is inconclusive says so in the message; the exception's type says it, too.
func (w *writer) finished(id, step string, o outcome) {
	l := w.begin("testStepFinished")
	l.text("testCaseStartedId", id)
	l.text("testStepId", step)
	l.open("testStepResult", '{')
	l.text("status", string(o.status))
	l.duration("duration", o.ended.Sub(o.began))
	if o.kind == inconclusive {
		l.text("message", inconclusive+": "+o.reason)
	} else {
		l.some("message", o.reason)
	}
	if o.kind != "" {
		l.open("exception", '{')
		l.text("type", o.kind)
		l.some("message", o.reason)
		l.end('}')
	}
	l.end('}')
	l.time("timestamp", o.ended)
	w.end()
}

// outcomes returns what came of the steps of c in x, that of the hook included.
func (c *testCase) outcomes(x *report.Scenario) []outcome {
	all := make([]outcome, c.steps())
	for _, step := range x.Steps {
		if step.Number < len(c.plan.Pickle.Steps) {
			all[step.Number] = outcomeOf(step, x)
		}
	}
	at, skipping := x.Began, x.Idle
	for i := range c.plan.Pickle.Steps {
		if all[i].status == "" {
			all[i] = outcome{status: c.unrun(i, skipping), began: at, ended: at}
		}
		if all[i].status == messages.TestStepResultStatus_UNDEFINED ||
			all[i].status == messages.TestStepResultStatus_AMBIGUOUS {
			all[i].reason = cmp.Or(all[i].reason, shortened(c.plan.Problems[c.plan.Pickle.Steps[i].Text]))
		}
		if all[i].ended.After(at) {
			at = all[i].ended
		}
		skipping = skipping || all[i].ran && all[i].status == messages.TestStepResultStatus_SKIPPED
	}
	if x.Idle && len(all) > 0 {
		all[0].reason = cmp.Or(all[0].reason, shortened(x.Reason))
	}
	if c.verdict {
		all[len(all)-1] = verdictOf(x, at)
	}
	return all
}

// unrun returns the status of a step that did not run. Behind a step that failed, one that could not have run is no
// more defined for that; nothing is asked of what lies behind a step that has skipped the scenario.
func (c *testCase) unrun(step int, skipping bool) messages.TestStepResultStatus {
	switch matches := len(c.matches(step)); {
	case skipping || matches == 1 || c.plan.Matches == nil:
		return messages.TestStepResultStatus_SKIPPED
	case matches == 0:
		return messages.TestStepResultStatus_UNDEFINED
	default:
		return messages.TestStepResultStatus_AMBIGUOUS
	}
}

func outcomeOf(step report.Step, x *report.Scenario) outcome {
	o := outcome{reason: shortened(step.Reason), ran: true, began: step.Began, ended: step.Ended}
	if o.ended.Before(o.began) { // it panicked
		o.ended = x.Ended
	}
	switch step.Outcome {
	case report.StepPassed:
		o.status = messages.TestStepResultStatus_PASSED
	case report.StepFailed:
		o.status, o.kind = messages.TestStepResultStatus_FAILED, failed
	case report.StepInconclusive:
		o.status, o.kind = messages.TestStepResultStatus_FAILED, inconclusive
	case report.StepSkipped:
		o.status = messages.TestStepResultStatus_SKIPPED
	case report.StepPending:
		o.status = messages.TestStepResultStatus_PENDING
	case report.StepUndefined:
		o.status = messages.TestStepResultStatus_UNDEFINED
	case report.StepAmbiguous:
		o.status = messages.TestStepResultStatus_AMBIGUOUS
	default:
		o.status = messages.TestStepResultStatus_UNKNOWN
	}
	return o
}

// verdictOf returns what came of the hook, which is there for another attempt where this one needs no explanation.
func verdictOf(x *report.Scenario, at time.Time) outcome {
	o := outcome{status: messages.TestStepResultStatus_PASSED, began: at, ended: at}
	if unexplained(x) {
		o.status, o.kind, o.reason = messages.TestStepResultStatus_FAILED, failed, shortened(x.Reason)
		if x.Verdict == expect.Inconclusive {
			o.kind = inconclusive
		}
	}
	return o
}
