// Recognizing: whether a step that passed speaks of fields that there are. A path that nothing ever had may be
// misspelt, and then the step would have passed whatever came.

package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
)

// recognizable makes a check inconclusive that passed for a path which neither godog.yml nor an event of this scenario
// has, and which is like one that they have: nothing could have failed it if the path is misspelt. One that is like
// none is remarked on, so that it can be said of a field that no event must ever have it.
func (w *World) recognizable(c *Check) {
	if c.Outcome.Verdict != expect.Passed {
		return
	}
	if c.Judged.Anchored() && !c.over {
		kind := w.run.Events[c.Judged.Event]
		for _, text := range c.Judged.AbsentFields() {
			// As the step has read it, so that there is no error.
			if path, err := jsonpath.Parse(text, kind.Root); err == nil {
				w.recognize(c, kind, path,
					fmt.Sprintf("no event seen on %s has a %s: %s could not have failed for it", strings.Join(c.Judged.Channels, ", "),
						text, c.Judged.Want))
			}
		}
	}
	if c.Judged.Least == 0 {
		return // what asks that something is not there makes more match, and so fail
	}
	absent := func(event string, p pattern.Pattern) {
		for _, path := range p.Absences() {
			if !c.Judged.Tells[path.String()] {
				w.recognize(c, w.run.Events[event], path, fmt.Sprintf("%s asks that there is no %s, which neither godog.yml nor "+
					"an event of this scenario names: it would have passed whatever the field is called "+
					"(let the event's schema, its template or redact: name it)", c.Judged.Want, path))
			}
		}
	}
	if c.Judged.Rows == nil {
		absent(c.Judged.Event, c.Judged.Pattern)
		return
	}
	for _, row := range c.Judged.Rows.All {
		absent(row.Event, row.Pattern)
	}
}

// recognize looks for what a path leads to in events of a kind, and says what follows where nothing has it.
func (w *World) recognize(c *Check, kind Event, path jsonpath.Path, remark string) {
	if c.Outcome.Verdict != expect.Passed || w.run.Redact.Names(path) || w.named(path) {
		return
	}
	there, near := w.nearest(kind, c, path)
	_, known := path.Attribute()
	switch {
	case there, known && slices.ContainsFunc(c.Judged.Channels, w.run.formatted): // which every CloudEvent may have
	case near == "":
		if !slices.Contains(w.remarks, remark) {
			w.remarks = append(w.remarks, remark)
		}
	default:
		c.Outcome.Verdict = expect.Inconclusive
		remedy := "let the event's schema in godog.yml name it, or its template have it as null"
		if _, inBody := path.Fields(); !inBody {
			remedy = "let redact: in godog.yml name it, since schemas and templates know no headers"
		}
		c.Outcome.Reason = fmt.Sprintf("%s: want %s; it passed only because nothing has what it speaks of: "+
			"%s (did you mean %s?)\n  (if %[3]s is right, %[5]s)",
			strings.Join(c.Judged.Channels, ", "), c.Judged.Want, path, near, remedy)
	}
}

// named says whether an event of the scenario has what a path leads to. In what was produced plain field names may
// start elsewhere.
func (w *World) named(path jsonpath.Path) bool {
	for _, channel := range w.listens {
		for _, capture := range w.run.Journal.View(w.execution, channel).Own {
			if there, _ := capture.Doc.Near(path, ""); there {
				return true
			}
		}
	}
	for _, s := range w.sent {
		as, err := jsonpath.Parse(path.String(), w.run.Events[s.Name].Root)
		if err != nil {
			as = path // of an item of a list
		}
		if there, _ := s.Doc.Near(as, ""); there {
			return true
		}
	}
	return false
}

// nearest says whether the template or schema of a kind has what a path leads to, and if not what they or the events
// that the scenario has seen of it have that is like it.
func (w *World) nearest(kind Event, c *Check, path jsonpath.Path) (there bool, near string) {
	if there, near = kind.has(path); there {
		return there, near
	}
	for _, channel := range c.Judged.Channels {
		for _, capture := range w.run.Journal.View(w.execution, channel).Own {
			if near == "" && len(kind.Kind.Match(capture.Doc)) == 0 {
				_, near = capture.Doc.Near(path, kind.Root)
			}
		}
	}
	return false, near
}

// has says whether godog.yml says that events of the kind have what a path leads to, in their schema or template, and
// if not what is like it there.
func (kind Event) has(path jsonpath.Path) (there bool, near string) {
	if fields, ok := path.Fields(); ok && kind.Schema != nil {
		if kind.Schema.Names(fields) {
			return true, ""
		}
		for i, field := range fields {
			if !kind.Schema.Names(fields[:i+1]) {
				near = name.Slip(field, kind.Schema.Fields(fields[:i]))
				break
			}
		}
	}
	if kind.Template == nil {
		return false, near
	}
	body, err := pattern.ExpandTemplate(kind.Template, func(string) (string, error) { return "0", nil })
	if err != nil {
		return false, near
	}
	there, like := pattern.Read(event.Event{Body: kind.Data(body)}).Near(path, kind.Root)
	if like != "" {
		near = like
	}
	return there, near
}

// has returns what kind.has does, and asks it once a run: a template and a schema stay as they are.
func (r *Run) has(kind Event, path jsonpath.Path) (there bool, near string) {
	field := newField{kind.Name, path.String()}
	r.mu.Lock()
	found, known := r.fields[field]
	r.mu.Unlock()
	if known {
		return found.there, found.near
	}
	found.there, found.near = kind.has(path)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fields == nil {
		r.fields = make(map[newField]foundField)
	}
	r.fields[field] = found
	return found.there, found.near
}

// foundField is what Event.has says of a field.
type foundField struct {
	there bool
	near  string
}

// remarkOnNew says of a field that an author gives an event whose template and schema do not have it that it is new:
// what is misspelt is added, and what was meant stays as it was.
func (w *World) remarkOnNew(kind Event, path jsonpath.Path) {
	if _, inBody := path.Fields(); !inBody || kind.Template == nil || w.written[newField{kind.Name, path.String()}] {
		return
	}
	if w.written == nil {
		w.written = make(map[newField]bool)
	}
	w.written[newField{kind.Name, path.String()}] = true // once, however many events are made
	there, near := w.run.has(kind, path)
	if there {
		return
	}
	said := fmt.Sprintf("%q: %s is a field that its template does not have", kind.Name, path)
	if kind.Schema != nil {
		said = fmt.Sprintf("%q: %s is a field that neither its template nor its schema has", kind.Name, path)
	}
	if near != "" {
		said += fmt.Sprintf(" (did you mean %s?)", near)
	}
	w.remarks = append(w.remarks, said)
	if w.needs != nil {
		w.needs.Remarks = append(w.needs.Remarks, said)
	}
}

// newField is a field that an author has given an event of a kind.
type newField struct{ kind, path string }
