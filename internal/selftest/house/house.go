// Package house reads the module's own source: who imports whom, and what is exported where.
package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is the path of the module that is read.
const module = "github.com/harken-bdd/harken"

// house is the source of a module, by folder ("." is its top).
type house struct {
	product map[string][]*ast.File
	tests   map[string][]*ast.File
	fset    *token.FileSet
}

// read returns the source below a folder. What lies in testdata, or in a folder that the go command passes over, is
// none of it.
func read(top string) (*house, error) {
	h := &house{product: make(map[string][]*ast.File), tests: make(map[string][]*ast.File), fset: token.NewFileSet()}
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != top && hidden(entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		file, err := parser.ParseFile(h.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(top, filepath.Dir(name))
		if err != nil {
			return err
		}
		into := h.product
		if strings.HasSuffix(name, "_test.go") {
			into = h.tests
		}
		folder = filepath.ToSlash(folder)
		into[folder] = append(into[folder], file)
		return nil
	})
	if err == nil && len(h.product) == 0 {
		err = fmt.Errorf("no Go source below %s", top)
	}
	return h, err
}

func hidden(folder string) bool {
	return folder == "testdata" || strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}

// arrow is an import: a folder of the module's that needs another one.
type arrow struct{ from, to string }

func (a arrow) String() string { return a.from + " -> " + a.to }

// arrows returns the imports within the module, in order.
func arrows(files map[string][]*ast.File) []arrow {
	found := make(map[arrow]bool)
	for from, all := range files {
		for _, to := range imported(all) {
			if to != from { // the tests of a package import it
				found[arrow{from, to}] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b arrow) int { return strings.Compare(a.String(), b.String()) })
}

// imported returns the folders of the module that files import.
func imported(files []*ast.File) (folders []string) {
	for _, file := range files {
		for _, spec := range file.Imports {
			if name := strings.Trim(spec.Path.Value, `"`); name == module || strings.HasPrefix(name, module+"/") {
				folders = append(folders, path.Join(".", strings.TrimPrefix(name, module)))
			}
		}
	}
	return folders
}

// cycles returns what imports each other in a circle, of the folders that lie side by side: a folder stands for all
// that is below it, and the package in a folder for itself (".").
func cycles(of []arrow) (found []string) {
	graphs := make(map[string]map[string][]string) // by the folder in which they lie side by side
	for _, a := range of {
		parent, from, to := part(a.from, a.to)
		if graphs[parent] == nil {
			graphs[parent] = make(map[string][]string)
		}
		graphs[parent][from] = append(graphs[parent][from], to)
	}
	for _, parent := range slices.Sorted(maps.Keys(graphs)) {
		told := make(map[string]bool)
		for _, start := range slices.Sorted(maps.Keys(graphs[parent])) {
			way := back(graphs[parent], start, start, make(map[string]bool))
			if way == nil || told[start] {
				continue
			}
			slices.Reverse(way)
			for _, folder := range way {
				told[folder] = true
			}
			found = append(found, fmt.Sprintf("in %s: %s", parent, strings.Join(append(way, start), " -> ")))
		}
	}
	return found
}

// part returns the folder in which two others part, and the two folders in it that lead to them.
func part(a, b string) (parent, first, second string) {
	as, bs := split(a), split(b)
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return path.Join(append([]string{"."}, as[:n]...)...), next(as, n), next(bs, n)
}

// split returns the folders that lead to one. What proves the module is no part of what the product stands on.
func split(folder string) []string {
	switch {
	case folder == ".":
		return nil
	case folder == selftest:
		return []string{selftest}
	case strings.HasPrefix(folder, selftest+"/"):
		return append([]string{selftest}, strings.Split(strings.TrimPrefix(folder, selftest+"/"), "/")...)
	default:
		return strings.Split(folder, "/")
	}
}

func next(folders []string, n int) string {
	if n == len(folders) {
		return "."
	}
	return folders[n]
}

// back returns the way by which one comes from a folder to another, the last step first, or nil.
func back(graph map[string][]string, from, to string, seen map[string]bool) []string {
	for _, next := range graph[from] {
		if next == to {
			return []string{from}
		}
		if seen[next] {
			continue
		}
		seen[next] = true
		if way := back(graph, next, to, seen); way != nil {
			return append(way, from)
		}
	}
	return nil
}

// name is something that a package exports.
type name struct {
	name       string // "Table.For" of a method
	at         token.Position
	documented bool
}

// names returns what files export: package-level names, and the methods of exported types, of interfaces as well.
func (h *house) names(files []*ast.File) (all []name) {
	add := func(at token.Pos, text string, comments ...*ast.CommentGroup) {
		documented := slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c.Text() != "" })
		all = append(all, name{text, h.fset.Position(at), documented})
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if of := receiver(d); d.Name.IsExported() && (of == "" || ast.IsExported(of)) {
					add(d.Pos(), strings.TrimPrefix(of+"."+d.Name.Name, "."), d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					specNames(d, spec, add)
				}
			}
		}
	}
	return all
}

// specNames adds what a declaration of types, constants or variables exports.
func specNames(d *ast.GenDecl, spec ast.Spec, add func(token.Pos, string, ...*ast.CommentGroup)) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() {
				add(n.Pos(), n.Name, s.Doc, s.Comment, d.Doc)
			}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return
		}
		add(s.Pos(), s.Name.Name, s.Doc, s.Comment, d.Doc)
		methods, ok := s.Type.(*ast.InterfaceType)
		if !ok {
			return
		}
		for _, m := range methods.Methods.List {
			for _, n := range m.Names {
				add(n.Pos(), s.Name.Name+"."+n.Name, m.Doc, m.Comment)
			}
		}
	}
}

// receiver returns the type that a method is of, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// comment returns the first paragraph of the package comment of files, in one line.
func comment(files []*ast.File) string {
	for _, file := range files {
		if text := file.Doc.Text(); text != "" {
			first, _, _ := strings.Cut(text, "\n\n")
			return strings.Join(strings.Fields(first), " ")
		}
	}
	return ""
}

// top returns the folder of the module's go.mod, above the working directory.
func top() (string, error) {
	folder, err := os.Getwd()
	for ; err == nil; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
	}
	return "", err
}
