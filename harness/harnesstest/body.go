// Which bodies go through an address, and whether one that was captured is the one that was sent.

package harnesstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// levels is how deep JSON is nested that must go through: services that read it have limits (DynamoDB: 32).
func (r *room) levels() int {
	if r.JSON {
		return 30
	}
	return deep
}

type body struct {
	what  string
	bytes []byte
}

// carry sends bodies one after the other, and returns an error unless each that can go through was captured whole, and
// of each that cannot somebody was told.
func (r *room) carry(ctx context.Context, bodies []body) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	through := 0
	for _, b := range bodies {
		e := r.event()
		e.Headers, e.Body = nil, b.bytes
		if !r.takes(b.bytes) {
			if r.Send != nil {
				continue // it is the producer that refuses
			}
			if refused, err := isTold(ctx, r, l, e); err != nil || !refused {
				return wrap(b.what, err)
			}
			continue
		}
		if err := r.send(ctx, e); err != nil {
			return wrap(b.what, err)
		}
		got, err := l.nth(ctx, through)
		if err != nil {
			return wrap(b.what, err)
		}
		if through++; !r.same(got.Body, b.bytes) {
			return fmt.Errorf("%s: %d bytes were sent, %d others were captured", b.what, len(b.bytes), len(got.Body))
		}
	}
	return nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// takes says whether a body can go through here.
func (r *room) takes(body []byte) bool {
	switch {
	case r.JSON:
		var fields map[string]any
		return json.Unmarshal(body, &fields) == nil && fields != nil
	case r.Text:
		return len(body) > 0 && utf8.Valid(body) && !bytes.ContainsFunc(body, isNoXML)
	default:
		return true
	}
}

// isNoXML holds for characters that XML 1.0 does not have, with which the older services of AWS are spoken to.
func isNoXML(c rune) bool {
	switch c {
	case '\t', '\n', '\r':
		return false
	default:
		return c < ' ' || c == 0xFFFE || c == 0xFFFF
	}
}

// same says whether a captured body is the one that was sent.
func (r *room) same(got, sent []byte) bool {
	if !r.JSON {
		return bytes.Equal(got, sent)
	}
	var a, b any
	return json.Unmarshal(got, &a) == nil && json.Unmarshal(sent, &b) == nil && reflect.DeepEqual(a, b)
}

// filled returns a body of n bytes that can go through.
func (r *room) filled(n int) []byte {
	switch {
	case r.JSON:
		const before, after = `{"x":"`, `"}`
		return []byte(before + string(bytes.Repeat([]byte("x"), n-len(before)-len(after))) + after)
	case r.Text:
		return bytes.Repeat([]byte("x"), n)
	default:
		return bytes.Repeat(everyByte(), n/256+1)[:n]
	}
}

func everyByte() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}
