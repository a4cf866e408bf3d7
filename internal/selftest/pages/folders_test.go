package pages_test

import (
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/pages"
	"github.com/harken-bdd/harken/support/lab"
)

// named finds what stands in code in the first cell of a row.
var named = regexp.MustCompile("^\\| (`[^|]*`) \\|")

// firstCells returns what the rows of a section have in code in their first cells: `a`, `b` are two.
func firstCells(p pages.Page, heading string) (all []string) {
	for line := range strings.Lines(p.Section(heading)) {
		if m := named.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			for _, span := range codeSpan.FindAllString(m[1], -1) {
				all = append(all, strings.Trim(span, "`"))
			}
		}
	}
	return all
}

// exists says whether a path is there. NAME in it stands for any name, and so does "...".
func exists(t *testing.T, name string) bool {
	t.Helper()
	pattern := strings.NewReplacer("NAME", "*", "...", "*").Replace(strings.TrimSuffix(name, "/"))
	found, err := filepath.Glob(checkout.Path(t, pattern))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return len(found) > 0
}

func TestThePagesNameFoldersAndFilesThatThereAre(t *testing.T) {
	for _, c := range []struct{ page, heading string }{
		{"docs/architecture.md", "## Folders"},
		{"docs/transports.md", "## The files to touch"},
		{"CONTRIBUTING.md", "## Versions"},
	} {
		found := firstCells(open(t, c.page), c.heading)
		if len(found) < 5 {
			t.Errorf("%s, %s: got %d names, want at least 5: are they found?", c.page, c.heading, len(found))
		}
		for _, name := range found {
			if !exists(t, name) {
				t.Errorf("%s, %s: it names %s, and there is no such file", c.page, c.heading, name)
			}
		}
	}
}

// A package is named by itself, by a folder above it, or by a NAME.
func TestThePageOfTheArchitectureNamesEveryPackage(t *testing.T) {
	rows := firstCells(open(t, "docs/architecture.md"), "## Folders")
	covered := func(folder string) bool {
		return slices.ContainsFunc(rows, func(row string) bool {
			row = strings.TrimSuffix(row, "/")
			if ok, err := path.Match(strings.ReplaceAll(row, "NAME", "*"), folder); err != nil || ok {
				return true
			}
			return row != "harness" && strings.HasPrefix(folder, row+"/")
		})
	}
	top := checkout.Root(t)
	err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != top) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		folder, err := filepath.Rel(top, filepath.Dir(file))
		if folder = filepath.ToSlash(folder); err == nil && folder != "." && !covered(folder) {
			t.Errorf("docs/architecture.md does not name %s, in which is %s", folder, filepath.Base(file))
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePageOfVerdictsHasTheFaultsOfTheLab(t *testing.T) {
	page := open(t, "docs/verdicts.md").Section("## Which faults would your features notice?")
	faults := lab.Faults()
	for _, f := range faults {
		if !strings.Contains(page, "\n| `"+f.Name+"` | "+f.Says) {
			t.Errorf("docs/verdicts.md: got no row for the fault %s, want one that says that an event %s", f.Name, f.Says)
		}
	}
	if got := strings.Count(page, "\n| `"); got != len(faults) {
		t.Errorf("docs/verdicts.md: got %d faults, want %d", got, len(faults))
	}
}
