// Package live shows at the bottom of a terminal what a run is waiting for, while its results scroll by above. It
// promises nothing to other modules.
//
// The lines shown are rubbed out before anything else is written and drawn again below it, in one go under one lock:
// what scenarios have to say is never mixed with them. They end with the cursor at the beginning of the line below,
// which is where it belongs should the process be killed, and the cursor is never hidden.
package live

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/harken-bdd/harken/support/report/columns"
)

// Display is some lines at the bottom of a terminal. It is safe for concurrent use.
type Display struct {
	terminal io.Writer
	size     func() (columns, rows int)

	mu      sync.Mutex
	lines   []string // that are to be shown, as they were cut
	drawn   []string // that are on the terminal
	midline bool     // what was written last has not ended its line
}

// New returns a display that shows nothing. size tells how large the terminal is, and is asked before each drawing;
// what does not go into it is not drawn.
func New(terminal io.Writer, size func() (columns, rows int)) *Display {
	return &Display{terminal: terminal, size: size}
}

// Size returns how many columns and lines the display has.
func (d *Display) Size() (columns, lines int) {
	columns, rows := d.size()
	// A terminal that wraps as soon as a line is full is not given a full one, and half of it is left to the results.
	return max(columns-1, 0), rows / 2
}

// Show shows lines in place of those shown before; none rubs them out.
func (d *Display) Show(lines ...string) {
	width, most := d.Size()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = nil
	for _, line := range lines[:min(len(lines), most)] {
		d.lines = append(d.lines, columns.Cut(line, width))
	}
	// What cannot be drawn is missed by nobody: the results do not depend on it.
	_, _ = io.WriteString(d.terminal, d.rub()+d.draw())
}

// Above returns a writer whose output scrolls by above the lines shown, be it on the same terminal or elsewhere.
func (d *Display) Above(out io.Writer) io.Writer { return &above{d, out} }

type above struct {
	*Display
	out io.Writer
}

func (w *above) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.drawn) > 0 {
		_, _ = io.WriteString(w.terminal, w.rub())
	}
	n, err := w.out.Write(p)
	if len(p) > 0 {
		w.midline = !bytes.HasSuffix(p, []byte("\n"))
	}
	if !w.midline && len(w.lines) > 0 {
		_, _ = io.WriteString(w.terminal, w.draw())
	}
	return n, err
}

// rub returns what takes the lines off the terminal, also where it has been made narrower since and has broken them.
func (d *Display) rub() string {
	if len(d.drawn) == 0 {
		return ""
	}
	width, _ := d.size()
	rows := 0
	for _, line := range d.drawn {
		rows += max((columns.Width(line)+width-1)/max(width, 1), 1)
	}
	d.drawn = nil
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", rows)
}

// draw returns what puts the lines onto the terminal.
func (d *Display) draw() string {
	if d.midline || len(d.lines) == 0 {
		return ""
	}
	d.drawn = d.lines
	return strings.Join(d.lines, "\n") + "\n"
}
