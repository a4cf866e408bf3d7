package session

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// found runs a check and returns what it found, a line each, after the name of the file.
func (b *bench) found(t *testing.T) string {
	t.Helper()
	problems, err := b.Check()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, b.relative(p.String()))
	}
	if b.opened > 0 || b.published > 0 {
		t.Errorf("a check has opened %d listeners and sent %d events", b.opened, b.published)
	}
	return strings.Join(lines, "\n")
}

// used keeps the events of the usual godog.yml from being unused.
const used = `
  Scenario: all events are used
    When an "order placed" event is produced
    Then an "order shipped" event appears
    And no "order rejected" event appears
`

func TestCheckFindsWhatIsWrongWithASteps(t *testing.T) {
	for _, c := range []struct{ name, step, want string }{
		{"nothing", "When an \"order placed\" event is produced\n    Then nothing appears", ""},
		{"another verb", `When an "order placed" event is sent`,
			`undefined step: an "order placed" event is sent` + "\n" + `  did you mean: an "X" event is produced [on "channel"] [as "label"] [with:]`},
		{"another verb of a count", `Then exactly 2 "order shipped" events arrive within 5s`,
			`undefined step: exactly 2 "order shipped" events arrive within 5s` + "\n" +
				`  did you mean: (exactly|at least|at most) 2 "X" events appear [on "channel"] [for "label"] [within 5s] [with:]`},
		{"a slip of the hand", `And teh same event is produced agan`,
			"undefined step: teh same event is produced agan\n" + `  did you mean: the (same|"label") event is produced (again|9 more times)`},
		{"nothing like a phrase", `Given the moon is full`, "undefined step: the moon is full\n  `harken steps` lists the phrases there are"},
		{"another order", `Then an "order shipped" event appears within 5s on "shipments"`,
			`undefined step: an "order shipped" event appears within 5s on "shipments"` + "\n" +
				`  its parts are in another order; write: an "order shipped" event appears on "shipments" within 5s`},
		{"another order of everything", `Then exactly 1 "order shipped" event appears within 5 seconds for "a" on "shipments" with:`,
			`undefined step: exactly 1 "order shipped" event appears within 5 seconds for "a" on "shipments" with:` + "\n" +
				`  its parts are in another order; write: exactly 1 "order shipped" event appears on "shipments" for "a" within 5 seconds with:`},
		{"another order of a raw message", `When this message is produced as "p" on "orders":`,
			`undefined step: this message is produced as "p" on "orders":` + "\n" +
				`  its parts are in another order; write: this message is produced on "orders" as "p":`},
		{"another order of paced events", `When 3 "order placed" events are produced as "all" at 50 per second on "orders"`,
			`undefined step: 3 "order placed" events are produced as "all" at 50 per second on "orders"` + "\n" +
				`  its parts are in another order; write: 3 "order placed" events are produced on "orders" at 50 per second as "all"`},
		{"another order of a window with an edge", `Then an "order shipped" event appears between 1s and 2s on "shipments"`,
			`undefined step: an "order shipped" event appears between 1s and 2s on "shipments"` + "\n" +
				`  its parts are in another order; write: an "order shipped" event appears on "shipments" between 1s and 2s`},
		{"no such event", `When an "order plced" event is produced`,
			`no event "order plced" (did you mean "order placed"? have order placed, order rejected, order shipped)`},
		{"no such channel", `When an "order placed" event is produced on "order"`,
			`no channel "order" (did you mean "orders"? have orders, shipments, rejections)`},
		{"no such subsystem", `Given the subsystem "fulfillment"`, `no subsystem "fulfillment" (did you mean "fulfilment"? have fulfilment)`},
		{"no such value", "When an \"order placed\" event is produced with:\n  | orderId | ${idd} |",
			`event "order placed": ${idd}: no value "idd" (did you mean "id"? have id, now, new id, new number)`},
		{"another unit",
			"Given an \"order placed\" event was produced\n    And an \"order shipped\" event appeared within 5 sec",
			`"5 sec" is not a length of time (did you mean 5s?)`},
		{"no rule",
			"When an \"order placed\" event is produced\n    Then an \"order shipped\" event appears with:\n  | a | (abot 5) |",
			`event "order shipped": a: no rule "abot" (did you mean "about"? have about, not, absent, any, empty, like, uuid, number, ` +
				`one of, matches, string, contains and 2 more); a text in parentheses is quoted: "(abot 5)"`},
		{"nothing to follow from", `Then nothing appears on "shipments" within 5s`, "nothing has been produced yet that anything could follow from"},
		{"no label", "When an \"order placed\" event is produced as \"a\"\n    Then an \"order shipped\" event appears for \"b\"",
			`no label "b" (did you mean "a"? have a)`},
		{"a table that no colon announces", "When an \"order placed\" event is produced\n  | a | b |", `a table stands below the step, but the step does not end with a colon (write "an \"order placed\" event is produced with:")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lay(t, ordersYML,
				map[string]string{"features/a.feature": "Feature: A\n  Scenario: s\n    " + c.step + "\n" + used})
			want := ""
			if c.want != "" {
				want = fmt.Sprintf("features/a.feature:%d: %s", 3+strings.Count(c.step, "\n    "), c.want) // in the last step
			}
			if got := b.found(t); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestCheckTellsAllAtOnceWithFileAndLine(t *testing.T) {
	b := lay(t, `suite: Orders
features: [features]
channels:
  orders:     {url: "memory://orders"}
  payments:   {url: "memry://payments"}
  refunds:    {url: "memory://refunds?tken=x"}
  reminders:  {url: "memory://${HOST}/reminders"}
subsystems:
  fulfilment: {inputs: [orders], outputs: [orders]}
events:
  order placed:  {channel: orders, is: {header type: placed}, template: placed.json}
  order changed: {channel: orders, template: missing.json}
  order closed:  {channel: orders, is: {header type: closed}, template: list.json}
  order lost:    {channel: orders, is: {type: (abot 5)}}
  order found:   {channel: orders, is: {type: found, header type: found}, correlation: "a[["}
redact: ["a[["]
`, map[string]string{
		"placed.json": `{"id": "${id}", "n": ${new number}}`,
		"list.json":   `{"id": "${id}",}`,
		"features/a.feature": `Feature: A
  Scenario: a
    Given the subsystem "fullfilment"
    When an "order placed" event is produced
    Then all is well
    And an "order closed" event appears
    And an "order lost" event appears
  Scenario: empty
`,
	})
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^an "order placed" event is produced$`, func() error { return nil })
	}
	want := `features/a.feature:3: no subsystem "fullfilment" (did you mean "fulfilment"? have fulfilment)
features/a.feature:4: ambiguous step: an "order placed" event is produced (matches ` + vocabularyOf(`an "order placed" event is produced`) + ` and ^an "order placed" event is produced$)
features/a.feature:5: undefined step: all is well
  ` + "`harken steps` lists the phrases there are" + `
features/a.feature:8: scenario "empty" has no steps, so it would prove nothing
godog.yml: redact: path "a[[": at "[[": a ] is missing
godog.yml:5: channel "payments": no transport "memry" (did you mean "memory"? have memory)
godog.yml:6: channel "refunds": no parameter "tken" (have keyed, token)
godog.yml:7: channel "reminders": ${HOST} is not set
godog.yml:12: event "order changed" is used by no feature
godog.yml:12: event "order changed": template: open missing.json: no such file or directory
godog.yml:13: event "order closed": template list.json: not JSON: invalid character '}' looking for beginning of object key string
godog.yml:14: event "order lost": is: type: no rule "abot" (did you mean "about"? have about, not, absent, any, empty, like, uuid, number, one of, matches, string, contains and 2 more); a text in parentheses is quoted: "(abot 5)"
godog.yml:15: event "order found" is used by no feature
godog.yml:15: event "order found": correlation: path "a[[": at "[[": a ] is missing`
	if got := b.found(t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// vocabularyOf returns the pattern of the phrase that a step is.
func vocabularyOf(step string) string {
	var found patternOf
	found.step = step
	steps.All().Register(&found)
	return found.pattern
}

// patternOf takes phrases, and keeps the pattern of the one that matches the step.
type patternOf struct{ step, pattern string }

func (p *patternOf) Step(pattern, _ any) {
	if text := pattern.(string); regexp.MustCompile(text).MatchString(p.step) {
		p.pattern = text
	}
}
func (p *patternOf) Given(pattern, _ any) { p.Step(pattern, nil) }
func (p *patternOf) When(pattern, _ any)  { p.Step(pattern, nil) }
func (p *patternOf) Then(pattern, _ any)  { p.Step(pattern, nil) }

func TestAScenarioThatExpectsNothingIsRefused(t *testing.T) {
	b := lay(t, ordersYML,
		map[string]string{
			"features/a.feature": "Feature: A\n  Scenario: s\n    When an \"order placed\" event is produced\n" + used,
		})
	want := `features/a.feature:2: scenario "s" expects nothing, so it would pass whatever comes (add a Then)`
	if got := b.found(t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.run(t, ExitUsage)
}

func TestASuiteWithoutAVocabularyHasOnlyItsOwnSteps(t *testing.T) {
	b := lay(t, ordersYML, map[string]string{"features/a.feature": `Feature: A
  Scenario: s
    When an "order placed" event is produced
    Then all is well
` + used})
	b.Vocabulary = vocabulary.Vocabulary{}
	b.Steps = func(sc vocabulary.Registrar) { sc.Then(`^all is well$`, func() error { return nil }) }
	want := `features/a.feature:3: undefined step: an "order placed" event is produced
  the suite has no phrases but its own (Harken's are given to it: run.Suite{Vocabulary: steps.All()})`
	if got := b.found(t); !strings.HasPrefix(got, want) || strings.Contains(got, "all is well") {
		t.Errorf("got\n%s\nwant it to begin with\n%s", got, want)
	}
}

func TestCheckSaysWhichEventsCannotBeToldApart(t *testing.T) {
	for _, c := range []struct{ name, placed, changed, want string }{
		{"other types", "is: {header type: placed}", "is: {header type: changed}", ""},
		{"one has no type", "is: {header type: placed}", "description: x", "alike"},
		{"neither has", "description: x", "description: x", "alike"},
		{"other fields", "is: {header type: placed}", "is: {kind: changed}", "alike"},
		{"another channel", "is: {header type: placed}", "channel: shipments", ""},
		{"ranges that meet", `is: {n: (> 1)}`, `is: {n: (< 5)}`, "alike"},
		{"ranges that do not", `is: {n: (> 5)}`, `is: {n: (< 5)}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			yml := "features: [features]\nchannels:\n  orders: {url: memory://orders}\n  shipments: {url: memory://shipments}\nevents:\n" +
				"  placed:  {CHANNEL" + c.placed + "}\n  changed: {CHANNEL" + c.changed + "}\n"
			for _, e := range []string{c.placed, c.changed} {
				channel := "channel: orders, "
				if strings.HasPrefix(e, "channel") {
					channel = ""
				}
				yml = strings.Replace(yml, "CHANNEL", channel, 1)
			}
			b := lay(t, yml,
				map[string]string{
					"features/a.feature": "Feature: A\n  Scenario: s\n    When a \"placed\" event is produced\n    And a \"changed\" event is produced\n    Then nothing appears on \"orders\"\n",
				})
			want := ""
			if c.want != "" {
				want = `godog.yml:7: events "changed" and "placed" of "orders" cannot be told apart: one event could be both (give each an "is" that excludes the other)`
			}
			if got := b.found(t); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestCheckRemarksOnAnIdThatIsWrittenOver(t *testing.T) {
	yml := "features: [features]\nchannels:\n  orders: {url: memory://orders}\n  answers: {url: memory://answers}\n" +
		"events:\n  order: {channel: orders, template: order.json}\n  answer: {channel: answers}\n"
	feature := "Feature: A\n  Scenario: s\n    When an \"order\" is produced with:\n      | %s |\n    Then an \"answer\" appears\n"
	for cell, want := range map[string]string{
		"orderId | ORDER-1":       `features/a.feature:2: scenario "s" writes over the id of an event, so that`,
		"orderId | ORDER-${id}":   "",
		"items | [1]":             "",
		"orderId | ${new number}": `features/a.feature:2: scenario "s" writes over the id of an event, so that`,
	} {
		b := lay(t, yml,
			map[string]string{
				"order.json": `{"orderId": "${id}", "items": []}`, "features/a.feature": fmt.Sprintf(feature, cell),
			})
		if got := b.found(t); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: got %q, want %q", cell, got, want)
		}
	}
}

func TestCheckRemarksOnAFieldThatTheTemplateDoesNotHave(t *testing.T) {
	yml := "features: [features]\nchannels:\n  trips: {url: memory://trips}\n  answers: {url: memory://answers}\n" +
		"events:\n  trip: {channel: trips, template: trip.json%s}\n  answer: {channel: answers}\n"
	feature := "Feature: A\n  Scenario: s\n    When a \"trip\" is produced with:\n      %s\n    And a \"trip\" is produced with:\n      %[1]s\n    Then an \"answer\" appears\n"
	const schema = `{"properties": {"id": {}, "nights": {}, "rooms": {"items": {"properties": {"beds": {}}}}, "coupon": {}}}`
	for _, c := range []struct{ why, schema, below, want string }{
		{"a field of the template", "", "| nights | 3 |", ""},
		{"a slip of the hand", "", "| nigths | 3 |", `features/a.feature:3: "trip": nigths is a field that its template does not have (did you mean nights?)`},
		{"in a doc string", "", "\"\"\"\n      {\"nigths\": 3}\n      \"\"\"", `features/a.feature:3: "trip": nigths is a field that its template does not have (did you mean nights?)`},
		{"in a list", "", "| rooms[0].bads | 3 |", `features/a.feature:3: "trip": rooms[0].bads is a field that its template does not have (did you mean rooms[0].beds?)`},
		{"like none", "", "| coupon | X |", `features/a.feature:3: "trip": coupon is a field that its template does not have`},
		{"in the schema", schema, "| coupon | X |", ""},
		{"like one in the schema", schema, "| cuopon | X |", `features/a.feature:3: "trip": cuopon is a field that neither its template nor its schema has (did you mean coupon?)`},
		{"a header", "", "| header x | 1 |", ""},
	} {
		files := map[string]string{
			"trip.json":          `{"id": "${id}", "nights": 1, "rooms": [{"beds": 2}]}`,
			"features/a.feature": fmt.Sprintf(feature, c.below),
		}
		more := ""
		if c.schema != "" {
			files["trip.schema.json"], more = c.schema, ", schema: trip.schema.json"
		}
		if got := lay(t, fmt.Sprintf(yml, more), files).found(t); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestCheckRefusesAWordThatIsAFieldsNameToo(t *testing.T) {
	const yml = "features: [features]\nchannels:\n  parcels: {url: memory://parcels}\n  orders: {url: memory://orders}\n" +
		"events:\n  parcel: {channel: parcels, template: parcel.json%s}\n  order: {channel: orders}\n"
	feature := "Feature: A\n  Scenario: s\n    When an \"order\" is produced\n    And a \"parcel\" is produced\n    Then a \"parcel\" appears%s\n"
	const said = `size could be Harken's word or the field of that name: write $.size for the field, or event size for Harken's`
	for _, c := range []struct{ why, kind, below, want string }{
		{"the plain word", "", " with:\n      | size | 5 |", `features/a.feature:5: event "parcel": ` + said},
		{"the field", "", " with:\n      | $.size | 5 |", ""},
		{"Harken's own", "", " with:\n      | event size | (> 5) |", ""},
		{"another word", "", " with:\n      | key | K |", ""},
		{"what tells the event", ", is: {size: (> 5)}", "", `godog.yml:6: event "parcel": is: ` + said},
		{"what tells whose it is", ", correlation: size", "", `godog.yml:6: event "parcel": correlation: ` + said},
	} {
		b := lay(t, fmt.Sprintf(yml, c.kind),
			map[string]string{"parcel.json": `{"id": "${id}", "size": 5}`, "features/a.feature": fmt.Sprintf(feature, c.below)})
		if got := b.found(t); !strings.HasSuffix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}
