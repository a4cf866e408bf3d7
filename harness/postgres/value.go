// Values as the server writes them, and as JSON.

package postgres

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// The types whose values are not written as text in JSON.
const (
	typeBool        = 16
	typeInt8        = 20
	typeInt2        = 21
	typeInt4        = 23
	typeOID         = 26
	typeJSON        = 114
	typeFloat4      = 700
	typeFloat8      = 701
	typeTimestamp   = 1114
	typeTimestampTZ = 1184
	typeNumeric     = 1700
	typeJSONB       = 3802
)

// kind is what a type comes down to.
type kind struct {
	base      uint32 // of a domain; else the type itself
	element   uint32 // of an array; else 0
	delimiter byte   // between the elements of an array
}

// kinds are types by their OIDs. One that is not there is text.
type kinds map[uint32]kind

// kindsOf asks for the types of a table's columns, and for all that they are made of.
func kindsOf(ctx context.Context, s *session, table string) (kinds, error) {
	answer, err := s.ask(ctx, `
WITH RECURSIVE used(oid) AS (
	SELECT atttypid FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
	UNION
	SELECT CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.typelem END
	FROM used JOIN pg_type y USING (oid) WHERE y.typtype = 'd' OR y.typcategory = 'A' AND y.typelem <> 0
)
SELECT y.oid, CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END,
	CASE WHEN y.typtype <> 'd' AND y.typcategory = 'A' THEN y.typelem ELSE 0 END,
	coalesce((SELECT typdelim FROM pg_type e WHERE e.oid = y.typelem), ',')
FROM used JOIN pg_type y USING (oid)`, table)
	if err != nil {
		return nil, fmt.Errorf("types: %w", err)
	}
	all := make(kinds)
	for i := range answer.Rows {
		all[oid(answer.text(i, 0))] = kind{oid(answer.text(i, 1)), oid(answer.text(i, 2)), answer.text(i, 3)[0]}
	}
	return all, nil
}

// oid reads a number that the server wrote.
func oid(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// knows says whether a type was asked for. Those below 10,000 are the server's own, and the same everywhere.
func (k kinds) knows(of uint32) bool {
	const serversOwn = 10_000
	_, ok := k[of]
	return ok || of < serversOwn
}

// json appends a value, nil for NULL.
func (k kinds) json(to []byte, of uint32, text []byte) ([]byte, error) {
	if text == nil {
		return append(to, "null"...), nil
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("a value is not UTF-8")
	}
	for k[of].base != of && k[of].base != 0 {
		of = k[of].base
	}
	if element := k[of].element; element != 0 {
		return k.array(to, element, k[of].delimiter, text)
	}
	switch of {
	case typeBool:
		return strconv.AppendBool(to, text[0] == 't'), nil
	case typeInt2, typeInt4, typeInt8, typeOID:
		return append(to, text...), nil
	case typeFloat4, typeFloat8, typeNumeric:
		if last := text[len(text)-1]; last >= '0' && last <= '9' { // else it is NaN or Infinity
			return append(to, text...), nil
		}
	case typeJSON, typeJSONB:
		return append(to, text...), nil
	case typeTimestamp, typeTimestampTZ:
		return jsontext.AppendQuote(to, instant(string(text))), nil
	}
	return jsontext.AppendQuote(to, string(text)), nil
}

// instant writes 2026-11-30 15:04:05.1+00 as RFC 3339 does. A time without a zone gets none; what is no such time,
// infinity or a year before Christ, stays.
func instant(text string) string {
	const date = len("2026-11-30")
	if len(text) <= date || text[date] != ' ' || strings.HasSuffix(text, " BC") {
		return text
	}
	text = text[:date] + "T" + text[date+1:]
	if at, ok := strings.CutSuffix(text, "+00"); ok {
		return at + "Z"
	}
	return text
}

// array appends {1,2,{...}} as a JSON array.
func (k kinds) array(to []byte, element uint32, delimiter byte, text []byte) ([]byte, error) {
	if text[0] == '[' { // [0:1]={...}: where its indices begin
		_, after, ok := bytes.Cut(text, []byte("="))
		if !ok {
			return nil, fmt.Errorf("an array of type %d is not written as one", element)
		}
		text = after
	}
	r := arrayReader{kinds: k, element: element, delimiter: delimiter, rest: text}
	to, err := r.array(to)
	if err != nil {
		return nil, err
	}
	if len(r.rest) > 0 {
		return nil, r.malformed()
	}
	return to, nil
}

// arrayReader reads arrays, which may lie in each other.
type arrayReader struct {
	kinds     kinds
	element   uint32
	delimiter byte
	rest      []byte
}

func (r *arrayReader) malformed() error {
	return fmt.Errorf("an array of type %d is not written as one", r.element)
}

func (r *arrayReader) array(to []byte) (_ []byte, err error) {
	if !r.skip('{') {
		return nil, r.malformed()
	}
	to = append(to, '[')
	for first := true; !r.skip('}'); first = false {
		if !first {
			if !r.skip(r.delimiter) {
				return nil, r.malformed()
			}
			to = append(to, ',')
		}
		if len(r.rest) > 0 && r.rest[0] == '{' {
			to, err = r.array(to)
		} else {
			to, err = r.value(to)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

func (r *arrayReader) skip(c byte) bool {
	if len(r.rest) == 0 || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// value reads an element: between quotes, in which a backslash stands before any character, or as it is.
func (r *arrayReader) value(to []byte) ([]byte, error) {
	if !r.skip('"') {
		end := bytes.IndexAny(r.rest, string(r.delimiter)+"}")
		if end <= 0 {
			return nil, r.malformed()
		}
		text := r.rest[:end]
		r.rest = r.rest[end:]
		if string(text) == "NULL" {
			text = nil
		}
		return r.kinds.json(to, r.element, text)
	}
	text := []byte{}
	for len(r.rest) > 0 {
		c := r.rest[0]
		r.rest = r.rest[1:]
		switch {
		case c == '"':
			return r.kinds.json(to, r.element, text)
		case c == '\\' && len(r.rest) > 0:
			c, r.rest = r.rest[0], r.rest[1:]
		}
		text = append(text, c)
	}
	return nil, r.malformed()
}

// object is a JSON object that is being written.
type object struct {
	body []byte
	err  error
}

// add appends a field.
func (o *object) add(k kinds, name string, of uint32, text []byte) {
	if o.err != nil {
		return
	}
	if o.body == nil {
		o.body = []byte{'{'}
	} else {
		o.body = append(o.body, ',')
	}
	o.body = append(jsontext.AppendQuote(o.body, name), ':')
	body, err := k.json(o.body, of, text)
	if err != nil {
		o.err = fmt.Errorf("column %s: %w", name, err)
		return
	}
	o.body = body
}

// end returns the object.
func (o *object) end() ([]byte, error) {
	if o.body == nil && o.err == nil {
		return []byte("{}"), nil
	}
	return append(o.body, '}'), o.err
}
