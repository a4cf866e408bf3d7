// Columns: what becomes of a send. An order is accepted at some time between its leaving and the return of its send, or
// it is acknowledged and not stored.

package lab

import (
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/fault"
)

// fractions of a window that a send takes: always less than the window, so that what is at stake is where it ends.
const (
	slowest  = 900 * ms
	slowSend = 300 * ms
)

// faultCasesOfSends returns the columns.
func faultCasesOfSends() []faultCase {
	acknowledgedLate := func(least, most func(by time.Duration) time.Duration) func(t *trial) []fault.Fault {
		return func(t *trial) []fault.Fault {
			by := t.between(slowSend, slowest)
			return []fault.Fault{
				t.onHitOrder(fault.SlowAcknowledgement(by)),
				t.onHit(fault.Delay(t.until(window+least(by), window+most(by)))),
			}
		}
	}
	uploaded := func(send func(takes time.Duration) fault.Fault) func(t *trial) []fault.Fault {
		return func(t *trial) []fault.Fault {
			return []fault.Fault{
				t.onHitOrder(send(t.between(slowSend, slowest))),
				t.onHit(fault.Delay(t.until(window-250*ms, window-50*ms))),
			}
		}
	}
	return []faultCase{
		{name: "slow acknowledgement", virtual: true, faults: input(func(t *trial) fault.Fault {
			return fault.SlowAcknowledgement(t.between(50*ms, time.Second))
		})},
		{name: "slow acknowledgement, and an output between the two deadlines", virtual: true, faults: acknowledgedLate(
			func(time.Duration) time.Duration { return 50 * ms }, func(by time.Duration) time.Duration { return by - 50*ms },
		)},
		{name: "slow acknowledgement, and an output behind both deadlines", virtual: true, faults: acknowledgedLate(
			func(by time.Duration) time.Duration { return by + 50*ms }, func(by time.Duration) time.Duration {
				return by +
					time.Second
			},
		)},
		{name: "slow upload, of which it is told when it left", virtual: true, faults: uploaded(fault.SlowUpload)},
		{name: "slow upload, of which nothing is told", virtual: true, faults: uploaded(fault.Throttle)},
		{name: "client sends again, and the system puts out nothing", virtual: true, faults: func(t *trial) []fault.Fault {
			return []fault.Fault{t.onHitOrder(fault.Resend()), t.onHit(fault.Drop())}
		}},
		{name: "the order is swallowed", virtual: true,
			faults: input(func(*trial) fault.Fault { return fault.Swallow("seen before") })},
		{name: "the repeat is swallowed", virtual: true, faults: repeatSwallowed},
		{name: "the repeat is swallowed, as is meant", virtual: true, says: repeats, faults: repeatSwallowed},
	}
}

// repeatSwallowed has what is sent for the second time acknowledged and not stored.
func repeatSwallowed(t *trial) []fault.Fault {
	return []fault.Fault{fault.Swallow("seen before").On(t.on(orders)).Of(numbered(1))}
}

// columnsOfSends returns what is right under each of them.
func columnsOfSends() []column {
	// These send what is hit first and something else last, so that the act's last send was accepted when it returned.
	closed := []string{again, commanded}
	// The pace, the order that follows or what the test answers moves with what is late.
	moved := []string{paced, answered}
	return []column{
		{"slow acknowledgement", "an order is accepted at once, and its sender told so late", slices.Concat([]rule{
			{passed | inconclusive, []string{appearsBetween},
				"when the window begins is known no better than when the order was accepted"},
			{passed | inconclusive, []string{paced}, "the pace may not come about"},
		}, fine())},
		{"slow acknowledgement, and an output between the two deadlines",
			"... and an output is late if the order was accepted early, as it was", []rule{
				{passed, []string{again}, "the repeat, which is accepted at once, is the last of the act"},
				{failed, []string{commanded}, "the command, which ends at once, is the last of the act"},
				{failed, []string{againOne}, "what comes for the repeat, which is accepted at once, is as late"},
				{asTrue, []string{rowEach, inOrder, rated, paced, answered, record},
					"what comes behind another order, or is near to another output, moves with it; an item is delayed from when " +
						"somebody looks"},
				{inconclusive, append(forbidden(), appearsEarly), "it may have come in time"},
				{passed, careless(), "it is about something else, or allows both"},
				{right: inconclusive, why: "it may have been accepted when it was begun, or when it returned"},
			}},
		{"slow acknowledgement, and an output behind both deadlines", "... and an output is late in any case",
			slices.Concat([]rule{
				{asTrue, moved, "what follows from it moves with it"},
			}, lost())},
		{"slow upload, of which it is told when it left",
			"an order takes long to leave, and an output is in time because of that", slices.Concat([]rule{
				{asTrue, append(moved, inOrder, rated, appearsEarly), "what follows from it, or is near to it, moves with it"},
				{asTrue, []string{inOrderOnTwo}, "it comes behind the next one, if it is late enough"},
			}, fine())},
		{"slow upload, of which nothing is told", "... which it is only if the order was accepted late, as it was", []rule{
			{passed, closed, "something else is the last of the act, and accepted at once"},
			{asTrue, append(moved, rowEach, inOrder, rated, inOrderOnTwo),
				"what comes behind another order, or is near to another output, moves with it"},
			{inconclusive, append(forbidden(), appearsEarly), "it may have come too late"},
			{passed, careless(), "it is about something else, or allows both"},
			{right: inconclusive, why: "it may have been accepted when it was begun, or when it returned"},
		}},
		{"client sends again, and the system puts out nothing",
			"an order is accepted twice, and may come back as often", []rule{
				{inconclusive, []string{wildcard, wildcardTap, sameSubject}, "what comes beyond the echo may be the client's, too"},
				{right: notApplicable, why: "nothing that is sent comes back where it is asked for"},
			}},
		{"the order is swallowed", "an order is acknowledged and not stored, which its receipt tells", []rule{
			{right: inconclusive, why: "what was not stored was not sent"},
		}},
		{"the repeat is swallowed", "what is sent again is acknowledged and not stored", []rule{
			{inconclusive, []string{again, againOne, againNone}, "what was not stored was not sent again"},
			{right: notApplicable, why: "nothing is sent again"},
		}},
		{"the repeat is swallowed, as is meant", "... which the channel says is meant", []rule{
			{passed, []string{again, againNone}, "it counts as sent, and nothing comes of it"},
			{failed, []string{againOne}, "it counts as sent, and what is to come of it does not"},
			{right: notApplicable, why: "nothing is sent again"},
		}},
	}
}
