// The vocabulary as text, for a terminal and for the README.

package steps

import (
	"fmt"
	"io"
	"strings"
)

// Text writes each phrase with its sentence and its example.
func Text(out io.Writer) error {
	var b strings.Builder
	for i, p := range Phrases() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n    %s\n\n%s\n", p.Text, p.Means, indented(p.Example))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Markdown writes the phrases as README shows them.
func Markdown(out io.Writer) error {
	var b strings.Builder
	b.WriteString("| phrase | meaning |\n|---|---|\n")
	for _, p := range Phrases() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(p.Text, "|", `\|`), strings.ReplaceAll(p.Means, "|", `\|`))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}
