package messages

// Tests of the parts: lines, arguments, attachments, suggestions.

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

func TestAStringIsReadBackAsItWas(t *testing.T) {
	var every strings.Builder
	for r := range rune(0x300) {
		every.WriteRune(r)
	}
	for _, s := range []string{"", "plain", every.String(), "\u2028\u2029\u202e 😀 \ufffd", `"\/`} {
		var l line
		l.string(s)
		var got string
		if err := json.Unmarshal(l[:len(l)-1], &got); err != nil || got != s {
			t.Errorf("%q: got %q, %v", s, got, err)
		}
	}
	var l line
	l.string("a\xffb\xe2\x82")
	if got := string(l); got != "\"a\ufffdb\ufffd\ufffd\"," {
		t.Errorf("what is no text became %q", got)
	}
}

func TestArgumentsAreCountedAsCucumberCounts(t *testing.T) {
	for _, c := range []struct{ name, pattern, text, want string }{
		{"none", `^a step$`, `a step`, ``},
		{"behind letters of several bytes", `^é😀 (\d+)$`, `é😀 42`, `{"group":{"start":4,"value":"42"}}`},
		{"a group that took no part", `^a( b)?$`, `a`, `{"group":{}}`},
		{"an empty one", `^a(b*)$`, `a`, `{"group":{"start":1,"value":""}}`},
		{"groups in groups", `^((a)(?:x(b))?)$`, `a`,
			`{"group":{"start":0,"value":"a","children":[{"start":0,"value":"a"},{}]}}`},
		{"a text that was changed since, so that it matches no more", `^a (\d+)$`, `a [secret]`, ``},
		{"a pattern that is none", `(`, `a`, ``},
	} {
		a := newArguments([]report.Definition{{Pattern: c.pattern}})
		if got, want := string(a.of(0, c.text)), `{"stepMatchArguments":[`+c.want+`]},`; got != want {
			t.Errorf("%s\n  got  %s\n  want %s", c.name, got, want)
		}
	}
}

// attached returns the attachments of a run of one scenario.
func attached(t *testing.T, change func(*report.Plan, *report.Scenario)) (all []string) {
	t.Helper()
	for _, l := range read(t, one(t, change)) {
		if a := l.Attachment; a != nil {
			all = append(all, strings.TrimSpace(strings.TrimPrefix(a.TestStepID, "c0.")+" "+a.FileName)+": "+a.Body)
		}
	}
	return all
}

func TestEventsAreAttachedToTheStepsThatTheyBelongTo(t *testing.T) {
	got := attached(t, func(_ *report.Plan, s *report.Scenario) {
		began := func(step int) time.Time { return s.Steps[step].Began.Add(time.Millisecond) }
		s.Produced = []report.Produced{
			{Event: "order placed", Channel: "orders", Began: began(1), Sent: event.Event{Body: []byte("{\"a\":\n 1}")}},
			{Channel: "orders", Began: began(2), Sent: event.Event{Key: "k", Body: []byte("{")}, Error: "no answer"},
		}
		s.Captured = []report.Captured{
			{Channel: "orders", Number: 1, Seen: event.Event{Seen: began(1)}, Echo: true},
			{Channel: "other", Number: 1, Seen: event.Event{Seen: began(1), Body: []byte("x")}},
			{Channel: "shipments", Number: 1,
				Matched: true, Redelivery: true, Seen: event.Event{Seen: began(1), ID: "i",
					Headers: event.Headers(map[string]string{"b": "2", "a": "\""}), Body: []byte(`"y"`)}},
			{Channel: "stock", Number: 1, Seen: event.Event{Seen: began(2), Key: "SKU-1"}, Gone: true},
		}
		s.Waits = []report.Wait{{Step: 2, Matched: []report.Ref{{Channel: "shipments", Number: 1}}}}
	})
	want := []string{
		`1 produced order placed on orders: {"channel":"orders","after":"0.011s","event":"order placed","body":{"a":` +
			"\n" + ` 1}}`,
		`1 captured on other #1: {"channel":"other","after":"0.011s","number":1,"body":"x"}`,
		`2 produced on orders: {"channel":"orders","after":"0.021s","error":"no answer","key":"k","body":"{"}`,
		`2 captured on shipments #1: {"channel":"shipments","after":"0.011s","number":1,"matched":true,"redelivery":true,"id":"i","headers":{"a":"\"","b":"2"},"body":"y"}`,
		`2 captured on stock #1: {"channel":"stock","after":"0.021s","number":1,"gone":true,"key":"SKU-1","body":""}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatExplainsAFailureIsAttachedToTheStepThatFailed(t *testing.T) {
	got := attached(t, func(_ *report.Plan, s *report.Scenario) {
		s.Verdict, s.Steps = expect.Failed, s.Steps[:2]
		s.Steps[1].Outcome = report.StepFailed
		at := s.Steps[0].Began
		s.Uncorrelated = []report.Captured{{Channel: "c", Number: 3, Seen: event.Event{Seen: at, Body: []byte("1")}}}
		s.Log = []report.Line{{At: at.Add(time.Second), Text: "oops"}}
		s.Remarks = []string{"one", "two"}
		s.Links = []report.LinkChange{{Link: "db", State: "cut", At: at}, {Link: "db", State: "restored", Step: -1, At: at}}
		s.Waits = []report.Wait{{Step: 1, Want: "a thing",
			Nearest: []report.Near{{Ref: report.Ref{Channel: "c", Number: 4},
				Misses: []report.Miss{{Path: "p", Got: "1", Want: "2"}}}}}}
	})
	want := []string{
		"0: link db: cut",
		`1 nobody's on c #3: {"channel":"c","after":"0.000s","number":3,"body":1}`,
		"1 nearest misses: a thing\nc #4\n  p  got 1, want 2\n",
		"1: one\ntwo",
		"1 log of the system under test: +1.000s  oops\n",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatComesFromOutsideIsBounded(t *testing.T) {
	huge := strings.Repeat("é", 1<<19)[1:]
	for name, body := range map[string]string{"text": huge[1:], "bytes": huge, "JSON": `"` + huge[1:] + `"`} {
		got := attached(t, func(_ *report.Plan, s *report.Scenario) {
			e := event.Event{ID: body, Key: body, Headers: event.Headers(map[string]string{"h": body}), Body: []byte(body),
				Seen: s.Began}
			s.Verdict, s.Steps[2].Outcome, s.Steps[2].Reason = expect.Failed, report.StepFailed, body
			s.Captured = []report.Captured{{Channel: "c", Seen: e}}
			for range 9_999 {
				s.Captured = append(s.Captured, report.Captured{Channel: "c", Seen: event.Event{Seen: s.Began}})
			}
			s.Remarks, s.Log = []string{body}, []report.Line{{Text: body}}
		})
		if len(got) != most+3 {
			t.Fatalf("%s: got %d attachments, want %d", name, len(got), most+3)
		}
		for _, a := range got {
			if len(a) > 8*longest || !utf8.ValidString(a) {
				t.Errorf("%s: an attachment: got %d bytes, want text of at most %d", name, len(a), 8*longest)
			}
		}
		_, text, _ := strings.Cut(got[0], ": ")
		var shown struct{ Cut, Encoding, Body string }
		if err := json.Unmarshal([]byte(text), &shown); err != nil {
			t.Fatal(err)
		}
		if shown.Encoding == "base64" {
			decoded, err := base64.StdEncoding.DecodeString(shown.Body)
			if err != nil {
				t.Fatal(err)
			}
			shown.Body = string(decoded)
		}
		if want := fmt.Sprintf("the first %d of %d bytes", len(shown.Body), len(body)); shown.Cut != want {
			t.Errorf("%s: got %q, want %q", name, shown.Cut, want)
		}
		if !strings.HasPrefix(body, shown.Body) {
			t.Errorf("%s: got a body that is not the beginning of what was sent: %.40q", name, shown.Body)
		}
		if got, want := shown.Encoding != "", name == "bytes"; got != want {
			t.Errorf("%s: encoded: got %v (%q), want %v", name, got, shown.Encoding, want)
		}
		if want := fmt.Sprintf("0: and %d more events", 10_000-most); got[most] != want {
			t.Errorf("%s: got %q, want %q", name, got[most], want)
		}
	}
}

func TestAnUndefinedStepIsSuggestedInGo(t *testing.T) {
	suite, run := scenario(func(p *report.Plan, s *report.Scenario) {
		s.Verdict, s.Steps = expect.Failed, s.Steps[:2]
		s.Steps[1].Outcome, s.Steps[1].Reason = report.StepUndefined, "undefined step: 3\n  did you mean:\n  4"
		p.Pickle.Steps[1].Text = "3 `odd` (things) of \"X\" happen:"
	})
	want := "// did you mean:\n// 4\n" + `sc.Step("^(\\d+) ` + "`odd`" + ` \\(things\\) of \"([^\"]*)\" happen:$", func(ctx context.Context, number1 int, text2 string, table *godog.Table) error {` + "\n\treturn godog.ErrPending\n})"
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, suite, run); !strings.Contains(got, `"code":`+string(text)) {
		t.Errorf("got %s", got)
	}
}

func TestAnAttemptThatIsFollowedByAnotherSaysSo(t *testing.T) {
	suite, run := scenario(func(_ *report.Plan, s *report.Scenario) {
		first, second := *s, *s
		first.Verdict, first.Reason = expect.Inconclusive, "the system under test had ended"
		second.Began = s.Began.Add(time.Minute)
		*s = report.Join([]report.Scenario{first, second})
	})
	run.ExitCode = 1
	all := read(t, written(t, suite, run))
	if got, want := statuses(all), "PASSED PASSED PASSED FAILED PASSED PASSED PASSED PASSED"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var attempts []int
	var again []bool
	hooks := 0
	for _, l := range all {
		switch {
		case l.Hook != nil:
			hooks++
		case l.TestCaseStarted != nil:
			attempts = append(attempts, l.TestCaseStarted.Attempt)
		case l.TestCaseFinished != nil:
			again = append(again, l.TestCaseFinished.WillBeRetried)
		case l.TestStepFinished != nil && l.TestStepFinished.TestStepResult.Status == "FAILED":
			r := l.TestStepFinished.TestStepResult
			got := [3]string{r.Message, r.Exception.Type, r.Exception.Message}
			want := [3]string{"inconclusive: the system under test had ended", "inconclusive", "the system under test had ended"}
			if got != want {
				t.Errorf("the hook's message, and its exception: got %q, want %q", got, want)
			}
		case l.TestRunFinished != nil:
			if got := l.TestRunFinished; got.Success || got.Message != "1 flaky, exit code 1" {
				t.Errorf("the end of the run: got success: %v, %q, want none, and 1 flaky, exit code 1", got.Success, got.Message)
			}
		}
	}
	if hooks != 1 || fmt.Sprint(attempts, again) != "[0 1] [true false]" {
		t.Errorf("got %d hooks, the attempts %v, again: %v, want 1, [0 1] and [true false]", hooks, attempts, again)
	}
}

func TestAScenarioOfWhichNothingIsKnownHasATestCaseOnlyIfItWasChosen(t *testing.T) {
	suite := reporttest.Suite()
	cases := 0
	for _, l := range read(t, written(t, suite, report.Run{})) {
		if l.TestCase != nil {
			cases++
		}
		if l.TestCaseStarted != nil {
			t.Error("something has begun")
		}
	}
	if want := len(reporttest.Run(suite).Scenarios); cases != want {
		t.Errorf("got %d test cases, want %d", cases, want)
	}
}

func TestAFileThatCannotBeReadIsTold(t *testing.T) {
	got := written(t, report.Suite{Features: []*report.Feature{{Path: "a.feature", Source: []byte("?")}}}, report.Run{})
	if !strings.Contains(got,
		`{"source":{"uri":"a.feature","data":"?","mediaType":"text/x.cucumber.gherkin+plain"}}`+"\n") ||
		strings.Contains(got, "gherkinDocument") {
		t.Errorf("got %s", got)
	}
}

// full is a disk without room for more than so many bytes.
type full int

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestHooksAreStepsAroundThoseOfTheScenario(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	suite.Hooks = []report.Hook{{Source: "x.go", Line: 1}, {After: true, Source: "x.go", Line: 2}}
	s := &run.Scenarios[0]
	s.Verdict, s.Reason = expect.Failed, "no tidying"
	s.Hooks = []report.HookRun{
		{Outcome: report.StepPassed, Began: s.Began, Ended: s.Began}, {Hook: 1, Outcome: report.StepFailed,
			Reason: "no tidying", Began: s.Ended, Ended: s.Ended},
	}
	var out strings.Builder
	if err := Write(&out, suite, run); err != nil {
		t.Fatal(err)
	}
	var order []string
	statuses := make(map[string]string)
	for _, text := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var e struct {
			TestStepFinished struct {
				TestCaseStartedID string                  `json:"testCaseStartedId"`
				TestStepID        string                  `json:"testStepId"`
				Result            struct{ Status string } `json:"testStepResult"`
			}
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if f := e.TestStepFinished; strings.HasPrefix(f.TestCaseStartedID, "c0a") {
			order = append(order, f.TestStepID)
			statuses[f.TestStepID] = f.Result.Status
		}
	}
	if got, want := strings.Join(order, " "), "c0.h0 c0.0 c0.1 c0.2 c0.h1"; got != want {
		t.Errorf("the order: got %s, want %s", got, want)
	}
	if got, want := statuses["c0.h0"]+" "+statuses["c0.h1"], "PASSED FAILED"; got != want {
		t.Errorf("the hooks: got %s, want %s", got, want)
	}
}

func TestAWriterThatFailsIsToldOnce(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	for _, room := range []full{0, 70_000} {
		if err := Write(&room, suite, run); err == nil || err.Error() != "no space left" {
			t.Errorf("got %v", err)
		}
	}
}
