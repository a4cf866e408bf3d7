// Attachments: the events that a step has produced or that appeared for it, and what explains a failure.

package messages

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
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

// attacher puts the attachments of an execution to its steps.
type attacher struct {
	x        *report.Scenario
	outcomes []outcome
	steps    [][]attachment
	events   []int // by step, how many there are
}

func (w *writer) attachment(id, step string, a attachment) {
	w.put(envelope{Attachment: &attachmentMessage{id, step, a.body, "IDENTITY", a.mediaType, a.name, timestamp(a.at)}})
}

// attachmentsOf returns what is attached to each of the steps. What was produced belongs to the step that did it, a
// capture to the step that asked for it, or else to the one that was at work when it was received; what explains why
// the scenario did not pass, to the step that did not.
func attachmentsOf(x *report.Scenario, outcomes []outcome) [][]attachment {
	if len(outcomes) == 0 {
		return nil
	}
	a := &attacher{x, outcomes, make([][]attachment, len(outcomes)), make([]int, len(outcomes))}
	for i := range x.Produced {
		a.produced(&x.Produced[i])
	}
	asking := a.asking()
	for i := range x.Captured {
		c := &x.Captured[i]
		step, ok := asking[report.Ref{Channel: c.Channel, Number: c.Number}]
		if !ok {
			step = a.at(c.Seen.Seen)
		}
		if !c.Echo { // it is what was produced, once more
			a.captured(step, "captured", c)
		}
	}
	blamed := a.blamed()
	for i := range x.Uncorrelated {
		a.captured(blamed, "nobody's", &x.Uncorrelated[i])
	}
	a.overflow()
	a.nearMisses()
	if len(x.Remarks) > 0 {
		a.attach(blamed, x.Ended, logged, "", shortened(strings.Join(x.Remarks, "\n")))
	}
	a.log(blamed)
	return a.steps
}

// asking returns the steps whose expectations are about captures.
func (a *attacher) asking() map[report.Ref]int {
	if len(a.x.Captured) == 0 {
		return nil
	}
	all := make(map[report.Ref]int)
	for _, w := range a.x.Waits {
		if w.Step >= len(a.outcomes) {
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
func (a *attacher) at(t time.Time) int {
	last := 0
	for i, o := range a.outcomes {
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
func (a *attacher) blamed() int {
	for i, o := range a.outcomes {
		if o.status != messages.TestStepResultStatus_PASSED && o.status != messages.TestStepResultStatus_SKIPPED {
			return i
		}
	}
	return a.at(a.x.Ended)
}

func (a *attacher) produced(p *report.Produced) {
	step := a.at(p.Began)
	if a.events[step]++; a.events[step] > most {
		return
	}
	name := "produced on " + p.Channel
	if p.Event != "" {
		name = "produced " + p.Event + " on " + p.Channel
	}
	s := shownEvent{Channel: p.Channel, Event: p.Event, Error: shortened(p.Error)}
	a.attachEvent(step, name, p.Began, p.Sent, s)
}

func (a *attacher) captured(step int, how string, c *report.Captured) {
	if a.events[step]++; a.events[step] > most {
		return
	}
	a.attachEvent(step, how+" on "+c.Channel+" #"+strconv.Itoa(c.Number), c.Seen.Seen, c.Seen, shownEvent{
		Channel: c.Channel, Number: c.Number, Matched: c.Matched, Redelivery: c.Redelivery, Gone: c.Gone,
	})
}

// shownEvent is an event as it is attached, without its body.
type shownEvent struct {
	Channel    string            `json:"channel"`
	After      string            `json:"after"` // since the scenario began
	Event      string            `json:"event,omitempty"`
	Error      string            `json:"error,omitempty"`
	Number     int               `json:"number,omitempty"`
	Matched    bool              `json:"matched,omitempty"`
	Redelivery bool              `json:"redelivery,omitempty"`
	Gone       bool              `json:"gone,omitempty"`
	ID         string            `json:"id,omitempty"`
	Key        string            `json:"key,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Cut        string            `json:"cut,omitempty"`
	Encoding   string            `json:"encoding,omitempty"`
}

// attachEvent attaches an event, with its body as it is where that is JSON, and else as a string.
func (a *attacher) attachEvent(step int, name string, at time.Time, e event.Event, s shownEvent) {
	s.After = strconv.FormatFloat(at.Sub(a.x.Began).Seconds(), 'f', 3, 64) + "s"
	s.ID, s.Key = shortened(e.ID), shortened(e.Key)
	for name, values := range e.Headers {
		if s.Headers == nil {
			s.Headers = make(map[string]string, len(e.Headers))
		}
		s.Headers[name] = shortened(strings.Join(values, "\n"))
	}
	var body []byte
	body, s.Cut, s.Encoding = shownBody(e.Body)
	// The body is put in by hand: the encoder would change the white space in it.
	text := append(bytes.TrimSuffix(encoded(s), []byte("}")), `,"body":`...)
	text = append(append(text, body...), '}')
	a.attach(step, at, "application/json", name, string(text))
}

// shownBody returns the body of an event as JSON, or as much of it as can be shown.
func shownBody(body []byte) (shown []byte, cut, encoding string) {
	shown, text := body, utf8.Valid(body)
	if len(body) > longest {
		shown = body[:longest]
		for text && !utf8.Valid(shown) {
			shown = shown[:len(shown)-1] // a character was cut
		}
		cut = fmt.Sprintf("the first %d of %d bytes", len(shown), len(body))
	}
	switch {
	case !text:
		return encoded(base64.StdEncoding.EncodeToString(shown)), cut, "base64"
	case len(shown) == len(body) && json.Valid(body):
		return body, cut, ""
	default:
		return encoded(string(shown)), cut, ""
	}
}

// encoded returns the JSON of what can always be encoded.
func encoded(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// overflow tells how many events are not attached.
func (a *attacher) overflow() {
	for i, n := range a.events {
		if n > most {
			a.attach(i, a.outcomes[i].ended, logged, "", fmt.Sprintf("and %d more events", n-most))
		}
	}
}

// nearMisses attaches to each step that did not find what it wanted what came nearest.
func (a *attacher) nearMisses() {
	for _, w := range a.x.Waits {
		if len(w.Nearest) == 0 || w.Step >= len(a.outcomes) {
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
		a.attach(w.Step, a.outcomes[w.Step].ended, "text/plain", "nearest misses", shortened(b.String()))
	}
}

// log attaches what the system under test wrote.
func (a *attacher) log(step int) {
	if len(a.x.Log) == 0 {
		return
	}
	var b strings.Builder
	for _, line := range a.x.Log {
		fmt.Fprintf(&b, "%+.3fs  %s\n", line.At.Sub(a.x.Began).Seconds(), line.Text)
	}
	a.attach(step, a.x.Ended, "text/plain", "log of the system under test", shortened(b.String()))
}

func (a *attacher) attach(step int, at time.Time, mediaType, name, body string) {
	a.steps[step] = append(a.steps[step], attachment{mediaType, name, body, at})
}

// shortened returns a text without what is too much of it.
func shortened(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + fmt.Sprintf("\n... the first %d of %d bytes", longest, len(text))
}
