// Masking what features themselves write at paths that are hidden.

package report

import (
	"strings"

	messages "github.com/cucumber/messages/go/v21"
)

// Masking says what must not be shown of the tables and doc strings of features.
type Masking struct {
	Hides func(path string) bool                            // what stands beside this in a table, or below it
	Mask  string                                            // what is shown instead
	Doc   func(text string) (shown string, hidden []string) // of a doc string, and what was hidden of it
}

// Mask takes it out of the steps of the feature, and returns what it was.
func (f *Feature) Mask(m Masking) (masked []string) {
	t := masking{Masking: m}
	if f.Document != nil && f.Document.Feature != nil {
		for _, child := range f.Document.Feature.Children {
			t.steps(child.Background, child.Scenario)
			if child.Rule != nil {
				for _, inner := range child.Rule.Children {
					t.steps(inner.Background, inner.Scenario)
				}
			}
		}
	}
	for _, s := range f.Scenarios {
		for _, step := range s.Pickle.Steps {
			if a := step.Argument; a != nil && a.DocString != nil {
				t.doc(&a.DocString.Content)
			}
			if a := step.Argument; a != nil && a.DataTable != nil {
				rows := make([][]*string, len(a.DataTable.Rows))
				for i, row := range a.DataTable.Rows {
					for _, cell := range row.Cells {
						rows[i] = append(rows[i], &cell.Value)
					}
				}
				t.table(step.Text, rows)
			}
		}
	}
	return t.masked
}

type masking struct {
	Masking
	masked []string
}

func (t *masking) doc(text *string) {
	shown, hidden := t.Doc(*text)
	*text, t.masked = shown, append(t.masked, hidden...)
}

func (t *masking) steps(b *messages.Background, s *messages.Scenario) {
	var steps []*messages.Step
	if b != nil {
		steps = append(steps, b.Steps...)
	}
	if s != nil {
		steps = append(steps, s.Steps...)
	}
	for _, step := range steps {
		if step.DocString != nil {
			t.doc(&step.DocString.Content)
		}
		if step.DataTable == nil {
			continue
		}
		rows := make([][]*string, len(step.DataTable.Rows))
		for i, row := range step.DataTable.Rows {
			for _, cell := range row.Cells {
				rows[i] = append(rows[i], &cell.Value)
			}
		}
		t.table(step.Text, rows)
	}
}

// table masks the values of a table: beside a path in the first column or, where the step is about several events, below one in
// the first row.
func (t *masking) table(step string, rows [][]*string) {
	if len(rows) == 0 {
		return
	}
	across := len(rows[0]) != 2 || strings.HasPrefix(step, "these ") && step != "these values:"
	for r, row := range rows {
		for i, cell := range row {
			if !across && i == 1 && t.Hides(*row[0]) || across && r > 0 && i < len(rows[0]) && t.Hides(*rows[0][i]) {
				t.masked = append(t.masked, *cell)
				*cell = t.Mask
			}
		}
	}
}
