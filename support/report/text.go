// The run as lines for a person.

package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/report/columns"
)

const (
	most     = 8  // events of a kind that a scenario's lines show
	shortest = 12 // columns for the name of an output, at least
)

// Text writes lines for a person.
type Text struct {
	Out    io.Writer
	Colour bool
	// Columns is how wide the terminal is that Out is, 0 where that is not known: what is long is then wrapped, and
	// events are cut. nil where Out is none.
	Columns func() int
	// RerunCommand is the command that runs the suite: what did not pass is told with what runs it once more. "" where
	// there is none.
	RerunCommand string
	// AllowFlaky says that what passed at a later attempt has passed.
	AllowFlaky bool
}

var marks = map[expect.Verdict]string{expect.Passed: "✓", expect.Failed: "✗", expect.Inconclusive: "?",
	expect.Flaky: "~"}

var colours = map[expect.Verdict]string{expect.Passed: "\x1b[32m", expect.Failed: "\x1b[31m",
	expect.Inconclusive: "\x1b[33m", expect.Flaky: "\x1b[33m"}

func (t Text) paint(v expect.Verdict, s string) string {
	if !t.Colour {
		return s
	}
	return colours[v] + s + "\x1b[0m"
}

// Scenario writes the lines of one scenario, at once, so that those of scenarios that run side by side do not mix.
func (t Text) Scenario(s Scenario) error {
	p := t.page()
	line := fmt.Sprintf("%s %s  %s:%d  %s", t.paint(s.Verdict, marks[s.Verdict]), columns.Visible(s.Name), s.File, s.Line,
		span.Format(s.Ended.Sub(s.Began)))
	if s.Of > 1 && (s.Attempt > 1 || s.Verdict != expect.Passed) {
		line += fmt.Sprintf("  attempt %d of %d", s.Attempt, s.Of)
	}
	p.wrap(line)
	for i, sent := range s.Produced {
		if i == most {
			p.wrap(fmt.Sprintf("    ... and %d more produced", len(s.Produced)-most))
			break
		}
		line := fmt.Sprintf("    produced  %s  %s", at(s, sent.Began), output(sent.Event, sent.Channel))
		body := "  " + columns.Visible(pattern.Brief(sent.Sent.Body))
		if sent.Error != "" {
			p.wrap(line + "  not accepted: " + columns.Visible(sent.Error) + body)
		} else {
			p.cut(line + body)
		}
	}
	for _, l := range s.Links {
		p.wrap(fmt.Sprintf("    link      %s  %s %s", at(s, l.At), columns.Visible(l.Link), columns.Visible(l.State)))
	}
	for _, remark := range s.Remarks {
		p.wrap("    " + marked(s, remark) + columns.Visible(remark))
	}
	p.captured(s)
	for _, w := range s.Waits {
		p.wrap("    " + t.paint(w.Verdict, marks[w.Verdict]) + " " + wait(w))
	}
	if s.Verdict != expect.Passed {
		p.wrap(reason(s.Step, s.Reason, "    "))
	}
	return t.write(p.String())
}

// marked returns what stands before a remark that says why a pass shows less than it seems to.
func marked(s Scenario, remark string) string {
	if slices.Contains(s.Caveats, remark) {
		return "! "
	}
	return ""
}

// page is lines that fit into a terminal.
type page struct {
	strings.Builder
	columns int // 0: there is none
}

func (t Text) page() *page {
	p := &page{}
	if t.Columns != nil {
		p.columns = t.Columns()
	}
	return p
}

// cut adds a line of which the end may be lacking.
func (p *page) cut(line string) {
	if p.columns > 0 {
		line = columns.Cut(line, p.columns)
	}
	p.WriteString(line + "\n")
}

// wrap adds lines, each of which may become several. These are indented a little more.
func (p *page) wrap(lines string) {
	for line := range strings.SplitSeq(lines, "\n") {
		if p.columns > 0 {
			indent := len(line) - len(strings.TrimLeft(line, " ")) + len("  ")
			line = columns.Wrap(line, p.columns, strings.Repeat(" ", indent))
		}
		p.WriteString(line + "\n")
	}
}

func (p *page) captured(s Scenario) {
	shown := 0
	for _, c := range s.Captured {
		if c.Echo {
			continue
		}
		if shown++; shown > most {
			continue
		}
		line := fmt.Sprintf("    captured  %s  %s #%d", at(s, c.Seen.Seen), c.Channel, c.Number)
		if c.Redelivery {
			line += " (redelivery)"
		}
		if c.Seen.Refused != "" {
			line += " (refused: " + columns.Visible(c.Seen.Refused) + ")"
		}
		if c.Gone {
			p.cut(line + "  gone: " + columns.Visible(c.Seen.Key))
			continue
		}
		p.cut(line + "  " + columns.Visible(pattern.Brief(c.Seen.Body)))
	}
	if shown > most {
		p.wrap(fmt.Sprintf("    ... and %d more captured", shown-most))
	}
}

func wait(w Wait) string {
	line := fmt.Sprintf("%s: %s", w.Channel, w.Want)
	if w.Measure {
		line += fmt.Sprintf(": after %s of %s", span.Format(w.Took), span.Format(w.Window))
	}
	if w.Verdict == expect.Passed && w.Bound > 0 {
		line += fmt.Sprintf(" (if events come at most %s after a canary)", span.Format(w.Bound))
	}
	if w.Verdict == expect.Passed && w.Looked > 0 {
		line += fmt.Sprintf(" (looked at at least every %s)", span.Format(w.Looked.Round(time.Millisecond)))
	}
	return line
}

// explained says why a scenario did not pass, or not at once.
func explained(s Scenario) string {
	if len(s.Attempts) == 0 {
		return reason(s.Step, s.Reason, "  ")
	}
	var lines []string
	for _, a := range s.Attempts {
		lines = append(lines, fmt.Sprintf("  attempt %d: %s", a.Attempt, a.Verdict))
		if a.Verdict != expect.Passed {
			lines = append(lines, reason(a.Step, a.Reason, "    "))
		}
	}
	return strings.Join(lines, "\n")
}

func reason(step, why, indent string) string {
	lines := strings.Split(columns.Visible(why), "\n")
	if step != "" {
		lines = append([]string{columns.Visible(step)}, lines...)
		for i := range lines[1:] {
			lines[i+1] = "  " + lines[i+1]
		}
	}
	return indent + strings.Join(lines, "\n"+indent)
}

// at writes a time relative to the scenario's begin.
func at(s Scenario, t time.Time) string {
	return fmt.Sprintf("%+.2fs", t.Sub(s.Began).Seconds())
}

// Summary writes what is left to say at the end: what did not pass once more, the latencies, the counts, and what runs
// those that did not pass once more.
func (t Text) Summary(r Run) error {
	p := t.page()
	for _, v := range []expect.Verdict{expect.Failed, expect.Inconclusive, expect.Flaky} {
		for _, s := range r.Scenarios {
			if s.Verdict == v && !s.Idle {
				p.wrap(fmt.Sprintf("\n%s  %s:%d  %s\n%s", t.paint(v, strings.ToUpper(v.String())), s.File, s.Line,
					columns.Visible(s.Name), explained(s)))
			}
		}
	}
	t.caveats(p, r)
	t.idle(p, r)
	if r.Trouble != "" {
		p.wrap("\n" + columns.Visible(r.Trouble))
	}
	for _, channel := range slices.Sorted(maps.Keys(r.Dead)) {
		p.wrap(fmt.Sprintf("\n%s could not be listened to: %s", channel, columns.Visible(r.Dead[channel])))
	}
	for _, c := range r.Channels {
		if c.Uncorrelated+c.Foreign > 0 {
			p.wrap(fmt.Sprintf("\n%s: %d captured, of these %d somebody else's (ignored) and %d nobody's", c.Name, c.Captured,
				c.Foreign, c.Uncorrelated))
		}
	}
	if hides := r.Hides(); hides != "" {
		p.wrap("\n" + columns.Visible(hides))
	}
	if l := r.Latencies(); len(l) > 0 {
		p.WriteString("\n")
		p.table(l)
	}
	counts := "\n" + plural(len(r.Scenarios), "scenario")
	for _, v := range []expect.Verdict{expect.Passed, expect.Failed, expect.Inconclusive, expect.Flaky} {
		if n := r.Count(v); n > 0 || v == expect.Passed {
			counts += ", " + t.paint(v, fmt.Sprintf("%d %s", n, v))
		}
	}
	p.wrap(counts + fmt.Sprintf("  (%s)", span.Format(r.Ended.Sub(r.Began))))
	t.rerun(p, r)
	return t.write(p.String())
}

// caveats adds why some of those that passed show less than they seem to.
func (t Text) caveats(p *page, r Run) {
	for _, s := range r.Scenarios {
		if s.Verdict == expect.Passed && len(s.Caveats) > 0 {
			p.wrap(fmt.Sprintf("\n%s  %s:%d  %s", t.paint(expect.Inconclusive, "PASSED, BUT"), s.File, s.Line,
				columns.Visible(s.Name)))
			for _, caveat := range s.Caveats {
				p.wrap("  " + columns.Visible(caveat))
			}
		}
	}
}

// idle adds those that did not run, together where they share the reason: of a run that was interrupted there may be
// thousands.
func (t Text) idle(p *page, r Run) {
	type kind struct {
		verdict expect.Verdict
		reason  string
	}
	var kinds []kind
	of := make(map[kind][]Scenario)
	for _, s := range r.Scenarios {
		if k := (kind{s.Verdict, s.Reason}); s.Idle {
			if of[k] == nil {
				kinds = append(kinds, k)
			}
			of[k] = append(of[k], s)
		}
	}
	for _, k := range kinds {
		p.wrap(fmt.Sprintf("\n%s  %s: %s", t.paint(k.verdict, strings.ToUpper(k.verdict.String())),
			plural(len(of[k]), "scenario"), columns.Visible(k.reason)))
		for _, s := range of[k][:min(len(of[k]), most)] {
			p.wrap(fmt.Sprintf("  %s:%d  %s", s.File, s.Line, columns.Visible(s.Name)))
		}
		if n := len(of[k]) - most; n > 0 {
			p.wrap(fmt.Sprintf("  ... and %d more", n))
		}
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// table adds a line for each output. The names of outputs are cut where the figures would not go onto the line.
func (p *page) table(latencies []Latency) {
	rows := [][]string{{"output", "seen", "p50", "p95", "max", "limit"}}
	for _, l := range latencies {
		rows = append(rows, []string{l.Output, fmt.Sprint(l.Count), span.Format(l.P50), span.Format(l.P95),
			span.Format(l.Max), span.Format(l.Limit)})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns.Width(cell))
		}
	}
	if p.columns > 0 {
		figures := 0
		for _, w := range widths[1:] {
			figures += len("  ") + w
		}
		widths[0] = min(widths[0], max(p.columns-figures, shortest))
	}
	for _, row := range rows {
		name := columns.Cut(row[0], widths[0])
		line := name + strings.Repeat(" ", widths[0]-columns.Width(name))
		for i, cell := range row[1:] {
			line += "  " + strings.Repeat(" ", widths[i+1]-columns.Width(cell)) + cell
		}
		p.WriteString(line + "\n")
	}
}

func (t Text) write(s string) error {
	_, err := io.WriteString(t.Out, s)
	return err
}
