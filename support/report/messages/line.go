// Lines: how the messages are written of which a run has hundreds of thousands. Package encoding/json takes twice as
// long for them, and it writes all others.

package messages

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// line is JSON in the making. Behind each member and each object stands a comma, the last of which its end takes away.
type line []byte

// open begins an object or, with '[', a list; name is "" within a list and at the beginning.
func (l *line) open(name string, bracket byte) {
	if name != "" {
		l.name(name)
	}
	*l = append(*l, bracket)
}

// end ends what was opened with the other bracket.
func (l *line) end(bracket byte) {
	if last := len(*l) - 1; (*l)[last] == ',' {
		*l = (*l)[:last]
	}
	*l = append(*l, bracket, ',')
}

// name begins a member. No name has a letter in it that needs to be escaped.
func (l *line) name(name string) {
	*l = append(*l, '"')
	*l = append(*l, name...)
	*l = append(*l, '"', ':')
}

func (l *line) text(name, value string) {
	l.name(name)
	l.string(value)
}

// some writes a text unless it is empty.
func (l *line) some(name, value string) {
	if value != "" {
		l.text(name, value)
	}
}

func (l *line) number(name string, n int64) {
	l.name(name)
	*l = append(strconv.AppendInt(*l, n, 10), ',')
}

func (l *line) flag(name string, b bool) {
	l.name(name)
	*l = append(strconv.AppendBool(*l, b), ',')
}

func (l *line) time(name string, t time.Time) { l.seconds(name, t.Unix(), int64(t.Nanosecond())) }

func (l *line) duration(name string, d time.Duration) {
	l.seconds(name, int64(d/time.Second), int64(d%time.Second))
}

func (l *line) seconds(name string, seconds, nanos int64) {
	l.open(name, '{')
	l.number("seconds", seconds)
	l.number("nanos", nanos)
	l.end('}')
}

// string writes a string. What is no text in it becomes the replacement character.
func (l *line) string(s string) {
	const hex = "0123456789abcdef"
	b := append(*l, '"')
	rest := 0 // what lies before it is written
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[rest:i]...), "\ufffd"...)
				rest = i + size
			}
			i += size
			continue
		}
		if c < ' ' || c == '"' || c == '\\' || c == 0x7f {
			b = append(b, s[rest:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			rest = i + 1
		}
		i++
	}
	*l = append(append(b, s[rest:]...), '"', ',')
}
