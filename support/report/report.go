// Package report tells what came of a run: as lines on a terminal while it goes on and at its end, and as JSON for
// programs.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/event"
	"github.com/harken-bdd/harken/support/expect"
)

// Run is a run with all its scenarios.
type Run struct {
	ID        string
	Suite     string
	Profile   string
	Began     time.Time
	Ended     time.Time
	ExitCode  int
	Scenarios []Scenario
	Dead      map[string]error // channels that could not be listened to
	Channels  []Channel        // that were listened to, by name
}

// Channel says what came by on a channel in the whole run.
type Channel struct {
	Name     string
	Captured int
	Nobodys  int // without anything that tells whose they are
	Foreign  int // somebody else's, and so ignored
}

// Scenario is one execution of one scenario, or what Join has made of several.
type Scenario struct {
	File    string
	Line    int
	Feature string
	Name    string
	Tags    []string
	Verdict expect.Verdict
	Step    string // the step that settled it, where it did not pass
	Reason  string
	Began   time.Time
	Ended   time.Time

	Attempt, Of int        // which attempt it is, from 1, and how many there may be
	Attempts    []Scenario // all of them, where there was more than one

	Remarks  []string // on what it did, whatever came of it
	Produced []Produced
	Captured []Captured
	Waits    []Wait
}

// Produced is an event that the scenario sent.
type Produced struct {
	Event    string // its name in godog.yml, "" for a raw message
	Channel  string
	Sent     event.Event // without what must not be shown
	Began    time.Time
	Accepted time.Time
	Err      error
}

// Captured is an event that belongs to the scenario.
type Captured struct {
	Channel    string
	Number     int
	Seen       event.Event // without what must not be shown
	Matched    bool        // an expectation is about it
	Redelivery bool
	Echo       bool
}

// Wait is an expectation and how it went.
type Wait struct {
	Want    string
	Event   string
	Channel string
	Verdict expect.Verdict
	Window  time.Duration
	Took    time.Duration // from the acceptance of the act to the receipt of the match that settled it; 0 where none did
	Measure bool          // Took says how fast the output was: it passed, by an event that appeared
	Bound   time.Duration // the delivery bound that the verdict rests on
}

// Join returns what became of a scenario in its attempts, of which there is at least one. What passed at last is flaky; what
// never did takes the worst verdict, since what one attempt has shown is not taken back by another, which has events of its
// own. All but the verdict is that of the first attempt with the worst one, which is where to look.
func Join(attempts []Scenario) Scenario {
	if len(attempts) == 1 {
		return attempts[0]
	}
	passed, worst := false, attempts[0]
	for _, a := range attempts {
		passed = passed || a.Verdict == expect.Passed
		if a.Verdict > worst.Verdict {
			worst = a
		}
	}
	if passed && worst.Verdict > expect.Passed {
		worst.Verdict = expect.Flaky
	}
	worst.Attempts = attempts
	return worst
}

// executions returns the attempts, of which a scenario that has none listed is the only one.
func (s Scenario) executions() []Scenario {
	if len(s.Attempts) == 0 {
		return []Scenario{s}
	}
	return s.Attempts
}

// Count returns how many scenarios have a verdict.
func (r Run) Count(v expect.Verdict) (n int) {
	for _, s := range r.Scenarios {
		if s.Verdict == v {
			n++
		}
	}
	return n
}

// Latency is how fast an output was, over all scenarios that waited for it with the same limit.
type Latency struct {
	Output        string // event on channel
	Limit         time.Duration
	Count         int
	P50, P95, Max time.Duration
}

// Latencies returns a line for each output and limit, by name.
func (r Run) Latencies() []Latency {
	type key struct {
		output string
		limit  time.Duration
	}
	took := make(map[key][]time.Duration)
	for _, s := range r.Scenarios {
		for _, x := range s.executions() {
			for _, w := range x.Waits {
				if w.Measure {
					k := key{output(w.Event, w.Channel), w.Window}
					took[k] = append(took[k], w.Took)
				}
			}
		}
	}
	var all []Latency
	for k, d := range took {
		slices.Sort(d)
		all = append(all, Latency{k.output, k.limit, len(d), quantile(d, 50), quantile(d, 95), d[len(d)-1]})
	}
	slices.SortFunc(all, func(a, b Latency) int {
		return cmp.Or(cmp.Compare(a.Output, b.Output), cmp.Compare(a.Limit, b.Limit))
	})
	return all
}

func output(event, channel string) string {
	if event == "" {
		return channel
	}
	return event + " on " + channel
}

// quantile returns the smallest value that at least percent of sorted are no larger than (nearest rank).
func quantile(sorted []time.Duration, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}
