// The columns: what goes wrong.

package lab

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/ids"
)

// faultCase is a column.
type faultCase struct {
	name         string
	stamps       string // of which clocks the outputs' channels have: parameters of their addresses
	foreign      bool   // the outputs' channels are known to carry others' events
	beside       int    // how many scenarios play beside the one that it is made with
	spares       bool   // it changes nothing for those
	uncorrelated bool   // it takes an output's id away: whoever fails because of it blames the system rightly, too
	virtual      bool   // it is tried in virtual time only, and with a few phrases of each kind

	says     func(d *engine.Definitions) // what else godog.yml says; nil where it says no more
	isolated bool                        // the scenario runs alone, as its features say
	retried  bool                        // it is a second attempt: what is hit is of the first
	unpaired bool                        // what comes of it beside another is not known
	apart    string                      // ... beside this one
	faults   func(t *trial) []fault.Fault
}

// noTrouble is the column in which nothing goes wrong.
const noFault = "none"

// faultCases returns the columns.
func faultCases() []faultCase {
	alone := singleFaultCases()
	columns := table()
	more := slices.Concat(faultCasesOfSends(), faultCasesOfIdentity(), faultCasesOfBodies(), faultCasesOfListeners(),
		faultCasesInParticular())
	fitting := func(t *trial, some []faultCase) (fit []faultCase) {
		for _, one := range some {
			i := slices.IndexFunc(columns, func(c column) bool { return c.faultCase == one.name })
			// What is foreign would hide what is true, and scenarios beside one another are tried for themselves.
			right, _ := columns[i].right(t.phrase.name)
			if right != notApplicable && one.faults != nil && !one.foreign && one.beside == 0 && one.says == nil &&
				!one.retried && !one.unpaired {
				fit = append(fit, one)
			}
		}
		return fit
	}
	two := func(t *trial) (both []fault.Fault) {
		fit := fitting(t, alone)
		for _, i := range t.random.Perm(len(fit))[:2] {
			both = append(both, fit[i].faults(t)...)
		}
		return both
	}
	newer := func(t *trial) []fault.Fault {
		others := fitting(t, more)
		other := others[t.random.IntN(len(others))]
		ones := slices.DeleteFunc(fitting(t, alone), func(one faultCase) bool { return one.name == other.apart })
		return append(other.faults(t), ones[t.random.IntN(len(ones))].faults(t)...)
	}
	return slices.Concat(alone, []faultCase{
		{name: "two at once", faults: two},
		{name: "two at once, on channels with a clock", stamps: "clock=0s&canary=true", faults: two},
		{name: "two at once, one of them newer", virtual: true, faults: newer},
		{name: "two at once, one of them newer, on channels with a clock", virtual: true, stamps: "clock=0s&canary=true",
			faults: newer},
	}, more)
}

// draws is a fault that is drawn for a trial.
type draws func(t *trial) fault.Fault

// drawn has that fault made, as it is.
func drawn(f draws) func(t *trial) []fault.Fault {
	return func(t *trial) []fault.Fault { return []fault.Fault{f(t)} }
}

// hit has it made with the output that is hit.
func hit(f draws) func(t *trial) []fault.Fault {
	return drawn(func(t *trial) fault.Fault { return t.onHit(f(t)) })
}

// listener has it made with the listener of that output.
func listener(f draws) func(t *trial) []fault.Fault {
	return drawn(func(t *trial) fault.Fault { return f(t).On(t.on(t.target())) })
}

// input has it made with the order whose output is hit.
func input(f draws) func(t *trial) []fault.Fault {
	return drawn(func(t *trial) fault.Fault { return t.onHitOrder(f(t)) })
}

func (t *trial) onHit(f fault.Fault) fault.Fault { return f.On(t.on(t.hitChannel())).Of(t.isHit) }

func (t *trial) onHitOrder(f fault.Fault) fault.Fault { return f.On(t.on(orders)).Of(t.isHitOrder()) }

// singleFaultCases returns the columns in which one thing goes wrong.
func singleFaultCases() []faultCase {
	answering := func(least, most time.Duration) func(t *trial) []fault.Fault {
		return drawn(func(t *trial) fault.Fault { return fault.Throttle(t.between(least, most)).On(t.on(payments)) })
	}
	return []faultCase{
		{name: noFault},
		{name: "none, side by side", beside: 2, spares: true},

		{name: "drop", faults: hit(func(*trial) fault.Fault { return fault.Drop() })},
		{name: "drop, side by side", beside: 2, spares: true, faults: hit(func(*trial) fault.Fault { return fault.Drop() })},
		{name: "drop the input", faults: input(func(*trial) fault.Fault { return fault.DropInput() })},
		{name: "duplicate", faults: hit(func(t *trial) fault.Fault { return fault.Duplicate(t.between(10*ms, 300*ms)) })},
		{name: "duplicate the input", faults: input(func(*trial) fault.Fault { return fault.DuplicateInput() })},
		{name: "duplicate late, inside the audit",
			faults: hit(func(t *trial) fault.Fault { return fault.Duplicate(t.until(window+100*ms, window+audit-100*ms)) })},
		{name: "duplicate later, outside the audit", faults: hit(func(t *trial) fault.Fault {
			return fault.Duplicate(t.until(window+audit+100*ms, window+audit+2*time.Second))
		})},
		{name: "redeliver",
			faults: hit(func(t *trial) fault.Fault { return fault.Redeliver(t.between(10*ms, 3*time.Second)) })},
		{name: "delay past the window",
			faults: hit(func(t *trial) fault.Fault { return fault.Delay(t.until(window+100*ms, window+3*time.Second)) })},
		{name: "delay within the window",
			faults: hit(func(t *trial) fault.Fault { return fault.Delay(t.until(t.hitLatency()+50*ms, window-150*ms)) })},
		{name: "delay to the edge of the window",
			faults: hit(func(t *trial) fault.Fault { return fault.Delay(t.until(window-150*ms, window+150*ms)) })},
		{name: "reorder", faults: hit(func(*trial) fault.Fault { return fault.Reorder(nil, 700*ms) })},
		{name: "corrupt a field that is asked for", faults: hit(func(t *trial) fault.Fault {
			return fault.Corrupt(func(field string) bool { return field == t.phrase.matters })
		})},
		{name: "corrupt another field", faults: hit(func(*trial) fault.Fault {
			return fault.Corrupt(func(field string) bool { return field == "note" })
		})},
		{name: "wrong channel", faults: hit(func(t *trial) fault.Fault { return fault.Misroute(t.where(t.elsewhere())) })},
		{name: "replay of an earlier run, beside",
			faults: hit(func(t *trial) fault.Fault { return fault.Replay(t.between(0, 500*ms), stranger) })},
		{name: "replay of an earlier run, in place",
			faults: hit(func(*trial) fault.Fault { return fault.Replace(stranger) })},
		{name: "strip the id", uncorrelated: true, faults: hit(func(*trial) fault.Fault { return fault.StripID(nameless) })},
		{name: "strip the id, side by side", beside: 2, uncorrelated: true,
			faults: hit(func(*trial) fault.Fault { return fault.StripID(nameless) })},
		{name: "strip the id, foreign expected", foreign: true,
			faults: hit(func(*trial) fault.Fault { return fault.StripID(nameless) })},
		{name: "one output for several scenarios", beside: 2,
			faults: hit(func(t *trial) fault.Fault { return fault.Replace(t.batch) })},

		{name: "throttle",
			faults: drawn(func(t *trial) fault.Fault { return fault.Throttle(t.between(50*ms, 250*ms)).On(t.on(orders)) })},
		{name: "deny", faults: drawn(func(t *trial) fault.Fault {
			return fault.Deny().On(t.on([]string{orders, t.target()}[t.random.IntN(2)]))
		})},
		{name: "cut, events in the gap", faults: drawn(func(t *trial) fault.Fault {
			before, after := t.between(10*ms, 50*ms), t.between(10*ms, 200*ms)
			return fault.Cut(t.hitLatency()-before, before+after).On(t.on(t.target())).Of(t.isHitOrder())
		})},
		{name: "cut, nothing in the gap", faults: drawn(func(t *trial) fault.Fault {
			return fault.Cut(t.between(0, 10*ms), t.between(10*ms, 25*ms)).On(t.on(t.target())).Of(t.isHitOrder())
		})},
		{name: "stop of the broker", faults: drawn(func(t *trial) fault.Fault {
			return fault.Stop(t.hitLatency() - t.between(10*ms, 90*ms)).On(t.on(t.target())).Of(t.isHitOrder())
		})},
		{name: "lost acknowledgement", faults: input(func(*trial) fault.Fault { return fault.Unacknowledged() })},
		{name: "client sends again", faults: input(func(*trial) fault.Fault { return fault.Resend() })},
		{name: "no proof", faults: listener(func(*trial) fault.Fault { return fault.FailSyncs() })},
		{name: "no proof, and a drop", faults: func(t *trial) []fault.Fault {
			return []fault.Fault{fault.FailSyncs().On(t.on(t.target())), fault.Drop().On(t.on(t.hitChannel())).Of(t.isHit)}
		}},
		{name: "late captures", faults: listener(func(t *trial) fault.Fault { return fault.Late(t.between(10*ms, 300*ms)) })},
		{name: "captures later than the window", faults: listener(beyond)},
		{name: "captures as late as leaves too little time",
			faults: listener(func(t *trial) fault.Fault { return fault.Late(t.until(window-90*ms, window)) })},
		{name: "slow answers", faults: answering(50*ms, time.Second)},
		{name: "answers later than the window", faults: answering(window, 2*window)},
		{name: "... but stamped by a clock that is wrong", stamps: "clock=0s&canary=true",
			faults: func(t *trial) []fault.Fault {
				skew := t.between(-3*time.Hour, 3*time.Hour)
				return []fault.Fault{beyond(t).On(t.on(t.target())).Of(isOutput), fault.SkewStamps(skew).On(t.on(t.target()))}
			}},
		{name: "... but stamped to the second", stamps: "clock=0s&canary=true", faults: func(t *trial) []fault.Fault {
			return []fault.Fault{beyond(t).On(t.on(t.target())).Of(isOutput),
				fault.CoarsenStamps(time.Second).On(t.on(t.target()))}
		}},
		{name: "polled", faults: listener(func(t *trial) fault.Fault { return fault.Polled(t.between(ms, 40*ms)) })},
		{name: "polled, and delayed to the edge", faults: func(t *trial) []fault.Fault {
			return []fault.Fault{
				fault.Polled(t.between(ms, 40*ms)).On(t.on(t.target())),
				fault.Delay(t.until(window-150*ms, window+150*ms)).On(t.on(t.hitChannel())).Of(t.isHit),
			}
		}},
	}
}

// beyond has what is hit seen only after the window, although it appeared well inside it.
func beyond(t *trial) fault.Fault { return fault.Late(t.until(window+150*ms, window+600*ms)) }

// isOutput holds for all that the system puts out, and for no canary.
func isOutput(event.Event) bool { return true }

// stranger returns an event as it was in an earlier run: with an id of that.
func stranger(e event.Event) event.Event {
	e = rename(e, ids.NewSpace(earlierRun).ID(1, 1))
	delete(e.Headers, originHeader)
	return e
}

// earlierRun is the number of a run that is over.
const earlierRun = 1

// batch returns an event with the ids of other scenarios in it, too.
func (t *trial) batch(e event.Event) event.Event {
	text := strings.Join(t.system.others(t.hit.execution), " ")
	e.Body = append(bytes.TrimSuffix(e.Body, []byte("}")), `, "others": "`+text+`"}`...)
	return e
}

// nameless returns an event without what tells whose it is.
func nameless(e event.Event) event.Event { return rename(e, noName) }

// noName stands where an id was.
const noName = "unknown"

// rename returns an event with another id.
func rename(e event.Event, name string) event.Event {
	old := noName
	if id, ok := firstID(e); ok {
		old = id.String()
	}
	e.Body = bytes.ReplaceAll(e.Body, []byte(old), []byte(name))
	if e.Key == old {
		e.Key = name
	}
	return e
}
