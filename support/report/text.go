// The run as lines for a person.

package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/span"
)

// most is how many events of a kind a scenario's lines show.
const most = 8

// Text writes lines for a person.
type Text struct {
	Out    io.Writer
	Colour bool
}

var marks = map[expect.Verdict]string{expect.Passed: "✓", expect.Failed: "✗", expect.Inconclusive: "?", expect.Flaky: "~"}

var colours = map[expect.Verdict]string{expect.Passed: "\x1b[32m", expect.Failed: "\x1b[31m", expect.Inconclusive: "\x1b[33m", expect.Flaky: "\x1b[33m"}

func (t Text) paint(v expect.Verdict, s string) string {
	if !t.Colour {
		return s
	}
	return colours[v] + s + "\x1b[0m"
}

// Scenario writes the lines of one scenario, at once, so that those of scenarios that run side by side do not mix.
func (t Text) Scenario(s Scenario) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s  %s:%d  %s", t.paint(s.Verdict, marks[s.Verdict]), visible(s.Name), s.File, s.Line, span.Format(s.Ended.Sub(s.Began)))
	if s.Of > 1 && (s.Attempt > 1 || s.Verdict != expect.Passed) {
		fmt.Fprintf(&b, "  attempt %d of %d", s.Attempt, s.Of)
	}
	b.WriteString("\n")
	for i, p := range s.Produced {
		if i == most {
			fmt.Fprintf(&b, "    ... and %d more produced\n", len(s.Produced)-most)
			break
		}
		fmt.Fprintf(&b, "    produced  %s  %s", at(s, p.Began), output(p.Event, p.Channel))
		if p.Error != "" {
			b.WriteString("  not accepted: " + visible(p.Error))
		}
		fmt.Fprintf(&b, "  %s\n", visible(pattern.Brief(p.Sent.Body)))
	}
	for _, remark := range s.Remarks {
		b.WriteString("    " + visible(remark) + "\n")
	}
	t.captured(&b, s)
	for _, w := range s.Waits {
		b.WriteString("    " + t.paint(w.Verdict, marks[w.Verdict]) + " " + wait(w) + "\n")
	}
	if s.Verdict != expect.Passed {
		b.WriteString(reason(s.Step, s.Reason, "    "))
	}
	return t.write(b.String())
}

func (t Text) captured(b *strings.Builder, s Scenario) {
	shown := 0
	for _, c := range s.Captured {
		if c.Echo {
			continue
		}
		if shown++; shown > most {
			continue
		}
		fmt.Fprintf(b, "    captured  %s  %s #%d", at(s, c.Seen.Seen), c.Channel, c.Number)
		if c.Redelivery {
			b.WriteString(" (redelivery)")
		}
		fmt.Fprintf(b, "  %s\n", visible(pattern.Brief(c.Seen.Body)))
	}
	if shown > most {
		fmt.Fprintf(b, "    ... and %d more captured\n", shown-most)
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
	return line
}

// explained says why a scenario did not pass, or not at once.
func explained(s Scenario) string {
	if len(s.Attempts) == 0 {
		return reason(s.Step, s.Reason, "  ")
	}
	var b strings.Builder
	for _, a := range s.Attempts {
		fmt.Fprintf(&b, "  attempt %d: %s\n", a.Attempt, a.Verdict)
		if a.Verdict != expect.Passed {
			b.WriteString(reason(a.Step, a.Reason, "    "))
		}
	}
	return b.String()
}

func reason(step, why, indent string) string {
	lines := strings.Split(visible(why), "\n")
	if step != "" {
		lines = append([]string{visible(step)}, lines...)
		for i := range lines[1:] {
			lines[i+1] = "  " + lines[i+1]
		}
	}
	return indent + strings.Join(lines, "\n"+indent) + "\n"
}

// at writes a time relative to the scenario's begin.
func at(s Scenario, t time.Time) string {
	return fmt.Sprintf("%+.2fs", t.Sub(s.Began).Seconds())
}

// Summary writes what is left to say at the end: what did not pass once more, the latencies, and the counts.
func (t Text) Summary(r Run) error {
	var b strings.Builder
	for _, v := range []expect.Verdict{expect.Failed, expect.Inconclusive, expect.Flaky} {
		for _, s := range r.Scenarios {
			if s.Verdict == v {
				fmt.Fprintf(&b, "\n%s  %s:%d  %s\n%s", t.paint(v, strings.ToUpper(v.String())), s.File, s.Line, visible(s.Name), explained(s))
			}
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(r.Dead)) {
		fmt.Fprintf(&b, "\n%s could not be listened to: %s\n", channel, visible(r.Dead[channel]))
	}
	for _, c := range r.Channels {
		if c.Nobodys+c.Foreign > 0 {
			fmt.Fprintf(&b, "\n%s: %d captured, of these %d somebody else's (ignored) and %d nobody's\n", c.Name, c.Captured, c.Foreign, c.Nobodys)
		}
	}
	if l := r.Latencies(); len(l) > 0 {
		b.WriteString("\n" + table(l))
	}
	fmt.Fprintf(&b, "\n%s", plural(len(r.Scenarios), "scenario"))
	for _, v := range []expect.Verdict{expect.Passed, expect.Failed, expect.Inconclusive, expect.Flaky} {
		if n := r.Count(v); n > 0 || v == expect.Passed {
			fmt.Fprintf(&b, ", %s", t.paint(v, fmt.Sprintf("%d %s", n, v)))
		}
	}
	fmt.Fprintf(&b, "  (%s)\n", span.Format(r.Ended.Sub(r.Began)))
	return t.write(b.String())
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func table(latencies []Latency) string {
	rows := [][]string{{"output", "seen", "p50", "p95", "max", "limit"}}
	for _, l := range latencies {
		rows = append(rows, []string{l.Output, fmt.Sprint(l.Count), span.Format(l.P50), span.Format(l.P95), span.Format(l.Max), span.Format(l.Limit)})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// visible replaces what would steer a terminal, or turn round the order of letters, by what shows that it was there.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func (t Text) write(s string) error {
	_, err := io.WriteString(t.Out, s)
	return err
}
