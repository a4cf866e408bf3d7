package steps_test

import (
	"context"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
)

var definitions = engine.Definitions{
	Channels: map[string]engine.Channel{
		"orders":    {Name: "orders", URL: &url.URL{}, Traits: harness.Traits{Produce: true, Listen: true}},
		"shipments": {Name: "shipments", URL: &url.URL{}, Traits: harness.Traits{Produce: true, Listen: true}},
	},
	Events: map[string]engine.Event{
		"order placed":  {Name: "order placed", Channel: "orders"},
		"order shipped": {Name: "order shipped", Channel: "shipments"},
	},
	Subsystems: map[string]engine.Subsystem{"fulfilment": {Name: "fulfilment", Outputs: []string{"shipments"}}},
}

// dryRun goes through the steps of a scenario and returns the first error.
func dryRun(t *testing.T, text string) error {
	t.Helper()
	r := phrases()
	w := engine.DryRun(definitions).DryWorld()
	ctx := engine.With(context.Background(), w)
	for _, step := range scenario(t, text) {
		plan.Begin(w, step)
		found := r.matching(step.Text)
		if len(found) != 1 {
			t.Fatalf("%q is matched by %d patterns", step.Text, len(found))
		}
		if err := call(ctx, r, found[0], step); err != nil {
			return err
		}
	}
	return nil
}

func call(ctx context.Context, r *registered, i int, step *godog.Step) error {
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for _, argument := range r.patterns[i].FindStringSubmatch(step.Text)[1:] {
		in = append(in, reflect.ValueOf(argument))
	}
	err, _ := reflect.ValueOf(r.functions[i]).Call(in)[0].Interface().(error)
	return err
}

const (
	produced = "When an \"order placed\" event is produced\n"
	table    = "  | orderId | ${id} |\n"
	doc      = "  \"\"\"\n  {\"orderId\": \"${id}\"}\n  \"\"\"\n"
)

func TestWhatStandsBelowAStepIsWhatItsPhraseTakes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a table", "When an \"order placed\" event is produced with:\n" + table, ""},
		{"a doc string", "When an \"order placed\" event is produced with:\n" + doc, ""},
		{"neither", produced, ""},
		{"announced, but not there", `When an "order placed" event is produced with:`,
			"the step ends with a colon, so a table or a doc string is expected below it"},
		{"there, but not announced", produced + table,
			`a table stands below the step, but the step does not end with a colon (write "an \"order placed\" event is produced with:")`},
		{"a doc string, not announced", produced + doc, `a doc string stands below the step, but the step does not end with a colon`},
		{"a table where none can be", produced + "And the same event is produced again\n" + table,
			"this phrase takes nothing below it, but a table is there"},
		{"a doc string where none can be", "Given the subsystem \"fulfilment\"\n" + doc,
			"this phrase takes nothing below it, but a doc string is there"},
		{"a table below nothing", produced + "Then nothing appears within 1s\n" + table,
			"this phrase takes nothing below it, but a table is there"},
		{"a doc string for a table", "Given these values:\n" + doc, "this phrase takes a table, but a doc string stands below it"},
		{"a table for a doc string", "When this message is produced on \"orders\":\n" + table,
			"this phrase takes a doc string, but a table stands below it"},
		{"a doc string for rows", "When these \"order placed\" events are produced:\n" + doc,
			"this phrase takes a table, but a doc string stands below it"},
		{"an empty doc string", "When this message is produced on \"orders\":\n\"\"\"\n  \n\"\"\"\n", "the doc string is empty"},
		{"no rows", "Given these values:\n", "the step ends with a colon, so a table is expected below it"},
	} {
		t.Run(c.name, func(t *testing.T) { want(t, dryRun(t, c.text), c.want) })
	}
}

func TestAPlaceholderThatNoExampleFilledFailsTheStep(t *testing.T) {
	const message = "the placeholder <sku> was not filled: no column of the Examples has this name"
	for _, c := range []struct{ name, text string }{
		{"in the step", "When an \"order <sku>\" event is produced\n"},
		{"in a cell", "When an \"order placed\" event is produced with:\n  | sku | <sku> |\n"},
		{"in a rule", "When an \"order placed\" event is produced\nThen an \"order shipped\" event appears with:\n  | n | (> <sku>) |\n"},
		{"in a path", "When an \"order placed\" event is produced with:\n  | <sku> | 1 |\n"},
		{"in a header row", "When these \"order placed\" events are produced:\n  | <sku> |\n  | 1 |\n"},
		{"in a doc string", "When an \"order placed\" event is produced with:\n  \"\"\"\n  {\"sku\": \"<sku>\"}\n  \"\"\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want(t, dryRun(t, c.text+"Examples:\n  | other |\n  | 1     |\n"), message)
			if err := dryRun(t, c.text); err != nil && strings.Contains(err.Error(), "placeholder") {
				t.Errorf("without Examples nothing is one: %v", err)
			}
		})
	}
	raw := "When this message is produced on \"orders\":\n\"\"\"\n<order>oops\n\"\"\"\n"
	for _, text := range []string{"<br>", "a<b and c>d", "<order>"} {
		if err := dryRun(t, "When an \"order placed\" event is produced with:\n  | text | "+text+" |\n"); err != nil {
			t.Errorf("%s in a plain scenario: %v", text, err)
		}
	}
	if err := dryRun(t, raw+"Examples:\n  | other |\n  | 1     |\n"); err != nil {
		t.Errorf("a message that is sent as it stands holds what it holds: %v", err)
	}
}

func TestNumbersThatMakeNoSenseFailTheStep(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing asked for", produced + `Then at least 0 "order shipped" events appear`,
			"at least 0 asks for nothing, so it would always pass; leave the step out"},
		{"no act", `When 0 "order placed" events are produced`, "0 events are no act; leave the step out"},
		{"no duplicate", produced + `And the same event is produced 0 more times`, "0 more times is no act; leave the step out"},
		{"too large", `When 99999999999999999999 "order placed" events are produced`, "99999999999999999999 is too large a number"},
		{"too large a count", produced + `Then exactly 99999999999999999999 "order shipped" events appear`, "99999999999999999999 is too large a number"},
		{"too many", `When 100001 "order placed" events are produced`, "100001 events are more than one step produces (100000)"},
		{"too many duplicates", produced + `And the same event is produced 100001 more times`, "100001 times 1 events are more than one step produces (100000)"},
		{"so many that the product overflows", "When 2 \"order placed\" events are produced\n" +
			`And the same event is produced 9223372036854775807 more times`, "9223372036854775807 is too large a number"},
		{"exactly 0 is none", produced + `Then exactly 0 "order shipped" events appear within 1s`, ""},
		{"at most 0 is none", produced + `Then at most 0 "order shipped" events appear within 1s`, ""},
		{"the right unit", produced + `Then an "order shipped" event appears within 5 sec`, `"5 sec" is not a length of time (did you mean 5s?)`},
	} {
		t.Run(c.name, func(t *testing.T) { want(t, dryRun(t, c.text), c.want) })
	}
}

func TestAStepOutsideOfHarkenSaysSo(t *testing.T) {
	r := phrases()
	err := call(context.Background(), r, 0, &messages.PickleStep{Text: `the subsystem "S"`})
	want(t, err, "this step belongs to no scenario of Harken (run it by run.Suite)")
}

// want fails the test unless err begins with text, or is nil where that is "".
func want(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case text == "" && err != nil:
		t.Errorf("error is %v", err)
	case text != "" && (err == nil || !strings.HasPrefix(err.Error(), text)):
		t.Errorf("error is %v\nwant     %s", err, text)
	}
}
