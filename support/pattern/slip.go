// Slips: fields that are not there, and the ones that were perhaps meant.

package pattern

import (
	"maps"
	"slices"

	"github.com/harken-bdd/harken/support/name"
	"github.com/harken-bdd/harken/support/pattern/internal/jsontext"
)

// Slip returns the field or header of d that was perhaps meant where m found nothing, or "" where none is like it.
func (m Miss) Slip(d *Doc) string {
	if !m.Missing() {
		return ""
	}
	p := m.evidence.path
	if p.place == inHeader {
		return name.Nearest(p.header, slices.Collect(maps.Keys(d.Event().Headers)))
	}
	last := len(p.steps) - 1
	if p.place != inBody || last < 0 || p.steps[last].Index != jsontext.Field {
		return ""
	}
	in, err := d.JSON()
	if err != nil {
		return ""
	}
	for _, v := range d.selected(in, p.steps[:last], nil) {
		if object, ok := v.json.(map[string]any); ok {
			return name.Nearest(p.steps[last].Name, slices.Collect(maps.Keys(object)))
		}
	}
	return ""
}
