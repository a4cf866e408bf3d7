// Rates: how many matches appeared in any time of some length. Each appeared somewhere in an interval, so that there is
// a number that surely appeared together, and one that may have.

package expect

import (
	"fmt"
	"slices"
	"time"
)

// rateRule is the rule. To look at all times anew at each look would take too long.
type rateRule struct{ looked int }

func (l *rateRule) decide(j *Judgement, ev evidence) decision {
	known, why := j.complete(ev, j.Window.Deadline)
	if n := len(j.matches.in.sure); known == notYet && n < l.looked+l.looked/4+1 {
		return decision{}
	}
	l.looked = len(j.matches.in.sure)
	sure, may := j.moments(ev)
	if n, at := together(sure, j.Rate.Per); n > j.Most && !ev.twice {
		why := fmt.Sprintf("%d appeared between %s and %s", n, j.at(at), j.at(at.Add(j.Rate.Per)))
		return decision{verdict: Failed, why: why}
	}
	t := j.tally(ev)
	if t.broken != nil {
		return decision{verdict: Failed, why: j.breaks(t.broken)}
	}
	switch known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	if n, at := atOnce(may, j.Rate.Per); n > j.Most {
		return decision{verdict: Inconclusive, why: fmt.Sprintf("up to %d may have appeared in the %s from %s on, which "+
			"their times do not tell exactly", n, j.Rate.Per, j.at(at))}
	}
	if t.mayBreak != nil {
		return decision{verdict: Inconclusive, why: j.breaks(t.mayBreak)}
	}
	return decision{verdict: Passed, matched: j.certain(ev)}
}

// interval is when something appeared.
type interval struct{ after, by time.Time }

// moments returns when the matches appeared: those that surely count, and all that may.
func (j *Judgement) moments(ev evidence) (sure, may []interval) {
	for _, all := range [][]*match{j.matches.in.sure, j.matches.in.perhaps, j.matches.open} {
		for _, m := range all {
			lies := j.lies(m, ev)
			if lies&within == 0 {
				continue
			}
			var i interval
			i.after, i.by = ev.views[m.capture.Channel].Appeared(m.capture)
			may = append(may, i)
			if (m.why == "" || m.byElimination) && lies == within {
				sure = append(sure, i)
			}
		}
	}
	return sure, may
}

// together returns the largest number that surely appeared within one time of that length, and when this begins. What
// appeared in an interval surely lies in a time that begins neither so early that it may come later, nor behind the
// interval's beginning.
func together(all []interval, length time.Duration) (most int, at time.Time) {
	var earliest, latest []time.Time
	for _, one := range all {
		if first := one.by.Add(-length); first.Before(one.after) {
			earliest, latest = append(earliest, first), append(latest, one.after)
		}
	}
	slices.SortFunc(earliest, time.Time.Compare)
	slices.SortFunc(latest, time.Time.Compare)
	for over, begin := range latest {
		begun, _ := slices.BinarySearchFunc(earliest, begin, time.Time.Compare)
		if n := begun - over; n > most {
			most, at = n, begin
		}
	}
	return most, at
}

// atOnce returns the largest number that may have appeared within one time of that length, and when this begins.
func atOnce(all []interval, length time.Duration) (most int, at time.Time) {
	afters, bys := make([]time.Time, len(all)), make([]time.Time, len(all))
	for i, one := range all {
		afters[i], bys[i] = one.after, one.by
	}
	slices.SortFunc(afters, time.Time.Compare)
	slices.SortFunc(bys, time.Time.Compare)
	for over, begin := range bys {
		// Those that had not begun before the end of the time, without those that were over before its beginning.
		begun, _ := slices.BinarySearchFunc(afters, begin.Add(length), time.Time.Compare)
		if n := begun - over; n > most {
			most, at = n, begin
		}
	}
	return most, at
}
