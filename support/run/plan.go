// The plan of a run: which scenarios there are, which are chosen, what they need, and what is wrong with them. All of
// it is known before anything is started.

package run

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/world"
)

// maxFeature is how long a feature file may be, in bytes.
const maxFeature = 16 << 20

// scenario is a scenario, or a row of an outline's Examples, as the plan knows it.
type scenario struct {
	file    *featureFile
	node    int // the number of its syntax node, counted within its file
	line    int // of the scenario, or of the row
	begins  int // the line of the scenario itself, or of its first tag
	name    string
	tags    []string
	chosen  bool
	listens []string
	ahead   []world.Ahead
	custom  bool // it has steps that are not Harken's
	// problems are what is wrong with its steps, by the step's text, where the scenario can be run all the same and
	// fails then: an undefined or an ambiguous step.
	problems map[string]string
}

// featureFile is one parsed file.
type featureFile struct {
	path      string
	name      string // of the feature
	lines     int
	nodes     int // how many syntax nodes the parser has numbered
	scenarios []*scenario
	used      map[string]bool // the events that its steps name
	problems  []Problem
}

// Problem is something wrong with godog.yml or a feature.
type Problem struct {
	File string
	Line int
	Text string
	// Soft says that the features can be run all the same: a scenario with an undefined or ambiguous step then fails, and
	// one that is not chosen does no harm.
	Soft bool
	// Remark says that it is nothing wrong, but worth knowing.
	Remark bool
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// plan holds all files, in the order in which godog is to read them.
type plan struct {
	files    []*featureFile
	problems []Problem
}

// chosen returns how many scenarios are to run.
func (p *plan) chosen() (n int) {
	for _, f := range p.files {
		for _, s := range f.scenarios {
			if s.chosen {
				n++
			}
		}
	}
	return n
}

// needs returns the channels that chosen scenarios listen to.
func (p *plan) listens() (channels []string) {
	for _, f := range p.files {
		for _, s := range f.scenarios {
			for _, c := range s.listens {
				if s.chosen && !slices.Contains(channels, c) {
					channels = append(channels, c)
				}
			}
		}
	}
	return channels
}

// trim leaves out the files of which nothing is chosen.
func (p *plan) trim() {
	p.files = slices.DeleteFunc(p.files, func(f *featureFile) bool {
		return !slices.ContainsFunc(f.scenarios, func(s *scenario) bool { return s.chosen })
	})
}

// index has scenarios by the id of their syntax node.
type index map[string]*scenario

// of returns the scenario that godog runs, or nil.
func (x index) of(p *messages.Pickle) *scenario { return x[p.AstNodeIds[len(p.AstNodeIds)-1]] }

// index returns the scenarios by the id that godog's parser will give to their syntax node: it numbers the nodes of all
// files one after the other.
func (p *plan) index() index {
	byNode := make(index)
	base := 0
	for _, f := range p.files {
		for _, s := range f.scenarios {
			byNode[strconv.Itoa(base+s.node)] = s
		}
		base += f.nodes
	}
	return byNode
}

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

// read parses and rehearses the files, two at a time where there are two processors.
func read(all []target, tags tagExpression, r *rehearsal) *plan {
	p := &plan{files: make([]*featureFile, len(all))}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wg.Go(func() {
			for i := range next {
				p.files[i] = readFile(all[i], tags, r)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, f := range p.files {
		p.problems = append(p.problems, f.problems...)
	}
	return p
}

func readFile(t target, tags tagExpression, r *rehearsal) *featureFile {
	f := &featureFile{path: t.path, used: make(map[string]bool)}
	content, err := os.ReadFile(t.path)
	if err == nil && len(content) > maxFeature {
		err = fmt.Errorf("longer than %d MiB", maxFeature>>20)
	}
	if err != nil {
		f.problems = append(f.problems, Problem{File: t.path, Text: err.Error()})
		return f
	}
	if f.problems = unreadable(t.path, content); len(f.problems) > 0 {
		return f
	}
	ids := &messages.Incrementing{}
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(content), ids.NewId)
	if err != nil {
		f.problems = append(f.problems, syntaxProblems(t.path, err)...)
		return f
	}
	f.problems = append(f.problems, r.swallowed(t.path, content, doc)...)
	lines := linesOf(doc)
	pickles := gherkin.Pickles(*doc, t.path, ids.NewId)
	// The next number that the parser would give is how many it has given.
	f.nodes, _ = strconv.Atoi(ids.NewId())
	f.lines = bytes.Count(content, []byte("\n")) + 1
	if doc.Feature == nil || len(pickles) == 0 {
		f.problems = append(f.problems, Problem{File: t.path, Text: "no scenario is in the file", Soft: true, Remark: true})
	}
	if doc.Feature != nil {
		f.name = doc.Feature.Name
		f.problems = append(f.problems, rowless(t.path, doc)...)
	}
	for _, pickle := range pickles {
		f.scenarios = append(f.scenarios, f.scenario(pickle, lines))
	}
	f.choose(t, tags)
	for i, pickle := range pickles {
		r.rehearse(f, f.scenarios[i], pickle, lines)
	}
	return f
}

func (f *featureFile) scenario(p *messages.Pickle, lines nodeLines) *scenario {
	last := p.AstNodeIds[len(p.AstNodeIds)-1]
	node, _ := strconv.Atoi(last) // the parser's own numbering
	s := &scenario{file: f, node: node, line: lines.of[last], begins: lines.begins[p.AstNodeIds[0]], name: p.Name}
	for _, tag := range p.Tags {
		s.tags = append(s.tags, tag.Name)
	}
	return s
}

// choose marks the scenarios that the tags and lines ask for. A line means the row or the scenario that it is in; one
// before the first scenario means all.
func (f *featureFile) choose(t target, tags tagExpression) {
	for _, s := range f.scenarios {
		s.chosen = tags(s.tags) && (len(t.lines) == 0 || slices.ContainsFunc(t.lines, func(line int) bool { return f.meant(s, line) }))
	}
}

func (f *featureFile) meant(s *scenario, line int) bool {
	if line > f.lines {
		return false
	}
	at := 0 // the last scenario that begins at or before the line
	for _, other := range f.scenarios {
		if other.line == line {
			return s.line == line
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

func sortProblems(all []Problem) []Problem {
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(all)
}
