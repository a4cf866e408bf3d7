// Package expect judges what a Then step asks of the journal. It promises nothing to other modules.
//
// The rule behind every verdict: an expectation passes or fails only if it would do so in every course of events that
// the evidence allows; otherwise it is inconclusive. The evidence for a capture is the interval in which it appeared
// (journal.View.Appeared); the evidence that nothing else appeared is a proof: a Sync that began once the time in
// question was over, and no gap in it. So the judge counts twice: how many events surely matched, and how many may
// have.
//
// A judgement has two parts. The matcher (matcher.go) takes in captures, each once, and sorts those that match by when
// they appeared and by what is known of whose they are. A rule then decides: how many there are (count.go), whether
// each row of a table has one (rows.go), what each of several causes led to (cause_effect.go), how many came in any
// second (rate.go), what they add up to (sum.go), or what an item looks like (state.go, keeps.go).
package expect

import (
	"math/big"
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// Unlimited is the Most of an expectation without an upper limit.
const Unlimited = -1

// Expectation is what a step asks: between Least and Most events that match, within a window. It is plain data.
type Expectation struct {
	Want      string                   // as a reader would say it: `exactly 1 "order shipped" within 5s`
	Event     string                   // the event's name in godog.yml, "" where any will do
	Channels  []string                 // where it may appear
	Pattern   pattern.Pattern          // what it must look like
	Valid     func(*pattern.Doc) error // how a match breaks its event's schema; nil where it has none
	Unchanged *journal.Sent            // if set, its body must be this one's, byte for byte
	Of        *journal.Sent            // if set, only events that have to do with this one count
	// other events of the kind of Of that the scenario sent: what carries their ids is theirs
	Siblings []*journal.Sent
	Except   map[*journal.Capture]bool // what earlier steps account for
	Earlier  []Earlier                 // earlier steps that account for whatever fits them
	Least    int
	Most     int  // Unlimited, or at least Least
	One      bool // the first match is the one that is meant; others are not accounted for
	Window   Window
	State    bool // the channel tells what is there, not what happened
	// of a state: what matches must not be there at the end of the window; Least is 0, and Most Unlimited
	Gone   bool
	Keeps  time.Duration      // of a state: for how long it must match from then on; Least is 1
	Item   string             // of a state: the key of the one item that is meant, whoever's it is; "" where ids tell
	Tells  map[string]bool    // the paths by which an event is told from its neighbours: one without them is another's
	Redact *pattern.Redaction // what a message must not show

	// At most one of these is set; none where matches are counted.
	Rows        *Rows
	CauseEffect *CauseEffect
	Rate        *Rate
	Sum         *Sum
}

// Rows asks for a different event for each row. Least is the number of rows, and Most is Unlimited.
type Rows struct {
	All     []Row
	InOrder bool            // they must appear in the order of the rows
	Ordered map[string]bool // the channels whose captures come in the order in which they appeared
}

// Row is one of the events that Rows asks for.
type Row struct {
	Want    string // as a reader would say it
	Event   string // its name in godog.yml
	Channel string
	Pattern pattern.Pattern
	Valid   func(*pattern.Doc) error
}

// CauseEffect asks that each of several events which the scenario sent (the causes) leads to between Least and Most
// matches (the effects), within a window of its own.
type CauseEffect struct {
	Causes  []Cause
	Percent *big.Rat // of the causes, of which it must hold: at most 100
}

// Cause is an event that the scenario sent, once or several times over.
type Cause struct {
	Sent   *journal.Sent
	Window Window
}

// Rate asks that at most Most matches appear in any time of that length within the window.
type Rate struct{ Per time.Duration }

// Sum asks what a field of all matches adds up to.
type Sum struct {
	Field string
	Total *big.Rat
	Value func(*pattern.Doc) (*big.Rat, error)
}

// Earlier is an expectation of an earlier step, for one about what is left.
type Earlier struct {
	Expectation
	Settled bool // it has passed, and all that fits it is its own; otherwise it is inconclusive, and what fits is perhaps
}

// Proof is what is known of a channel's completeness.
type Proof struct {
	Since   time.Time     // nobody looked before; zero where the listener sees all there is
	Through time.Time     // everything that had appeared by then was captured
	Bound   time.Duration // ... if an event comes at most this long after a canary that was sent behind it; 0: for certain
	Err     error         // why it is not known of any later time
	Looks   []Look        // when the channel was looked at, by when they began; where something is to keep as it is
}

// Verdict is what became of an expectation or a scenario.
type Verdict int

// The verdicts, the worse the greater. Undecided is none: the window is not over, or what was captured does not settle
// it yet. Flaky is a scenario's only: it passed, but not at its first attempt.
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
	Open    bool   // it passed, but a surplus match before the horizon would still fail it
	Reason  string // several lines, for a reader; says what was wanted, what came, and why it does not do
	Matched []*journal.Capture
	Bound   time.Duration // the largest delivery bound that the verdict rests on
	Looked  time.Duration // how far apart looks were at what kept as it was, at the most; 0 where that does not matter
}

// Audited says whether a surplus match counts against the expectation until the horizon, and not only within its
// window.
func (e *Expectation) Audited() bool { return e.Rate == nil && (e.Most > 0 || e.Sum != nil) }

// Anchored says whether the expectation can pass only after its whole window, and a proof.
func (e *Expectation) Anchored() bool { return e.Most != Unlimited || e.Sum != nil || e.Gone }

// ByReceipt says whether a pass stands whatever stamps would tell: it asks only that something is there in time, in no
// order, and nothing before the act could be taken for it. What was received in time had appeared by then.
func (e *Expectation) ByReceipt() bool {
	plain := e.CauseEffect == nil && !e.State && (e.Rows == nil || !e.Rows.InOrder)
	return plain && !e.Anchored() && e.Window.From.IsZero() && len(e.Window.Lacked) == 0
}

// sections are the parts of the window that the expectation is about. What is not to be there from some time on may
// have been there before.
func (e *Expectation) sections() parts {
	if e.Least == 0 && e.Sum == nil && !e.Gone {
		return within | extra
	}
	return counted
}

// TakesAll says whether all that fits is what the expectation is about, and not only so many.
func (e *Expectation) TakesAll() bool {
	return e.CauseEffect != nil || e.Sum != nil || e.Rate != nil || e.Most == Unlimited && !e.One && e.Rows == nil
}
