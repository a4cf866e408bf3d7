// The table: which verdict is right for each phrase under each fault case. It was written from DESIGN's promises before
// the first trial. Of one fault case's rules, the first that names a phrase tells its verdict.

package lab

import (
	"fmt"
	"slices"
)

// rule is what is right for some phrases under one fault case, and why where that is not plain.
type rule struct {
	right   verdicts
	phrases []string
	why     string
}

// column is what is right under one fault case.
type column struct {
	faultCase string
	means     string
	rules     []rule // the last names no phrases: it is for all that are left
}

// right returns the right verdict for a phrase, and why.
func (c column) right(phrase string) (verdicts, string) {
	for _, r := range c.rules {
		if r.phrases == nil || slices.Contains(r.phrases, phrase) {
			return r.right, r.why
		}
	}
	return notApplicable, ""
}

// table returns the columns, in the order in which they are shown.
func table() []column {
	// The system puts out one event only, so that there is no other to change places with.
	single := []string{
		appears, appearsTwice, twoActs, twoExactly, againOne, againNone, appearsBySchema, appearsBetween, appearsEarly, again,
		unchanged, pauses, commanded, exactly1, atMost1, no, noYet, nothingAtAll,
		nothingYet, nothingElse, inOrderOnTwo, answered, record,
	}
	fine := fine()
	idle := []rule{{notApplicable, []string{record}, "a state has no deliveries: it is there or not"}}
	unstamped := rule{notApplicable, []string{record, answered},
		"a state has no stamps; an answer is late if its request is seen late, whatever the stamp says"}
	lost := lost()
	atTheEdge := []rule{
		{asTrue, forbidden(), "it is forbidden up to the deadline"},
		{asTrue, []string{rated}, "it is near to the other, or not"},
		{passed, careless(), "it is about something else, or allows both"},
		{right: asTrue, why: "it comes just before or just after the deadline"},
	}

	columns := []column{
		{noFault, "all is well", fine},
		{"none, side by side", "other scenarios do the same at the same time", slices.Concat(alone(), fine)},

		{"drop", "the system never puts out one of its outputs", lost},
		{"drop, side by side", "... while it serves other scenarios well", slices.Concat(alone(), lost)},
		{"drop the input", "the system never gets one of the orders", slices.Concat([]rule{
			{passed, []string{again}, "the order comes twice, and one is enough"},
			{passed, []string{commanded}, "the command names the order, too"},
		}, lost)},
		{"duplicate", "the system puts out one of its outputs twice", slices.Concat(idle, []rule{
			{failed, counted(), ""},
			{failed, []string{nothingElse}, "the duplicate is something else"},
			{failed, []string{rated}, "both come in one second"},
		}, fine)},
		{"duplicate the input", "the system gets one of the orders twice", slices.Concat([]rule{
			{passed, []string{again, againNone}, "it knows the order again"},
			{passed, []string{commanded}, "an order alone has it put out nothing"},
			{failed, counted(), ""},
			{failed, []string{nothingElse, rated}, "the duplicate comes with the first"},
		}, fine)},
		{"duplicate late, inside the audit", "the duplicate comes after the window, and before its audit ends",
			slices.Concat(idle, []rule{
				{failed, counted(), "exactly means exactly: until the audit ends"},
			}, fine)},
		{"duplicate later, outside the audit", "the duplicate comes after the audit", slices.Concat(idle, []rule{
			{failed, []string{againOne}, "it comes in the next act's, which asks for the same"},
			{passed | failed, []string{twoExactly, againNone}, "it may come in the next act's window or audit"},
		}, fine)},
		{"redeliver", "the same delivery comes twice", slices.Concat(idle, fine)},
		{"delay past the window", "an output comes too late", lost},
		{"delay within the window", "an output comes later, and in time", slices.Concat([]rule{
			{asTrue, []string{appearsEarly}, "it comes early no more, if it is late enough"},
			{asTrue, []string{inOrder, inOrderOnTwo, rated},
				"it comes behind the next one, or near to it, if it is late enough"},
			{asTrue, []string{answered}, "what follows from it is later, too, and perhaps too late"},
		}, fine)},
		{"delay to the edge of the window", "an output comes just before or just after the deadline", atTheEdge},
		{"reorder", "an output comes only after the next one", slices.Concat([]rule{
			{notApplicable, single, "there is no other output to change places with"},
			{asTrue, []string{inOrder}, "unless it is the last one, which has none behind it"},
			{asTrue, []string{rated}, "unless it is the last one, which has none behind it"},
		}, fine)},
		{"corrupt a field that is asked for", "an output has another value there", slices.Concat([]rule{
			{notApplicable, []string{nothingYet, everyOne, most99, half, answered, rated}, "it asks for no field"},
			{failed, []string{appearsBySchema}, "the value is none that the schema allows"},
			{passed, []string{noYet}, "it is not what must not come any more"},
		}, lost)},
		{"corrupt another field", "an output has another value where nobody asks", slices.Concat([]rule{
			{notApplicable, []string{unchanged}, "every field of it is asked for"},
		}, fine)},
		{"wrong channel", "an output appears on another of the system's channels", slices.Concat([]rule{
			{failed, []string{no, nothingAtAll}, "that is the one on which nothing must come"},
			{failed, []string{nothingYet}, "the other channel is the subsystem's, too"},
		}, lost)},
		{"replay of an earlier run, beside", "an event with an earlier run's id appears, too", fine},
		{"replay of an earlier run, in place", "an output appears with an earlier run's id", slices.Concat([]rule{
			{passed | blind, forbidden(),
				"nothing tells a forbidden event of this run that carries another's id from one of another run"},
		}, lost)},
		{"strip the id", "an output appears without its id", slices.Concat(idle, uncorrelated())},
		{"strip the id, side by side", "... while other scenarios do the same", slices.Concat(alone(), idle, uncorrelated())},
		{"strip the id, foreign expected", "... on channels of which it is said that others' events come by",
			slices.Concat(idle, []rule{
				{passed | blind, forbidden(), "who says that what carries no id is others' business does not see it"},
				{passed, careless(), ""},
				{failed | blind, []string{appearsEarly}, "it is others' business, so that none came"},
				{right: failed | blind, why: "it is others' business, so that none came"},
			})},
		{"one output for several scenarios", "an output carries the ids of other scenarios, too",
			slices.Concat(alone(), idle, []rule{
				{failed, []string{unchanged}, "with more in it, it is not unchanged"},
			}, fine)},

		{"throttle", "orders are accepted slowly, one after the other", slices.Concat([]rule{
			{inconclusive, []string{paced}, "the pace that was asked for did not come about"},
			{failed | inconclusive, []string{appearsEarly},
				"when the window begins is known no better than when the order was accepted"},
			{failed | inconclusive, []string{keepsNot, keepsGone},
				"when it was otherwise is known no better than when the order was accepted"},
		}, fine)},
		{"deny", "the system's input or its output cannot be reached", []rule{{right: inconclusive}}},
		{"cut, events in the gap", "the connection breaks, and an output appears meanwhile", slices.Concat([]rule{
			{passed | inconclusive, []string{half}, "others may appear in the gap, too"},
		}, unknowable())},
		{"cut, nothing in the gap", "the connection breaks before there is anything to see", slices.Concat([]rule{
			{inconclusive, anchored(), "more may have come in the gap"},
			{inconclusive, []string{appearsBetween}, "one may have come too early, in the gap"},
			{passed | inconclusive, []string{inOrderOnTwo},
				"a delivery that was lost in the gap may come again, out of its order"},
		}, fine)},
		{"stop of the broker", "the connection breaks for good, before an output appears", slices.Concat([]rule{
			{passed | inconclusive, []string{half}, "two of four may have come before"},
		}, unknowable())},
		{"lost acknowledgement", "an order is accepted, and its sender told that it is not", []rule{{right: inconclusive}}},
		{"client sends again", "an order is accepted twice, since an acknowledgement was lost", slices.Concat([]rule{
			{passed, []string{again, againNone}, "the system knows the order again"},
			{passed, []string{commanded}, "an order alone has it put out nothing"},
			{inconclusive, counted(), "the client may have caused the surplus"},
			{inconclusive, []string{nothingElse, rated}, "the client may have caused the surplus"},
			{inconclusive, erring(), "what comes twice is a surplus, which the client may have caused"},
		}, fine)},
		{"no proof", "the listener cannot show that it is caught up", slices.Concat([]rule{
			{inconclusive, anchored(), "silence proves nothing then"},
			{inconclusive, stateful(), "it is not known how it is at the end"},
			{passed | inconclusive, []string{recordKeeps}, "nobody looks"},
			{inconclusive, []string{appearsBetween}, "nothing shows that none came too early"},
			{inconclusive, []string{inOrderOnTwo}, "nothing tells which came first"},
		}, fine)},
		{"no proof, and a drop", "... and the system never puts out one of its outputs", slices.Concat([]rule{
			{passed, []string{half}, "three of four are enough"},
		}, unknowable())},
		{"late captures", "the listener receives everything late, and still in the window", slices.Concat([]rule{
			{failed | inconclusive, []string{appearsEarly}, "it may be received after the window begins"},
			{passed | inconclusive, []string{inOrderOnTwo, rated},
				"what is known of the times is less exact, as late as the captures are"},
			{passed | inconclusive, []string{againOne},
				"whether one came before the same was sent again is known no better than a proof takes"},
			{failed | inconclusive, []string{keepsNot, keepsGone},
				"when it was otherwise is known no better than captures are in time"},
			{passed | inconclusive, []string{refusedOnly, unheededFirst},
				"a request that is seen late is answered late, which may have changed how many there are"},
			{passed | inconclusive, []string{keeps, recordKeeps},
				"two looks may be further apart than it may be otherwise in between"},
		}, fine)},
		{"captures later than the window", "the listener receives everything after the window", slices.Concat([]rule{
			{passed, []string{no, nothingAtAll}, "a proof takes what is late into account"},
			{passed, []string{atMost1}, "one in all is not too many, whenever it came"},
			{passed | inconclusive, []string{half, rated}, "some may be received in time"},
		}, unknowable())},
		{"captures as late as leaves too little time", "the listener receives everything at the very end of the window",
			slices.Concat([]rule{
				{inconclusive, []string{answered}, "the test answered so late that what followed could not come in time"},
			}, notAnswering())},
		{"slow answers", "what the test answers is accepted late, and in time",
			slices.Concat([]rule{{passed, []string{answered, refusedFirst}, ""}}, notAnswering())},
		{"answers later than the window", "what the test answers is accepted after the window", slices.Concat([]rule{
			{inconclusive, []string{answered, refusedFirst, unheededFirst}, "it is the test that was late"},
		}, notAnswering())},
		{"... but stamped by a clock that is wrong", "stamps that are off by hours tell that it appeared in time",
			slices.Concat([]rule{unstamped}, fine)},
		{"... but stamped to the second", "stamps tell so, to the second", slices.Concat([]rule{unstamped}, []rule{
			{passed, []string{no, nothingAtAll, atMost1}, ""},
			{failed | inconclusive, erring(), "a second more or less can decide"},
			{right: passed | inconclusive, why: "a second more or less can decide"},
		})},
		{"polled", "the listener sees only what is there when it looks", slices.Concat([]rule{
			{failed | inconclusive, []string{appearsEarly}, "it may be seen after the window begins"},
			{passed | inconclusive, []string{inOrderOnTwo, rated}, "looks tell the times less exactly"},
			{passed | inconclusive, []string{againOne},
				"whether one came before the same was sent again is known no better than a look takes"},
			{failed | inconclusive, []string{keepsNot, keepsGone}, "when it was otherwise is known no better than looks tell"},
		}, fine)},
		{"polled, and delayed to the edge", "... and an output comes just before or just after the deadline", atTheEdge},
		{"two at once", "any two of these, drawn", []rule{{right: asTrue, why: "whichever two it is"}}},
		{"two at once, on channels with a clock", "any two of these, drawn",
			[]rule{{right: asTrue, why: "whichever two it is"}}},
		{"two at once, one of them newer", "one of these and one of those below, drawn",
			[]rule{{right: asTrue, why: "whichever two it is"}}},
		{"two at once, one of them newer, on channels with a clock", "one of these and one of those below, drawn",
			[]rule{{right: asTrue, why: "whichever two it is"}}},
	}
	return slices.Concat(columns, columnsOfSends(), columnsOfIdentity(), columnsOfBodies(), columnsOfListeners(),
		columnsInParticular())
}

// fine is what is right where nothing is wrong.
func fine() []rule {
	return []rule{{failed, erring(), "the system errs, and this changes nothing"}, {right: passed}}
}

// lost is what is right where what is hit did not come, or not in time.
func lost() []rule {
	return []rule{
		{passed, []string{no, nothingAtAll, atMost1, rated}, "fewer are never too many"},
		{passed, []string{half}, "three of four are enough"},
		{passed, forbidden(), "what must not come does not"},
		{right: failed},
	}
}

// uncorrelated is what is right where an output is nobody's for all that can be seen.
func uncorrelated() []rule {
	return []rule{
		{passed, careless(), "one that is nobody's could only be too many, and is not"},
		{failed, []string{appearsEarly}, "it is this one's and early, or none came"},
		{failed, []string{unchanged}, "without its id it is not unchanged"},
		{right: inconclusive, why: "what is nobody's never helps to pass, and is not held against the system"},
	}
}

// erring are those in which the system errs from the start: it puts out what must not come, or too early.
func erring() []string {
	return []string{notGone, keepsNot, keepsGone, recordChanged, recordDeleted, recordStays, noHeader, noYet, nothingYet,
		appearsEarly}
}

// forbidden are those in which what must not come, comes.
func forbidden() []string {
	return []string{noHeader, noYet, nothingYet}
}

// careless are those to which it is all the same whether the shipment that is hit comes: it is about something else, or
// one may be missing.
func careless() []string {
	return []string{wildcardNone, tapNone, no, nothingAtAll, atMost1, rated, half}
}

// counted are those that count, so that one more is one too many.
func counted() []string {
	return []string{refusedOnly, unheededFirst, learnedOne, rowEach, again, twoExactly, againOne, againNone, pauses,
		commanded, exactly1, exactly3,
		atMost1, everyOne, summed}
}

// anchored are those that need a proof that nothing more came, until the end of the window or later.
func anchored() []string {
	return []string{refusedOnly, unheededFirst, gone, notGone, keeps, keepsNot, keepsGone, learnedOne, wildcardNone,
		tapNone, rowEach, again,
		twoExactly, againOne, againNone, pauses, commanded, exactly1, exactly3, atMost1, no, nothingAtAll, nothingElse,
		everyOne, rated, summed}
}

// alone leaves out what cannot play beside others.
func alone() []rule {
	return []rule{{notApplicable, []string{commanded}, "scenarios that run commands run alone"}}
}

// notAnswering leaves out the phrases in which the test answers nothing.
func notAnswering() []rule { return []rule{{right: notApplicable, why: "the test answers nothing"}} }

// unknowable is what is right where something may have gone unseen that would have settled it.
func unknowable() []rule {
	return []rule{{right: inconclusive, why: "it may have come, and gone unseen"}}
}

// isUnder says whether a phrase is tried under a fault case, as far as it says so itself.
func (p phrase) isUnder(name string) bool {
	return p.under == nil || slices.Contains(p.under, name)
}

// stands says whether a phrase is tried under a column that is for a few of each kind: one for each rule of the judge.
// What is for certain phrases only is tried with all of these.
func (c column) stands(p phrase) bool {
	narrow := c.rules[len(c.rules)-1].right == notApplicable
	return narrow || p.under != nil || slices.Contains([]string{
		appears, twoActs, twoExactly, againNone, appearsBetween, appearsEarly, rowEach, again, exactly1, atMost1, noYet,
		nothingElse, inOrder, everyOne, record, rated, summed,
	}, p.name)
}

// cells returns all that is tried: each phrase under each fault case, but for what is not applicable.
func cells() ([]cell, error) {
	rows, faults, columns := phrases(), faultCases(), table()
	if len(faults) != len(columns) {
		return nil, fmt.Errorf("%d fault cases, and %d columns in the table", len(faults), len(columns))
	}
	var all []cell
	for i, c := range columns {
		if c.faultCase != faults[i].name {
			return nil, fmt.Errorf("column %d of the table is %q, and the fault case %q", i+1, c.faultCase, faults[i].name)
		}
		for j := range rows {
			one := cell{phrase: &rows[j], faultCase: &faults[i]}
			if one.right, one.why = c.right(rows[j].name); one.right == notApplicable || !rows[j].isUnder(c.faultCase) ||
				faults[i].virtual && !c.stands(rows[j]) {
				continue
			}
			if faults[i].spares {
				one.others, _ = columns[0].right(rows[j].name)
			}
			all = append(all, one)
		}
	}
	return all, nil
}
