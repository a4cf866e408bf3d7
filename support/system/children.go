// What was started and has not ended: so that it can be killed where nobody waits for its end any more.

package system

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// errOver is the error of what is started when all children have been killed.
var errOver = errors.New("nothing is started any more: the run was interrupted twice")

// Children are the processes that were started and have not ended, systems and commands. The zero value has none yet,
// and nil never has any. The methods may be called concurrently.
type Children struct {
	mu     sync.Mutex
	pids   map[int]bool // each leads a group of its own
	killed bool
}

// add takes in a process that was started, and kills it where it is too late.
func (c *Children) add(pid int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.killed {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // it may have ended already
	}
	if c.pids == nil {
		c.pids = make(map[int]bool)
	}
	c.pids[pid] = true
}

func (c *Children) remove(pid int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pids, pid)
}

// over says whether Kill was called.
func (c *Children) over() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.killed
}

// Kill kills all of them with their groups, at once, and what is started later as soon as it is. Its error names what
// outlives that, by its process id: what has left its group for a session of its own.
func (c *Children) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed = true
	var left []stray
	for pid := range c.pids {
		left = append(left, straysOf(pid)...)
		_ = syscall.Kill(-pid, syscall.SIGKILL) // it may have ended already
	}
	return outlived(left)
}

// stray is a process that descends from one that was started, and is not in its group: no signal to the group reaches
// it.
type stray struct {
	pid   int
	name  string
	began string // when it was started, which tells it from a later one of the same number
}

// outlived returns an error that names those that have not ended, nil where all have. They have a moment for it: a
// program may end by itself when what started it has.
func outlived(all []stray) error {
	deadline := time.NewTimer(stdinGrace)
	defer deadline.Stop()
	again := time.NewTicker(probeInterval)
	defer again.Stop()
	for {
		var errs []error
		for _, s := range all {
			if s.alive() {
				errs = append(errs, fmt.Errorf("process %d (%s) has left the process group of what had started it, and still runs: kill %d", s.pid, s.name, s.pid))
			}
		}
		if len(errs) == 0 {
			return nil
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return errors.Join(errs...)
		}
	}
}
