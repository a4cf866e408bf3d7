// What each phrase means, for `harken steps`, the README and whoever looks for the right words.

package steps

import "strings"

// Phrase is one sentence of the vocabulary.
type Phrase struct {
	Text    string `json:"phrase"`  // [optional parts], (one|or another)
	Means   string `json:"means"`   // a sentence
	Example string `json:"example"` // as it stands in a feature, with what is below it
}

// Phrases returns the vocabulary, in the order in which a scenario uses it.
func Phrases() []Phrase {
	return []Phrase{
		{
			`the subsystem "S"`,
			`Sets the scope: the subsystem's SLA is the window of steps that name none, and "nothing" means nothing on its outputs.`,
			`Given the subsystem "fulfilment"`,
		},
		{
			`these values:`,
			`Names values for use as ${name}, before anything is produced.`,
			"Given these values:\n  | customer | c-${new id} |",
		},
		{
			`an "X" event is produced [on "channel"] [as "label"] [with:]`,
			`Sends one new event, made from its template, and waits until the transport has accepted it.`,
			"When an \"order placed\" event is produced with:\n  | items[0].sku | SKU-1 |",
		},
		{
			`3 "X" events are produced [on "channel"] [at 50 per second] [as "label"] [with:]`,
			`Sends so many different events, each with an id of its own. At a rate, each is sent when it is due, however slow the system is; a rate that was not achieved makes the scenario inconclusive.`,
			`When 100 "order placed" events are produced at 50 per second`,
		},
		{
			`these ["X"] events are produced [on "channel"]:`,
			`Sends one event a row; the columns event, as and on are reserved, and an empty cell leaves the template's value.`,
			"When these \"order placed\" events are produced:\n  | as    | items[0].sku |\n  | known | SKU-1        |\n  | other | SKU-2        |",
		},
		{
			`the (same|"label") event is produced (again|9 more times)`,
			`Sends duplicates: the same key, headers and body, once more or so many more times.`,
			`And the same event is produced again`,
		},
		{
			`this message is produced on "channel" [as "label"]:`,
			`Sends raw bytes as they stand, ${...} apart.`,
			"When this message is produced on \"orders\" as \"poison\":\n  \"\"\"\n  {\"orderId\": \"${id}\", oops\n  \"\"\"",
		},
		{
			`10 minutes pass`,
			`Waits. What is produced afterwards is a new act; what is expected afterwards still counts from the act before the pause, so that its window must be longer than the pause.`,
			`And 10 minutes pass`,
		},
		{
			`the "redrive" command is run [with:]`,
			`Runs a command of godog.yml, with the values of the table in place of its ${name}s. Such a scenario runs alone, after the others; a command that does not end well makes it inconclusive.`,
			"When the \"replay\" command is run with:\n  | from | ${now - 1h} |",
		},
		{
			`every "X" event is answered with a "Y" event [after 2s] [with:]`,
			`Plays a collaborator: from here to the end of the scenario, each X of the scenario is answered with a Y. In the answer ${id} is the id of the request, and ${request.field} a field of it.`,
			"Given every \"payment request\" is answered with a \"payment accepted\" event after 2s with:\n  | amount | ${request.amount} |",
		},
		{
			`an "X" event appears [on "channel"] [for "label"] [within 5s] [as "label"] [with:]`,
			`Waits until at least one event that fits appears, and fails if none does within the window.`,
			"Then an \"order shipped\" event appears within 2s with:\n  | status | SHIPPED |",
		},
		{
			`(exactly|at least|at most) 2 "X" events appear [on "channel"] [for "label"] [within 5s] [with:]`,
			`Counts the events that fit. "exactly" and "at most" wait for the end of the window, and for proof that nothing was missed.`,
			`Then exactly 1 "order shipped" event appears within 2s`,
		},
		{
			`no "X" event appears [on "channel"] [for "label"] [within 5s] [with:]`,
			`Passes after the whole window, once the listener has proved that it was caught up and no event that fits came.`,
			`And no "order rejected" event appears within 1s`,
		},
		{
			`nothing [else] appears [on "channel"] [for "label"] [within 5s]`,
			`The same for any event on the subsystem's outputs; "else" leaves out what earlier steps of the scenario have matched.`,
			`And nothing else appears within 1s`,
		},
		{
			`the (same|"label") message appears unchanged on "channel" [within 5s] [with:]`,
			`Waits for what was produced, byte for byte, as a dead-letter channel shows it.`,
			`Then the "poison" message appears unchanged on "dead letters" within 2s`,
		},
		{
			`these ["X"] events appear [on "channel"] [in this order] [within 5s]:`,
			`Waits for a different event for each row; the columns event, as and on are reserved, and an empty cell asks nothing. Of a state, each row names its item in the column key.`,
			"Then these events appear in this order within 5s:\n  | event          | status |\n  | order accepted |        |\n  | order shipped  | SENT   |",
		},
		{
			`(every "X" event leads|99.9% of the "X" events lead) to (exactly one|at least one|a) "Y" event [on "channel"] [within 5s]`,
			`Asks of each X that the scenario has produced what it led to, told apart by ids; each has the window from its own acceptance on. One that led to nothing counts.`,
			`Then every "order placed" event leads to exactly one "order shipped" event within 10s`,
		},
		{
			`the "stock" record of "SKU-1" has [within 5s] [and keeps for 2s]:`,
			`Looks at an item, a row or an object, by its key, until it is as described. To keep so, it must stay so for as long, counted anew each time that it comes to be so.`,
			"Then the \"stored order\" record of \"${id}\" has within 5s and keeps for 2s:\n  | status | SHIPPED |",
		},
		{
			`the "stock" record of "SKU-1" is gone [within 5s]`,
			`Passes at the end of the window if there is no such item any more.`,
			`Then the "stored order" record of "${id}" is gone within 2s`,
		},
		{
			`at most 50 "X" events appear [on "channel"] [for "label"] in any 1s [within 5s]`,
			`Passes after the whole window, unless more than so many came in some part of it that is so long.`,
			`Then at most 50 "order shipped" events appear in any 1s within 10s`,
		},
		{
			`the "amount" of the "X" events adds up to 3000 [on "channel"] [for "label"] [within 5s]`,
			`Adds up a field of all that come. Like a count, it is settled at the end of the window.`,
			`Then the "amount" of the "invoice" rows adds up to ${order.total} within 10s`,
		},
	}
}

// Forms returns the sentences that the phrase stands for: with and without each optional part, with each alternative.
func (p Phrase) Forms() []string {
	forms := []string{""}
	for rest := p.Text; rest != ""; {
		plain, after, choices := nextChoice(rest)
		var longer []string
		for _, f := range forms {
			for _, c := range choices {
				longer = append(longer, f+plain+c)
			}
		}
		forms, rest = longer, after
	}
	return forms
}

// nextChoice takes the text up to the first group off a phrase, and what may stand in the place of the group. The space
// before an optional part goes with it.
func nextChoice(text string) (plain, rest string, choices []string) {
	open := strings.IndexAny(text, "[(")
	if open < 0 {
		return text, "", []string{""}
	}
	plain, group := text[:open], text[open+1:]
	if text[open] == '(' {
		group, rest, _ = strings.Cut(group, ")")
		return plain, rest, strings.Split(group, "|")
	}
	group, rest, _ = strings.Cut(group, "]")
	plain, found := strings.CutSuffix(plain, " ")
	if found {
		group = " " + group
	}
	return plain, rest, []string{"", group}
}
