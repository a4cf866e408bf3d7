// States: of an item it counts what it looks like at the end of the window, not how often it came to look so.
//
// Where the item did not look as wanted when the act began, it passes as soon as it surely came to. Where it did, or may
// have, it must do so at the end of the window.

package expect

import (
	"slices"

	"github.com/harken-bdd/harken/support/journal"
)

// itemKey names an item.
type itemKey struct{ channel, key string }

// item is what is known of one item of a state.
type item struct {
	atAct    *journal.Capture // the match that it surely looked like when the act began
	mayAtAct bool             // it may have looked so
	came     *journal.Capture // the first match that surely appeared in the window
	end      *find            // what it surely looked like at some time, the last before the deadline
	endFits  bool
	mayFit   bool // it may have come to match just before the deadline
	mayMiss  bool // it may have ceased to
}

// follow takes in how an item looks.
func (j *Judgement) follow(f *find, when parts, fits bool) {
	if j.sections()&early == 0 && when&^(before|early) == 0 {
		when = before // the window is what the expectation is about, and not the act
	}
	c := f.capture
	k := itemKey{c.Channel, c.Event().Key}
	i := j.items[k]
	if i == nil {
		i = &item{}
		j.items[k] = i
	}
	switch {
	case when == beyond:
		return
	case when == before:
		i.atAct, i.mayAtAct = nil, f.why != ""
		if fits {
			i.atAct = c
		}
	case when != within && c.Seen().After(j.Window.Deadline.Add(-j.Window.Slack)):
		i.mayFit = i.mayFit || fits
		i.mayMiss = i.mayMiss || !fits
		return
	case when != within:
		i.mayAtAct = i.mayAtAct || fits
	case fits && i.came == nil:
		i.came = c
	}
	i.end, i.endFits = f, fits
}

// held returns the matches that were there when the act began. That nothing of the kind is there cannot be said of them.
func (j *Judgement) held() (all []*journal.Capture) {
	for _, i := range j.items {
		if i.atAct != nil {
			all = append(all, i.atAct)
		}
	}
	slices.SortFunc(all, byTime)
	return all
}

// ending is the rule of states.
type ending struct{}

// decide says whether an item came to match, or went on to.
func (ending) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	if t.broken != nil {
		return decision{verdict: Failed, why: j.breaks(t.broken)}
	}
	var came, stayed []*journal.Capture
	for _, i := range j.items {
		if i.came != nil && i.atAct == nil && !i.mayAtAct {
			came = append(came, i.came)
		}
	}
	if len(came) > 0 && !j.mayBeEarly(t, ev) {
		return decision{verdict: Passed, matched: []*journal.Capture{slices.MinFunc(came, byTime)}}
	}
	switch known, why := j.complete(ev, j.Window.Deadline); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	undecided := len(j.haul.open)+len(j.haul.in.perhaps) > 0
	var broken *find // as it was when the act began
	for _, i := range j.items {
		if i.endFits && !i.mayMiss {
			stayed = append(stayed, i.end.capture)
			if i.end.broken != nil {
				broken = first(broken, i.end)
			}
		}
		undecided = undecided || i.endFits || i.mayFit || i.mayAtAct
	}
	switch {
	case broken != nil:
		return decision{verdict: Failed, why: j.breaks(broken)}
	case len(stayed) > 0 && t.early.most == 0 && t.mayBreak == nil:
		return decision{verdict: Passed, matched: []*journal.Capture{slices.MinFunc(stayed, byTime)}}
	case undecided:
		return decision{verdict: Inconclusive}
	default:
		return decision{verdict: Failed}
	}
}
