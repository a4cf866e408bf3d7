// Package report tells what came of a run: as lines on a terminal while it goes on and at its end, and as JSON for
// programs. Its packages write the other formats; all of them are made of a Suite, which is what godog.yml and the
// features say, and of a Run, which is what came of it. It promises nothing to other modules.
package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

// Run is a run with all its scenarios. It holds nothing that must not be shown once its scenarios are Redacted.
type Run struct {
	ID       string
	Suite    string
	Profile  string
	Began    time.Time
	Ended    time.Time
	ExitCode int
	// Trouble is why the run has not passed although all its scenarios have; "" where these say it.
	Trouble    string
	AllowFlaky bool              // scenarios that passed at a later attempt do not fail the run
	Scenarios  []Scenario        // those that were chosen, by file and line
	Dead       map[string]string // channels that could not be listened to, and why
	Channels   []Channel         // that were listened to, by name
	Hidden     []string          // the variables whose values were taken out of what is told, by name
}

// Channel says what came by on a channel in the whole run.
type Channel struct {
	Name         string
	Captured     int
	Uncorrelated int // no id tells whose they are
	Foreign      int // somebody else's, and so ignored
}

// Scenario is one scenario, or one attempt at one.
type Scenario struct {
	File    string
	Line    int // of the scenario or, in an outline, of the row
	Feature string
	Name    string
	Tags    []string
	Verdict expect.Verdict
	Idle    bool   // it did not run
	Step    string // the step that settled it, where it did not pass
	Reason  string
	Began   time.Time
	Ended   time.Time // when its last step was over; its audit may have gone on

	Attempt, Of int        // which attempt it is, from 1, and how many there may be
	Attempts    []Scenario // all of them, where there was more than one

	Remarks  []string // on what it did, whatever came of it
	Caveats  []string // those of the remarks that say why a pass shows less than it seems to
	Links    []LinkChange
	Hooks    []HookRun // those that were called, in that order
	Steps    []Step    // those that ran, or that ended it; what lies behind them was skipped
	Produced []Produced
	Captured []Captured // its own, by receipt
	// where it did not pass: what came by beside it on its channels, of which nothing told whose it was; few
	Uncorrelated []Captured
	Waits        []Wait
	Log          []Line // where it did not pass: what the system under test wrote of it
}

// LinkChange is something that was done to a link between the system and what it needs.
type LinkChange struct {
	Link  string    `json:"link"`
	State string    `json:"state"` // as a reader would say it: "cut", "slow by 2s", "restored"
	Step  int       `json:"step"`  // Step.Number; -1 of what was undone at the end of the scenario
	At    time.Time `json:"at"`
}

// Step is one step that ran.
type Step struct {
	Number  int // its place among the steps of the scenario, those of the background first, from 0
	Text    string
	Outcome StepOutcome
	Reason  string // why it did not pass
	Began   time.Time
	Ended   time.Time
}

// HookRun is one call of a hook.
type HookRun struct {
	Hook    int // its place in Suite.Hooks
	Outcome StepOutcome
	Reason  string // why it did not pass
	Began   time.Time
	Ended   time.Time
}

// StepOutcome is what became of a step, or of a hook.
type StepOutcome string

// The outcomes of steps, which are named as Cucumber has them, but for Inconclusive.
const (
	StepPassed       StepOutcome = "passed"
	StepFailed       StepOutcome = "failed"
	StepInconclusive StepOutcome = "inconclusive"
	StepSkipped      StepOutcome = "skipped"
	StepPending      StepOutcome = "pending"
	StepUndefined    StepOutcome = "undefined"
	StepAmbiguous    StepOutcome = "ambiguous"
)

// Produced is an event that a scenario sent.
type Produced struct {
	Event    string // its name in godog.yml, "" for a raw message
	Channel  string
	Sent     event.Event // without what must not be shown
	Began    time.Time
	Accepted time.Time // zero where it was not
	Error    string    // why it was perhaps not accepted
}

// Captured is an event that was captured and is a scenario's.
type Captured struct {
	Channel    string
	Number     int         // of the capture, on its channel
	Seen       event.Event // without what must not be shown
	Matched    bool        // an expectation is about it
	Redelivery bool
	Echo       bool
	Gone       bool // it is no event: what was there under its key is not there any more
}

// Wait is an expectation with its outcome. All its times are on the runner's clock.
type Wait struct {
	Step     int // Step.Number
	Want     string
	Event    string
	Channel  string // or several, joined by ", "
	Verdict  expect.Verdict
	Reason   string // where it did not pass
	Window   time.Duration
	Took     time.Duration // from the acceptance of the act to the receipt of the match that settled it; 0 where none did
	Measure  bool          // Took says how fast the output was: it passed, by an event that appeared
	Bound    time.Duration // the delivery bound that the verdict rests on
	Looked   time.Duration // how far apart looks were at what kept as it was, at the most; 0 where that does not matter
	Begin    time.Time     // of the act's first send
	Accepted time.Time     // of the act's last send: the window runs from here,
	Deadline time.Time     // ... to here
	Horizon  time.Time     // ... and a surplus counts until here: the end of the audit. Deadline where there is none
	Asked    []Asked       // of an event
	Matched  []Ref
	Nearest  []Near // where a match was lacking; the nearest first, few
	Late     []Ref  // match, and came after the window
	Proofs   []Proof
}

// Asked is one thing that is asked of an event.
type Asked struct {
	Path  string `json:"path"`
	Place string `json:"place"` // see pattern.Asked
	Want  string `json:"want"`
}

// Ref names a capture: its channel, and its number there.
type Ref struct {
	Channel string `json:"channel"`
	Number  int    `json:"number"`
}

// Near is a capture that is not what was wanted, and why not.
type Near struct {
	Ref
	Misses []Miss `json:"misses"`
}

// Miss is one thing that was asked of an event and not found.
type Miss struct {
	Path  string `json:"path"`
	Place string `json:"place,omitempty"` // see pattern.Asked
	Got   string `json:"got"`
	Want  string `json:"want"`
}

// Proof says through when a listener is known to have captured all that appeared on its channel.
type Proof struct {
	Channel string    `json:"channel"`
	Through time.Time `json:"through"`         // zero where nothing is known
	Error   string    `json:"error,omitempty"` // why not later
}

// Line is one line of the log of the system under test.
type Line struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Join returns what became of a scenario in its attempts, of which there is at least one. What passed at last is flaky;
// what never did takes the worst verdict, since what one attempt has shown is not taken back by another, which has
// events of its own. All but the verdict is that of the first attempt with the worst one, which is where to look.
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

// Executions returns the attempts, of which a scenario that has none listed is the only one.
func (s Scenario) Executions() []Scenario {
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
		for _, x := range s.Executions() {
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

// Hides says whose values were taken out of what is told, "" where none was.
func (r Run) Hides() string {
	if len(r.Hidden) == 0 {
		return ""
	}
	return "[secret] stands for the values of " + strings.Join(r.Hidden, ", ")
}
