// The judge: takes in what is captured, each capture once, and says what follows from it.

package expect

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// nearest is how many near misses are kept for the message.
const nearest = 3

// Judgement is an expectation on its way to a verdict. It is not safe for concurrent use.
type Judgement struct {
	Expectation
	seen map[string]cursor // by channel

	captured int                // looked at, from the act on
	matched  []*journal.Capture // surely asked for
	unsure   []unsure           // perhaps asked for
	orphans  int                // of the unsure ones, nobody's that surely appeared in the window if this scenario caused them
	late     []*journal.Capture // surely after the window
	misses   []miss             // the nearest first
	items    map[itemKey]*item  // of a state
}

type cursor struct{ own, loose int }

type miss struct {
	capture *journal.Capture
	fields  []pattern.Miss
}

// unsure is a capture that matches and may count or not.
type unsure struct {
	capture *journal.Capture
	why     string
	orphan  bool
}

// Judge begins a judgement.
func Judge(e Expectation) *Judgement {
	return &Judgement{Expectation: e, seen: make(map[string]cursor, len(e.Channels)), items: make(map[itemKey]*item)}
}

// See takes in what has been captured since the last call. Each capture is matched once.
func (j *Judgement) See(v journal.View) {
	c := j.seen[v.Channel]
	for _, capture := range v.Own[c.own:] {
		j.own(capture, v.Since)
	}
	for _, capture := range v.Loose[c.loose:] {
		j.stray(capture, v.Since)
	}
	j.seen[v.Channel] = cursor{len(v.Own), len(v.Loose)}
}

func (j *Judgement) own(c *journal.Capture, since time.Time) {
	if !j.counts(c) {
		return
	}
	bearing := j.bearing(c)
	if bearing == journal.Unrelated {
		return
	}
	when := j.when(c, since)
	fields := j.match(c)
	if j.State && bearing == journal.Related {
		j.follow(c, when, fields == nil)
	}
	if when == before {
		return
	}
	j.captured++
	if fields != nil {
		j.near(miss{c, fields})
		return
	}
	if when == after {
		j.late = append(j.late, c)
		return
	}
	why := j.doubtful(c, when, bearing)
	taken, perhaps := j.taken(c, since)
	switch {
	case taken:
	case why != "":
		j.unsure = append(j.unsure, unsure{capture: c, why: why})
	case perhaps:
		j.unsure = append(j.unsure, unsure{capture: c, why: "matches, but may be what an inconclusive step before is about"})
	default:
		j.matched = append(j.matched, c)
	}
}

// doubtful returns why a match in or near the window may not count, or "".
func (j *Judgement) doubtful(c *journal.Capture, when position, bearing journal.Bearing) string {
	switch {
	case when == across && c.Seen().After(j.Window.Deadline):
		return fmt.Sprintf("matches, but was received %s after the window and may have appeared within it or not", seconds(c.Seen().Sub(j.Window.Deadline)))
	case when == across:
		return "matches, but may have appeared before the act that the step is about"
	case bearing == journal.Unclear:
		return "matches, but carries only what several events of the scenario have in common"
	default:
		return ""
	}
}

// stray takes in a capture of which it is not known whose it is. It never helps to pass.
func (j *Judgement) stray(c *journal.Capture, since time.Time) {
	if !j.counts(c) {
		return
	}
	when := j.when(c, since)
	if when == before || when == after || j.match(c) != nil {
		return
	}
	orphan := when == within
	if orphan {
		j.orphans++
	}
	j.unsure = append(j.unsure, unsure{c, "matches, but carries no id that tells whose it is: another scenario may have caused it " +
		"(let the event carry ${id}, or name its correlation field in godog.yml)", orphan})
}

// counts says whether a capture is one that this expectation looks at at all.
func (e *Expectation) counts(c *journal.Capture) bool {
	return !c.Echo && !c.Redelivery && !e.Except[c]
}

func (e *Expectation) bearing(c *journal.Capture) journal.Bearing {
	if e.Of == nil {
		return journal.Related
	}
	return c.Bearing(e.Of, e.Rivals)
}

// match returns why c is not what is wanted, and nil if it is.
func (e *Expectation) match(c *journal.Capture) []pattern.Miss {
	if e.Unchanged != nil && !bytes.Equal(c.Event().Body, e.Unchanged.Event().Body) {
		return []pattern.Miss{{Path: "body", Got: e.body(c.Doc), Want: "unchanged " + e.body(e.Unchanged.Doc)}}
	}
	return e.Pattern.Match(c.Doc)
}

// body shows a body without what must not be shown.
func (e *Expectation) body(d *pattern.Doc) string { return pattern.Brief(e.Redact.Event(d).Body) }

// taken says whether earlier steps account for c, and whether they perhaps do.
func (e *Expectation) taken(c *journal.Capture, since time.Time) (taken, perhaps bool) {
	for _, earlier := range e.Spare {
		bearing := earlier.bearing(c)
		when := earlier.when(c, since)
		if bearing == journal.Unrelated || when == before || when == after || !slices.Contains(earlier.Channels, c.Channel) || earlier.match(c) != nil {
			continue
		}
		if earlier.Settled && when == within && bearing == journal.Related {
			return true, false
		}
		perhaps = true
	}
	return false, perhaps
}

// position is where a capture lies with respect to the window.
type position int

const (
	before position = iota // the window: it is an earlier act's business
	within
	after
	across // it cannot be told
)

func (e *Expectation) when(c *journal.Capture, since time.Time) position {
	earliest, latest := c.After, c.Seen()
	if since.After(earliest) {
		earliest = since
	}
	w := e.Window
	switch {
	case latest.Before(w.Begin):
		return before
	case !earliest.Before(w.Deadline):
		return after
	case !earliest.Before(w.Begin) && !latest.After(w.Deadline):
		return within
	default:
		return across
	}
}

// near keeps m if it is among the nearest: the fewest fields that do not fit, the earlier one first.
func (j *Judgement) near(m miss) {
	i, _ := slices.BinarySearchFunc(j.misses, m, func(a, b miss) int {
		return cmp.Or(len(a.fields)-len(b.fields), byTime(a.capture, b.capture))
	})
	if i < nearest {
		j.misses = slices.Insert(j.misses, i, m)
		j.misses = j.misses[:min(len(j.misses), nearest)]
	}
}

// byTime orders captures of several channels by when they were received.
func byTime(a, b *journal.Capture) int {
	return cmp.Or(a.Seen().Compare(b.Seen()), cmp.Compare(a.Channel, b.Channel), a.Number-b.Number)
}

// Outcome judges what was seen so far. Without proofs it decides only what no later capture can change; with a proof
// for every channel it decides all.
func (j *Judgement) Outcome(views []journal.View, proofs map[string]Proof) Outcome {
	if j.State && j.Least > 0 {
		return j.stateOutcome(views, proofs)
	}
	sure := len(j.matched)
	switch {
	case j.Most == Unlimited && sure >= j.Least:
		return Outcome{Verdict: Passed, Matched: j.accounted()}
	case j.Most != Unlimited && sure > j.Most:
		return j.explain(Failed, "", views, proofs)
	case j.Most != Unlimited && alone(views) && sure+j.orphans > j.Most:
		return j.explain(Failed, "", views, proofs)
	}
	if len(proofs) < len(j.Channels) {
		return Outcome{Verdict: Undecided}
	}
	if doubt := j.doubt(views, proofs); doubt != "" {
		return j.explain(Inconclusive, doubt, views, proofs)
	}
	// All that may have appeared was seen.
	possible := sure + len(j.unsure)
	if j.State {
		possible += len(j.held())
	}
	switch {
	case possible < j.Least:
		return j.explain(Failed, "", views, proofs)
	case sure >= j.Least && (j.Most == Unlimited || possible <= j.Most):
		return Outcome{Verdict: Passed, Matched: j.matched, Bound: bound(proofs)}
	default:
		return j.explain(Inconclusive, "", views, proofs)
	}
}

// alone says whether no other scenario can have caused what is nobody's.
func alone(views []journal.View) bool {
	return !slices.ContainsFunc(views, func(v journal.View) bool { return !v.Alone })
}

// accounted returns the matches that the expectation is about.
func (j *Judgement) accounted() []*journal.Capture {
	if j.One {
		return j.matched[:1]
	}
	return slices.Clip(j.matched)
}

// doubt returns why more may have appeared than was captured, or "".
func (j *Judgement) doubt(views []journal.View, proofs map[string]Proof) string {
	for _, v := range views {
		for _, g := range v.Gaps {
			if !g.To.Before(j.Window.Begin) && !g.From.After(j.Window.Deadline) {
				return fmt.Sprintf("between %s and %s events on %s may have gone unseen: %v", j.at(g.From), j.at(g.To), v.Channel, g.Cause)
			}
		}
	}
	for _, channel := range j.Channels {
		if err := proofs[channel].Err; err != nil {
			return fmt.Sprintf("the listener to %s could not show that it was caught up: %v", channel, err)
		}
		if proofs[channel].Through.Before(j.Window.Deadline) {
			return fmt.Sprintf("the listener to %s was caught up only through %s", channel, j.at(proofs[channel].Through))
		}
	}
	return ""
}

func bound(proofs map[string]Proof) (longest time.Duration) {
	for _, p := range proofs {
		longest = max(longest, p.Bound)
	}
	return longest
}

// Lacking says whether fewer than wanted have surely appeared in the window.
func (j *Judgement) Lacking() bool { return len(j.matched) < j.Least }

// Late returns how long after the window the first match came that was too late, once one has.
func (j *Judgement) Late() (time.Duration, bool) {
	if len(j.late) == 0 {
		return 0, false
	}
	return slices.MinFunc(j.late, byTime).Seen().Sub(j.Window.Deadline), true
}
