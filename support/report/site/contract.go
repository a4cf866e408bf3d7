// What the pages of subsystems tell beside the features: descriptions, channels and events.

package site

import (
	"bytes"
	"encoding/json"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/report"
)

// How much of a contract is shown, in bytes.
const (
	mostExample = 8 << 10
	mostSchema  = 64 << 10
)

type contractData struct {
	Subsystems []partData             `json:"subsystems"`
	Channels   map[string]channelData `json:"channels"`
	Events     []kindData             `json:"events"`
}

type partData struct {
	HTML    string   `json:"html,omitempty"`
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	SLA     millis   `json:"sla"`
}

type channelData struct {
	HTML    string `json:"html,omitempty"`
	Scheme  string `json:"scheme,omitempty"`
	State   bool   `json:"state,omitempty"`
	Answers string `json:"answers,omitempty"`
	flow
	Dead string `json:"dead,omitempty"`
}

// flow is what came by on a channel.
type flow struct {
	Produced     int `json:"produced,omitempty"`
	Captured     int `json:"captured,omitempty"`
	Uncorrelated int `json:"uncorrelated,omitempty"`
	Foreign      int `json:"foreign,omitempty"`
}

type kindData struct {
	Name    string              `json:"name"`
	HTML    string              `json:"html,omitempty"`
	Channel string              `json:"channel"`
	Is      []string            `json:"is,omitempty"`
	SLA     millis              `json:"sla,omitempty"`
	Example string              `json:"example,omitempty"`
	Headers map[string][]string `json:"headers,omitempty"`
	Real    bool                `json:"real,omitempty"` // the example came by in this run, and is not the template
	Cut     bool                `json:"cut,omitempty"`
	Schema  json.RawMessage     `json:"schema,omitempty"`
}

func (m *model) contract(md markdown) contractData {
	d := contractData{Subsystems: []partData{}, Channels: make(map[string]channelData), Events: []kindData{}}
	for _, s := range m.suite.Subsystems {
		d.Subsystems = append(d.Subsystems, partData{md.html(s.Description), append([]string{}, s.Inputs...),
			append([]string{}, s.Outputs...), ms(s.SLA)})
	}
	for _, c := range m.suite.Channels {
		of := channelData{HTML: md.html(c.Description), Scheme: c.Scheme, State: c.State, Answers: c.Answers,
			flow: m.flows[c.Name]}
		if m.run != nil {
			of.Dead = m.run.Dead[c.Name]
		}
		d.Channels[c.Name] = of
	}
	real := m.examples()
	for _, k := range m.suite.Events {
		of := kindData{Name: k.Name, HTML: md.html(k.Description), Channel: k.Channel, Is: k.Is, SLA: ms(k.SLA)}
		example := event.Event{Body: k.Template}
		if e, ok := real[k.Name]; ok {
			example, of.Real = e, true
		}
		of.Example, _ = shown(example.Body, mostExample)
		of.Cut = len(of.Example) < len(example.Body)
		of.Headers = example.Headers
		if json.Valid(k.Schema) && len(k.Schema) <= mostSchema {
			var compact bytes.Buffer
			if json.Compact(&compact, k.Schema) == nil {
				of.Schema = compact.Bytes()
			}
		}
		d.Events = append(d.Events, of)
	}
	return d
}

// measureFlows returns what came by in the run, by channel.
func (m *model) measureFlows() map[string]flow {
	all := make(map[string]flow)
	if m.run == nil {
		return all
	}
	for _, c := range m.run.Channels {
		all[c.Name] = flow{Captured: c.Captured, Uncorrelated: c.Uncorrelated, Foreign: c.Foreign}
	}
	for _, s := range m.scenarios {
		for _, x := range s.executions() {
			for _, p := range x.Produced {
				f := all[p.Channel]
				f.Produced++
				all[p.Channel] = f
			}
		}
	}
	return all
}

// examples returns an event of each kind that came by, or was produced, in the run: of those that a wait passed with,
// or that were accepted, the first that is text and not too long.
func (m *model) examples() map[string]event.Event {
	found := make(map[string]event.Event)
	keep := func(kind string, e event.Event) {
		if _, has := found[kind]; has || kind == "" {
			return
		}
		if text, isHex := shown(e.Body, mostExample); !isHex && len(text) == len(e.Body) {
			found[kind] = e
		}
	}
	for _, s := range m.scenarios {
		for _, x := range s.executions() {
			for _, p := range x.Produced {
				if p.Error == "" {
					keep(p.Event, p.Sent)
				}
			}
			for _, w := range x.Waits {
				if _, has := found[w.Event]; !has && stateOf(w.Verdict) == passed && len(w.Matched) > 0 {
					if e, ok := capturedAs(x, w.Matched[0]); ok {
						keep(w.Event, e)
					}
				}
			}
		}
	}
	return found
}

func capturedAs(x report.Scenario, r report.Ref) (event.Event, bool) {
	for _, c := range x.Captured {
		if c.Channel == r.Channel && c.Number == r.Number {
			return c.Seen, true
		}
	}
	return event.Event{}, false
}
