// Columns: what a listener missed, and when; and what its times are worth.

package lab

import (
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/fault"
)

// faultCasesOfListeners returns the columns.
func faultCasesOfListeners() []faultCase {
	// gap has the connection break so long after the order whose output is hit.
	gap := func(least, most, lasts time.Duration) func(t *trial) []fault.Fault {
		return drawn(func(t *trial) fault.Fault {
			return fault.Cut(t.between(least, most), lasts).On(t.on(t.target())).Of(t.isHitOrder())
		})
	}
	return []faultCase{
		{name: "a gap before the act", virtual: true, faults: gap(-2*time.Second, -time.Second, 900*ms)},
		{name: "a gap inside the audit", virtual: true, faults: gap(window+150*ms, window+400*ms, 200*ms)},
		{name: "a gap behind the audit", virtual: true, faults: gap(window+audit+100*ms, window+audit+time.Second, 200*ms)},
		{name: "an output is discarded before it is read", virtual: true,
			faults: hit(func(*trial) fault.Fault { return fault.Discard() })},
		{name: "none, behind a bound", virtual: true, stamps: "canary=true&bound=300ms"},
		{name: "the first act's comes again before the second, behind a bound, and the second's never", virtual: true,
			stamps: "canary=true&bound=1500ms",
			faults: func(t *trial) []fault.Fault {
				first, second := origin{1, 0, 0}, origin{1, 1, 0}
				return []fault.Fault{
					fault.Duplicate(t.between(100*ms, time.Second)).On(t.on(t.hitChannel())).Of(from(first)),
					fault.Drop().On(t.on(t.hitChannel())).Of(from(second)),
				}
			}},
		{name: "... but stamped by a clock that jumps", virtual: true, stamps: "clock=0s&canary=true",
			apart: "... but stamped to the second", faults: func(t *trial) []fault.Fault {
				return []fault.Fault{
					fault.Delay(t.until(window-300*ms, window+300*ms)).On(t.on(t.hitChannel())).Of(t.isHit),
					beyond(t).On(t.on(t.target())).Of(isOutput),
					fault.JumpStamps(t.between(-3*time.Second, 3*time.Second), t.between(0, window)).On(t.on(t.target())),
				}
			}},
		{name: "an earlier attempt's come late", virtual: true, retried: true, faults: hit(func(t *trial) fault.Fault {
			return fault.Delay(t.until(window+100*ms, 2*window))
		})},
	}
}

// columnsOfListeners returns what is right under each of them.
func columnsOfListeners() []column {
	acts := []string{twoExactly, againOne, againNone}
	return []column{
		{"a gap before the act", "the connection was broken a while ago, and is back", slices.Concat([]rule{
			{passed | inconclusive, []string{twoExactly}, "it may have been while the first act's window was open"},
		}, fine())},
		{"a gap inside the audit", "the connection breaks when the window is over, and is back before the audit is",
			slices.Concat([]rule{
				{inconclusive, counted(), "one more may have come in the gap"},
			}, fine())},
		{"a gap behind the audit", "the connection breaks when nothing counts any more", slices.Concat([]rule{
			{passed | inconclusive, acts, "the next act's window may be open"},
		}, fine())},
		{"an output is discarded before it is read",
			"a stream deletes it while the listener is behind, which that finds out when it reads on", slices.Concat([]rule{
				{notApplicable, []string{record}, "an item is there or not"},
				{passed | inconclusive, []string{half}, "three of four are enough"},
				{passed, []string{no, nothingAtAll}, "the gap is on another channel"},
			}, unknowable())},
		{"none, behind a bound", "captures come by a recorder, whose proofs take their time", slices.Concat([]rule{
			{passed | inconclusive, []string{againOne},
				"whether one came before the same was sent again is known no better than a proof takes"},
			{notApplicable, []string{record}, "a state stands behind no recorder"},
			{passed | inconclusive, []string{appearsBetween, inOrderOnTwo, rated},
				"what has no stamp appeared no earlier than the last proof that lacked it, by its bound"},
			{failed | inconclusive, []string{appearsEarly},
				"what has no stamp appeared no earlier than the last proof that lacked it, by its bound"},
		}, fine())},
		{"the first act's comes again before the second, behind a bound, and the second's never",
			"a proof that takes its time is no part of the second act", []rule{
				{failed, []string{twoActs}, "what came before the second order was sent is the first one's"},
				{right: notApplicable, why: "it is about another act"},
			}},
		{"... but stamped by a clock that jumps",
			"captures are later than the window, and stamped by a clock that is set meanwhile", slices.Concat([]rule{
				{notApplicable, []string{record, answered},
					"a state has no stamps; an answer is late if its request is seen late, whatever the stamp says"},
			}, []rule{{right: asTrue, why: "what a clock says that was set tells nothing"}})},
		{"an earlier attempt's come late", "the scenario is tried again, and an output of the first attempt comes then",
			slices.Concat(alone(), fine())},
	}
}
