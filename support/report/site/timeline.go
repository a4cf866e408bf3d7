// The timelines of scenarios: what happened, step by step and event by event, on the clock of each attempt.
//
// They are no records of the JSON report. A page gets an excerpt: as many events and bytes as a browser shows at once,
// times since the attempt began, events by their indexes. The JSON report has all of it, for programs.

package site

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

// How much of a timeline is kept. What is referred to (a match, a near miss, a late one) is kept before what is not.
const (
	mostEvents   = 300       // of an attempt
	mostBody     = 32 << 10  // bytes of one body
	mostBodies   = 384 << 10 // bytes of all bodies of an attempt; behind them,
	leastBody    = 256       // each has so many
	mostReason   = 16 << 10
	mostLine     = 2 << 10
	mostHeader   = 2 << 10
	hexadecimals = 512 // bytes of a body that is no text
)

type timelineData struct {
	Rule  string          `json:"rule,omitempty"`
	HTML  string          `json:"html,omitempty"`
	Why   string          `json:"why,omitempty"` // it is not proved
	Row   [][2]string     `json:"row,omitempty"` // the columns of its row and their values
	Steps []stepData      `json:"steps"`
	Runs  []executionData `json:"runs,omitempty"`
}

// executionData is an attempt. All its times are milliseconds since it began, but for Began.
type executionData struct {
	Attempt int         `json:"attempt"`
	Of      int         `json:"of"`
	State   state       `json:"state"`
	Began   time.Time   `json:"began"`
	Ended   millis      `json:"ended"`
	Step    string      `json:"step,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Remarks []string    `json:"remarks,omitempty"`
	Caveats []string    `json:"caveats,omitempty"`
	Links   []linkData  `json:"links,omitempty"`
	Steps   []ranData   `json:"steps"`
	Events  []eventData `json:"events"`
	Unshown int         `json:"unshown,omitempty"` // events that are not here
	Waits   []waitData  `json:"waits"`
	Log     []lineData  `json:"log,omitempty"`
}

type ranData struct {
	Outcome report.StepOutcome `json:"outcome"`
	Reason  string             `json:"reason,omitempty"`
	At      millis             `json:"at"`
	Millis  millis             `json:"ms"`
}

// linkData is a time in which a link was not as it is.
type linkData struct {
	Name  string `json:"name"`
	State string `json:"state"`
	At    millis `json:"at"`
	Until millis `json:"until"`
}

type eventData struct {
	Kind     string              `json:"kind"`            // produced, captured or uncorrelated
	Event    string              `json:"event,omitempty"` // its kind, where something tells it
	Channel  string              `json:"channel"`
	Number   int                 `json:"number,omitempty"`
	At       millis              `json:"at"`
	Accepted *millis             `json:"accepted,omitempty"`
	Stamp    *millis             `json:"stamp,omitempty"`
	ID       string              `json:"id,omitempty"`
	Key      string              `json:"key,omitempty"`
	Headers  map[string][]string `json:"headers,omitempty"`
	Body     string              `json:"body,omitempty"`
	Bytes    int                 `json:"bytes"` // of the whole body
	Hex      bool                `json:"hex,omitempty"`
	Cut      bool                `json:"cut,omitempty"`
	Error    string              `json:"error,omitempty"`

	Redelivery bool `json:"redelivery,omitempty"`
	Echo       bool `json:"echo,omitempty"`
	Gone       bool `json:"gone,omitempty"`
}

type waitData struct {
	Step     int            `json:"step"`
	Want     string         `json:"want"`
	Event    string         `json:"event,omitempty"`
	Channel  string         `json:"channel"`
	State    state          `json:"state"`
	Reason   string         `json:"reason,omitempty"`
	Window   millis         `json:"window"`
	Took     *millis        `json:"took,omitempty"`
	Bound    millis         `json:"bound,omitempty"`
	Looked   millis         `json:"looked,omitempty"`
	Begin    millis         `json:"begin"`
	Accepted millis         `json:"accepted"`
	Deadline millis         `json:"deadline"`
	Horizon  millis         `json:"horizon"`
	Asked    []report.Asked `json:"asked,omitempty"`
	Matched  []int          `json:"matched,omitempty"` // indexes of events
	Late     []int          `json:"late,omitempty"`
	Nearest  []nearData     `json:"nearest,omitempty"`
	Proofs   []proofData    `json:"proofs,omitempty"`
}

type nearData struct {
	Event  int           `json:"event"` // its index, -1 where it is not here
	Number int           `json:"number"`
	On     string        `json:"channel"`
	Misses []report.Miss `json:"misses"`
}

type proofData struct {
	Channel string  `json:"channel"`
	Through *millis `json:"through,omitempty"`
	Error   string  `json:"error,omitempty"`
}

type lineData struct {
	At   millis `json:"at"`
	Text string `json:"text"`
}

func (s *scenario) timeline(md markdown) timelineData {
	d := timelineData{Why: clip(s.why, mostReason), Steps: s.planned()}
	if s.at.rule != nil {
		d.Rule = s.at.rule.Name
	}
	if s.at.scenario != nil {
		d.HTML = md.html(s.at.scenario.Description)
	}
	header := cells(s.at.header)
	for i, value := range cells(s.at.row) {
		if i < len(header) {
			d.Row = append(d.Row, [2]string{header[i], value})
		}
	}
	for _, x := range s.executions() {
		d.Runs = append(d.Runs, executionOf(x))
	}
	return d
}

func executionOf(s report.Scenario) executionData {
	clock := clock(s.Began)
	d := executionData{
		Attempt: s.Attempt, Of: s.Of, State: stateOf(s.Verdict), Began: s.Began.Round(time.Millisecond),
		Ended: clock.at(s.Ended),
		Step:  s.Step, Reason: reason(s), Steps: []ranData{}, Waits: []waitData{},
	}
	for _, r := range s.Remarks {
		d.Remarks = append(d.Remarks, clip(r, mostLine))
	}
	for _, c := range s.Caveats {
		d.Caveats = append(d.Caveats, clip(c, mostLine))
	}
	d.Links = linksOf(s, clock)
	for _, step := range s.Steps {
		d.Steps = append(d.Steps, ranData{step.Outcome, clip(step.Reason, mostReason), clock.at(step.Began),
			ms(max(step.Ended.Sub(step.Began), 0))})
	}
	k := eventSelection{clock: clock, places: make(map[report.Ref]int), bodies: mostBodies}
	k.choose(s)
	for _, w := range s.Waits {
		d.Waits = append(d.Waits, k.wait(w))
	}
	d.Events, d.Unshown = append([]eventData{}, k.events...), k.unshown
	for _, line := range s.Log {
		d.Log = append(d.Log, lineData{clock.at(line.At), clip(line.Text, mostLine)})
	}
	return d
}

// linksOf returns when links were not as they are: from each change to the next one of the same link.
func linksOf(s report.Scenario, c clock) (all []linkData) {
	open := make(map[string]int) // by link, which of all lasts
	for _, change := range s.Links {
		if i, lasts := open[change.Link]; lasts {
			all[i].Until = c.at(change.At)
			delete(open, change.Link)
		}
		if change.State != "restored" {
			open[change.Link] = len(all)
			all = append(all, linkData{change.Link, change.State, c.at(change.At), c.at(s.Ended)})
		}
	}
	return all
}

// reason returns why an attempt did not pass, without the end of the log where the log is kept as a whole.
func reason(s report.Scenario) string {
	text := s.Reason
	if len(s.Log) > 0 {
		text, _, _ = strings.Cut(text, "\nlog of the system under test:")
	}
	return clip(text, mostReason)
}

func stateOf(v expect.Verdict) state {
	switch v {
	case expect.Passed:
		return passed
	case expect.Flaky:
		return flaky
	case expect.Failed:
		return failed
	default:
		return inconclusive
	}
}

// clock tells times as the attempt that began then does.
type clock time.Time

func (c clock) at(t time.Time) millis { return ms(t.Sub(time.Time(c))) }

func (c clock) maybe(t time.Time) *millis {
	if t.IsZero() {
		return nil
	}
	at := c.at(t)
	return &at
}

// eventSelection is the events of an attempt that are kept, and where they are.
type eventSelection struct {
	clock
	events  []eventData
	places  map[report.Ref]int
	bodies  int // bytes that are left
	unshown int
}

// choose keeps the events that something refers to, and others as far as there is room.
func (k *eventSelection) choose(s report.Scenario) {
	wanted := make(map[report.Ref]bool)
	for _, w := range s.Waits {
		for _, r := range w.Late {
			wanted[r] = true
		}
		for _, n := range w.Nearest {
			wanted[n.Ref] = true
		}
		for _, r := range w.Matched[:min(len(w.Matched), mostEvents/3)] {
			wanted[r] = true
		}
	}
	for i, p := range s.Produced {
		if i >= mostEvents/3 {
			k.unshown++
			continue
		}
		e := k.event("produced", p.Channel, p.Sent, p.Began)
		e.Event, e.Error = p.Event, clip(p.Error, mostLine)
		if e.Error == "" {
			e.Accepted = k.maybe(p.Accepted)
		}
		k.events = append(k.events, e)
	}
	k.captures("captured", s.Captured, wanted)
	k.captures("uncorrelated", s.Uncorrelated, wanted)
}

func (k *eventSelection) captures(kind string, all []report.Captured, wanted map[report.Ref]bool) {
	others := mostEvents / 3
	for _, c := range all {
		ref := report.Ref{Channel: c.Channel, Number: c.Number}
		if !wanted[ref] {
			if others--; others < 0 {
				k.unshown++
				continue
			}
		}
		e := k.event(kind, c.Channel, c.Seen, c.Seen.Seen)
		e.Number, e.Stamp = c.Number, k.maybe(c.Seen.Stamp)
		e.Redelivery, e.Echo, e.Gone = c.Redelivery, c.Echo, c.Gone
		k.places[ref] = len(k.events)
		k.events = append(k.events, e)
	}
}

func (k *eventSelection) event(kind, channel string, e event.Event, at time.Time) eventData {
	d := eventData{Kind: kind, Channel: channel, At: k.at(at), ID: clip(e.ID, mostHeader), Key: clip(e.Key, mostHeader),
		Bytes: len(e.Body)}
	if len(e.Headers) > 0 {
		d.Headers = make(map[string][]string, len(e.Headers))
		for name, values := range e.Headers {
			d.Headers[name] = make([]string, len(values))
			for i, value := range values {
				d.Headers[name][i] = clip(value, mostHeader)
			}
		}
	}
	most := max(min(mostBody, k.bodies), leastBody)
	d.Body, d.Hex = shown(e.Body, most)
	d.Cut = d.Hex && len(e.Body) > hexadecimals || !d.Hex && len(d.Body) < len(e.Body)
	k.bodies -= len(d.Body)
	return d
}

// shown returns a body as a page has it: as text of at most so many bytes or, where it is no text, its first bytes as
// hexadecimal digits.
func shown(body []byte, most int) (text string, isHex bool) {
	if !utf8.Valid(body) {
		return hex.EncodeToString(body[:min(len(body), hexadecimals)]), true
	}
	return strings.ToValidUTF8(string(body[:min(len(body), most)]), ""), false
}

func (k *eventSelection) wait(w report.Wait) waitData {
	d := waitData{
		Step: w.Step, Want: clip(w.Want, mostLine), Event: w.Event, Channel: w.Channel,
		State: stateOf(w.Verdict), Reason: clip(w.Reason, mostReason),
		Window: ms(w.Window), Bound: ms(w.Bound), Looked: ms(w.Looked), Begin: k.at(w.Begin), Accepted: k.at(w.Accepted),
		Deadline: k.at(w.Deadline), Horizon: k.at(w.Horizon),
		Asked: w.Asked, Matched: k.indexes(w.Matched), Late: k.indexes(w.Late),
	}
	if w.Measure {
		took := ms(w.Took)
		d.Took = &took
	}
	for _, i := range slices.Concat(d.Matched, d.Late) {
		k.events[i].Event = cmp.Or(k.events[i].Event, w.Event)
	}
	for _, n := range w.Nearest {
		index, known := k.places[n.Ref]
		if !known {
			index = -1
		}
		d.Nearest = append(d.Nearest, nearData{index, n.Number, n.Channel, n.Misses})
	}
	for _, p := range w.Proofs {
		d.Proofs = append(d.Proofs, proofData{p.Channel, k.maybe(p.Through), clip(p.Error, mostLine)})
	}
	return d
}

func (k *eventSelection) indexes(refs []report.Ref) (all []int) {
	for _, r := range refs {
		if i, known := k.places[r]; known {
			all = append(all, i)
		}
	}
	return all
}

// clip returns text, or its first most bytes and how much more there is.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + fmt.Sprintf(" … (%d more bytes)", len(text)-most)
}
