// Reading a run's report, and holding it against the truth.

package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/expect"
)

// told is what is read of the report of a run.
type told struct {
	Scenarios []*toldScenario `json:"scenarios"`
}

type toldScenario struct {
	Name     string      `json:"name"`
	Verdict  string      `json:"verdict"`
	Reason   string      `json:"reason"`
	Produced []toldEvent `json:"produced"`
	Captured []toldEvent `json:"captured"`
}

type toldEvent struct {
	Channel  string     `json:"channel"`
	At       time.Time  `json:"at"`
	Accepted *time.Time `json:"accepted"`
	Body     string     `json:"body"`
}

func readReport(file string) (told, error) {
	var all told
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	return all, err
}

// verdict returns the verdict, Undecided where it is none that a trial can have.
func (s *toldScenario) verdict() expect.Verdict {
	for _, v := range []expect.Verdict{expect.Passed, expect.Failed, expect.Inconclusive} {
		if v.String() == s.Verdict {
			return v
		}
	}
	return expect.Undecided
}

// execution returns the number of the scenario's execution in its run, 0 where it has sent nothing.
func (s *toldScenario) execution() uint32 {
	for _, p := range s.Produced {
		if id, ok := firstID(event.Event{Body: []byte(p.Body)}); ok {
			return id.Execution
		}
	}
	return 0
}

// orders returns what the scenario sent to the system at first, false where something of it was not accepted, or nothing
// was sent.
func (s *toldScenario) orders() (all []toldEvent, ok bool) {
	for _, p := range s.Produced {
		if p.Channel != orders {
			continue
		}
		if p.Accepted == nil {
			return nil, false
		}
		all = append(all, p)
	}
	return all, len(all) > 0
}

// order returns the how manieth of the orders a body carries the id of, -1 if none.
func (s *toldScenario) order(body []byte) int {
	sent, _ := s.orders()
	return slices.IndexFunc(sent, func(p toldEvent) bool {
		id, ok := firstID(event.Event{Body: []byte(p.Body)})
		return ok && bytes.Contains(body, []byte(id.String()))
	})
}

// courses returns a course for each Then that the scenario got to, with the windows that DESIGN's words give it: from the
// beginning of the act's first send, and from the acceptance of its last. commanded is when its command had ended, if one did.
func (t *trial) courses(s *toldScenario, moments []moment, commanded time.Time) []course {
	sent, ok := s.orders()
	if !ok {
		return nil
	}
	all := course{moments: moments}
	for _, p := range sent {
		all.sent, all.accepted = append(all.sent, []byte(p.Body)), append(all.accepted, *p.Accepted)
	}
	var courses []course
	for i := range t.phrase.asks {
		first, last := sent[0], sent[len(sent)-1]
		if t.phrase.name == appearsTwice { // an act for each Then
			if i == len(sent) {
				break
			}
			first, last = sent[i], sent[i]
		}
		accepted := *last.Accepted
		if commanded.After(accepted) {
			accepted = commanded
		}
		c := all
		c.window = expect.Window{Begin: first.At, Accepted: accepted, Deadline: accepted.Add(window)}
		if t.phrase.name == appearsBetween || t.phrase.name == appearsEarly {
			c.window.From = accepted.Add(500 * time.Millisecond)
		}
		c.window.Horizon = c.window.Deadline.Add(realAudit)
		courses = append(courses, c)
	}
	return courses
}

// realTruth says whether what the scenario asks for was so, by what truly appeared. It is not sure where that depends on
// whether an output counts as of when it was stamped or of when it was received, which is what faults go by.
func (t *trial) realTruth(s *toldScenario, appeared []fault.Appearance, commanded time.Time) (_ truth, sure bool) {
	stamped, received := t.momentsOf(s, appeared)
	byStamp, byReceipt := t.hold(s, stamped, commanded), t.hold(s, received, commanded)
	if byStamp != byReceipt {
		return unknown, false
	}
	return byStamp, true
}

// momentsOf returns what appeared for the scenario, by its stamps as far as there are any, and by its receipt.
func (t *trial) momentsOf(s *toldScenario, appeared []fault.Appearance) (stamped, received []moment) {
	delivered := make(map[string]bool)
	for _, a := range appeared {
		from, ok := realOrigin(a.Event)
		delivery := a.URL.String() + " " + a.Event.ID
		if id, named := firstID(a.Event); ok && t.channel(a.URL) == stock && (!named || id.Run == earlierRun) {
			continue // an item under another name
		}
		if !ok || from.execution != t.hit.execution || a.Event.ID != "" && delivered[delivery] {
			continue
		}
		delivered[delivery] = true
		m := newMoment(t.channel(a.URL), a.Event, a.At, s.order(a.Event.Body))
		received = append(received, m)
		if !a.Event.Stamp.IsZero() {
			m.at = a.Event.Stamp
		}
		stamped = append(stamped, m)
	}
	for _, all := range [][]moment{stamped, received} {
		slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	}
	return stamped, received
}

// hold says whether what the scenario asks for holds of these, unknown if it got to no Then.
func (t *trial) hold(s *toldScenario, moments []moment, commanded time.Time) truth {
	verdict := unknown
	for i, c := range t.courses(s, moments, commanded) {
		if !t.phrase.asks[i].holds(c) {
			return broken
		}
		verdict = holds
	}
	return verdict
}

// realBare returns the verdict of the bare polling loop on the same captures.
func (t *trial) realBare(s *toldScenario, commanded time.Time) expect.Verdict {
	var moments []moment
	for _, c := range s.Captured {
		if order := s.order([]byte(c.Body)); order >= 0 {
			moments = append(moments, newMoment(c.Channel, event.Event{Body: []byte(c.Body)}, c.At, order))
		}
	}
	courses := t.courses(s, moments, commanded)
	if len(courses) == 0 { // the send failed, or the channel gives nothing
		if len(s.Produced) == 0 && t.phrase.asks[0].waits {
			return expect.Passed
		}
		return expect.Failed
	}
	for i, c := range courses {
		if !reached(t.phrase.asks[i], c) {
			return expect.Failed
		}
	}
	return expect.Passed
}

// realStory tells a trial to a reader.
func (c realCell) realStory(t *trial, s *toldScenario, o outcome, appeared []fault.Appearance, deeds []fault.Deed) string {
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s\nunder: %s, by %s, trial %d, seed %d\n", c.phrase.scenario, c.trouble.name, c.medium, t.hit.execution, t.seed)
	var began time.Time
	for _, p := range s.Produced {
		if began.IsZero() {
			began = p.At
		}
		if p.Accepted == nil {
			fmt.Fprintf(text, "  %+.3fs sent, and not accepted: %s\n", p.At.Sub(began).Seconds(), p.Body)
			continue
		}
		fmt.Fprintf(text, "  %+.3fs sent, and accepted at %+.3fs: %s\n", p.At.Sub(began).Seconds(), p.Accepted.Sub(began).Seconds(), p.Body)
	}
	for _, a := range appeared {
		stamp := ""
		if !a.Event.Stamp.IsZero() {
			stamp = fmt.Sprintf(", stamped %+.3fs", a.Event.Stamp.Sub(began).Seconds())
		}
		fmt.Fprintf(text, "  %+.3fs on %s%s: %s\n", a.At.Sub(began).Seconds(), t.channel(a.URL), stamp, a.Event.Body)
	}
	for _, d := range deeds {
		fmt.Fprintf(text, "  %+.3fs done: %s\n", d.At.Sub(began).Seconds(), d)
	}
	for _, captured := range s.Captured {
		fmt.Fprintf(text, "  %+.3fs captured on %s: %s\n", captured.At.Sub(began).Seconds(), captured.Channel, captured.Body)
	}
	fmt.Fprintf(text, "%s; the right verdict: %s; in truth: %s\n%s", s.Verdict, c.right, o.truth, s.Reason)
	return text.String()
}
