// Package plan is what is known of a run before anything is started: which scenarios there are, which are chosen, what
// they need, and what is wrong with them. It reads the features, and makes a dry run of each scenario with the code
// that would run it. It promises nothing to other modules.
package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/engine"
)

// maxFeature is how long a feature file may be, in bytes.
const maxFeature = 16 << 20

// Plan holds all files, in the order in which godog is to read them.
type Plan struct {
	Files   []*File
	Phrases []Phrase // that steps were matched with
}

// File is one parsed feature file.
type File struct {
	Path      string
	Feature   string // its name
	Source    []byte
	Document  *messages.GherkinDocument // nil where it cannot be read; no two nodes of a plan have the same id
	Scenarios []*Scenario

	lines    int
	nodes    int             // how many syntax nodes the parser has numbered
	used     map[string]bool // the events that its steps name
	remarked map[string]bool // what its steps have been remarked on for
	problems []Problem
}

// Scenario is a scenario, or a row of an outline's Examples.
type Scenario struct {
	File   *File
	Line   int // of the scenario, or of the row
	Name   string
	Tags   []string
	Pickle *messages.Pickle
	Chosen bool // it is to run
	// the channels that its steps expect something on, as far as Harken's own phrases tell
	Listens      []string
	Produces     []string             // the channels that its steps send to, as far as Harken's own phrases tell
	PlannedWaits []engine.PlannedWait // what they expect, in their order
	Custom       bool                 // it has steps that are not Harken's
	Alone        string               // why no other scenario may run beside it; "" where others may
	Retries      int                  // how many more attempts its tags give it, Unsaid where they say nothing
	// Subsystem is the one that it says it is about, "" where it does not say.
	Subsystem string
	Lines     []int   // the line of each step
	Matches   [][]int // for each step, which of the plan's Phrases it is; more than one, or none, has a Problem
	// for each step, how it reads its table: engine.Unread where it is not Harken's, or was not understood
	Tables []engine.Reading
	// Problems are what is wrong with its steps, by the step's text, where the scenario can be run all the same and
	// fails then: an undefined or an ambiguous step.
	Problems map[string]string

	node   int // the number of its syntax node, counted within its file
	begins int // the line of the scenario itself, or of its first tag
}

// Problem is something wrong with godog.yml or a feature.
type Problem struct {
	File string
	Line int
	Text string
	// Soft says that the features can be run all the same: a scenario with an undefined or ambiguous step then fails,
	// and one that is not chosen does no harm.
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

// Sort sorts problems by their places, and leaves out what is said twice.
func Sort(all []Problem) []Problem {
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(all)
}

// Problems returns what is wrong with the files and what is worth knowing, in the order of the files.
func (p *Plan) Problems() (all []Problem) {
	for _, f := range p.Files {
		all = append(all, f.problems...)
	}
	return all
}

// Problems returns what is wrong with the file and what is worth knowing.
func (f *File) Problems() []Problem { return f.problems }

// Chosen returns the scenarios that are to run, in the order of the files.
func (p *Plan) Chosen() (all []*Scenario) {
	for _, f := range p.Files {
		for _, s := range f.Scenarios {
			if s.Chosen {
				all = append(all, s)
			}
		}
	}
	return all
}

// Listens returns the channels that chosen scenarios listen to, each once.
func (p *Plan) Listens() (channels []string) {
	for _, s := range p.Chosen() {
		for _, c := range s.Listens {
			if !slices.Contains(channels, c) {
				channels = append(channels, c)
			}
		}
	}
	return channels
}

// Uses says whether a step of any file, chosen or not, names the event.
func (p *Plan) Uses(event string) bool {
	return slices.ContainsFunc(p.Files, func(f *File) bool { return f.used[event] })
}

// ByNode has scenarios by the id of their syntax node.
type ByNode map[string]*Scenario

// Of returns the scenario that godog runs, or nil.
func (n ByNode) Of(p *messages.Pickle) *Scenario { return n[p.AstNodeIds[len(p.AstNodeIds)-1]] }

// ForGodog returns what godog is to be given so that it runs some scenarios of a plan, which stand in its order: the
// paths of the files that they are in, and the scenarios by the ids that godog's parser then gives to their syntax
// nodes. It numbers the nodes one file after the other.
func ForGodog(some []*Scenario) (paths []string, byNode ByNode) {
	byNode = make(ByNode, len(some))
	base, nodes := 0, 0
	for i, s := range some {
		if i == 0 || s.File != some[i-1].File {
			paths = append(paths, s.File.Path)
			base += nodes
			nodes = s.File.nodes
		}
		byNode[strconv.Itoa(base+s.node)] = s
	}
	return paths, byNode
}

// Read parses the feature files at and below the paths, each of which may end in :LINE, makes a dry run of their
// scenarios, and chooses those that the tag expression and the lines ask for. Its error is a path or an expression that
// is wrong; what is wrong with a file is among the plan's problems.
func Read(paths []string, tags string, r *DryRun) (*Plan, error) {
	choose, err := parseTags(tags)
	if err != nil {
		return nil, err
	}
	all, err := targets(paths)
	if err != nil {
		return nil, err
	}
	p := &Plan{Files: make([]*File, len(all)), Phrases: r.phrases()}
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wg.Go(func() {
			for i := range next {
				p.Files[i] = readFile(all[i], strconv.Itoa(i), choose, r)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
	return p, nil
}

// readFile reads one of the files. name tells the ids of its nodes from those of the others'.
func readFile(t target, name string, tags expression, r *DryRun) *File {
	f := &File{Path: t.path, used: make(map[string]bool), remarked: make(map[string]bool)}
	if strings.ContainsFunc(t.path, unicode.IsControl) {
		f.problems = append(f.problems, Problem{File: strconv.Quote(t.path), Text: "a feature whose name has control " +
			"characters cannot be named in a report: rename it"})
		return f
	}
	content, err := disk.Read(t.path)
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
	f.Source = content
	ids := &nodeIDs{file: name}
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(content), ids.next)
	if err != nil {
		f.problems = append(f.problems, syntaxProblems(t.path, err)...)
		return f
	}
	f.problems = append(f.problems, r.stepsInDescriptions(t.path, content, doc)...)
	lines := linesOf(doc)
	f.Document = doc
	pickles := gherkin.Pickles(*doc, t.path, ids.next)
	f.nodes = ids.given
	f.lines = bytes.Count(content, []byte("\n")) + 1
	if doc.Feature == nil || len(pickles) == 0 {
		f.problems = append(f.problems, Problem{File: t.path, Text: "no scenario is in the file", Soft: true, Remark: true})
	}
	if doc.Feature != nil {
		f.Feature = doc.Feature.Name
		f.problems = append(f.problems, rowless(t.path, doc)...)
		f.problems = append(f.problems, wrongRetries(t.path, doc)...)
	}
	for _, pickle := range pickles {
		f.Scenarios = append(f.Scenarios, f.scenario(pickle, lines))
	}
	f.choose(t, tags)
	for i, pickle := range pickles {
		r.dryRun(f, f.Scenarios[i], pickle, lines)
	}
	return f
}

// aloneTag marks a scenario beside which no other may run.
const aloneTag = "@alone"

func (f *File) scenario(p *messages.Pickle, lines nodeLines) *Scenario {
	last := p.AstNodeIds[len(p.AstNodeIds)-1]
	s := &Scenario{File: f, Pickle: p, Retries: Unsaid, Line: lines.of[last], Name: p.Name, node: numberOf(last),
		begins: lines.begins[p.AstNodeIds[0]]}
	for _, tag := range p.Tags {
		s.Tags = append(s.Tags, tag.Name)
		if tag.Name == aloneTag {
			s.Alone = "it is tagged " + aloneTag
		}
		if n, ok := retries(tag.Name); ok {
			s.Retries = n // the tags of what is farther out come first
		}
	}
	return s
}

// nodeIDs gives ids to the nodes of one file: FILE.NUMBER, with the numbers that the parser's own would be.
type nodeIDs struct {
	file  string
	given int
}

func (n *nodeIDs) next() string {
	n.given++
	return n.file + "." + strconv.Itoa(n.given-1)
}

// numberOf returns the number in an id of nodeIDs.
func numberOf(id string) int {
	_, number, _ := strings.Cut(id, ".")
	n, _ := strconv.Atoi(number)
	return n
}
