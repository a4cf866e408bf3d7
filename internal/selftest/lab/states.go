// Rows: what is there. An act changes an item that was as wanted, or takes it away; an item comes, and keeps as it is
// or does not.

package lab

import (
	"slices"
	"time"
)

// The names of the rows.
const (
	recordChanged = "the record has, yet it is changed"
	recordDeleted = "the record has, yet it is deleted"
	recordKeeps   = "the record keeps, once it has come to"
	recordGone    = "the record is gone, by a second act"
	recordStays   = "the record is gone, yet a second act changes it"
	recordNone    = "no record, once it is deleted"
	recordEach    = "a record for each row"
)

// keeping is how long an item is to keep as it is.
const keeping = time.Second

// ofStates returns the rows. Each is tried under some columns only.
func ofStates() []phrase {
	steady := []string{noFault, "none, side by side", "no proof", "late captures", "polled"}
	moving := append(slices.Clone(steady), "delay to the edge of the window", "corrupt another field")
	has := "Then the \"stock\" record of \"${id}\" has within 2s:\n" + shipped
	keeps := placed + "Then the \"stock\" record of \"${id}\" has within 2s and keeps for 1s:\n" + shipped
	again := placed + has + "When the same event is produced again\n"
	put := func(status string, nth int, soon, later time.Duration) output {
		return output{channel: stock, soon: soon, later: later, nth: nth, keyed: true,
			body: `{"orderId": "ID", "status": "` + status + `", "note": "plain"}`}
	}
	deleted := output{channel: stock, soon: 100 * ms, later: 900 * ms, nth: 2, keyed: true, gone: true}
	before := put("SHIPPED", 1, 100*ms, 900*ms)
	return []phrase{
		{
			name: recordChanged, under: moving, scenario: again +
				has, acts: true, outputs: []output{before, put("LOST", 2, 10*ms, 900*ms)}, hit: 1,
			asks: []ask{there(0), there(0)},
		},
		{
			name: recordDeleted, under: steady, scenario: again + has, acts: true, outputs: []output{before, deleted},
			asks: []ask{there(0), there(0)},
		},
		{
			name: recordKeeps, under: moving, scenario: keeps,
			outputs: []output{put("RESERVED", 1, 100*ms, 300*ms), put("SHIPPED", 1, 400*ms, 900*ms)}, hit: 1,
			asks: []ask{there(keeping)},
		},
		{
			name: recordGone, under: steady, scenario: again +
				"Then the \"stock\" record of \"${id}\" is gone within 2s\n", acts: true,
			outputs: []output{before, deleted}, asks: []ask{there(0), vanished()},
		},
		{
			name: recordStays, under: moving, scenario: again +
				"Then the \"stock\" record of \"${id}\" is gone within 2s\n", acts: true,
			outputs: []output{before, put("LOST", 2, 100*ms, 900*ms)}, hit: 1, asks: []ask{there(0), vanished()},
		},
		{
			name: recordNone, under: steady, acts: true, scenario: again +
				"Then no \"stock\" record appears within 2s with:\n  | key | ${id} |\n" + shipped,
			outputs: []output{before, deleted}, asks: []ask{there(0),
				{waits: true, holds: func(tl timeline) bool { return !there(0).holds(tl) }}},
		},
		{
			name: recordEach, under: steady, orders: 2, outputs: []output{before},
			scenario: "When these \"order placed\" events are produced:\n  | as | sku |\n  | a | A |\n  | b | B |\n" +
				"Then these \"stock\" records appear within 2s:\n  | key | status |\n  | ${a.orderId} | SHIPPED |\n  | " +
				"${b.orderId} | SHIPPED |\n",
			asks: []ask{there(0).of(0), there(0).of(1)},
		},
	}
}

// stateful returns the rows that need a proof of what is there at the end of their window, or fail by one.
func stateful() []string {
	return []string{recordChanged, recordDeleted, recordGone, recordStays, recordNone}
}

// at returns what is there at a time: nil for nothing.
func (tl timeline) at(t time.Time) (m *moment) {
	for i := range tl.moments {
		if one := &tl.moments[i]; one.channel == stock && !one.at.After(t) {
			if m = one; one.gone {
				m = nil
			}
		}
	}
	return m
}

// there asks that an item is shipped: it comes to be so in the window, or was so at the act and is at the end of the
// window. It is to keep so for some time, from when it came, and from the acceptance of the act where it was so at the
// act.
func there(keep time.Duration) ask {
	wanted := func(m *moment) bool { return m != nil && field("status", "SHIPPED").fit(*m) }
	return ask{holds: func(tl timeline) bool {
		atAct := wanted(tl.at(tl.window.begin))
		if atAct && !wanted(tl.at(tl.window.deadline)) {
			return false
		}
		begins := []time.Time{}
		if atAct {
			begins = append(begins, tl.window.accepted)
		}
		for _, m := range tl.between([]string{stock}, tl.window.begin, tl.window.deadline) {
			if wanted(&m) {
				begins = append(begins, m.at)
			}
		}
		return slices.ContainsFunc(begins, func(from time.Time) bool {
			for _, m := range tl.between([]string{stock}, from, from.Add(keep)) {
				if !wanted(&m) {
					return false
				}
			}
			return wanted(tl.at(from))
		})
	}}
}

// vanished asks that nothing is there at the end of the window.
func vanished() ask {
	return ask{waits: true, holds: func(tl timeline) bool { return tl.at(tl.window.deadline) == nil }}
}
