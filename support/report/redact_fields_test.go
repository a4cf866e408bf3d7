package report_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

func TestWhatAFeatureWritesAtAHiddenPathIsRedactedInItsTextsAndInThoseOfItsScenarios(t *testing.T) {
	f := reporttest.Suite().Features[0]
	redacted := f.RedactFields(report.FieldRedaction{
		Hides: func(path string) bool { return path == "status" || path == "items[0].sku" }, Replacement: "(hidden)",
		Doc: func(text string) (string, []string) { return text, nil },
	})
	slices.Sort(redacted)
	if got, want := strings.Join(slices.Compact(redacted), " "), "SHIPPED SKU-1"; got != want {
		t.Errorf("redacted: got %q, want %q", got, want)
	}
	step := f.Document.Feature.Children[1].Scenario.Steps[0]
	if got := step.DataTable.Rows[1].Cells[1].Value; got != "(hidden)" {
		t.Errorf("the document: got %q, want (hidden)", got)
	}
	if got := f.Scenarios[0].Pickle.Steps[1].Argument.DataTable.Rows[0].Cells[1].Value; got != "${id}" {
		t.Errorf("where nothing is hidden: got %q, want ${id}", got)
	}
	if got := f.Scenarios[0].Pickle.Steps[1].Argument.DataTable.Rows[1].Cells[1].Value; got != "(hidden)" {
		t.Errorf("the scenario: got %q, want (hidden)", got)
	}
}

func TestDocStringsAreRedactedAsBodiesAre(t *testing.T) {
	f := reporttest.Suite().Features[1]
	redacted := f.RedactFields(report.FieldRedaction{Hides: func(string) bool { return false },
		Doc: func(string) (string, []string) { return "{}", []string{"abc"} }})
	if !slices.Contains(redacted, "abc") {
		t.Errorf("redacted: got %q, want abc among them", redacted)
	}
	if got := f.Scenarios[0].Pickle.Steps[0].Argument.DocString.Content; got != "{}" {
		t.Errorf("the scenario: got %q, want {}", got)
	}
	if got := f.Document.Feature.Children[0].Scenario.Steps[0].DocString.Content; got != "{}" {
		t.Errorf("the document: got %q, want {}", got)
	}
}

// hiding is what a godog.yml with "redact: [card]" hides.
var hiding = report.FieldRedaction{
	Hides: func(path string) bool { return path == "card" || path == "card.number" }, Replacement: "-",
	Doc: func(text string) (string, []string) {
		if strings.HasPrefix(text, "{") {
			return strings.ReplaceAll(text, "4111", "-"), []string{"4111"}
		}
		return "-", []string{text}
	},
	Field: func(name string) bool { return name == "holder" },
}

func TestTablesAreRedactedAsTheirStepsReadThem(t *testing.T) {
	for _, c := range []struct {
		name        string
		reading     report.Reading
		table, want string
	}{
		{"paths above", report.Across, "card x|4111 1|4222 2", "card x|- 1|- 2"},
		{"paths beside", report.Down, "card x|y card", "card -|y card"},
		{"names beside", report.OfValues, "card x|y card", "card -|y card"},
		{"a step of the suite's own, paths above", report.Unread, "a card b|1 2 3", "a card b|1 - 3"},
		{"... two columns", report.Unread, "a card|1 2|3 4", "a card|1 -|3 -"},
		{"... the first of two", report.Unread, "card holder|4111 ann|4222 bob", "card holder|- ann|- bob"},
		{"... one column", report.Unread, "card|4111|4222", "card|-|-"},
		{"... paths beside", report.Unread, "a 1|card 4111|b 2", "a 1|card -|b 2"},
		{"... several values beside", report.Unread, "card 4111 4222|holder ann bob", "card - -|holder ann bob"},
		{"... which of both nobody knows", report.Unread, "card 4111|a 2", "card -|- 2"},
		{"... two hidden paths above", report.Unread, "card card.number holds|4111 4222 ann",
			"card card.number holds|- - ann"},
		{"... two hidden paths beside, and more", report.Unread, "card 4111|card.number 4222|a 2",
			"card -|card.number -|a 2"},
		{"... two hidden paths beside", report.Unread, "card 4111|card.number 4222", "card -|card.number -"},
	} {
		f := &report.Feature{Scenarios: []*report.Plan{{
			Pickle: &messages.Pickle{Steps: []*messages.PickleStep{{Text: "these cards:",
				Argument: &messages.PickleStepArgument{DataTable: &messages.PickleTable{}}}}},
			Tables: []report.Reading{c.reading},
		}}}
		table := f.Scenarios[0].Pickle.Steps[0].Argument.DataTable
		for _, row := range strings.Split(c.table, "|") {
			cells := &messages.PickleTableRow{}
			for _, cell := range strings.Fields(row) {
				cells.Cells = append(cells.Cells, &messages.PickleTableCell{Value: cell})
			}
			table.Rows = append(table.Rows, cells)
		}
		would := f.FieldsToRedact(hiding)
		if redacted := f.RedactFields(hiding); !slices.Equal(redacted, would) {
			t.Errorf("%s: redacted: got %q, want what FieldsToRedact says: %q", c.name, redacted, would)
		}
		var got []string
		for _, row := range table.Rows {
			var cells []string
			for _, cell := range row.Cells {
				cells = append(cells, cell.Value)
			}
			got = append(got, strings.Join(cells, " "))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: got %v, want %s", c.name, got, c.want)
		}
	}
}

// parsed is a feature as plan has it, none of whose steps is known.
func parsed(t *testing.T, source string) *report.Feature {
	t.Helper()
	ids := 0
	next := func() string { ids++; return strconv.Itoa(ids) }
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader(source), next)
	if err != nil {
		t.Fatal(err)
	}
	f := &report.Feature{Source: []byte(source), Document: doc}
	for _, p := range gherkin.Pickles(*doc, "a.feature", next) {
		plan := &report.Plan{Pickle: p}
		for _, step := range p.Steps {
			reading := report.Unread
			if step.Text == "these values:" {
				reading = report.OfValues
			}
			plan.Tables = append(plan.Tables, reading)
		}
		f.Scenarios = append(f.Scenarios, plan)
	}
	return f
}

func TestWhatIsHiddenIsHiddenInTheSourceLineByLine(t *testing.T) {
	f := parsed(t, `Feature: Cards
  Background:
    Given these values:
      | number | 4111 |
      | rest   | 77   |
      | sku    | A-1  |

  Scenario Outline: <holder>
    Given these values:
      | pin | <pin>-${rest} |
    When cards are taken:
      | card      | x |
      | ${number} | 1 |
      | 12\|34    | 2 |
    And a card is taken:
      | a    | b       |
      | card | ${pin}  |
    And a card is asked for:
      | a    | b                                |
      | card | (one of 43330000, "44440000", 1) |
    And a text is sent:
      """
      first of all
        4222 is the card "of"
      }
      """
    And JSON is sent:
      `+"```"+`
      {"card": "4111",
       "a": 1}
      `+"```"+`

    Examples:
      | holder | pin |
      | ann    | 123 |
`)
	want := `Feature: Cards
  Background:
    Given these values:
      | number | - |
      | rest   | - |
      | sku    | A-1  |

  Scenario Outline: <holder>
    Given these values:
      | pin | - |
    When cards are taken:
      | card      | - |
      | - | 1 |
      | - | 2 |
    And a card is taken:
      | a    | b       |
      | card | -  |
    And a card is asked for:
      | a    | b                                |
      | card | -  |
    And a text is sent:
      """
      -


      """
    And JSON is sent:
      ` + "```" + `
      {"card": "-",
       "a": 1}
      ` + "```" + `

    Examples:
      | holder | pin |
      | ann    | - |
`
	redacted := f.RedactFields(hiding)
	got := strings.ReplaceAll(string(f.Source), "| card | - |", "| card | -  |")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s\nredacted %q", got, want, redacted)
	}
	for _, value := range []string{"4111", "12|34", "123-${rest}", "123", "77", `4222 is the card "of"`, "first of all",
		"43330000", "44440000"} {
		if !slices.Contains(redacted, value) {
			t.Errorf("redacted: got %q, want %q among them", redacted, value)
		}
	}
	if slices.Contains(redacted, "${number}") || slices.Contains(redacted, "}") {
		t.Errorf("redacted: got %q, want none that is no value", redacted)
	}
}
