// Package checkout finds this repository on the machine and builds its programs, for tests in any of its folders.
package checkout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Root returns the folder of the repository: the one with go.mod, at or above the folder that the test runs in.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); !errors.Is(err, fs.ErrNotExist) {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatal("no go.mod at or above the folder that this test runs in")
		}
		folder = above
	}
}

// Path returns the path of a file of the repository, which is named as from its root.
func Path(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(Root(t), filepath.FromSlash(name))
}

// Text returns what a file of the repository says.
func Text(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// programs are those that were built in this process, by their packages: functions that return the path.
var programs sync.Map

// Program returns the path of the program that a package of the repository is, "." or "./FOLDER". It is in the
// cache of the go command, so that it is built once for all tests that want it; nobody may change it. Under the
// race detector it has one, too.
func Program(t testing.TB, pkg string) string {
	t.Helper()
	root := Root(t)
	path, _ := programs.LoadOrStore(pkg, sync.OnceValues(func() (string, error) { return program(root, pkg) }))
	build, ok := path.(func() (string, error))
	if !ok {
		t.Fatalf("a program is kept as %T", path)
	}
	built, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func program(root, pkg string) (string, error) {
	// What go run runs stays in the cache from the second time on; what go build writes is linked anew each time.
	for range 2 {
		path, err := ran(root, pkg)
		if err != nil {
			return "", fmt.Errorf("build %s: %w", pkg, err)
		}
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("build %s: the go command has not kept it in its cache", pkg)
}

// ran returns the path that go run runs a package at.
func ran(root, pkg string) (string, error) {
	cmd := exec.Command("go", "run", fmt.Sprintf("-race=%t", raced), "-exec=echo", pkg)
	cmd.Dir = root
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, errs.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// Module copies a module that a test keeps in a folder, and has it require this repository as it is. It returns the
// copy's folder, in which the go command is to be called with -mod=mod.
func Module(t testing.TB, from string) string {
	t.Helper()
	root, dir := Root(t), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	// The sums of Harken's own requirements are the ones that the module needs.
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), []byte(Text(t, "go.sum")), 0o600); err != nil {
		t.Fatal(err)
	}
	edit := exec.CommandContext(t.Context(), "go", "mod", "edit", "-replace=github.com/harken-bdd/harken="+root)
	edit.Dir = dir
	if out, err := edit.CombinedOutput(); err != nil {
		t.Fatalf("go mod edit: %v\n%s", err, out)
	}
	return dir
}
