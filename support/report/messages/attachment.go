// Attachments: the events that a step has produced or that appeared for it, and what explains a failure.

package messages

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/report"
)

// most is how many events are attached to a step. Ten thousand would help nobody.
const most = 50

// attachment is what is attached to a step.
type attachment struct {
	mediaType string
	name      string
	body      string
	at        time.Time
}

// logged is the media type of what Cucumber shows as a line of a log.
const logged = "text/x.cucumber.log+plain"

// desk puts the attachments of an execution to its steps.
type desk struct {
	x        *report.Scenario
	outcomes []outcome
	steps    [][]attachment
	events   []int // by step, how many there are
	line     *line // for one event after the other
}

func (w *writer) attachment(id, step string, a attachment) {
	l := w.begin("attachment")
	l.text("testCaseStartedId", id)
	l.text("testStepId", step)
	l.text("body", a.body)
	l.text("contentEncoding", "IDENTITY")
	l.text("mediaType", a.mediaType)
	l.some("fileName", a.name)
	l.time("timestamp", a.at)
	w.end()
}

// attachments returns what is attached to each of the steps. What was produced belongs to the step that did it, a
// capture to the step that asked for it, or else to the one that was at work when it was received; what explains why
// the scenario did not pass, to the step that did not.
func (w *writer) attachments(x *report.Scenario, outcomes []outcome) [][]attachment {
	d := &desk{
		x: x, outcomes: outcomes, steps: make([][]attachment, len(outcomes)), events: make([]int, len(outcomes)),
		line: &w.event,
	}
	if len(outcomes) == 0 {
		return nil
	}
	for i := range x.Produced {
		d.produced(&x.Produced[i])
	}
	for _, l := range x.Links {
		if l.Step >= 0 && l.Step < len(outcomes) {
			d.attach(l.Step, l.At, logged, "", shortened(fmt.Sprintf("link %s: %s", l.Link, l.State)))
		}
	}
	asking := d.asking()
	for i := range x.Captured {
		c := &x.Captured[i]
		step, ok := asking[report.Ref{Channel: c.Channel, Number: c.Number}]
		if !ok {
			step = d.at(c.Seen.Seen)
		}
		if !c.Echo { // it is what was produced, once more
			d.captured(step, "captured", c)
		}
	}
	blamed := d.blamed()
	for i := range x.Uncorrelated {
		d.captured(blamed, "nobody's", &x.Uncorrelated[i])
	}
	d.overflow()
	d.nearMisses()
	if len(x.Remarks) > 0 {
		d.attach(blamed, x.Ended, logged, "", shortened(strings.Join(x.Remarks, "\n")))
	}
	d.log(blamed)
	return d.steps
}

// asking returns the steps whose expectations are about captures.
func (d *desk) asking() map[report.Ref]int {
	if len(d.x.Captured) == 0 {
		return nil
	}
	all := make(map[report.Ref]int)
	for _, w := range d.x.Waits {
		if w.Step >= len(d.outcomes) {
			continue
		}
		first := func(r report.Ref) {
			if _, ok := all[r]; !ok {
				all[r] = w.Step
			}
		}
		for _, r := range w.Matched {
			first(r)
		}
		for _, r := range w.Late {
			first(r)
		}
		for _, near := range w.Nearest {
			first(near.Ref)
		}
	}
	return all
}

// at returns the step that was at work at a time: the last that had begun and that has done anything.
func (d *desk) at(t time.Time) int {
	last := 0
	for i, o := range d.outcomes {
		switch o.status {
		case messages.TestStepResultStatus_SKIPPED, messages.TestStepResultStatus_UNDEFINED,
			messages.TestStepResultStatus_AMBIGUOUS:
		default:
			if !o.began.After(t) {
				last = i
			}
		}
	}
	return last
}

// blamed returns the first step that did not pass, or the last one that ran.
func (d *desk) blamed() int {
	for i, o := range d.outcomes {
		if o.status != messages.TestStepResultStatus_PASSED && o.status != messages.TestStepResultStatus_SKIPPED {
			return i
		}
	}
	return d.at(d.x.Ended)
}

func (d *desk) produced(p *report.Produced) {
	step := d.at(p.Began)
	if d.events[step]++; d.events[step] > most {
		return
	}
	name := "produced on " + p.Channel
	if p.Event != "" {
		name = "produced " + p.Event + " on " + p.Channel
	}
	l := d.begin(p.Channel, p.Began)
	l.some("event", p.Event)
	l.some("error", shortened(p.Error))
	d.attach(step, p.Began, "application/json", name, d.shown(&p.Sent))
}

func (d *desk) captured(step int, how string, c *report.Captured) {
	if d.events[step]++; d.events[step] > most {
		return
	}
	l := d.begin(c.Channel, c.Seen.Seen)
	l.number("number", int64(c.Number))
	if c.Matched {
		l.flag("matched", true)
	}
	if c.Redelivery {
		l.flag("redelivery", true)
	}
	if c.Gone {
		l.flag("gone", true)
	}
	d.attach(step, c.Seen.Seen, "application/json", how+" on "+c.Channel+" #"+strconv.Itoa(c.Number), d.shown(&c.Seen))
}

// begin begins an event as it is attached: a JSON object with the body as it is where that is JSON, and else as a
// string. Times are since the scenario began.
func (d *desk) begin(channel string, at time.Time) *line {
	*d.line = (*d.line)[:0]
	d.line.open("", '{')
	d.line.text("channel", channel)
	d.line.text("after", strconv.FormatFloat(at.Sub(d.x.Began).Seconds(), 'f', 3, 64)+"s")
	return d.line
}

// shown ends it with what the event itself is, and returns it.
func (d *desk) shown(e *event.Event) string {
	l := d.line
	l.some("refused", shortened(e.Refused))
	l.some("id", shortened(e.ID))
	l.some("key", shortened(e.Key))
	if len(e.Headers) > 0 {
		l.open("headers", '{')
		for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
			l.string(name)
			(*l)[len(*l)-1] = ':'
			l.string(shortened(strings.Join(e.Headers[name], "\n")))
		}
		l.end('}')
	}
	l.body(e.Body)
	l.end('}')
	return string((*l)[:len(*l)-1])
}

// body writes the body of an event, or as much of it as can be shown.
func (l *line) body(body []byte) {
	shown, text := body, utf8.Valid(body)
	if len(body) > longest {
		shown = body[:longest]
		for text && !utf8.Valid(shown) {
			shown = shown[:len(shown)-1] // a letter was cut
		}
		l.text("cut", fmt.Sprintf("the first %d of %d bytes", len(shown), len(body)))
	}
	switch {
	case !text:
		l.text("encoding", "base64")
		l.text("body", base64.StdEncoding.EncodeToString(shown))
	case len(shown) == len(body) && json.Valid(body):
		l.name("body")
		*l = append(append(*l, body...), ',')
	default:
		l.text("body", string(shown))
	}
}

// overflow tells how many events are not attached.
func (d *desk) overflow() {
	for i, n := range d.events {
		if n > most {
			d.attach(i, d.outcomes[i].ended, logged, "", fmt.Sprintf("and %d more events", n-most))
		}
	}
}

// nearMisses attaches to each step that did not find what it wanted what came nearest.
func (d *desk) nearMisses() {
	for _, w := range d.x.Waits {
		if len(w.Nearest) == 0 || w.Step >= len(d.outcomes) {
			continue
		}
		var b strings.Builder
		b.WriteString(w.Want + "\n")
		for _, near := range w.Nearest {
			fmt.Fprintf(&b, "%s #%d\n", near.Channel, near.Number)
			for _, miss := range near.Misses {
				fmt.Fprintf(&b, "  %s  got %s, want %s\n", miss.Path, miss.Got, miss.Want)
			}
		}
		d.attach(w.Step, d.outcomes[w.Step].ended, "text/plain", "nearest misses", shortened(b.String()))
	}
}

// log attaches what the system under test wrote.
func (d *desk) log(step int) {
	if len(d.x.Log) == 0 {
		return
	}
	var b strings.Builder
	for _, line := range d.x.Log {
		fmt.Fprintf(&b, "%+.3fs  %s\n", line.At.Sub(d.x.Began).Seconds(), line.Text)
	}
	d.attach(step, d.x.Ended, "text/plain", "log of the system under test", shortened(b.String()))
}

func (d *desk) attach(step int, at time.Time, mediaType, name, body string) {
	d.steps[step] = append(d.steps[step], attachment{mediaType, name, body, at})
}

// shortened returns a text without what is too much of it.
func shortened(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + fmt.Sprintf("\n... the first %d of %d bytes", longest, len(text))
}
