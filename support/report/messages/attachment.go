// Attachments: the events that a step has produced or that appeared for it, and what explains a failure.

package messages

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/report"
)

// most is how many events are attached to a step. Ten thousand would help nobody.
const most = 50

// occurrence is an event as it is attached.
type occurrence struct {
	Event      string            `json:"event,omitempty"`
	Channel    string            `json:"channel"`
	Number     int               `json:"number,omitempty"`
	After      string            `json:"after"` // since the scenario began
	Matched    bool              `json:"matched,omitempty"`
	Redelivery bool              `json:"redelivery,omitempty"`
	Error      string            `json:"error,omitempty"`
	ID         string            `json:"id,omitempty"`
	Key        string            `json:"key,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Cut        string            `json:"cut,omitempty"`      // how much of the body is there
	Encoding   string            `json:"encoding,omitempty"` // base64, where the body is no text
	Body       any               `json:"body"`               // JSON as it is, all else as a string
}

// desk puts the attachments of an execution to its steps.
type desk struct {
	x        *report.Scenario
	outcomes []outcome
	steps    [][]attachment
	events   []int // by step, how many there are
	text     bytes.Buffer
	json     *json.Encoder
}

// attachments returns what is attached to each of the steps. What was produced belongs to the step that did it, a capture to
// the step that asked for it, or else to the one that was at work when it was received; what explains why the scenario
// did not pass, to the step that did not.
func attachments(x *report.Scenario, outcomes []outcome) [][]attachment {
	d := &desk{x: x, outcomes: outcomes, steps: make([][]attachment, len(outcomes)), events: make([]int, len(outcomes))}
	if len(outcomes) == 0 {
		return nil
	}
	d.json = json.NewEncoder(&d.text)
	d.json.SetEscapeHTML(false)
	for i := range x.Produced {
		d.produced(&x.Produced[i])
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
	for i := range x.Nobodys {
		d.captured(blamed, "nobody's", &x.Nobodys[i])
	}
	d.overflow()
	d.nearMisses()
	if len(x.Remarks) > 0 {
		d.attach(blamed, x.Ended, "text/x.cucumber.log+plain", "", strings.Join(x.Remarks, "\n"))
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

// at returns the step that was at work at a time: the last that had begun and that did something.
func (d *desk) at(t time.Time) int {
	last := 0
	for i, o := range d.outcomes {
		if o.status != messages.TestStepResultStatus_SKIPPED && !o.began.After(t) {
			last = i
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
	o := occurrence{Event: p.Event, Channel: p.Channel, Error: p.Error}
	name := "produced on " + p.Channel
	if p.Event != "" {
		name = "produced " + p.Event + " on " + p.Channel
	}
	d.occurred(step, p.Began, name, o, p.Sent)
}

func (d *desk) captured(step int, how string, c *report.Captured) {
	if d.events[step]++; d.events[step] > most {
		return
	}
	o := occurrence{Channel: c.Channel, Number: c.Number, Matched: c.Matched, Redelivery: c.Redelivery}
	d.occurred(step, c.Seen.Seen, fmt.Sprintf("%s on %s #%d", how, c.Channel, c.Number), o, c.Seen)
}

func (d *desk) occurred(step int, at time.Time, name string, o occurrence, e event.Event) {
	o.After = fmt.Sprintf("%.3fs", at.Sub(d.x.Began).Seconds())
	o.ID, o.Key, o.Headers = e.ID, e.Key, e.Headers
	o.show(e.Body)
	d.text.Reset()
	if err := d.json.Encode(o); err != nil {
		panic(err) // all of it is strings, and JSON that is valid
	}
	d.attach(step, at, "application/json", name, strings.TrimSuffix(d.text.String(), "\n"))
}

// show sets the body, or as much of it as can be shown.
func (o *occurrence) show(body []byte) {
	whole := len(body)
	text := utf8.Valid(body)
	if whole > longest {
		body = body[:longest]
		for text && !utf8.Valid(body) {
			body = body[:len(body)-1] // a letter was cut
		}
		o.Cut = fmt.Sprintf("the first %d of %d bytes", len(body), whole)
	}
	switch {
	case !text:
		o.Encoding, o.Body = "base64", base64.StdEncoding.EncodeToString(body)
	case o.Cut == "" && json.Valid(body):
		o.Body = json.RawMessage(body)
	default:
		o.Body = string(body)
	}
}

// overflow tells how many events are not attached.
func (d *desk) overflow() {
	for i, n := range d.events {
		if n > most {
			d.attach(i, d.outcomes[i].ended, "text/x.cucumber.log+plain", "", fmt.Sprintf("and %d more events", n-most))
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
		d.attach(w.Step, d.outcomes[w.Step].ended, "text/plain", "nearest misses", b.String())
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
	d.attach(step, d.x.Ended, "text/plain", "log of the system under test", b.String())
}

func (d *desk) attach(step int, at time.Time, mediaType, name, body string) {
	d.steps[step] = append(d.steps[step], attachment{
		Body: body, ContentEncoding: messages.AttachmentContentEncoding_IDENTITY, MediaType: mediaType, FileName: name, Timestamp: timestamp(at),
	})
}

// shortened returns a text without what is too much of it.
func shortened(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + fmt.Sprintf("\n... the first %d of %d bytes", longest, len(text))
}
