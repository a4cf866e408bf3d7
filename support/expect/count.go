// Counting: at least so many matches in the window, at most so many until the horizon, none before the window begins.

package expect

import (
	"slices"

	"github.com/harken-bdd/harken/support/journal"
)

// countRule is the rule of most phrases. What it knows is in the judgement's matches.
type countRule struct{}

// bounds are how many there surely are, and how many there may be, as far as was seen.
type bounds struct{ least, most int }

// tally is what the matches say of numbers.
type tally struct {
	part           parts // what is counted in all
	early, in, all bounds
	byElimination  int // of all, those without an id that surely count, since only this scenario can have caused them
	broken         *match
	mayBreak       *match
}

func (b *bounds) add(lies, part parts, sure bool) {
	if lies&part == 0 {
		return
	}
	b.most++
	if sure && lies&^part == 0 {
		b.least++
	}
}

func (t *tally) add(m *match, lies parts) {
	t.early.add(lies, early&t.part, m.why == "")
	t.in.add(lies, within, m.why == "")
	t.all.add(lies, t.part, m.why == "")
	if m.byElimination && lies&^t.part == 0 {
		t.byElimination++
	}
	t.schema(m, lies)
}

func (t *tally) schema(m *match, lies parts) {
	switch {
	case m.broken == nil || lies&t.part == 0:
	case m.why == "" && lies&^t.part == 0:
		t.broken = first(t.broken, m)
	default:
		t.mayBreak = first(t.mayBreak, m)
	}
}

func first(have, other *match) *match {
	if have != nil {
		return have
	}
	return other
}

func (j *Judgement) tally(ev evidence) tally {
	h := &j.matches
	sum := func(s sorted) bounds { return bounds{len(s.sure), len(s.sure) + len(s.perhaps)} }
	t := tally{part: j.sections(), early: sum(h.early), in: sum(h.in)}
	x := sum(h.extra)
	t.all = bounds{t.early.least + t.in.least + x.least, t.early.most + t.in.most + x.most}
	t.byElimination, t.broken, t.mayBreak = h.byElimination, h.broken, h.mayBreak
	for _, m := range h.open {
		t.add(m, j.lies(m, ev))
	}
	if j.shared != nil {
		t.share(j, ev)
	}
	return t
}

func (countRule) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	sound, broken := t.broken == nil && t.mayBreak == nil, t.broken
	if j.One && t.in.least > 0 {
		sound, broken = j.meant(ev)
	}
	if broken != nil {
		return decision{verdict: Failed, why: j.breaks(broken)}
	}
	if j.Most == Unlimited && t.in.least >= j.Least && !j.mayBeEarly(t, ev) && sound {
		return decision{verdict: Passed, matched: j.accounted(ev)}
	}
	switch known, why := j.complete(ev, j.Window.Deadline); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	switch {
	case t.in.most < j.Least:
		return decision{verdict: Failed}
	case t.in.least < j.Least, t.early.most > 0, j.Most != Unlimited && t.all.most > j.Most, !sound:
		return decision{verdict: Inconclusive}
	}
	return j.untilHorizon(ev, j.accounted(ev))
}

// surplus says whether more came than may, or too early, whatever else is true.
func (j *Judgement) surplus(t tally, ev evidence) (decision, bool) {
	why := ""
	switch {
	case t.early.least > 0:
		why = "it appeared before the window began, " + j.at(j.Window.From) + " after the act"
	case j.Most == Unlimited:
		return decision{}, false
	case t.all.least+t.byElimination > j.Most:
	default:
		return decision{}, false
	}
	if ev.twice {
		why = "something that the scenario sent was perhaps accepted twice, which may have caused this"
		return decision{verdict: Inconclusive, why: why}, true
	}
	return decision{verdict: Failed, why: why}, true
}

// mayBeEarly says whether it is not proved that nothing came before a window that begins later than the act.
func (j *Judgement) mayBeEarly(t tally, ev evidence) bool {
	if !j.Window.From.After(j.Window.Begin) {
		return false
	}
	known, _ := j.complete(ev, j.Window.From)
	return t.early.most > 0 || known != proved
}

// meant says of the first match, which is the one that is meant, whether it surely fits its schema; if it surely breaks
// it, it is returned. At least one match surely counts. One that perhaps does may come before it.
func (j *Judgement) meant(ev evidence) (sound bool, broken *match) {
	var all []*match
	for _, some := range [][]*match{j.matches.in.sure, j.matches.in.perhaps, j.matches.open} {
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b *match) int { return byTime(a.capture, b.capture) })
	fits := false
	for _, m := range all {
		lies := j.lies(m, ev)
		switch {
		case lies&within == 0:
			continue
		case m.broken == nil:
			fits = true
		default:
			broken = first(broken, m)
		}
		if m.why == "" && lies == within {
			break // it counts, so that none behind it is the first
		}
	}
	if fits {
		return broken == nil, nil
	}
	return false, broken
}

// untilHorizon passes, for now where more may come before the horizon.
func (j *Judgement) untilHorizon(ev evidence, matched []*journal.Capture) decision {
	passed := decision{verdict: Passed, matched: matched}
	if j.Most == Unlimited && j.Sum == nil || !j.Window.audited() {
		return passed
	}
	switch known, why := j.complete(ev, j.Window.End()); known {
	case notYet:
		passed.open = true
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	return passed
}

// accounted returns the matches that the expectation is about.
func (j *Judgement) accounted(ev evidence) []*journal.Capture {
	all := j.certain(ev)
	if j.One && len(all) > 1 {
		return all[:1]
	}
	return all
}
