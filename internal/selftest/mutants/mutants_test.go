package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The mutants themselves take minutes; that their places have moved is known at once.
func TestThePlaceOfEachMutantIsThereOnce(t *testing.T) {
	sources := make(map[string]string)
	for _, m := range all() {
		if sources[m.file] == "" {
			source, err := os.ReadFile(filepath.Join("../../..", m.file))
			if err != nil {
				t.Fatal(err)
			}
			sources[m.file] = string(source)
		}
		if n := strings.Count(sources[m.file], m.old); n != 1 {
			t.Errorf("%s: %s has this %d times, want once: %s", m.why, m.file, n, m.old)
		}
	}
}
