package pages_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/pattern"
)

// rows returns what stands in code in the cells of a section's tables, row by row and cell by cell.
func rows(section string) (all [][][]string) {
	for _, line := range strings.Split(section, "\n") {
		if !strings.HasPrefix(line, "| ") || !strings.Contains(line, "`") {
			continue
		}
		var row [][]string
		for _, cell := range strings.Split(strings.Trim(line, "| "), " | ") {
			var spans []string
			for _, code := range codeSpan.FindAllString(cell, -1) {
				spans = append(spans, strings.Trim(code, "`"))
			}
			row = append(row, spans)
		}
		all = append(all, row)
	}
	return all
}

// lookup gives every value, so that what holds some can be read.
func lookup(string) (string, error) { return "2026-03-01T10:00:00Z", nil }

func TestEveryCellThatIsShownCanBeWritten(t *testing.T) {
	section, _, _ := strings.Cut(open(t, "docs/features.md").Section("## Tables and doc strings"), "### Paths")
	cells := 0
	for _, row := range rows(section) {
		for _, cell := range append(row[0], row[1]...) {
			cells++
			text, err := pattern.ExpandCell(cell, lookup)
			if err == nil {
				_, err = pattern.FromRows([]pattern.Row{{Path: "field", Cell: text}}, "")
			}
			if err != nil {
				t.Errorf("docs/features.md shows the cell %s: %v", cell, err)
			}
		}
	}
	if cells < 20 {
		t.Errorf("got %d cells, want at least 20: are they found?", cells)
	}
}

func TestEveryPathThatIsShownCanBeWritten(t *testing.T) {
	paths := 0
	for _, row := range rows(open(t, "docs/features.md").Section("### Paths")) {
		for _, path := range row[0] {
			paths++
			if _, err := jsonpath.Parse(path, ""); err != nil {
				t.Errorf("docs/features.md shows the path %s: %v", path, err)
			}
		}
	}
	if paths < 10 {
		t.Errorf("got %d paths, want at least 10: are they found?", paths)
	}
}

func TestEveryLengthOfTimeThatIsShownCanBeWritten(t *testing.T) {
	var errs []error
	for _, page := range []string{"docs/features.md", "docs/godog-yml.md"} {
		text := strings.Join(strings.Fields(strings.Join(open(t, page).Lines, " ")), " ")
		_, sentence, found := strings.Cut(text, "A length of time is written ")
		sentence, _, _ = strings.Cut(sentence, ". ")
		if !found {
			t.Errorf("%s does not say how a length of time is written", page)
		}
		for _, code := range codeSpan.FindAllString(sentence, -1) {
			_, err := span.Parse(strings.Trim(code, "`"))
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil || len(errs) < 8 {
		t.Errorf("got %d lengths of time and %v, want all that are shown to be ones", len(errs), err)
	}
}
