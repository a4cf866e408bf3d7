package plan

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cucumber/godog"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// lay writes files into a folder and returns its path.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// planned reads features below dir as a run does.
func planned(t *testing.T, dir, tags string, paths ...string) *Plan {
	t.Helper()
	for i, p := range paths {
		paths[i] = dir + "/" + p
	}
	p, err := Read(paths, tags, NewDryRun(engine.Definitions{}, steps.All(), nil))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// names lists what is chosen, as FILE:LINE NAME.
func (p *Plan) names(dir string) (all []string) {
	for _, f := range p.Files {
		for _, s := range f.Scenarios {
			if s.Chosen {
				all = append(all, fmt.Sprintf("%s:%d %s", strings.TrimPrefix(f.Path, dir+"/features/"), s.Line, s.Name))
			}
		}
	}
	return all
}

func TestThePlanChoosesByPathLineAndTag(t *testing.T) {
	dir := lay(t, manyShapes)
	inA := []string{"a.feature:9 plain", "a.feature:20 row 1", "a.feature:21 row 2", "a.feature:25 row 3",
		"a.feature:32 ruled"}
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
		{"the same file by several lines", "", []string{"features/a.feature:9", "features/a.feature:21"},
			[]string{inA[0], inA[2]}},
		{"the same file by a line and as a whole", "", []string{"features/a.feature:9", "features/a.feature"}, inA},
		{"the same file by several paths", "", []string{"features/a.feature", "features/../features//a.feature"}, inA},
		{"the same file again in a folder", "@feature", []string{"features/a.feature", "features"}, inA},
		{"tags are inherited", "@feature and not (@one or @outline)", []string{"features"}, inA[4:]},
		{"tags of examples", "@few", []string{"features"}, inA[1:3]},
		{"a line and a tag", "@few", []string{"features/a.feature:13"}, inA[1:3]},
		{"no scenario has the tag", "@none", []string{"features"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := planned(t, dir, c.tags, c.paths...).names(dir); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheInnermostTagSaysHowOftenAScenarioIsTriedAgain(t *testing.T) {
	dir := lay(t, map[string]string{"features/a.feature": `@retry(1)
Feature: A
  Scenario: the feature's
    Given a
  @retry(2)
  Scenario: its own
    Given a
  @retry(3)
  Rule: r
    Scenario: the rule's
      Given a
    @retry(4) @retry-policy
    Scenario Outline: <n>
      Given a
      Examples: of the outline
        | n             |
        | the outline's |
      @retry(0)
      Examples: of their own
        | n                |
        | that of the rows |
`, "features/b.feature": "Feature: B\n  @retry-policy\n  Scenario: none\n    Given b\n"})
	got := make(map[string]int)
	p := planned(t, dir, "", "features")
	for _, s := range p.Chosen() {
		got[s.Name] = s.Retries
	}
	want := map[string]int{"the feature's": 1, "its own": 2, "the rule's": 3, "the outline's": 4, "that of the rows": 0,
		"none": Unsaid}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestATagThatIsMeantToGiveANumberOfRetriesGivesOne(t *testing.T) {
	for tag, wrong := range map[string]bool{
		"@retry(2)": false, "@retry(0)": false, "@retry(100)": false, "@retry-policy": false, "@retrying": false, "@retries-3": false,
		"@retry": true, "@retry()": true, "@retry(x)": true, "@retry(-1)": true, "@retry(101)": true, "@retry(2.5)": true, "@retry(02": true,
		"@retry=2": true, "@retry:2": true, "@Retry(2)": true, "@retries(2)": true,
	} {
		dir := lay(t, map[string]string{"features/a.feature": "Feature: A\n  " + tag + "\n  Scenario: s\n    Given a\n"})
		told := slices.ContainsFunc(planned(t, dir, "", "features").Problems(), func(p Problem) bool {
			return p.Line == 2 && strings.HasPrefix(p.Text, "tag "+tag+": write @retry(2)")
		})
		if told != wrong {
			t.Errorf("%s: a problem: got %t, want %t", tag, told, wrong)
		}
	}
}

// The plan knows a scenario by the number that godog's parser will give to its syntax node. Here godog numbers them.
func TestThePlanNumbersScenariosAsGodogDoes(t *testing.T) {
	dir := lay(t, manyShapes)
	for _, c := range []struct {
		tags  string
		paths []string
	}{
		{"", []string{"features"}},
		{"@one", []string{"features"}},
		{"", []string{"features/deep", "features/c.feature", "features/a.feature:25"}},
	} {
		p := planned(t, dir, c.tags, c.paths...)
		paths, byNode := ForGodog(p.Chosen())
		ran := 0
		godog.TestSuite{
			ScenarioInitializer: func(sc *godog.ScenarioContext) {
				sc.Before(func(ctx context.Context, pickle *godog.Scenario) (context.Context, error) {
					s := byNode.Of(pickle)
					if s == nil {
						return ctx, godog.ErrSkip
					}
					ran++
					if s.File.Path != pickle.Uri || s.Name != pickle.Name {
						t.Errorf("got %s %s, want %s %s", s.File.Path, s.Name, pickle.Uri, pickle.Name)
					}
					return ctx, godog.ErrSkip
				})
			},
			Options: &godog.Options{Format: "progress", Output: io.Discard, NoColors: true, Paths: paths},
		}.Run()
		if ran != len(p.Chosen()) || ran == 0 {
			t.Errorf("godog ran: got %d scenarios, want the %d that the plan has chosen", ran, len(p.Chosen()))
		}
	}
}

func TestAFileThatNoReportCouldNameIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a\nb.feature")
	if err := os.WriteFile(file, []byte("Feature: F\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Read([]string{dir}, "", NewDryRun(engine.Definitions{}, steps.All(), nil))
	if err != nil {
		t.Fatal(err)
	}
	all := p.Problems()
	if len(all) != 1 {
		t.Fatalf("got %d problems, want 1: %v", len(all), all)
	}
	if got, want := all[0].String(), `a\nb.feature": a feature whose name has control characters`; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
	if all[0].Soft {
		t.Error("got a problem with which the features can be run, want one with which they cannot")
	}
}
