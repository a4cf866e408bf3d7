// Terminals to run harken on.
package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/harken-bdd/harken/support/report/columns"
)

// patience bounds how long is waited for what a terminal is to show.
const patience = 30 * time.Second

// terminal is a pseudo terminal, and what has been written to it so far.
type terminal struct {
	tty    *os.File // the process's end
	master *os.File

	mu   sync.Mutex
	said string
	more chan struct{} // closed when more has been said
	over chan struct{} // closed when nobody has the other end any more
}

func newTerminal(t *testing.T, columns, rows uint16) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: columns, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	s := &terminal{tty: tty, master: master, more: make(chan struct{}), over: make(chan struct{})}
	go s.listen()
	t.Cleanup(func() {
		master.Close()
		<-s.over
	})
	return s
}

// listen reads until nobody can write any more.
func (s *terminal) listen() {
	defer close(s.over)
	buffer := make([]byte, 4096)
	for {
		n, err := s.master.Read(buffer)
		s.mu.Lock()
		s.said += string(buffer[:n])
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// start starts a process, which has the terminal's other end for itself then. Control makes it the one that is typed to.
func (s *terminal) start(t *testing.T, cmd *exec.Cmd, control bool) {
	t.Helper()
	cmd.Env = append(cmd.Environ(), "TERM=xterm", "CI=", "NO_COLOR=")
	if control {
		cmd.Stdin = s.tty
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	}
	if err := errors.Join(cmd.Start(), s.tty.Close()); err != nil {
		t.Fatal(err)
	}
}

// until returns what has been said once it has a text.
func (s *terminal) until(t *testing.T, text string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		said, more := s.said, s.more
		s.mu.Unlock()
		if strings.Contains(said, text) {
			return said
		}
		select {
		case <-more:
		case <-s.over:
			t.Fatalf("it never said %q:\n%s", text, said)
		case <-timeout:
			t.Fatalf("it has not said %q after %s:\n%s", text, patience, said)
		}
	}
}

// all returns what was said, once nothing more can be.
func (s *terminal) all() string {
	<-s.over
	return s.said
}

// screen shows what a terminal of so many columns and rows makes of what is written to it, and what scrolled away above.
type screen struct {
	columns, rows int
	lines         [][]string // a letter a cell, of a wide one the second is empty
	row, column   int
	unknown       []string // escape sequences that it does not know
}

func newScreen(columns, rows int) *screen {
	return &screen{columns: columns, rows: rows, lines: make([][]string, 1)}
}

func (s *screen) String() string {
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(strings.TrimRight(strings.Join(line, ""), " ") + "\n")
	}
	return b.String()
}

// write takes in what a process has written.
func (s *screen) write(text string) {
	for text != "" {
		if sequence, ok := strings.CutPrefix(text, "\x1b["); ok {
			end := strings.IndexFunc(sequence, func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				s.unknown = append(s.unknown, text)
				return
			}
			s.obey(sequence[:end], sequence[end])
			text = sequence[end+1:]
			continue
		}
		r := []rune(text[:min(len(text), 4)])[0]
		text = text[len(string(r)):]
		switch {
		case r == '\r':
			s.column = 0
		case r == '\n':
			s.down()
		case r < ' ':
			s.unknown = append(s.unknown, string(r))
		default:
			s.put(string(r), columns.Width(string(r)))
		}
	}
}

func (s *screen) put(letter string, width int) {
	if s.column+width > s.columns {
		s.column = 0
		s.down()
	}
	line := s.lines[s.row]
	for len(line) < s.column+width {
		line = append(line, " ")
	}
	if width == 0 {
		line[max(s.column-1, 0)] += letter
	}
	for i := range width {
		line[s.column+i] = ""
	}
	if width > 0 {
		line[s.column] = letter
	}
	s.lines[s.row] = line
	s.column += width
}

func (s *screen) down() {
	if s.row++; s.row == len(s.lines) {
		s.lines = append(s.lines, nil)
	}
}

// obey does what an escape sequence asks for.
func (s *screen) obey(parameter string, command byte) {
	n := 0
	for _, digit := range parameter {
		n = 10*n + int(digit-'0')
	}
	switch {
	case command == 'A': // up, within what is on the screen
		s.row = max(s.row-max(n, 1), len(s.lines)-s.rows, 0)
	case command == 'J' && parameter == "": // rub out what follows
		s.lines = s.lines[:s.row+1]
		s.lines[s.row] = s.lines[s.row][:min(s.column, len(s.lines[s.row]))]
	case command == 'm': // colours
	default:
		s.unknown = append(s.unknown, "\x1b["+parameter+string(command))
	}
}
