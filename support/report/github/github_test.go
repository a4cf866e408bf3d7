package github_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafe "github.com/yuin/goldmark/renderer/html"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/github"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

var update = flag.Bool("update", false, "write what the reports are now into testdata")

// environment is that of a step in the directory shop of a repository.
func environment(changes ...string) func(string) (string, bool) {
	all := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/runner/repository", "GITHUB_STEP_SUMMARY": "/runner/summary.md",
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "example/shop", "GITHUB_SHA": "0123abc",
	}
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		all[name] = value
	}
	return func(name string) (string, bool) {
		value, set := all[name]
		return value, set
	}
}

func active(t testing.TB, changes ...string) github.Action {
	t.Helper()
	a, active := github.Active(environment(changes...), "/runner/repository/shop")
	if !active {
		t.Fatal("not active")
	}
	return a
}

func annotations(t *testing.T, a github.Action, run report.Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := a.Annotations(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func summary(t *testing.T, a github.Action, run report.Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := a.Summary(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheExampleIsWrittenAsItWasLookedAt(t *testing.T) {
	run := reporttest.Run(reporttest.Suite())
	a := active(t)
	for name, got := range map[string]string{"annotations.txt": annotations(t, a, run), "summary.md": summary(t, a, run)} {
		reporttest.Golden(t, name, got, *update)
	}
}

func TestElsewhereNothingIsActive(t *testing.T) {
	for _, is := range []string{"GITHUB_ACTIONS=", "GITHUB_ACTIONS=false"} {
		if _, active := github.Active(environment(is), "/"); active {
			t.Errorf("%s: got active, want not", is)
		}
	}
	if a := active(t); a.SummaryFile != "/runner/summary.md" {
		t.Errorf("the file of the summary: got %q, want /runner/summary.md", a.SummaryFile)
	}
}

func failed(change ...func(*report.Scenario)) report.Run {
	s := report.Scenario{File: "features/a.feature", Line: 3, Name: "S", Verdict: expect.Failed, Reason: "why"}
	for _, c := range change {
		c(&s)
	}
	return report.Run{Scenarios: []report.Scenario{s}}
}

func TestPathsAreThoseOfTheRepository(t *testing.T) {
	for _, c := range []struct {
		name, workspace, file string
		path, link            string
	}{
		{"below", "/runner/repository", "features/a.feature", "shop/features/a.feature",
			"https://github.com/example/shop/blob/0123abc/shop/features/a.feature#L3"},
		{"at the top", "/runner/repository/shop", "features/a.feature", "features/a.feature",
			"https://github.com/example/shop/blob/0123abc/features/a.feature#L3"},
		{"beside", "/runner/repository", "../b/a.feature", "b/a.feature",
			"https://github.com/example/shop/blob/0123abc/b/a.feature#L3"},
		{"outside", "/elsewhere", "features/a.feature", "features/a.feature", ""},
		{"above", "/runner/repository", "../../a.feature", "../a.feature", ""},
		{"unknown", "", "features/a.feature", "features/a.feature", ""},
		{"odd", "/runner/repository/shop", "a (1)|?#.feature", "a (1)|?#.feature",
			"https://github.com/example/shop/blob/0123abc/a%20%281%29%7C%3F%23.feature#L3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := active(t, "GITHUB_WORKSPACE="+c.workspace)
			run := failed(func(s *report.Scenario) { s.File = c.file })
			if got, want := annotations(t, a, run), "::error file="+c.path+",line=3,title=Failed%3A S::why\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			got := summary(t, a, run)
			if linked := strings.Contains(got, "]("); linked != (c.link != "") || !strings.Contains(got, c.link) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestOnlyWhatGitHubShowsIsAnnotated(t *testing.T) {
	for n, want := range map[int]string{10: "", 11: "... and 2 more", 400: "... and 391 more"} {
		var run report.Run
		for range n {
			run.Scenarios = append(run.Scenarios, failed().Scenarios...)
		}
		run.Scenarios = append(run.Scenarios, report.Scenario{File: "b.feature", Name: "I", Verdict: expect.Inconclusive})
		lines := strings.Split(strings.TrimSpace(annotations(t, active(t), run)), "\n")
		if len(lines) != 11 {
			t.Fatalf("%d: got %d lines, want 11: %q", n, len(lines), lines)
		}
		if !strings.Contains(lines[9], want) {
			t.Errorf("%d: the last error: got %q, want %q in it", n, lines[9], want)
		}
		if want := "::warning file=shop/b.feature"; !strings.HasPrefix(lines[10], want) {
			t.Errorf("%d: the last line: got %q, want it to begin with %q", n, lines[10], want)
		}
	}
}

func TestWhatAnInterruptedRunDidNotComeToIsOnlyCounted(t *testing.T) {
	run := failed(func(s *report.Scenario) { s.Idle, s.Verdict = true, expect.Inconclusive })
	if got := annotations(t, active(t), run); got != "" {
		t.Errorf("got the annotations %q, want none", got)
	}
	got := summary(t, active(t), run)
	for text, want := range map[string]bool{"**1** not run in": true, "inconclusive": false, "<details>": false} {
		if has := strings.Contains(got, text); has != want {
			t.Errorf("the summary has %q: got %v, want %v:\n%s", text, has, want, got)
		}
	}
}

func TestNoTextEndsACommandOrBeginsAnother(t *testing.T) {
	odd := "50%\r\n::error::x,y:z\x1b[31m\u202e"
	run := failed(func(s *report.Scenario) { s.Name, s.Reason, s.File = odd, odd, "a,b:c%.feature" })
	got := annotations(t, active(t, "GITHUB_WORKSPACE="), run)
	want := "::error file=a%2Cb%3Ac%25.feature,line=3,title=Failed%3A 50%25 " +
		"%3A%3Aerror%3A%3Ax%2Cy%3Az\ufffd[31m\ufffd::50%25\ufffd%0A::error::x,y:z\ufffd[31m\ufffd\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// rendered is the HTML that is made of Markdown with tables, before anything is taken out for safety.
func rendered(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough),
		goldmark.WithRendererOptions(unsafe.WithUnsafe()))
	if err := md.Convert([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestNoTextIsTakenForMarkdownOrHTML(t *testing.T) {
	odd := "<script>alert(1)</script> | **b** __c__ ~~d~~ [l](http://x) `c` ![i](u) a\\b \\| &amp; <!--\n# h " +
		"</summary>\r\n\r\n- x"
	run := failed(func(s *report.Scenario) { s.Name, s.Feature, s.Reason, s.Step = odd, odd, odd, odd })
	run.Suite, run.Profile, run.Dead = odd, odd, map[string]string{odd: odd}
	run.Channels = []report.Channel{{Name: odd, Foreign: 1}}
	got := rendered(t, summary(t, active(t), run))
	shown := html.EscapeString(strings.Join(strings.Fields(odd), " "))
	cell := strings.Split(odd, "\n")[0]
	for _, want := range []string{
		"<h2>" + shown + "</h2>",
		"(profile " + shown + ")</p>",
		"<td>" + shown + " › " + shown + "</td>",
		"<td>" + html.EscapeString(cell) + "</td>",
		"<summary>❌ " + shown + " › " + shown + "</summary>",
		"<li><strong>" + shown + "</strong> could not be listened to: " + shown + "</li>",
		"<li><strong>" + shown + "</strong>: of 0 captured",
	} {
		// A quotation mark may stand for itself in a text.
		if !strings.Contains(strings.ReplaceAll(got, "&quot;", "&#34;"), want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestAFenceIsLongerThanAnyInTheText(t *testing.T) {
	got := summary(t, active(t), failed(func(s *report.Scenario) { s.Reason = "a\n````\n</details><script>\n```" }))
	if !strings.Contains(got, "\n`````text\na\n````\n</details><script>\n```\n`````\n") {
		t.Errorf("got %s", got)
	}
}

func TestASummaryIsNeverTooLarge(t *testing.T) {
	huge := strings.Repeat("<ö>", 1<<17)
	for name, text := range map[string]string{"huge": huge, "fences": strings.Repeat("`", 1<<20), "short": "<"} {
		t.Run(name, func(t *testing.T) {
			run := report.Run{Suite: text, Profile: text, Dead: map[string]string{text: text}}
			for i := range 2000 {
				run.Scenarios = append(run.Scenarios, report.Scenario{
					File: text, Feature: text, Name: text, Step: text, Reason: text, Verdict: expect.Failed,
					Waits: []report.Wait{{Channel: fmt.Sprint(text[:min(len(text), 9000)], i), Measure: true}},
				})
				run.Channels = append(run.Channels, report.Channel{Name: text, Foreign: 1})
			}
			got := summary(t, active(t), run)
			if len(got) >= 1<<20 {
				t.Errorf("got %d bytes, want less than %d", len(got), 1<<20)
			}
			if !utf8.ValidString(got) {
				t.Error("got something that is no text")
			}
			if want := "... and "; !strings.Contains(got, want) {
				t.Errorf("got a summary without %q, want it to say that it is not all", want)
			}
		})
	}
}

func TestNoLineThatIsPassedOnIsACommand(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"a command", "::error::x\n", ": :error::x\n"},
		{"one behind white space, which GitHub takes away", "a\n \t\u00a0\v::add-mask::x\n",
			"a\n \t\u00a0\v: :add-mask::x\n"},
		{"one behind an end of line of its own", "a\r::stop-commands::x\n", "a\r: :stop-commands::x\n"},
		{"the older form, which may stand anywhere", "a ##[error]x\n", "a ## [error]x\n"},
		{"what is none", "features/a.feature:3 a::b\n", "features/a.feature:3 a::b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if n, err := github.Harmless(&out).Write([]byte(c.line)); n != len(c.line) || err != nil {
				t.Errorf("got %d bytes written and %v, want %d and no error", n, err, len(c.line))
			}
			if got := out.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestARunOfNothingSaysSo(t *testing.T) {
	run := report.Run{Ended: time.Time{}}
	if got := summary(t, active(t), run); !strings.Contains(got, "no scenario was run") ||
		annotations(t, active(t), run) != "" {
		t.Errorf("got %s", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAnErrorOfTheFileIsReturned(t *testing.T) {
	if err := active(t).Summary(full{}, failed()); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	if err := active(t).Annotations(full{}, failed()); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSummary(b *testing.B) {
	_, run := reporttest.Many(10000)
	a := active(b)
	for b.Loop() {
		if err := errors.Join(a.Summary(io.Discard, run), a.Annotations(io.Discard, run)); err != nil {
			b.Fatal(err)
		}
	}
}
