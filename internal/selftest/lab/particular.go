// Rows and columns for one another: phrases that are about something which most others are not, and what goes wrong
// with that.

package lab

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/engine"
)

// The names of the rows.
const (
	wildcard     = "a message appears unchanged, on a wildcard"
	wildcardTap  = "a message appears unchanged, on a wildcard without identities"
	sameSubject  = "a message appears unchanged, where it was sent"
	wildcardNone = "nothing, on a wildcard"
	tapNone      = "nothing, on a wildcard without identities"
	byHeader     = "an event appears, by a header"
	noHeader     = "no event by a header, yet one comes"
	learned      = "an event appears, by an id that the system makes"
	learnedOne   = "exactly 1, by an id that the system makes"
	gone         = "the record is gone"
	notGone      = "the record is gone, yet it stays"
	keeps        = "the record keeps"
	keepsNot     = "the record keeps, yet it changes"
	keepsGone    = "the record keeps, yet it goes"
)

// particular returns the rows. Each is tried under some columns only.
func particular() []phrase {
	raw := "When this message is produced on \"orders\" as \"poison\":\n\"\"\"\n{\"orderId\": \"${id}\", \"quantity\": " +
		"\"many\"}\n\"\"\"\n"
	echoing := []string{
		noFault, "none, side by side", "drop", "duplicate", "redeliver", "delay past the window", "late captures", "no proof",
		"cut, events in the gap", "captures later than the window",
		"client sends again, and the system puts out nothing",
	}
	silent := []string{noFault, "none, side by side", "late captures", "no proof"}
	heading := []string{noFault, "drop", "a header has two values", "a header has another spelling beside",
		"a header has two other spellings"}
	learning := []string{noFault, "none, side by side", "drop", "duplicate", "redeliver", "delay past the window",
		"late captures", "no proof"}
	looking := []string{noFault, "none, side by side", "late captures", "polled", "no proof", "throttle"}
	unchangedOn := func(name, channel string) phrase {
		return phrase{
			name: name, under: echoing, scenario: raw + "Then the \"poison\" message appears unchanged on \"" + channel +
				"\" within 2s\n",
			outputs: []output{{channel: channel, soon: 100 * ms, later: 900 * ms}}, asks: []ask{same(channel)},
		}
	}
	nothingOn := func(name, channel string) phrase {
		return phrase{
			name: name, under: silent, scenario: placed + "Then nothing appears on \"" + channel + "\" within 2s\n",
			outputs: []output{ships()}, target: channel, asks: []ask{counting(channel, 0, 0)},
		}
	}
	done := output{channel: shipments, soon: 100 * ms, later: 900 * ms, body: shippedBody,
		headers: map[string][]string{"type": {"done"}}}
	made := []output{
		{channel: receipts, soon: 100 * ms, later: 400 * ms, body: `{"orderId": "ID", "taskId": "TASK"}`},
		{channel: tasks, soon: 100 * ms, later: 900 * ms, body: `{"taskId": "TASK", "status": "SHIPPED"}`},
	}
	stored := func(soon, later time.Duration, status string) output {
		return output{
			channel: stock, soon: soon, later: later, keyed: true, gone: status == "",
			body: `{"orderId": "ID", "status": "` + status + `"}`,
		}
	}
	has := placed + "Then the \"stock\" record of \"${id}\" has within 2s and keeps for 1s:\n" + shipped
	isGone := placed + "Then the \"stock\" record of \"${id}\" is gone within 2s\n"
	return []phrase{
		unchangedOn(wildcard, everything), unchangedOn(wildcardTap, tap), unchangedOn(sameSubject, orders),
		nothingOn(wildcardNone, everything), nothingOn(tapNone, tap),
		{
			name: byHeader, under: heading, scenario: placed +
				"Then an \"order shipped\" event appears within 2s with:\n  | header type | done |\n",
			outputs: []output{done}, asks: []ask{counting(shipments, 1, unlimited)},
		},
		{
			name: noHeader, under: heading, scenario: placed +
				"Then no \"order shipped\" event appears within 2s with:\n  | header type | done |\n",
			outputs: []output{done}, asks: []ask{counting(shipments, 0, 0)},
		},
		{
			name: learned, under: learning, scenario: placed +
				"Then a \"receipt\" event appears within 2s\nAnd a \"task done\" event appears within 2s with:\n" + shipped,
			outputs: made, hit: 1, asks: []ask{counting(receipts, 1, unlimited), counting(tasks, 1, unlimited)},
		},
		{
			name: learnedOne, under: learning, scenario: placed +
				"Then a \"receipt\" event appears within 2s\nAnd exactly 1 \"task done\" event appears within 2s with:\n" + shipped,
			outputs: made, hit: 1, asks: []ask{counting(receipts, 1, unlimited), counting(tasks, 1, 1)},
		},
		{name: gone, under: looking, scenario: isGone,
			outputs: []output{stored(100*ms, 300*ms, "SHIPPED"), stored(500*ms, 900*ms, "")}, asks: []ask{vanished()}},
		{name: notGone, under: looking, scenario: isGone, outputs: []output{stored(100*ms, 300*ms, "SHIPPED")},
			asks: []ask{vanished()}},
		{name: keeps, under: looking, scenario: has, outputs: []output{stored(100*ms, 300*ms, "SHIPPED")},
			asks: []ask{there(keeping)}},
		{name: keepsNot, under: looking, scenario: has,
			outputs: []output{stored(100*ms, 300*ms, "SHIPPED"), stored(500*ms, 900*ms, "LOST")}, hit: 1,
			asks: []ask{there(keeping)}},
		{name: keepsGone, under: looking, scenario: has,
			outputs: []output{stored(100*ms, 300*ms, "SHIPPED"), stored(500*ms, 900*ms, "")}, asks: []ask{there(keeping)}},
	}
}

// taskOf returns the id that the system makes for an order.
func taskOf(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	return fmt.Sprintf("T%016x", h.Sum64())
}

// numbers has every event name the order that it belongs to by a number in its orderNo.
func numbers(d *engine.Definitions) {
	path, err := jsonpath.Parse("orderNo", "")
	if err != nil {
		panic(err) // it is a constant
	}
	for name, e := range d.Events {
		e.Correlation = &path
		if name == "order placed" {
			e.Template = []byte(`{"orderId": "${id}", "orderNo": "${new number}", "sku": "SKU-1"}`)
		}
		d.Events[name] = e
	}
}

// spelt returns a number in one of the ways in which JSON can.
func spelt(n string, way int) string {
	switch way {
	case 0:
		return n
	case 1:
		return n + ".0"
	case 2:
		return n[:1] + "." + n[1:] + fmt.Sprintf("e+%d", len(n)-1)
	default:
		return `"` + n + `"`
	}
}

// withoutIDs has every output carry no id, as is said of it.
func withoutIDs(d *engine.Definitions) {
	for name, e := range d.Events {
		e.None = e.Channel != orders
		d.Events[name] = e
	}
}

// faultCasesInParticular returns the columns.
func faultCasesInParticular() []faultCase {
	headed := func(to map[string][]string) func(t *trial) []fault.Fault {
		return hit(func(*trial) fault.Fault {
			return fault.StripID(func(e event.Event) event.Event {
				if e.Headers["type"] != nil {
					delete(e.Headers, "type")
					for name, values := range to {
						e.Headers[name] = slices.Clone(values)
					}
				}
				return e
			})
		})
	}
	own := func(e event.Event) bool { o, ok := originOf(e); return ok && o.execution == 1 }
	stripped := drawn(func(*trial) fault.Fault { return fault.StripID(nameless).Of(own) })
	return []faultCase{
		{name: "a header has two values", virtual: true, faults: headed(map[string][]string{"type": {"other", "done"}})},
		{name: "a header has another spelling beside", virtual: true,
			faults: headed(map[string][]string{"type": {"done"}, "Type": {"other"}})},
		{name: "a header has two other spellings", virtual: true,
			faults: headed(map[string][]string{"TYPE": {"done"}, "Type": {"other"}})},
		{name: "numbers are ids, and spelt anew", virtual: true, says: numbers, faults: drawn(func(t *trial) fault.Fault {
			way := t.random.IntN(4)
			return fault.StripID(func(e event.Event) event.Event {
				return reIdentified(e, func(id string) string { return `"orderNo": ` + spelt(t.system.numberOf(id), way) })
			}).Of(own)
		})},
		{name: "no ids at all, where others may be", virtual: true, uncorrelated: true, faults: stripped, says: withoutIDs},
	}
}

// columnsInParticular returns what is right under each of them.
func columnsInParticular() []column {
	headless := rule{right: notApplicable, why: "nothing is asked of a header"}
	idless := []string{appears, exactly1, exactly3, atLeast2, atMost1, no, noYet, nothingAtAll, nothingElse, these,
		inOrder, rated, summed}
	others := rule{right: notApplicable, why: "whose events are which order's cannot be told"}
	return []column{
		{"a header has two values", "one of them is the one that is asked for",
			[]rule{{passed, []string{byHeader}, ""}, {failed, []string{noHeader}, ""}, headless}},
		{"a header has another spelling beside", "its very name stands beside another spelling",
			[]rule{{passed, []string{byHeader}, ""}, {failed, []string{noHeader}, ""}, headless}},
		{"a header has two other spellings", "two other spellings say different things",
			[]rule{{inconclusive, []string{byHeader, noHeader}, "which of them is meant is not known"}, headless}},
		{"numbers are ids, and spelt anew", "outputs name their order by its number, as 7.0, as 7e+0 or as a text",
			slices.Concat([]rule{
				{notApplicable, []string{unchanged, appearsBySchema, answered, record}, "it has no number"},
			}, fine())},
		{"no ids at all, where others may be",
			"outputs carry no id, as godog.yml says, and somebody else may have caused them", []rule{
				{passed, []string{no, nothingAtAll, atMost1, rated}, "they could only be too many, and are not"},
				{inconclusive, idless, "somebody else may have caused them"},
				others,
			}},
	}
}

// filled returns the body of an output for an order.
func (o output) filled(id string) string {
	return strings.NewReplacer("ID", id, "TASK", taskOf(id)).Replace(o.body)
}
