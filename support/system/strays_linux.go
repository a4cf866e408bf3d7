// Which processes descend from another one, as Linux tells it in /proc.

package system

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process is a line of /proc/PID/stat.
type process struct {
	stray
	parent, group int
	ended         bool // nobody has asked yet how
}

// straysOf returns the descendants of the leader of a group that are not in the group. What a descendant that has ended
// already had started is not found: the kernel does not tell whose it was.
func straysOf(leader int) (all []stray) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // errs on bad patterns only
	children := make(map[int][]process)
	for _, file := range stats {
		if p, ok := readProcess(file); ok {
			children[p.parent] = append(children[p.parent], p)
		}
	}
	var look func(parent int)
	look = func(parent int) {
		for _, p := range children[parent] {
			if p.group != leader && !p.ended {
				all = append(all, p.stray)
			}
			look(p.pid)
		}
	}
	look(leader)
	return all
}

// alive says whether the process has not ended.
func (s stray) alive() bool {
	now, ok := readProcess("/proc/" + strconv.Itoa(s.pid) + "/stat")
	return ok && now.began == s.began && !now.ended
}

// readProcess returns what a file says, which is false of a process that has just ended.
func readProcess(file string) (p process, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return p, false
	}
	// A name in parentheses may hold anything, parentheses and spaces too; behind it there are none.
	number, rest, _ := strings.Cut(string(text), " (")
	end := strings.LastIndexByte(rest, ')')
	if end < 0 {
		return p, false
	}
	const state, parent, group, began = 0, 1, 2, 19
	fields := strings.Fields(rest[end+1:])
	if len(fields) <= began {
		return p, false
	}
	p.name, p.began = strings.ToValidUTF8(rest[:end], "?"), fields[began]
	p.ended = fields[state] == "Z" || fields[state] == "X"
	for _, n := range []struct {
		text string
		to   *int
	}{{number, &p.pid}, {fields[parent], &p.parent}, {fields[group], &p.group}} {
		if *n.to, err = strconv.Atoi(n.text); err != nil {
			return p, false
		}
	}
	return p, true
}
