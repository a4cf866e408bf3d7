// Suggestions: how a step that nobody has written could be.

package messages

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	messages "github.com/cucumber/messages/go/v21"
)

// suggest writes how an undefined step could be written in Go, below what the problem says beside that it is undefined:
// mostly the phrase that was meant.
func (w *writer) suggest(id string, step *messages.PickleStep, problem string) {
	var comment strings.Builder
	_, rest, _ := strings.Cut(problem, "\n")
	for line := range strings.Lines(rest) {
		comment.WriteString("// " + strings.TrimSpace(line) + "\n")
	}
	w.put(envelope{Suggestion: &suggestion{ID: id, PickleStepID: step.Id,
		Snippets: []snippet{{"go", comment.String() + code(step)}}}})
}

// values are what is probably an argument: a number, or what stands in quotes.
var values = regexp.MustCompile(`\b\d+\b|"[^"]*"`)

func code(step *messages.PickleStep) string {
	var pattern strings.Builder
	parameters := []string{"ctx context.Context"}
	rest := 0
	for _, at := range values.FindAllStringIndex(step.Text, -1) {
		pattern.WriteString(regexp.QuoteMeta(step.Text[rest:at[0]]))
		if step.Text[at[0]] == '"' {
			pattern.WriteString(`"([^"]*)"`)
			parameters = append(parameters, fmt.Sprintf("text%d string", len(parameters)))
		} else {
			pattern.WriteString(`(\d+)`)
			parameters = append(parameters, fmt.Sprintf("number%d int", len(parameters)))
		}
		rest = at[1]
	}
	pattern.WriteString(regexp.QuoteMeta(step.Text[rest:]))
	if step.Argument != nil && step.Argument.DataTable != nil {
		parameters = append(parameters, "table *godog.Table")
	} else if step.Argument != nil {
		parameters = append(parameters, "text *godog.DocString")
	}
	return fmt.Sprintf("sc.Step(%s, func(%s) error {\n\treturn godog.ErrPending\n})", quoted("^"+pattern.String()+"$"),
		strings.Join(parameters, ", "))
}

func quoted(s string) string {
	if strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}
