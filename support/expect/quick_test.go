// What is reckoned in one go for many captures, against trying all with all.
package expect

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/journal"
)

// drawn returns a few intervals, of which many begin or end at the same time.
func drawn(r *rand.Rand) (all []interval) {
	for range r.IntN(8) {
		after := float64(r.IntN(10))
		all = append(all, interval{at(after), at(after + float64(r.IntN(5)))})
	}
	return all
}

func TestTheMostThatSurelyAppearedTogetherIsThatOfTryingEveryBeginning(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		all, length := drawn(r), time.Duration(1+r.IntN(5))*time.Second
		inside := func(begin time.Time) (n int) {
			for _, one := range all {
				if !one.after.Before(begin) && one.by.Before(begin.Add(length)) {
					n++
				}
			}
			return n
		}
		want := 0
		for _, one := range all {
			want = max(want, inside(one.after))
		}
		if got, begin := together(all, length); got != want || got > 0 && inside(begin) != got {
			t.Fatalf("%v in %s: got %d from %s on, want %d", all, length, got, begin, want)
		}
	}
}

func TestARowFollowsTheOneBeforeItAsEarlyAsByTryingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	channels := []string{"", "", "a", "b"} // "" does not tell the order
	for range 20_000 {
		matches := make([]*match, 6)
		number := make(map[string]int)
		places := make([]moment, len(matches))
		for i := range matches {
			channel := channels[r.IntN(len(channels))]
			after := float64(r.IntN(8))
			matches[i] = &match{capture: &journal.Capture{Channel: channel}, after: at(after),
				by: at(after + float64(r.IntN(4)))}
			places[i] = moment{match: matches[i], after: matches[i].after, by: matches[i].by,
				least: matches[i].after.Add(time.Duration(r.IntN(3)) * time.Second)}
			if channel != "" {
				number[channel]++
				places[i].number = number[channel]
			}
		}
		r.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		row, m := places[:5], places[r.IntN(len(places))]
		m.back, m.least = -1, m.after
		want := m
		for i, p := range row {
			least := later(want.after, p.least)
			if p.match != m.match && !surelyBefore(m, p) && !least.After(m.by) && (want.back < 0 || least.Before(want.least)) {
				want.back, want.least = i, least
			}
		}
		got := m
		got.follow(newPredecessors(row))
		if got.least != want.least || (got.back < 0) != (want.back < 0) {
			t.Fatalf("%+v behind %+v: got %d at %s, want %d at %s", m, row, got.back, got.least, want.back, want.least)
		}
	}
}

func TestWhatCausesShareIsCountedAsOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		w := Window{Begin: at(float64(r.IntN(4))), Accepted: at(4)}
		w.Deadline = w.Begin.Add(time.Duration(1+r.IntN(6)) * time.Second)
		if r.IntN(2) == 0 {
			w.From = w.Begin.Add(time.Duration(1+r.IntN(int(w.Deadline.Sub(w.Begin)/time.Second))) * time.Second / 2)
		}
		if r.IntN(2) == 0 {
			w.Horizon = w.Deadline.Add(2 * time.Second)
		}
		j := &Judgement{Expectation: Expectation{Window: w}, shared: &shared{}}
		for range r.IntN(6) {
			after := float64(r.IntN(12))
			c := came(after, after+0.5+float64(r.IntN(4)), "x")
			m := &match{capture: c, why: "anyone's", byElimination: r.IntN(2) == 0}
			if r.IntN(3) == 0 {
				m.broken = errRefused
			}
			j.shared.keep(m, true)
		}
		ev := newEvidence([]journal.View{{Channel: "shipments"}}, nil)
		for _, part := range []parts{counted, within | extra} {
			want, got := tally{part: part}, tally{part: part}
			for _, m := range j.shared.matches {
				want.add(m, j.lies(m, ev))
			}
			j.shared.look(ev)
			got.share(j, ev)
			if got != want {
				t.Fatalf("%+v in %+v:\ngot  %+v\nwant %+v", j.shared.matches, w, got, want)
			}
		}
	}
}
