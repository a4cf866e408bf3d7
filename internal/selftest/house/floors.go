// The floors, and what other modules may stand on.

package house

import (
	"go/ast"
	"slices"
	"strings"
)

// selftest is where lies what proves the module. It sees all, and nobody sees it.
const selftest = "internal/selftest"

// The floors, from below: a folder imports those of its own floor and of lower ones.
const (
	ofInternal = iota
	ofHarness
	ofSupport
	ofSteps
	ofMain
	ofProof
)

// floor returns that of a folder. One that has none yet is above all others.
func floor(folder string) int {
	if folder == selftest || strings.HasPrefix(folder, selftest+"/") {
		return ofProof
	}
	first, _, _ := strings.Cut(folder, "/")
	floors := map[string]int{"internal": ofInternal, "harness": ofHarness, "support": ofSupport, "steps": ofSteps,
		".": ofMain}
	if at, ok := floors[first]; ok {
		return at
	}
	return ofProof
}

// stable returns the packages that other modules may rely on: of the transports and the embedded servers, all that
// harness/transports puts together.
func (h *house) stable() []string {
	all := []string{"harness", "harness/event", "harness/poll", "harness/harnesstest", "steps", "support/run",
		"support/cli", "support/world"}
	for _, folder := range imported(h.product["harness/transports"]) {
		if strings.HasPrefix(folder, "harness/") {
			all = append(all, folder)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(folder string) bool { return len(h.product[folder]) == 0 })
}

// importable says whether another module could import a package.
func importable(folder string, files []*ast.File) bool {
	return len(files) > 0 && files[0].Name.Name != "main" && !slices.Contains(strings.Split(folder, "/"), "internal")
}
