// Keeping: an item that comes to look as wanted within the window, or did so at the act, and looks so for some time.
//
// The time counts from when the item came to look so, anew each time that it does, and from the act where it looked so
// then. Where it had not looked so, it passes as soon as it surely has kept; else it must look so at the end of the
// window, too. Between two looks anything may have been, so that it only passes if looks were never further apart than
// LookWithin.

package expect

import (
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/journal"
)

// LookWithin is how far apart two looks may be at an item that keeps as it is: what is shorter may go unseen.
const LookWithin = 500 * time.Millisecond

// Look is a Sync by which a channel was looked at: at some time between its call and its return.
type Look struct{ Began, Ended time.Time }

// Until is when the expectation is settled at the latest: the end of its window, and for as long as something is to
// keep.
func (j *Judgement) Until() time.Time { return j.Window.Deadline.Add(j.Keeps) }

// keepsRule is the rule of what is to keep as it is.
type keepsRule struct{ looks map[itemKey][]look }

// look is how an item was found.
type look struct {
	*match
	when parts
	fits answer
}

func (l *keepsRule) follow(k itemKey, m *match, when parts, fits answer) {
	l.looks[k] = append(l.looks[k], look{m, when, fits})
}

// run is a time in which all looks at an item found it as wanted.
type run struct {
	first look
	ended *look     // the first that found it otherwise; nil where none has
	from  time.Time // when it surely had begun, and counts from
}

// runs returns the runs of looks, taking as wanted what is so at least that surely.
func runs(looks []look, least answer) (all []run) {
	open := false
	for i, l := range looks {
		switch {
		case l.fits >= least && !open:
			all, open = append(all, run{first: l}), true
		case l.fits < least && open:
			all[len(all)-1].ended, open = &looks[i], false
		}
	}
	return all
}

// kept is what is known of how long an item has kept.
type kept struct {
	surely []run         // in which it surely has for long enough
	may    bool          // it may have, or may yet
	last   *run          // the last that is over
	most   time.Duration // ... and how long that was at the most
}

func (l *keepsRule) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	if t.broken != nil {
		return decision{verdict: Failed, why: j.breaks(t.broken)}
	}
	may, why := j.doubted() || t.mayBreak != nil, ""
	var over kept
	for _, k := range l.keys() {
		found := j.kept(j.items[k], l.looks[k], ev.proofs[k.channel])
		may = may || found.may
		if found.last != nil {
			over = found
		}
		if j.mayBeEarly(t, ev) || t.mayBreak != nil {
			continue
		}
		for _, r := range found.surely {
			farthest, doubt := j.watched(r, l.looks[k], ev)
			if doubt == "" {
				return decision{verdict: Passed, matched: []*journal.Capture{r.first.capture}, looked: farthest}
			}
			may, why = true, doubt
		}
	}
	end := j.Window.Deadline // by then it must have come
	if may {
		end = j.Until()
	}
	switch known, unproved := j.complete(ev, end); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: unproved}
	}
	switch {
	case may && why == "" && over.last != nil:
		return decision{verdict: Inconclusive, why: fmt.Sprintf("%s  matched for %s at most, and it is not known whether "+
			"for %s; %s  did not any more",
			j.name(over.last.first.capture), seconds(over.most), span.Format(j.Keeps), j.name(over.last.ended.capture))}
	case may:
		return decision{verdict: Inconclusive, why: why}
	case over.last != nil:
		return decision{verdict: Failed, why: fmt.Sprintf("%s  matched for %s at most, and not for %s; %s  did not any more",
			j.name(over.last.first.capture), seconds(over.most), span.Format(j.Keeps), j.name(over.last.ended.capture))}
	default:
		return decision{verdict: Failed}
	}
}

// keys returns the items in the order in which they were first seen.
func (l *keepsRule) keys() (all []itemKey) {
	for k := range l.looks {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b itemKey) int { return byTime(l.looks[a][0].capture, l.looks[b][0].capture) })
	return all
}

// kept says for how long an item has kept, through when a proof reaches.
func (j *Judgement) kept(i *item, looks []look, p Proof) (k kept) {
	w := j.Window
	for _, r := range runs(looks, yes) {
		through := p.Through
		if r.from = r.first.by; r.first.when&before != 0 {
			r.from = later(r.from, w.Accepted)
		}
		if r.ended != nil {
			through = r.ended.after
		}
		counts := r.first.when&(extra|beyond) == 0 && (i.atAct == no || !through.Before(w.Deadline))
		if counts && through.Sub(r.from) >= j.Keeps {
			k.surely = append(k.surely, r)
		}
	}
	for _, r := range runs(looks, maybe) {
		if r.first.when&(before|early|within) == 0 {
			continue
		}
		from := later(r.first.after, w.Begin)
		if r.first.when == before {
			from = w.Accepted.Add(-w.Slack)
		}
		if r.ended == nil {
			k.may = true
			continue
		}
		if over := r.ended.by; over.After(w.Begin) {
			k.most, k.last = over.Sub(from), &r
			k.may = k.may || k.most >= j.Keeps && (i.atAct != yes || over.After(w.Deadline.Add(-w.Slack)))
		}
	}
	return k
}

// watched returns how far apart the looks were while an item kept, or why that is too far.
func (j *Judgement) watched(r run, looks []look, ev evidence) (farthest time.Duration, doubt string) {
	channel, until := r.first.capture.Channel, r.from.Add(j.Keeps)
	for _, g := range ev.views[channel].Gaps {
		if !g.To.Before(r.from) && !g.From.After(until) {
			return 0, fmt.Sprintf("between %s and %s it may have been otherwise, unseen: %v", j.at(g.From), j.at(g.To), g.Cause)
		}
	}
	p := ev.proofs[channel]
	all := slices.DeleteFunc(slices.Clone(p.Looks), func(l Look) bool { return l.Began.Before(p.Since) })
	for _, l := range looks {
		all = append(all, Look{Began: l.by, Ended: l.by})
	}
	slices.SortFunc(all, func(a, b Look) int { return a.Began.Compare(b.Began) })
	last := r.first.by
	for _, l := range all {
		if !l.Began.After(last) {
			continue
		}
		farthest = max(farthest, l.Ended.Sub(last))
		if last = l.Began; !last.Before(until) {
			break
		}
	}
	switch {
	case last.Before(until):
		return 0, fmt.Sprintf("nobody looked at it between %s and %s", j.at(last), j.at(until))
	case farthest > LookWithin:
		return 0, fmt.Sprintf("two looks at it were %s apart, and between them it may have been otherwise", seconds(farthest))
	default:
		return farthest, ""
	}
}
