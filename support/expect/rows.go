// Rows of a table: a different event for each, and where it is asked for, one after the other.

package expect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// match notes in m the rows that it fits, and returns what keeps it from the nearest of them where it fits none.
func (e *Rows) match(m *match, of *Expectation) (nearest []pattern.Miss) {
	for i, row := range e.All {
		if row.Channel != m.capture.Channel {
			continue
		}
		fields := row.Pattern.Match(m.capture.Doc)
		why := of.unread(m.capture, fields)
		switch {
		case why != "":
			m.rows, m.why = append(m.rows, i), why
		case fields == nil:
			m.rows = append(m.rows, i)
			if row.Valid != nil && m.broken == nil {
				m.broken = row.Valid(m.capture.Doc)
			}
		case nearest == nil || len(fields) < len(nearest):
			nearest = fields
		}
	}
	if m.rows != nil {
		return nil
	}
	if nearest == nil {
		nearest = []pattern.Miss{{Path: "channel", Got: m.capture.Channel, Want: "one that a row names"}}
	}
	return nearest
}

// rowsRule assigns a capture of its own to each row (a bipartite matching, grown by augmenting paths).
type rowsRule struct {
	*Rows
	byRow []*match // what each row has, nil while it has nothing
}

func newRowsRule(e *Rows) *rowsRule {
	return &rowsRule{Rows: e, byRow: make([]*match, len(e.All))}
}

// take gives m to a row, if another one need not go without for it. Only what counts for certain is given.
func (a *rowsRule) take(_ *Judgement, m *match, when parts) {
	if m.why == "" && when == within {
		a.give(m)
	}
}

// give finds m a row, moving others along where these fit elsewhere too.
func (a *rowsRule) give(m *match) { a.place(m, make([]bool, len(a.byRow))) }

func (a *rowsRule) place(m *match, tried []bool) bool {
	for _, row := range m.rows {
		if tried[row] {
			continue
		}
		tried[row] = true
		if a.byRow[row] == nil || a.place(a.byRow[row], tried) {
			a.byRow[row] = m
			return true
		}
	}
	return false
}

func (a *rowsRule) found() (n int) {
	for _, m := range a.byRow {
		if m != nil {
			n++
		}
	}
	return n
}

func (a *rowsRule) clone() *rowsRule {
	return &rowsRule{Rows: a.Rows, byRow: slices.Clone(a.byRow)}
}

func (a *rowsRule) decide(j *Judgement, ev evidence) decision {
	t := j.tally(ev)
	if d, ok := j.surplus(t, ev); ok {
		return d
	}
	if t.broken != nil {
		return decision{verdict: Failed, why: j.breaks(t.broken)}
	}
	sure, may := a.clone(), a.clone()
	for _, m := range j.matches.open {
		lies := j.lies(m, ev)
		if m.why == "" && lies == within {
			sure.give(m)
		}
		if lies&within != 0 {
			may.give(m)
		}
	}
	for _, m := range j.matches.in.perhaps {
		may.give(m)
	}
	given := sure.byRow
	all := sure.found() == len(a.byRow)
	if all && a.InOrder {
		given = a.chain(j, ev, true)
		all = given != nil
	}
	if all && !j.mayBeEarly(t, ev) && t.mayBreak == nil {
		var matched []*journal.Capture
		for _, m := range given {
			matched = append(matched, m.capture)
		}
		return decision{verdict: Passed, matched: matched}
	}
	switch known, why := j.complete(ev, j.Window.Deadline); known {
	case notYet:
		return decision{}
	case unknown:
		return decision{verdict: Inconclusive, why: why}
	}
	switch {
	case may.found() < len(a.byRow):
		return decision{verdict: Failed, why: a.unmet(may)}
	case a.InOrder && a.chain(j, ev, false) == nil:
		return decision{verdict: Failed, why: "there is one for each row, but not in this order"}
	case a.InOrder && sure.found() == len(a.byRow):
		why := "there is one for each row, but which of them appeared first cannot be told"
		return decision{verdict: Inconclusive, why: why}
	default:
		return decision{verdict: Inconclusive}
	}
}

// unmet names the rows that nothing was found for.
func (a *rowsRule) unmet(given *rowsRule) string {
	said := ""
	for i, m := range given.byRow {
		if m == nil {
			said += fmt.Sprintf("\n  row %d    nothing for %s", i+1, a.All[i].Want)
		}
	}
	return said
}

// moment is a match in an order, and when it appeared.
type moment struct {
	*match
	after, by time.Time
	number    int       // counts the captures of a channel that tells their order; 0 of one that does not
	least     time.Time // the earliest time at which it may stand in its place
	back      int       // the moment of the row before it that it follows
}

// chain returns a match for each row such that each appeared after the one of the row before: for certain, or else as
// far as the evidence allows. It returns nil where there is none.
func (a *rowsRule) chain(j *Judgement, ev evidence, certain bool) []*match {
	rows := make([][]moment, len(a.All))
	put := func(found *match) {
		lies := j.lies(found, ev)
		if lies&within == 0 || certain && (found.why != "" || lies != within) {
			return
		}
		m := moment{match: found}
		m.after, m.by = ev.views[found.capture.Channel].Appeared(found.capture)
		m.least = m.after
		if a.Ordered[found.capture.Channel] {
			m.number = found.capture.Number
		}
		for _, row := range found.rows {
			rows[row] = append(rows[row], m)
		}
	}
	for _, all := range [][]*match{j.matches.in.sure, j.matches.in.perhaps, j.matches.open} {
		for _, found := range all {
			put(found)
		}
	}
	for i := 1; i < len(rows); i++ {
		rows[i] = following(rows[i-1], rows[i], certain)
	}
	last := rows[len(rows)-1]
	if len(last) == 0 {
		return nil
	}
	chain := make([]*match, len(rows))
	for i, at := len(rows)-1, 0; i >= 0; i-- {
		chain[i] = rows[i][at].match
		at = rows[i][at].back
	}
	return chain
}

// following returns those of next that can stand behind one of the row before.
func following(row, next []moment, certain bool) (fit []moment) {
	candidates, before := foremost(row), newPredecessors(row)
	for _, m := range next {
		m.back = -1
		if certain {
			for _, i := range candidates {
				if row[i].match != m.match && surelyBefore(row[i], m) {
					m.back = i
					break
				}
			}
		} else {
			m.follow(before)
		}
		if m.back >= 0 {
			fit = append(fit, m)
		}
	}
	return fit
}

// foremost returns the places of those in a row that others may follow if they can follow any: the two that were there
// first, of all and on each channel that tells the order. One of the two may be what is to follow.
func foremost(row []moment) (all []int) {
	byChannel := make(map[string][]int)
	var byTime []int
	better := func(best []int, i int, less func(a, b moment) bool) []int {
		at := len(best)
		for at > 0 && less(row[i], row[best[at-1]]) {
			at--
		}
		best = slices.Insert(best, at, i)
		return best[:min(len(best), 2)]
	}
	for i, m := range row {
		byTime = better(byTime, i, func(a, b moment) bool { return a.by.Before(b.by) })
		if m.number > 0 {
			c := m.capture.Channel
			byChannel[c] = better(byChannel[c], i, func(a, b moment) bool { return a.number < b.number })
		}
	}
	all = byTime
	for _, best := range byChannel {
		all = append(all, best...)
	}
	return all
}

// follow finds the place in the row before behind which m may stand earliest.
func (m *moment) follow(before predecessors) {
	for _, i := range before.of(m) {
		p := before.row[i]
		if p.match == m.match || surelyBefore(*m, p) {
			continue
		}
		least := m.after
		if p.least.After(least) {
			least = p.least
		}
		if !least.After(m.by) && (m.back < 0 || least.Before(m.least)) {
			m.back, m.least = i, least
		}
	}
}

// predecessors is a row in which those are soon found behind which others may stand earliest: to try all with all would
// take too long.
type predecessors struct {
	row    []moment
	queues map[string]queue // by channel that tells the order
	others []int            // of the rest, the first two: one of them may be what is to follow
}

// queue is what a row has of one channel, by number.
type queue struct {
	numbers []int
	first   []int // of those up to each, the place of the one that may stand earliest
}

func newPredecessors(row []moment) predecessors {
	p := predecessors{row: row, queues: make(map[string]queue)}
	places := make([]int, len(row))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return row[a].number - row[b].number })
	for _, i := range places {
		if row[i].number == 0 {
			at, _ := slices.BinarySearchFunc(p.others, i, p.earlier)
			p.others = slices.Insert(p.others, at, i)
			p.others = p.others[:min(len(p.others), 2)]
			continue
		}
		channel := row[i].capture.Channel
		q, first := p.queues[channel], i
		if last := len(q.first) - 1; last >= 0 && p.earlier(q.first[last], i) <= 0 {
			first = q.first[last]
		}
		p.queues[channel] = queue{append(q.numbers, row[i].number), append(q.first, first)}
	}
	return p
}

// earlier compares two places by how early those there may stand.
func (p predecessors) earlier(a, b int) int {
	return cmp.Or(p.row[a].least.Compare(p.row[b].least), p.row[a].after.Compare(p.row[b].after))
}

// of returns the places of which one is the best for m, if m can stand behind any.
func (p predecessors) of(m *moment) []int {
	all := slices.Clone(p.others)
	for channel, q := range p.queues {
		n := len(q.numbers)
		if m.number > 0 && channel == m.capture.Channel {
			n, _ = slices.BinarySearch(q.numbers, m.number)
		}
		if n > 0 {
			all = append(all, q.first[n-1])
		}
	}
	return all
}

// surelyBefore says whether a appeared before b: by their places in a channel that keeps the order, or by the times.
func surelyBefore(a, b moment) bool {
	if a.number > 0 && b.number > 0 && a.capture.Channel == b.capture.Channel {
		return a.number < b.number
	}
	return !a.by.After(b.after)
}
