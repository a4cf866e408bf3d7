package disk_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/internal/disk"
)

// odd returns the names of a pipe, a socket and a device, by what they are.
func odd(t *testing.T) map[string]string {
	t.Helper()
	// The name of a socket must be short.
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	pipe, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "socket")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return map[string]string{"pipe": pipe, "socket": socket, "device": os.DevNull}
}

func TestWhatIsNoPlainFileIsRefusedByName(t *testing.T) {
	for what, name := range odd(t) {
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(name, link); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(filepath.Dir(name))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		for way, err := range map[string]error{
			"read":                  second(disk.Read(name)),
			"read by a link":        second(disk.Read(link)),
			"opened":                second(disk.Open(name)),
			"opened in its folder":  second(disk.OpenIn(root, filepath.Base(name))),
			"added to":              second(disk.Append(name)),
			"written":               disk.WriteBytes(name, nil),
			"looked at for writing": disk.Writable(name),
		} {
			if want := " is no plain file: it is a " + what; err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("a %s, %s: got %v, want ...%s", what, way, err, want)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestALinkIsReplacedAndNotFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("theirs"), 0o600), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := disk.WriteBytes(link, []byte("ours")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{target: "theirs", link: "ours"} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the link: got %v, %v, want a regular file", info, err)
	}
}

func TestAFolderThatIsALinkIsRefused(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "site")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	want := link + " is a symbolic link"
	if err := disk.Folder(link); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := disk.Folder(filepath.Join(dir, "a", "b")); err != nil {
		t.Error(err)
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name, cause := filepath.Join(dir, "file"), errors.New("disk full")
	if err := disk.WriteBytes(name, []byte("before")); err != nil {
		t.Fatal(err)
	}
	err := disk.Write(name, func(out io.Writer) error {
		fmt.Fprint(out, "half of ")
		return cause
	})
	if !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "before" {
		t.Errorf("got %q, %v, want before", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("got %v, %v in the folder, want the file alone", left, err)
	}
}

func TestWhatIsAddedToAFileStandsBehindWhatWasThere(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"a", "b"} {
		f, err := disk.Append(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, text)
		f.Close()
	}
	if got, err := disk.Read(name); err != nil || string(got) != "ab" {
		t.Errorf("got %q, %v, want ab", got, err)
	}
}
