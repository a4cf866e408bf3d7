// Places: the files and lines that paths mean, and the lines where things stand in a feature.

package plan

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
	"sync"

	messages "github.com/cucumber/messages/go/v21"
)

// target is a place to run: a file or folder, and the lines of the scenarios that are meant (none: all).
type target struct {
	path  string
	lines []int
}

var lineSuffix = regexp.MustCompile(`:(\d{1,9})$`)

// targets finds the feature files below each path, each file once, in order.
func targets(paths []string) ([]target, error) {
	var all []target
	for _, path := range paths {
		var lines []int
		for m := lineSuffix.FindStringSubmatch(path); m != nil; m = lineSuffix.FindStringSubmatch(path) {
			line, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, err
			}
			lines, path = append(lines, line), strings.TrimSuffix(path, m[0])
		}
		files, err := featureFiles(path)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			all = merge(all, target{f, lines})
		}
	}
	return all, nil
}

// Says returns what says whether a text stands in a feature at or below the paths, as far as they can be read. It reads
// them when it is first asked.
func Says(paths []string) func(text string) bool {
	read := sync.OnceValue(func() (texts []string) {
		for _, path := range paths {
			found, _ := targets([]string{path}) // what is wrong with a path is told by Read
			for _, t := range found {
				if info, err := os.Stat(t.path); err != nil || !info.Mode().IsRegular() || info.Size() > maxFeature {
					continue
				}
				if text, err := os.ReadFile(t.path); err == nil {
					texts = append(texts, string(text))
				}
			}
		}
		return texts
	})
	return func(text string) bool {
		return slices.ContainsFunc(read(), func(feature string) bool { return strings.Contains(feature, text) })
	}
}

func merge(all []target, t target) []target {
	i := slices.IndexFunc(all, func(o target) bool { return o.path == t.path })
	switch {
	case i < 0:
		return append(all, t)
	case len(t.lines) == 0 || len(all[i].lines) == 0:
		all[i].lines = nil
	default:
		all[i].lines = append(all[i].lines, t.lines...)
	}
	return all
}

func featureFiles(path string) ([]string, error) {
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no feature file or folder %q", path)
	}
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	var files []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(p, ".feature") {
			files = append(files, p)
		}
		return err
	})
	return files, err
}

// choose marks the scenarios that the tags and lines ask for. A line means the row or the scenario that it is in; one
// before the first scenario means all.
func (f *File) choose(t target, tags expression) {
	for _, s := range f.Scenarios {
		meant := func(line int) bool { return f.meant(s, line) }
		s.Chosen = tags(s.Tags) && (len(t.lines) == 0 || slices.ContainsFunc(t.lines, meant))
	}
}

func (f *File) meant(s *Scenario, line int) bool {
	if line > f.lines {
		return false
	}
	at := 0 // the last scenario that begins at or before the line
	for _, other := range f.Scenarios {
		if other.Line == line {
			return s.Line == line
		}
		if other.begins <= line {
			at = max(at, other.begins)
		}
	}
	return at == 0 || s.begins == at
}

// nodeLines holds lines by the ids of syntax nodes.
type nodeLines struct {
	of     map[string]int // of every scenario, row and step
	begins map[string]int // of every scenario, or of its first tag
}

func linesOf(doc *messages.GherkinDocument) nodeLines {
	lines := nodeLines{of: make(map[string]int), begins: make(map[string]int)}
	if doc.Feature == nil {
		return lines
	}
	steps := func(all []*messages.Step) {
		for _, s := range all {
			lines.of[s.Id] = int(s.Location.Line)
		}
	}
	one := func(b *messages.Background, s *messages.Scenario) {
		if b != nil {
			steps(b.Steps)
		}
		if s == nil {
			return
		}
		lines.of[s.Id] = int(s.Location.Line)
		lines.begins[s.Id] = lines.of[s.Id]
		if len(s.Tags) > 0 {
			lines.begins[s.Id] = int(s.Tags[0].Location.Line)
		}
		steps(s.Steps)
		for _, e := range s.Examples {
			for _, row := range e.TableBody {
				lines.of[row.Id] = int(row.Location.Line)
			}
		}
	}
	for _, child := range doc.Feature.Children {
		one(child.Background, child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				one(inner.Background, inner.Scenario)
			}
		}
	}
	return lines
}
