// Bounds of what is looked at: a body may come from anywhere, and one that is absurd must not stop a run.

package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	maxDepth    = 100
	maxDigits   = 1000
	maxExponent = 1000
)

// unreasonable finds what would take too long to look at, and says what is wanted in its place; "" where there is no such
// thing.
func unreasonable(v any) (pointer []string, want string) {
	if deeper(v, maxDepth) {
		return nil, fmt.Sprintf("at most %d levels", maxDepth)
	}
	if pointer, found := immodest(v); found {
		return pointer, fmt.Sprintf("a number of at most %d digits and an exponent of at most %d", maxDigits, maxExponent)
	}
	return nil, ""
}

// deeper says whether a value has more than so many levels of objects and lists.
func deeper(v any, levels int) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, field := range v {
			if levels == 0 || deeper(field, levels-1) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if levels == 0 || deeper(item, levels-1) {
				return true
			}
		}
	}
	return false
}

// immodest returns where the first number is that is not modest.
func immodest(v any) (pointer []string, found bool) {
	switch v := v.(type) {
	case json.Number:
		return nil, !modest(string(v))
	case map[string]any:
		first := ""
		for name, field := range v {
			if inside, ok := immodest(field); ok && (!found || name < first) {
				first, pointer, found = name, inside, true
			}
		}
		if found {
			pointer = slices.Insert(pointer, 0, first)
		}
		return pointer, found
	case []any:
		for i, item := range v {
			if inside, ok := immodest(item); ok {
				return slices.Insert(inside, 0, strconv.Itoa(i)), true
			}
		}
	}
	return nil, false
}

// modest holds for a number that is calculated with in no time.
func modest(number string) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	if len(mantissa) > maxDigits {
		return false
	}
	n, err := strconv.Atoi(exponent)
	return exponent == "" || err == nil && -maxExponent <= n && n <= maxExponent
}
