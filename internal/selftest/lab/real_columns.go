// The trials in real time: which cells are tried, and what of a fault case is another there.
//
// All trials of a cell are scenarios of one run, side by side, on the same channels. So each trial plays beside others,
// and what happens to a connection happens to all of them. Delays keep half a second off the ends of windows, which a
// machine that is busy keeps as well.

package lab

import (
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
)

const (
	realAudit = 2 * time.Second
	margin    = 500 * time.Millisecond

	// beyondWindow is how late captures are that come after the window for certain.
	beyondWindow = window + margin
)

// medium is what carries the system's outputs to the harness.
type medium string

const (
	core     medium = "core NATS"
	stream   medium = "JetStream"
	recorded medium = "a recorder and DynamoDB"
)

// breaking is what happens to the connection or the broker while the system works.
type breaking int

const (
	nothingBreaks breaking = iota
	losing                 // the connection is cut, and what is hit is put out meanwhile
	pausing                // the connection is cut, and the system puts out nothing meanwhile
	stopping               // the broker is stopped, and what is hit is never put out
)

// difference is what of a fault case is another in real time.
type difference struct {
	skip   string                       // why it is not tried
	media  []medium                     // that it is tried on; nil for all, in turns
	faults func(t *trial) []fault.Fault // in place of those in virtual time
	breaks breaking                     // in place of faults
	rules  []rule                       // that go before those of the table
	// timeless says that what is inconclusive is so however late anything is.
	timeless bool
}

// realCell is a cell that is tried in real time.
type realCell struct {
	cell
	difference
	medium medium
}

// trialsOf returns how many trials of a cell there are where most have n: those that must be alone wait for one
// another.
func (c realCell) trialsOf(n int) int {
	if c.phrase.name == commanded {
		return (n + 9) / 10
	}
	return n
}

// differences returns what is another, by the names of the fault cases.
func differences() map[string]difference {
	only := func(f func(t *trial) fault.Fault) func(t *trial) []fault.Fault {
		return func(t *trial) []fault.Fault { return []fault.Fault{f(t)} }
	}
	hit := func(f func(t *trial) fault.Fault) func(t *trial) []fault.Fault {
		return only(func(t *trial) fault.Fault { return f(t).On(t.on(t.hitChannel())).Of(t.isRealHit) })
	}
	input := func(f fault.Fault) func(t *trial) []fault.Fault {
		return only(func(t *trial) fault.Fault { return f.On(t.on(orders)).Of(t.isRealHitOrder()) })
	}
	target := func(t *trial, f fault.Fault) fault.Fault { return f.On(t.on(t.target())) }
	unseen := []rule{{notApplicable, []string{commanded}, "no report says to the millisecond when a command had ended"}}

	postponed := []rule{{asTrue, []string{appearsEarly, rated}, "what waits for the connection comes at another time"}}

	return map[string]difference{
		"none, side by side":                    {skip: "trials are side by side anyway"},
		"drop, side by side":                    {skip: "trials are side by side anyway"},
		"strip the id":                          {skip: "no trial is alone"},
		"two at once":                           {skip: "which of them are a connection's depends on the draw"},
		"two at once, on channels with a clock": {skip: "which of them are a connection's depends on the draw"},
		"captures as late as leaves too little time": {skip: "captures are as late for all trials, and not as late as each " +
			"would need"},
		"slow answers":                     {skip: "the answers of all trials would wait for one another"},
		"answers later than the window":    {skip: "the answers of all trials would wait for one another"},
		"one output for several scenarios": {skip: "it would be one too many for those, which are trials, too"},
		// elsewhere deliveries have no identity
		"redeliver": {media: []medium{stream, recorded}},
		"strip the id, side by side": {rules: []rule{
			{inconclusive, []string{atMost1, rated}, "those of the other trials may be too many"},
		}},

		"drop the input":       {faults: input(fault.DropInput())},
		"duplicate the input":  {faults: input(fault.DuplicateInput())},
		"lost acknowledgement": {timeless: true, faults: input(fault.Unacknowledged())},
		"client sends again":   {faults: input(fault.Resend())},

		"duplicate late, inside the audit": {faults: hit(func(t *trial) fault.Fault {
			return fault.Duplicate(t.until(window+margin, window+realAudit-margin))
		})},
		"duplicate later, outside the audit": {faults: hit(func(t *trial) fault.Fault {
			return fault.Duplicate(t.until(window+realAudit+margin, window+realAudit+2*time.Second))
		})},
		"delay past the window": {faults: hit(func(t *trial) fault.Fault {
			return fault.Delay(t.until(window+margin, window+3*time.Second))
		})},
		"delay within the window": {faults: hit(func(t *trial) fault.Fault {
			return fault.Delay(t.between(0, max(window-margin-t.hitLatency(), 50*ms)))
		})},
		"delay to the edge of the window": {rules: unseen},
		"polled, and delayed to the edge": {rules: unseen},
		"reorder": {faults: hit(func(*trial) fault.Fault {
			return fault.Reorder(byExecution,
				700*ms)
		})},

		"throttle": {faults: only(func(t *trial) fault.Fault {
			return fault.Throttle(time.Second / time.Duration(t.trials)).On(t.on(orders))
		})},
		"captures later than the window": {faults: only(func(t *trial) fault.Fault {
			return target(t,
				fault.Late(beyondWindow))
		})},
		"... but stamped by a clock that is wrong": {media: []medium{recorded}, faults: func(t *trial) []fault.Fault {
			return []fault.Fault{target(t, fault.Late(beyondWindow).Of(isOutput)),
				target(t, fault.SkewStamps(t.between(-3*time.Hour, 3*time.Hour)))}
		}},
		"... but stamped to the second": {media: []medium{recorded}, faults: func(t *trial) []fault.Fault {
			return []fault.Fault{target(t, fault.Late(beyondWindow).Of(isOutput)), target(t, fault.CoarsenStamps(time.Second))}
		}},

		"late captures": {rules: []rule{
			{passed | inconclusive, []string{inOrder},
				"behind a recorder stamps alone tell the order, and they are as exact as canaries are fast"},
		}},
		"deny":                 {timeless: true},
		"no proof, and a drop": {timeless: true},
		"no proof": {timeless: true, rules: []rule{
			{passed | inconclusive, []string{inOrderOnTwo},
				"the stamps of a stream may tell: an output cannot be older than its order"},
		}},

		"cut, events in the gap": {media: []medium{core}, breaks: losing, rules: noLine()},
		"cut, nothing in the gap": {media: []medium{core}, breaks: pausing, rules: slices.Concat(noLine(), postponed, []rule{
			{passed | inconclusive, []string{inOrderOnTwo}, "what waits for the connection comes nearly at once"},
		})},
		"stop of the broker": {breaks: stopping, rules: noLine()},
		remembering: {media: []medium{stream}, breaks: losing, rules: slices.Concat(noLine(), postponed, []rule{
			{asTrue, []string{inOrder, inOrderOnTwo, answered},
				"what waits for the connection comes behind others, or too late"},
		})},
	}
}

// remembering is a column that is in real time only: what is right where captures are late is right, or inconclusive.
const remembering = "cut, and a stream that remembers"

// noLine leaves out what has no connection to the broker.
func noLine() []rule {
	return []rule{{notApplicable, []string{record}, "an item is read without a connection to the broker"}}
}

// realCells returns what is tried in real time.
func realCells() ([]realCell, error) {
	columns, faults, rows := table(), faultCases(), phrases()
	unknown := differences()
	for _, c := range columns {
		if c.faultCase == "late captures" {
			late := slices.Clone(c.rules)
			for i := range late {
				if late[i].right != notApplicable {
					late[i].right |= inconclusive // if the connection is down at the deadline, or comes back too late
				}
			}
			columns = append(columns,
				column{remembering, "the connection breaks, and what appears meanwhile comes once it is back", late})
			faults = append(faults, faultCase{name: remembering})
			break
		}
	}
	var all []realCell
	for i, c := range columns {
		d := unknown[c.faultCase]
		delete(unknown, c.faultCase)
		if d.skip != "" || faults[i].virtual {
			continue
		}
		media := d.media
		if media == nil {
			media = []medium{core, stream, recorded}
		}
		rules := column{rules: slices.Concat(d.rules, c.rules)}
		for j := range rows {
			right, why := rules.right(rows[j].name)
			if right == notApplicable || rows[j].under != nil {
				continue
			}
			// Each phrase has each medium, and each fault case has.
			by := media[(i+j)%len(media)]
			if rows[j].target != "" && by == recorded && len(media) > 1 {
				by = stream // where nobody waits for what is hit, nobody looks for it behind a recorder, before it is too late
			}
			all = append(all, realCell{cell{phrase: &rows[j], faultCase: &faults[i], right: right, why: why}, d, by})
		}
	}
	for name := range unknown {
		return nil, fmt.Errorf("no column %q", name)
	}
	return all, nil
}

// ofConnection says whether a fault belongs to a connection, so that all trials of a cell have the same one.
func ofConnection(f fault.Fault) bool {
	return slices.Contains([]string{"deny", "fail syncs", "late", "polled", "throttle", "skew stamps",
		"coarsen stamps"}, f.Name())
}

// ofInput says whether a fault is made with an order, and not with an output.
func ofInput(f fault.Fault) bool {
	return slices.Contains([]string{"drop input", "duplicate input", "unacknowledged", "resend"}, f.Name())
}

// realOrigin returns the cause of e, which for an item is in its body.
func realOrigin(e event.Event) (origin, bool) {
	if e.Header(originHeader) == nil {
		text, _ := newMoment("", e, time.Time{}, 0).fields[originField].(string)
		e = event.Event{Headers: map[string][]string{originHeader: {text}}}
	}
	return originOf(e)
}

// originField is the field of an item that says what caused it.
const originField = "origin"

func byExecution(e event.Event) string {
	from, _ := realOrigin(e)
	return fmt.Sprint(from.execution)
}

// isRealHit says whether an output is the one that things are done to.
func (t *trial) isRealHit(e event.Event) bool {
	from, ok := realOrigin(e)
	return ok && from == t.hit
}

// isRealHitOrder returns what says whether a send is that of the order whose output is hit. It is asked once a send,
// and of other trials' sends as well.
func (t *trial) isRealHitOrder() func(e event.Event) bool {
	next := t.isHitOrder()
	return func(e event.Event) bool {
		id, ok := firstID(e)
		return ok && id.Execution == t.hit.execution && next(e)
	}
}

// turned says whether the truth, or which clock is asked for it, excludes what was drawn. Several things that were a
// little late can do that together. Where a line breaks nobody draws what may stay inconclusive.
func (c realCell) turned(t truth) bool {
	right := c.right
	if c.breaks == nothingBreaks {
		right &^= inconclusive
	}
	switch right {
	case passed:
		return t == broken || t == unsure
	case failed:
		return t == holds || t == unsure
	default: // it is left to the truth, or nobody can know it
		return false
	}
}

// asCameAbout returns what is right where a trial is not what was drawn: by the truth alone, since on a busy machine
// what was to be late can be in time, and what was to be in time late. What is right at any pace stays so. A rate is
// kept at none: what is late can come near to the next.
func (c realCell) asCameAbout(o realOutcome) cell {
	own := c.cell
	switch {
	case o.disturbed == "":
	case o.undone:
		own.right = asTrue
	case c.timeless && own.right == inconclusive && c.phrase.name != rated:
	case own.right&blind != 0:
		own.right |= inconclusive
	default:
		own.right = asTrue
	}
	return own
}
