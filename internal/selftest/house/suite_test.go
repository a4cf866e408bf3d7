// Every transport passes the conformance suite.

package house

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Behind which build tag a transport's tests stand does not count here: .ci/conformance and .ci/aws find them by it.
func TestEveryTransportAsksForTheConformanceSuite(t *testing.T) {
	h := open(t)
	transports := h.transports()
	if len(transports) < 9 {
		t.Errorf("got the transports %q, want at least 9: are they found?", transports)
	}
	for _, folder := range transports {
		if !slices.ContainsFunc(h.tests[folder], asksForTheSuite) {
			t.Errorf("%s: got no test that calls harnesstest.Run, want one: see docs/transports.md", folder)
		}
	}
}

// transports returns the folders of the packages whose transports stand in the table.
func (h *house) transports() (folders []string) {
	for _, file := range h.product["harness/transports"] {
		if filepath.Base(h.fset.Position(file.Pos()).Filename) != "transports.go" {
			continue // of services
		}
		for _, folder := range imported([]*ast.File{file}) {
			if strings.HasPrefix(folder, "harness/") {
				folders = append(folders, folder)
			}
		}
	}
	return folders
}

// asksForTheSuite says whether a file calls harnesstest.Run.
func asksForTheSuite(file *ast.File) (asks bool) {
	if !slices.Contains(imported([]*ast.File{file}), "harness/harnesstest") {
		return false
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Run" {
			of, ok := f.X.(*ast.Ident)
			asks = asks || ok && of.Name == "harnesstest"
		}
		return true
	})
	return asks
}
