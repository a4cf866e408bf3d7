// How fast the outputs were: the distribution of each against its limit.

package site

import (
	"cmp"
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/report"
)

const (
	bins    = 60 // of a distribution
	slowest = 5  // scenarios that are named beside it
)

// output is what came of all waits for an event on a channel with the same limit, over all attempts.
type output struct {
	event, channel string
	limit          time.Duration
	took           []sample // in time; the fastest first
	late           []sample // came, and too late
	missed         int      // waits that did not pass and for which nothing came too late either
}

type sample struct {
	took time.Duration
	of   *scenario
}

type outputData struct {
	Event   string       `json:"event,omitempty"`
	Channel string       `json:"channel"`
	Limit   millis       `json:"limit"`
	Count   int          `json:"count"`
	P50     millis       `json:"p50"`
	P95     millis       `json:"p95"`
	Max     millis       `json:"max"`
	Late    int          `json:"late,omitempty"`
	Latest  millis       `json:"latest,omitempty"` // after the act
	Missed  int          `json:"missed,omitempty"`
	Bins    []int        `json:"bins"` // how many samples, late ones too, in equal parts of
	Span    millis       `json:"span"` // ... the time from the act to here
	Slowest []sampleData `json:"slowest"`
}

type sampleData struct {
	ID   string `json:"id"`
	Took millis `json:"took"`
}

// outputsOf returns what came of each output that something came on, the smallest margin first.
func outputsOf(scenarios []*scenario) []*output {
	type key struct {
		event, channel string
		limit          time.Duration
	}
	found := make(map[key]*output)
	for _, s := range scenarios {
		for _, x := range s.executions() {
			for _, w := range x.Waits {
				k := key{w.Event, w.Channel, w.Window}
				o := found[k]
				if o == nil {
					o = &output{event: w.Event, channel: w.Channel, limit: w.Window}
					found[k] = o
				}
				o.add(s, x, w)
			}
		}
	}
	var all []*output
	for _, o := range found {
		if len(o.took)+len(o.late) == 0 {
			continue
		}
		for _, samples := range [][]sample{o.took, o.late} {
			slices.SortStableFunc(samples, func(x, y sample) int { return cmp.Compare(x.took, y.took) })
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y *output) int {
		return cmp.Or(cmp.Compare(x.margin(), y.margin()), cmp.Compare(x.event, y.event), cmp.Compare(x.channel, y.channel),
			cmp.Compare(x.limit, y.limit))
	})
	return all
}

func (o *output) add(s *scenario, x report.Scenario, w report.Wait) {
	switch {
	case w.Measure:
		o.took = append(o.took, sample{w.Took, s})
	case len(w.Late) > 0:
		for _, r := range w.Late {
			for _, c := range x.Captured {
				if c.Channel == r.Channel && c.Number == r.Number {
					o.late = append(o.late, sample{c.Seen.Seen.Sub(w.Accepted), s})
				}
			}
		}
	case stateOf(w.Verdict) == failed:
		o.missed++
	}
}

// margin returns which part of the limit was left at the 95th percentile; less than nothing, where something came too
// late.
func (o *output) margin() float64 {
	if n := len(o.late); n > 0 {
		return min(1-o.late[n-1].took.Seconds()/o.limit.Seconds(), 0)
	}
	return 1 - quantile(o.took, 95).Seconds()/o.limit.Seconds()
}

// quantile returns the smallest value that at least percent of sorted are no larger than (nearest rank); 0 of none.
func quantile(sorted []sample, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*percent+99)/100, 1)-1].took
}

func (o *output) data() outputData {
	d := outputData{
		Event: o.event, Channel: o.channel, Limit: ms(o.limit), Count: len(o.took),
		P50: ms(quantile(o.took, 50)), P95: ms(quantile(o.took, 95)), Max: ms(quantile(o.took, 100)),
		Late: len(o.late), Latest: ms(quantile(o.late, 100)), Missed: o.missed, Bins: make([]int, bins),
	}
	all := slices.Concat(o.took, o.late)
	span := max(o.limit*11/10, quantile(all, 100)*11/10, 1)
	d.Span = ms(span)
	for _, s := range all {
		d.Bins[min(int(int64(s.took)*bins/int64(span)), bins-1)]++
	}
	for i := len(all) - 1; i >= 0 && len(d.Slowest) < slowest; i-- {
		d.Slowest = append(d.Slowest, sampleData{all[i].of.id, ms(all[i].took)})
	}
	return d
}
