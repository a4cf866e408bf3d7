// Package header finds headers by their names, whose case counts only where nothing else tells two of them apart.
package header

import (
	"maps"
	"slices"
	"strings"
)

// Values returns the values of a header: those of exactly this name, or else those of the names that are the same but
// for their case, where all of these have the same values. It returns none where there is no such header, or where they
// differ.
func Values(all map[string][]string, name string) []string {
	if values, ok := all[name]; ok {
		return values
	}
	var found []string
	first := true
	for k, values := range all {
		switch {
		case !strings.EqualFold(k, name):
		case first:
			found, first = values, false
		case !slices.Equal(found, values):
			return nil
		}
	}
	return found
}

// Spellings returns the names that are the same but for their case, sorted.
func Spellings(all map[string][]string, name string) (names []string) {
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if strings.EqualFold(k, name) {
			names = append(names, k)
		}
	}
	return names
}
