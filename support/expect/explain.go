// The words of a verdict that is not "passed": what was wanted, what came, the nearest miss, what came late, and
// whether the listener was caught up.

package expect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/span"
)

// shown is how many captures of a kind a message shows.
const shown = 3

// explain writes the reason. doubt is why more may have appeared than was captured, if that is what it turns on.
func (j *Judgement) explain(v Verdict, doubt string, views []journal.View, proofs map[string]Proof) Outcome {
	var m message
	matched, late := slices.SortedFunc(slices.Values(j.matched), byTime), slices.SortedFunc(slices.Values(j.late), byTime)
	unsure := slices.SortedFunc(slices.Values(j.unsure), func(a, b unsure) int { return byTime(a.capture, b.capture) })
	fmt.Fprintf(&m, "%s: want %s, got %d of %d captured", strings.Join(j.Channels, ", "), j.Want, len(matched), j.captured)
	if said := j.caughtUp(proofs); said != "" {
		fmt.Fprintf(&m, " (%s)", said)
	}
	if doubt != "" {
		m.line("unsure", doubt)
	}
	for _, c := range head(j.held()) {
		m.line("before", j.name(c)+"  matched already when the act began")
	}
	if v == Failed && j.Most != Unlimited {
		for _, c := range head(matched) {
			m.line("matched", j.name(c)+"  "+j.body(c.Doc))
		}
	}
	said := 0
	for _, u := range unsure {
		switch {
		case v == Failed && u.orphan:
			m.line("matched", j.name(u.capture)+"  "+j.body(u.capture.Doc)+"  carries no id, but no other scenario ran")
		case v == Inconclusive:
			m.line("unsure", j.name(u.capture)+"  "+u.why)
		default:
			continue
		}
		if said++; said == shown {
			break
		}
	}
	if len(matched) < j.Least || j.State && j.Least > 0 {
		for _, miss := range j.misses {
			m.line("nearest", j.name(miss.capture)+"  "+j.fields(miss))
		}
		for _, c := range head(late) {
			m.line("late", j.name(c)+"  would match, "+seconds(c.Seen().Sub(j.Window.Deadline))+" after the window")
		}
		if j.captured+len(unsure) == 0 {
			m.line("", j.silence(views))
		}
	}
	if j.State && v == Failed && j.captured > 0 {
		m.line("", "items are looked at, not recorded: what one was between two looks is not known")
	}
	return Outcome{Verdict: v, Reason: m.String(), Matched: matched, Bound: bound(proofs)}
}

// message is the text of a verdict: what was wanted, and a line for each thing that speaks for it.
type message struct{ strings.Builder }

func (m *message) line(label, text string) {
	if label == "" {
		m.WriteString("\n  " + text)
		return
	}
	fmt.Fprintf(m, "\n  %-8s %s", label, text)
}

// fields writes what does not fit, one below the other.
func (j *Judgement) fields(m miss) string {
	lines := make([]string, len(m.fields))
	for i, f := range m.fields {
		lines[i] = j.Redact.Miss(f).String()
	}
	return strings.Join(lines, "\n           "+strings.Repeat(" ", len(j.name(m.capture))+2))
}

// silence says what else came by where nothing of the scenario's did.
func (j *Judgement) silence(views []journal.View) string {
	foreign, loose := 0, 0
	for _, v := range views {
		foreign += v.Foreign
		loose += len(v.Loose)
	}
	switch {
	case foreign+loose == 0:
		return "nothing of this scenario came by"
	default:
		return fmt.Sprintf("nothing of this scenario came by; in the whole run %d were somebody else's and %d nobody's", foreign, loose)
	}
}

func (j *Judgement) caughtUp(proofs map[string]Proof) string {
	var through time.Time
	for _, p := range proofs {
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
	if b := bound(proofs); b > 0 {
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

func seconds(d time.Duration) string { return fmt.Sprintf("%.2fs", d.Seconds()) }

func head(captures []*journal.Capture) []*journal.Capture {
	return captures[:min(len(captures), shown)]
}
