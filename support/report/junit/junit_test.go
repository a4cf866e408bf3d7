package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/junit"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

var update = flag.Bool("update", false, "write what the reports are now into testdata")

func written(t testing.TB, suite report.Suite, run report.Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := junit.Write(&out, suite, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// read is the report as a reader of the format sees it.
type read struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Suites   []readSuite `xml:"testsuite"`
}

type readSuite struct {
	Name       string `xml:"name,attr"`
	File       string `xml:"file,attr"`
	Tests      int    `xml:"tests,attr"`
	Failures   int    `xml:"failures,attr"`
	Errors     int    `xml:"errors,attr"`
	Skipped    int    `xml:"skipped,attr"`
	Properties []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	} `xml:"properties>property"`
	Cases []readCase `xml:"testcase"`
}

type readCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Group   string        `xml:"group,attr"`
	Time    string        `xml:"time,attr"`
	Failure []readTrouble `xml:"failure"`
	Error   []readTrouble `xml:"error"`
	Skipped []readTrouble `xml:"skipped"`
	Rerun   []readTrouble `xml:"rerunFailure"`
	Flaky   []readTrouble `xml:"flakyFailure"`
	Out     string        `xml:"system-out"`
}

type readTrouble struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func parsed(t *testing.T, document string) read {
	t.Helper()
	var r read
	if err := xml.Unmarshal([]byte(document), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r read) named(t *testing.T, name string) readCase {
	t.Helper()
	for _, s := range r.Suites {
		for _, c := range s.Cases {
			if c.Name == name {
				return c
			}
		}
	}
	t.Fatalf("got no testcase %q", name)
	return readCase{}
}

// outcomes are what a testcase has, each as its element and its type: "failure failed".
func (c readCase) outcomes() string {
	var all []string
	for _, kind := range []struct {
		element  string
		troubles []readTrouble
	}{{"failure", c.Failure}, {"error", c.Error}, {"skipped", c.Skipped}, {"rerun", c.Rerun}, {"flaky", c.Flaky}} {
		for _, t := range kind.troubles {
			all = append(all, strings.TrimSpace(kind.element+" "+t.Type))
		}
	}
	return strings.Join(all, ", ")
}

func TestTheExampleIsWrittenAsItWasLookedAt(t *testing.T) {
	suite := reporttest.Suite()
	got := written(t, suite, reporttest.Run(suite))
	reporttest.Golden(t, "junit.xml", got, *update)
}

func TestEachVerdictIsWhatReadersTakeItFor(t *testing.T) {
	suite := reporttest.Suite()
	r := parsed(t, written(t, suite, reporttest.Run(suite)))
	for name, want := range map[string]string{
		"An order is shipped": "", "An order is shipped too late": "failure failed", "The listener was cut off": "error inconclusive",
		"A step that nobody has written": "failure undefined",
	} {
		if got := r.named(t, name).outcomes(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	late := r.named(t, "An order is shipped too late")
	if want := "Shipping › What is late counts as missing"; late.Class != want {
		t.Errorf("the class of a rule's scenario: got %q, want %q", late.Class, want)
	}
	if want := "@orders @slow"; late.Group != want {
		t.Errorf("the group: got %q, want the tags %q", late.Group, want)
	}
	cut, want := r.named(t, "The listener was cut off"), "features/shipping.feature:"
	if got := cut.Error[0].Text; !strings.Contains(got, want) {
		t.Errorf("the text of an error: got %q, want its place: %s", got, want)
	}
	passed := r.named(t, "An order is shipped")
	if !strings.Contains(passed.Out, "captured") {
		t.Errorf("the output of one that passed: got %q, want what was captured", passed.Out)
	}
	if passed.Time != "0.437" {
		t.Errorf("the time: got %s, want 0.437", passed.Time)
	}
}

func TestTheTotalsAreThoseOfTheTestcases(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	r := parsed(t, written(t, suite, run))
	var tests, failures, errors int
	for _, s := range r.Suites {
		want := [4]int{len(s.Cases)}
		for _, c := range s.Cases {
			want[1], want[2], want[3] = want[1]+len(c.Failure), want[2]+len(c.Error), want[3]+len(c.Skipped)
		}
		if got := [4]int{s.Tests, s.Failures, s.Errors, s.Skipped}; got != want {
			t.Errorf("%s: tests, failures, errors, skipped: got %v, want %v", s.Name, got, want)
		}
		tests, failures, errors = tests+s.Tests, failures+s.Failures, errors+s.Errors
	}
	if got, want := [3]int{r.Tests, r.Failures, r.Errors}, [3]int{tests, failures, errors}; got != want {
		t.Errorf("the run: tests, failures, errors: got %v, want %v", got, want)
	}
	if want := len(run.Scenarios); tests != want {
		t.Errorf("got %d tests, want %d, one a scenario", tests, want)
	}
}

func TestAFlakyScenarioFailsWhereItFailsTheRun(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	c := parsed(t, written(t, suite, run)).named(t, "It passes at last")
	if got, want := c.outcomes(), "failure flaky"; got != want {
		t.Fatalf("not allowed: got %q, want %q", got, want)
	}
	if got, want := c.Failure[0].Message, "attempt 1 of 3: "; !strings.HasPrefix(got, want) {
		t.Errorf("not allowed: got the message %q, want it to begin with %q", got, want)
	}
	run.AllowFlaky = true // and the run fails for another scenario
	c = parsed(t, written(t, suite, run)).named(t, "It passes at last")
	if got, want := c.outcomes(), "flaky failed"; got != want {
		t.Errorf("allowed: got %q, want %q", got, want)
	}
}

func TestWhatNoScenarioTellsIsAnErrorOfTheRun(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	before := parsed(t, written(t, suite, run))
	run.Trouble = "the system <ended>"
	after := parsed(t, written(t, suite, run))
	c := after.named(t, "the run")
	if len(c.Error) != 1 {
		t.Fatalf("got %q, want one error", c.outcomes())
	}
	if got := c.Error[0].Message; got != run.Trouble {
		t.Errorf("got the message %q, want %q", got, run.Trouble)
	}
	if got, want := [2]int{after.Tests, after.Errors}, [2]int{before.Tests + 1, before.Errors + 1}; got != want {
		t.Errorf("tests and errors of the run: got %v, want %v", got, want)
	}
}

func TestOfAFailureInSeveralAttemptsTheOthersAreReruns(t *testing.T) {
	attempt := func(n int) report.Scenario {
		return report.Scenario{File: "a.feature", Name: "S", Verdict: expect.Failed, Reason: "why " + strconv.Itoa(n),
			Attempt: n, Of: 2}
	}
	run := report.Run{ExitCode: 1, Scenarios: []report.Scenario{report.Join([]report.Scenario{attempt(1), attempt(2)})}}
	c := parsed(t, written(t, report.Suite{}, run)).named(t, "S")
	if len(c.Failure) != 1 || len(c.Rerun) != 1 {
		t.Fatalf("got %q, want a failure and a rerun", c.outcomes())
	}
	if got, want := c.Failure[0].Message, "attempt 1 of 2: why 1"; got != want {
		t.Errorf("the failure: got %q, want %q", got, want)
	}
	if got, want := c.Rerun[0].Message, "attempt 2 of 2: why 2"; got != want {
		t.Errorf("the rerun: got %q, want %q", got, want)
	}
}

func TestWhatDidNotRunIsSkippedUnlessNothingStoppedIt(t *testing.T) {
	run := report.Run{ExitCode: 130, Scenarios: []report.Scenario{
		{File: "a.feature", Name: "interrupted", Verdict: expect.Inconclusive, Idle: true, Reason: "not run: interrupted"},
		{File: "a.feature", Name: "forgotten", Verdict: expect.Failed, Idle: true, Reason: "the scenario did not run"},
	}}
	r := parsed(t, written(t, report.Suite{}, run))
	if c := r.named(t, "interrupted"); len(c.Skipped) != 1 || c.Skipped[0].Message != "not run: interrupted" {
		t.Errorf("got %+v", c)
	}
	if c := r.named(t, "forgotten"); len(c.Failure) != 1 {
		t.Errorf("got %+v", c)
	}
}

func TestNoTwoTestcasesOfAClassHaveOneName(t *testing.T) {
	run := report.Run{Scenarios: []report.Scenario{
		{File: "a.feature", Feature: "F", Name: "row"}, {File: "a.feature", Feature: "F", Name: "row #2"}, {File: "a.feature",
			Feature: "F", Name: "row"},
		{File: "b.feature", Feature: "F", Name: "row"},
	}}
	var names []string
	for _, s := range parsed(t, written(t, report.Suite{}, run)).Suites {
		for _, c := range s.Cases {
			names = append(names, c.Name)
		}
	}
	want := []string{"row", "row #2", "row #2 #2", "row #3"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

func TestPropertiesTellByTheLineWhatATestcaseHasNoRoomFor(t *testing.T) {
	suite := reporttest.Suite()
	r := parsed(t, written(t, suite, reporttest.Run(suite)))
	got := make(map[string]string)
	for _, p := range r.Suites[slices.IndexFunc(r.Suites, func(s readSuite) bool {
		return s.File == "features/shipping.feature"
	})].Properties {
		got[p.Name] = p.Value
	}
	for name, want := range map[string]string{
		"run":                "6f1c0c5d0f2a",
		"profile":            "local",
		"line 14: verdict":   "passed",
		"line 14: tags":      "@orders @smoke",
		"line 14: subsystem": "fulfilment",
		"line 14: latency of order shipped on shipments": "took 0.420s, limit 2.000s, margin 1.580s",
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
}

func TestAnyTextMakesADocumentThatCanBeRead(t *testing.T) {
	odd := "a\x00b\x1b[31m\xff\ufffe<&>\"'\r\n\t]]> طلب\u202e"
	s := report.Scenario{File: odd, Feature: odd, Name: odd, Tags: []string{odd}, Verdict: expect.Failed, Step: odd,
		Reason: odd, Remarks: []string{odd}}
	r := parsed(t,
		written(t, report.Suite{}, report.Run{Suite: odd, ID: odd, Profile: odd, Scenarios: []report.Scenario{s}}))
	want := "a\ufffdb\ufffd[31m\ufffd\ufffd<&>\"'\r\n\t]]> طلب\u202e"
	c := r.Suites[0].Cases[0]
	for of, got := range map[string]string{"the run": r.Name, "the case": c.Name, "its class": c.Class} {
		if got != want {
			t.Errorf("%s: got %+q, want %+q", of, got, want)
		}
	}
	if got := c.Failure[0].Text; !strings.Contains(got, want) {
		t.Errorf("the failure: got %+q, want %+q in it", got, want)
	}
}

func TestHugeTextsAreCut(t *testing.T) {
	huge := strings.Repeat("ö", 1<<20)
	s := report.Scenario{File: "a.feature", Name: "S", Verdict: expect.Failed, Step: huge, Reason: huge,
		Remarks: []string{huge}}
	got := written(t, report.Suite{}, report.Run{Scenarios: []report.Scenario{s}})
	if len(got) > 200<<10 {
		t.Errorf("got %d bytes, want at most %d", len(got), 200<<10)
	}
	c := parsed(t, got).named(t, "S")
	if want := "bytes in all)"; !strings.HasSuffix(c.Failure[0].Text, want) {
		t.Errorf("the failure: got %.20q..., want it to end with %q", c.Failure[0].Text, want)
	}
	if strings.Contains(c.Out, "\ufffd") {
		t.Error("the output: got half a character at its end")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAnErrorOfTheFileIsReturned(t *testing.T) {
	suite, run := reporttest.Many(2)
	if err := junit.Write(full{}, suite, run); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func TestARunOfNothingIsADocument(t *testing.T) {
	r := parsed(t, written(t, report.Suite{}, report.Run{Began: time.Now()}))
	if r.Tests != 0 || len(r.Suites) != 0 {
		t.Errorf("got %+v", r)
	}
}

func BenchmarkWrite(b *testing.B) {
	suite, run := reporttest.Many(10000)
	for b.Loop() {
		if err := junit.Write(io.Discard, suite, run); err != nil {
			b.Fatal(err)
		}
	}
}
