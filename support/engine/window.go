// Windows: from what an author wrote, and the act or event that a step is about.

package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
)

// frame is a window as it was written: how long after the acceptance it begins to count and ends.
type frame struct {
	from, length time.Duration
	said         string
}

// frame reads a window, or takes the SLA of the event, the subsystem or the suite.
func (w *World) frame(written string, kind Event, channels []string) (frame, error) {
	written = strings.TrimSpace(written)
	if text, ok := strings.CutPrefix(written, "between "); ok {
		return between(text)
	}
	text, given := strings.CutPrefix(written, "within ")
	if given && text != "its SLA" {
		d, err := span.Parse(text)
		if err == nil && d < time.Millisecond {
			err = fmt.Errorf("a window of %s is over before anything can appear", text)
		}
		return frame{length: d, said: "within " + span.Format(d)}, err
	}
	if !given && written != "" {
		return frame{}, fmt.Errorf(`%q is no window (write "within 5s", "between 10s and 15s" or "within its SLA")`, written)
	}
	d := w.run.SLA
	if s, ok := w.subsystemOf(channels); ok && s.SLA > 0 {
		d = s.SLA
	}
	if kind.SLA > 0 {
		d = kind.SLA
	}
	if d <= 0 {
		return frame{}, errors.New(`neither the step nor an SLA in godog.yml says how long to wait (write "within 5s")`)
	}
	return frame{length: d, said: "within its SLA of " + span.Format(d)}, nil
}

func between(text string) (f frame, err error) {
	first, last, ok := strings.Cut(text, " and ")
	if !ok {
		return f, fmt.Errorf(`"between %s" has one end (write "between 10s and 15s")`, text)
	}
	if f.from, err = span.Parse(first); err != nil {
		return f, err
	}
	if f.length, err = span.Parse(last); err != nil {
		return f, err
	}
	if f.from < time.Millisecond || f.length < f.from+time.Millisecond {
		return f, fmt.Errorf("no time lies between %s and %s", first, last)
	}
	f.said = "between " + span.Format(f.from) + " and " + span.Format(f.length)
	return f, nil
}

// subsystemOf returns the scope of the scenario, or else the one subsystem that the first channel is an output of.
func (w *World) subsystemOf(channels []string) (Subsystem, bool) {
	if w.scope != nil {
		return *w.scope, true
	}
	return w.run.owner(channels[0])
}

// window returns the window that begins with the act, or with the send of a label's own event.
func (w *World) window(of string, f frame) (expect.Window, error) {
	if w.act.begin.IsZero() {
		return expect.Window{}, &MissingError{errors.New("nothing has been produced yet that anything could follow from")}
	}
	ofAct := f.window(w.act.begin, w.act.left, w.act.accepted)
	ofAct.Lacked = w.act.lacked
	if of == "" || w.needs != nil {
		return ofAct, nil
	}
	l, err := w.labelled(of)
	if err != nil {
		return expect.Window{}, err
	}
	if len(l.sent) == 0 {
		return ofAct, nil
	}
	left, accepted := l.sent[len(l.sent)-1].Acceptance()
	return f.window(l.sent[0].Began, left, accepted), nil
}

// window returns the window that is counted from something which was accepted between two times.
func (f frame) window(begin, left, accepted time.Time) expect.Window {
	w := expect.Window{Begin: begin, Accepted: accepted, Slack: accepted.Sub(left), Deadline: accepted.Add(f.length)}
	if f.from > 0 {
		w.From = accepted.Add(f.from)
	}
	return w
}
