package session

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/vocabulary"
)

const redactedYML = ordersYML + "redact: [card.number, card.cvc]\n"

// writesAll asks a suite for every report.
func (b *bench) writesAll() *bench {
	b.Docs = filepath.Join(b.dir, "reports")
	for _, f := range formats.All() {
		b.Formats = append(b.Formats, f.Name+":"+filepath.Join(b.Docs, f.Name+f.Ends))
	}
	return b
}

// showsNone fails the test where something that a suite has written shows one of the texts.
func (b *bench) showsNone(t *testing.T, texts ...string) {
	t.Helper()
	for name, text := range b.texts(t) {
		for _, hidden := range texts {
			if at := strings.Index(text, hidden); at >= 0 {
				t.Errorf("%s shows %s: ...%s", name, hidden, text[max(0, at-60):at+len(hidden)])
			}
		}
	}
}

func TestARedactedCellIsHiddenWhateverTheStep(t *testing.T) {
	const feature = `Feature: Cards
  Scenario: cards are taken
    Given the following cards:
      | card.number      | card.cvc | holder |
      | 4111000011110000 | ~7~      | ann    |
      | 4222000022220000 | ~8~      | bob    |
    And the card of somebody:
      | holder      | eve              |
      | card.number | 4333000033330000 |
    When an "order placed" event is produced with:
      | card.number | 4444000044440000 |
      | orderId     | ${id}            |
    Then an "order shipped" event appears with:
      | card.number | (any)  |
      | orderId     | ${id}  |
`
	for _, failure := range []error{nil, errors.New("refused: 4111000011110000 of ann")} {
		b := lay(t, redactedYML, map[string]string{"features/a.feature": feature}).writesAll()
		b.ships()
		b.Steps = func(r vocabulary.Registrar) {
			r.Step(`^the following cards:$`, func(*godog.Table) error { return failure })
			r.Step(`^the card of somebody:$`, func(*godog.Table) error { return nil })
		}
		code := ExitPassed
		if failure != nil {
			code = ExitFailed
		}
		b.run(t, code)
		b.showsNone(t, "4111000011110000", "4222000022220000", "4333000033330000", "4444000044440000", "~7~", "~8~")
		for _, shown := range []string{"| holder |", "orderId"} {
			if !strings.Contains(b.texts(t)["reports/messages.ndjson"], shown) {
				t.Errorf("it hides %q, too", shown)
			}
		}
		if failure != nil {
			b.says(t, "refused: (redacted) of ann")
		}
	}
}

func TestARedactedValueIsHiddenInTheSourceOfWhatDidNotRun(t *testing.T) {
	const feature = `Feature: Cards
  Scenario: it runs
    When an "order placed" event is produced
    Then nothing appears on "rejections"

  @other
  Scenario Outline: <holder>
    Given these values:
      | number | 4555000055550000 |
      | pin    | <cvc>            |
    When an "order placed" event is produced with:
      | card.number | ${number} |
      | card.cvc    | ${pin}    |
      | holder      | <holder>  |
    And this message is produced on "orders":
      """
      the card is
        4666000066660000
      of ann
      """
    Then nothing appears on "rejections"
    Examples:
      | holder | cvc |
      | ann    | ~9~ |
`
	b := lay(t, redactedYML, map[string]string{"features/a.feature": feature}).writesAll()
	b.Tags = "not @other"
	b.run(t, ExitPassed)
	b.showsNone(t, "4555000055550000", "4666000066660000", "~9~")
	if code := b.Document(filepath.Join(b.dir, "docs"), "none.json", true); code != ExitPassed {
		t.Errorf("exit code %d: %s", code, b.err)
	}
	b.showsNone(t, "4555000055550000", "4666000066660000", "~9~")
	for _, shown := range []string{"ann", "these values"} {
		if !strings.Contains(b.texts(t)["reports/messages.ndjson"], shown) {
			t.Errorf("it hides %q, too", shown)
		}
	}
}

func TestWhatGodogYmlSaysAtARedactedPathIsHiddenElsewhere(t *testing.T) {
	yml := strings.NewReplacer("order placed:   {channel: orders}",
		"order placed:   {channel: orders, template: t.json, schema: s.json}",
		"order shipped:  {channel: shipments}", `order shipped:  {channel: shipments, is: {card.number: "4999000099990000"}}`).Replace(redactedYML)
	b := lay(t, yml, map[string]string{
		"features/a.feature": "Feature: Cards like 4888000088880000\n  Scenario: not of 4999000099990000\n    When an \"order placed\" event is produced\n    Then nothing appears on \"rejections\"\n",
		"t.json":             `{"orderId": "${id}", "card": {"number": "4888000088880000"}}`,
		"s.json":             `{"properties": {"card": {"examples": [{"number": "4888000088880000"}]}}}`,
	})
	if code := b.Document(filepath.Join(b.dir, "docs"), "none.json", true); code != ExitPassed {
		t.Errorf("exit code %d: %s", code, b.err)
	}
	for name, text := range b.texts(t) {
		if strings.Contains(name, "docs/") || strings.HasPrefix(name, "standard") {
			for _, number := range []string{"4888000088880000", "4999000099990000"} {
				if strings.Contains(text, number) {
					t.Errorf("%s shows %s", name, number)
				}
			}
		}
	}
	if text := b.texts(t)["docs/site/data/index.js"]; !strings.Contains(text, "Cards like (redacted)") {
		t.Errorf("the pages do not have the feature: %.2000s", text)
	}
}

func TestWhatOneScenarioSaysAtARedactedPathIsHiddenInAnother(t *testing.T) {
	const feature = `Feature: Cards
  Scenario: one is taken
    When an "order placed" event is produced with:
      | card.number | 4999888877776666 |
      | orderId     | ${id}            |
    Then an "order shipped" event appears

  Scenario: 4999888877776666 is refused
    Given the card 4999888877776666 is locked
`
	b := lay(t, redactedYML, map[string]string{"features/a.feature": feature}).writesAll()
	b.ships()
	b.Steps = func(r vocabulary.Registrar) {
		r.Step(`^the card (\d+) is locked$`, func(number string) error { return errors.New(number + " is not") })
	}
	b.run(t, ExitFailed)
	b.showsNone(t, "4999888877776666")
}

func TestNoErrorQuotesWhatIsHidden(t *testing.T) {
	const number = "4777000077770000"
	whats := []string{
		"{" + number, `"` + number, "(" + number, "(one of " + number + ",)", "(matches /" + number + "(/)", "[" + number,
		"${" + number + "}", " (" + number + ")", "(> " + number + "x)",
	}
	for _, written := range whats {
		for _, step := range []string{
			"When an \"order placed\" event is produced with:\n      | card.number | %s |\n    Then nothing appears on \"rejections\"",
			"When these \"order placed\" events are produced:\n      | card.number |\n      | %s |\n    Then nothing appears on \"rejections\"",
			"When an \"order placed\" event is produced\n    Then an \"order shipped\" event appears with:\n      | card.number | %s |",
			"When an \"order placed\" event is produced\n    Then these \"order shipped\" events appear:\n      | card.number |\n      | %s |",
		} {
			if strings.HasPrefix(written, " ") {
				continue // Gherkin trims cells
			}
			b := lay(t, redactedYML,
				map[string]string{
					"features/a.feature": "Feature: Cards\n  Scenario: a card\n    " + strings.ReplaceAll(step, "%s",
						strings.ReplaceAll(written, "|", `\|`)) + "\n",
				})
			found := b.found(t)
			if strings.Contains(found, number[:8]) {
				t.Errorf("check shows %s: %s", written, found)
			}
			b.writesAll().Run(context.Background())
			b.showsNone(t, number[:8])
		}
		b := lay(t, redactedYML, nil)
		b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{"card.number=" + written}})
		b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{"card.number:" + written}})
		b.SendOne(context.Background(),
			Sending{Event: "order placed", Fields: []string{"card.number=" + number, "orderId=" + written}})
		b.showsNone(t, "card.number:"+written, "card.number: "+written)
		wrong := strings.ContainsAny(written[:1], "{[(\"")
		if text := b.err.String(); wrong && !strings.Contains(text, "card.number: something is wrong with the value") {
			t.Errorf("send %s: %s", written, text)
		}
	}
	b := lay(t, redactedYML+"events:\n", nil)
	b.write(t, "godog.yml",
		strings.Replace(redactedYML, "order shipped:  {channel: shipments}",
			`order shipped:  {channel: shipments, is: {card.number: "{`+number+`"}}`, 1))
	b.write(t, "features/a.feature", shippedFeature)
	if found := b.found(t); strings.Contains(found, number) || !strings.Contains(found, "card.number: something is wrong with the value") {
		t.Errorf("check of an is: %s", found)
	}
}

func TestWhatIsHiddenInTheObjectOfACellIsHidden(t *testing.T) {
	const feature = `Feature: Cards
  Scenario: it runs
    When an "order placed" event is produced
    Then nothing appears on "rejections"

  @other
  Scenario Outline: <holder>
    Given these values:
      | number | 4555000055550000 |
    When an "order placed" event is produced with:
      | card  | {"number": "4111000011110000", "cvc": "<cvc>", "holder": "a\|b"} |
      | cards | [{"card": {"number": "${number}"}}]                             |
      | text  | "{\\"card\\": {\\"number\\": \\"4222000022220000\\"}}"      |
    And these "order placed" events are produced:
      | card                           |
      | {"number": "4333000033330000"} |
    And the following cards:
      | card                             |
      | {"number": "4444000044440000"}   |
    Then an "order shipped" event appears with:
      | card  | {"number": 4666000066660000}                        |
      | cards | (contains {"card": {"number": "4888000088880000"}}) |
    And an "order shipped" event appears with:
      | card  | (one of {"number": "4999000099990000"}, {"number": "x[{"}) |
    Examples:
      | holder | cvc |
      | ann    | ~9~ |
`
	hidden := []string{
		"4111000011110000", "4222000022220000", "4333000033330000", "4444000044440000", "4555000055550000",
		"4666000066660000", "4888000088880000", "4999000099990000", "~9~",
	}
	b := lay(t, redactedYML, map[string]string{"features/a.feature": feature}).writesAll()
	b.Tags = "not @other"
	b.run(t, ExitPassed)
	b.showsNone(t, hidden...)
	if text := b.texts(t)["reports/messages.ndjson"]; !strings.Contains(text, `\"holder\": \"a\\|b\"} |`) {
		t.Errorf("the source of the feature does not have what is left of the object: %s", text)
	}
	b = lay(t, redactedYML, nil)
	b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{`card={"number":"4777`}})
	if got := b.err.String(); strings.Contains(got, "4777") || !strings.Contains(got, "something is wrong with the value") {
		t.Errorf("send says %s", got)
	}
}

func TestShortValuesAreHiddenInErrors(t *testing.T) {
	b := lay(t, redactedYML, nil)
	if code := b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{"card.number={X"}}); code != ExitUsage {
		t.Errorf("exit code %d", code)
	}
	if got := b.err.String(); strings.Contains(got, "X") {
		t.Errorf("it shows X: %s", got)
	}
	for _, doc := range []string{`{"card": {"number": "(one of ~4~,)"}}`, `{"cards": [{"card": {"number": "(~4~"}}]}`} {
		b := lay(t, redactedYML,
			map[string]string{
				"features/a.feature": "Feature: Cards\n  Scenario: a card\n    When an \"order placed\" event is produced with:\n      \"\"\"\n      " + doc + "\n      \"\"\"\n    Then an \"order shipped\" event appears with:\n      \"\"\"\n      " + doc + "\n      \"\"\"\n",
			})
		if found := b.found(t); strings.Contains(found, "~4~") || !strings.Contains(found, "something is wrong with the value") {
			t.Errorf("%s: %s", doc, found)
		}
	}
}
