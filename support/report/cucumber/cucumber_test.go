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
	t.Fatalf("got no scenario %q", name)
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
	if background.Type != "background" || s.Type != "scenario" {
		t.Errorf("the types: got %s and %s, want background and scenario", background.Type, s.Type)
	}
	if background.ID != "" {
		t.Errorf("the id of a background: got %q, want none", background.ID)
	}
	if len(background.Steps) != 1 || len(s.Steps) != 2 {
		t.Fatalf("got %d steps of the background and %d of the scenario, want 1 and 2", len(background.Steps), len(s.Steps))
	}
	if got, want := background.Steps[0].Name, `the subsystem "fulfilment"`; got != want {
		t.Errorf("the step of the background: got %s, want %s", got, want)
	}
	first := s.Steps[0]
	if first.Keyword != "When " {
		t.Errorf("the keyword: got %q, want When", first.Keyword)
	}
	if want := "example.com/steps/steps.go:20"; first.Match.Location != want {
		t.Errorf("the place of the phrase: got %s, want %s", first.Match.Location, want)
	}
	if got := len(first.Rows); got != 2 {
		t.Errorf("got %d rows, want 2", got)
	}
	if got, want := s.Steps[1].Result.Duration, int64(417_000_000); got != want {
		t.Errorf("the duration: got %d ns, want %d", got, want)
	}
}

func TestIdsNameTheRuleAndTheRow(t *testing.T) {
	suite := reporttest.Suite()
	all := parsed(t, written(t, suite, reporttest.Run(suite)))
	for name, want := range map[string]string{
		"An order is shipped too late": "shipping;what-is-late-counts-as-missing;an-order-is-shipped-too-late",
		"3 orders":                     "shipping;some-things-cannot-be-known;<count>-orders;few;3",
	} {
		if _, s := named(t, all, name); s.ID != want {
			t.Errorf("%s: got %s, want %s", name, s.ID, want)
		}
	}
	if _, s := named(t, all, "3 orders"); s.Keyword != "Scenario Outline" || s.Line != 60 {
		t.Errorf("a row: got %s in line %d, want Scenario Outline in line 60", s.Keyword, s.Line)
	}
	ids := make(map[string]bool)
	for _, f := range all {
		for _, e := range f.Elements {
			if e.Type == "scenario" && ids[e.ID] {
				t.Errorf("got %s for two scenarios, want ids that differ", e.ID)
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
	if got, want := cut.Steps[1].Result.Error, "inconclusive: rejections: want no"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
}

func TestEventsAreEmbeddedInTheirSteps(t *testing.T) {
	suite := reporttest.Suite()
	all := parsed(t, written(t, suite, reporttest.Run(suite)))
	_, s := named(t, all, "An order is shipped with another status")
	_, huge := named(t, all, "A body of a megabyte")
	_, raw := named(t, all, "Bytes that are no text")
	for _, c := range []struct {
		what       string
		step       readStep
		nth, of    int
		name, kind string // the name holds this
		data       func(data []byte) bool
	}{
		{"what was sent", s.Steps[0], 0, 1, `produced "order placed" on orders`, "application/json", json.Valid},
		{"the nearest", s.Steps[1], 0, 1, "nearest: captured #10 on shipments", "application/json", func(data []byte) bool {
			return strings.Contains(string(data), "BACKORDERED")
		}},
		{"a huge body", huge.Steps[1], 1, 2, "the first 8192 of 10486", "text/plain",
			func(data []byte) bool { return len(data) == 8<<10 }},
		{"bytes", raw.Steps[1], 1, 2, "", "application/octet-stream",
			func(data []byte) bool { return string(data) == "\x00\x01\xfe\xff" }},
	} {
		if got := len(c.step.Embeddings); got != c.of {
			t.Fatalf("%s: got %d embeddings, want %d", c.what, got, c.of)
		}
		got := c.step.Embeddings[c.nth]
		if !strings.Contains(got.Name, c.name) {
			t.Errorf("%s: got the name %q, want %q", c.what, got.Name, c.name)
		}
		if got.MimeType != c.kind {
			t.Errorf("%s: got %s, want %s", c.what, got.MimeType, c.kind)
		}
		if !c.data(got.Data) {
			t.Errorf("%s: got another content: %.100q", c.what, got.Data)
		}
	}
}

func TestAFlakyScenarioShowsTheAttemptThatCounts(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	_, s := named(t, parsed(t, written(t, suite, run)), "It passes at last")
	if !slices.Contains(statuses(s), "failed") {
		t.Errorf("not allowed: got %q, want one that failed", statuses(s))
	}
	run.AllowFlaky = true // and the run fails for another scenario
	_, s = named(t, parsed(t, written(t, suite, run)), "It passes at last")
	if slices.Contains(statuses(s), "failed") {
		t.Errorf("allowed: got %q, want none that failed", statuses(s))
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
		{"nothing ran, and nothing stopped it", report.Scenario{Verdict: expect.Failed, Idle: true, Reason: "did not run"},
			readResult{Status: "failed", Error: "did not run"}, readResult{}},
		{"interrupted", report.Scenario{Verdict: expect.Inconclusive, Idle: true, Reason: "not run"},
			readResult{Status: "skipped", Error: "not run"}, readResult{}},
		{"no listener", report.Scenario{Verdict: expect.Inconclusive, Reason: "no access"},
			readResult{Status: "failed", Error: "inconclusive: no access"}, readResult{}},
		{"after its steps", report.Scenario{Verdict: expect.Failed, Reason: "the hook", Steps: passed}, readResult{},
			readResult{Status: "failed", Error: "the hook"}},
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
				t.Errorf("got before %+v, after %+v, want %+v and %+v", before, after, c.before, c.after)
			}
		})
	}
}

// form says what the objects of the form hold, as the schema of Cucumber-JVM's JSON has it
// (cucumber/cucumber-json-schema): what they must have, and behind the bar what they may have.
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
				t.Errorf("%s: got none of %s, want it: %v", name, key, v)
			}
		}
		for key, inner := range v {
			if !slices.Contains(strings.Fields(must+" "+may), key) {
				t.Errorf("%s: got %s, want none", name, key)
			}
			conforms(t, key, inner)
		}
	case string:
		if name == "status" && !slices.Contains([]string{"passed", "failed", "skipped", "undefined", "pending"}, v) {
			t.Errorf("got the status %s, want one of the form's", v)
		}
	}
}

func TestWhatIsHugeIsCut(t *testing.T) {
	suite := reporttest.Suite()
	huge := strings.Repeat("ö", 1<<20)
	s := report.Scenario{Verdict: expect.Failed, Reason: huge,
		Steps: []report.Step{{Outcome: report.StepFailed, Reason: huge, Ended: reporttest.Began}}}
	body := []byte(huge)
	for range 1000 {
		s.Produced = append(s.Produced, report.Produced{Channel: "orders", Sent: event.Event{Body: body}})
	}
	got := written(t, suite, one(suite, s))
	if len(got) > 200<<10 {
		t.Errorf("got %d bytes, want at most %d", len(got), 200<<10)
	}
	if !utf8.Valid(got) {
		t.Error("got something that is no text")
	}
	before, _ := named(t, parsed(t, got), "An order is shipped")
	step := before.Steps[0]
	if want := "ö ... (2097152 bytes in all)"; !strings.HasSuffix(step.Result.Error, want) {
		t.Errorf("the error: got %.20q..., want it to end with %q", step.Result.Error, want)
	}
	if got := len(step.Embeddings); got != 8 {
		t.Fatalf("got %d embeddings, want 8", got)
	}
	if got := step.Embeddings[0].MimeType; got != "text/plain" {
		t.Errorf("an embedding: got %s, want text/plain", got)
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
