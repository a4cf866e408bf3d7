package site_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
	"github.com/harken-bdd/harken/support/report/site"
)

var (
	update = flag.Bool("update", false, "write what the pages are now into testdata")
	folder = flag.String("site", "", "a folder that TestExample writes a documentation to, for somebody to look at")
	many   = flag.Int("scenarios", 0, "how many scenarios that has; 0 is the example")
)

func TestExample(t *testing.T) {
	dir := *folder
	if dir == "" {
		dir = t.TempDir()
	}
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	if *many > 0 {
		suite, run = reporttest.Many(*many)
	}
	if err := site.Write(dir, suite, &run); err != nil {
		t.Fatal(err)
	}
}

// written returns the files of a documentation, by their paths.
func written(t *testing.T, dir string, suite report.Suite, run *report.Run) map[string]string {
	t.Helper()
	if err := site.Write(dir, suite, run); err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func example(t *testing.T) map[string]string {
	t.Helper()
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	return written(t, t.TempDir(), suite, &run)
}

func TestTheExampleIsAsInTheGoldenFiles(t *testing.T) {
	long := regexp.MustCompile(`(0123456789abcdef){3,}`)
	files := example(t)
	for _, path := range []string{"index.html", "site/data/index.js", "site/data/phrases.js", "site/data/contract.js",
		"site/data/features-0.js", "site/data/scenarios-0.js"} {
		got := long.ReplaceAllString(files[path], "0123456789abcdef ... ")
		file := filepath.Join("testdata", filepath.Base(path))
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not as in %s (-update writes it anew): %s", path, file, difference(got, string(want)))
		}
	}
}

// difference shows where two texts part.
func difference(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	around := func(s string) string { return s[max(at-40, 0):min(at+80, len(s))] }
	return fmt.Sprintf("got %q, want %q", around(got), around(want))
}

func TestTheSameRunIsWrittenTheSame(t *testing.T) {
	first, second := example(t), example(t)
	for path, content := range first {
		if second[path] != content {
			t.Errorf("%s: got another content the second time, want the same", path)
		}
	}
}

// content returns the JSON that a data file hands over.
func content(t *testing.T, files map[string]string, name string, into any) {
	t.Helper()
	text := strings.TrimSuffix(strings.TrimPrefix(files["site/data/"+name+".js"], `harken.take("`+name+`",`), ");\n")
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

type index struct{ Scenarios [][]any }

// ids returns the names that links know the scenarios by, by the names of scenarios.
func ids(t *testing.T, suite report.Suite, run *report.Run) map[string]string {
	t.Helper()
	var got index
	content(t, written(t, t.TempDir(), suite, run), "index", &got)
	all := make(map[string]string)
	for _, s := range got.Scenarios {
		all[s[1].(string)] = s[0].(string)
	}
	return all
}

func TestLinksStayWhatTheyAreWhateverCameOfTheRunAndWhereverAScenarioStands(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	before := ids(t, suite, &run)
	if len(before) != 13 {
		t.Fatalf("got %d different links", len(before))
	}
	alone := ids(t, suite, nil)
	for _, f := range suite.Features {
		slices.Reverse(f.Scenarios)
		for i, s := range f.Scenarios {
			s.Line = 1000 + i
		}
	}
	moved := ids(t, suite, nil)
	for name, id := range before {
		if alone[name] != id || moved[name] != id {
			t.Errorf("%s: got %s, without the run %s and after a move %s", name, id, alone[name], moved[name])
		}
	}
}

func TestScenariosThatAreAlikeHaveDifferentLinks(t *testing.T) {
	suite := reporttest.Suite()
	f := suite.Features[0]
	f.Scenarios = append(f.Scenarios, f.Scenarios[0], f.Scenarios[0])
	var got index
	content(t, written(t, t.TempDir(), suite, nil), "index", &got)
	seen := make(map[any]bool)
	for _, s := range got.Scenarios {
		if seen[s[0]] {
			t.Errorf("got two called %s, want names that differ", s[0])
		}
		seen[s[0]] = true
	}
}

func TestNothingOfAnotherPlaceIsReferredTo(t *testing.T) {
	address := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9][a-z0-9.-]*\.[a-z]{2,}[^\s"'<)]*`)
	for path, text := range example(t) {
		for _, found := range address.FindAllString(text, -1) {
			if strings.HasPrefix(found, "http://www.w3.org/2000/svg") || strings.HasPrefix(found, "https://example.com/contract") { // a name, and a link in the features
				continue
			}
			t.Errorf("%s: got a reference to %s, want none to other places", path, found)
		}
		for _, risk := range []string{"eval(", "document.write", "outerHTML", "insertAdjacentHTML", "fetch(",
			"XMLHttpRequest", "new Function"} {
			if strings.HasSuffix(path, ".js") && !strings.HasPrefix(path, "site/data/") && strings.Contains(text, risk) {
				t.Errorf("%s: got %s, want none", path, risk)
			}
		}
		if n := strings.Count(text, "innerHTML"); n > 0 && (path != "site/dom.js" || n != 1) {
			t.Errorf("%s: got %d times innerHTML, want it in trusted alone", path, n)
		}
	}
}

func TestOddTextsDoNoHarm(t *testing.T) {
	files := example(t)
	for path, text := range files {
		for _, tag := range []string{"<script>alert", "</script><script>", "\u2028"} {
			if strings.Contains(text, tag) {
				t.Errorf("%s: got %q as it stands, want it escaped", path, tag)
			}
		}
	}
	// the name of the odd feature, as text
	for _, want := range []string{"&lt;script&gt;alert(", "Content-Security-Policy"} {
		if !strings.Contains(files["index.html"], want) {
			t.Errorf("the overview: got no %s", want)
		}
	}
	for path, text := range files {
		if strings.HasPrefix(path, "site/data/") {
			var any json.RawMessage
			content(t, files, strings.TrimSuffix(filepath.Base(path), ".js"), &any)
		}
		if len(text) > 200<<10 {
			t.Errorf("%s: got %d bytes, want the body of a megabyte cut", path, len(text))
		}
	}
}

func TestASecondDocumentationLeavesNothingOfTheFirstButWhatIsNotIts(t *testing.T) {
	dir := t.TempDir()
	suite, run := reporttest.Many(1500)
	first := written(t, dir, suite, &run)
	if first["site/data/scenarios-1.js"] == "" {
		t.Fatal("1,500 scenarios are in one file")
	}
	for _, path := range []string{"site/data/mine.js", "site/notes.txt", "other.html"} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	second := written(t, dir, reporttest.Suite(), nil)
	for _, path := range []string{"site/data/mine.js", "site/notes.txt", "other.html"} {
		if second[path] != "mine" {
			t.Errorf("%s: got it gone, want it left alone", path)
		}
	}
	if _, stale := second["site/data/scenarios-1.js"]; stale {
		t.Error("got a data file of the first, want it gone")
	}
}

func TestTenThousandScenariosLoadLittleAtFirst(t *testing.T) {
	suite, run := reporttest.Many(10_000)
	files := written(t, t.TempDir(), suite, &run)
	first := 0
	for path, text := range files {
		chunk := strings.HasPrefix(path, "site/data/features-") || strings.HasPrefix(path, "site/data/scenarios-")
		if !chunk {
			first += len(text)
		} else if len(text) > 600<<10 {
			t.Errorf("%s: got %d bytes, want at most %d", path, len(text), 600<<10)
		}
	}
	if first > 2<<20 {
		t.Errorf("the first load: got %d bytes, want at most 2 MB", first)
	}
}

func TestWithoutARunNothingIsProved(t *testing.T) {
	files := written(t, t.TempDir(), reporttest.Suite(), nil)
	page := files["index.html"]
	for text, want := range map[string]bool{"13 scenarios, not yet proved": true,
		"No run is part of this documentation": true, "Needs attention": false} {
		if has := strings.Contains(page, text); has != want {
			t.Errorf("the overview has %q: got %v, want %v\n%s", text, has, want, page)
		}
	}
}

func TestASuiteOfNothingHasAPage(t *testing.T) {
	run := report.Run{}
	for _, r := range []*report.Run{nil, &run} {
		files := written(t, t.TempDir(), report.Suite{Features: []*report.Feature{{Path: "broken.feature"}}}, r)
		for file, want := range map[string]string{"index.html": "There are no scenarios yet",
			"site/data/features-0.js": `"broken":true`} {
			if !strings.Contains(files[file], want) {
				t.Errorf("%s: got\n%s\nwant %s in it", file, files[file], want)
			}
		}
	}
}

func TestScenariosThatDidNotRunSayWhy(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	run.Scenarios[0] = report.Scenario{File: run.Scenarios[0].File, Line: run.Scenarios[0].Line, Idle: true,
		Verdict: expect.Inconclusive, Reason: "interrupted"}
	run.Scenarios = slices.Delete(run.Scenarios, 1, 2)
	var timelines map[string]struct{ Why string }
	files := written(t, t.TempDir(), suite, &run)
	content(t, files, "scenarios-0", &timelines)
	names := ids(t, suite, &run)
	for name, want := range map[string]string{
		"An order is shipped":            "interrupted",
		"An order is shipped too late":   "The run ended before it.",
		"A step that nobody has written": "undefined step: the moon is full",
		"Not chosen":                     "This run did not choose it.",
		"It passes at last":              "",
	} {
		if got := timelines[names[name]].Why; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAFailureIsShownAsOneAlsoWhereALaterStepIsUndefined(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	i := slices.IndexFunc(run.Scenarios,
		func(s report.Scenario) bool { return s.Name == "A step that nobody has written" })
	s := &run.Scenarios[i]
	s.Steps[1].Outcome, s.Reason = report.StepFailed, "it really failed"
	run.Trouble = "the system ended by itself"
	files := written(t, t.TempDir(), suite, &run)
	for _, want := range []string{"it really failed", "the system ended by itself"} {
		if !strings.Contains(files["index.html"], want) {
			t.Errorf("the overview: got no %q", want)
		}
	}
}

func TestWhileARunGoesOnThePageSaysSo(t *testing.T) {
	dir := t.TempDir()
	example := reporttest.Suite()
	if err := site.Write(dir, example, nil); err != nil {
		t.Fatal(err)
	}
	if err := site.Unfinished(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil || !strings.Contains(string(page), "The run has not ended") {
		t.Errorf("got %s, %v, want that the run has not ended", page, err)
	}
	if err := site.Unfinished(filepath.Join(dir, "new", "folder")); err != nil {
		t.Error(err)
	}
}

func TestAPageOfSomebodyElsesIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<p>mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"Write": site.Write(dir, report.Suite{}, nil),
		"Unfinished": site.Unfinished(dir)} {
		if err == nil || !strings.Contains(err.Error(), "is not Harken's") {
			t.Errorf("%s: got %v, want an error that says whose it is", what, err)
		}
	}
	if page, err := os.ReadFile(filepath.Join(dir, "index.html")); string(page) != "<p>mine" {
		t.Errorf("got %q, %v, want it as it was", page, err)
	}
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"Write": site.Write(file, report.Suite{}, nil),
		"Unfinished": site.Unfinished(file)} {
		if err == nil || !strings.HasPrefix(err.Error(), "documentation: ") {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestWhatAKilledRunHasLeftHalfIsRemoved(t *testing.T) {
	dir := t.TempDir()
	half, theirs := filepath.Join(dir, "site", "data", "scenarios-0.js.123456.part"), filepath.Join(dir, "site", "data",
		"notes.part")
	if err := os.MkdirAll(filepath.Dir(half), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{half, theirs} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := site.Write(dir, report.Suite{}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a file: got %v, want it gone", err)
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("somebody else's file: got %v, want it left alone", err)
	}
}
