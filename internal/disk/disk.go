// Package disk reads and writes the files that a user names: godog.yml, features, templates, schemas, reports.
//
// What is read must be a plain file. To open a pipe waits for whoever has its other end, a terminal or a device for who
// knows what, and no signal ends that wait. What is written is written beside its place and renamed: it is whole or not
// there, and a link at that place is replaced and never followed, so that whoever may put a link among the reports does
// not say which file of the user's is overwritten.
package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Open opens a file to be read. It never waits.
func Open(name string) (*os.File, error) {
	return open(name, os.O_RDONLY, os.Stat, os.OpenFile)
}

// OpenIn does the same in a folder, which a link cannot lead out of.
func OpenIn(folder *os.Root, name string) (*os.File, error) {
	return open(name, os.O_RDONLY, folder.Stat, folder.OpenFile)
}

// Append opens a file to be added to, which need not be there. It never waits.
func Append(name string) (*os.File, error) {
	return open(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, os.Stat, os.OpenFile)
}

func open(
	name string, flag int,
	stat func(string) (fs.FileInfo, error), open func(string, int, fs.FileMode) (*os.File, error),
) (*os.File, error) {
	// Looked at first: a device may mind being opened.
	if info, err := stat(name); err == nil {
		if err := check(name, info); err != nil {
			return nil, err
		}
	}
	f, err := open(name, flag|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	// And again: it may have been replaced in between.
	info, err := f.Stat()
	if err == nil {
		err = check(name, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Read returns what is in a file.
func Read(name string) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(f)
}

// check returns an error where something is neither a plain file nor a folder, which is no file either and says so
// itself when it is read.
func check(name string, info fs.FileInfo) error {
	if info.Mode().IsRegular() || info.IsDir() {
		return nil
	}
	return fmt.Errorf("%s is no plain file: %s", name, kind(info.Mode()))
}

func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "it is a pipe"
	case mode&fs.ModeSocket != 0:
		return "it is a socket"
	case mode&fs.ModeDevice != 0:
		return "it is a device"
	default:
		return "it is " + mode.Type().String()
	}
}

// Writable says, without changing anything, why a file of that name could not be written.
func Writable(name string) error {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is no file: it is a folder", name)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil // it is replaced, wherever it leads
	default:
		return check(name, info)
	}
}

// Folder makes a folder and those above it. That a link stands in its own place is an error, since what is written into
// it would go elsewhere; those above it may be links.
func Folder(name string) error {
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link, and what is written there would go elsewhere: remove it", name)
	}
	return os.MkdirAll(name, 0o755)
}

// Write writes a file whole or not at all, in place of what is there. After an error that is as it was.
func Write(name string, write func(io.Writer) error) error {
	if err := Writable(name); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// WriteBytes writes a file of that content in the same way.
func WriteBytes(name string, content []byte) error {
	return Write(name, func(out io.Writer) error {
		_, err := out.Write(content)
		return err
	})
}
