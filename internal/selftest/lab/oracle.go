// The oracle: what is true, by what truly appeared. It shares no code with the judge.

package lab

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// unlimited stands for no upper limit.
const unlimited = 1 << 30

// moment is an event that appeared, or was captured, and when.
type moment struct {
	channel string
	body    []byte
	fields  map[string]any // of the body; nil where it is no JSON object
	at      time.Time
	order   int  // the how manieth order of the scenario it belongs to
	gone    bool // it is no event: what was there is removed
}

func newMoment(channel string, e event.Event, at time.Time, order int) moment {
	m := moment{channel: channel, body: e.Body, at: at, order: order}
	if json.Unmarshal(plain(e), &m.fields) != nil {
		m.fields = nil
	}
	return m
}

// span is the window of a Then, as DESIGN's words give it and not as the judge has it.
type span struct {
	begin    time.Time // of the act's first send
	from     time.Time // what comes before is too early; begin where nothing is
	accepted time.Time // the act's last send was
	deadline time.Time
	horizon  time.Time // until when one too many counts
}

// timeline is all that belongs to a scenario, and the window that a Then had.
type timeline struct {
	moments  []moment // by time
	window   span
	sent     [][]byte    // the body of each order
	accepted []time.Time // when each was accepted
}

// ask is what a Then asks, in the oracle's words.
type ask struct {
	waits bool // that nothing more comes: it cannot hold before the window is over
	holds func(tl timeline) bool
}

// fields is what is asked of a body.
type fields map[string]any

func field(name string, value any) fields { return fields{name: value} }

func (f fields) fit(m moment) bool {
	for name, want := range f {
		if m.fields[name] != want {
			return false
		}
	}
	return true
}

// between returns what appeared on the channels after one time and by another, and fits.
func (tl timeline) between(channels []string, from, to time.Time, fit ...fields) (all []moment) {
	for _, m := range tl.moments {
		if m.at.Before(from) || m.at.After(to) || !slices.Contains(channels, m.channel) {
			continue
		}
		if !slices.ContainsFunc(fit, func(f fields) bool { return !f.fit(m) }) {
			all = append(all, m)
		}
	}
	return all
}

// counting asks for a number in the window, none before it, and no more until the horizon.
func counting(channel string, least, most int, fit ...fields) ask {
	return ask{waits: least == 0, holds: func(tl timeline) bool {
		on := []string{channel}
		end := tl.window.horizon
		if most == 0 {
			end = tl.window.deadline
		}
		return len(tl.between(on, tl.window.from, tl.window.deadline, fit...)) >= least &&
			len(tl.between(on, tl.window.from, end, fit...)) <= most &&
			(tl.window.from.Equal(tl.window.begin) || len(tl.between(on, tl.window.begin, tl.window.from, fit...)) == 0)
	}}
}

// same asks for the very message that was sent.
func same(channel string) ask {
	return ask{holds: func(tl timeline) bool {
		return slices.ContainsFunc(tl.between([]string{channel}, tl.window.begin, tl.window.deadline), func(m moment) bool {
			return bytes.Equal(m.body, tl.sent[0])
		})
	}}
}

// of asks it of what belongs to one order only.
func (a ask) of(order int) ask {
	holds := a.holds
	a.holds = func(tl timeline) bool {
		tl.moments = slices.DeleteFunc(slices.Clone(tl.moments), func(m moment) bool { return m.order != order })
		return holds(tl)
	}
	return a
}

// nothing asks that no more than so many appear in all, whatever they are.
func nothing(channels []string, but int) ask {
	return ask{waits: true, holds: func(tl timeline) bool {
		return len(tl.between(channels, tl.window.begin, tl.window.deadline)) <= but
	}}
}

// row is an event that is asked for among others.
type row struct {
	channel string
	fields
}

// eachRow asks for an event for each row. No event fits two of the lab's rows.
func eachRow(inOrder bool, rows ...row) ask {
	return ask{holds: func(tl timeline) bool {
		from := tl.window.begin
		for _, r := range rows {
			found := tl.between([]string{r.channel}, from, tl.window.deadline, r.fields)
			if len(found) == 0 {
				return false
			}
			if inOrder {
				from = found[0].at
			}
		}
		return true
	}}
}

// statuses are rows of shipments.
func statuses(all ...string) (rows []row) {
	for _, status := range all {
		rows = append(rows, row{shipments, field("status", status)})
	}
	return rows
}

// causeAndEffect asks that so many of the orders led to one shipment at least, and to no more than that.
func causeAndEffect(of, most, need int) ask {
	return ask{holds: func(tl timeline) bool {
		good := 0
		for order := range min(of, len(tl.accepted)) {
			deadline := tl.accepted[order].Add(tl.window.deadline.Sub(tl.window.accepted))
			in, all := 0, 0
			for _, m := range tl.between([]string{shipments}, tl.window.begin,
				deadline.Add(tl.window.horizon.Sub(tl.window.deadline))) {
				if m.order != order {
					continue
				}
				all++
				if !m.at.After(deadline) {
					in++
				}
			}
			if in >= 1 && all <= most {
				good++
			}
		}
		return good >= need
	}}
}

// rate asks that no more than so many shipments appear in any time of that length.
func rate(most int, per time.Duration) ask {
	return ask{waits: true, holds: func(tl timeline) bool {
		all := tl.between([]string{shipments}, tl.window.begin, tl.window.deadline)
		for i := most; i < len(all); i++ {
			if all[i].at.Sub(all[i-most].at) < per {
				return false
			}
		}
		return true
	}}
}

// sum asks what the amounts of all shipments add up to, at the end of the window and at the horizon.
func sum(want float64) ask {
	return ask{holds: func(tl timeline) bool {
		for _, end := range []time.Time{tl.window.deadline, tl.window.horizon} {
			total := 0.0
			for _, m := range tl.between([]string{shipments}, tl.window.begin, end) {
				amount, _ := m.fields["amount"].(float64)
				total += amount
			}
			if total != want {
				return false
			}
		}
		return true
	}}
}
