// Package columns fits lines of text into the columns of a terminal. It promises nothing to other modules.
//
// A terminal shows a letter in one column, a wide one (Chinese, most emoji) in two, and a combining one in none; they
// do not agree on letters that are joined into one sign. Those are counted one by one here, so that a line may turn out
// narrower than it is said to be and never wider. Colours (escape sequences that end in m) take no room.
package columns

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// least is how many columns there must be for a text to be wrapped: in fewer it would only be longer to scroll through.
const least = 20

// emoji follows a letter that is to be shown as a picture, which may be wider than the letter.
const emoji = '\ufe0f'

// Visible replaces what would steer a terminal, or turn round the order of letters, by what shows that it was there.
// Ends of lines stay.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Width returns how many columns a line takes at most.
func Width(line string) (n int) {
	var m measure
	for _, r := range line {
		n += m.of(r)
	}
	return n
}

// measure measures letters one after the other.
type measure struct{ escaped bool }

func (m *measure) of(r rune) int {
	switch {
	case m.escaped:
		m.escaped = r != 'm'
		return 0
	case r == '\x1b':
		m.escaped = true
		return 0
	case r >= ' ' && r < 0x7f:
		return 1
	case r == emoji:
		return 1
	case unicode.IsControl(r), unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	if kind := width.LookupRune(r).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// Cut returns a line that takes no more than so many columns: the beginning of one that is too long, with an ellipsis
// in place of its end. The line has no colours.
func Cut(line string, columns int) string {
	if len(line) <= columns {
		return line
	}
	if columns <= 0 {
		return ""
	}
	var m measure
	taken, end := 0, 0 // end is where the line is cut if it turns out to be too long
	for i, r := range line {
		if taken < columns {
			end = i
		}
		if taken += m.of(r); taken > columns {
			return line[:end] + "…"
		}
	}
	return line
}

// Wrap breaks a line into several of no more than so many columns, between words where that can be. All but the first
// begin with the indent. In too few columns the line stays as it is.
func Wrap(line string, columns int, indent string) string {
	if columns-len(indent) < least || len(line) <= columns {
		return line
	}
	var b strings.Builder
	for room := columns; ; room = columns - len(indent) {
		end := fits(line, room, columns-len(indent))
		b.WriteString(strings.TrimRight(line[:end], " "))
		line = strings.TrimLeft(line[end:], " ")
		if line == "" {
			return b.String()
		}
		b.WriteString("\n" + indent)
	}
}

// fits returns how many bytes of a line go into so many columns. A word that does not is left for the next line, unless
// it would be too long for that one too.
func fits(line string, columns, next int) int {
	var m measure
	taken, space := 0, -1
	for i, r := range line {
		if r == ' ' && strings.TrimLeft(line[:i], " ") != "" && line[i-1] != ' ' {
			space = i
		}
		w := m.of(r)
		if taken+w > columns {
			if space < 0 || space < i && tooLong(line[space:], next) {
				return i
			}
			return space
		}
		taken += w
	}
	return len(line)
}

// tooLong says whether the first word of a text takes more than so many columns.
func tooLong(text string, columns int) bool {
	var m measure
	for _, r := range strings.TrimLeft(text, " ") {
		if columns -= m.of(r); r == ' ' || columns < 0 {
			return r != ' '
		}
	}
	return false
}
