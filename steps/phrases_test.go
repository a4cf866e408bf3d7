package steps_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// registered keeps the phrases by their patterns.
type registered struct {
	patterns  []*regexp.Regexp
	functions []any
}

func (r *registered) Step(pattern, function any) {
	r.patterns = append(r.patterns, regexp.MustCompile(fmt.Sprint(pattern)))
	r.functions = append(r.functions, function)
}

func (r *registered) Given(pattern, function any) { r.Step(pattern, function) }
func (r *registered) When(pattern, function any)  { r.Step(pattern, function) }
func (r *registered) Then(pattern, function any)  { r.Step(pattern, function) }

func phrases() *registered {
	var r registered
	steps.All().Register(&r)
	return &r
}

// matching returns the places of the patterns that match a step.
func (r *registered) matching(text string) (all []int) {
	for i, p := range r.patterns {
		if p.MatchString(text) {
			all = append(all, i)
		}
	}
	return all
}

// scenario parses the steps of a scenario.
func scenario(t *testing.T, text string) []*messages.PickleStep {
	t.Helper()
	ids := &messages.Incrementing{}
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader("Feature: f\nScenario: s\n"+text), ids.NewId)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return gherkin.Pickles(*doc, "f.feature", ids.NewId)[0].Steps
}

func TestEveryExampleIsOnePhraseAndEveryPhraseHasAnExample(t *testing.T) {
	r := phrases()
	seen := make(map[int]bool)
	for _, p := range steps.All().Phrases {
		for _, step := range scenario(t, p.Example) {
			found := r.matching(step.Text)
			if len(found) != 1 {
				t.Errorf("%s: %d patterns match %q", p.Text, len(found), step.Text)
				continue
			}
			seen[found[0]] = true
		}
	}
	for i, p := range r.patterns {
		if !seen[i] {
			t.Errorf("no example shows %s", p)
		}
	}
}

func TestWhateverThePhrasesPromiseIsUnderstood(t *testing.T) {
	r := phrases()
	for i, p := range steps.All().Phrases {
		for _, form := range p.Forms() {
			if found := r.matching(form); !slices.Equal(found, []int{i}) {
				t.Errorf("%s: %q is matched by %v, want pattern %d", p.Text, form, found, i)
			}
		}
	}
}

var group = regexp.MustCompile(` \[((?:on|for|at|after|within|as|with)\b[^\]]*)\]`)

func TestOptionalPartsStandInOneOrderOnly(t *testing.T) {
	r := phrases()
	for _, p := range steps.All().Phrases {
		parts := group.FindAllStringSubmatch(p.Text, -1)
		bare := strings.TrimSuffix(vocabulary.Phrase{Text: group.ReplaceAllString(p.Text, "")}.Forms()[0], ":")
		for i, first := range parts {
			for _, second := range parts[i+1:] {
				text := bare + " " + strings.TrimSuffix(second[1], ":") + " " + first[1]
				if strings.HasSuffix(p.Text, ":") {
					text += ":"
				}
				if found := r.matching(text); len(found) > 0 {
					t.Errorf("%q is matched by %s", text, r.patterns[found[0]])
				}
			}
		}
	}
}

func TestNounsAndTensesAreFree(t *testing.T) {
	r := phrases()
	for _, text := range nounsAndTenses() {
		if found := r.matching(text); len(found) != 1 {
			t.Errorf("%q is matched by %d patterns", text, len(found))
		}
	}
}

// nounsAndTenses returns each phrase about events with each noun, none included, and with each form of its verb.
func nounsAndTenses() (all []string) {
	for _, noun := range []string{"", " event", " message", " file", " record", " row"} {
		plural := noun
		if noun != "" {
			plural += "s"
		}
		for _, was := range []string{"is", "was"} {
			all = append(all,
				`an "X"`+noun+` `+was+` produced`, `a "X"`+noun+` `+was+` produced`, `1 "X"`+noun+` `+was+` produced`,
				`the same`+noun+` `+was+` produced again`, `the "L"`+noun+` `+was+` produced 1 more time`,
				`this`+noun+` `+was+` produced on "C":`,
			)
		}
		for _, were := range []string{"are", "were"} {
			all = append(all, `3 "X"`+plural+` `+were+` produced`, `these "X"`+plural+` `+were+` produced:`,
				`these`+plural+` `+were+` produced:`, `the first 2 "X"`+plural+` `+were+` not answered`,
				`any later "X"`+plural+` `+were+` answered with a "Y"`, `any later "X"`+plural+` `+were+` not answered`)
		}
		for _, appears := range []string{"appears", "appeared"} {
			all = append(all,
				`a "X"`+noun+` `+appears, `exactly 1 "X"`+noun+` `+appears, `no "X"`+noun+` `+appears,
				`nothing `+appears, `nothing else `+appears, `the "L"`+noun+` `+appears+` unchanged on "C"`,
			)
		}
		for _, appear := range []string{"appear", "appeared"} {
			all = append(all, `at least 2 "X"`+plural+` `+appear, `no "X"`+plural+` `+appear)
		}
	}
	for _, window := range []string{"within 30s", "within 30 seconds", "within its SLA", "between 10s and 15s", "between 10 seconds and 1 minute"} {
		all = append(all, `an "X" appears `+window+` with:`, `no "X" appears `+window, `nothing appears `+window,
			`the same message appears unchanged on "C" `+window)
	}
	return append(all,
		`these "X" messages appear:`, `these appeared in this order:`,
		`these files appear on "C" in this order between 1s and 1 minute:`,
		`every "X" leads to a "Y"`, `every "X" row led to an "Y" file within 5s`,
		`99% of the "X" messages lead to at least one "Y" row`, `99.9% of the "X" led to a "Y"`,
		`the "X" of "a b" has:`, `the "X" row of "K" had within its SLA:`,
		`at most 1 "X" message appears in any 1 minute`, `at most 5 "X" appeared in any 500 milliseconds between 1s and 5s`,
		`the "f" of the "X" adds up to -1.5`, `the "a.b" of the "X" messages add up to ${order A.total} within 5s`,
		`the "f" of the "X" rows added up to 3`,
		`every "X" is answered with an "Y"`, `every "X" message was answered with a "Y" row after 500 milliseconds with:`,
		`1 minute passes`, `90s pass`, `1h30m passed`, `0.5 seconds passed`,
	)
}

func TestWhatIsNoPhraseIsNotUnderstood(t *testing.T) {
	r := phrases()
	for _, text := range []string{
		`an "X" event is produced twice`, // what godog, which does not anchor, would take for one
		`and an "X" event is produced`,
		`an "X" event appears within`,
		`an "X" event appears 99% of the time`,
		`99.9 "X" events are produced`,
		`-1 "X" events are produced`,
		`3 "X" events are produced at "50" per second`,
		`an "X" event is produced at 50 per second`,
		`some minutes pass`,
		`10 minutes`,
		`99% of "X" events lead to a "Y" event`,
		`every "X" event leads to two "Y" events`,
		`every "X" event leads to "Y" with:`,
		`these "X" events appear`,
		`these "X" events appear in this order on "C":`,
		`at most 5 "X" events appear within 5s in any "1s"`,
		`the "f" of "X" adds up to 3`,
		`exactly two "X" events appear`,
		`an "X" event appears within 5s within 6s "`,
		`nothing appears with:`,
		`an X event appears`,
		``,
	} {
		if found := r.matching(text); len(found) > 0 {
			t.Errorf("%q is matched by %s", text, r.patterns[found[0]])
		}
	}
}

// Editors find phrases in the source: the Cucumber language server sees string literals in direct statements only,
// takes a pattern without ^ and $ for a Cucumber expression, and gives up its index at a named group or a leading (?i).
func TestEditorsFindEveryPattern(t *testing.T) {
	var found []string
	for _, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			statement, ok := n.(*ast.ExprStmt)
			if !ok {
				return true
			}
			call, ok := statement.X.(*ast.CallExpr)
			if !ok || !registers(call) {
				return true
			}
			literal, ok := call.Args[0].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || literal.Value[0] != '`' {
				t.Error("a pattern is no backtick literal")
				return true
			}
			pattern, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, pattern)
			return true
		})
	}
	var want []string
	for _, p := range phrases().patterns {
		want = append(want, p.String())
	}
	if !slices.Equal(found, want) {
		t.Errorf("in the source are\n%q\nregistered are\n%q", found, want)
	}
	for _, p := range found {
		if !strings.HasPrefix(p, "^") || !strings.HasSuffix(p, "$") || strings.Contains(p, "(?P<") || strings.HasPrefix(p, "^(?i)") {
			t.Errorf("%s: not anchored, or with a group that editors stumble over", p)
		}
	}
}

// registers holds for calls of sc.Step, sc.Given, sc.When and sc.Then.
func registers(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) != 2 {
		return false
	}
	receiver, ok := selector.X.(*ast.Ident)
	return ok && receiver.Name == "sc" && slices.Contains([]string{"Step", "Given", "When", "Then"}, selector.Sel.Name)
}

func sources(t *testing.T) (files []*ast.File) {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}
