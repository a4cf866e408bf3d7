// Package rerun keeps from one run to the next what did not pass. It promises nothing to other modules.
//
// It does so in a file of Cucumber's rerun format, FILE:LINE:LINE a line. Its paths are relative to the folder of
// godog.yml, in which it lies, so that it is the suite's own wherever the run was started.
package rerun

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
)

// File is below the folder of godog.yml.
const File = "reports/rerun.txt"

// begunFile stands beside it from the beginning of a run to its end, in which File is not there: one that is killed
// leaves it, and what it would have said is not known. What is in it tells the run from others.
const begunFile = "reports/rerun.unfinished"

var (
	entry   = regexp.MustCompile(`^(.+?)((?::\d{1,9})+)$`)
	oneLine = regexp.MustCompile(`:\d{1,9}$`)
)

// Run is a run that has begun. A nil one keeps nothing.
type Run struct {
	config *config.Config
	text   string // what begunFile has in it
}

// Begin takes away what the run before left. What this one leaves is not known before it ends.
func Begin(c *config.Config) (*Run, error) {
	r := &Run{
		c, fmt.Sprintf("process %d began at %s and has not ended\n", os.Getpid(), time.Now().Format(time.RFC3339Nano)),
	}
	kept, begun := c.Path(File), c.Path(begunFile)
	err := os.MkdirAll(filepath.Dir(begun), 0o755)
	if err == nil {
		err = disk.Writable(kept)
	}
	if err == nil {
		err = disk.WriteBytes(begun, []byte(r.text))
	}
	if err == nil {
		err = os.Remove(kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what the last run left: %w", err)
	}
	return r, nil
}

// End keeps what did not pass, did not run, or was left by the run before and was not to run in this one.
func (r *Run) End(results report.Run, allowFlaky bool, before *Left) error {
	if r == nil {
		return nil
	}
	left := append(results.Unproved(allowFlaky), before.without(results.Scenarios)...)
	for i := range left {
		left[i].File = relative(r.config.Dir, left[i].File)
	}
	var text strings.Builder
	for _, place := range report.Places(left) {
		text.WriteString(place.String() + "\n")
	}
	file := r.config.Path(File)
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = disk.WriteBytes(file, []byte(text.String()))
	}
	if err == nil {
		err = r.unmark()
	}
	if err != nil {
		return fmt.Errorf("write what to run again: %w", err)
	}
	return nil
}

// unmark takes away what says that the run has not ended, unless another one has begun since.
func (r *Run) unmark() error {
	begun := r.config.Path(begunFile)
	if text, err := disk.Read(begun); err != nil || string(text) != r.text {
		return nil
	}
	return os.Remove(begun)
}

// relative returns a path as seen from a folder, or as it is where it cannot be seen from there.
func relative(folder, path string) string {
	from, err := filepath.Abs(folder)
	if err != nil {
		return path
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(from, to); err == nil {
		return filepath.ToSlash(rel)
	}
	return to
}

// Left is what the last run left. A nil one is nothing that anybody has asked for.
type Left struct {
	places []report.Place
	asked  []string  // the files and folders that are asked for; none: all
	kept   time.Time // when it was written
}

// Read returns what the last run left, as far as it is in the files and folders that are asked for. It is never
// nothing.
func Read(c *config.Config, asked []string) (*Left, error) {
	file := c.Path(File)
	for _, path := range asked {
		if oneLine.MatchString(path) {
			return nil, fmt.Errorf("--rerun: %s: give the file without a line: which of its scenarios run is what the last "+
				"run left", path)
		}
	}
	if info, err := os.Lstat(c.Path(begunFile)); err == nil {
		return nil, fmt.Errorf("--rerun: the run that began at %s has not ended, so what it left is not known: "+
			"run without --rerun", info.ModTime().Format(time.DateTime))
	}
	content, err := disk.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--rerun: %s is not there, so what the last run left is not known: run without --rerun", file)
	}
	if err != nil {
		return nil, fmt.Errorf("--rerun: %w", err)
	}
	l := &Left{asked: asked}
	if l.places, err = parse(file, string(content)); err != nil {
		return nil, err
	}
	if info, err := os.Stat(file); err == nil {
		l.kept = info.ModTime()
	}
	for i := range l.places {
		l.places[i].File = c.Path(filepath.FromSlash(l.places[i].File))
	}
	return l, l.check(file)
}

// check says why there is nothing to run again.
func (l *Left) check(file string) error {
	if len(l.places) == 0 {
		return fmt.Errorf("--rerun: the last run left nothing to run again (%s is empty): run without --rerun", file)
	}
	if !slices.ContainsFunc(l.places, l.asks) {
		return fmt.Errorf("--rerun: the last run left nothing to run again in %s (%s)", strings.Join(l.asked, ", "), file)
	}
	for _, place := range l.places {
		if _, err := os.Stat(place.File); errors.Is(err, fs.ErrNotExist) && l.asks(place) {
			return fmt.Errorf("--rerun: %s is not there any more: run without --rerun", place.File)
		}
	}
	return nil
}

// parse reads the lines of a rerun file.
func parse(file, content string) (all []report.Place, err error) {
	for i, line := range strings.Split(content, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		m := entry.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s:%d: %q is not FILE:LINE", file, i+1, line)
		}
		place := report.Place{File: m[1]}
		for _, digits := range strings.Split(m[2][1:], ":") {
			number, err := strconv.Atoi(digits)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
			place.Lines = append(place.Lines, number)
		}
		all = append(all, place)
	}
	return all, nil
}

// asks says whether a place lies in one of the files and folders that are asked for.
func (l *Left) asks(place report.Place) bool {
	return len(l.asked) == 0 || slices.ContainsFunc(l.asked, func(path string) bool {
		return filepath.IsLocal(filepath.FromSlash(relative(path, place.File)))
	})
}

// Paths returns what was left, as paths of features with lines.
func (l *Left) Paths() (paths []string) {
	for _, place := range l.all() {
		if l.asks(place) {
			paths = append(paths, place.String())
		}
	}
	return paths
}

// Moved finds the lines that no scenario begins at any more.
func (l *Left) Moved(files []*plan.File) (problems []plan.Problem) {
	for _, place := range l.all() {
		i := slices.IndexFunc(files, func(f *plan.File) bool { return f.Path == place.File })
		if i < 0 || files[i].Document == nil {
			continue // not asked for, or told of already
		}
		begins := make(map[int]bool)
		for _, scenario := range files[i].Scenarios {
			begins[scenario.Line] = true
		}
		for _, line := range place.Lines {
			if !begins[line] {
				problems = append(problems, plan.Problem{
					File: place.File, Line: line,
					Text: "no scenario begins here any more; it did not pass in the last run: run the file without --rerun",
				})
			}
		}
	}
	return problems
}

// Edited returns the files that were written after the last run: their lines may mean other scenarios.
func (l *Left) Edited() (files []string) {
	for _, place := range l.all() {
		if info, err := os.Stat(place.File); err == nil && l.asks(place) && info.ModTime().After(l.kept) {
			files = append(files, place.File)
		}
	}
	return files
}

// without returns what was left but for scenarios that have been chosen since.
func (l *Left) without(chosen []report.Scenario) (left []report.Scenario) {
	type place struct {
		file string
		line int
	}
	again := make(map[place]bool)
	for _, sc := range chosen {
		again[place{sc.File, sc.Line}] = true
	}
	for _, before := range l.all() {
		for _, line := range before.Lines {
			if !again[place{before.File, line}] {
				left = append(left, report.Scenario{File: before.File, Line: line})
			}
		}
	}
	return left
}

func (l *Left) all() []report.Place {
	if l == nil {
		return nil
	}
	return l.places
}
