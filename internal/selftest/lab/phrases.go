// The rows: the phrases that are tried, each as a scenario, with a system that does what the scenario is about.

package lab

import (
	"slices"
	"time"
)

// phrase is a row.
type phrase struct {
	name     string   // in the table
	under    []string // the columns under which it is tried; nil for all
	scenario string
	orders   int      // how many orders it produces, 1 where nothing is said
	outputs  []output // what the system puts out for each
	once     bool     // the system does nothing for an order that it knows
	acts     bool     // there is an act for each Then
	// hit is the output that faults are made with, of each order; others are not hit. hitAll says that any may be.
	hit     int
	hitAny  bool
	target  string // the channel whose listener harness faults are made with; "" is that of the output which is hit
	matters string // a field of that output which the scenario asks for; "" where it asks for none
	asks    []ask  // one a Then, what is true of it
}

// The names of the rows.
const (
	appears         = "an event appears"
	appearsTwice    = "an event appears, then another act"
	twoActs         = "an event appears, then for another act, without for"
	twoExactly      = "exactly 1, then for another act"
	againOne        = "exactly 1, then again for the same"
	againNone       = "exactly 1, then none for the same"
	appearsBySchema = "an event appears, by its schema"
	appearsBetween  = "an event appears between"
	appearsEarly    = "an event appears between, yet it comes early"
	paced           = "several are produced at a pace"
	rowEach         = "a row each is produced"
	again           = "the same is produced again"
	unchanged       = "a message appears unchanged"
	pauses          = "3s pass"
	commanded       = "a command is run"
	exactly1        = "exactly 1"
	exactly3        = "exactly 3"
	atLeast2        = "at least 2"
	atMost1         = "at most 1"
	no              = "no event"
	noYet           = "no event, yet one comes"
	nothingAtAll    = "nothing"
	nothingYet      = "nothing, yet something comes"
	nothingElse     = "nothing else"
	these           = "one for each row"
	inOrder         = "one for each row, in this order"
	inOrderOnTwo    = "one for each row, in order on two channels"
	everyOne        = "every one leads to exactly one"
	most99          = "99% lead to one"
	half            = "50% lead to one"
	answered        = "every request is answered"
	record          = "the record has"
	rated           = "at most 1 in any second"
	summed          = "the amounts add up"
)

const ms = time.Millisecond

// The bodies of what the system puts out.
const (
	shippedBody  = `{"orderId": "ID", "status": "SHIPPED", "carrier": "POST", "amount": 10, "note": "plain"}`
	rejectedBody = `{"orderId": "ID", "reason": "SOLD OUT", "note": "plain"}`
)

// ships is the output of most: a shipment, well inside the window.
func ships() output {
	return output{channel: shipments, soon: 100 * ms, later: 900 * ms, body: shippedBody}
}

func rejects() output {
	return output{channel: rejections, soon: 100 * ms, later: 900 * ms, body: rejectedBody}
}

// shipsBetween is a shipment with a status of its own.
func shipsBetween(soon, later time.Duration, status string) output {
	return output{channel: shipments, soon: soon, later: later,
		body: `{"orderId": "ID", "status": "` + status + `", "amount": 10, "note": "plain"}`}
}

const (
	placed  = "When an \"order placed\" event is produced\n"
	shipped = "  | status | SHIPPED |\n"
)

// phrases returns the rows.
func phrases() []phrase {
	return slices.Concat([]phrase{
		{
			name:     appears,
			scenario: placed + "Then an \"order shipped\" event appears within 2s with:\n" + shipped,
			outputs:  []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 1, unlimited, field("status", "SHIPPED"))},
		},
		{
			name: appearsTwice,
			scenario: placed + "Then an \"order shipped\" event appears within 2s as \"first\" with:\n" + shipped +
				"When an \"order placed\" event is produced as \"second\" with:\n  | before | ${first.carrier} |\n" +
				"Then an \"order shipped\" event appears for \"second\" within 2s with:\n" + shipped,
			orders: 2, acts: true, outputs: []output{ships()}, matters: "status",
			asks: []ask{
				counting(shipments, 1, unlimited, field("status", "SHIPPED")).of(0),
				counting(shipments, 1, unlimited, field("status", "SHIPPED")).of(1),
			},
		},
		{
			name: twoActs,
			scenario: placed + "Then an \"order shipped\" event appears within 2s with:\n" + shipped +
				"When an \"order placed\" event is produced as \"second\"\nThen an \"order shipped\" event appears within 2s " +
				"with:\n" + shipped,
			orders: 2, acts: true, outputs: []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 1, unlimited, field("status", "SHIPPED")),
				counting(shipments, 1, unlimited, field("status", "SHIPPED"))},
		},
		{
			name: twoExactly,
			scenario: placed + "Then exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped +
				"When an \"order placed\" event is produced as \"second\"\nThen exactly 1 \"order shipped\" event appears within " +
				"2s with:\n" + shipped,
			orders: 2, acts: true, outputs: []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 1, 1, field("status", "SHIPPED")),
				counting(shipments, 1, 1, field("status", "SHIPPED"))},
		},
		{
			name: againOne,
			scenario: placed + "Then exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped +
				"When the same event is produced again\nThen exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped,
			acts: true, outputs: []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 1, 1, field("status", "SHIPPED")),
				counting(shipments, 1, 1, field("status", "SHIPPED"))},
		},
		{
			name: againNone,
			scenario: placed + "Then exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped +
				"When the same event is produced again\nThen no \"order shipped\" event appears within 2s with:\n" + shipped,
			acts: true, outputs: []output{ships()}, once: true, matters: "status",
			asks: []ask{counting(shipments, 1, 1, field("status", "SHIPPED")),
				counting(shipments, 0, 0, field("status", "SHIPPED"))},
		},
		{
			name:     appearsBySchema,
			scenario: placed + "Then a \"certified shipment\" event appears within 2s with:\n" + shipped,
			outputs:  []output{ships()}, matters: "carrier",
			asks: []ask{counting(shipments, 1, unlimited, field("status", "SHIPPED"), field("carrier", "POST"))},
		},
		{
			name:     appearsBetween,
			scenario: placed + "Then an \"order shipped\" event appears between 500ms and 2s with:\n" + shipped,
			outputs:  []output{shipsBetween(700*ms, 1200*ms, "SHIPPED")}, matters: "status",
			asks: []ask{counting(shipments, 1, unlimited, field("status", "SHIPPED"))},
		},
		{
			name:     appearsEarly,
			scenario: placed + "Then an \"order shipped\" event appears between 500ms and 2s with:\n" + shipped,
			outputs:  []output{shipsBetween(100*ms, 300*ms, "SHIPPED")}, matters: "status",
			asks: []ask{counting(shipments, 1, unlimited, field("status", "SHIPPED"))},
		},
		{
			name: paced,
			scenario: "When 4 \"order placed\" events are produced at 50 per second\nThen at least 4 \"order shipped\" events " +
				"appear within 2s with:\n" + shipped,
			orders: 4, outputs: []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 4, unlimited, field("status", "SHIPPED"))},
		},
		{
			name: rowEach,
			scenario: "When these \"order placed\" events are produced:\n  | sku |\n  | A |\n  | B |\n  | C |\n" +
				"Then exactly 3 \"order shipped\" events appear within 2s with:\n" + shipped,
			orders: 3, outputs: []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 3, 3, field("status", "SHIPPED"))},
		},
		{
			name: again,
			scenario: placed + "And the same event is produced again\n" +
				"Then exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped,
			outputs: []output{ships()}, once: true, matters: "status",
			asks: []ask{counting(shipments, 1, 1, field("status", "SHIPPED"))},
		},
		{
			name: unchanged,
			scenario: "When this message is produced on \"orders\" as \"poison\":\n\"\"\"\n{\"orderId\": \"${id}\", " +
				"\"quantity\": \"many\"}\n\"\"\"\n" +
				"Then the \"poison\" message appears unchanged on \"dead-letters\" within 2s\n",
			outputs: []output{{channel: deadLetters, soon: 100 * ms, later: 900 * ms}}, matters: "quantity",
			asks: []ask{same(deadLetters)},
		},
		{
			name:     pauses,
			scenario: placed + "And 3s pass\nThen exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped,
			outputs:  []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 1, 1, field("status", "SHIPPED"))},
		},
		{
			name: commanded,
			scenario: placed + "And the \"redrive\" command is run with:\n  | order | ${id} |\n" +
				"Then exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped,
			outputs: []output{{channel: shipments, on: command, soon: 100 * ms, later: 900 * ms, body: shippedBody}},
			matters: "status",
			asks:    []ask{counting(shipments, 1, 1, field("status", "SHIPPED"))},
		},
		{
			name:     exactly1,
			scenario: placed + "Then exactly 1 \"order shipped\" event appears within 2s with:\n" + shipped,
			outputs:  []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 1, 1, field("status", "SHIPPED"))},
		},
		{
			name:     exactly3,
			scenario: placed + "Then exactly 3 \"order shipped\" events appear within 2s with:\n" + shipped,
			outputs:  []output{ships(), ships(), ships()}, hitAny: true, matters: "status",
			asks: []ask{counting(shipments, 3, 3, field("status", "SHIPPED"))},
		},
		{
			name:     atLeast2,
			scenario: placed + "Then at least 2 \"order shipped\" events appear within 2s with:\n" + shipped,
			outputs:  []output{ships(), ships()}, hitAny: true, matters: "status",
			asks: []ask{counting(shipments, 2, unlimited, field("status", "SHIPPED"))},
		},
		{
			name:     atMost1,
			scenario: placed + "Then at most 1 \"order shipped\" event appears within 2s with:\n" + shipped,
			outputs:  []output{ships()}, matters: "status",
			asks: []ask{counting(shipments, 0, 1, field("status", "SHIPPED"))},
		},
		{
			name:     no,
			scenario: placed + "Then no \"order rejected\" event appears within 2s\n",
			outputs:  []output{ships()}, matters: "status", target: rejections,
			asks: []ask{counting(rejections, 0, 0)},
		},
		{
			name:     noYet,
			scenario: placed + "Then no \"order rejected\" event appears within 2s with:\n  | reason | SOLD OUT |\n",
			outputs:  []output{rejects()}, matters: "reason",
			asks: []ask{counting(rejections, 0, 0, field("reason", "SOLD OUT"))},
		},
		{
			name:     nothingAtAll,
			scenario: placed + "Then nothing appears on \"rejections\" within 2s\n",
			outputs:  []output{ships()}, matters: "status", target: rejections,
			asks: []ask{counting(rejections, 0, 0)},
		},
		{
			name:     nothingYet,
			scenario: placed + "Then nothing appears within 2s\n",
			outputs:  []output{rejects()},
			asks:     []ask{nothing([]string{shipments, rejections, deadLetters}, 0)},
		},
		{
			name: nothingElse,
			scenario: placed + "Then an \"order shipped\" event appears within 2s with:\n" + shipped +
				"And nothing else appears within 2s\n",
			outputs: []output{ships()}, matters: "status",
			asks: []ask{
				counting(shipments, 1, unlimited, field("status", "SHIPPED")),
				nothing([]string{shipments, rejections, deadLetters}, 1),
			},
		},
		{
			name: these,
			scenario: placed + "Then these \"order shipped\" events appear within 2s:\n" +
				"  | status |\n  | PACKED |\n  | SHIPPED |\n  | ARRIVED |\n",
			outputs: []output{shipsBetween(100*ms, 900*ms, "ARRIVED"), shipsBetween(100*ms, 900*ms, "PACKED"),
				shipsBetween(100*ms, 900*ms, "SHIPPED")},
			hitAny: true, matters: "status",
			asks: []ask{eachRow(false, statuses("PACKED", "SHIPPED", "ARRIVED")...)},
		},
		{
			name: inOrder,
			scenario: placed + "Then these \"order shipped\" events appear in this order within 2s:\n" +
				"  | status |\n  | PACKED |\n  | SHIPPED |\n  | ARRIVED |\n",
			outputs: []output{shipsBetween(100*ms, 300*ms, "PACKED"), shipsBetween(400*ms, 600*ms, "SHIPPED"),
				shipsBetween(700*ms, 900*ms, "ARRIVED")},
			hitAny: true, matters: "status",
			asks: []ask{eachRow(true, statuses("PACKED", "SHIPPED", "ARRIVED")...)},
		},
		{
			name: inOrderOnTwo,
			scenario: placed + "Then these events appear in this order within 2s:\n" +
				"  | event          | reason   | status  |\n  | order rejected | SOLD OUT |         |\n  | order shipped  |      " +
				"    | SHIPPED |\n",
			outputs: []output{
				{channel: rejections, soon: 100 * ms, later: 300 * ms,
					body: `{"orderId": "ID", "reason": "SOLD OUT", "note": "plain"}`},
				shipsBetween(700*ms, 900*ms, "SHIPPED"),
			},
			hit: 1, matters: "status",
			asks: []ask{eachRow(true, row{rejections, field("reason", "SOLD OUT")}, row{shipments, field("status", "SHIPPED")})},
		},
		{
			name: everyOne,
			scenario: "When 4 \"order placed\" events are produced\nThen every \"order placed\" event leads to exactly one " +
				"\"order shipped\" event within 2s\n",
			orders: 4, outputs: []output{ships()},
			asks: []ask{causeAndEffect(4, 1, 4)},
		},
		{
			name: most99,
			scenario: "When 4 \"order placed\" events are produced\nThen 99% of the \"order placed\" events lead to an " +
				"\"order shipped\" event within 2s\n",
			orders: 4, outputs: []output{ships()},
			asks: []ask{causeAndEffect(4, unlimited, 4)},
		},
		{
			name: half,
			scenario: "When 4 \"order placed\" events are produced\nThen 50% of the \"order placed\" events lead to an " +
				"\"order shipped\" event within 2s\n",
			orders: 4, outputs: []output{ships()},
			asks: []ask{causeAndEffect(4, unlimited, 2)},
		},
		{
			name: answered,
			scenario: "Given every \"payment request\" is answered with a \"payment\" event\n" + placed +
				"Then an \"order shipped\" event appears within 2s\n",
			outputs: []output{
				{channel: requests, soon: 100 * ms, later: 400 * ms, body: `{"orderId": "ID", "amount": 10, "note": "plain"}`},
				{channel: shipments, on: payments, soon: 100 * ms, later: 400 * ms, body: shippedBody},
			},
			asks: []ask{counting(shipments, 1, unlimited)},
		},
		{
			name:     record,
			scenario: placed + "Then the \"stock\" record of \"${id}\" has within 2s:\n" + shipped,
			outputs: []output{
				{channel: stock, soon: 100 * ms, later: 300 * ms, body: `{"orderId": "ID", "status": "RESERVED", "note": "plain"}`,
					keyed: true},
				{channel: stock, soon: 400 * ms, later: 900 * ms, body: `{"orderId": "ID", "status": "SHIPPED", "note": "plain"}`,
					keyed: true},
			},
			hit: 1, matters: "status",
			asks: []ask{counting(stock, 1, unlimited, field("status", "SHIPPED"))},
		},
		{
			name:     rated,
			scenario: placed + "Then at most 1 \"order shipped\" event appears in any 1s within 2s\n",
			outputs:  []output{shipsBetween(100*ms, 200*ms, "SHIPPED"), shipsBetween(1500*ms, 1600*ms, "SHIPPED")},
			hitAny:   true,
			asks:     []ask{rate(1, time.Second)},
		},
		{
			name:     summed,
			scenario: placed + "Then the \"amount\" of the \"order shipped\" events adds up to 30 within 2s\n",
			outputs:  []output{ships(), ships(), ships()}, hitAny: true, matters: "amount",
			asks: []ask{sum(30)},
		},
	}, particular(), ofStates(), ofCollaborators())
}
