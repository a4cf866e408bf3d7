// What a schema speaks of.

package schema

import "github.com/santhosh-tekuri/jsonschema/v6"

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
	if len(path) == 0 {
		return true
	}
	seen[s] = true
	here := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Then, s.Else}
	for _, same := range [][]*jsonschema.Schema{here, s.AllOf, s.AnyOf, s.OneOf} {
		for _, other := range same {
			if names(other, path, seen) {
				return true
			}
		}
	}
	inside := []*jsonschema.Schema{s.Properties[path[0]]}
	if path[0] == "" {
		inside = append([]*jsonschema.Schema{s.Items2020}, s.PrefixItems...)
	}
	for _, next := range inside {
		if next != nil && names(next, path[1:], make(map[*jsonschema.Schema]bool)) {
			return true
		}
	}
	return false
}
