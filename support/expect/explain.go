// The words of a verdict that is not "passed": what was wanted, what came, the nearest miss, what came late, and
// whether the listener was caught up.

package expect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/journal"
)

// shown is how many captures of a kind a message shows.
const shown = 3

// explain writes the reason of a verdict that is not "passed".
func (j *Judgement) explain(d decision, ev evidence) Outcome {
	var msg message
	matched := j.certain(ev)
	slices.SortFunc(matched, byTime)
	fmt.Fprintf(&msg, "%s: want %s", strings.Join(j.Channels, ", "), j.Want)
	if !j.Gone {
		fmt.Fprintf(&msg, ", got %d of %d captured", len(matched), j.captured)
	}
	if said := j.caughtUp(ev); said != "" {
		fmt.Fprintf(&msg, " (%s)", said)
	}
	if d.why != "" {
		msg.line(map[bool]string{true: "unsure", false: "wrong"}[d.verdict == Inconclusive], d.why)
	}
	for _, c := range head(j.held()) {
		msg.line("before", j.name(c)+"  matched already when the act began")
	}
	for _, c := range head(j.gone()) {
		msg.line("gone", j.name(c)+"  was found not to be there any more")
	}
	if d.verdict == Failed && j.Most != Unlimited {
		for _, c := range head(matched) {
			msg.line("matched", j.name(c)+"  "+j.body(c.Doc))
			if twice := c.Doc.SaysTwice(); twice != "" {
				msg.line("", "         "+twice)
			}
			if refused := c.Event().Refused; refused != "" && !strings.Contains(d.why, refused) {
				msg.line("", "         it was refused: "+refused)
			}
		}
	}
	j.outside(&msg, d, ev)
	j.doubtful(&msg, d, ev)
	if j.Lacking() || j.State && j.Least > 0 {
		for _, miss := range j.misses {
			msg.line("nearest", j.name(miss.capture)+"  "+j.fields(miss))
		}
		for _, m := range head(j.surely(ev, beyond)) {
			msg.line("late", j.name(m.capture)+"  would match, "+seconds(m.by.Sub(j.Window.Deadline))+" after the window")
		}
		if j.echoes > 0 {
			msg.line("", fmt.Sprintf("%s what the scenario itself has sent, come back, and not counted: only what comes "+
				"beyond it is the system's", was(j.echoes)))
		}
		if j.captured+len(j.matches.open)+len(j.matches.in.perhaps) == 0 {
			msg.line("", j.silence(ev))
		}
	}
	if j.State && d.verdict == Failed && j.captured > 0 {
		msg.line("", "items are looked at, not recorded: what one was between two looks is not known")
	}
	return Outcome{Verdict: d.verdict, Reason: msg.String(), Matched: matched, Bound: ev.bound()}
}

// outside tells of matches that surely lie before the window or behind it, and count against it.
func (j *Judgement) outside(msg *message, d decision, ev evidence) {
	if d.verdict != Failed {
		return
	}
	for _, m := range head(j.surely(ev, early)) {
		msg.line("early", fmt.Sprintf("%s  matches, %s before the window", j.name(m.capture),
			seconds(j.Window.From.Sub(m.by))))
	}
	for _, m := range head(j.surely(ev, extra)) {
		said := fmt.Sprintf("%s  would match, %s after the window", j.name(m.capture), seconds(m.by.Sub(j.Window.Deadline)))
		if !j.Lacking() {
			said = fmt.Sprintf("%s  another one, %s after the window and within the audit of %s (an output that comes again "+
				"and again is asked for by \"at least\")",
				j.name(m.capture), seconds(m.by.Sub(j.Window.Deadline)), span.Format(j.Window.End().Sub(j.Window.Deadline)))
		}
		msg.line(map[bool]string{true: "late", false: "surplus"}[j.Lacking()], said)
	}
}

// doubtful tells of matches of which it is not known that they count.
func (j *Judgement) doubtful(msg *message, d decision, ev evidence) {
	type line struct {
		*match
		label, text string
	}
	var lines []line
	h := &j.matches
	for _, all := range [][]*match{h.early.perhaps, h.in.perhaps, h.extra.perhaps, h.open} {
		for _, m := range all {
			why := m.why
			if lies := j.lies(m, ev); why == "" {
				why = j.unplaced(m, lies)
			}
			switch {
			case d.verdict == Failed && m.byElimination:
				lines = append(lines, line{m, "matched", j.body(m.capture.Doc) + "  carries no id, but nobody else can be there"})
			case d.verdict == Inconclusive && why != "":
				lines = append(lines, line{m, "unsure", why})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return byTime(a.capture, b.capture) })
	for _, l := range lines[:min(len(lines), shown)] {
		msg.line(l.label, j.name(l.capture)+"  "+l.text)
	}
}

// unplaced says why it is not known whether a match lies in the window, or "" if it is known.
func (j *Judgement) unplaced(m *match, lies parts) string {
	switch {
	case lies&^counted == 0 && lies&(lies-1) == 0:
		return ""
	case m.by.After(j.Window.End()) && j.Window.End().After(j.Window.Deadline):
		return fmt.Sprintf("matches, but was received %s after the audit and may have appeared within it or not",
			seconds(m.by.Sub(j.Window.End())))
	case m.by.After(j.Window.Deadline):
		return fmt.Sprintf("matches, but was received %s after the window and may have appeared within it or not",
			seconds(m.by.Sub(j.Window.Deadline)))
	case m.by.After(j.Window.Deadline.Add(-j.Window.Slack)):
		return fmt.Sprintf("matches, but may have appeared within the window or not: "+
			"it is not known when the last send was accepted, "+
			"whose acknowledgement came up to %s later", seconds(j.Window.Slack))
	case lies&early != 0:
		return fmt.Sprintf("matches, but may have appeared before the window began, %s after the act", j.at(j.Window.From))
	default:
		return "matches, but may have appeared before the act that the step is about"
	}
}

// message is the text of a verdict: what was wanted, and a line for each thing that speaks for it.
type message struct{ strings.Builder }

func (msg *message) line(label, text string) {
	if label == "" {
		msg.WriteString("\n  " + text)
		return
	}
	fmt.Fprintf(msg, "\n  %-8s %s", label, text)
}

// fields writes what does not fit, one below the other.
func (j *Judgement) fields(m miss) string {
	lines := make([]string, len(m.fields))
	for i, f := range m.fields {
		lines[i] = j.Redact.Miss(f).String()
		if slip := f.Slip(m.capture.Doc); slip != "" {
			lines[i] += fmt.Sprintf(" (did you mean %s?)", slip)
		}
	}
	if twice := m.capture.Doc.SaysTwice(); twice != "" {
		lines = append(lines, twice)
	}
	return strings.Join(lines, "\n           "+strings.Repeat(" ", len(j.name(m.capture))+2))
}

// silence says what else came by where nothing of the scenario's did.
func (j *Judgement) silence(ev evidence) string {
	foreign, uncorrelated := 0, 0
	for _, v := range ev.views {
		others, withoutOwner := v.Counts()
		foreign, uncorrelated = foreign+others, uncorrelated+withoutOwner
	}
	switch {
	case foreign+uncorrelated == 0:
		return "nothing of this scenario came by"
	default:
		return fmt.Sprintf("nothing of this scenario came by; in the whole run %d were somebody else's and %d nobody's",
			foreign, uncorrelated)
	}
}

func (j *Judgement) caughtUp(ev evidence) string {
	var through time.Time
	for _, p := range ev.proofs {
		if p.Err != nil {
			return "listener not caught up"
		}
		if through.IsZero() || p.Through.Before(through) {
			through = p.Through
		}
	}
	if through.IsZero() {
		return ""
	}
	said := "listener caught up at " + j.at(through)
	if b := ev.bound(); b > 0 {
		said += fmt.Sprintf(", if events come at most %s after a canary", span.Format(b))
	}
	return said
}

// name is how a message speaks of a capture: its number on the channel, and when it was received.
func (j *Judgement) name(c *journal.Capture) string {
	if len(j.Channels) > 1 {
		return fmt.Sprintf("%s #%d %s", c.Channel, c.Number, j.at(c.Seen()))
	}
	return fmt.Sprintf("#%d %s", c.Number, j.at(c.Seen()))
}

// at writes a time relative to the acceptance of the act's last send, as windows are.
func (j *Judgement) at(t time.Time) string {
	d := t.Sub(j.Window.Accepted)
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	return sign + seconds(d)
}

// was says of how many captures something is told.
func was(n int) string {
	if n == 1 {
		return "1 capture was"
	}
	return fmt.Sprintf("%d captures were", n)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

func head[T any](all []T) []T {
	return all[:min(len(all), shown)]
}
