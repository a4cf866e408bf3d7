// Package expect judges what a Then step asks of the journal.
//
// The rule behind every verdict: an expectation passes or fails only if it would do so in every course of events that
// the evidence allows; otherwise it is inconclusive. The evidence for a capture is the interval in which it appeared
// (after the last Sync that lacked it began, before it was received); the evidence that nothing else appeared is a
// proof: a Sync that began once the window was over, and no gap in between. So the judge counts twice: how many events
// surely matched, and how many may have.
package expect

import (
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// Unlimited is the Most of an expectation without an upper limit.
const Unlimited = -1

// Expectation is what a step asks: between Least and Most events that match, within a window. It is plain data.
type Expectation struct {
	Want      string                    // as a reader would say it: `exactly 1 "order shipped" within 5s`
	Event     string                    // the event's name in godog.yml, "" where any will do
	Channels  []string                  // where it may appear
	Pattern   pattern.Pattern           // what it must look like
	Unchanged *journal.Sent             // if set, its body must be this one's, byte for byte
	Of        *journal.Sent             // if set, only events that have to do with this one count
	Rivals    []*journal.Sent           // other events of the kind of Of that the scenario sent
	Except    map[*journal.Capture]bool // what earlier steps account for
	Spare     []Earlier                 // earlier steps that account for whatever fits them
	Least     int
	Most      int  // Unlimited, or at least Least
	One       bool // the first match is the one that is meant; others are not accounted for
	Window    Window
	State     bool               // the channel tells what is there, not what happened
	Redact    *pattern.Redaction // what a message must not show
}

// Earlier is an expectation of an earlier step, for one about what is left.
type Earlier struct {
	Expectation
	Settled bool // it has passed, and all that fits it is its own; otherwise it is inconclusive, and what fits is perhaps
}

// Window is the time in which an expectation's events count.
type Window struct {
	Begin    time.Time // just before the first send of the act
	Accepted time.Time // the last send of the act was accepted
	Deadline time.Time // Accepted and the length of the window
}

// Length is the window as it was written: from the acceptance to the deadline.
func (w Window) Length() time.Duration { return w.Deadline.Sub(w.Accepted) }

// Proof is what is known of a channel's completeness.
type Proof struct {
	Through time.Time     // everything that had appeared by then was captured
	Bound   time.Duration // ... if an event comes at most this long after a canary that was sent behind it; 0: for certain
	Err     error         // why it is not known
}

// Verdict is what became of an expectation or a scenario.
type Verdict int

// The verdicts, the worse the greater. Undecided is none: the window is not over, or what was captured does not settle it
// yet. Flaky is a scenario's only: it passed, but not at its first attempt.
const (
	Undecided Verdict = iota
	Passed
	Flaky
	Inconclusive
	Failed
)

func (v Verdict) String() string {
	return [...]string{"undecided", "passed", "flaky", "inconclusive", "failed"}[v]
}

// Outcome is the verdict on one expectation and what speaks for it.
type Outcome struct {
	Verdict Verdict
	Reason  string // several lines, for a reader; says what was wanted, what came, and why it does not do
	Matched []*journal.Capture
	Bound   time.Duration // the largest delivery bound that the verdict rests on
}
