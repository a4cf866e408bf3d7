// Making events: a template, and what an author writes into it.

package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// Make returns the event to produce: template as its body, with the rows written into it in their order. Without a row
// the template goes out byte for byte, and need not be JSON; with rows, all that they do not name keeps its order and
// spelling. Each row of a header adds a value. A nil template is an empty object, where there are rows. root is where
// plain field names start.
func Make(template []byte, rows []Row, root string) (event.Event, error) {
	e := event.Event{Body: template}
	if template == nil && len(rows) > 0 {
		e.Body = []byte("{}")
	}
	for _, row := range rows {
		path, err := row.Parse(root)
		if err != nil {
			return event.Event{}, err
		}
		if err := write(&e, path, row.Cell); err != nil {
			return event.Event{}, blame(path, err)
		}
	}
	e.Body = slices.Clone(e.Body)
	return e, nil
}

// write puts what a cell says into one place of an event.
func write(e *event.Event, path jsonpath.Path, cell string) error {
	t, err := readCell(cell, path.Part != jsonpath.InBody)
	if err != nil {
		return err
	}
	l, isLiteral := t.(literal)
	_, remove := t.(absent)
	if !isLiteral && !remove {
		return fmt.Errorf("%s is a rule, and what is produced needs a value", cell)
	}
	switch path.Part {
	case jsonpath.InKey:
		e.Key = l.text
	case jsonpath.InHeader:
		writeHeader(e, path.Header, l.text, remove)
	case jsonpath.WholeText:
		e.Body = []byte(l.text)
	case jsonpath.InSize:
		return errors.New("the size of what is produced follows from its body")
	default:
		if err := jsontext.Check(e.Body); err != nil {
			return fmt.Errorf("the template is %w", err)
		}
		if remove {
			e.Body, err = jsontext.Remove(e.Body, path.Steps)
		} else {
			e.Body, err = jsontext.Set(e.Body, path.Steps, l.inPlaceOf)
		}
	}
	return err
}

// writeHeader adds a value to a header, or removes the header, whatever the case of its name.
func writeHeader(e *event.Event, header, text string, remove bool) {
	if remove {
		for name := range e.Headers {
			if strings.EqualFold(name, header) {
				delete(e.Headers, name)
			}
		}
		return
	}
	if e.Headers == nil {
		e.Headers = map[string][]string{}
	}
	e.Headers[header] = append(e.Headers[header], text)
}

// inPlaceOf returns l as JSON of the type that stands in its place; old is nil where nothing does.
func (l literal) inPlaceOf(old []byte) ([]byte, error) {
	if l.form == quoted {
		return jsontext.Quote(l.text), nil
	}
	if old == nil || l.text == "null" || string(old) == "null" {
		if l.form == word {
			return jsontext.Quote(l.text), nil
		}
		return []byte(l.text), nil
	}
	var fits bool
	switch first := old[0]; first {
	case '"':
		return jsontext.Quote(l.text), nil
	case '{', '[':
		fits = l.text[0] == first
	case 't', 'f':
		fits = l.text == "true" || l.text == "false"
	default:
		fits = l.form == numeral
	}
	if !fits {
		return nil, fmt.Errorf("the template has %s here, and %s is not (to send a text in its place, quote it: %s)",
			jsontext.Kind(old[0]), jsonpath.Clip(l.text, showLimit), showText(l.text))
	}
	return []byte(l.text), nil
}

// MakeDoc returns the event to produce: template as its body, with a doc string merged into it. Objects are merged
// field by field; all else that the doc string has replaces what the template has. A nil template is an empty object.
// root is where the doc string is merged.
func MakeDoc(template []byte, doc, root string) (event.Event, error) {
	base, err := jsonpath.ParseRoot(root)
	if err != nil {
		return event.Event{}, err
	}
	if err := jsontext.Check([]byte(doc)); err != nil {
		return event.Event{}, fmt.Errorf("doc string: %w", err)
	}
	if template == nil {
		template = []byte("{}")
	}
	if err := jsontext.Check(template); err != nil {
		return event.Event{}, fmt.Errorf("the template is %w", err)
	}
	m := merger{doc: []byte(doc), body: slices.Clone(template), root: len(base)}
	if err := m.merge(jsontext.SkipSpace(m.doc, 0), base); err != nil {
		return event.Event{}, err
	}
	return event.Event{Body: m.body}, nil
}

// merger writes a doc string into a body.
type merger struct {
	doc  []byte
	body []byte
	root int
}

// merge writes the value that begins at doc[at] to where steps lead.
func (m *merger) merge(at int, steps []jsontext.Step) error {
	children := jsontext.Children(m.doc, at)
	if m.doc[at] == '{' && (len(children) > 0 || len(steps) == m.root) {
		for _, child := range children {
			inside := append(steps[:len(steps):len(steps)], jsontext.Step{Name: child.Name, Index: jsontext.Field})
			if err := m.merge(child.Start, inside); err != nil {
				return err
			}
		}
		return nil
	}
	value, remove, err := produced(jsontext.Value(m.doc, at))
	switch {
	case err != nil:
	case remove:
		m.body, err = jsontext.Remove(m.body, steps)
	default:
		m.body, err = jsontext.Set(m.body, steps, func([]byte) ([]byte, error) { return value, nil })
	}
	if err != nil {
		path := jsonpath.Path{Steps: slices.Clone(steps), Text: jsonpath.Format(steps, m.root)}
		return &cellError{path: path, value: jsontext.Value(m.doc, at), text: path.Text + ": " + err.Error(), cause: err}
	}
	return nil
}

// produced returns a value of a doc string as it goes out: quoted parentheses are unquoted, and rules are refused, but
// for (absent), which removes a field.
func produced(value []byte) (out []byte, remove bool, err error) {
	if value[0] != '"' {
		out, err = producedInside(value)
		return out, false, err
	}
	t, err := readValue(value)
	if err != nil {
		return nil, false, err
	}
	switch t := t.(type) {
	case literal:
		if t.text == jsontext.Unquote(value) {
			return value, false, nil
		}
		return jsontext.Quote(t.text), false, nil
	case absent:
		return nil, true, nil
	default:
		return nil, false, fmt.Errorf("%s is a rule, and what is produced needs a value", t)
	}
}

// producedInside does the same for all that a list or an object in it holds.
func producedInside(value []byte) ([]byte, error) {
	out := slices.Clone(value)
	for _, child := range slices.Backward(jsontext.Children(value, 0)) {
		inside, remove, err := produced(value[child.Start:child.End])
		if err == nil && remove {
			err = errors.New("(absent) removes a field of the template, and nothing from a list")
		}
		if err != nil {
			return nil, err
		}
		out = slices.Concat(out[:child.Start], inside, out[child.End:])
	}
	return out, nil
}
