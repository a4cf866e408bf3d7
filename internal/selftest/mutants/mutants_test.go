package main

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

// The mutants themselves take minutes; that their places have moved is known at once.
func TestThePlaceOfEachMutantIsThereOnce(t *testing.T) {
	sources := make(map[string]string)
	for _, m := range all() {
		if sources[m.file] == "" {
			sources[m.file] = checkout.Text(t, m.file)
		}
		if n := strings.Count(sources[m.file], m.old); n != 1 {
			t.Errorf("%s: %s has this %d times, want once: %s", m.why, m.file, n, m.old)
		}
	}
}
