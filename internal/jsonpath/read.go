// Reading bodies: what may stand around JSON, and what is wrong with a body that is none.

package jsonpath

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/header"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// maxUnpacked bounds what a compressed body is unpacked to, in bytes: far above what any transport carries, and far
// below what a runner has.
const maxUnpacked = 256 << 20

// ByteOrderMark may stand before JSON in UTF-8, and says nothing.
const ByteOrderMark = "\ufeff"

// Plain returns the body as text: unpacked, where the header content-encoding says gzip and the body is; else as it
// crossed the edge, and so too where it cannot be unpacked. It must not be changed.
func (d *Doc) Plain() []byte {
	plain, _ := d.unpacked()
	return plain
}

// unpacked returns the body as Plain does, and why it cannot be unpacked.
func (d *Doc) unpacked() ([]byte, error) {
	if !d.gzipped() {
		return d.Body, nil
	}
	r := d.more()
	r.unpack.Do(func() {
		if r.plain, r.packed = gunzip(d.Body); r.packed != nil {
			r.plain = d.Body
		}
	})
	return r.plain, r.packed
}

// gzipped goes by the header and by how gzip begins: some clients unpack a body and leave the header as it was.
func (d *Doc) gzipped() bool {
	if !bytes.HasPrefix(d.Body, []byte("\x1f\x8b")) {
		return false
	}
	coding := header.Values(d.Headers, "content-encoding")
	return len(coding) == 1 && strings.EqualFold(strings.TrimSpace(coding[0]), "gzip")
}

func gunzip(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if len(plain) > maxUnpacked {
		return nil, fmt.Errorf("it has more than %d MB", maxUnpacked>>20)
	}
	return plain, err
}

// UnreadableError says why a body, or a text in it, is not JSON, or why an event is no CloudEvent.
type UnreadableError struct {
	What  string // "the body", or "the text", or "the event"
	Why   string
	Named bool   // it is one of the mistakes that systems are known for, and not just any text
	form  string // what it should be, where that is not JSON
	cause error
}

func (e *UnreadableError) Error() string { return e.What + " is not " + e.Wanted() + ": " + e.Why }

// Wanted returns what it should be.
func (e *UnreadableError) Wanted() string { return cmp.Or(e.form, "JSON") }

func (e *UnreadableError) Unwrap() error { return e.cause }

// ErrEmpty is the cause where there is nothing to be read.
var ErrEmpty = errors.New("it is empty")

// JSON returns the decoded body, with numbers as json.Number; it must not be changed. A byte order mark before it is
// passed over. A body that is not exactly one JSON value, or is nested more than 10,000 levels deep, is an
// *UnreadableError.
func (d *Doc) JSON() (any, error) {
	d.decode.Do(func() {
		if d.Broken != nil {
			d.err = d.notCloudEvent()
			return
		}
		plain, err := d.unpacked()
		if err != nil {
			why := fmt.Sprintf("it cannot be unpacked as its header content-encoding says: %v", err)
			d.err = &UnreadableError{What: "the body", Why: why, Named: true, cause: err}
			return
		}
		d.json, d.err = read("the body", bytes.TrimPrefix(plain, []byte(ByteOrderMark)))
	})
	return d.json, d.err
}

// notCloudEvent says why d, which should be a CloudEvent, cannot be read.
func (d *Doc) notCloudEvent() error {
	return &UnreadableError{What: "the event", Why: d.Broken.Error(), Named: true, form: "a CloudEvent", cause: d.Broken}
}

// Twice returns the way to the first field of the body that its object has had before, by the names of fields and the
// indexes of items; nil where there is none, and where the body is no JSON. JSON does not say which counts, and
// decoders take the last.
func (d *Doc) Twice() (pointer []string) {
	text := bytes.TrimPrefix(d.Plain(), []byte(ByteOrderMark))
	if !json.Valid(text) { // to decode it would leave it decoded, which costs more than the text
		return nil
	}
	return jsontext.Twice(text)
}

// read decodes a body or a text in it, and says what is wrong with one that is no JSON.
func read(what string, body []byte) (any, error) {
	v, err := Decode(body)
	if err == nil {
		return v, nil
	}
	unreadable := &UnreadableError{What: what, Why: err.Error(), cause: err}
	if named := wrong(body, err); named != "" {
		unreadable.Why, unreadable.Named = named, true
	}
	return nil, unreadable
}

var errFollowed = errors.New("something follows the first value")

// Decode returns the one JSON value that text is, with numbers as json.Number. encoding/json bounds how deep it is
// nested.
func Decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
		return nil, ErrEmpty
	} else if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errFollowed
	}
	return v, nil
}

// wrong names what systems are known to write in place of JSON, or "".
func wrong(body []byte, err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		rest := body[min(max(syntax.Offset-1, 0), int64(len(body))):]
		for _, no := range []string{"NaN", "Infinity"} {
			// The decoder stops at the first letter of -Infinity that is no number.
			if bytes.HasPrefix(rest, []byte(no)) {
				return fmt.Sprintf("line %d has %s, which JSON does not know", line(body, len(body)-len(rest)), no)
			}
		}
		if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
			return "it is packed by gzip, and no header content-encoding says so"
		}
		marked := bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff"))
		if marked || bytes.IndexByte(body, 0) == 1 {
			return "it is in UTF-16, and JSON is in UTF-8"
		}
		if !utf8.Valid(body) {
			return "it is no text"
		}
	case errors.Is(err, errFollowed):
		if n := documents(body); n > 1 {
			return fmt.Sprintf("it holds %d JSON documents, one behind the other", n)
		}
	}
	return ""
}

func line(text []byte, at int) int { return 1 + bytes.Count(text[:at], []byte("\n")) }

// documents counts JSON values that follow each other, 0 where something else is among them.
func documents(body []byte) (n int) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	for {
		var one json.RawMessage
		switch err := decoder.Decode(&one); {
		case errors.Is(err, io.EOF):
			return n
		case err != nil:
			return 0
		}
		n++
	}
}
