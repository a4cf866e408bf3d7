// What a listener has yet to do, and when.

package fault

import (
	"slices"
	"sync"
	"time"
)

// agenda does things at their times, in order and one at a time.
type agenda struct {
	doing sync.Mutex // held while something is done

	mu      sync.Mutex
	entries []entry // by time, and then in the order in which they came
	timer   *time.Timer
	closed  bool
}

type entry struct {
	at time.Time
	do func()
}

// add has do done at its time. It does not wait for it, even where that is past, and may be called while something is
// done.
func (a *agenda) add(at time.Time, do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	a.insert(at, do)
	a.arm()
}

// do does something now, or at its time if that is yet to come, but after all that was due before.
func (a *agenda) do(at time.Time, do func()) {
	a.mu.Lock()
	if !a.closed {
		a.insert(at, do)
	}
	a.mu.Unlock()
	a.settle()
}

// settle does what is due. On return all of it is done.
func (a *agenda) settle() {
	a.doing.Lock()
	defer a.doing.Unlock()
	for do := a.next(); do != nil; do = a.next() {
		do()
	}
}

// close forgets what is yet to do. On return nothing is done any more.
func (a *agenda) close() {
	a.doing.Lock()
	defer a.doing.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed, a.entries = true, nil
	if a.timer != nil {
		a.timer.Stop()
	}
}

func (a *agenda) insert(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(a.entries, at, func(e entry, at time.Time) int {
		if e.at.After(at) {
			return 1
		}
		return -1
	})
	a.entries = slices.Insert(a.entries, i, entry{at, do})
}

// next takes what is due off the agenda. It returns nil, and sets the timer, where nothing is.
func (a *agenda) next() func() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.entries) == 0 {
		return nil
	}
	first := a.entries[0]
	if first.at.After(time.Now()) {
		a.arm()
		return nil
	}
	a.entries[0] = entry{}
	a.entries = a.entries[1:]
	return first.do
}

func (a *agenda) arm() {
	wait := time.Until(a.entries[0].at)
	if a.timer == nil {
		a.timer = time.AfterFunc(wait, a.settle)
		return
	}
	a.timer.Reset(wait)
}
