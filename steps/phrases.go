// What each phrase means, for `harken steps`, docs/features.md and whoever looks for the right words.

package steps

import "github.com/harken-bdd/harken/support/vocabulary"

// phrases are in the order in which a scenario uses them.
func phrases() []vocabulary.Phrase {
	return []vocabulary.Phrase{
		{
			Text:    `the subsystem "S"`,
			Means:   `Sets the scope: the subsystem's SLA is the window of steps that name none, and "nothing" means nothing on its outputs.`,
			Example: `Given the subsystem "fulfilment"`,
		},
		{
			Text:    `these values:`,
			Means:   `Names values for use as ${name}, before anything is produced.`,
			Example: "Given these values:\n  | customer | c-${new id} |",
		},
		{
			Text:    `an "X" event is produced [on "channel"] [as "label"] [with:]`,
			Means:   `Sends one new event, made from its template, and waits until the transport has accepted it.`,
			Example: "When an \"order placed\" event is produced with:\n  | items[0].sku | SKU-1 |",
		},
		{
			Text:    `3 "X" events are produced [on "channel"] [at 50 per second] [as "label"] [with:]`,
			Means:   `Sends so many different events, each with an id of its own. At a rate, each is sent when it is due, however slow the system is; a rate that was not achieved makes the scenario inconclusive.`,
			Example: `When 100 "order placed" events are produced at 50 per second`,
		},
		{
			Text:    `these ["X"] events are produced [on "channel"]:`,
			Means:   `Sends one event a row; the columns event, as and on are reserved, and an empty cell leaves the template's value.`,
			Example: "When these \"order placed\" events are produced:\n  | as    | items[0].sku |\n  | known | SKU-1        |\n  | other | SKU-2        |",
		},
		{
			Text:    `the (same|"label") event is produced (again|9 more times)`,
			Means:   `Sends duplicates: the same key, headers and body, once more or so many more times.`,
			Example: `And the same event is produced again`,
		},
		{
			Text:    `this message is produced on "channel" [as "label"]:`,
			Means:   `Sends raw bytes as they stand, ${...} apart.`,
			Example: "When this message is produced on \"orders\" as \"poison\":\n  \"\"\"\n  {\"orderId\": \"${id}\", oops\n  \"\"\"",
		},
		{
			Text:    `10 minutes pass`,
			Means:   `Waits. What is produced afterwards is a new act; what is expected afterwards still counts from the act before the pause, so that its window must be longer than the pause.`,
			Example: `And 10 minutes pass`,
		},
		{
			Text:    `the "redrive" command is run [with:]`,
			Means:   `Runs a command of godog.yml, with the values of the table in place of its ${name}s. Such a scenario runs alone, after the others; a command that does not end well makes it inconclusive.`,
			Example: "When the \"replay\" command is run with:\n  | from | ${now - 1h} |",
		},
		{
			Text:    `the connection to "payments db" is (cut|restored)`,
			Means:   `Cuts a link of godog.yml between the system and what it needs: open connections are reset, and new ones refused, until it is restored or the scenario is over. It is an act. Such a scenario runs alone, and needs a system that Harken starts.`,
			Example: "When the connection to \"payments db\" is cut\nAnd an \"order placed\" event is produced",
		},
		{
			Text:    `the connection to "payments db" is slow by 2s`,
			Means:   `Has each answer on a link come so much later, on open connections, too.`,
			Example: `Given the connection to "payments db" is slow by 2s`,
		},
		{
			Text:    `every "X" event is answered with a "Y" event [after 2s] [with:]`,
			Means:   `Plays a collaborator: from here to the end of the scenario, each X of the scenario is answered with a Y. In the answer ${id} is the id of the request, and ${request.field} a field of it.`,
			Example: "Given every \"payment request\" is answered with a \"payment accepted\" event after 2s with:\n  | amount | ${request.amount} |",
		},
		{
			Text:    `the first [2] "X" events are answered with a "Y" event [after 2s] [with:]`,
			Means:   `Plays a collaborator that does something else first: so many of the X of the scenario, in the order of receipt, are answered so. Those behind them are answered as "any later" says; where that is not said they get no answer, or by HTTP the one of the channel's address.`,
			Example: "Given the first 2 \"payment request\" events are answered with a \"payment declined\" event",
		},
		{
			Text:    `the first [2] "X" events are not answered`,
			Means:   `Leaves so many without an answer. A request by HTTP is held open until the caller gives up.`,
			Example: `Given the first 2 "payment request" events are not answered`,
		},
		{
			Text:    `any later "X" event is answered with a "Y" event [after 2s] [with:]`,
			Means:   `Answers those that come behind the first, of which an earlier step has said how many they are.`,
			Example: `And any later "payment request" event is answered with a "payment accepted" event`,
		},
		{
			Text:    `any later "X" event is not answered`,
			Means:   `Leaves those without an answer. A request by HTTP is held open until the caller gives up.`,
			Example: `And any later "payment request" event is not answered`,
		},
		{
			Text:    `an "X" event appears [on "channel"] [for "label"] [within 5s] [as "label"] [with:]`,
			Means:   `Waits until at least one event that fits appears, and fails if none does within the window.`,
			Example: "Then an \"order shipped\" event appears within 2s with:\n  | status | SHIPPED |",
		},
		{
			Text:    `(exactly|at least|at most) 2 "X" events appear [on "channel"] [for "label"] [within 5s] [with:]`,
			Means:   `Counts the events that fit. "exactly" and "at most" wait for the end of the window, and for proof that nothing was missed.`,
			Example: `Then exactly 1 "order shipped" event appears within 2s`,
		},
		{
			Text:    `no "X" event appears [on "channel"] [for "label"] [within 5s] [with:]`,
			Means:   `Passes after the whole window, once the listener has proved that it was caught up and no event that fits came.`,
			Example: `And no "order rejected" event appears within 1s`,
		},
		{
			Text:    `nothing [else] appears [on "channel"] [for "label"] [within 5s]`,
			Means:   `The same for any event on the subsystem's outputs; "else" leaves out what earlier steps of the scenario have matched.`,
			Example: `And nothing else appears within 1s`,
		},
		{
			Text:    `the (same|"label") message appears unchanged on "channel" [within 5s] [with:]`,
			Means:   `Waits for what was produced, byte for byte, as a dead-letter channel shows it.`,
			Example: `Then the "poison" message appears unchanged on "dead letters" within 2s`,
		},
		{
			Text:    `these ["X"] events appear [on "channel"] [in this order] [within 5s]:`,
			Means:   `Waits for a different event for each row; the columns event, as and on are reserved, and an empty cell asks nothing. Of a state, each row names its item in the column key.`,
			Example: "Then these events appear in this order within 5s:\n  | event          | status |\n  | order accepted |        |\n  | order shipped  | SENT   |",
		},
		{
			Text:    `(every "X" event leads|99.9% of the "X" events lead) to (exactly one|at least one|a) "Y" event [on "channel"] [within 5s]`,
			Means:   `Asks of each X that the scenario has produced what it led to, told apart by ids; each has the window from its own acceptance on. One that led to nothing counts.`,
			Example: `Then every "order placed" event leads to exactly one "order shipped" event within 10s`,
		},
		{
			Text:    `the "stock" record of "SKU-1" has [within 5s] [and keeps for 2s]:`,
			Means:   `Looks at an item, a row or an object, by its key, until it is as described. To keep so, it must stay so for as long, counted anew each time that it comes to be so.`,
			Example: "Then the \"stored order\" record of \"${id}\" has within 5s and keeps for 2s:\n  | status | SHIPPED |",
		},
		{
			Text:    `the "stock" record of "SKU-1" is gone [within 5s]`,
			Means:   `Passes at the end of the window if there is no such item any more.`,
			Example: `Then the "stored order" record of "${id}" is gone within 2s`,
		},
		{
			Text:    `at most 50 "X" events appear [on "channel"] [for "label"] in any 1s [within 5s]`,
			Means:   `Passes after the whole window, unless more than so many came in some part of it that is so long.`,
			Example: `Then at most 50 "order shipped" events appear in any 1s within 10s`,
		},
		{
			Text:    `the "amount" of the "X" events adds up to 3000 [on "channel"] [for "label"] [within 5s]`,
			Means:   `Adds up a field of all that come. Like a count, it is settled at the end of the window.`,
			Example: `Then the "amount" of the "invoice" rows adds up to ${order.total} within 10s`,
		},
	}
}
