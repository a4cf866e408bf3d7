// Slips: fields that are not there, and the ones that were perhaps meant.

package pattern

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/internal/header"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
	"github.com/harken-bdd/harken/internal/name"
)

// Slip returns the field or header of d that was perhaps meant where m found nothing, or "" where none is like it.
func (m Miss) Slip(d *Doc) string {
	if !m.Missing() {
		return ""
	}
	p := m.evidence.path
	if attribute, ok := d.asAttribute(p); ok {
		return attribute
	}
	if p.Part == jsonpath.InHeader {
		wanted, known := d.headersLike(p)
		slip, _ := Apart(name.Nearest(wanted, known), wanted)
		if slip != "" && p.IsAttribute() {
			return "attribute " + slip
		}
		return slip
	}
	last := len(p.Steps) - 1
	if p.Part != jsonpath.InBody || last < 0 || p.Steps[last].Index != jsontext.Field {
		return ""
	}
	in, err := d.JSON()
	if err != nil {
		return ""
	}
	for _, v := range d.Select(in, p.Steps[:last]) {
		if object, ok := v.JSON.(map[string]any); ok {
			slip, _ := Apart(name.Nearest(p.Steps[last].Name, slices.Collect(maps.Keys(object))), p.Steps[last].Name)
			return slip
		}
	}
	return ""
}

// headersLike returns the name that a path to a header asks for, and those that d has: of attributes the names of
// attributes.
func (d *Doc) headersLike(p jsonpath.Path) (wanted string, known []string) {
	if !p.IsAttribute() {
		return p.Header, slices.Collect(maps.Keys(d.Headers))
	}
	for header := range d.Headers {
		if attribute, ok := strings.CutPrefix(header, jsonpath.AttributePrefix); ok {
			known = append(known, attribute)
		}
	}
	return strings.TrimPrefix(p.Header, jsonpath.AttributePrefix), known
}

// asAttribute returns how an attribute of a CloudEvent is written, an extension say, whose name stands for a field that
// is not there.
func (d *Doc) asAttribute(p jsonpath.Path) (written string, ok bool) {
	if !d.CloudEvent || p.Part != jsonpath.InBody || p.Absolute() || len(p.Steps) == 0 {
		return "", false
	}
	name := p.Steps[len(p.Steps)-1].Name
	_, ok = d.Headers[jsonpath.AttributePrefix+name]
	return "attribute " + name, ok && name == p.Text
}

// Near says whether p leads to something in d, and where it does not what was perhaps meant: the path with a name that
// is a slip of the hand away, or as it is written where lists, fields of objects and JSON in texts are; "" where
// nothing is like it. root is where plain field names start, for how it is shown.
func (d *Doc) Near(p jsonpath.Path, root string) (there bool, near string) {
	p = p.In(&d.Doc)
	switch p.Part {
	case jsonpath.InHeader:
		if len(header.Spellings(d.Headers, p.Header)) > 0 {
			return true, ""
		}
		wanted, known := d.headersLike(p)
		slip := name.Slip(wanted, known)
		if slip == "" {
			return false, ""
		}
		shown, _ := Apart(slip, wanted)
		if p.IsAttribute() {
			return false, "attribute " + shown
		}
		return false, "header " + shown
	case jsonpath.InBody:
		in, err := d.JSON()
		if err != nil {
			return false, ""
		}
		there, meant := d.near(in, p.Steps, nil)
		if attribute, ok := d.asAttribute(p); ok && !there {
			return false, attribute
		}
		if meant == nil {
			return there, ""
		}
		base, err := jsonpath.ParseRoot(root)
		if err != nil || len(base) > len(meant) || p.Absolute() {
			return there, "$" + jsonpath.FormatSteps(meant)
		}
		shown, _ := Apart(jsonpath.Format(meant, len(base)), p.Text)
		return there, shown
	default:
		return true, ""
	}
}

// near goes on from a value that the steps before lead to, and returns the steps that were perhaps meant.
func (d *Doc) near(in any, steps, before []jsontext.Step) (there bool, meant []jsontext.Step) {
	for i, s := range steps {
		rest := steps[i+1:]
		if s.Many() {
			for _, v := range d.Select(in, steps[i:i+1]) {
				thereToo, meantToo := d.near(v.JSON, rest, append(slices.Clip(before), s))
				there = there || thereToo
				if meant == nil {
					meant = meantToo
				}
			}
			if _, isObject := in.(map[string]any); isObject && s.Index == jsontext.Each {
				meant = slices.Concat(before, []jsontext.Step{{Index: jsontext.Any}}, rest)
			}
			return there, meant
		}
		next, found := d.Child(in, s)
		if !found {
			return false, d.instead(in, s, rest, before)
		}
		in, before = next, append(slices.Clip(before), s)
	}
	return true, nil
}

// instead returns the way that was perhaps meant where a value has nothing in the place that s leads to.
func (d *Doc) instead(in any, s jsontext.Step, rest, before []jsontext.Step) []jsontext.Step {
	switch in := in.(type) {
	case map[string]any:
		if s.Index != jsontext.Field { // a list was looked for, or JSON in a text, and it is an object already
			return slices.Concat(before, rest)
		}
		if slip := name.Slip(s.Name, slices.Collect(maps.Keys(in))); slip != "" {
			return slices.Concat(before, []jsontext.Step{{Name: slip, Index: jsontext.Field}}, rest)
		}
	case []any:
		if s.Index != jsontext.Field {
			return nil
		}
		if i, err := strconv.Atoi(s.Name); err == nil && i >= 0 {
			return slices.Concat(before, []jsontext.Step{{Index: i}}, rest)
		}
		return slices.Concat(before, []jsontext.Step{{Index: jsontext.Each}, s}, rest)
	case string:
		inside, err := d.Inside(in)
		_, isObject := inside.(map[string]any)
		_, isList := inside.([]any)
		if err == nil && s.Index != jsontext.Inner && (isObject || isList) {
			return slices.Concat(before, []jsontext.Step{{Index: jsontext.Inner}, s}, rest)
		}
	}
	return nil
}

// Absences returns the paths at which p takes it that nothing is there.
func (p Pattern) Absences() (all []jsonpath.Path) {
	for _, c := range p.checks {
		if list, ok := c.test.(items); ok {
			for _, i := range list {
				for _, inside := range (Pattern{checks: i.checks}).Absences() {
					inside.Steps = slices.Concat(c.path.Steps, []jsontext.Step{{Index: jsontext.Each}}, inside.Steps)
					inside.Text = c.path.Text + "[*]" + inside.Text
					all = append(all, inside)
				}
			}
			continue
		}
		if (c.path.Part == jsonpath.InBody || c.path.Part == jsonpath.InHeader) && c.test.match(jsonpath.Value{}) {
			all = append(all, c.path)
		}
	}
	return all
}
