// What did not pass, kept from one run to the next: a file in Cucumber's rerun format, FILE:LINE:LINE a line. Its paths are
// relative to the folder of godog.yml, in which it lies, so that it is the suite's own wherever the run was started.

package run

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
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/report"
)

// rerunFile is below the folder of godog.yml.
const rerunFile = "reports/rerun.txt"

// begunFile stands beside it from the beginning of a run to its end, in which rerunFile is not there: one that is killed leaves it,
// and what it would have said is not known. What is in it tells the run from others.
const begunFile = "reports/rerun.unfinished"

var (
	rerunLine = regexp.MustCompile(`^(.+?)((?::\d{1,9})+)$`)
	oneLine   = regexp.MustCompile(`:\d{1,9}$`)
)

// begin takes away what the run before left. What this one leaves is not known before it ends.
func (p *prepared) begin() error {
	if len(p.Formats) == 0 {
		return nil
	}
	p.begun = fmt.Sprintf("process %d began at %s and has not ended\n", os.Getpid(), time.Now().Format(time.RFC3339Nano))
	kept, begun := p.config.Path(rerunFile), p.config.Path(begunFile)
	err := os.MkdirAll(filepath.Dir(begun), 0o755)
	if err == nil {
		err = disk.Writable(kept)
	}
	if err == nil {
		err = disk.WriteBytes(begun, []byte(p.begun))
	}
	if err == nil {
		err = os.Remove(kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what the last run left: %w", err)
	}
	return nil
}

// ended takes away what says that the run has not ended, unless another one has begun since.
func (p *prepared) ended() error {
	begun := p.config.Path(begunFile)
	if text, err := disk.Read(begun); err != nil || string(text) != p.begun {
		return nil
	}
	return os.Remove(begun)
}

// unbegun is a run of which no scenario has begun.
func (s *session) unbegun() (r report.Run) {
	for _, planned := range s.plan.Chosen() {
		r.Scenarios = append(r.Scenarios, report.Scenario{File: planned.File.Path, Line: planned.Line, Verdict: expect.Inconclusive})
	}
	return r
}

// writeRerun keeps what did not pass, did not run, or was left by the run before and was not to run in this one.
func (s *session) writeRerun(r report.Run) error {
	if len(s.Formats) == 0 {
		return nil
	}
	type place struct {
		file string
		line int
	}
	chosen := make(map[place]bool)
	for _, sc := range r.Scenarios {
		chosen[place{sc.File, sc.Line}] = true
	}
	left := r.Unproved(s.AllowFlaky)
	for _, before := range s.rerun {
		for _, line := range before.Lines {
			if !chosen[place{before.File, line}] {
				left = append(left, report.Scenario{File: before.File, Line: line})
			}
		}
	}
	for i := range left {
		left[i].File = relative(s.config.Dir, left[i].File)
	}
	var text strings.Builder
	for _, place := range report.Places(left) {
		text.WriteString(place.String() + "\n")
	}
	file := s.config.Path(rerunFile)
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = disk.WriteBytes(file, []byte(text.String()))
	}
	if err == nil {
		err = s.ended()
	}
	if err != nil {
		return fmt.Errorf("write what to run again: %w", err)
	}
	return nil
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

// readRerun returns what the last run left, as far as it is in the files and folders that are asked for. It is never nothing.
func (s Suite) readRerun(c *config.Config) ([]report.Place, error) {
	file := c.Path(rerunFile)
	for _, path := range s.Paths {
		if oneLine.MatchString(path) {
			return nil, fmt.Errorf("--rerun: %s: give the file without a line: which of its scenarios run is what the last run left", path)
		}
	}
	if info, err := os.Lstat(c.Path(begunFile)); err == nil {
		return nil, fmt.Errorf("--rerun: the run that began at %s has not ended, so what it left is not known: run without --rerun", info.ModTime().Format(time.DateTime))
	}
	content, err := disk.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--rerun: %s is not there, so what the last run left is not known: run without --rerun", file)
	}
	if err != nil {
		return nil, fmt.Errorf("--rerun: %w", err)
	}
	all, err := parseRerun(file, string(content))
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("--rerun: the last run left nothing to run again (%s is empty): run without --rerun", file)
	}
	for i := range all {
		all[i].File = c.Path(filepath.FromSlash(all[i].File))
	}
	if len(s.Paths) > 0 && !slices.ContainsFunc(all, s.asked) {
		return nil, fmt.Errorf("--rerun: the last run left nothing to run again in %s (%s)", strings.Join(s.Paths, ", "), file)
	}
	for _, place := range all {
		if _, err := os.Stat(place.File); errors.Is(err, fs.ErrNotExist) && s.asked(place) {
			return nil, fmt.Errorf("--rerun: %s is not there any more: run without --rerun", place.File)
		}
	}
	return all, nil
}

// parseRerun reads the lines of a rerun file.
func parseRerun(file, content string) (all []report.Place, err error) {
	for i, line := range strings.Split(content, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		m := rerunLine.FindStringSubmatch(line)
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

// asked says whether a place lies in one of the files and folders that are asked for.
func (s Suite) asked(place report.Place) bool {
	return len(s.Paths) == 0 || slices.ContainsFunc(s.Paths, func(path string) bool {
		return filepath.IsLocal(filepath.FromSlash(relative(path, place.File)))
	})
}

// again returns the paths of what the last run left.
func (p *prepared) again() (paths []string) {
	for _, place := range p.rerun {
		if p.asked(place) {
			paths = append(paths, place.String())
		}
	}
	return paths
}

// moved finds the lines that no scenario begins at any more.
func (p *prepared) moved() (problems []Problem) {
	for _, place := range p.rerun {
		i := slices.IndexFunc(p.plan.Files, func(f *plan.File) bool { return f.Path == place.File })
		if i < 0 || p.plan.Files[i].Document == nil {
			continue // not asked for, or told of already
		}
		begins := make(map[int]bool)
		for _, scenario := range p.plan.Files[i].Scenarios {
			begins[scenario.Line] = true
		}
		for _, line := range place.Lines {
			if !begins[line] {
				problems = append(problems, Problem{
					File: place.File, Line: line, Text: "no scenario begins here any more; it did not pass in the last run: run the file without --rerun",
				})
			}
		}
	}
	return problems
}

// edited says which files were written after the last run: their lines may mean other scenarios.
func (p *prepared) edited() (files []string) {
	for _, place := range p.rerun {
		if info, err := os.Stat(place.File); err == nil && p.asked(place) && info.ModTime().After(p.kept) {
			files = append(files, place.File)
		}
	}
	return files
}
