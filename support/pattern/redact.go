// Redaction: what no output may show.

package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// Redacted stands where a value must not be shown.
const Redacted = "(redacted)"

// Redaction knows what no output may show. A nil Redaction hides nothing. Fields of an object or list that stands as
// JSON inside of a string are found as others are.
type Redaction struct{ paths []jsonpath.Path }

// NewRedaction reads the paths to hide. A plain one, such as card.number, hides that field wherever it is in a body, at
// any depth; one that begins with $ only from the whole body on.
//
// With an error it returns the Redaction of those that can be read.
func NewRedaction(paths []string) (*Redaction, error) {
	var r Redaction
	var errs []error
	for _, text := range paths {
		path, err := jsonpath.Parse(text, "")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.paths = append(r.paths, path)
	}
	return &r, errors.Join(errs...)
}

// Event returns a copy of d's event with Redacted in place of what must not be shown. All else stays as it was, but for
// a body that is no JSON, or is nested more than 100 levels deep: where fields are to be hidden, all of it is.
func (r *Redaction) Event(d *Doc) event.Event {
	e := d.Event().Clone()
	if r == nil {
		return e
	}
	if r.hides(jsonpath.Path{Part: jsonpath.InKey}) {
		e.Key = Redacted
	}
	for name, values := range e.Headers {
		if r.hidesHeader(d, name) {
			for i := range values {
				values[i] = Redacted
			}
		}
	}
	if r.hidesUnread(d) && len(e.Body) > 0 {
		e.Body = []byte(Redacted)
	} else {
		e.Body = r.body(e.Body)
	}
	return e
}

// attributes returns the names of the attributes of CloudEvents that are hidden.
func (r *Redaction) attributes() (names []string) {
	for _, p := range r.paths {
		if attribute := p.On(true); attribute.Part == jsonpath.InHeader {
			if name, ok := strings.CutPrefix(attribute.Header, jsonpath.AttributePrefix); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// hidesHeader says whether a header of d is hidden. Of what should be a CloudEvent and is none, an attribute may be in
// any header whose name ends as its does.
func (r *Redaction) hidesHeader(d *Doc, name string) bool {
	ends := func(attribute string) bool { return strings.HasSuffix(strings.ToLower(name), attribute) }
	return r.hides(jsonpath.Path{Part: jsonpath.InHeader, Header: name}) ||
		d.Broken != nil && slices.ContainsFunc(r.attributes(), ends)
}

// hidesUnread says whether all of d's body is hidden, since it is no CloudEvent: nobody knows where in it an attribute
// stands that is hidden.
func (r *Redaction) hidesUnread(d *Doc) bool { return d.Broken != nil && len(r.attributes()) > 0 }

// Secrets returns the texts in d's event that must not be shown, as they are: for what else may have written them down.
// Of a body that is shown not at all, it is the whole of it.
func (r *Redaction) Secrets(d *Doc) (texts []string) {
	if r == nil {
		return nil
	}
	if r.hides(jsonpath.Path{Part: jsonpath.InKey}) {
		texts = append(texts, d.Key)
	}
	for name, values := range d.Headers {
		if r.hidesHeader(d, name) {
			texts = append(texts, values...)
		}
	}
	body := bytes.TrimPrefix(d.Plain(), []byte(jsonpath.ByteOrderMark))
	inFields := r.inFields()
	switch {
	case len(body) == 0:
		return texts
	case r.hides(jsonpath.Path{Part: jsonpath.WholeText}), inFields && jsontext.Check(body) != nil, r.hidesUnread(d):
		return append(texts, string(body))
	case !inFields:
		return texts
	default:
		return append(texts, r.scalars(body, nil, false)...)
	}
}

// Hides says whether what a table has for a path is hidden, where fields begin at one of the roots. What is no path is
// not.
func (r *Redaction) Hides(text string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		path, err := jsonpath.Parse(text, root)
		return err == nil && r.hides(path)
	})
}

// Text returns a text that is the body of an event, or stands in one at one of the roots, without what must not be
// shown, and what that was.
func (r *Redaction) Text(text string, roots ...string) (shown string, hidden []string) {
	body := []byte(text)
	if r.hides(jsonpath.Path{Part: jsonpath.WholeText}) || jsontext.Check(body) != nil {
		d := Read(event.Event{Body: body})
		return string(r.body(body)), r.Secrets(d)
	}
	for _, root := range roots {
		steps, err := jsonpath.ParseRoot(root)
		if err != nil {
			continue // which is told of where the event is defined
		}
		hidden = append(hidden, r.scalars(body, steps, false)...)
		body = r.inside(body, steps)
	}
	return string(body), hidden
}

// Cell returns what a table has for a path without what is hidden in it, and what that was, where it is a list or an
// object: as Text does of a body, and so all of it where it is no JSON. What is no path has nothing hidden.
func (r *Redaction) Cell(path, text string, roots ...string) (shown string, hidden []string) {
	value := []byte(text)
	rule := strings.HasPrefix(text, "(")
	if !r.inFields() || !rule && !opens(text) {
		return text, nil
	}
	for _, root := range roots {
		p, err := jsonpath.Parse(path, root)
		switch {
		case err != nil || p.Part != jsonpath.InBody && p.Part != jsonpath.WholeText:
			continue
		case rule:
			var found []string
			value, found = r.inRule(value, p.Steps)
			hidden = append(hidden, found...)
			continue
		case jsontext.Check(value) != nil:
			return Redacted, append(hidden, text)
		}
		hidden = append(hidden, r.scalars(value, p.Steps, false)...)
		value = r.inside(value, p.Steps)
	}
	return string(value), hidden
}

// inRule returns a rule for what steps lead to without what is hidden in its lists and objects, each of which may stand
// for all of that or for one of its items.
func (r *Redaction) inRule(rule []byte, steps []jsontext.Step) (shown []byte, hidden []string) {
	item := append(slices.Clip(steps), jsontext.Step{Index: jsontext.Each})
	for at := 0; at < len(rule); at++ {
		if rule[at] != '{' && rule[at] != '[' {
			shown = append(shown, rule[at])
			continue
		}
		var value json.RawMessage
		if json.NewDecoder(bytes.NewReader(rule[at:])).Decode(&value) != nil || jsontext.Check(value) != nil {
			shown = append(shown, rule[at]) // as in a regular expression
			continue
		}
		hidden = append(append(hidden, r.scalars(value, steps, false)...), r.scalars(value, item, false)...)
		shown = append(shown, r.inside(r.inside(value, steps), item)...)
		at += len(value) - 1
	}
	return shown, hidden
}

// opens says whether a text begins as a list or an object does, or as a string that may hold one.
func opens(text string) bool { return text != "" && strings.ContainsRune(`{["`, rune(text[0])) }

// Names says whether a path leads to something hidden, so that whoever wrote what is to be hidden knew of it.
func (r *Redaction) Names(path jsonpath.Path) bool { return r != nil && r.hides(path) }

// inFields says whether fields of bodies are to be hidden.
func (r *Redaction) inFields() bool {
	return slices.ContainsFunc(r.paths, func(p jsonpath.Path) bool { return p.Part == jsonpath.InBody })
}

// scalars returns the strings and numbers of a JSON text, whose value steps lead to, that are hidden; all, where it
// stands in something hidden.
func (r *Redaction) scalars(text []byte, steps []jsontext.Step, hidden bool) (all []string) {
	hidden = hidden || r.hides(jsonpath.Path{Steps: steps})
	at := jsontext.SkipSpace(text, 0)
	switch {
	case text[at] == '{' || text[at] == '[':
		for i, child := range jsontext.Children(text, at) {
			inside := append(slices.Clip(steps), stepTo(text[at], i, child))
			all = append(all, r.scalars(text[child.Start:child.End], inside, hidden)...)
		}
		return all
	case !hidden:
		if nested := nestedJSON(text[at:]); nested != nil {
			return r.scalars(nested, append(slices.Clip(steps), jsontext.Step{Index: jsontext.Inner}), false)
		}
		return nil
	case text[at] == '"':
		return []string{jsontext.Unquote(jsontext.Value(text, at))}
	case text[at] == '-' || text[at] >= '0' && text[at] <= '9':
		return []string{string(jsontext.Value(text, at))}
	default:
		return nil // true, false and null tell nothing
	}
}

// nestedJSON returns the object or list that stands as JSON in a string, which text begins with; nil where none does.
func nestedJSON(text []byte) []byte {
	if text[0] != '"' {
		return nil
	}
	nested := []byte(jsontext.Unquote(jsontext.Value(text, 0)))
	at := jsontext.SkipSpace(nested, 0)
	if at == len(nested) || nested[at] != '{' && nested[at] != '[' || jsontext.Check(nested) != nil {
		return nil
	}
	return nested
}

// stepTo leads from a value that begins with open to its child number i.
func stepTo(open byte, i int, child jsontext.Child) jsontext.Step {
	if open == '[' {
		return jsontext.Step{Index: i}
	}
	return jsontext.Step{Name: child.Name, Index: jsontext.Field}
}

// Miss returns m without what must not be shown.
func (r *Redaction) Miss(m Miss) Miss {
	if r == nil || len(r.paths) == 0 || m.evidence == nil {
		return m
	}
	path := m.evidence.path
	if r.hides(path) {
		m.Got, m.Want = Redacted, Redacted
		return m
	}
	if want, ok := m.evidence.want.(isJSON); ok && want.isCloudEvent() && len(r.attributes()) > 0 {
		m.Got = Redacted
		return m
	}
	m.Got = showAll(m.evidence.got, func(v jsonpath.Value) string {
		switch {
		case v.Kind == jsonpath.Typed:
			text := jsonpath.Encode(v.JSON, jsonpath.NoLimit)
			if jsontext.Check(text) != nil {
				return Redacted // too deep to look through
			}
			return cut(string(r.inside(text, path.Steps)))
		case path.Part == jsonpath.WholeText:
			return showText(string(r.body([]byte(v.Text))))
		default:
			return showValue(v)
		}
	})
	switch want := m.evidence.want.(type) {
	case literal:
		if want.isContainer() {
			m.Want = cut(string(r.inside([]byte(want.text), path.Steps)))
		}
	case items:
		m.Want = cut(string(r.inside(want.json(), path.Steps)))
	case item:
		want.json = r.inside(want.json, append(slices.Clip(path.Steps), jsontext.Step{Index: jsontext.Each}))
		m.Want = want.String()
	}
	m.Got, m.Want = Apart(m.Got, m.Want)
	return m
}

// body returns a body without what must not be shown. What is packed is no JSON.
func (r *Redaction) body(body []byte) []byte {
	inFields := r.inFields()
	if rest, marked := bytes.CutPrefix(body, []byte(jsonpath.ByteOrderMark)); marked && len(rest) > 0 && inFields {
		return slices.Concat([]byte(jsonpath.ByteOrderMark), r.body(rest))
	}
	switch {
	case len(body) == 0:
		return body
	case r.hides(jsonpath.Path{Part: jsonpath.WholeText}), inFields && jsontext.Check(body) != nil:
		return []byte(Redacted)
	case !inFields:
		return body
	default:
		return r.inside(body, nil)
	}
}

// inside returns a JSON text, whose value steps lead to, with what is hidden in it replaced.
func (r *Redaction) inside(text []byte, steps []jsontext.Step) []byte {
	if r.hides(jsonpath.Path{Steps: steps}) {
		return jsontext.Quote(Redacted)
	}
	at := jsontext.SkipSpace(text, 0)
	if nested := nestedJSON(text[at:]); nested != nil {
		shown := r.inside(nested, append(slices.Clip(steps), jsontext.Step{Index: jsontext.Inner}))
		if !bytes.Equal(shown, nested) {
			return jsontext.Quote(string(shown))
		}
		return text
	}
	var out []byte
	done := 0
	for i, child := range jsontext.Children(text, at) {
		out = append(out, text[done:child.Start]...)
		out = append(out, r.inside(text[child.Start:child.End], append(slices.Clip(steps), stepTo(text[at], i, child)))...)
		done = child.End
	}
	return append(out, text[done:]...)
}

// hides says whether a path leads to something hidden, or into it.
func (r *Redaction) hides(path jsonpath.Path) bool {
	if attribute, ok := path.Attribute(); ok && r.hides(attribute) {
		return true // it may be meant
	}
	for _, hidden := range r.paths {
		var found bool
		switch hidden.Part {
		case path.Part:
			found = strings.EqualFold(hidden.Header, path.Header) &&
				(path.Part != jsonpath.InBody || leadsTo(path.Steps, hidden.Steps, !hidden.Absolute()))
		case jsonpath.WholeText:
			found = path.Part == jsonpath.InBody
		}
		if attribute := hidden.On(true); attribute.Part == jsonpath.InHeader && path.Part == jsonpath.InHeader {
			found = found || strings.EqualFold(attribute.Header, path.Header)
		}
		if found {
			return true
		}
	}
	return false
}

// leadsTo says whether hidden is found on the way of steps: at their beginning, or anywhere.
func leadsTo(steps, hidden []jsontext.Step, anywhere bool) bool {
	for from := 0; from+len(hidden) <= len(steps); from++ {
		if slices.EqualFunc(steps[from:from+len(hidden)], hidden, alike) {
			return true
		}
		if !anywhere {
			return false
		}
	}
	return false
}

// alike holds for steps that may lead to the same place.
func alike(a, b jsontext.Step) bool {
	if a.Index == jsontext.Any || b.Index == jsontext.Any {
		return a.Index != jsontext.Inner && b.Index != jsontext.Inner
	}
	item := func(s jsontext.Step) bool { return s.Index >= 0 || s.Index <= jsontext.Last }
	fromEnd := a.Index <= jsontext.Last || b.Index <= jsontext.Last
	return a == b || a.Index == jsontext.Each && item(b) || b.Index == jsontext.Each && item(a) ||
		fromEnd && item(a) && item(b)
}
