// The judge: takes in what is captured, each capture once, and says what follows from it.

package expect

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/span"
)

// nearest is how many near misses are kept for the message.
const nearest = 3

// Judgement is an expectation on its way to a verdict. It is not safe for concurrent use.
type Judgement struct {
	Expectation
	seen map[string]cursor // by channel

	matched []*journal.Capture // surely in the window
	maybe   []*journal.Capture // match, but may have appeared outside the window
	late    []*journal.Capture // surely after it
	stray   []*journal.Capture // match, but could be another scenario's
	misses  []miss             // the nearest first

	before *journal.Capture // of a state: the last match before the window
	latest map[string]bool  // of a state: whether the last capture of a key matched
}

type cursor struct{ own, loose int }

type miss struct {
	capture *journal.Capture
	fields  []pattern.Miss
}

// Judge begins a judgement.
func Judge(e Expectation) *Judgement {
	return &Judgement{Expectation: e, seen: make(map[string]cursor, len(e.Channels))}
}

// See takes in what has been captured since the last call. Each capture is matched once.
func (j *Judgement) See(v journal.View) {
	c := j.seen[v.Channel]
	for _, capture := range v.Own[c.own:] {
		j.own(capture, v.Since)
	}
	for _, capture := range v.Loose[c.loose:] {
		if j.counts(capture) && j.match(capture) == nil && j.when(capture, v.Since) != outside {
			j.stray = append(j.stray, capture)
		}
	}
	j.seen[v.Channel] = cursor{len(v.Own), len(v.Loose)}
}

// counts says whether a capture is one that this expectation looks at, before its content is.
func (j *Judgement) counts(c *journal.Capture) bool {
	return !c.Echo && !c.Redelivery && !j.Except[c] && (j.Of == nil || c.Carries(j.Of, j.Rivals))
}

func (j *Judgement) own(c *journal.Capture, since time.Time) {
	if !j.counts(c) {
		return
	}
	when := j.when(c, since)
	fields := j.match(c)
	if j.State {
		j.state(c, when, fields == nil)
	}
	switch {
	case when == outside:
	case fields != nil:
		j.near(miss{c, fields})
	case when == within:
		j.matched = append(j.matched, c)
	case when == after:
		j.late = append(j.late, c)
	default:
		j.maybe = append(j.maybe, c)
	}
}

// state follows what the items of a state channel look like, before the window too.
func (j *Judgement) state(c *journal.Capture, when position, matches bool) {
	if j.latest == nil {
		j.latest = make(map[string]bool)
	}
	key := c.Event().Key
	j.latest[key] = matches
	if when == outside {
		j.before = nil
		if matches {
			j.before = c
		}
	}
}

// match returns why c is not what is wanted, and nil if it is.
func (j *Judgement) match(c *journal.Capture) []pattern.Miss {
	if j.Unchanged != nil && !bytes.Equal(c.Event().Body, j.Unchanged.Event().Body) {
		return []pattern.Miss{{Path: "body", Got: pattern.Brief(c.Event().Body), Want: "unchanged " + pattern.Brief(j.Unchanged.Event().Body)}}
	}
	return j.Pattern.Match(c.Doc)
}

// position is where a capture lies with respect to the window.
type position int

const (
	outside position = iota // before the window: it is an earlier act's business
	within
	after
	across // it cannot be told
)

func (j *Judgement) when(c *journal.Capture, since time.Time) position {
	earliest, latest := c.After, c.Seen()
	if since.After(earliest) {
		earliest = since
	}
	w := j.Window
	switch {
	case latest.Before(w.Begin):
		return outside
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
		if d := len(a.fields) - len(b.fields); d != 0 {
			return d
		}
		return a.capture.Number - b.capture.Number
	})
	if i < nearest {
		j.misses = slices.Insert(j.misses, i, m)
		j.misses = j.misses[:min(len(j.misses), nearest)]
	}
}

// Outcome judges what was seen so far. Without proofs it decides only what no later capture can change; with a proof
// for every channel it decides all.
func (j *Judgement) Outcome(views []journal.View, proofs map[string]Proof) Outcome {
	sure := len(j.matched)
	switch {
	case j.Most == Unlimited && sure >= j.Least:
		return Outcome{Verdict: Passed, Matched: j.accounted()}
	case j.Most != Unlimited && sure > j.Most:
		return j.explain(Failed, "", views, proofs)
	case j.Most != Unlimited && j.Alone && sure+len(j.stray) > j.Most:
		return j.explain(Failed, "it carries no id of the scenario, but no other scenario ran", views, proofs)
	}
	if len(proofs) < len(j.Channels) {
		return Outcome{Verdict: Undecided}
	}
	if j.State && j.Least > 0 && j.before != nil && j.latest[j.before.Event().Key] {
		return Outcome{Verdict: Passed, Matched: []*journal.Capture{j.before}}
	}
	if doubt := j.doubt(views, proofs); doubt != "" {
		return j.explain(Inconclusive, doubt, views, proofs)
	}
	// All that may have appeared was seen.
	possible := sure + len(j.maybe) + len(j.stray)
	switch {
	case possible < j.Least:
		return j.explain(Failed, "", views, proofs)
	case sure >= j.Least && (j.Most == Unlimited || possible <= j.Most):
		return Outcome{Verdict: Passed, Matched: j.matched, Bound: bound(proofs)}
	case len(j.maybe) > 0:
		c := j.maybe[0]
		why := fmt.Sprintf("%s was received %s after the window, and may have appeared within it", j.name(c), span.Format(c.Seen().Sub(j.Window.Deadline)))
		if c.After.Before(j.Window.Begin) && !c.Seen().After(j.Window.Deadline) {
			why = fmt.Sprintf("%s may have appeared before the act that the step is about", j.name(c))
		}
		return j.explain(Inconclusive, why, views, proofs)
	default:
		return j.explain(Inconclusive, fmt.Sprintf("%s matches but carries no id that tells whose it is: another scenario may have caused it "+
			"(let the event carry ${id}, or name its correlation field in godog.yml)", j.name(j.stray[0])), views, proofs)
	}
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
			if g.To.After(j.Window.Begin) && g.From.Before(j.Window.Deadline) {
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

// Late returns how long after the window the first match came that was too late, once one has.
func (j *Judgement) Late() (time.Duration, bool) {
	if len(j.late) == 0 {
		return 0, false
	}
	return j.late[0].Seen().Sub(j.Window.Deadline), true
}
