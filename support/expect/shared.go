// What may belong to any of several pairs, counted for all of them at once: to look at each of a thousand outputs for each
// of a thousand events would take too long.

package expect

import (
	"slices"
	"time"
)

// shared are finds that none of several events can be told to have led to. Each may be any event's.
type shared struct {
	finds       []*find
	orphans     []*find     // those that are nobody's, and can only be the one event's that there is
	nobodys     []*find     // those that are nobody's, and can only be one of the several events'
	broken      []*find     // those that break their schema
	afters, bys []time.Time // between which times they appeared, each sorted by itself
}

// keep takes in a find. alone says that there is one event only.
func (s *shared) keep(f *find, alone bool) {
	s.finds = append(s.finds, f)
	switch {
	case f.orphan && alone:
		s.orphans = append(s.orphans, f)
	case f.orphan:
		s.nobodys = append(s.nobodys, f)
	}
	if f.broken != nil {
		s.broken = append(s.broken, f)
	}
}

// forget takes back the strays of a channel.
func (s *shared) forget(channel string) {
	stray := func(f *find) bool { return f.stray && f.capture.Channel == channel }
	for _, finds := range []*[]*find{&s.finds, &s.orphans, &s.nobodys, &s.broken} {
		*finds = slices.DeleteFunc(*finds, stray)
	}
}

// look takes in what is known by now of when they appeared.
func (s *shared) look(ev evidence) {
	s.afters, s.bys = s.afters[:0], s.bys[:0]
	for _, f := range s.finds {
		after, by := ev.views[f.capture.Channel].Appeared(f.capture)
		s.afters, s.bys = append(s.afters, after), append(s.bys, by)
	}
	slices.SortFunc(s.afters, time.Time.Compare)
	slices.SortFunc(s.bys, time.Time.Compare)
}

// between returns how many may have appeared from one time on and before another: those that had not appeared for certain
// before the first, without those that surely appeared later than the second.
func (s *shared) between(from, until time.Time) int {
	if !from.Before(until) {
		return 0
	}
	over, _ := slices.BinarySearchFunc(s.bys, from, time.Time.Compare)
	begun, _ := slices.BinarySearchFunc(s.afters, until, time.Time.Compare)
	return begun - over
}

// share counts what j shares with other pairs.
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
	for _, f := range j.shared.orphans {
		if j.lies(f, ev)&^t.part == 0 {
			t.orphans++
		}
	}
	for _, f := range j.shared.broken {
		if t.mayBreak != nil {
			break
		}
		t.schema(f, j.lies(f, ev))
	}
}
