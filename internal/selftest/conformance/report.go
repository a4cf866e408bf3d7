// What go test says, read into suites.

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// event is a line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// report is what is known of suites so far.
type report struct {
	order  []string          // of the page
	cases  map[string]string // by the name that go test gives a subtest: blanks are underscores there
	output map[string][]string
	suites map[string]*suite // by package and test
}

// suite is one call of harnesstest.Run.
type suite struct {
	pkg, test string
	passed    []string
	failed    []string
	notAsked  []skipped
}

// skipped is a case that was not asked.
type skipped struct{ name, why string }

func newReport(cases []string) *report {
	r := &report{order: cases, cases: make(map[string]string), output: make(map[string][]string),
		suites: make(map[string]*suite)}
	for _, c := range cases {
		r.cases[strings.ReplaceAll(c, " ", "_")] = c
	}
	return r
}

// row finds a row of the page's list of cases: of what, the case, why it matters.
var row = regexp.MustCompile(`(?m)^\| [^|]+ \| ([^|]+) \| [^|]+ \|$`)

// casesOf returns the names of the cases that a page lists.
func casesOf(text string) (names []string, err error) {
	_, rest, _ := strings.Cut(text, "<!-- cases: ")
	listed, _, found := strings.Cut(rest, "<!-- end of cases -->")
	for _, m := range row.FindAllStringSubmatch(listed, -1) {
		if m[1] != "case" {
			names = append(names, m[1])
		}
	}
	if !found || len(names) == 0 {
		return nil, fmt.Errorf("%s: got no list of cases between its marks, want one", page)
	}
	return names, nil
}

// read reads all that go test says, and passes on to out what failed or was skipped.
func (r *report) read(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text()) // of the go command itself
			continue
		}
		r.take(e, out)
	}
	return lines.Err()
}

func (r *report) take(e event, out io.Writer) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		if e.Test == "" && e.Output != "PASS\n" && e.Output != "FAIL\n" {
			fmt.Fprint(out, e.Output)
		}
		r.output[key] = append(r.output[key], e.Output)
		return
	case "build-output":
		fmt.Fprint(out, e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	said := r.output[key]
	delete(r.output, key)
	switch {
	case e.Test == "" && e.Action == "fail":
		r.unended(e.Package, out)
	case e.Test == "":
	default:
		asked := r.add(e, reason(said))
		if e.Action == "fail" || e.Action == "skip" && !asked {
			fmt.Fprint(out, strings.Join(said, ""))
		}
	}
}

// unended passes on what the tests of a package said that never ended, as where one of them took too long.
func (r *report) unended(pkg string, out io.Writer) {
	for key, said := range r.output {
		if strings.HasPrefix(key, pkg+" ") {
			fmt.Fprint(out, strings.Join(said, ""))
			delete(r.output, key)
		}
	}
}

// add notes what became of a case, if the test is one.
func (r *report) add(e event, why string) (isCase bool) {
	parent, last := path.Split(e.Test)
	name, ok := r.cases[last]
	if !ok || parent == "" {
		return false
	}
	parent = strings.TrimSuffix(parent, "/")
	key := e.Package + " " + parent
	if r.suites[key] == nil {
		r.suites[key] = &suite{pkg: e.Package, test: parent}
	}
	s := r.suites[key]
	switch e.Action {
	case "pass":
		s.passed = append(s.passed, name)
	case "fail":
		s.failed = append(s.failed, name)
	default:
		s.notAsked = append(s.notAsked, skipped{name, why})
	}
	return true
}

// said finds what a test says, behind the place where it says it.
var said = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)\n$`)

// reason returns the last thing that a test said.
func reason(output []string) (why string) {
	for _, line := range output {
		if m := said.FindStringSubmatch(line); m != nil {
			why = m[1]
		}
	}
	return why
}

// sorted returns the suites by package and test.
func (r *report) sorted() (all []*suite) {
	for _, s := range r.suites {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *suite) int { return strings.Compare(a.pkg+" "+a.test, b.pkg+" "+b.test) })
	at := func(name string) int { return slices.Index(r.order, name) }
	byPage := func(a, b string) int { return at(a) - at(b) }
	for _, s := range all { // cases that were asked side by side have ended in any order
		slices.SortFunc(s.passed, byPage)
		slices.SortFunc(s.failed, byPage)
		slices.SortFunc(s.notAsked, func(a, b skipped) int { return byPage(a.name, b.name) })
	}
	return all
}

func (s *suite) String() string {
	return fmt.Sprintf("%s %s: %d passed, %d failed, %d not asked", path.Base(s.pkg), s.test, len(s.passed), len(s.failed),
		len(s.notAsked))
}

// summary returns a line a suite.
func (r *report) summary() string {
	var b strings.Builder
	for _, s := range r.sorted() {
		fmt.Fprintln(&b, s)
	}
	return b.String()
}

// markdown returns the whole report.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintln(&b, "# What the conformance suite asked of each transport")
	for _, s := range r.sorted() {
		fmt.Fprintf(&b, "\n## %s\n", s)
		for _, name := range s.failed {
			fmt.Fprintf(&b, "\nFAILED: %s\n", name)
		}
		fmt.Fprintf(&b, "\nPassed: %s.\n", strings.Join(s.passed, "; "))
		if len(s.notAsked) == 0 {
			continue
		}
		fmt.Fprint(&b, "\n| not asked | why not |\n|---|---|\n")
		for _, c := range s.notAsked {
			fmt.Fprintf(&b, "| %s | %s |\n", c.name, strings.ReplaceAll(c.why, "|", `\|`))
		}
	}
	return b.String()
}
