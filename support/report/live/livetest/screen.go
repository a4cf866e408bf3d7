// Package livetest shows what a terminal makes of what is written to it: as much of one as Harken makes use of, and
// what it does not know is told. It promises nothing to other modules.
package livetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/harken-bdd/harken/support/report/columns"
)

// Screen is a terminal. It is safe for concurrent use.
type Screen struct {
	mu          sync.Mutex
	wide, high  int
	lines       []line // those that have scrolled away come first
	row, column int
	unknown     []string
	pending     []byte // the beginning of something
}

// line is one line of the screen.
type line struct {
	cells []string // a wide letter has two, of which the second is empty
	full  bool     // what did not go into it is on the next one
}

// New returns an empty terminal of so many columns and rows.
func New(columns, rows int) *Screen {
	return &Screen{wide: columns, high: rows, lines: make([]line, 1)}
}

// Size returns how many columns and rows it has.
func (s *Screen) Size() (columns, rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wide, s.high
}

// Lines returns all lines from the first that has scrolled away to the last, without the spaces at their ends.
func (s *Screen) Lines() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		all = append(all, strings.TrimRight(strings.Join(l.cells, ""), " "))
	}
	return all
}

// Cursor returns where the cursor is: the line, by its place among all, and the column.
func (s *Screen) Cursor() (row, column int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.row, s.column
}

// Unknown returns what was written that a terminal may understand, and this one does not.
func (s *Screen) Unknown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unknown
}

// Write takes in what a process writes.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, p...)
	for len(s.pending) > 0 {
		n := s.take(s.pending)
		if n == 0 {
			break
		}
		s.pending = s.pending[n:]
	}
	return len(p), nil
}

// take takes in a letter or an escape sequence, and returns its length: 0 if it has not come to its end.
func (s *Screen) take(text []byte) int {
	if text[0] == '\x1b' {
		for i, b := range text {
			if i > 1 && b >= '@' && b <= '~' {
				s.obey(string(text[1:i]), b)
				return i + 1
			}
		}
		return 0
	}
	if !utf8.FullRune(text) {
		return 0
	}
	r, n := utf8.DecodeRune(text)
	switch {
	case r == '\r':
		s.column = 0
	case r == '\n':
		s.column = 0 // as the driver of a terminal has it
		s.down()
	case r < ' ':
		s.unknown = append(s.unknown, fmt.Sprintf("%q", r))
	default:
		s.put(string(r), columns.Width(string(r)))
	}
	return n
}

func (s *Screen) put(letter string, width int) {
	if s.column+width > s.wide {
		s.lines[s.row].full = true
		s.column = 0
		s.down()
	}
	l := &s.lines[s.row]
	for len(l.cells) < s.column+width {
		l.cells = append(l.cells, " ")
	}
	if width == 0 && s.column > 0 {
		l.cells[s.column-1] += letter
		return
	}
	for i := range width {
		l.cells[s.column+i] = ""
	}
	l.cells[s.column] = letter
	s.column += width
}

func (s *Screen) down() {
	if s.row++; s.row == len(s.lines) {
		s.lines = append(s.lines, line{})
	}
}

// obey does what an escape sequence asks for: upwards, rub out all that follows, colours.
func (s *Screen) obey(sequence string, command byte) {
	n, err := strconv.Atoi(strings.TrimPrefix(sequence, "["))
	switch {
	case command == 'A' && err == nil && n > 0:
		s.row = max(s.row-n, len(s.lines)-s.high, 0)
	case command == 'J' && sequence == "[":
		s.lines = s.lines[:s.row+1]
		l := &s.lines[s.row]
		*l = line{cells: l.cells[:min(s.column, len(l.cells))]}
	case command == 'm' && err == nil:
	default:
		s.unknown = append(s.unknown, fmt.Sprintf("%q", "\x1b"+sequence+string(command)))
	}
}

// Resize makes it wider or narrower, and breaks its lines anew. The cursor stays at the beginning of its line, where it
// must be.
func (s *Screen) Resize(wide int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, row, at := s.lines, s.row, 0
	s.wide, s.lines, s.row, s.column = wide, make([]line, 1), 0, 0
	for i, l := range old {
		if i == row {
			at = s.row
		}
		for _, letter := range l.cells {
			if letter != "" {
				s.put(letter, columns.Width(letter))
			}
		}
		if !l.full && i < len(old)-1 {
			s.column = 0
			s.down()
		}
	}
	s.row, s.column = at, 0
}
