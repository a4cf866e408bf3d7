// Which mutants are tried.

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// choice says which mutants are tried; the zero value says all.
type choice struct {
	only string // those whose description has this text
	base string // those of which a package whose tests may notice them has changed since this commit
	part string // "I/N": every Nth, from the Ith on
}

// of returns those of all that are chosen, in their order.
func (c choice) of(ctx context.Context, all []mutant) ([]mutant, error) {
	first, every, err := parsePart(c.part)
	if err != nil {
		return nil, err
	}
	changed := func(mutant) bool { return true }
	if c.base != "" {
		if changed, err = changedSince(ctx, c.base); err != nil {
			return nil, err
		}
	}
	var chosen []mutant
	for i, m := range all {
		if i%every == first && strings.Contains(m.why, c.only) && changed(m) {
			chosen = append(chosen, m)
		}
	}
	return chosen, nil
}

func parsePart(text string) (first, every int, err error) {
	if text == "" {
		return 0, 1, nil
	}
	if n, err := fmt.Sscanf(text, "%d/%d", &first, &every); err != nil || n != 2 || first < 0 || first >= every {
		return 0, 0, fmt.Errorf("part %q: want I/N, where I is from 0 to N-1", text)
	}
	return first, every, nil
}

// changedSince returns what says whether one of the packages whose tests may notice a mutant, its own among them, has
// changed since a commit.
func changedSince(ctx context.Context, base string) (func(mutant) bool, error) {
	out, err := exec.CommandContext(ctx, "git", "diff", "--name-only", base, "--", "*.go").Output()
	if err != nil {
		return nil, fmt.Errorf("what has changed since %s: %w (want a commit that is here)", base, err)
	}
	return besides(strings.Fields(string(out))), nil
}

// besides returns what says whether one of these files is in a package whose tests may notice a mutant.
func besides(files []string) func(mutant) bool {
	folders := make(map[string]bool)
	for _, file := range files {
		folders[path.Dir(file)] = true
	}
	return func(m mutant) bool {
		return slices.ContainsFunc(m.tests(), func(r run) bool { return folders[strings.TrimPrefix(r.pkg, "./")] })
	}
}
