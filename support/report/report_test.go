package report_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

var update = flag.Bool("update", false, "write what the reports are now into testdata")

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return began.Add(d) }

// example is a run with something of everything.
func example() report.Run {
	const ms = time.Millisecond
	shipped := report.Wait{Want: `an "order shipped" within 2s`, Event: "order shipped", Channel: "shipments",
		Verdict: expect.Passed, Window: 2 * time.Second, Measure: true}
	first, second := shipped, shipped
	first.Took, second.Took = 50*ms, 1250*ms
	return report.Run{
		ID: "run-1", Suite: "Orders", Profile: "local", Began: began, Ended: at(12_345 * ms), ExitCode: 1,
		Dead: map[string]string{"refunds": "listen to refunds: no access"},
		Channels: []report.Channel{{Name: "rejections", Captured: 2},
			{Name: "shipments", Captured: 9, Uncorrelated: 1, Foreign: 4}},
		Scenarios: []report.Scenario{
			{
				File: "features/a.feature", Line: 3, Feature: "A", Name: "shipped", Tags: []string{"@smoke"}, Verdict: expect.Passed, Began: began, Ended: at(100 * ms),
				Produced: []report.Produced{{Event: "order placed", Channel: "orders",
					Sent: event.Event{Key: "k", Body: []byte("{\n  \"id\": 1\n}")}, Began: at(1 * ms), Accepted: at(2 * ms)}},
				Captured: []report.Captured{
					{Channel: "orders", Number: 1, Echo: true, Seen: event.Event{Body: []byte(`{"id":1}`), Seen: at(3 * ms)}},
					{Channel: "shipments", Number: 7, Matched: true,
						Seen: event.Event{ID: "7", Headers: event.Headers(map[string]string{"type": "shipped"}), Body: []byte(`{"id":1}`),
							Stamp: at(51 * ms), Seen: at(52 * ms)}},
					{Channel: "shipments", Number: 8, Redelivery: true,
						Seen: event.Event{ID: "7", Body: []byte(`{"id":1}`), Seen: at(60 * ms)}},
					{Channel: "stock", Number: 1, Gone: true, Seen: event.Event{Key: "SKU-1", Seen: at(70 * ms)}},
				},
				Waits: []report.Wait{first,
					{Want: `no "order rejected" within 500ms`, Event: "order rejected", Channel: "rejections", Verdict: expect.Passed,
						Window: 500 * ms, Bound: time.Second, Looked: 220 * ms}},
			},
			{
				File: "features/a.feature", Line: 9, Feature: "A", Name: "late", Verdict: expect.Failed, Step: `an "order shipped" event appears within 2s`, Began: at(200 * ms), Ended: at(2300 * ms),
				Reason: "shipments: want an \"order shipped\" within 2s, got 0 of 1 captured\n  late     #9 +3.00s  would match, " +
					"1s after the window\nlog of the system under test:\n  shipped",
				Hooks: []report.HookRun{{Outcome: report.StepPassed, Began: at(190 * ms), Ended: at(195 * ms)},
					{Hook: 1, Outcome: report.StepFailed, Reason: "no tidying", Began: at(2300 * ms), Ended: at(2310 * ms)}},
				Steps: []report.Step{
					{Text: `an "order placed" event is produced`, Outcome: report.StepPassed, Began: at(200 * ms),
						Ended: at(210 * ms)},
					{Number: 1, Text: `an "order shipped" event appears within 2s`, Outcome: report.StepFailed, Reason: "late",
						Began: at(210 * ms), Ended: at(2300 * ms)},
				},
				Uncorrelated: []report.Captured{{Channel: "shipments", Number: 8,
					Seen: event.Event{Body: []byte("?"), Seen: at(300 * ms)}}},
				Log: []report.Line{{At: at(250 * ms), Text: "shipped"}},
				Waits: []report.Wait{{
					Step: 1, Want: `an "order shipped" within 2s`, Event: "order shipped", Channel: "shipments", Verdict: expect.Failed, Reason: "late", Window: 2 * time.Second,
					Begin: at(200 * ms), Accepted: at(210 * ms), Deadline: at(2210 * ms), Horizon: at(4210 * ms), Asked: []report.Asked{{Path: "status", Place: "/status", Want: `"SHIPPED"`}},
					Nearest: []report.Near{{Ref: report.Ref{Channel: "shipments", Number: 7},
						Misses: []report.Miss{{Path: "status", Place: "/status", Got: `"LOST"`, Want: `"SHIPPED"`}}}},
					Late: []report.Ref{{Channel: "shipments", Number: 9}}, Proofs: []report.Proof{{Channel: "shipments",
						Through: at(2211 * ms), Error: "cut"}},
				}},
			},
			{
				File: "features/b.feature", Line: 4, Feature: "B", Name: "many", Verdict: expect.Passed, Began: began, Ended: at(1300 * ms),
				Remarks: []string{`12 "order placed" events were produced at 49.8 per second (asked: 50)`,
					`no "payment request" event came, so that nothing shows what its answer leads to`},
				Caveats: []string{`no "payment request" event came, so that nothing shows what its answer leads to`},
				Links: []report.LinkChange{{Link: "payments db", State: "cut", Step: 1, At: at(5 * ms)},
					{Link: "payments db", State: "restored", Step: -1, At: at(1200 * ms)}},
				Produced: repeated(12), Captured: repeatedly(11), Waits: []report.Wait{second},
			},
			{
				File: "features/c.feature", Line: 2, Feature: "C", Name: "refunded", Verdict: expect.Inconclusive, Reason: "listen to refunds: no access", Began: began, Ended: began,
				Produced: []report.Produced{{Channel: "orders", Sent: event.Event{Body: []byte("raw")}, Began: at(ms),
					Error: "no acknowledgement"}},
			},
			report.Join([]report.Scenario{
				{File: "features/d.feature", Line: 2, Feature: "D", Name: "at last", Tags: []string{"@retry(2)"}, Attempt: 1, Of: 3,
					Verdict: expect.Inconclusive, Reason: "listen to refunds: no access", Began: began, Ended: began},
				{File: "features/d.feature", Line: 2, Feature: "D", Name: "at last", Tags: []string{"@retry(2)"}, Attempt: 2, Of: 3,
					Verdict: expect.Failed, Step: "an \"order shipped\" event appears within 2s",
					Reason: "shipments: want an \"order shipped\" within 2s, got 0 of 0 captured", Began: at(500 * ms), Ended: at(2500 * ms)},
				{File: "features/d.feature", Line: 2, Feature: "D", Name: "at last", Tags: []string{"@retry(2)"}, Attempt: 3, Of: 3,
					Verdict: expect.Passed, Began: at(2600 * ms), Ended: at(3800 * ms), Waits: []report.Wait{second}},
			}),
		},
	}
}

func repeated(n int) (all []report.Produced) {
	for range n {
		all = append(all, report.Produced{Event: "order placed", Channel: "orders", Sent: event.Event{Body: []byte("{}")},
			Began: began, Accepted: began})
	}
	return all
}

func repeatedly(n int) (all []report.Captured) {
	for i := range n {
		all = append(all,
			report.Captured{Channel: "shipments", Number: i + 10, Seen: event.Event{Body: []byte("{}"), Seen: began}})
	}
	return all
}

func TestAttemptsMakeOneVerdict(t *testing.T) {
	const passed, inconclusive, failed = expect.Passed, expect.Inconclusive, expect.Failed
	for _, c := range []struct {
		attempts []expect.Verdict
		want     expect.Verdict
		of       int // the attempt that all but the verdict is of
		why      string
	}{
		{[]expect.Verdict{passed}, passed, 1, "one attempt is the scenario"},
		{[]expect.Verdict{failed}, failed, 1, "one attempt is the scenario"},
		{[]expect.Verdict{failed, passed}, expect.Flaky, 1, "it passed, and not at first"},
		{[]expect.Verdict{inconclusive, passed}, expect.Flaky, 1, "it passed, and not at first"},
		{[]expect.Verdict{inconclusive, failed, passed}, expect.Flaky, 2, "the worst attempt says most"},
		{[]expect.Verdict{failed, inconclusive}, failed, 1,
			"that nothing is known of the second takes nothing from the first"},
		{[]expect.Verdict{inconclusive, failed}, failed, 2, "one attempt has failed"},
		{[]expect.Verdict{failed, failed}, failed, 1, "of equals the first"},
		{[]expect.Verdict{inconclusive, inconclusive}, inconclusive, 1, "nothing is known"},
	} {
		var attempts []report.Scenario
		for i, v := range c.attempts {
			attempts = append(attempts, report.Scenario{Attempt: i + 1, Verdict: v})
		}
		got := report.Join(attempts)
		if got.Verdict != c.want || got.Attempt != c.of {
			t.Errorf("%v: got %s of attempt %d, want %s of attempt %d: %s", c.attempts, got.Verdict, got.Attempt, c.want,
				c.of, c.why)
		}
		if want := len(attempts); want > 1 && len(got.Attempts) != want {
			t.Errorf("%v: got %d attempts listed, want %d", c.attempts, len(got.Attempts), want)
		}
	}
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = "testdata/" + file
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
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

func TestARunReadsAsItDoesInTheGoldenFiles(t *testing.T) {
	for _, c := range []struct {
		file   string
		colour bool
	}{{"run.txt", false}, {"run-coloured.txt", true}} {
		var out strings.Builder
		text := report.Text{Out: &out, Colour: c.colour}
		r := example()
		for _, s := range r.Scenarios {
			if s.Attempts == nil {
				s.Attempts = []report.Scenario{s}
			}
			for _, a := range s.Attempts {
				if err := text.Scenario(a); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := text.Summary(r); err != nil {
			t.Fatal(err)
		}
		golden(t, c.file, out.String())
	}
	var out strings.Builder
	if err := report.JSON(&out, example()); err != nil {
		t.Fatal(err)
	}
	golden(t, "run.json", out.String())
}

func TestOddBytesNeitherSteerATerminalNorFillIt(t *testing.T) {
	for name, body := range map[string]string{
		"binary":          "\x00\x01\xfe\xff\x1b[2J",
		"an escape":       "\x1b]0;owned\x07",
		"a C1 control":    "a\u009b2Jb",
		"right to left":   `{"a": "` + "\u202e" + `gnp.exe"}`,
		"markup":          `<script>alert(1)</script>`,
		"a megabyte":      strings.Repeat("x", 1<<20),
		"a megabyte JSON": `"` + strings.Repeat("é", 1<<19) + `"`,
		"a cut letter":    strings.Repeat("é", 300)[1:],
	} {
		t.Run(name, func(t *testing.T) {
			e := event.Event{Key: body, Headers: event.Headers(map[string]string{"h": body}), Body: []byte(body), Seen: began}
			s := report.Scenario{
				Name: "s", Verdict: expect.Failed, Reason: clip(body), Step: clip(body),
				Produced: []report.Produced{{Event: "e", Channel: "c", Sent: e, Error: clip(body)}},
				Captured: []report.Captured{{Channel: "c", Seen: e}},
			}
			r := report.Run{Scenarios: []report.Scenario{s}, Dead: map[string]string{"c": clip(body)}}
			var out strings.Builder
			text := report.Text{Out: &out}
			if err := errors.Join(text.Scenario(s), text.Summary(r)); err != nil {
				t.Fatal(err)
			}
			if !utf8.ValidString(out.String()) || strings.ContainsAny(out.String(), "\x00\x07\x1b\u009b\u202e") {
				t.Errorf("got %q, want text that steers no terminal", out.String())
			}
			if out.Len() > 4096 {
				t.Errorf("got %d bytes, want at most 4096", out.Len())
			}
			asJSON(t, r, body)
		})
	}
}

func clip(text string) string { return text[:min(len(text), 100)] }

// asJSON fails the test unless the JSON of the run is valid and has the whole body.
func asJSON(t *testing.T, r report.Run, body string) {
	t.Helper()
	var out strings.Builder
	if err := report.JSON(&out, r); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Scenarios []struct {
			Captured []struct{ Body, Encoding string }
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if !utf8.ValidString(out.String()) {
		t.Fatal("got JSON that is no text")
	}
	c := got.Scenarios[0].Captured[0]
	if c.Encoding == "base64" {
		data, err := base64.StdEncoding.DecodeString(c.Body)
		if err != nil {
			t.Fatal(err)
		}
		c.Body = string(data)
	}
	if c.Body != body {
		t.Errorf("got %d bytes of the body, want %d", len(c.Body), len(body))
	}
}

func TestSecretsAreTakenOutOfAllThatARunHasPutIntoAScenario(t *testing.T) {
	for _, body := range []string{"hunter2", "\xffhunter2"} {
		e := event.Event{Key: "hunter2", Headers: event.Headers(map[string]string{"h": "hunter2"}), Body: []byte(body)}
		s := report.Scenario{
			Reason: "hunter2", Verdict: expect.Failed, Remarks: []string{"hunter2"}, Caveats: []string{"hunter2"}, Produced: []report.Produced{{Sent: e,
				Error: "hunter2"}},
			Captured: []report.Captured{{Seen: e.Clone()}}, Uncorrelated: []report.Captured{{Seen: e.Clone()}}, Log: []report.Line{{Text: "hunter2"}}, Steps: []report.Step{{Reason: "hunter2"}},
			Waits: []report.Wait{{
				Want: "hunter2", Reason: "hunter2", Asked: []report.Asked{{Want: "hunter2"}}, Proofs: []report.Proof{{Error: "hunter2"}},
				Nearest: []report.Near{{Misses: []report.Miss{{Got: "hunter2", Want: "hunter2"}}}},
			}},
		}
		s.Redact(func(s string) string { return strings.ReplaceAll(s, "hunter2", "[secret]") })
		r := report.Run{Scenarios: []report.Scenario{s}}
		var out strings.Builder
		text := report.Text{Out: &out}
		if err := errors.Join(text.Scenario(s), text.Summary(r), report.JSON(&out, r)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "hunter2") ||
			strings.Contains(out.String(), base64.StdEncoding.EncodeToString([]byte("\xffhunter2"))) {
			t.Errorf("got a secret, want [secret]:\n%s", out.String())
		}
	}
}

func TestARunIsReadBackAsItWasWritten(t *testing.T) {
	first := written(t, example())
	again, err := report.ReadJSON(strings.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if second := written(t, again); second != first {
		t.Errorf("got\n%s\nwant\n%s", second, first)
	}
	for text, want := range map[string]string{
		"":                                  "not a run as `harken run --format json:FILE` writes it",
		`{"scenarios":[{"verdict":"odd"}]}`: `no verdict is called "odd"`,
		`{"scenarios":[{"verdict":"passed","captured":[{"encoding":"base64","body":"!"}]}]}`: "the body of an event",
	} {
		if _, err := report.ReadJSON(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestTimesAreReadBackToTheNanosecond(t *testing.T) {
	for _, took := range []time.Duration{0, 1, 52_838, 999_999_999, 10*24*time.Hour + 1} {
		run := report.Run{Began: at(7), Ended: at(7 + took), Scenarios: []report.Scenario{{
			Began: at(7), Ended: at(7 +
				took), Hooks: []report.HookRun{{Began: at(7), Ended: at(7 + took)}}, Steps: []report.Step{{Began: at(7),
				Ended: at(7 + took)}},
		}}}
		again, err := report.ReadJSON(strings.NewReader(written(t, run)))
		if err != nil {
			t.Fatal(err)
		}
		s := again.Scenarios[0]
		for what, got := range map[string]time.Time{"the run": again.Ended, "the scenario": s.Ended,
			"the hook": s.Hooks[0].Ended, "the step": s.Steps[0].Ended} {
			if !got.Equal(run.Ended) {
				t.Errorf("%s: got its end %s late, after %s", what, got.Sub(run.Ended), took)
			}
		}
	}
}

func TestWhatHasNotEndedTookNoTime(t *testing.T) {
	run := report.Run{Began: began, Ended: began,
		Scenarios: []report.Scenario{{Began: began, Ended: began, Steps: []report.Step{{Began: began}}}}}
	if text := written(t, run); strings.Contains(text, `"seconds":-`) {
		t.Errorf("got %s", text)
	}
}

func written(t *testing.T, r report.Run) string {
	t.Helper()
	var out strings.Builder
	if err := report.JSON(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLatenciesAreQuantilesByOutputAndLimit(t *testing.T) {
	var s report.Scenario
	for i := range 100 {
		s.Waits = append(s.Waits,
			report.Wait{Event: "e", Channel: "c", Window: time.Second, Took: time.Duration(100-i) * time.Millisecond,
				Measure: true})
	}
	s.Waits = append(s.Waits,
		report.Wait{Event: "e", Channel: "c", Window: 2 * time.Second, Took: time.Second, Measure: true},
		report.Wait{Channel: "b", Window: time.Second, Took: time.Second, Measure: true},
		report.Wait{Event: "e", Channel: "c", Window: time.Second, Took: time.Hour},
	)
	got := report.Run{Scenarios: []report.Scenario{s}}.Latencies()
	want := []report.Latency{
		{"b", time.Second, 1, time.Second, time.Second, time.Second},
		{"e on c", time.Second, 100, 50 * time.Millisecond, 95 * time.Millisecond, 100 * time.Millisecond},
		{"e on c", 2 * time.Second, 1, time.Second, time.Second, time.Second},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}
