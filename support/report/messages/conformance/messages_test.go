//go:build conformance

package conformance

import (
	"bytes"
	"encoding/xml"
	"flag"
	"html"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/messages"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

var given = flag.String("given", "", "a `FILE` of messages that a run has written, to be looked at beside the example")

// written returns the messages of the example.
func written(t *testing.T) (suite report.Suite, run report.Run, ndjson []byte) {
	t.Helper()
	suite = reporttest.Suite()
	run = reporttest.Run(suite)
	var out bytes.Buffer
	if err := messages.Write(&out, suite, run); err != nil {
		t.Fatal(err)
	}
	return suite, run, out.Bytes()
}

func TestMessagesAreValidByTheOfficialSchema(t *testing.T) {
	_, _, ndjson := written(t)
	validate(t, ndjson)
	for _, e := range envelopes(t, ndjson) {
		if about, ok := e["meta"].(map[string]any); ok {
			text, err := os.ReadFile(module(t, "messages") + "/package.json")
			if err != nil {
				t.Fatal(err)
			}
			if version := about["protocolVersion"].(string); !strings.Contains(string(text), `"version": "`+version+`"`) {
				t.Errorf("the messages say that they are of version %s, which is not the schema's", version)
			}
		}
	}
	if *given == "" {
		return
	}
	ndjson, err := os.ReadFile(*given)
	if err != nil {
		t.Fatal(err)
	}
	validate(t, ndjson)
	format(t, "junit", ndjson)
	rendered(t, format(t, "html", ndjson))
}

func TestTheOfficialFormatterShowsTheRun(t *testing.T) {
	suite, run, ndjson := written(t)
	shown := rendered(t, format(t, "html", ndjson))
	_, shown, _ = strings.Cut(shown, "<body")
	want := []string{
		"8 / 12", // the flaky one passed at last
		">inconclusive<", "the connection was cut",
		"would match", "1.10s after the window",
		"nearest misses", "log of the system under test", "captured on shipments #10", // attached
		"sc.Step(`^the moon is full$`", // suggested
	}
	for _, f := range suite.Features {
		want = append(want, f.Path)
	}
	for _, s := range run.Scenarios {
		if s.File == suite.Features[0].Path && s.Reason != "" { // features of which all has passed are folded
			want = append(want, s.Name, s.Steps[len(s.Steps)-1].Reason[:20])
		}
	}
	for _, text := range want {
		if !strings.Contains(shown, html.EscapeString(text)) && !strings.Contains(shown, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	if strings.Contains(shown, "<script>alert") {
		t.Error("a text of the run became a script")
	}
}

func TestTheOfficialFormatterCountsTheRunInJUnit(t *testing.T) {
	_, run, ndjson := written(t)
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Skipped  int `xml:"skipped,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Type string `xml:"type,attr"`
			} `xml:"failure"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal([]byte(format(t, "junit", ndjson)), &suite); err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]int)
	for _, c := range suite.Cases {
		if c.Failure != nil {
			kinds[c.Failure.Type]++
		}
	}
	got, want := [4]int{suite.Tests, len(suite.Cases), suite.Failures, suite.Skipped}, [4]int{len(run.Scenarios),
		len(run.Scenarios), 4, 0}
	if got != want {
		t.Errorf("tests, cases, failures, skipped: got %v, want %v", got, want)
	}
	// the last is the undefined one
	if want := map[string]int{"failed": 2, "inconclusive": 1, "": 1}; !maps.Equal(kinds, want) {
		t.Errorf("the types of the failures: got %v, want %v", kinds, want)
	}
}
