// Matches that any of several causes may have led to, counted for all of them at once: to look at each of a thousand
// outputs for each of a thousand causes would take too long.

package expect

import (
	"slices"
	"time"
)

// shared are matches of which it is not known which of several causes led to them. Each may be any cause's.
type shared struct {
	matches       []*match
	byElimination []*match    // those that can only be the effect of the one cause that there is
	causeUnknown  []*match    // those that can only be the effect of one of the several causes
	broken        []*match    // those that break their schema
	afters, bys   []time.Time // between which times they appeared, each sorted by itself
}

// keep takes in a match. alone says that there is one cause only.
func (s *shared) keep(m *match, alone bool) {
	s.matches = append(s.matches, m)
	switch {
	case m.byElimination && alone:
		s.byElimination = append(s.byElimination, m)
	case m.byElimination:
		s.causeUnknown = append(s.causeUnknown, m)
	}
	if m.broken != nil {
		s.broken = append(s.broken, m)
	}
}

// forget takes back the matches of a channel that are not attributed.
func (s *shared) forget(channel string) {
	unattributed := func(m *match) bool { return m.unattributed && m.capture.Channel == channel }
	for _, matches := range []*[]*match{&s.matches, &s.byElimination, &s.causeUnknown, &s.broken} {
		*matches = slices.DeleteFunc(*matches, unattributed)
	}
}

// look takes in what is known by now of when they appeared.
func (s *shared) look(ev evidence) {
	s.afters, s.bys = s.afters[:0], s.bys[:0]
	for _, m := range s.matches {
		after, by := ev.views[m.capture.Channel].Appeared(m.capture)
		s.afters, s.bys = append(s.afters, after), append(s.bys, by)
	}
	slices.SortFunc(s.afters, time.Time.Compare)
	slices.SortFunc(s.bys, time.Time.Compare)
}

// between returns how many may have appeared from one time on and before another: those that had not appeared for
// certain before the first, without those that surely appeared later than the second.
func (s *shared) between(from, until time.Time) int {
	if !from.Before(until) {
		return 0
	}
	over, _ := slices.BinarySearchFunc(s.bys, from, time.Time.Compare)
	begun, _ := slices.BinarySearchFunc(s.afters, until, time.Time.Compare)
	return begun - over
}

// share counts what j shares with the judgements of other causes.
func (t *tally) share(j *Judgement, ev evidence) {
	w := j.Window
	from, opened := w.opens()
	begin := from
	if t.part&early != 0 {
		begin = w.Begin
		t.early.most += j.shared.between(begin, opened)
	}
	t.in.most += j.shared.between(from, w.Deadline)
	t.all.most += j.shared.between(begin, w.End())
	for _, m := range j.shared.byElimination {
		if j.lies(m, ev)&^t.part == 0 {
			t.byElimination++
		}
	}
	for _, m := range j.shared.broken {
		if t.mayBreak != nil {
			break
		}
		t.schema(m, j.lies(m, ev))
	}
}
