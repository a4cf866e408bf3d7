// The run as one JSON object, for programs.

package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
)

type jsonRun struct {
	jsonHead
	Scenarios []jsonScenario `json:"scenarios"`
}

type jsonHead struct {
	Run      string            `json:"run"`
	Suite    string            `json:"suite"`
	Profile  string            `json:"profile,omitempty"`
	Began    time.Time         `json:"began"`
	Seconds  float64           `json:"seconds"`
	ExitCode int               `json:"exit_code"`
	Trouble  string            `json:"trouble,omitempty"`
	Flaky    bool              `json:"allow_flaky,omitempty"`
	Dead     map[string]string `json:"dead_channels,omitempty"`
	Hidden   []string          `json:"hidden,omitempty"` // variables whose values stand nowhere in this
	Channels []jsonChannel     `json:"channels"`
}

type jsonChannel struct {
	Name         string `json:"channel"`
	Captured     int    `json:"captured"`
	Uncorrelated int    `json:"nobodys"`
	Foreign      int    `json:"foreign"`
}

type jsonScenario struct {
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Feature string   `json:"feature"`
	Name    string   `json:"name"`
	Tags    []string `json:"tags"`
	jsonExecution
	Attempts []jsonExecution `json:"attempts,omitempty"` // where there was more than one
}

type jsonExecution struct {
	Verdict      string       `json:"verdict"`
	Idle         bool         `json:"not_run,omitempty"`
	Step         string       `json:"step,omitempty"`
	Reason       string       `json:"reason,omitempty"`
	Attempt      int          `json:"attempt,omitempty"`
	Of           int          `json:"of,omitempty"`
	Began        time.Time    `json:"began"`
	Seconds      float64      `json:"seconds"`
	Remarks      []string     `json:"remarks"`
	Caveats      []string     `json:"caveats,omitempty"`
	Hooks        []jsonStep   `json:"hooks,omitempty"`
	Steps        []jsonStep   `json:"steps"`
	Produced     []jsonEvent  `json:"produced"`
	Captured     []jsonEvent  `json:"captured"`
	Uncorrelated []jsonEvent  `json:"nobodys,omitempty"`
	Waits        []jsonWait   `json:"expectations"`
	Links        []LinkChange `json:"links,omitempty"`
	Log          []Line       `json:"log,omitempty"`
}

type jsonEvent struct {
	Event      string     `json:"event,omitempty"`
	Channel    string     `json:"channel"`
	Number     int        `json:"number,omitempty"`
	At         time.Time  `json:"at"`                 // sent, or received
	Accepted   *time.Time `json:"accepted,omitempty"` // by the transport
	Stamp      *time.Time `json:"stamp,omitempty"`    // the channel's own time
	ID         string     `json:"id,omitempty"`
	Key        string     `json:"key,omitempty"`
	Headers    Headers    `json:"headers,omitempty"`
	Body       string     `json:"body"`
	Encoding   string     `json:"encoding,omitempty"` // base64 where the body is not text
	Matched    bool       `json:"matched,omitempty"`
	Redelivery bool       `json:"redelivery,omitempty"`
	Echo       bool       `json:"echo,omitempty"`
	Refused    string     `json:"refused,omitempty"` // why the listener's address refused it
	Gone       bool       `json:"gone,omitempty"`    // no event: what was there under the key is not there any more
	Error      string     `json:"error,omitempty"`
}

type jsonStep struct {
	Number  int         `json:"number"`
	Text    string      `json:"text,omitempty"`
	Outcome StepOutcome `json:"outcome"`
	Reason  string      `json:"reason,omitempty"`
	Began   time.Time   `json:"began"`
	Seconds float64     `json:"seconds"`
}

type jsonWait struct {
	Step     int       `json:"step"`
	Want     string    `json:"want"`
	Event    string    `json:"event,omitempty"`
	Channel  string    `json:"channel"`
	Verdict  string    `json:"verdict"`
	Reason   string    `json:"reason,omitempty"`
	Window   float64   `json:"window_seconds"`
	Took     *float64  `json:"took_seconds,omitempty"`
	Bound    float64   `json:"bound_seconds,omitempty"`
	Looked   float64   `json:"looked_within_seconds,omitempty"`
	Begin    time.Time `json:"begin"`
	Accepted time.Time `json:"accepted"`
	Deadline time.Time `json:"deadline"`
	Horizon  time.Time `json:"horizon"`
	Asked    []Asked   `json:"asked,omitempty"`
	Matched  []Ref     `json:"matched,omitempty"`
	Nearest  []Near    `json:"nearest,omitempty"`
	Late     []Ref     `json:"late,omitempty"`
	Proofs   []Proof   `json:"proofs,omitempty"`
}

// JSON writes the run as one object, the form of which DESIGN has fixed: more may be added to it. ReadJSON reads it
// back. Each scenario is a line: all at once they would take the memory of the whole text, and to indent them half as
// long again.
func JSON(out io.Writer, r Run) error {
	head := jsonHead{
		Run: r.ID, Suite: r.Suite, Profile: r.Profile, Began: r.Began, Seconds: seconds(r.Began, r.Ended),
		ExitCode: r.ExitCode, Trouble: r.Trouble, Flaky: r.AllowFlaky, Dead: r.Dead, Hidden: r.Hidden,
		Channels: make([]jsonChannel, 0, len(r.Channels)),
	}
	for _, c := range r.Channels {
		head.Channels = append(head.Channels, jsonChannel(c))
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(head); err != nil {
		return err
	}
	text.Truncate(text.Len() - len("\n}\n"))
	text.WriteString(",\n  \"scenarios\": [")
	e.SetIndent("", "")
	for i, s := range r.Scenarios {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("\n    ")
		if err := e.Encode(scenario(s)); err != nil {
			return err
		}
		text.Truncate(text.Len() - len("\n"))
		if _, err := text.WriteTo(out); err != nil {
			return err
		}
	}
	text.WriteString("\n  ]\n}\n")
	_, err := text.WriteTo(out)
	return err
}

// seconds returns how long something took: nothing, where its end is not known. ReadJSON finds the end again, to the
// nanosecond.
func seconds(from, to time.Time) float64 { return max(to.Sub(from), 0).Seconds() }

func scenario(s Scenario) jsonScenario {
	j := jsonScenario{
		File: s.File, Line: s.Line, Feature: s.Feature, Name: s.Name,
		Tags: append([]string{}, s.Tags...), jsonExecution: execution(s),
	}
	for _, a := range s.Attempts {
		j.Attempts = append(j.Attempts, execution(a))
	}
	return j
}

func execution(s Scenario) jsonExecution {
	j := jsonExecution{
		Verdict: s.Verdict.String(), Idle: s.Idle, Step: s.Step, Reason: s.Reason, Attempt: s.Attempt, Of: s.Of,
		Began: s.Began, Seconds: seconds(s.Began, s.Ended),
		Remarks: append([]string{}, s.Remarks...), Steps: []jsonStep{}, Produced: []jsonEvent{}, Captured: []jsonEvent{},
		Waits: []jsonWait{}, Log: s.Log, Caveats: s.Caveats, Links: s.Links,
	}
	for _, h := range s.Hooks {
		j.Hooks = append(j.Hooks, jsonStep{Number: h.Hook, Outcome: h.Outcome, Reason: h.Reason, Began: h.Began,
			Seconds: seconds(h.Began, h.Ended)})
	}
	for _, step := range s.Steps {
		j.Steps = append(j.Steps, jsonStep{step.Number, step.Text, step.Outcome, step.Reason, step.Began,
			seconds(step.Began, step.Ended)})
	}
	for _, p := range s.Produced {
		e := encoded(p.Sent)
		e.Event, e.Channel, e.At, e.Error = p.Event, p.Channel, p.Began, p.Error
		if !p.Accepted.IsZero() && p.Error == "" {
			e.Accepted = &p.Accepted
		}
		j.Produced = append(j.Produced, e)
	}
	for _, c := range s.Captured {
		j.Captured = append(j.Captured, captured(c))
	}
	for _, c := range s.Uncorrelated {
		j.Uncorrelated = append(j.Uncorrelated, captured(c))
	}
	for _, w := range s.Waits {
		j.Waits = append(j.Waits, waited(w))
	}
	return j
}

func captured(c Captured) jsonEvent {
	e := encoded(c.Seen)
	e.Channel, e.Number, e.At = c.Channel, c.Number, c.Seen.Seen
	e.Matched, e.Redelivery, e.Echo, e.Gone = c.Matched, c.Redelivery, c.Echo, c.Gone
	return e
}

func waited(w Wait) jsonWait {
	j := jsonWait{
		Step: w.Step, Want: w.Want, Event: w.Event, Channel: w.Channel, Verdict: w.Verdict.String(), Reason: w.Reason,
		Window: w.Window.Seconds(), Bound: w.Bound.Seconds(), Looked: w.Looked.Seconds(),
		Begin: w.Begin, Accepted: w.Accepted, Deadline: w.Deadline, Horizon: w.Horizon, Asked: w.Asked, Matched: w.Matched,
		Nearest: w.Nearest, Late: w.Late, Proofs: w.Proofs,
	}
	if w.Measure {
		took := w.Took.Seconds()
		j.Took = &took
	}
	return j
}

func encoded(e event.Event) jsonEvent {
	j := jsonEvent{ID: e.ID, Key: e.Key, Body: string(e.Body), Headers: HeadersOf(e.Headers), Refused: e.Refused}
	if !utf8.Valid(e.Body) {
		j.Body, j.Encoding = base64.StdEncoding.EncodeToString(e.Body), "base64"
	}
	if !e.Stamp.IsZero() {
		j.Stamp = &e.Stamp
	}
	return j
}
