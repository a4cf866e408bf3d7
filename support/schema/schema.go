// Package schema checks the bodies of events against JSON Schema. The schema describes the whole body, also where an
// event's plain field names start further inside. It promises nothing to other modules.
//
// Decisions that a reader may question:
//   - A schema without $schema is one of draft 2020-12.
//   - What format says is checked. Draft 2020-12 leaves that to whoever checks, and in a test a date that is none is
//     worth knowing. Formats that nobody has heard of ask nothing, as the drafts say.
//   - Nothing is ever fetched. A $ref leads to files within one folder, symbolic links included. A schema whose $id is
//     an address on the web may refer to its neighbours there: they are looked for beside its file.
//   - Regular expressions are Go's (RE2), which take time in proportion to what they look at; lookarounds are refused
//     when the schema is read.
//   - A field that is written twice in one object breaks every schema: which of the two counts is anybody's guess.
//   - A body nested more than 100 levels deep, or with a number of more than 1,000 digits or of an exponent beyond
//     1,000, breaks every schema: to check it could take longer than anybody waits.
package schema

import (
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/harken-bdd/harken/support/pattern"
)

// Schema is a compiled schema. It may be used concurrently.
type Schema struct{ compiled *jsonschema.Schema }

// Load reads and compiles the schema in a file, and all that it refers to. No $ref leads out of the folder within; a
// file that is itself outside of it may refer to what is in its own folder and below.
func Load(file, within string) (*Schema, error) {
	l, err := newLoader(file, within)
	if err != nil {
		return nil, err
	}
	defer l.root.Close() //nolint:errcheck // it was only read
	doc, err := l.Load(l.main)
	if err != nil {
		return nil, err
	}
	if asksNothing(doc) {
		return nil, errors.New("it asks nothing, so any event would fit")
	}
	l.neighbours(doc)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(l)
	compiled, err := compiler.Compile(l.main)
	if err != nil {
		return nil, l.inWords(err)
	}
	return &Schema{compiled}, nil
}

// asksNothing holds for a schema that every value fits, as far as its outermost keywords tell.
func asksNothing(doc any) bool {
	switch doc := doc.(type) {
	case bool:
		return doc
	case map[string]any:
		for keyword := range doc {
			switch keyword {
			case "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$comment", "$defs", "definitions", "$vocabulary",
				"title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples":
			default:
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Check returns nil if the body of an event fits, and an *Error if it does not, which shows nothing that redact hides.
func (s *Schema) Check(d *pattern.Doc, redact *pattern.Redaction) error {
	body, err := d.JSON()
	if err != nil {
		return newError([]Violation{{Miss: d.Miss(nil, "JSON")}}, redact)
	}
	if pointer, want := unreasonable(body); want != "" {
		return newError([]Violation{{Miss: d.Miss(pointer, want)}}, redact)
	}
	var all []Violation
	if pointer := d.Twice(); pointer != nil {
		all = append(all, Violation{Miss: d.Miss(pointer, "it once, and not twice")})
	}
	var broken *jsonschema.ValidationError
	switch err := s.compiled.Validate(body); {
	case err == nil && all == nil:
		return nil
	case err == nil:
		return newError(all, redact)
	case errors.As(err, &broken):
		return newError(append(all, explain(d, broken)...), redact)
	default:
		return err
	}
}
