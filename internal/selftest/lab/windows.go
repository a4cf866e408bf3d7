// The windows that the oracle goes by: by DESIGN's words, from what a plan of faults saw the run send.

package lab

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
)

// sent is an order that a scenario has sent.
type sent struct {
	body            []byte
	began, accepted time.Time // accepted is zero where its sender was told that it is not
	returned        time.Time // when its sender was told how it ended
}

// sent returns the orders that a scenario has sent, in the order in which it began to.
func (t *trial) sent(by []fault.Sending, execution uint32) (all []sent) {
	address := t.where(orders).String()
	for _, s := range by {
		if id, ok := firstID(s.Event); !ok || id.Execution != execution || s.URL.String() != address {
			continue
		}
		one := sent{body: s.Event.Body, began: s.Began, returned: s.Returned}
		if accepted(s) {
			one.accepted = s.Returned
			if !s.Accepted.IsZero() {
				one.accepted = s.Accepted
			}
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b sent) int { return a.began.Compare(b.began) })
	return all
}

// accepted says whether a sender knows that it was.
func accepted(s fault.Sending) bool {
	return s.Err == nil || errors.Is(s.Err, harness.ErrPerhapsTwice)
}

// orderIn returns the how manieth of the orders a body carries the id of, -1 if none.
func orderIn(all []sent, body []byte) int {
	return slices.IndexFunc(all, func(s sent) bool {
		id, ok := firstID(event.Event{Body: s.body})
		return ok && bytes.Contains(body, []byte(id.String()))
	})
}

// timelines returns a timeline for each Then that the scenario got to, of these moments: its window counts from the
// beginning of the act's first send, its deadline from the acceptance of the last, and the next act cuts its audit.
// commanded is when the act's command had ended, if it has one. There is none where an order was not accepted.
func (t *trial) timelines(
	all []sent, moments []moment, commanded time.Time, audit time.Duration,
) (timelines []timeline) {
	one := timeline{moments: moments}
	for _, s := range all {
		if s.accepted.IsZero() {
			return nil
		}
		one.sent, one.accepted = append(one.sent, s.body), append(one.accepted, s.accepted)
	}
	for i := range t.phrase.asks {
		act, next := all, []sent(nil)
		if t.phrase.acts {
			act, next = all[min(i, len(all)):min(i+1, len(all))], all[min(i+1, len(all)):]
		}
		if len(act) == 0 {
			break
		}
		tl := one
		tl.window = span{begin: act[0].began, from: act[0].began, accepted: act[len(act)-1].accepted}
		if commanded.After(tl.window.accepted) {
			tl.window.accepted = commanded
		}
		if t.phrase.name == appearsBetween || t.phrase.name == appearsEarly {
			tl.window.from = tl.window.accepted.Add(500 * ms)
		}
		tl.window.deadline = tl.window.accepted.Add(window)
		tl.window.horizon = tl.window.deadline.Add(audit)
		if len(next) > 0 && next[0].began.Before(tl.window.horizon) {
			tl.window.horizon = next[0].began
		}
		timelines = append(timelines, tl)
	}
	return timelines
}

// tolerance is how much earlier than a later act's first send something may have appeared and count as that act's:
// DESIGN's one stated tolerance, for what is not there when the proof before the act is asked for.
const tolerance = 50 * ms

// tolerant returns the timelines as they are where what appeared within the tolerance before a later act counts as that
// act's.
func tolerant(timelines []timeline) []timeline {
	timelines = slices.Clone(timelines)
	for i := range timelines {
		if i == 0 || !timelines[i].window.begin.After(timelines[i-1].window.begin) {
			continue
		}
		own, before := &timelines[i].window, &timelines[i-1].window
		begins := own.begin.Add(-tolerance)
		if own.from.Equal(own.begin) {
			own.from = begins
		}
		own.begin = begins
		if before.horizon.After(begins) {
			before.horizon = begins
		}
	}
	return timelines
}

// hold says whether what the scenario asks for is so in these timelines, unknown if it got to no Then.
func (t *trial) hold(timelines []timeline) truth {
	verdict := unknown
	for i, tl := range timelines {
		if !t.phrase.asks[i].holds(tl) {
			return broken
		}
		verdict = holds
	}
	return verdict
}
