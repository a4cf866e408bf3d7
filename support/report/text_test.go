package report_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/columns"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

// foreign is a scenario whose texts are wide, and those that an interrupt has kept from running.
func foreign() []report.Scenario {
	body := event.Event{Body: []byte(`{"名前":"` + strings.Repeat("注文", 40) + `"}`)}
	all := []report.Scenario{{
		File: "features/注文.feature", Line: 12, Name: "注文が確定されると、倉庫に出荷指示が一度だけ届く", Verdict: expect.Failed, Step: "注文が届く",
		Reason: "出荷: want an \"出荷指示\" within 2s, got 0 of 0 captured", Began: began, Ended: at(time.Second),
		Produced: []report.Produced{{Event: "注文", Channel: "注文", Sent: body, Began: began,
			Error: "the broker has not answered within 15s, perhaps it was accepted"}},
		Captured: []report.Captured{{Channel: "出荷", Number: 1,
			Seen: event.Event{Body: body.Body, Seen: at(40 * time.Millisecond)}}},
		Waits: []report.Wait{{Want: `an "出荷指示" within 2s`, Channel: "出荷", Event: "出荷指示", Verdict: expect.Failed}},
	}}
	for line := range 10 {
		all = append(all, report.Scenario{File: "features/z.feature", Line: 2 + line, Name: "later",
			Verdict: expect.Inconclusive, Idle: true, Reason: "not run: interrupted"})
	}
	return all
}

func TestALineGoesIntoTheTerminal(t *testing.T) {
	r := example()
	r.Scenarios = append(r.Scenarios, foreign()...)
	for _, wide := range []int{60, 50} {
		var out strings.Builder
		text := report.Text{Out: &out, Columns: func() int { return wide }, RerunCommand: "harken run"}
		for _, s := range r.Scenarios {
			if s.Idle {
				break
			}
			if err := text.Scenario(s); err != nil {
				t.Fatal(err)
			}
		}
		if err := text.Summary(r); err != nil {
			t.Fatal(err)
		}
		if wide == 60 {
			golden(t, "run-60.txt", out.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := columns.Width(strings.TrimSuffix(line, "\n")); n > wide {
				t.Errorf("got a line of %d columns, want at most %d: %s", n, wide, line)
			}
		}
	}
}

func TestTheEndSaysHowToRunAgainWhatDidNotPass(t *testing.T) {
	scenario := func(file string, line int, v expect.Verdict) report.Scenario {
		return report.Scenario{File: file, Line: line, Name: "s", Verdict: v}
	}
	bad := scenario("a.feature", 9, expect.Failed)
	for _, c := range []struct {
		name      string
		text      report.Text
		scenarios []report.Scenario
		want      string
	}{
		{"each by its place", report.Text{RerunCommand: "harken run"}, []report.Scenario{
			scenario("b.feature", 4, expect.Inconclusive), bad, scenario("a.feature", 3, expect.Flaky), scenario("a.feature", 5,
				expect.Passed),
		}, "  harken run --rerun\n  harken run a.feature:3:9 b.feature:4\n"},
		{"flaky is allowed", report.Text{RerunCommand: "harken run", AllowFlaky: true},
			[]report.Scenario{bad, scenario("a.feature", 3, expect.Flaky)},
			"  harken run --rerun\n  harken run a.feature:9\n"},
		{"a shell reads it", report.Text{RerunCommand: "harken run"},
			[]report.Scenario{scenario("it's/größe.feature", 4, expect.Failed)},
			"  harken run --rerun\n  harken run 'it'\\''s/größe.feature:4'\n"},
		{"they are many", report.Text{RerunCommand: "harken run"}, []report.Scenario{
			scenario("a.feature", 1, expect.Failed), scenario("a.feature", 2, expect.Failed), scenario("a.feature", 3,
				expect.Failed),
			scenario("a.feature", 4, expect.Failed), scenario("a.feature", 5, expect.Failed), scenario("a.feature", 6,
				expect.Failed),
		}, "  harken run --rerun\n"},
		{"there is no such command", report.Text{}, []report.Scenario{bad}, ""},
		{"all passed", report.Text{RerunCommand: "harken run"},
			[]report.Scenario{scenario("a.feature", 5, expect.Passed)}, ""},
	} {
		var out strings.Builder
		c.text.Out = &out
		if err := c.text.Summary(report.Run{Scenarios: c.scenarios}); err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(out.String(), "\nrun again what did not pass:\n")
		if got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func BenchmarkTheLinesOfTenThousandScenarios(b *testing.B) {
	_, r := reporttest.Many(10_000)
	for _, c := range []struct {
		name    string
		columns func() int
	}{{"in a pipe", nil}, {"on a terminal", func() int { return 80 }}} {
		b.Run(c.name, func(b *testing.B) {
			text := report.Text{Out: io.Discard, Columns: c.columns}
			for b.Loop() {
				for _, s := range r.Scenarios {
					if err := text.Scenario(s); err != nil {
						b.Fatal(err)
					}
				}
				if err := text.Summary(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
