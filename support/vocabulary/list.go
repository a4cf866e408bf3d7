// A vocabulary as text, for a terminal and for docs/features.md.

package vocabulary

import (
	"fmt"
	"io"
	"strings"
)

// Text writes each phrase with its sentence and its example.
func (v Vocabulary) Text(out io.Writer) error {
	var b strings.Builder
	for i, p := range v.Phrases {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n    %s\n\n%s\n", p.Text, p.Means, indented(p.Example))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Markdown writes the phrases as docs/features.md shows them.
func (v Vocabulary) Markdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString("| phrase | meaning |\n|---|---|\n")
	for _, p := range v.Phrases {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(p.Text, "|", `\|`), strings.ReplaceAll(p.Means, "|", `\|`))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}
