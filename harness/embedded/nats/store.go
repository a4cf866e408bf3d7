// The folder in which streams are stored, and what is left of those of processes that were killed.

package nats

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// storePrefix begins the names of the folders, which are in the folder for temporary files.
const storePrefix = "harken-jetstream-"

// store is a folder of its own for as long as its process runs: the system unlocks it however the process ends. So a
// lock tells who is alive where a process id would not, which may be somebody else's by now, or mean nothing in a
// container that shares the folder for temporary files.
type store struct {
	dir  string
	lock *os.File // nil on a file system that has no locks, and so on one where nothing is swept
}

// newStore returns a new folder, and removes those of processes that are gone.
func newStore() (*store, error) {
	sweep()
	for {
		dir, err := os.MkdirTemp("", storePrefix)
		if err != nil {
			return nil, err
		}
		if lock, err := lock(dir); !errors.Is(err, errTaken) {
			return &store{dir, lock}, nil
		}
		// Another process has swept it before it was locked.
	}
}

// remove removes the folder and all in it.
func (s *store) remove() error {
	err := os.RemoveAll(s.dir)
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// sweep removes the folders that nobody has locked. What cannot be removed stays, and harms nobody.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), storePrefix+"*")) // errs on bad patterns only
	for _, dir := range dirs {
		if lock, err := lock(dir); err == nil {
			_ = (&store{dir, lock}).remove()
		}
	}
}

// errTaken says that a folder is another process's, or gone.
var errTaken = errors.New("the folder is in use")

// lock returns what keeps dir, which exists then, until it is closed or the process ends. It does not wait.
func lock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errTaken
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errTaken
	}
	if err == nil {
		err = still(f, dir)
	}
	if err != nil {
		_ = f.Close() // it was opened to be locked
		return nil, err
	}
	return f, nil
}

// still returns nil if f is what is at dir now: whoever had it locked before may have removed it.
func still(f *os.File, dir string) error {
	is, err := os.Stat(dir)
	if err != nil {
		return errTaken
	}
	was, err := f.Stat()
	if err == nil && !os.SameFile(is, was) {
		err = errTaken
	}
	return err
}
