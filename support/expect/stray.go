// Strays: captures of which it is not known whose they are, until that is known.

package expect

import "slices"

// forgetter is a rule that keeps what it has taken.
type forgetter interface {
	// forget takes back the strays of a channel. The haul has none of them any more.
	forget(j *Judgement, channel string)
}

// forget takes back the strays of a channel: some of them are known by now to be somebody's.
func (j *Judgement) forget(channel string) {
	stray := func(f *find) bool { return f.stray && f.capture.Channel == channel }
	h := &j.haul
	h.orphans, h.mayBreak = 0, nil
	for _, s := range []*sorted{&h.early, &h.in, &h.extra} {
		s.perhaps = slices.DeleteFunc(s.perhaps, stray)
		for _, f := range s.perhaps {
			if f.orphan {
				h.orphans++
			}
			if f.broken != nil {
				h.mayBreak = first(h.mayBreak, f)
			}
		}
	}
	h.open = slices.DeleteFunc(h.open, stray)
	if r, ok := j.rule.(forgetter); ok {
		r.forget(j, channel)
	}
}
