// Package name helps whoever wrote a name that does not exist: it says which one was nearest, and which there are.
package name

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// most is how many known names an error lists before it stops.
const most = 12

// Unknown returns the error for a name that does not exist: `no channel "shipmets" (did you mean "shipments"? have ...)`.
func Unknown(noun, got string, known []string) error {
	known = byDistance(got, known)
	switch {
	case len(known) == 0:
		return fmt.Errorf("no %s %q (there is none at all)", noun, got)
	case near(got, known[0]):
		return fmt.Errorf("no %s %q (did you mean %q? have %s)", noun, got, known[0], list(known))
	default:
		return fmt.Errorf("no %s %q (have %s)", noun, got, list(known))
	}
}

// Nearest returns the known name that was probably meant, or "".
func Nearest(got string, known []string) string {
	known = byDistance(got, known)
	if len(known) == 0 || !near(got, known[0]) {
		return ""
	}
	return known[0]
}

func byDistance(got string, known []string) []string {
	distance := make(map[string]int, len(known))
	for _, k := range known {
		distance[k] = levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(k))
	}
	known = slices.Clone(known)
	slices.SortFunc(known, func(a, b string) int {
		if d := distance[a] - distance[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(known)
}

// near holds for names that are a slip of the hand apart: a third of their letters, or two.
func near(got, known string) bool {
	return levenshtein.ComputeDistance(strings.ToLower(got), strings.ToLower(known)) <= max(2, len(known)/3)
}

func list(known []string) string {
	if len(known) > most {
		return strings.Join(known[:most], ", ") + fmt.Sprintf(" and %d more", len(known)-most)
	}
	return strings.Join(known, ", ")
}

// A returns what is shown with "a" or "an" before it, as word is spoken.
func A(word, shown string) string {
	if word != "" && strings.ContainsRune("aeiouAEIOU", rune(word[0])) {
		return "an " + shown
	}
	return "a " + shown
}
