// A go of the test's own, to see who runs it.

package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FakeGo is a program called go that notes what it is called with, and PATH as it sees it, and stands for a system
// that is ready.
type FakeGo struct {
	Dir   string
	calls string
}

// NewFakeGo writes one into a folder of its own.
func NewFakeGo(t testing.TB) *FakeGo {
	t.Helper()
	dir := t.TempDir()
	f := &FakeGo{dir, filepath.Join(dir, "calls")}
	script := strings.ReplaceAll(`#!/bin/sh
echo "go $*" >>'CALLS'
echo "PATH=$PATH" >>'CALLS'
[ "$1" = run ] || exit 1
echo ready
exec sleep 600
`, "CALLS", f.calls)
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return f
}

// Path is a PATH on which it is the first go.
func (f *FakeGo) Path() string { return f.Dir + string(os.PathListSeparator) + os.Getenv("PATH") }

// Env has variables by which it is the first go, and no account of AWS's is known.
func (f *FakeGo) Env() []string {
	return []string{
		"PATH=" + f.Path(), "HOME=" + f.Dir,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=", "AWS_PROFILE=", "AWS_ENDPOINT_URL=",
	}
}

// Calls returns the lines that it has noted.
func (f *FakeGo) Calls(t testing.TB) []string {
	t.Helper()
	noted, err := os.ReadFile(f.calls)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(noted), func(r rune) bool { return r == '\n' })
}
