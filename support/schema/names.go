// What a schema speaks of.

package schema

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Names says whether the schema names the field that a path leads to, from the whole body on. "" stands for an item of a
// list, whichever.
func (s *Schema) Names(path []string) bool {
	return names(s.compiled, path, make(map[*jsonschema.Schema]bool))
}

// names goes on through references and alternatives, through each once at the same place.
func names(s *jsonschema.Schema, path []string, seen map[*jsonschema.Schema]bool) bool {
	if s == nil || seen[s] {
		return false
	}
	if len(path) == 0 || s.Bool != nil && !*s.Bool { // what must not be there is known, and all that would be in it
		return true
	}
	seen[s] = true
	for _, other := range alternatives(s) {
		if names(other, path, seen) {
			return true
		}
	}
	for _, next := range inside(s, path[0]) {
		if names(next, path[1:], make(map[*jsonschema.Schema]bool)) {
			return true
		}
	}
	return false
}

// alternatives are the schemas that are about the same value.
func alternatives(s *jsonschema.Schema) []*jsonschema.Schema {
	return slices.Concat([]*jsonschema.Schema{s.Ref, s.RecursiveRef, s.If, s.Then, s.Else}, s.AllOf, s.AnyOf, s.OneOf)
}

// inside returns the schemas of a field, or with "" those of the items.
func inside(s *jsonschema.Schema, field string) []*jsonschema.Schema {
	if field == "" {
		items := append([]*jsonschema.Schema{s.Items2020}, s.PrefixItems...)
		switch older := s.Items.(type) { // of drafts before 2020-12
		case *jsonschema.Schema:
			items = append(items, older)
		case []*jsonschema.Schema:
			items = append(items, older...)
		}
		return items
	}
	return []*jsonschema.Schema{s.Properties[field]}
}

// Fields returns the names of the fields that the schema has in the place that a path leads to, sorted. "" in it stands for an item
// of a list, whichever.
func (s *Schema) Fields(path []string) []string {
	found := make(map[string]bool)
	collect(s.compiled, path, make(map[*jsonschema.Schema]bool), found)
	return slices.Sorted(maps.Keys(found))
}

func collect(s *jsonschema.Schema, path []string, seen map[*jsonschema.Schema]bool, found map[string]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for _, other := range alternatives(s) {
		collect(other, path, seen, found)
	}
	if len(path) == 0 {
		for field := range s.Properties {
			found[field] = true
		}
		return
	}
	for _, next := range inside(s, path[0]) {
		collect(next, path[1:], make(map[*jsonschema.Schema]bool), found)
	}
}
