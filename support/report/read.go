// Reading a run back from its JSON: what the living documentation of an earlier run is made of.

package report

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

// ReadJSON returns the run that JSON has written. Its error says what is wrong with the text; an older one that lacks
// what is told today is read as far as it goes.
func ReadJSON(in io.Reader) (Run, error) {
	var j jsonRun
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return Run{}, fmt.Errorf("not a run as `harken run --format json:FILE` writes it: %w", err)
	}
	r := Run{ID: j.Run, Suite: j.Suite, Profile: j.Profile, Began: j.Began, Ended: after(j.Began, j.Seconds),
		ExitCode: j.ExitCode, Trouble: j.Trouble, AllowFlaky: j.Flaky, Dead: j.Dead, Hidden: j.Hidden}
	for _, c := range j.Channels {
		r.Channels = append(r.Channels, Channel(c))
	}
	for _, js := range j.Scenarios {
		s, err := js.read()
		if err != nil {
			return Run{}, fmt.Errorf("%s:%d: %w", js.File, js.Line, err)
		}
		r.Scenarios = append(r.Scenarios, s)
	}
	return r, nil
}

func after(t time.Time, seconds float64) time.Time { return t.Add(duration(seconds)) }

// duration returns seconds to the nanosecond, of which a float64 holds those of eleven days: what ended before
// something else began must not end after it when both are read back.
func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}

func (j jsonScenario) read() (Scenario, error) {
	s, err := j.jsonExecution.read(j)
	for _, a := range j.Attempts {
		attempt, attemptErr := a.read(j)
		if err == nil {
			err = attemptErr
		}
		s.Attempts = append(s.Attempts, attempt)
	}
	return s, err
}

func (j jsonExecution) read(of jsonScenario) (Scenario, error) {
	s := Scenario{
		File: of.File, Line: of.Line, Feature: of.Feature, Name: of.Name, Tags: of.Tags, Idle: j.Idle, Step: j.Step,
		Reason:  j.Reason,
		Attempt: j.Attempt, Of: j.Of, Began: j.Began, Ended: after(j.Began, j.Seconds), Remarks: j.Remarks, Log: j.Log,
		Caveats: j.Caveats, Links: j.Links,
	}
	var err error
	if s.Verdict, err = verdict(j.Verdict); err != nil {
		return s, err
	}
	for _, h := range j.Hooks {
		s.Hooks = append(s.Hooks, HookRun{h.Number, h.Outcome, h.Reason, h.Began, after(h.Began, h.Seconds)})
	}
	for _, step := range j.Steps {
		s.Steps = append(s.Steps, Step{step.Number, step.Text, step.Outcome, step.Reason, step.Began,
			after(step.Began, step.Seconds)})
	}
	for _, e := range j.Produced {
		p := Produced{Event: e.Event, Channel: e.Channel, Began: e.At, Error: e.Error}
		if p.Sent, err = e.read(); err != nil {
			return s, err
		}
		if e.Accepted != nil {
			p.Accepted = *e.Accepted
		}
		s.Produced = append(s.Produced, p)
	}
	if s.Captured, err = readCaptures(j.Captured); err != nil {
		return s, err
	}
	if s.Uncorrelated, err = readCaptures(j.Uncorrelated); err != nil {
		return s, err
	}
	for _, jw := range j.Waits {
		w := Wait{
			Step: jw.Step, Want: jw.Want, Event: jw.Event, Channel: jw.Channel, Reason: jw.Reason, Window: duration(jw.Window),
			Bound: duration(jw.Bound), Looked: duration(jw.Looked),
			Begin: jw.Begin, Accepted: jw.Accepted, Deadline: jw.Deadline, Horizon: jw.Horizon, Asked: jw.Asked,
			Matched: jw.Matched, Nearest: jw.Nearest, Late: jw.Late, Proofs: jw.Proofs,
		}
		if w.Verdict, err = verdict(jw.Verdict); err != nil {
			return s, err
		}
		if jw.Took != nil {
			w.Took, w.Measure = duration(*jw.Took), true
		}
		s.Waits = append(s.Waits, w)
	}
	return s, nil
}

func readCaptures(from []jsonEvent) (all []Captured, err error) {
	for _, e := range from {
		c := Captured{Channel: e.Channel, Number: e.Number, Matched: e.Matched, Redelivery: e.Redelivery, Echo: e.Echo,
			Gone: e.Gone}
		if c.Seen, err = e.read(); err != nil {
			return nil, err
		}
		c.Seen.Seen = e.At
		all = append(all, c)
	}
	return all, nil
}

func (j jsonEvent) read() (event.Event, error) {
	e := event.Event{ID: j.ID, Key: j.Key, Headers: j.Headers.lists(), Body: []byte(j.Body), Refused: j.Refused}
	if j.Encoding == "base64" {
		body, err := base64.StdEncoding.DecodeString(j.Body)
		if err != nil {
			return e, fmt.Errorf("the body of an event on %s: %w", j.Channel, err)
		}
		e.Body = body
	}
	if j.Stamp != nil {
		e.Stamp = *j.Stamp
	}
	return e, nil
}

func verdict(name string) (expect.Verdict, error) {
	for _, v := range []expect.Verdict{expect.Passed, expect.Flaky, expect.Inconclusive, expect.Failed, expect.Undecided} {
		if v.String() == name {
			return v, nil
		}
	}
	return 0, fmt.Errorf("no verdict is called %q", name)
}
