package run

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/world"
)

// manyShapes are features with all that Gherkin has, so that numbers and lines go wrong if they can.
var manyShapes = map[string]string{
	"features/a.feature": `# a comment
@feature
Feature: A

  Background:
    Given all is well

  @one
  Scenario: plain
    When it is

  @outline
  Scenario Outline: row <n>
    Given all is well with:
      | n | <n> |

    @few
    Examples: few
      | n |
      | 1 |
      | 2 |

    Examples: more
      | n |
      | 3 |

  Rule: a rule
    Background:
      Given more is well

    @ruled
    Scenario: ruled
      Then it is:
        """
        text
        """
`,
	"features/b.feature": "Feature: B\n  Scenario: not chosen\n    Given b\n  Scenario: nor this\n    Given b\n",
	"features/c.feature": "# language: de\nFunktionalität: C\n  @one\n  Szenario: deutsch\n    Angenommen c\n",
	"features/deep/d.feature": "Feature: D\n  Rule: first\n    @one\n    Scenario: d first\n      * d\n" +
		"  Rule: second\n    @one\n    Example: d second\n      * d\n",
	"features/empty.feature": "",
	"features/notes.txt":     "Feature: none",
	"features/only.feature":  "Feature: nothing but a name\n",
}

// planned reads features as a run does.
func planned(t *testing.T, b *bench, tags string, paths ...string) *plan {
	t.Helper()
	for i, p := range paths {
		paths[i] = b.dir + "/" + p
	}
	all, err := targets(paths)
	if err != nil {
		t.Fatal(err)
	}
	choose, err := parseTags(tags)
	if err != nil {
		t.Fatal(err)
	}
	return read(all, choose, newRehearsal(world.Definitions{}, nil))
}

// names lists what is chosen, as FILE:LINE NAME.
func (p *plan) names(b *bench) (all []string) {
	for _, f := range p.files {
		for _, s := range f.scenarios {
			if s.chosen {
				all = append(all, fmt.Sprintf("%s:%d %s", strings.TrimPrefix(f.path, b.dir+"/features/"), s.line, s.name))
			}
		}
	}
	return all
}

func TestThePlanChoosesByPathLineAndTag(t *testing.T) {
	b := lay(t, ordersYML, manyShapes)
	inA := []string{"a.feature:9 plain", "a.feature:20 row 1", "a.feature:21 row 2", "a.feature:25 row 3", "a.feature:32 ruled"}
	for _, c := range []struct {
		name, tags string
		paths      []string
		want       []string
	}{
		{"a file", "", []string{"features/a.feature"}, inA},
		{"a folder, in order", "@one", []string{"features"},
			[]string{"a.feature:9 plain", "c.feature:4 deutsch", "deep/d.feature:4 d first", "deep/d.feature:8 d second"}},
		{"the line of a scenario", "", []string{"features/a.feature:9"}, inA[:1]},
		{"a line inside of one", "", []string{"features/a.feature:10"}, inA[:1]},
		{"the line of an outline", "", []string{"features/a.feature:13"}, inA[1:4]},
		{"a line inside of an outline", "", []string{"features/a.feature:15"}, inA[1:4]},
		{"the line of a row", "", []string{"features/a.feature:21"}, inA[2:3]},
		{"a line inside of a rule", "", []string{"features/a.feature:34"}, inA[4:]},
		{"a line before the first", "", []string{"features/a.feature:3"}, inA},
		{"the line of a tag", "", []string{"features/a.feature:8"}, inA[:1]},
		{"the line of a tag behind another scenario", "", []string{"features/a.feature:12"}, inA[1:4]},
		{"several lines", "", []string{"features/a.feature:9:21"}, []string{inA[0], inA[2]}},
		{"the same file by several lines", "", []string{"features/a.feature:9", "features/a.feature:21"}, []string{inA[0], inA[2]}},
		{"the same file by a line and as a whole", "", []string{"features/a.feature:9", "features/a.feature"}, inA},
		{"the same file by several paths", "", []string{"features/a.feature", "features/../features//a.feature"}, inA},
		{"the same file again in a folder", "@feature", []string{"features/a.feature", "features"}, inA},
		{"tags are inherited", "@feature and not (@one or @outline)", []string{"features"}, inA[4:]},
		{"tags of examples", "@few", []string{"features"}, inA[1:3]},
		{"a line and a tag", "@few", []string{"features/a.feature:13"}, inA[1:3]},
		{"no scenario has the tag", "@none", []string{"features"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := planned(t, b, c.tags, c.paths...).names(b); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The plan knows a scenario by the number that godog's parser will give to its syntax node. Here godog numbers them.
func TestThePlanNumbersScenariosAsGodogDoes(t *testing.T) {
	b := lay(t, ordersYML, manyShapes)
	for _, c := range []struct {
		tags  string
		paths []string
	}{
		{"", []string{"features"}},
		{"@one", []string{"features"}},
		{"", []string{"features/deep", "features/c.feature", "features/a.feature:25"}},
	} {
		p := planned(t, b, c.tags, c.paths...)
		p.trim()
		index := p.index()
		var paths []string
		for _, f := range p.files {
			paths = append(paths, f.path)
		}
		ran := 0
		registerSilent()
		godog.TestSuite{
			ScenarioInitializer: func(sc *godog.ScenarioContext) {
				sc.Before(func(ctx context.Context, pickle *godog.Scenario) (context.Context, error) {
					ran++
					s := index[pickle.AstNodeIds[len(pickle.AstNodeIds)-1]]
					if s == nil || s.file.path != pickle.Uri || s.name != pickle.Name {
						t.Errorf("%s %s is taken for %+v", pickle.Uri, pickle.Name, s)
					}
					return ctx, godog.ErrSkip
				})
			},
			Options: &godog.Options{Format: silent, Output: io.Discard, NoColors: true, Paths: paths},
		}.Run()
		if ran != len(index) || ran == 0 {
			t.Errorf("godog ran %d scenarios, the plan has %d", ran, len(index))
		}
	}
}

func TestAllSyntaxErrorsOfAllFilesAreTold(t *testing.T) {
	b := lay(t, ordersYML, map[string]string{
		"features/a.feature": "Feature: A\n  Scenario: s\n    Given x\n    Whenever it rains\n  Scenari: t\n",
		"features/b.feature": "Feature: B\n  Scenario: s\n    Given a table:\n      | a | b |\n      | a |\n",
		"features/c.feature": "Feature: C\n  Scenario: s\n    Given a text:\n      \"\"\"\n      never closed\n",
		"features/d.feature": "No feature\n",
		"features/e.feature": "# language: xx\nFeature: E\n",
	})
	b.run(t, ExitUsage)
	for _, want := range []string{
		"features/a.feature:4: expected Rule:, Scenario:, Examples:, a step, a table row, \"\"\", a tag, got: Whenever it rains\n",
		"features/a.feature:5: expected Rule:, Scenario:, Examples:, a step, a table row, \"\"\", a tag, got: Scenari: t\n",
		"features/b.feature:5: inconsistent cell count within the table\n",
		"features/c.feature:6: unexpected end of file, expected \"\"\"\n",
		"features/d.feature:1: expected Feature:, a tag, got: No feature\n",
		"features/e.feature:1: Language not supported: xx\n",
	} {
		if !strings.Contains("\n"+b.relative(b.err.String()), "\n"+want) {
			t.Errorf("it does not say %q:\n%s", want, b.relative(b.err.String()))
		}
	}
}

func TestAPathThatIsNotThereIsAnError(t *testing.T) {
	b := feature(t, shippedFeature)
	b.Paths = []string{filepath.Join(b.dir, "features/b.feature")}
	b.run(t, ExitUsage)
	if got, want := b.relative(b.err.String()), "no feature file or folder \"features/b.feature\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Gherkin reads what does not begin with a keyword as prose where prose may stand.
func TestAStepThatIsTakenForProseIsTold(t *testing.T) {
	b := lay(t, ordersYML, map[string]string{"features/a.feature": `Feature: Shipping
  When goods are ordered, they are shipped.

  Scenaro: misspelt
    When an "order placed" event is produced

  Background:
    Givn the subsystem "fulfilment"

  Scenario: s
    Wen an "order placed" event is produced
    Then nothing appears on "orders"

  Rule: r
    The same event is produced again
    Scenario Outline: o
      When an "order placed" event is produced
      Examples:
        As nothing appears
        | a |
        | 1 |
`})
	const said = "this line is taken for a description and not for a step: is its keyword misspelt, or that of the scenario it belongs to?"
	var want []string
	for _, line := range []string{
		`5: ` + said + "\n" + `  When an "order placed" event is produced`,
		`8: ` + said + "\n" + `  Givn the subsystem "fulfilment"`,
		`11: ` + said + "\n" + `  Wen an "order placed" event is produced`,
		`19: ` + said + "\n" + `  As nothing appears`,
	} {
		want = append(want, "features/a.feature:"+line)
	}
	b.run(t, ExitUsage)
	for _, w := range want {
		if !strings.Contains(b.relative(b.err.String()), w) {
			t.Errorf("it does not say %q", w)
		}
	}
	if n := strings.Count(b.err.String(), said); n != len(want) {
		t.Errorf("%d lines are told, want %d:\n%s", n, len(want), b.relative(b.err.String()))
	}
}
