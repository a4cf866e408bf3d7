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
func unreasonable(v any, depth int) (pointer []string, want string) {
	inside := func(token string, v any) bool {
		if pointer, want = unreasonable(v, depth+1); want != "" {
			pointer = slices.Insert(pointer, 0, token)
		}
		return want != ""
	}
	switch v := v.(type) {
	case json.Number:
		if !modest(string(v)) {
			return nil, fmt.Sprintf("a number of at most %d digits and an exponent of at most %d", maxDigits, maxExponent)
		}
	case map[string]any:
		for name, field := range v {
			if inside(name, field) {
				break
			}
		}
	case []any:
		for i, item := range v {
			if inside(strconv.Itoa(i), item) {
				break
			}
		}
	}
	if depth > maxDepth && want == "" {
		return nil, fmt.Sprintf("at most %d levels", maxDepth)
	}
	return pointer, want
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
