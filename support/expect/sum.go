// Sums: what a field of all matches adds up to, at the end of the window and still at the horizon. A sum that happens
// to fit in between says nothing.

package expect

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/jsonpath"
)

// sumRule adds up what is sorted; what is open is added at each look.
type sumRule struct {
	in, extra big.Rat
	unsure    *match // one that perhaps counts and changes the sum
	bad       error  // a match has no number there, or, where no such is, it cannot be read and may have any
	of        *match
}

func (s *sumRule) take(j *Judgement, m *match, when parts) {
	if when != within && when != extra {
		return
	}
	n, err := j.Sum.Value(m.capture.Doc)
	switch {
	case m.why != "" && (err != nil || n.Sign() != 0):
		s.unsure = first(s.unsure, m)
	case m.why != "":
	case err != nil && (s.bad == nil || unreadable(s.bad)):
		s.bad, s.of = err, m
	case err != nil:
	case when == within:
		s.in.Add(&s.in, n)
	default:
		s.extra.Add(&s.extra, n)
	}
}

// forget looks anew for what perhaps counts: it may have been unattributed.
func (s *sumRule) forget(j *Judgement, _ string) {
	s.unsure = nil
	for _, m := range j.matches.in.perhaps {
		s.take(j, m, within)
	}
	for _, m := range j.matches.extra.perhaps {
		s.take(j, m, extra)
	}
}

func (s *sumRule) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	switch {
	case t.broken != nil:
		return decision{verdict: Failed, why: j.breaks(t.broken)}
	case s.bad != nil && !unreadable(s.bad):
		return decision{verdict: Failed, why: fmt.Sprintf("%s  %v", j.name(s.of.capture), s.bad)}
	}
	in, all, unsure := new(big.Rat).Set(&s.in), new(big.Rat).Add(&s.in, &s.extra), s.unsure
	for _, m := range j.matches.open {
		lies := j.lies(m, ev)
		n, err := j.Sum.Value(m.capture.Doc)
		switch {
		case lies&(within|extra) == 0 || err == nil && n.Sign() == 0:
		case m.why == "" && lies == within && err == nil:
			in.Add(in, n)
			all.Add(all, n)
		case m.why == "" && lies == extra && err == nil:
			all.Add(all, n)
		default:
			unsure = first(unsure, m)
		}
	}
	switch known, why := j.complete(ev, j.Window.Deadline); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	switch {
	case s.bad != nil:
		return decision{verdict: Inconclusive, why: fmt.Sprintf("%s  %v", j.name(s.of.capture), s.bad)}
	case unsure != nil || t.early.most > 0 || t.mayBreak != nil:
		return decision{verdict: Inconclusive}
	case in.Cmp(j.Sum.Total) != 0:
		return s.wrong(j, ev, fmt.Sprintf("they add up to %s", decimal.Format(in)))
	case all.Cmp(j.Sum.Total) != 0:
		return s.wrong(j, ev, fmt.Sprintf("they added up to that at the end of the window, and to %s later",
			decimal.Format(all)))
	}
	return j.untilHorizon(ev, j.certain(ev))
}

// unreadable says whether what a match has there cannot be read: it may be the number that is missing.
func unreadable(err error) bool {
	var cannot *jsonpath.UnreadableError
	return errors.As(err, &cannot)
}

func (s *sumRule) wrong(j *Judgement, ev evidence, why string) decision {
	if ev.twice {
		return decision{verdict: Inconclusive, why: why + "; something that the scenario sent was perhaps accepted twice"}
	}
	return decision{verdict: Failed, why: why}
}
