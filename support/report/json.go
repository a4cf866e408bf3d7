// The run as one JSON object, for programs.

package report

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/support/event"
)

type jsonRun struct {
	Run       string            `json:"run"`
	Suite     string            `json:"suite"`
	Profile   string            `json:"profile,omitempty"`
	Began     time.Time         `json:"began"`
	Seconds   float64           `json:"seconds"`
	ExitCode  int               `json:"exit_code"`
	Dead      map[string]string `json:"dead_channels,omitempty"`
	Channels  []jsonChannel     `json:"channels"`
	Scenarios []jsonScenario    `json:"scenarios"`
}

type jsonChannel struct {
	Channel  string `json:"channel"`
	Captured int    `json:"captured"`
	Nobodys  int    `json:"nobodys"`
	Foreign  int    `json:"foreign"`
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
	Verdict  string      `json:"verdict"`
	Step     string      `json:"step,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Began    time.Time   `json:"began"`
	Seconds  float64     `json:"seconds"`
	Remarks  []string    `json:"remarks"`
	Produced []jsonEvent `json:"produced"`
	Captured []jsonEvent `json:"captured"`
	Waits    []jsonWait  `json:"expectations"`
}

type jsonEvent struct {
	Event      string            `json:"event,omitempty"`
	Channel    string            `json:"channel"`
	Number     int               `json:"number,omitempty"`
	At         time.Time         `json:"at"`                 // sent, or received
	Accepted   *time.Time        `json:"accepted,omitempty"` // by the transport
	Stamp      *time.Time        `json:"stamp,omitempty"`    // the channel's own time
	ID         string            `json:"id,omitempty"`
	Key        string            `json:"key,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       string            `json:"body"`
	Encoding   string            `json:"encoding,omitempty"` // base64 where the body is not text
	Matched    bool              `json:"matched,omitempty"`
	Redelivery bool              `json:"redelivery,omitempty"`
	Echo       bool              `json:"echo,omitempty"`
	Error      string            `json:"error,omitempty"`
}

type jsonWait struct {
	Want    string   `json:"want"`
	Event   string   `json:"event,omitempty"`
	Channel string   `json:"channel"`
	Verdict string   `json:"verdict"`
	Window  float64  `json:"window_seconds"`
	Took    *float64 `json:"took_seconds,omitempty"`
	Bound   float64  `json:"bound_seconds,omitempty"`
}

// JSON writes the run. shown takes what must not be shown out of a text; nil leaves all.
func JSON(out io.Writer, r Run, shown func(string) string) error {
	if shown == nil {
		shown = func(s string) string { return s }
	}
	j := jsonRun{
		Run: r.ID, Suite: r.Suite, Profile: r.Profile, Began: r.Began, Seconds: r.Ended.Sub(r.Began).Seconds(),
		ExitCode: r.ExitCode, Scenarios: make([]jsonScenario, 0, len(r.Scenarios)),
	}
	for channel, err := range r.Dead {
		if j.Dead == nil {
			j.Dead = make(map[string]string)
		}
		j.Dead[channel] = shown(err.Error())
	}
	j.Channels = make([]jsonChannel, 0, len(r.Channels))
	for _, c := range r.Channels {
		j.Channels = append(j.Channels, jsonChannel{Channel: c.Name, Captured: c.Captured, Nobodys: c.Nobodys, Foreign: c.Foreign})
	}
	for _, s := range r.Scenarios {
		j.Scenarios = append(j.Scenarios, scenario(s, shown))
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(j)
}

func scenario(s Scenario, shown func(string) string) jsonScenario {
	j := jsonScenario{
		File: s.File, Line: s.Line, Feature: s.Feature, Name: s.Name, Tags: append([]string{}, s.Tags...), jsonExecution: execution(s, shown),
	}
	for _, a := range s.Attempts {
		j.Attempts = append(j.Attempts, execution(a, shown))
	}
	return j
}

func execution(s Scenario, shown func(string) string) jsonExecution {
	j := jsonExecution{
		Verdict: s.Verdict.String(), Step: s.Step, Reason: shown(s.Reason), Began: s.Began, Seconds: s.Ended.Sub(s.Began).Seconds(),
		Remarks: []string{}, Produced: []jsonEvent{}, Captured: []jsonEvent{}, Waits: []jsonWait{},
	}
	for _, remark := range s.Remarks {
		j.Remarks = append(j.Remarks, shown(remark))
	}
	for _, p := range s.Produced {
		e := encoded(p.Sent, shown)
		e.Event, e.Channel, e.At = p.Event, p.Channel, p.Began
		if !p.Accepted.IsZero() && p.Err == nil {
			e.Accepted = &p.Accepted
		}
		if p.Err != nil {
			e.Error = shown(p.Err.Error())
		}
		j.Produced = append(j.Produced, e)
	}
	for _, c := range s.Captured {
		e := encoded(c.Seen, shown)
		e.Channel, e.Number, e.At = c.Channel, c.Number, c.Seen.Seen
		e.Matched, e.Redelivery, e.Echo = c.Matched, c.Redelivery, c.Echo
		j.Captured = append(j.Captured, e)
	}
	for _, w := range s.Waits {
		jw := jsonWait{Want: w.Want, Event: w.Event, Channel: w.Channel, Verdict: w.Verdict.String(), Window: w.Window.Seconds(), Bound: w.Bound.Seconds()}
		if w.Measure {
			took := w.Took.Seconds()
			jw.Took = &took
		}
		j.Waits = append(j.Waits, jw)
	}
	return j
}

func encoded(e event.Event, shown func(string) string) jsonEvent {
	j := jsonEvent{ID: e.ID, Key: shown(e.Key), Body: shown(string(e.Body))}
	if !utf8.Valid(e.Body) {
		j.Body, j.Encoding = base64.StdEncoding.EncodeToString([]byte(j.Body)), "base64"
	}
	for k, v := range e.Headers {
		if j.Headers == nil {
			j.Headers = make(map[string]string, len(e.Headers))
		}
		j.Headers[k] = shown(v)
	}
	if !e.Stamp.IsZero() {
		j.Stamp = &e.Stamp
	}
	return j
}
