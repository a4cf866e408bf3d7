package report_test

import (
	"slices"
	"strings"
	"testing"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

func TestWhatAFeatureWritesAtAHiddenPathIsMaskedInItsTextsAndInThoseOfItsScenarios(t *testing.T) {
	f := reporttest.Suite().Features[0]
	masked := f.Mask(report.Masking{
		Hides: func(path string) bool { return path == "status" || path == "items[0].sku" }, Mask: "(hidden)",
		Doc: func(text string) (string, []string) { return text, nil },
	})
	slices.Sort(masked)
	if got := strings.Join(slices.Compact(masked), " "); got != "SHIPPED SKU-1" {
		t.Errorf("masked %q", got)
	}
	step := f.Document.Feature.Children[1].Scenario.Steps[0]
	if got := step.DataTable.Rows[1].Cells[1].Value; got != "(hidden)" {
		t.Errorf("the document says %q", got)
	}
	if got := f.Scenarios[0].Pickle.Steps[1].Argument.DataTable.Rows[0].Cells[1].Value; got != "${id}" {
		t.Errorf("the scenario says %q where nothing is hidden", got)
	}
	if got := f.Scenarios[0].Pickle.Steps[1].Argument.DataTable.Rows[1].Cells[1].Value; got != "(hidden)" {
		t.Errorf("the scenario says %q", got)
	}
}

func TestDocStringsAreMaskedAsBodiesAre(t *testing.T) {
	f := reporttest.Suite().Features[1]
	masked := f.Mask(report.Masking{Hides: func(string) bool { return false }, Doc: func(string) (string, []string) { return "{}", []string{"abc"} }})
	if !slices.Contains(masked, "abc") || f.Scenarios[0].Pickle.Steps[0].Argument.DocString.Content != "{}" || f.Document.Feature.Children[0].Scenario.Steps[0].DocString.Content != "{}" {
		t.Errorf("masked %q", masked)
	}
}

func TestTablesOfSeveralEventsAreMaskedBelowTheirHeader(t *testing.T) {
	for _, c := range []struct{ step, table, want string }{
		{"these events are produced:", "card x|4111 1|4222 2", "card x|- 1|- 2"},
		{"an event is produced with:", "card x|y card", "card -|y card"},
		{"these values:", "card x|y card", "card -|y card"},
		{"a step of its own:", "a card b|1 2 3", "a card b|1 - 3"},
	} {
		f := &report.Feature{Scenarios: []*report.Plan{{Pickle: &messages.Pickle{Steps: []*messages.PickleStep{{Text: c.step, Argument: &messages.PickleStepArgument{DataTable: &messages.PickleTable{}}}}}}}}
		table := f.Scenarios[0].Pickle.Steps[0].Argument.DataTable
		for _, row := range strings.Split(c.table, "|") {
			cells := &messages.PickleTableRow{}
			for _, cell := range strings.Fields(row) {
				cells.Cells = append(cells.Cells, &messages.PickleTableCell{Value: cell})
			}
			table.Rows = append(table.Rows, cells)
		}
		f.Mask(report.Masking{Hides: func(path string) bool { return path == "card" }, Mask: "-"})
		var got []string
		for _, row := range table.Rows {
			var cells []string
			for _, cell := range row.Cells {
				cells = append(cells, cell.Value)
			}
			got = append(got, strings.Join(cells, " "))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s got %v, want %s", c.step, got, c.want)
		}
	}
}
