// Writing XML: encoding/xml takes several times as long, and writes a line break in a text as a reference.

package junit

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/harken-bdd/harken/support/report"
)

func property(b *bytes.Buffer, name, value string) {
	b.WriteString("      <property")
	attribute(b, "name", name)
	attribute(b, "value", report.Clip(value, messageLimit))
	b.WriteString("/>\n")
}

func attribute(b *bytes.Buffer, name, value string) {
	b.WriteString(" " + name + `="`)
	escape(b, value, true)
	b.WriteString(`"`)
}

func text(b *bytes.Buffer, value string) { escape(b, value, false) }

// escape writes a value so that it is read back as it is, but for what no XML 1.0 document may hold, which becomes
// U+FFFD. White space in an attribute is read back as spaces unless it is written as a reference.
func escape(b *bytes.Buffer, value string, attribute bool) {
	written := 0
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRuneInString(value[i:])
		if by := replacement(r, size, attribute); by != "" {
			b.WriteString(value[written:i])
			b.WriteString(by)
			written = i + size
		}
		i += size
	}
	b.WriteString(value[written:])
}

// replacement returns what stands for a character, or "" where it may stand for itself.
func replacement(r rune, size int, attribute bool) string {
	switch {
	case '?' <= r && r < utf8.RuneSelf: // letters, for the most part
		return ""
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r == '"' && attribute:
		return "&quot;"
	case r == '\r':
		return "&#13;"
	case r == '\n' || r == '\t':
		if attribute {
			return fmt.Sprintf("&#%d;", r)
		}
		return ""
	case r < ' ', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError && size == 1:
		return string(utf8.RuneError)
	default:
		return ""
	}
}
