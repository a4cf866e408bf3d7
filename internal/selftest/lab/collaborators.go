// Rows in which the test plays a collaborator that does something else first: the system asks again, and how often it
// does depends on what the test answers, and in which order.

package lab

import "time"

// The names of the rows.
const (
	refusedFirst  = "the first 2 requests are refused"
	refusedOnly   = "the first 2 requests are refused, and no later one answered"
	unheededFirst = "the first request is not answered"
)

// ofCollaborators returns the rows. Each is tried under some columns only.
func ofCollaborators() []phrase {
	tried := []string{noFault, "none, side by side", "drop", "duplicate", "redeliver", "delay past the window",
		"late captures", "no proof", "cut, events in the gap", "captures later than the window", "strip the id"}
	asks := func(on string, soon, later time.Duration) output {
		return output{channel: requests, on: on, soon: soon, later: later,
			body: `{"orderId": "ID", "amount": 10, "note": "plain"}`}
	}
	paid := output{channel: shipments, on: payments, soon: 100 * ms, later: 400 * ms, body: shippedBody}
	refusing := "Given the first 2 \"payment request\" events are answered with a \"refusal\" event\n"
	paying := "And any later \"payment request\" event is answered with a \"payment\" event\n"
	return []phrase{
		{
			name: refusedFirst, under: append(tried[:len(tried):len(tried)], "slow answers", "answers later than the window"),
			scenario: refusing + paying + placed + "Then an \"order shipped\" event appears within 2s\n",
			outputs:  []output{asks("", 50*ms, 150*ms), asks(refusals, 50*ms, 150*ms), paid},
			asks:     []ask{counting(shipments, 1, unlimited)},
		},
		{
			name: refusedOnly, under: tried,
			scenario: refusing + placed + "Then exactly 3 \"payment request\" events appear within 2s\n",
			outputs:  []output{asks("", 50*ms, 150*ms), asks(refusals, 50*ms, 150*ms)},
			asks:     []ask{counting(requests, 3, 3)},
		},
		{
			name: unheededFirst, under: append(tried[:len(tried):len(tried)], "answers later than the window"),
			scenario: "Given the first \"payment request\" is not answered\n" + paying + placed +
				"Then exactly 1 \"order shipped\" event appears within 2s\n",
			outputs: []output{asks("", 50*ms, 150*ms), asks("", 500*ms, 700*ms), paid},
			asks:    []ask{counting(shipments, 1, 1)},
		},
	}
}
