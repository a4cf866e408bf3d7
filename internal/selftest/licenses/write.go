package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/licenseclassifier/v2/assets"
)

const about = `What Harken's programs are built from beside its own code, and under which licenses that is. Whoever passes such a program on
passes this file on with it.

The source of each module is that of its version, where its path says; what is under MPL-2.0 has not been changed.

Written by: make licenses
`

// write writes the modules, and then each text once, with the modules that have it.
func write(w io.Writer, modules []*module) error {
	known, err := assets.DefaultClassifier()
	if err != nil {
		return err
	}
	fmt.Fprint(w, about, "\n")
	for _, m := range modules {
		of, err := m.licenses(known)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: %s\n", m.name(), strings.Join(of, ", "))
	}
	texts, owners := texts(modules)
	for _, text := range texts {
		fmt.Fprintf(w, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(owners[text], "\n"), text)
	}
	return nil
}

// texts returns all that is to be passed on in the order of the modules, and whose each is.
func texts(modules []*module) (all []string, owners map[string][]string) {
	owners = make(map[string][]string)
	for _, m := range modules {
		for _, path := range slices.Sorted(maps.Keys(m.texts)) {
			text := m.texts[path]
			if owners[text] == nil {
				all = append(all, text)
			}
			owners[text] = append(owners[text], m.path+" "+path)
		}
	}
	return all, owners
}
