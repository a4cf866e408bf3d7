// The format of server-sent events, as the HTML standard has it (section 9.2.6).

package http

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// message is one event of a stream.
type message struct {
	kind  string // "" for "message"
	id    string
	named bool // it has an id of its own
	data  []byte
	large bool // it had more bytes than may be, and these are gone
}

// decoder reads messages from a stream.
type decoder struct {
	from    *bufio.Reader
	largest int64

	last     string        // the id to go on behind
	retry    time.Duration // how long to wait before a connection is made again, once the server has said so
	received func()        // is told whenever all that has come so far is whole

	begun bool
	lf    bool   // a line has ended in CR, so that an LF behind it ends none
	room  []byte // of the last line
}

func newDecoder(from io.Reader, largest int64, received func()) *decoder {
	return &decoder{from: bufio.NewReader(from), largest: largest, received: received}
}

// next returns the next message. One that the end of the stream cuts off is none.
func (d *decoder) next() (message, error) {
	var m message
	filled, begun := false, false // a message without a line of data is none
	pending := d.last
	for {
		line, large, err := d.line()
		if err != nil {
			return message{}, err
		}
		if large {
			m.large, filled, begun = true, true, true
			continue
		}
		if len(line) == 0 {
			d.received()
			d.last = pending
			if filled {
				m.data = bytes.TrimSuffix(m.data, []byte("\n"))
				return m, nil
			}
			m, filled, begun = message{}, false, false
			continue
		}
		if line[0] == ':' {
			if !begun {
				d.received()
			}
			continue
		}
		begun = true
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			m.kind = string(value)
		case "data":
			filled = true
			if int64(len(m.data)+len(value)) > d.largest {
				m.large, m.data = true, nil
			}
			if !m.large {
				m.data = append(append(m.data, value...), '\n')
			}
		case "id":
			if !bytes.ContainsRune(value, 0) {
				pending, m.id, m.named = string(value), string(value), true
			}
		case "retry":
			if ms, err := strconv.ParseInt(string(value), 10, 32); err == nil && ms >= 0 && !strings.HasPrefix(string(value), "+") {
				d.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

// line returns a line without its end: LF, CR, or both. It lasts until the next one is read. A line that is longer than
// may be is read over.
func (d *decoder) line() (line []byte, large bool, err error) {
	line = d.room[:0]
	for {
		c, err := d.from.ReadByte()
		if err != nil {
			return nil, false, err
		}
		after := d.lf
		d.lf = false
		switch {
		case c == '\n' && after:
			continue
		case c == '\n' || c == '\r':
			d.lf, d.room = c == '\r', line
			if !d.begun {
				d.begun, line = true, bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			return line, large, nil
		case !large:
			line = d.rest(append(line, c))
			if large = int64(len(line)) > d.largest+int64(len("data: ")); large {
				line = nil
			}
		}
	}
}

// rest appends what has come of a line.
func (d *decoder) rest(line []byte) []byte {
	come, _ := d.from.Peek(d.from.Buffered()) // as many as there are
	if end := bytes.IndexAny(come, "\r\n"); end >= 0 {
		come = come[:end]
	}
	line = append(line, come...)
	_, _ = d.from.Discard(len(come)) // likewise
	return line
}

// errEnded is why a connection is made again that the server has ended.
var errEnded = errors.New("the server ended the stream")
