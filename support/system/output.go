// What the system writes: kept in bounds, with times, and copied to a file.

package system

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	keptLines = 10_000
	keptBytes = 4 << 20
	longest   = 64 << 10 // a line that is longer is kept as several

	quotedLines = 20
	quotedBytes = 300 // of each line in an error
)

// Line is one line of a system's standard output or standard error, without its line end.
type Line struct {
	At   time.Time // when its end was received
	Text string
}

// output takes what the process writes to its standard output and standard error.
type output struct {
	file *os.File // nil where no copy is wanted
	line string   // what seen waits for; "" for nothing
	seen chan struct{}

	mu      sync.Mutex
	lines   []Line
	bytes   int    // of all kept lines
	rest    []byte // the line that has not ended yet
	found   bool   // seen is closed
	fileErr error  // the first one
}

// newOutput returns an output whose seen is closed once a line contains line.
func newOutput(path, line string) (*output, error) {
	o := &output{line: line, seen: make(chan struct{})}
	if path == "" {
		return o, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	o.file = file
	return o, nil
}

// Write takes all of data whatever happens to the copy: an error would break the pipe and so the system.
func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.file != nil && o.fileErr == nil {
		_, o.fileErr = o.file.Write(data)
	}
	now := time.Now()
	o.rest = append(o.rest, data...)
	for {
		end := bytes.IndexByte(o.rest, '\n')
		switch {
		case end >= 0:
			o.keep(now, o.rest[:end])
			o.rest = o.rest[end+1:]
		case len(o.rest) > longest:
			o.keep(now, o.rest)
			o.rest = nil
		default:
			return len(data), nil
		}
	}
}

// keep is called with o.mu held.
func (o *output) keep(at time.Time, text []byte) {
	for len(text) > longest {
		o.keep(at, text[:longest])
		text = text[longest:]
	}
	line := Line{At: at, Text: string(bytes.TrimSuffix(text, []byte("\r")))}
	o.lines = append(o.lines, line)
	o.bytes += len(line.Text)
	for len(o.lines) > keptLines || o.bytes > keptBytes {
		o.bytes -= len(o.lines[0].Text)
		o.lines[0] = Line{} // the array lives on until append moves it; the text need not
		o.lines = o.lines[1:]
	}
	if o.line != "" && !o.found && strings.Contains(line.Text, o.line) {
		o.found = true
		close(o.seen)
	}
}

// close keeps the line that never ended and closes the copy. Nothing is written afterwards.
func (o *output) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rest) > 0 {
		o.keep(time.Now(), o.rest)
		o.rest = nil
	}
	if o.file == nil {
		return nil
	}
	if err := o.file.Close(); o.fileErr == nil {
		o.fileErr = err
	}
	if o.fileErr != nil {
		return fmt.Errorf("log file: %w", o.fileErr)
	}
	return nil
}

func (o *output) between(from, to time.Time) []Line {
	o.mu.Lock()
	defer o.mu.Unlock()
	first, _ := slices.BinarySearchFunc(o.lines, from, func(l Line, t time.Time) int { return l.At.Compare(t) })
	end := first
	for end < len(o.lines) && !o.lines[end].At.After(to) {
		end++
	}
	return slices.Clone(o.lines[first:end])
}

func (o *output) tail(n int) []Line {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines[max(0, len(o.lines)-n):])
}

// quote returns the end of the output as it stands under an error.
func (o *output) quote() string {
	lines := o.tail(quotedLines)
	if len(lines) == 0 {
		return " (it wrote nothing)"
	}
	var b strings.Builder
	b.WriteString("; its last lines:")
	for _, line := range lines {
		text := line.Text
		if len(text) > quotedBytes {
			text = strings.ToValidUTF8(text[:quotedBytes], "") + "..."
		}
		b.WriteString("\n    " + text)
	}
	return b.String()
}
