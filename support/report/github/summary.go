// The summary of a job.

package github

import (
	"fmt"
	"html"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// GitHub takes up to 1 MiB of a step, and none of it where it is more. So each text is cut, and each part ends where
// the summary has grown to so many bytes: the one thing that it may still add is small beside the next part's.
const (
	tableEnd     = 300 << 10
	detailsEnd   = 600 << 10
	latenciesEnd = 700 << 10
	unheardEnd   = 800 << 10

	mostRows    = 200 // of a table
	mostDetails = 50
	reasonLimit = 8 << 10 // bytes
)

var marks = map[expect.Verdict]string{expect.Passed: "✅", expect.Failed: "❌", expect.Inconclusive: "❔",
	expect.Flaky: "🔁"}

// Summary writes the run as Markdown of less than 1 MiB: the verdicts, what did not pass and why, how fast the outputs
// were, and what was not listened to.
func (a Action) Summary(out io.Writer, run report.Run) error {
	var b strings.Builder
	headline(&b, run)
	var troubled []report.Scenario
	for _, v := range []expect.Verdict{expect.Failed, expect.Inconclusive, expect.Flaky} {
		for _, s := range run.Scenarios {
			if s.Verdict == v && !stopped(s) {
				troubled = append(troubled, s)
			}
		}
	}
	a.table(&b, troubled)
	details(&b, troubled)
	latencies(&b, run.Latencies())
	unheard(&b, run)
	_, err := io.WriteString(out, b.String())
	return err
}

// some writes up to most of n things, as long as the summary ends before end, and says how many it left out.
func some(b *strings.Builder, n, most, end int, write func(i int)) {
	i := 0
	for ; i < min(n, most) && b.Len() < end; i++ {
		write(i)
	}
	if i < n {
		fmt.Fprintf(b, "\n... and %d more.\n", n-i)
	}
}

func headline(b *strings.Builder, run report.Run) {
	name := run.Suite
	if name == "" {
		name = "Acceptance tests"
	}
	fmt.Fprintf(b, "## %s\n\n", markdown(report.Clip(name, titleLimit)))
	notRun := 0
	for _, s := range run.Scenarios {
		if stopped(s) {
			notRun++
		}
	}
	var counts []string
	for _, v := range []expect.Verdict{expect.Failed, expect.Inconclusive, expect.Flaky, expect.Passed} {
		n := run.Count(v)
		if v == expect.Inconclusive {
			n -= notRun
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%s **%d** %s", marks[v], n, v))
		}
	}
	if notRun > 0 {
		counts = append(counts, fmt.Sprintf("⏹️ **%d** not run", notRun))
	}
	if len(counts) == 0 {
		counts = []string{marks[expect.Failed] + " **no scenario was run**"}
	}
	fmt.Fprintf(b, "%s in %s", strings.Join(counts, " · "), span.Format(run.Ended.Sub(run.Began)))
	if run.Profile != "" {
		fmt.Fprintf(b, " (profile %s)", markdown(report.Clip(run.Profile, titleLimit)))
	}
	b.WriteString("\n\n")
	if run.Trouble != "" {
		b.WriteString(markdown(report.Clip(run.Trouble, messageLimit)) + "\n\n")
	}
	if hides := run.Hides(); hides != "" {
		b.WriteString(markdown(report.Clip(hides, messageLimit)) + "\n\n")
	}
}

func (a Action) table(b *strings.Builder, troubled []report.Scenario) {
	if len(troubled) == 0 {
		return
	}
	b.WriteString("| | Scenario | Where | Why |\n|---|---|---|---|\n")
	some(b, len(troubled), mostRows, tableEnd, func(i int) {
		s := troubled[i]
		reason, _, _ := strings.Cut(strings.TrimSpace(s.Reason), "\n")
		fmt.Fprintf(b, "| %s %s | %s | %s | %s |\n", marks[s.Verdict], s.Verdict, markdown(named(s)), a.link(s),
			markdown(report.Clip(reason, titleLimit)))
	})
	b.WriteString("\n")
}

// named is the scenario with its feature.
func named(s report.Scenario) string {
	name := report.Clip(s.Name, titleLimit)
	if s.Feature != "" {
		name = report.Clip(s.Feature, titleLimit) + " › " + name
	}
	return name
}

// link leads to the scenario's line at this commit.
func (a Action) link(s report.Scenario) string {
	text := markdown(fmt.Sprintf("%s:%d", report.Clip(s.File, titleLimit), s.Line))
	path, inside := a.path(s.File)
	if !inside || a.blob == "" {
		return text
	}
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	target := strings.NewReplacer("(", "%28", ")", "%29").Replace(strings.Join(parts, "/"))
	return fmt.Sprintf("[%s](%s%s#L%d)", text, a.blob, target, s.Line)
}

func details(b *strings.Builder, troubled []report.Scenario) {
	some(b, len(troubled), mostDetails, detailsEnd, func(i int) {
		s := troubled[i]
		title := html.EscapeString(oneLine(named(s))) // Markdown is not read in here
		fmt.Fprintf(b, "<details><summary>%s %s</summary>\n\n%s\n</details>\n\n", marks[s.Verdict], title,
			fenced(why(s, reasonLimit)))
	})
}

func latencies(b *strings.Builder, all []report.Latency) {
	if len(all) == 0 {
		return
	}
	b.WriteString("### Latency\n\n| Output | Seen | p50 | p95 | Slowest | Limit | p95 of limit |\n" +
		"|---|--:|--:|--:|--:|--:|--:|\n")
	some(b, len(all), mostRows, latenciesEnd, func(i int) {
		l, of := all[i], ""
		if l.Limit > 0 {
			of = fmt.Sprintf("%.0f%%", 100*l.P95.Seconds()/l.Limit.Seconds())
		}
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s | %s |\n", markdown(report.Clip(l.Output, titleLimit)), l.Count,
			span.Format(l.P50), span.Format(l.P95), span.Format(l.Max), span.Format(l.Limit), of)
	})
	b.WriteString("\n")
}

// unheard tells of what the verdicts do not rest on: channels that could not be listened to, and captures that were
// nobody's or somebody else's.
func unheard(b *strings.Builder, run report.Run) {
	var lines []string
	for _, channel := range slices.Sorted(maps.Keys(run.Dead)) {
		lines = append(lines, fmt.Sprintf("- **%s** could not be listened to: %s", markdown(report.Clip(channel, titleLimit)),
			markdown(report.Clip(run.Dead[channel], messageLimit))))
	}
	for _, c := range run.Channels {
		if c.Uncorrelated+c.Foreign > 0 {
			lines = append(lines, fmt.Sprintf("- **%s**: of %d captured %d were somebody else's and %d nobody's",
				markdown(report.Clip(c.Name, titleLimit)), c.Captured, c.Foreign, c.Uncorrelated))
		}
	}
	if len(lines) == 0 {
		return
	}
	b.WriteString("### Not listened to, or not counted\n\n")
	some(b, len(lines), mostRows, unheardEnd, func(i int) { b.WriteString(lines[i] + "\n") })
}
