// Reading a run's report, and holding it against the truth.

package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/event"
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

// timed returns the orders with the times that the run has told of them.
func (s *toldScenario) timed(all []sent) []sent {
	all = slices.Clone(all)
	told := slices.DeleteFunc(slices.Clone(s.Produced), func(p toldEvent) bool { return p.Channel != orders })
	for i := range all {
		all[i].accepted = time.Time{}
		j := slices.IndexFunc(told, func(p toldEvent) bool { return p.Body == string(all[i].body) })
		if j < 0 {
			continue
		}
		if all[i].began = told[j].At; told[j].Accepted != nil {
			all[i].accepted = *told[j].Accepted
		}
		told = slices.Delete(told, j, j+1)
	}
	return all
}

// realBare returns the verdict of the bare polling loop on the same captures.
func (t *trial) realBare(s *toldScenario, all []sent, commanded time.Time) expect.Verdict {
	var moments []moment
	for _, c := range s.Captured {
		if order := orderIn(all, []byte(c.Body)); order >= 0 {
			moments = append(moments, newMoment(c.Channel, event.Event{Body: []byte(c.Body)}, c.At, order))
		}
	}
	timelines := t.timelines(all, moments, commanded, realAudit)
	if len(timelines) == 0 { // the send failed, or the channel gives nothing
		if len(all) == 0 && t.phrase.asks[0].waits {
			return expect.Passed
		}
		return expect.Failed
	}
	for i, tl := range timelines {
		if !seen(t.phrase.asks[i], tl) {
			return expect.Failed
		}
	}
	return expect.Passed
}

// realStory tells a trial to a reader.
func (c realCell) realStory(t *trial, s *toldScenario, o outcome, h *facts) string {
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s\nunder: %s, by %s, trial %d, seed %d\n", c.phrase.scenario, c.faultCase.name, c.medium,
		t.hit.execution, t.seed)
	var began time.Time
	for _, sending := range h.sendings {
		if began.IsZero() {
			began = sending.Began
		}
		fmt.Fprintf(text, "  %+.3fs sent, until %+.3fs", sending.Began.Sub(began).Seconds(),
			sending.Returned.Sub(began).Seconds())
		if sending.Err != nil {
			fmt.Fprintf(text, " (%v)", sending.Err)
		}
		fmt.Fprintf(text, ": %s\n", sending.Event.Body)
	}
	for _, a := range h.put {
		fmt.Fprintf(text, "  %+.3fs put out on %s: %s\n", a.At.Sub(began).Seconds(), t.channel(a.URL), a.Event.Body)
	}
	for _, d := range h.deeds {
		fmt.Fprintf(text, "  %+.3fs done: %s\n", d.At.Sub(began).Seconds(), d)
	}
	for _, a := range h.received {
		stamp := ""
		if !a.Event.Stamp.IsZero() {
			stamp = fmt.Sprintf(", stamped %+.3fs", a.Event.Stamp.Sub(began).Seconds())
		}
		fmt.Fprintf(text, "  %+.3fs appeared on %s%s: %s\n", a.At.Sub(began).Seconds(), t.channel(a.URL), stamp, a.Event.Body)
	}
	for _, p := range s.Produced {
		if p.Accepted != nil {
			fmt.Fprintf(text, "  %+.3fs sent as the run tells, and accepted at %+.3fs: %s\n", p.At.Sub(began).Seconds(),
				p.Accepted.Sub(began).Seconds(), p.Body)
		}
	}
	for _, captured := range s.Captured {
		fmt.Fprintf(text, "  %+.3fs captured on %s: %s\n", captured.At.Sub(began).Seconds(), captured.Channel, captured.Body)
	}
	fmt.Fprintf(text, "%s; the right verdict: %s; in truth: %s\n%s", s.Verdict, c.right, o.truth, s.Reason)
	return text.String()
}
