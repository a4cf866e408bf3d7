package cucumber_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/cucumber"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

var update = flag.Bool("update", false, "write what the reports are now into testdata")

func written(t testing.TB, suite report.Suite, run report.Run) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := cucumber.Write(&out, suite, run); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The form, as a reader of it declares it.
type (
	readFeature struct {
		ID, URI  string
		Elements []readElement
	}
	readElement struct {
		ID, Type, Keyword, Name string
		Line                    int
		Steps                   []readStep
		Before, After           []struct{ Result readResult }
		Tags                    []struct{ Name string }
	}
	readStep struct {
		Keyword, Name string
		Line          int
		Match         struct{ Location string }
		Result        readResult
		Rows          []struct{ Cells []string }
		DocString     *struct {
			Value       string
			ContentType string `json:"content_type"`
		} `json:"doc_string"`
		Embeddings []struct {
			MimeType string `json:"mime_type"`
			Data     []byte
			Name     string
		}
	}
	readResult struct {
		Status   string
		Duration int64
		Error    string `json:"error_message"`
	}
)

func parsed(t *testing.T, document []byte) (all []readFeature) {
	t.Helper()
	if err := json.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// named returns the scenario of a name, and what is before it.
func named(t *testing.T, all []readFeature, name string) (before, of readElement) {
	t.Helper()
	for _, f := range all {
		for i, e := range f.Elements {
			if e.Name == name {
				return f.Elements[max(i-1, 0)], e
			}
		}
	}
	t.Fatalf("no scenario %q", name)
	return before, of
}

func statuses(e readElement) (all []string) {
	for _, s := range e.Steps {
		all = append(all, s.Result.Status)
	}
	return all
}

func TestTheExampleIsWrittenAsItWasLookedAt(t *testing.T) {
	suite := reporttest.Suite()
	var got bytes.Buffer
	if err := json.Indent(&got, written(t, suite, reporttest.Run(suite)), "", " "); err != nil {
		t.Fatal(err)
	}
	text := shortened(t, got.String())
	reporttest.Golden(t, "cucumber.json", text, *update)
}

// shortened cuts the data of large embeddings, so that the file is one to look at.
func shortened(t *testing.T, text string) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if len(line) > 1000 {
			lines[i] = line[:80] + "..."
		}
	}
	return strings.Join(lines, "\n")
}

func TestABackgroundIsAnElementBeforeItsScenario(t *testing.T) {
	suite := reporttest.Suite()
	background, s := named(t, parsed(t, written(t, suite, reporttest.Run(suite))), "An order is shipped")
	if background.Type != "background" || background.ID != "" || len(background.Steps) != 1 || background.Steps[0].Name != `the subsystem "fulfilment"` {
		t.Errorf("got %+v", background)
	}
	if s.Type != "scenario" || len(s.Steps) != 2 || s.Steps[0].Keyword != "When " || s.Steps[0].Match.Location != "example.com/steps/steps.go:20" || len(s.Steps[0].Rows) != 2 {
		t.Errorf("got %+v", s)
	}
	if got := s.Steps[1].Result.Duration; got != 417_000_000 {
		t.Errorf("it took %d ns", got)
	}
}

func TestIdsNameTheRuleAndTheRow(t *testing.T) {
	suite := reporttest.Suite()
	all := parsed(t, written(t, suite, reporttest.Run(suite)))
	if _, s := named(t, all, "An order is shipped too late"); s.ID != "shipping;what-is-late-counts-as-missing;an-order-is-shipped-too-late" {
		t.Errorf("got %s", s.ID)
	}
	if _, s := named(t, all, "3 orders"); s.ID != "shipping;some-things-cannot-be-known;<count>-orders;few;3" || s.Keyword != "Scenario Outline" || s.Line != 60 {
		t.Errorf("got %+v", s)
	}
	ids := make(map[string]bool)
	for _, f := range all {
		for _, e := range f.Elements {
			if e.Type == "scenario" && ids[e.ID] {
				t.Errorf("two scenarios have the id %s", e.ID)
			}
			ids[e.ID] = true
		}
	}
}

func TestEachOutcomeHasAStatus(t *testing.T) {
	suite := reporttest.Suite()
	all := parsed(t, written(t, suite, reporttest.Run(suite)))
	for name, want := range map[string][]string{
		"An order is shipped":            {"passed", "passed"},
		"An order is shipped too late":   {"passed", "failed", "skipped"},
		"The listener was cut off":       {"passed", "failed"},
		"A step that nobody has written": {"undefined", "skipped"},
	} {
		if _, s := named(t, all, name); !slices.Equal(statuses(s), want) {
			t.Errorf("%s: got %q, want %q", name, statuses(s), want)
		}
	}
	_, cut := named(t, all, "The listener was cut off")
	if got := cut.Steps[1].Result.Error; !strings.HasPrefix(got, "inconclusive: rejections: want no") {
		t.Errorf("got %q", got)
	}
}

func TestEventsAreEmbeddedInTheirSteps(t *testing.T) {
	suite := reporttest.Suite()
	all := parsed(t, written(t, suite, reporttest.Run(suite)))
	_, s := named(t, all, "An order is shipped with another status")
	sent, seen := s.Steps[0].Embeddings, s.Steps[1].Embeddings
	if len(sent) != 1 || sent[0].Name != `produced "order placed" on orders` || sent[0].MimeType != "application/json" || !json.Valid(sent[0].Data) {
		t.Errorf("sent %+v", sent)
	}
	if len(seen) != 1 || seen[0].Name != "nearest: captured #10 on shipments" || !strings.Contains(string(seen[0].Data), "BACKORDERED") {
		t.Errorf("seen %+v", seen)
	}
	_, huge := named(t, all, "A body of a megabyte")
	if e := huge.Steps[1].Embeddings; len(e) != 2 || e[1].MimeType != "text/plain" || len(e[1].Data) != 8<<10 || !strings.Contains(e[1].Name, "the first 8192 of 10486") {
		t.Errorf("huge: %d, %s, %s", len(e), e[1].MimeType, e[1].Name)
	}
	_, raw := named(t, all, "Bytes that are no text")
	if e := raw.Steps[1].Embeddings; len(e) != 2 || e[1].MimeType != "application/octet-stream" || string(e[1].Data) != "\x00\x01\xfe\xff" {
		t.Errorf("raw: %+v", e)
	}
}

func TestAFlakyScenarioShowsTheAttemptThatCounts(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	_, s := named(t, parsed(t, written(t, suite, run)), "It passes at last")
	if !slices.Contains(statuses(s), "failed") {
		t.Errorf("not allowed: %q", statuses(s))
	}
	run.AllowFlaky = true // and the run fails for another scenario
	_, s = named(t, parsed(t, written(t, suite, run)), "It passes at last")
	if slices.Contains(statuses(s), "failed") {
		t.Errorf("allowed: %q", statuses(s))
	}
}

// one returns a run of the first scenario of the example with the result.
func one(suite report.Suite, s report.Scenario) report.Run {
	s.File, s.Line = suite.Features[0].Path, suite.Features[0].Scenarios[0].Line
	return report.Run{Scenarios: []report.Scenario{s}}
}

func TestAFailureBesideTheStepsIsAHookThatFailed(t *testing.T) {
	suite := reporttest.Suite()
	passed := []report.Step{{Outcome: report.StepPassed}}
	for _, c := range []struct {
		name          string
		s             report.Scenario
		before, after readResult
	}{
		{"nothing ran, and nothing stopped it", report.Scenario{Verdict: expect.Failed, Idle: true, Reason: "did not run"}, readResult{Status: "failed", Error: "did not run"}, readResult{}},
		{"interrupted", report.Scenario{Verdict: expect.Inconclusive, Idle: true, Reason: "not run"}, readResult{Status: "skipped", Error: "not run"}, readResult{}},
		{"no listener", report.Scenario{Verdict: expect.Inconclusive, Reason: "no access"}, readResult{Status: "failed", Error: "inconclusive: no access"}, readResult{}},
		{"after its steps", report.Scenario{Verdict: expect.Failed, Reason: "the hook", Steps: passed}, readResult{}, readResult{Status: "failed", Error: "the hook"}},
		{"it passed", report.Scenario{Verdict: expect.Passed, Steps: passed}, readResult{}, readResult{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, e := named(t, parsed(t, written(t, suite, one(suite, c.s))), "An order is shipped")
			var before, after readResult
			if len(e.Before) > 0 {
				before = e.Before[0].Result
			}
			if len(e.After) > 0 {
				after = e.After[0].Result
			}
			if before != c.before || after != c.after {
				t.Errorf("got before %+v, after %+v", before, after)
			}
		})
	}
}

// form says what the objects of the form hold, as the schema of Cucumber-JVM's JSON has it (cucumber/cucumber-json-schema): what
// they must have, and behind the bar what they may have.
var form = map[string]string{
	"feature":    "uri id line keyword name description elements | tags",
	"elements":   "line type keyword name description steps | start_timestamp id before after tags",
	"steps":      "keyword line name result | match doc_string rows embeddings output before after",
	"before":     "match result | embeddings output",
	"after":      "match result | embeddings output",
	"match":      "| location arguments",
	"result":     "status | duration error_message",
	"doc_string": "line value | content_type",
	"rows":       "cells",
	"embeddings": "mime_type data | name",
	"tags":       "name", // of a scenario
	"location":   "line column",
}

func TestTheFormIsThatOfCucumberJVM(t *testing.T) {
	suite := reporttest.Suite()
	var all []any
	if err := json.Unmarshal(written(t, suite, reporttest.Run(suite)), &all); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		conforms(t, "feature", f)
	}
}

// conforms compares a value, and all in it, with the form.
func conforms(t *testing.T, name string, value any) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, each := range v {
			conforms(t, name, each)
		}
	case map[string]any:
		must, may, _ := strings.Cut(form[name], "|")
		if _, located := v["location"].(map[string]any); name == "tags" && located { // of a feature
			must = "name type location"
		}
		for _, key := range strings.Fields(must) {
			if _, has := v[key]; !has {
				t.Errorf("%s without %s: %v", name, key, v)
			}
		}
		for key, inner := range v {
			if !slices.Contains(strings.Fields(must+" "+may), key) {
				t.Errorf("%s with %s", name, key)
			}
			conforms(t, key, inner)
		}
	case string:
		if name == "status" && !slices.Contains([]string{"passed", "failed", "skipped", "undefined", "pending"}, v) {
			t.Errorf("status %s", v)
		}
	}
}

func TestWhatIsHugeIsCut(t *testing.T) {
	suite := reporttest.Suite()
	huge := strings.Repeat("ö", 1<<20)
	s := report.Scenario{Verdict: expect.Failed, Reason: huge, Steps: []report.Step{{Outcome: report.StepFailed, Reason: huge, Ended: reporttest.Began}}}
	body := []byte(huge)
	for range 1000 {
		s.Produced = append(s.Produced, report.Produced{Channel: "orders", Sent: event.Event{Body: body}})
	}
	got := written(t, suite, one(suite, s))
	if len(got) > 200<<10 || !utf8.Valid(got) {
		t.Errorf("%d bytes", len(got))
	}
	before, _ := named(t, parsed(t, got), "An order is shipped")
	step := before.Steps[0]
	if !strings.HasSuffix(step.Result.Error, "ö ... (2097152 bytes in all)") || len(step.Embeddings) != 8 || step.Embeddings[0].MimeType != "text/plain" {
		t.Errorf("%d embeddings", len(step.Embeddings))
	}
}

func TestARunOfNothingIsAnEmptyArray(t *testing.T) {
	for _, suite := range []report.Suite{{}, reporttest.Suite(), {Features: []*report.Feature{{Path: "broken.feature"}}}} {
		if got := written(t, suite, report.Run{}); string(got) != "[]\n" {
			t.Errorf("got %s", got)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAnErrorOfTheFileIsReturned(t *testing.T) {
	suite, run := reporttest.Many(2)
	if err := cucumber.Write(full{}, suite, run); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	suite, run := reporttest.Many(10000)
	for b.Loop() {
		if err := cucumber.Write(io.Discard, suite, run); err != nil {
			b.Fatal(err)
		}
	}
}
