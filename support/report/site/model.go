// The model of the pages: the suite joined with what came of its run. Each scenario has its place in its feature, its
// result, and the name by which links find it.

package site

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// state is what the documentation says of a scenario. The scripts know the states by their numbers.
type state int

const (
	passed state = iota
	flaky
	inconclusive
	failed
	notRun    // not yet proved, since it did not run
	undefined // not yet proved, since a step means nothing yet
	states    // how many there are
)

// word returns what a reader calls the state: notRun and undefined are both specifications that are not yet proved.
func (s state) word() string {
	return [states]string{"passed", "flaky", "inconclusive", "failed", "not yet proved", "not yet proved"}[s]
}

// class returns the state's name in style sheets and routes.
func (s state) class() string {
	return [states]string{"passed", "flaky", "inconclusive", "failed", "unproved", "unproved"}[s]
}

// urgent says whether somebody has to look at it; the greater, the sooner.
func (s state) urgent() int { return [states]int{0, 1, 2, 4, 0, 3}[s] }

// model is what all pages are rendered from.
type model struct {
	suite     report.Suite
	run       *report.Run // nil: the features alone
	features  []*feature
	scenarios []*scenario       // in the order of the features
	slugs     map[string]string // of the subsystems
	outputs   []*output         // the smallest margin first
	flows     map[string]flow   // by channel
}

type feature struct {
	*report.Feature
	slug      string
	name      string
	number    int
	scenarios []*scenario
	keywords  map[string]string // of its steps, by the ids of their nodes
}

type scenario struct {
	feature *feature
	plan    *report.Plan
	result  *report.Scenario // nil where the run has none
	at      place
	id      string
	state   state
	why     string // it is not proved
}

// place is where a scenario stands in its feature.
type place struct {
	rule     *messages.Rule // nil: in none
	scenario *messages.Scenario
	header   *messages.TableRow // of its examples, and
	row      *messages.TableRow // its row among them; nil where it is of no outline
}

// newModel joins a suite with a run, which may be nil.
func newModel(suite report.Suite, run *report.Run) *model {
	m := &model{suite: suite, run: run, slugs: make(map[string]string)}
	type spot struct {
		file string
		line int
	}
	results := make(map[spot]*report.Scenario)
	if run != nil {
		for i := range run.Scenarios {
			s := &run.Scenarios[i]
			results[spot{s.File, s.Line}] = s
		}
	}
	taken := make(map[string]bool)
	for _, s := range suite.Subsystems {
		m.slugs[s.Name] = slug(s.Name, taken)
	}
	taken = make(map[string]bool)
	same := make(map[string]int)
	for i, f := range suite.Features {
		of := &feature{Feature: f, slug: slug(strings.TrimSuffix(f.Path, ".feature"), taken), name: f.Path, number: i,
			keywords: keywordsOf(f.Document)}
		if f.Document != nil && f.Document.Feature != nil && f.Document.Feature.Name != "" {
			of.name = f.Document.Feature.Name
		}
		places := placesOf(f.Document)
		for _, plan := range f.Scenarios {
			s := &scenario{feature: of, plan: plan, result: results[spot{f.Path, plan.Line}], at: placeOf(plan, places)}
			s.id = stableID(f.Path, s.at, plan.Pickle.Name, same)
			s.state, s.why = s.judge(run != nil)
			of.scenarios = append(of.scenarios, s)
		}
		m.features = append(m.features, of)
		m.scenarios = append(m.scenarios, of.scenarios...)
	}
	m.outputs, m.flows = outputsOf(m.scenarios), m.measureFlows()
	return m
}

// judge returns the state of a scenario and, where it is not proved, why.
func (s *scenario) judge(ran bool) (state, string) {
	if problem := s.problem(); problem != "" && !s.hasFailedStep() {
		return undefined, problem
	}
	switch r := s.result; {
	case !ran:
		return notRun, "No run is part of this documentation."
	case r == nil && !s.plan.Chosen:
		return notRun, "This run did not choose it."
	case r == nil:
		return notRun, "The run ended before it."
	case r.Verdict == expect.Failed:
		return failed, ""
	case r.Idle:
		return notRun, or(r.Reason, "The run ended before it.")
	case r.Verdict == expect.Passed:
		return passed, ""
	case r.Verdict == expect.Flaky:
		return flaky, ""
	default:
		return inconclusive, ""
	}
}

// hasFailedStep says whether an expectation has failed, whatever other steps are.
func (s *scenario) hasFailedStep() bool {
	return s.result != nil && slices.ContainsFunc(s.result.Steps,
		func(step report.Step) bool { return step.Outcome == report.StepFailed })
}

// problem returns what keeps a step from meaning anything, "" where nothing does.
func (s *scenario) problem() string {
	for _, step := range s.plan.Pickle.Steps {
		if problem := s.plan.Problems[step.Text]; problem != "" {
			return problem
		}
	}
	return ""
}

// executions returns the attempts at the scenario; none where it did not run.
func (s *scenario) executions() []report.Scenario {
	switch {
	case s.result == nil || s.result.Idle:
		return nil
	case len(s.result.Attempts) > 0:
		return s.result.Attempts
	default:
		return []report.Scenario{*s.result}
	}
}

// placesOf returns the places of scenarios, by the ids of their nodes and of their rows.
func placesOf(doc *messages.GherkinDocument) map[string]place {
	all := make(map[string]place)
	if doc == nil || doc.Feature == nil {
		return all
	}
	add := func(rule *messages.Rule, s *messages.Scenario) {
		if s == nil {
			return
		}
		all[s.Id] = place{rule: rule, scenario: s}
		for _, e := range s.Examples {
			for _, row := range e.TableBody {
				all[row.Id] = place{rule, s, e.TableHeader, row}
			}
		}
	}
	for _, child := range doc.Feature.Children {
		add(nil, child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				add(child.Rule, inner.Scenario)
			}
		}
	}
	return all
}

func placeOf(p *report.Plan, places map[string]place) place {
	if len(p.Pickle.AstNodeIds) == 0 {
		return place{}
	}
	return places[p.Pickle.AstNodeIds[len(p.Pickle.AstNodeIds)-1]]
}

// stableID returns a scenario's name in links, which stays the same while its file, its rule, its name and the values
// of its row do, wherever in the file it stands. same counts those that are alike in all of them.
func stableID(path string, at place, name string, same map[string]int) string {
	parts := []string{path, "", name}
	if at.rule != nil {
		parts[1] = at.rule.Name
	}
	if at.scenario != nil {
		parts[2] = at.scenario.Name
	}
	if at.row != nil {
		parts = append(parts, cells(at.row)...)
	}
	key := strings.Join(parts, "\x00")
	n := same[key]
	if same[key]++; n > 0 {
		key += "\x00" + strconv.Itoa(n)
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:6])
}

func cells(row *messages.TableRow) []string {
	if row == nil {
		return nil
	}
	all := make([]string, len(row.Cells))
	for i, c := range row.Cells {
		all[i] = c.Value
	}
	return all
}

// slug returns text as it stands in links, unlike all that are taken.
func slug(text string, taken map[string]bool) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(text) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	base := or(b.String(), "unnamed")
	s := base
	for n := 2; taken[s]; n++ {
		s = fmt.Sprintf("%s-%d", base, n)
	}
	taken[s] = true
	return s
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// count returns how many of some scenarios have each state.
func count(all []*scenario) (n [states]int) {
	for _, s := range all {
		n[s.state]++
	}
	return n
}

// of returns the scenarios that are about a subsystem.
func (m *model) of(subsystem string) (all []*scenario) {
	for _, s := range m.scenarios {
		if slices.Contains(s.plan.Subsystems, subsystem) {
			all = append(all, s)
		}
	}
	return all
}
