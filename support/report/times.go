// One clock for all times of a run.

package report

import "time"

// Clock puts all times of the runner's clock in the scenario onto one that was read once, when the run began, and has
// run on by itself since: so they have the order in which things happened, whoever writes them and reads them back. The
// system's clock can be set in mid-run, and Go reads it and the monotonic one one after the other, so that under load
// the two readings of a time.Time are milliseconds apart. A channel's own stamps stay as they are.
func (s *Scenario) Clock(began time.Time) {
	put := func(times ...*time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				*t = OnClock(began, *t)
			}
		}
	}
	put(&s.Began, &s.Ended)
	for i := range s.Hooks {
		put(&s.Hooks[i].Began, &s.Hooks[i].Ended)
	}
	for i := range s.Steps {
		put(&s.Steps[i].Began, &s.Steps[i].Ended)
	}
	for i := range s.Produced {
		put(&s.Produced[i].Began, &s.Produced[i].Accepted)
	}
	for _, captures := range [][]Captured{s.Captured, s.Uncorrelated} {
		for i := range captures {
			put(&captures[i].Seen.Seen)
		}
	}
	for i := range s.Waits {
		w := &s.Waits[i]
		put(&w.Begin, &w.Accepted, &w.Deadline, &w.Horizon)
		for k := range w.Proofs {
			put(&w.Proofs[k].Through)
		}
	}
	for i := range s.Links {
		put(&s.Links[i].At)
	}
	for i := range s.Log {
		put(&s.Log[i].At)
	}
}

// OnClock returns t on the clock that was read at began and has run on by itself since.
func OnClock(began, t time.Time) time.Time { return began.Add(t.Sub(began)).Round(0) }
