// The words for what is wrong with a body.

package schema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/support/pattern"
)

// most is how many violations an Error tells of.
const most = 5

// Violation is one thing in a body that the schema does not allow. Its path starts at the whole body.
type Violation struct {
	pattern.Miss
	Keyword string // of the schema, such as minimum; empty for a body that no schema could be asked about
}

// String writes a violation as `items[0].quantity: minimum: want at least 1, got 0`.
func (v Violation) String() string {
	where := v.Path
	if v.Keyword != "" {
		where += ": " + v.Keyword
	}
	return where + ": want " + v.Want + ", got " + v.Got
}

// Error says how a body breaks a schema.
type Error struct {
	Violations []Violation // in the order of their paths, 5 at most
	More       int         // how many others there are
}

// Error writes one violation a line.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Violations)+1)
	for _, v := range e.Violations {
		lines = append(lines, v.String())
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(lines, "\n")
}

func newError(all []Violation, redact *pattern.Redaction) *Error {
	e := &Error{Violations: all[:min(len(all), most)]}
	e.More = len(all) - len(e.Violations)
	for i := range e.Violations {
		e.Violations[i].Miss = redact.Miss(e.Violations[i].Miss)
	}
	return e
}

// fault is a violation before it is put into words.
type fault struct {
	pointer       []string
	depth         int // how many alternatives it stands in
	keyword, want string
}

// explain returns the violations of d, in the order of their paths.
func explain(d *pattern.Doc, broken *jsonschema.ValidationError) []Violation {
	body, _ := d.JSON() // it was validated
	x := explainer{body: body}
	x.add(broken, 0)
	// Fields come in any order.
	slices.SortStableFunc(x.faults, func(a, b fault) int {
		return cmp.Or(slices.CompareFunc(a.pointer, b.pointer, compareTokens), cmp.Compare(a.depth, b.depth),
			cmp.Compare(a.keyword, b.keyword), cmp.Compare(a.want, b.want))
	})
	violations := make([]Violation, 0, len(x.faults))
	for i, f := range x.faults {
		if i < most { // others are only counted
			violations = append(violations, Violation{d.Miss(f.pointer, f.want), f.keyword})
		} else {
			violations = append(violations, Violation{})
		}
	}
	return violations
}

// compareTokens puts indexes into the order of numbers.
func compareTokens(a, b string) int {
	n, errA := strconv.Atoi(a)
	m, errB := strconv.Atoi(b)
	if errA == nil && errB == nil {
		return cmp.Compare(n, m)
	}
	return strings.Compare(a, b)
}

type explainer struct {
	body   any
	faults []fault
}

// add notes what an error of the library and its causes say. depth counts the alternatives around it.
func (x *explainer) add(e *jsonschema.ValidationError, depth int) {
	at := e.InstanceLocation
	say := func(keyword, format string, args ...any) {
		x.faults = append(x.faults, fault{at, depth, keyword, fmt.Sprintf(format, args...)})
	}
	each := func(keyword, want string, fields []string) {
		for _, field := range fields {
			x.faults = append(x.faults, fault{append(slices.Clip(at), field), depth, keyword, want})
		}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		for _, cause := range e.Causes {
			x.add(cause, depth)
		}
	case *kind.AnyOf:
		x.alternatives("anyOf", e, depth)
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			say("oneOf", "only one of the alternatives, and numbers %d and %d both fit", k.Subschemas[0]+1, k.Subschemas[1]+1)
			return
		}
		x.alternatives("oneOf", e, depth)
	case *kind.PropertyNames:
		at = x.owner(at, k.Property)
		each("propertyNames", "a field with another name"+reason(e, k.Property), []string{k.Property})
	case *kind.Required:
		each("required", "something", k.Missing)
	case *kind.DependentRequired:
		each("dependentRequired", fmt.Sprintf("something, because %q is there", k.Prop), k.Missing)
	case *kind.Dependency:
		each("dependencies", fmt.Sprintf("something, because %q is there", k.Prop), k.Missing)
	case *kind.AdditionalProperties:
		each("additionalProperties", "no such field", k.Properties)
	case *kind.FalseSchema:
		say(forbidding(e.SchemaURL), "nothing")
	case *kind.Not:
		say("not", "anything but what the schema excludes")
	default:
		keyword, want := plain(k)
		say(keyword, "%s", want)
	}
}

// alternatives tells that none of them fits, and how the one fails that fails in the fewest places.
func (x *explainer) alternatives(keyword string, e *jsonschema.ValidationError, depth int) {
	number, nearest := 0, []fault(nil)
	for i, cause := range e.Causes {
		inside := explainer{body: x.body}
		inside.add(cause, depth+1)
		if number == 0 || len(inside.faults) < len(nearest) {
			number, nearest = i+1, inside.faults
		}
	}
	want := fmt.Sprintf("one of %d alternatives (number %d is nearest)", len(e.Causes), number)
	x.faults = append(append(x.faults, fault{e.InstanceLocation, depth, keyword, want}), nearest...)
}

// reason says in parentheses what a name lacks.
func reason(e *jsonschema.ValidationError, name string) string {
	inside := explainer{body: name}
	for _, cause := range e.Causes {
		inside.add(cause, 0)
	}
	if len(inside.faults) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", inside.faults[0].keyword, inside.faults[0].want)
}

// owner returns where the object is that has a field. The library's own word for it is wrong where something behind it
// was looked at too, which has written over it.
func (x *explainer) owner(said []string, field string) []string {
	var owners [][]string
	var look func(v any, at []string)
	look = func(v any, at []string) {
		switch v := v.(type) {
		case map[string]any:
			if _, ok := v[field]; ok {
				owners = append(owners, slices.Clone(at))
			}
			for name, inner := range v {
				look(inner, append(at, name))
			}
		case []any:
			for i, inner := range v {
				look(inner, append(at, strconv.Itoa(i)))
			}
		}
	}
	look(x.body, nil)
	if len(owners) == 1 {
		return owners[0]
	}
	return said
}

// plain returns the keyword of an error without causes, and what is wanted.
func plain(k jsonschema.ErrorKind) (keyword, want string) {
	switch k := k.(type) {
	case *kind.Type:
		return "type", strings.Join(k.Want, " or ")
	case *kind.Const:
		return "const", shown(k.Want)
	case *kind.Enum:
		values := make([]string, 0, len(k.Want))
		for _, v := range k.Want {
			values = append(values, shown(v))
		}
		return "enum", "one of " + strings.Join(values, ", ")
	case *kind.Format:
		if k.Want == "regex" {
			return "format", "a regular expression that Go knows (RE2)"
		}
		return "format", "a text in the format " + k.Want
	case *kind.Pattern:
		return "pattern", "a text that matches /" + k.Want + "/"
	case *kind.Minimum:
		return "minimum", "at least " + decimal.Format(k.Want)
	case *kind.Maximum:
		return "maximum", "at most " + decimal.Format(k.Want)
	case *kind.ExclusiveMinimum:
		return "exclusiveMinimum", "more than " + decimal.Format(k.Want)
	case *kind.ExclusiveMaximum:
		return "exclusiveMaximum", "less than " + decimal.Format(k.Want)
	case *kind.MultipleOf:
		return "multipleOf", "a multiple of " + decimal.Format(k.Want)
	case *kind.MinLength:
		return "minLength", bounded("at least", "character", k.Want, k.Got)
	case *kind.MaxLength:
		return "maxLength", bounded("at most", "character", k.Want, k.Got)
	case *kind.MinItems:
		return "minItems", bounded("at least", "item", k.Want, k.Got)
	case *kind.MaxItems:
		return "maxItems", bounded("at most", "item", k.Want, k.Got)
	case *kind.AdditionalItems:
		return "additionalItems", fmt.Sprintf("no more items (the last %d)", k.Count)
	case *kind.UniqueItems:
		return "uniqueItems", fmt.Sprintf("items that all differ (numbers %d and %d are equal)", k.Duplicates[0], k.Duplicates[1])
	case *kind.Contains:
		return "contains", "an item as the schema describes it"
	case *kind.MinContains:
		return "minContains", bounded("at least", "item", k.Want, len(k.Got)) + ", as the schema describes it"
	case *kind.MaxContains:
		return "maxContains", bounded("at most", "item", k.Want, len(k.Got)) + ", as the schema describes it"
	case *kind.MinProperties:
		return "minProperties", bounded("at least", "field", k.Want, k.Got)
	case *kind.MaxProperties:
		return "maxProperties", bounded("at most", "field", k.Want, k.Got)
	case *kind.RefCycle:
		return "$ref", "a schema that does not lead back to itself (this one does, at " + k.KeywordLocation1 + ")"
	default:
		return strings.Join(k.KeywordPath(), "/"), "what the schema says"
	}
}

// bounded writes a number of things that is asked for, and how many there are.
func bounded(bound, noun string, want, got int) string {
	if want != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%s %d %s, not %d", bound, want, noun, got)
}

// shown writes a value of the schema.
func shown(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return pattern.Brief(text)
}

// forbidding returns the keyword by which a schema that allows nothing is where it is.
func forbidding(location string) string {
	_, fragment, _ := strings.Cut(location, "#")
	steps := strings.Split(fragment, "/")
	last := steps[len(steps)-1]
	if len(steps) < 2 {
		return "false"
	}
	around := steps[len(steps)-2]
	if _, err := strconv.Atoi(last); err == nil || around == "properties" || around == "patternProperties" {
		return around
	}
	return last
}
