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

// Unknown returns the error for a name that does not exist: `no channel "shipmets" (did you mean "shipments"? have
// ...)`.
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

// Slip returns the known name that got is a slip of the hand away from, or "": a third of its letters or one, or two
// letters in each other's place. It asks for more than Nearest, since it blames rather than helps. Names that differ in
// their digits only, such as line1 and line2, are no slips of each other.
func Slip(got string, known []string) string {
	known = byDistance(got, slices.DeleteFunc(slices.Clone(known), func(k string) bool {
		return withoutDigits(k) == withoutDigits(got) && k != got
	}))
	for _, k := range known {
		a, b := strings.ToLower(got), strings.ToLower(k)
		if levenshtein.ComputeDistance(a, b) <= max(1, len(k)/3) || swapped(a, b) {
			return k
		}
	}
	return ""
}

func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, text)
}

// swapped holds for texts in which two neighbours have changed places.
func swapped(a, b string) bool {
	for i := 1; i < min(len(a), len(b)); i++ {
		if a[:i-1] == b[:i-1] && a[i-1] == b[i] && a[i] == b[i-1] && a[i+1:] == b[i+1:] {
			return true
		}
	}
	return false
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
