// What a run returns to whoever has called it.

package run

import "github.com/harken-bdd/harken/support/report"

// Result is what came of a run.
type Result struct {
	ExitCode  int        // what a command exits with: ExitPassed, or why not
	Scenarios []Scenario // that were chosen, in the order of the features; none where nothing was started
}

// Scenario is what became of a scenario, over all its attempts.
type Scenario struct {
	File    string
	Line    int
	Name    string
	Verdict string // passed, flaky, inconclusive or failed
	Step    string // that did not pass, where one did not
	Reason  string // why, in as many lines as it takes
}

func resultOf(r report.Run) Result {
	result := Result{ExitCode: r.ExitCode}
	for _, sc := range r.Scenarios {
		result.Scenarios = append(result.Scenarios, Scenario{
			File: sc.File, Line: sc.Line, Name: sc.Name, Verdict: sc.Verdict.String(), Step: sc.Step, Reason: sc.Reason,
		})
	}
	return result
}
