// Package pattern is the language of cells and doc strings: what an author asks of one event, and how the event that an
// author describes is made. It judges nothing and waits for nothing; it only looks at one event at a time. It promises
// nothing to other modules.
//
// # Paths
//
// A path says which value of the event is meant: status, items[0].sku, items[-1].sku (the last item), items[*].sku or
// items.*.sku (some item, or some field of an object), $.x (from the whole body), $.body(json).x (of the JSON in a
// text), key, header NAME, body (its text) and size (its length in bytes). Plain names start at the root, which the
// event type sets. A field whose own name is key, body, size or header is written $.key, and what is meant beside such
// a field event key, event body, event size; names with spaces, dots, brackets or quotes stand in brackets and quotes:
// $["a.b"], ['a.b']. Dashes are plain.
//
// Of a CloudEvent id, source, specversion, type, datacontenttype, dataschema, subject and time are its attributes, and
// attribute NAME is any of them. A field of such a name is written $.type. All other paths are about its data.
//
// The body of an event is JSON. A byte order mark before it is passed over, and what the header content-encoding says
// to be packed by gzip is unpacked; size is what crossed the edge.
//
// # Cells
//
// The first character of a cell decides how it is read. With ( it is a rule and must end with ); with " it is a JSON
// string and demands a string; with [ or { it is JSON, and the value must equal it, so that what looks like a rule in
// there is refused; anything else is text, but for true, false and null. So a text that begins with one of these
// characters is quoted: "(x)". A text matches an equal string and, where it reads as a number, an equal number: 12
// matches 12, 12.0 and "12". Numbers are compared as decimals, exactly, never as floating point. In {"N": "1.50"},
// which is how DynamoDB writes numbers, the text is a number too. A text that reads as a time of RFC 3339 matches each
// spelling of the same instant; in quotes it demands the text.
//
// Keys, headers, body and size have no types: what stands there is text, which is a number too where it reads as one,
// and a cell that begins with [ or { but is no JSON is text. For body, [..] and {..} are compared as JSON.
//
// # Rules
//
//	(any)                something is there, null included
//	(absent)             nothing is there; null is something
//	(empty)              "", [] or {}
//	(not X)              something is there, and it is not X; X is a literal, or a rule in its own parentheses
//	(one of A, B)        one of these; literals, or rules in their own parentheses
//	(uuid)               a string such as 7d444840-9dc0-11d1-b245-5ffdce74fad2, in either case
//	(number) (string)    of this type
//	(timestamp)          a string in the form of RFC 3339, with a zone
//	(> 1) (>= 1) (< 1) (<= 1) (1 to 2)   a number, or a string that reads as one; "to" includes both ends. Of times in
//	                     the form of RFC 3339 it is a string that is a time
//	(about 200 +- 0.5)   the same, at most 0.5 away from 200
//	(contains A, B)      a string with all of these in it, or a list with all of these among its items; what is named
//	                     twice is there twice
//	(starts with X)      a string that does
//	(like a*z)           a string of this form, from end to end; * stands for any characters, or none
//	(matches /re/)       a string in which the regular expression (RE2) is found; ^ and $ tie it to the ends
//
// In a list, an item with commas or outer spaces is quoted: (contains "Unexpected, it is"). Every rule but (absent)
// asks for something to be there: a misspelt path never satisfies (not X). A path with [*] asks for some item: one
// match is enough, (not X) included; (absent) asks that no item has it.
//
// # Doc strings
//
// A doc string is JSON. Listed fields must match, others are free. Listed items must be in the list, in any order, each
// a different one. Types count, since JSON writes them: 12 is a number, "12" a string. A string that begins with ( is
// a rule; one that is meant literally is written "\"(x)\"". [] and {} ask for an empty list and object: to ask nothing
// there would assert nothing.
//
// # Producing
//
// Without a cell, the template stays as it is, byte for byte. A cell takes the type that the template has in its place,
// and is refused where it cannot; "42" is a string and null is null in any place. Without a template's field, what is a
// number, true, false, null, [..] or {..} is JSON, and the rest a string. A doc string has types of its own, and they
// win. (absent) removes.
//
// # Bounds
//
// A captured body may be nested 10,000 levels deep; what authors write, and what is redacted, 100. A path has 512 bytes
// at most, a regular expression 1,000. Messages cut values to about 200 bytes.
package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// Row is one line of a vertical table.
type Row struct {
	Path, Cell string
	Answer     bool // the event is an answer: its plain path status is the code, and no field
}

// Pattern is what a table or doc string asks of one event. The zero Pattern asks nothing and matches everything.
// A Pattern is never changed, and may be used concurrently.
type Pattern struct{ checks []check }

// check is one question: what a place holds.
type check struct {
	path jsonpath.Path
	test test
}

// FromRows reads a vertical table. root is where plain field names start: "" or "$" for the whole body, "$.data".
func FromRows(rows []Row, root string) (Pattern, error) {
	var p Pattern
	for _, row := range rows {
		c, err := readRow(row, root)
		if err != nil {
			return Pattern{}, err
		}
		for _, earlier := range p.checks {
			if c.excludes(earlier) && !c.beside(earlier) {
				return Pattern{}, blame(c.path, fmt.Errorf("%s and %s exclude each other", earlier.test, c.test))
			}
		}
		p.checks = append(p.checks, c)
	}
	return p, nil
}

// Parse reads the path of a row.
func (row Row) Parse(root string) (jsonpath.Path, error) {
	if row.Answer {
		return jsonpath.ParseAnswer(row.Path, root)
	}
	return jsonpath.Parse(row.Path, root)
}

func readRow(row Row, root string) (check, error) {
	path, err := row.Parse(root)
	if err != nil {
		return check{}, err
	}
	t, err := readCell(row.Cell, path.Part != jsonpath.InBody)
	if err != nil {
		return check{}, blame(path, err)
	}
	if l, ok := t.(literal); ok && path.Part == jsonpath.WholeText && l.isContainer() {
		path.Part = jsonpath.InBody // the body is decoded, and compared as JSON
	}
	return check{path: path, test: t}, nil
}

// And returns a Pattern that asks what p and q ask.
func (p Pattern) And(q Pattern) Pattern { return Pattern{checks: slices.Concat(p.checks, q.checks)} }

// Empty holds for a Pattern that asks nothing.
func (p Pattern) Empty() bool { return len(p.checks) == 0 }

// String writes p in one line: `status "SHIPPED", amount (> 5)`.
func (p Pattern) String() string {
	asked := make([]string, 0, len(p.checks))
	for _, c := range p.checks {
		asked = append(asked, c.path.Text+" "+c.test.String())
	}
	return strings.Join(asked, ", ")
}

// Literal returns the literal that p asks of a path, without quotes; path is written as it was in the row.
func (p Pattern) Literal(path string) (string, bool) {
	for _, c := range p.checks {
		if l, ok := c.test.(literal); ok && c.path.Text == path {
			return l.text, true
		}
	}
	return "", false
}

// Key returns the literal that p asks of the event's key.
func (p Pattern) Key() (string, bool) {
	for _, c := range p.checks {
		if l, ok := c.test.(literal); ok && c.path.Part == jsonpath.InKey {
			return l.text, true
		}
	}
	return "", false
}

// Miss is one thing that was asked of an event and not found. Got and Want are cut to about 200 bytes each.
type Miss struct {
	Path, Got, Want string
	evidence        *evidence // nil for a miss that others made
}

// evidence is what a miss was made of, for a Redaction to make it again.
type evidence struct {
	path jsonpath.Path
	got  []jsonpath.Value
	want fmt.Stringer
}

func miss(path jsonpath.Path, got []jsonpath.Value, want fmt.Stringer) Miss {
	m := Miss{Path: path.Text, evidence: &evidence{path, got, want}}
	m.Got, m.Want = Apart(showAll(got, showValue), cut(want.String()))
	return m
}

// String writes a miss as `status  got "BACKORDERED", want "SHIPPED"`.
func (m Miss) String() string { return m.Path + "  got " + m.Got + ", want " + m.Want }

// Missing says whether there was nothing where something was asked for.
func (m Miss) Missing() bool {
	there := func(v jsonpath.Value) bool { return v.Kind != jsonpath.Missing }
	return m.evidence != nil && !slices.ContainsFunc(m.evidence.got, there)
}

// Match returns what p asks of d and d does not have, in the order in which it was asked; nil means that d matches. A
// body that is no JSON is one miss, for all that is asked of its fields. Nothing is allocated where it matches, unless
// the size is asked for, a doc string lists items, (contains A, A) names one twice, or a path leads into the JSON in a
// text.
func (p Pattern) Match(d *Doc) []Miss {
	var misses []Miss
	undecoded := false
	for i := range p.checks {
		c := &p.checks[i]
		if d.CloudEvent {
			c = &check{c.path.In(&d.Doc), c.test}
		}
		if d.Broken != nil && c.needsReading() {
			if !undecoded {
				undecoded = true
				misses = append(misses, d.unread())
			}
			continue
		}
		if c.path.Part != jsonpath.InBody {
			misses = c.outside(misses, d)
			continue
		}
		body, err := d.JSON()
		if err == nil && c.path.InText() {
			if text, bad := d.Garbled(body, c.path.Steps); bad != nil {
				misses = append(misses, miss(c.path, []jsonpath.Value{{Kind: jsonpath.Typed, JSON: text}}, isJSON{bad}))
				continue
			}
		}
		switch {
		case err == nil && c.holds(&d.Doc, body):
		case err == nil:
			misses = c.explain(misses, &d.Doc, jsonpath.Path{}, body)
		case !undecoded:
			undecoded = true
			misses = append(misses, d.unread())
		}
	}
	return misses
}

// holds says whether what the path selects in a decoded value is what is asked.
func (c *check) holds(d *jsonpath.Doc, in any) bool {
	found, ok := d.Some(in, c.path.Steps, c.test.match)
	return ok || !found && c.test.match(jsonpath.Value{})
}

// explain appends why c does not hold. base is the path of the value that c looks at, when it is an item of a list.
func (c *check) explain(misses []Miss, d *jsonpath.Doc, base jsonpath.Path, in any) []Miss {
	path := c.path
	path.Steps = slices.Concat(base.Steps, path.Steps)
	path.Text = base.Text + path.Text
	got := d.Select(in, c.path.Steps)
	if items, ok := c.test.(items); ok && len(got) == 1 {
		return items.explain(misses, path, got[0])
	}
	return append(misses, miss(path, got, c.test))
}

var errEmptyCell = errors.New(`the cell is empty (write (any) for any value, (absent) for none, "" for an empty text)`)
