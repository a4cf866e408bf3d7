// What the world of a scenario is told of its steps.

package plan

import (
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/engine"
)

// Begin tells the world which step comes next. It belongs into a hook before each step.
func Begin(w *engine.World, step *messages.PickleStep) {
	// "And" and "But" have the type of the step before them.
	// A step that a row of Examples has filled comes from two places: its own, and the row.
	w.At(engine.Step{
		Text: step.Text, Given: step.Type == messages.PickleStepType_CONTEXT, Filled: len(step.AstNodeIds) > 1,
		Argument: read(step.Argument),
	})
}

func read(from *messages.PickleStepArgument) engine.Argument {
	var a engine.Argument
	if from == nil {
		return a
	}
	if from.DocString != nil {
		a.Doc = &from.DocString.Content
	}
	if from.DataTable != nil {
		for _, row := range from.DataTable.Rows {
			cells := make([]string, len(row.Cells))
			for i, c := range row.Cells {
				cells[i] = c.Value
			}
			a.Rows = append(a.Rows, cells)
		}
	}
	return a
}
