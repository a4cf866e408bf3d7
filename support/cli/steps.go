// harken steps: the phrases of the vocabulary, and those that the module adds.

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/vocabulary"
)

func stepsCommand(s *run.Suite) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "steps",
		Short:   "List the phrases that features are written in",
		Example: "  harken steps\n  harken steps --format markdown",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out, own := cmd.OutOrStdout(), added(s)
			switch format {
			case "text":
				return own.text(out, s.Vocabulary.Text(out))
			case "markdown":
				return own.markdown(out, s.Vocabulary.Markdown(out))
			case "json":
				return own.json(out, s.Vocabulary.Phrases)
			}
			return fmt.Errorf("--format %q: have text, markdown and json", format)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, markdown or json")
	return cmd
}

// addedPhrase is one that the module adds. No more is known of it than what it was registered with.
type addedPhrase struct {
	Keyword string `json:"keyword,omitempty"` // Given, When or Then, where it is for such steps only
	Pattern string `json:"pattern"`           // a regular expression
	Source  string `json:"source"`            // FILE:LINE of its function, behind the path of its package
}

// addedPhrases take part in the registration of a suite's own phrases.
type addedPhrases []addedPhrase

func added(s *run.Suite) (all addedPhrases) {
	if s.Steps != nil {
		s.Steps(&all)
	}
	return all
}

func (all *addedPhrases) add(keyword string, pattern, function any) {
	file, line := plan.Place(function)
	*all = append(*all, addedPhrase{keyword, fmt.Sprint(pattern), fmt.Sprintf("%s:%d", file, line)})
}

func (all *addedPhrases) Step(pattern, function any)  { all.add("", pattern, function) }
func (all *addedPhrases) Given(pattern, function any) { all.add("Given", pattern, function) }
func (all *addedPhrases) When(pattern, function any)  { all.add("When", pattern, function) }
func (all *addedPhrases) Then(pattern, function any)  { all.add("Then", pattern, function) }

// text writes the phrases behind the vocabulary, unless that could not be written.
func (all addedPhrases) text(out io.Writer, err error) error {
	if err != nil || len(all) == 0 {
		return err
	}
	var b strings.Builder
	b.WriteString("\nof this module:\n")
	for _, p := range all {
		fmt.Fprintf(&b, "\n%s\n    %s\n", strings.TrimSpace(p.Keyword+" "+p.Pattern), p.Source)
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// markdown does the same as a table.
func (all addedPhrases) markdown(out io.Writer, err error) error {
	if err != nil || len(all) == 0 {
		return err
	}
	var b strings.Builder
	b.WriteString("\n| of this module | in |\n|---|---|\n")
	for _, p := range all {
		phrase := strings.TrimSpace(p.Keyword + " " + p.Pattern)
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", strings.ReplaceAll(phrase, "|", `\|`), p.Source)
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// json writes one list of both.
func (all addedPhrases) json(out io.Writer, phrases []vocabulary.Phrase) error {
	list := make([]any, 0, len(phrases)+len(all))
	for _, p := range phrases {
		list = append(list, p)
	}
	for _, p := range all {
		list = append(list, p)
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(list)
}
