// Final states: of an item it counts what it looks like at the end of the window, not how often it came to look so.
//
// Where the item did not look as wanted when the act began, it passes as soon as it surely came to. Where it did, or
// may have, it must do so at the end of the window. What is gone looks like nothing.

package expect

import (
	"fmt"
	"slices"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// itemKey names an item.
type itemKey struct{ channel, key string }

func keyOf(c *journal.Capture) itemKey { return itemKey{c.Channel, c.Event().Key} }

// answer is what is known of a question.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// fits says whether a match is as wanted, where these fields do not fit.
func (m *match) fits(fields []pattern.Miss) answer {
	switch {
	case m.why != "":
		return maybe
	case fields == nil:
		return yes
	default:
		return no
	}
}

// item is what is known of one item of a state.
type item struct {
	atAct   answer           // it looked as wanted when the act began
	held    *journal.Capture // ... as this one shows, where it surely did
	came    *journal.Capture // the first match that surely appeared in the window
	mayCome bool             // one may have appeared in it, or else before it
	end     *match           // what it surely looked like at some time, the last before the deadline; nil for nothing
	endFits answer           // ... and whether that was as wanted
	mayFit  bool             // it may have come to match just before the deadline
	mayMiss bool             // it may have ceased to
	left    answer           // it ceased to between the act and where the window begins
}

// follow takes in how an item looks.
func (j *Judgement) follow(m *match, when parts, fits answer) {
	if j.sections()&early == 0 && when&^(before|early) == 0 {
		when = before // the window is what the expectation is about, and not the act
	}
	c := m.capture
	k := keyOf(c)
	i := j.items[k]
	if i == nil {
		i = &item{}
		j.items[k] = i
	}
	if r, ok := j.rule.(follower); ok {
		r.follow(k, m, when, fits)
	}
	switch {
	case when&^(extra|beyond) == 0:
		return
	case when != within && c.Seen().After(j.Window.Deadline.Add(-j.Window.Slack)):
		i.mayFit = i.mayFit || fits != no
		i.mayMiss = i.mayMiss || fits != yes
		return
	}
	if fits != yes && i.endFits != no && when&early != 0 {
		i.left = max(i.left, map[bool]answer{true: yes, false: maybe}[when == early && fits == no && i.endFits == yes])
	}
	switch {
	case when == before:
		i.atAct, i.held = fits, nil
		if fits == yes {
			i.held = c
		}
	case when == within:
		if fits == yes && i.came == nil {
			i.came = c
		}
	default:
		i.mayCome = i.mayCome || fits != no && when&within != 0
		if when&before != 0 && i.atAct != fits { // it changed, before the act or after it
			i.atAct, i.held = maybe, nil
		}
	}
	i.end, i.endFits = m, fits
}

// follower is a rule that wants to see each look at an item.
type follower interface {
	follow(k itemKey, m *match, when parts, fits answer)
}

// there says whether an item looks as wanted at the end of the window.
func (i *item) there() answer {
	switch {
	case i.endFits == yes && !i.mayMiss:
		return yes
	case i.endFits == no && !i.mayFit:
		return no
	default:
		return maybe
	}
}

// held returns the matches that were there when the act began.
func (j *Judgement) held() (all []*journal.Capture) {
	for _, i := range j.items {
		if i.held != nil {
			all = append(all, i.held)
		}
	}
	slices.SortFunc(all, byTime)
	return all
}

// gone returns what was not there any more at the end of the window.
func (j *Judgement) gone() (all []*journal.Capture) {
	for _, i := range j.items {
		if i.end != nil && i.end.capture.Gone {
			all = append(all, i.end.capture)
		}
	}
	slices.SortFunc(all, byTime)
	return all
}

// Met says whether the expectation has ever seen an item that looked as it says, and whether it did when the act began.
func (j *Judgement) Met() (ever, atAct bool) {
	for _, i := range j.items {
		atAct = atAct || i.atAct != no
		gone := i.end != nil && i.end.capture.Gone
		ever = ever || i.atAct != no || i.came != nil || i.mayCome || i.endFits != no || i.left != no || gone
	}
	return ever, atAct
}

// Came says whether an item surely came to look as wanted in the window.
func (j *Judgement) Came() bool {
	for _, i := range j.items {
		if i.came != nil {
			return true
		}
	}
	return false
}

// doubted says whether something that nothing is known of for certain may be an item as wanted.
func (j *Judgement) doubted() bool {
	return len(j.matches.in.perhaps) > 0 || slices.ContainsFunc(j.matches.open, func(m *match) bool { return m.why != "" })
}

// finalStateRule is the rule of what is to be there.
type finalStateRule struct{}

// decide says whether an item came to match, or went on to.
func (finalStateRule) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	if t.broken != nil {
		return decision{verdict: Failed, why: j.breaks(t.broken)}
	}
	var came, stayed []*journal.Capture
	for _, i := range j.items {
		if i.came != nil && i.atAct == no {
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
	undecided := j.doubted()
	var broken *match // as it was when the act began
	for _, i := range j.items {
		switch i.there() {
		case yes:
			stayed = append(stayed, i.end.capture)
			if i.end.broken != nil {
				broken = first(broken, i.end)
			}
			undecided = true // unless that is enough
		case maybe:
			undecided = true
		}
		// Where it did not look so when the act began, it has come to, and where it came in the window it has, too.
		undecided = undecided || i.atAct == maybe && i.came != nil || i.atAct != yes && i.mayCome
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

// absentRule is the rule of what is not to be there: neither may it come, nor stay until the end of the window.
type absentRule struct{}

func (absentRule) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	switch known, why := j.complete(ev, j.Window.Deadline); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	if stayed := j.stayed(); stayed != nil {
		return decision{verdict: Failed, why: j.stays(stayed)}
	}
	doubt := t.in.most > 0
	for _, i := range j.items {
		doubt = doubt || i.there() == maybe
	}
	held := j.held()
	switch late := j.Window.From.After(j.Window.Begin); {
	case doubt:
		return decision{verdict: Inconclusive}
	case late && len(held) > 0: // the window is to begin without it
		return decision{verdict: Inconclusive, why: j.name(held[0]) + "  matched, and it is not known whether it still did " +
			"when the window began"}
	default:
		return decision{verdict: Passed}
	}
}

// stayed returns the first item that surely is there as wanted at the end of the window, nil if there is none.
func (j *Judgement) stayed() (s *match) {
	for _, i := range j.items {
		if i.there() == yes && (s == nil || byTime(i.end.capture, s.capture) < 0) {
			s = i.end
		}
	}
	return s
}

func (j *Judgement) stays(m *match) string {
	return fmt.Sprintf("%s  was still there at the end of the window: %s", j.name(m.capture), j.body(m.capture.Doc))
}

// goneRule is the rule of what is to be gone at the end of the window.
type goneRule struct{}

func (goneRule) decide(j *Judgement, ev evidence) decision {
	doubt, early := j.doubted(), false
	for _, i := range j.items {
		doubt = doubt || i.there() == maybe || i.left == maybe
		early = early || i.left == yes
	}
	if early {
		return decision{verdict: Failed, why: "it was gone before the window began, " + j.at(j.Window.From) +
			" after the act"}
	}
	switch known, why := j.complete(ev, j.Window.Deadline); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	switch stayed := j.stayed(); {
	case stayed != nil:
		return decision{verdict: Failed, why: j.stays(stayed)}
	case doubt:
		return decision{verdict: Inconclusive}
	default:
		return decision{verdict: Passed}
	}
}
