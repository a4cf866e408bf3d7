// Making foreign texts harmless in what GitHub shows.

package github

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// visible replaces what would be hidden, or turn round the order of letters, by what shows that it was there.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Harmless returns a writer that passes whole lines on to out, in none of which GitHub finds a command: what was
// captured, or logged by the system under test, is not to speak to it.
func Harmless(out io.Writer) io.Writer { return harmless{out} }

type harmless struct{ to io.Writer }

// GitHub takes for a command what begins with "::", be it behind white space, and the older "##[" wherever it stands in
// a line.
var (
	command = regexp.MustCompile(`((?:^|[\r\n])[\s\v\x{85}\p{Z}]*:):`)
	older   = []byte("##[")
)

func (h harmless) Write(p []byte) (int, error) {
	if _, err := h.to.Write(withoutCommands(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// HarmlessText returns a text of whole lines in none of which GitHub finds a command.
func HarmlessText(text string) string { return string(withoutCommands([]byte(text))) }

func withoutCommands(lines []byte) []byte {
	return bytes.ReplaceAll(command.ReplaceAll(lines, []byte("$1 :")), older, []byte("## ["))
}

// oneLine is a text in one line.
func oneLine(text string) string { return visible(strings.Join(strings.Fields(text), " ")) }

// markdown writes a text in one line so that Markdown, a table and HTML leave it as it is.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range oneLine(text) {
		switch {
		case strings.ContainsRune("<>&", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_[]|~#$", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fenced writes a text as it stands, between fences that are longer than any in it.
func fenced(text string) string {
	longest, run := 2, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	return fence + "text\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}
