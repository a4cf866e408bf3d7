// A judgement: an expectation, what has been matched so far, and the rule that decides.

package expect

import (
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/journal"
)

// Judgement is an expectation on its way to a verdict. It is not safe for concurrent use.
type Judgement struct {
	Expectation
	rule rule
	seen map[string]cursor // by channel

	captured     int // looked at, from the act on
	echoes       int // sends of the scenario's own that came back, which are not counted
	matches      matches
	firstLate    *match                    // of those that are too late
	misses       []miss                    // the nearest first
	absentFields map[string]bool           // paths that were all that some capture lacked
	items        map[itemKey]*item         // of a state
	shared       *shared                   // of one of several causes: what belongs to one of them, or to none
	earlier      []earlierStep             // what earlier steps account for
	uncorrelated map[*journal.Capture]bool // those taken in that are defined to carry no id
}

// rule decides what follows from what was found.
type rule interface {
	// decide says what follows, as far as nothing that is still to come can change it.
	decide(j *Judgement, ev evidence) decision
}

// taker is a rule that wants to see each match once.
type taker interface {
	take(j *Judgement, m *match, when parts)
}

// decision is a verdict with what it rests on.
type decision struct {
	verdict Verdict
	open    bool   // a passed one that a surplus match before the horizon would fail
	why     string // what an inconclusive one turns on, if it is not a capture; what is wrong, of a failed one
	matched []*journal.Capture
	looked  time.Duration // how far apart looks were, of a passed one that rests on them
}

// Judge begins a judgement.
func Judge(e Expectation) *Judgement {
	j := &Judgement{Expectation: e, seen: make(map[string]cursor, len(e.Channels)),
		uncorrelated: make(map[*journal.Capture]bool), rule: countRule{}}
	switch {
	case e.Gone:
		j.rule = goneRule{}
	case e.Keeps > 0:
		j.rule = &keepsRule{looks: make(map[itemKey][]look)}
	case e.State && e.Least > 0:
		j.rule = finalStateRule{}
	case e.State:
		j.rule = absentRule{}
	case e.Rows != nil:
		j.rule = newRowsRule(e.Rows)
	case e.CauseEffect != nil:
		j.rule = newCauseEffectRule(e)
	case e.Rate != nil:
		j.rule = &rateRule{}
	case e.Sum != nil:
		j.rule = &sumRule{}
	}
	for _, earlier := range e.Earlier {
		j.earlier = append(j.earlier, newEarlierStep(earlier))
	}
	if e.State {
		j.items = make(map[itemKey]*item)
	}
	return j
}

// Cut says that the scenario has gone on to another act: the horizon ends there. A window that is not over by then ends
// as it would have.
func (j *Judgement) Cut(at time.Time) {
	if j.Window.Cut.IsZero() {
		j.Window.Cut = at
	}
	if p, ok := j.rule.(*causeEffectRule); ok {
		for _, c := range p.causes {
			c.Cut(at)
		}
	}
}

// Outcome judges what was seen so far. Without proofs it decides only what no later capture can change; with proofs
// that reach the deadline it decides all but what may still come before the horizon, and with proofs that reach the
// horizon, all. A proof with an error reaches as far as it says, and there will be none that reaches further.
func (j *Judgement) Outcome(views []journal.View, proofs map[string]Proof) Outcome {
	ev := newEvidence(views, proofs)
	d := j.rule.decide(j, ev)
	for _, m := range j.matches.open {
		if m.why == "" && j.lies(m, ev)&^(extra|beyond) == 0 {
			j.late(m)
		}
	}
	switch d.verdict {
	case Undecided:
		return Outcome{}
	case Passed:
		return Outcome{Verdict: Passed, Open: d.open, Matched: d.matched, Bound: ev.bound(), Looked: d.looked}
	default:
		return j.explain(d, ev)
	}
}

// certain returns the captures that surely lie in the window and are surely meant.
func (j *Judgement) certain(ev evidence) []*journal.Capture {
	all := make([]*journal.Capture, 0, len(j.matches.in.sure))
	for _, m := range j.matches.in.sure {
		all = append(all, m.capture)
	}
	for _, m := range j.matches.open {
		if m.why == "" && j.lies(m, ev) == within {
			all = append(all, m.capture)
		}
	}
	return all
}

// lies returns when m may have appeared, by all that is known.
func (j *Judgement) lies(m *match, ev evidence) parts {
	after, by := ev.views[m.capture.Channel].Appeared(m.capture)
	return j.Window.parts(m.capture.Channel, after, by)
}

// Lacking says whether fewer than wanted are known to have appeared in the window.
func (j *Judgement) Lacking() bool { return j.Missing() > 0 }

// Missing returns how many matches are wanted that are not known to have appeared in the window.
func (j *Judgement) Missing() int {
	switch r := j.rule.(type) {
	case *causeEffectRule:
		return r.lost()
	case *rowsRule:
		return len(j.Rows.All) - r.found()
	default:
		return max(j.Least-len(j.matches.in.sure), 0)
	}
}

// Late returns how long after the window the first match came that was too late, once an outcome has told of one.
func (j *Judgement) Late() (time.Duration, bool) {
	if j.firstLate == nil {
		return 0, false
	}
	return j.firstLate.by.Sub(j.Window.Deadline), true
}

// late notes the first match that is too late.
func (j *Judgement) late(m *match) {
	if j.firstLate == nil || byTime(m.capture, j.firstLate.capture) < 0 {
		j.firstLate = m
	}
}

// surely returns, by when they were received, the matches that surely count and surely lie in these parts.
func (j *Judgement) surely(ev evidence, in parts) []*match {
	var all []*match
	for part, settled := range map[parts][]*match{early: j.matches.early.sure, extra: j.matches.extra.sure,
		beyond: j.matches.late} {
		if in&part != 0 {
			all = append(all, settled...)
		}
	}
	for _, m := range j.matches.open {
		if lies := j.lies(m, ev); m.why == "" && lies&^in == 0 {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *match) int { return byTime(a.capture, b.capture) })
	return all
}

func (j *Judgement) breaks(m *match) string {
	if m.capture.Event().Refused != "" {
		return fmt.Sprintf("%s  matches, but was refused: %v", j.name(m.capture), m.broken)
	}
	return fmt.Sprintf("%s  matches, but breaks its schema: %v", j.name(m.capture), m.broken)
}
