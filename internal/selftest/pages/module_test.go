package pages_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/pages"
)

// module is the folder of the module of an engineer's own that docs/extending.md shows, and that is compiled and run.
const module = "support/run/testdata/library/"

// Whoever copies the blocks into an empty folder has the module: go.mod is what the commands make that the page begins
// with.
func TestTheModuleOfOnesOwnIsShownWhole(t *testing.T) {
	blocks, _ := open(t, "docs/extending.md").Blocks()
	folder := checkout.Path(t, module)
	err := filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "go.mod" {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		mark := "from " + module + filepath.ToSlash(name)
		i := slices.IndexFunc(blocks, func(b pages.Block) bool { return b.Mark == mark })
		if i < 0 {
			t.Errorf("docs/extending.md: got no block with <!-- %s --> before it, want one", mark)
			return nil
		}
		if got := blocks[i].Text(); got != string(want) {
			t.Errorf("docs/extending.md:%d: got\n%s\nwant it as it stands in %s", blocks[i].Line, got, mark)
		}
		prose := strings.Join(open(t, "docs/extending.md").Lines, "\n")
		if !strings.Contains(prose, "`"+filepath.ToSlash(name)+"`") {
			t.Errorf("docs/extending.md does not say that %s is the name of a file", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
