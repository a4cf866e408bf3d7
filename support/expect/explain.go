// The words of a verdict that is not "passed": what was wanted, what came, the nearest miss, what came late, and
// whether the listener was caught up.

package expect

import (
	"fmt"
	"strings"
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/span"
)

// shown is how many captures of a kind a message shows.
const shown = 3

func (j *Judgement) explain(v Verdict, why string, views []journal.View, proofs map[string]Proof) Outcome {
	var b strings.Builder
	captured := 0
	for _, view := range views {
		for _, c := range view.Own {
			if j.counts(c) && j.when(c, view.Since) != outside {
				captured++
			}
		}
	}
	fmt.Fprintf(&b, "%s: want %s, got %d of %d captured", strings.Join(j.Channels, ", "), j.Want, len(j.matched), captured)
	if said := j.caughtUp(proofs); said != "" {
		fmt.Fprintf(&b, " (%s)", said)
	}
	if why != "" {
		fmt.Fprintf(&b, "\n  %s", why)
	}
	if v == Failed && j.Most != Unlimited && len(j.matched)+len(j.stray) > j.Most {
		for _, c := range head(append(j.matched[:len(j.matched):len(j.matched)], j.stray...)) {
			fmt.Fprintf(&b, "\n  matched  %s  %s", j.name(c), j.body(c))
		}
	}
	if len(j.matched) < j.Least {
		for _, m := range j.misses {
			fmt.Fprintf(&b, "\n  nearest  %s", j.name(m.capture))
			for i, f := range m.fields {
				sep := "  "
				if i > 0 {
					sep = "\n           " + strings.Repeat(" ", len(j.name(m.capture))+2)
				}
				b.WriteString(sep + j.Redact.Miss(f).String())
			}
		}
		for _, c := range head(j.late) {
			fmt.Fprintf(&b, "\n  late     %s  would match, %s after the window", j.name(c), span.Format(c.Seen().Sub(j.Window.Deadline)))
		}
		for _, c := range head(j.stray) {
			fmt.Fprintf(&b, "\n  nobody's %s  would match, but carries no id that tells whose it is", j.name(c))
		}
		if captured == 0 && len(j.late)+len(j.stray) == 0 {
			b.WriteString(j.silence(views))
		}
	}
	return Outcome{Verdict: v, Reason: b.String(), Matched: j.matched, Bound: bound(proofs)}
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
		return "\n  nothing of this scenario came by"
	default:
		return fmt.Sprintf("\n  nothing of this scenario came by; in the whole run %d were somebody else's and %d nobody's", foreign, loose)
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
	return fmt.Sprintf("%s%.2fs", sign, d.Seconds())
}

func (j *Judgement) body(c *journal.Capture) string {
	return pattern.Brief(j.Redact.Event(c.Doc).Body)
}

func head(captures []*journal.Capture) []*journal.Capture {
	return captures[:min(len(captures), shown)]
}
